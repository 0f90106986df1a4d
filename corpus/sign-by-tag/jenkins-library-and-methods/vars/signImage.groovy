def call(Map given) {
    sh "cosign sign --key cosign.key ${given.ref}"
}
