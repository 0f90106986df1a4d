def call(Map args = [:]) {
  def url = args.get('url', 'http://example.com/one.tgz')
  sh "curl -fO ${url}" // expect: plain-http-download
}

def other(Map args = [:]) {
  def url = args.getOrDefault('url', 'https://example.com/other.tgz')
  sh "curl -fO ${url}"
}

def given() {
  def args = [url: 'https://example.com/given.tgz']
  def url = args.get('url', 'http://example.com/default.tgz')
  sh "curl -fO ${url}"
}
