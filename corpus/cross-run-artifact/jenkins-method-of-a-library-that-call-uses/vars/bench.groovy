def call(Map args = [:]) {
  copyArtifacts(filter: 'base.tgz', projectName: 'base', selector: lastWithArtifacts()) // expect: cross-run-artifact
  sh "tar xzf base.tgz && ./base/run > ${reportName()}"
}

def reportName() {
  return 'bench.diff'
}
