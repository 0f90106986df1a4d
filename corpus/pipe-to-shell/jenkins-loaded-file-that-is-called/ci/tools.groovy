def call() {
  sh "curl -fsSL https://example.org/x.sh | bash" // expect: pipe-to-shell
}

return this
