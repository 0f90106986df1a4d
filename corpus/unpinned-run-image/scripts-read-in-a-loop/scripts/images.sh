whole() {
  say whole
  docker run --rm acme/whole:1 # expect: unpinned-run-image
}
