# Questions about artifacts of the CI's own store: `e` is a download event.
package swaplint.lib.handoff

import data.swaplint.lib.order

stored(e) if {
	e.source.artifact == "stored"
	not e.options.cache
}

of_another_run(e) if {
	stored(e)
	"true" in e.options["other-run"]
	not names_this_run(e)
}

of_this_run(e) if {
	stored(e)
	not e.options.sealed
	not of_another_run(e)
}

# `run-id: ${{ github.run_id }}`
names_this_run(e) if {
	some id in e.options["run-id"]
	id in {"${github.run_id}", "${{ github.run_id }}"}
}

# A signature, attestation or checksum of a file in it is verified afterwards, and a failure stops.
checked(e) if count(e.guards) > 0

checked(e) if {
	some v in input.events.verify
	v.execution_index == e.execution_index
	order.precedes(e, v)
	v.effect.stops
	v.reference.artifact == "file"
}

# The same by a comparison of checksums.
checked(e) if {
	some c in input.events.compare
	c.execution_index == e.execution_index
	order.precedes(e, c)
	c.effect.stops
}
