package com.acme

class Builder implements Serializable {
    def steps

    Builder(steps) {
        this.steps = steps
    }

    String release() {
        steps.sh 'make'
        return 'registry.example.com/acme/app:release'
    }
}
