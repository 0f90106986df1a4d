def inst() {
  sh "curl -fsSL https://example.org/x.sh | bash" // expect: pipe-to-shell
}

def fetched() {
  sh "curl -fsSL https://example.org/x.sh -o x.sh"
}

return this
