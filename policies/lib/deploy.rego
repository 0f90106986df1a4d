# Questions about deployments.
package swaplint.lib.deploy

import data.swaplint.lib.grade
import data.swaplint.lib.options

# What is only written into a manifest (`kustomize edit set image`) runs nowhere before somebody applies or pushes it, which an
# execution without write credentials that deploys nothing else does not.
only_declared(e) if {
	options.on(e, "declares")
	not grade.privileged(e)
	count([x | some x in input.events.deploy; x.execution_index == e.execution_index; not options.on(x, "declares")]) == 0
}

# The persona of a finding that is for `persona` where the deployment happens.
persona(e, usual) := "pedantic" if {
	usual == "regular"
	only_declared(e)
} else := usual
