def call(Map args = [:]) {
  echo 'usage: rollout.to(image)'
}

def to(String image) {
  sh "kubectl set image deployment/app app=${image}" // expect: unpinned-deploy-image
}

def staging() {
  to('registry.example.com/app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef')
}
