# Questions about digests that are looked up from a tag.
package swaplint.lib.lookup

# Where the digest of this reference was looked up.
of(reference) := [r |
	reference.digest_is_lookup
	some place in reference.provenance
	some r in input.events.resolve
	r.span == place.span
]

# Executions that put something into the repository of this reference.
pushers(reference) := {e.execution_index | some e in puts; same_repository(written(e), reference)}

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
