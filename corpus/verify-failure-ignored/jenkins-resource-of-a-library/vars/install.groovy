def call() {
  // Without `#!` Jenkins runs it with `-e`; with one only what that says counts.
  sh libraryResource('strict.sh')
  sh libraryResource('lax.sh') // expect: verify-failure-ignored
}
