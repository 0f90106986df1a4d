pipelineJob('promote') {
    definition {
        cps {
            script('''
pipeline {
    agent any
    stages { stage('a') { steps { sh "docker pull registry.example.com/app:rc && docker tag registry.example.com/app:rc registry.example.com/app:1 && docker push registry.example.com/app:1" } } }
}
''')
        }
    }
}
