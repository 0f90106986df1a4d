# Questions about deployments.
package swaplint.lib.deploy

import data.swaplint.lib.options

# What is only written into a manifest (`kustomize edit set image`) runs nowhere before somebody applies or pushes it; whether the
# written file leads there is seen where the same execution deploys.
only_declared(e) if {
	options.on(e, "declares")
	not e.execution_index in deploying
	not e.execution in applying
}

# Ids of executions that apply a manifest of which nothing is known: `kustomize build | kubectl apply -f -`.
applying contains place.execution if {
	some place in input.opaque
	place.why == "the manifest that it applies is not read"
}

# Executions in which something is brought to run.
deploying contains e.execution_index if {
	some e in input.events.deploy
	not options.on(e, "declares")
}

# What it does with the image, as a verb.
verb(e) := "writes into a manifest" if {
	options.on(e, "declares")
} else := "deploys"

# The persona of a finding that is for `persona` where the deployment happens.
persona(e, usual) := "pedantic" if {
	usual == "regular"
	only_declared(e)
} else := usual
