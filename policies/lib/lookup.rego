# Questions about digests that are looked up from a tag.
package swaplint.lib.lookup

import data.swaplint.lib.events
import data.swaplint.lib.groups

# Where the digest of this reference was looked up.
of(reference) := [r |
	reference.digest_is_lookup
	some place in reference.provenance
	some id in resolved_at[place.span]
	r := events.by_id[id]
]

resolved_at := groups.by_key([[r.span, r.id] | some r in input.events.resolve])

# Executions that put something into the repository of this reference.
pushers(reference) := {e.execution_index | some e in into(reference)}

# What puts something into the repository of this reference, in the order of the file.
into(reference) := [events.by_id[id] | some id in put_into[[reference.registry, reference.repository]]]

put_into := groups.by_key([[[to.registry, to.repository], e.id] | some e in puts; to := written(e)])

# Ids of what puts something there by a name in an execution: by `[execution, key]`.
put_as := groups.by_key([[[e.execution_index, written(e).key], e.id] | some e in puts])

puts := array.concat(
	[e | some e in input.events.push],
	array.concat([e | some e in input.events.copy], [e | some e in input.events.retag]),
)

written(e) := e.reference if {
	e.kind == "push"
} else := e.destination

same_repository(a, b) if {
	a.repository
	a.registry == b.registry
	a.repository == b.repository
}

# Actions that say themselves which digest they pushed.
tells_digest(e) if {
	e.kind == "push"
	e.tool in {"docker/build-push-action", "docker/bake-action", "redhat-actions/push-to-registry"}
}

# Release tools: what they push stands in a config of their own, and their list of artifacts has the digests.
lists_digests(e) if {
	e.kind == "push"
	e.tool in {"goreleaser/goreleaser-action", "goreleaser"}
}
