# Questions about artifacts of the CI's own store: `e` is a download event.
package swaplint.lib.handoff

import data.swaplint.lib.download
import data.swaplint.lib.events
import data.swaplint.lib.groups

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
checked(e) if {
	some id in e.guards
	not download.brings(e, events.by_id[id])
}

checked(e) if {
	some id in stopping[e.execution_index]
	id > e.id
	not download.brings(e, events.by_id[id])
}

# Ids of what verifies files, or compares checksums, and stops where that fails: by execution.
stopping := groups.by_key(array.concat(
	[[v.execution_index, v.id] | some v in input.events.verify; v.effect.stops; v.reference.artifact == "file"],
	[[c.execution_index, c.id] | some c in input.events.compare; c.effect.stops],
))
