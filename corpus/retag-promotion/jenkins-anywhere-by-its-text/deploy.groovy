@Library('tools') _

pipeline {
    agent any
    stages {
        stage('promote') {
            steps {
                sh 'docker pull registry.example.com/app:rc && docker tag registry.example.com/app:rc registry.example.com/app:1 && docker push registry.example.com/app:1' // expect: retag-promotion
            }
        }
    }
}
