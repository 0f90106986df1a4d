def pinned() {
    return 'registry.example.com/acme/app@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'
}

def tagged(String tag) {
    sh 'date'
    return "registry.example.com/acme/app:${tag}"
}

// nobody calls it
def deploy() {
    sh 'kubectl set image deployment/app app=registry.example.com/acme/app:1' // expect: unpinned-deploy-image
}
