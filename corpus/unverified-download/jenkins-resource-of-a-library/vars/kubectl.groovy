def call() {
  sh libraryResource('scripts/kubectl.sh') // expect: unverified-download
}

def written() {
  writeFile file: 'helm.sh', text: libraryResource('scripts/helm.sh')
  sh 'bash ./helm.sh' // expect: unverified-download
}

def elsewhere() {
  sh libraryResource('scripts/not-here.sh')
}
