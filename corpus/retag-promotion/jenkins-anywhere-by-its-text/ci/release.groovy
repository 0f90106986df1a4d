def image = 'app'
timestamps {
    node('docker') {
        sh 'docker pull registry.example.com/app:rc && docker tag registry.example.com/app:rc registry.example.com/app:1 && docker push registry.example.com/app:1' // expect: retag-promotion
    }
}
