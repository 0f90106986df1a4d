# Questions about verifications and the uses that they should guard.
package swaplint.lib.verification

import data.swaplint.lib.events
import data.swaplint.lib.groups
import data.swaplint.lib.lookup
import data.swaplint.lib.order
import data.swaplint.lib.result
import data.swaplint.lib.wording

clauses := {
	"other-content": "verifies something else",
	"by-tag": "verifies the tag, which is resolved again at the use",
	"later": "runs only after the use",
	"parallel": "runs in parallel to the use",
	"ignored": "cannot stop the use when it fails",
	"conditional": "can be skipped while the use still runs",
}

# Verifications that look as if they guarded the use, and why they do not, as related places.
attempts(e) := [result.related(candidate.span, gap(candidate)) | some candidate in e.candidates]

# "`cosign verify` does not protect this: `|| true` discards its failure"
gap(candidate) := sprintf("`%s` does not protect this: %s", [name(candidate), why(candidate)])

name(candidate) := array.concat([wording.command(v) | v := data.swaplint.lib.events.by_id[candidate.event]; v.kind == "verify"], ["verify"])[0]

why(candidate) := array.concat(reasons(candidate), [sprintf("it %s", [clauses[candidate.why]])])[0]

reasons(candidate) := [v.effect.why |
	candidate.why == "ignored"
	v := data.swaplint.lib.events.by_id[candidate.event]
	v.kind == "verify"
	v.effect.why
]

# Somebody meant this very content to be verified.
intended(e) if {
	some candidate in e.candidates
	candidate.why != "other-content"
}

# It is verified, but by a name that is resolved again here.
reresolved(e) if {
	count(e.guards) == 0
	some candidate in e.candidates
	by_tag(e, candidate)
}

reresolved(e) if count(asked_again(e)) > 0

# Verifications of what a tag pointed at, where the digest that is used is the answer to another question about that tag.
asked_again(e) := [v |
	e.reference.digest_is_lookup
	count(e.guards) == 0
	some r in lookup.of(e.reference)
	some verified in verified_from[r.reference.key]
	verified[1] != r.id
	v := events.by_id[verified[0]]
	order.precedes(v, e)
]

# Verifications that stop, each with the lookup whose answer it verifies, or -1 where it asks for itself: by the name that is asked about.
verified_from := groups.by_key(array.concat(
	[[q.reference.key, [v.id, q.id]] |
		some v in input.events.verify
		v.effect.stops
		some q in lookup.of(v.reference)
	],
	[[v.reference.key, [v.id, -1]] |
		some v in input.events.verify
		v.effect.stops
		v.reference.mutability == "tag"
	],
))

# The verification asked for the tag by itself. A tool that verifies what it pulls or copies (`skopeo --policy`) asks once.
by_tag(e, candidate) if {
	candidate.why == "by-tag"
	not one_command(data.swaplint.lib.events.by_id[candidate.event], e)
}

# Verifications of a tag that is resolved again at a use.
reresolved_after contains candidate.event if {
	some kind in events.uses
	some e in input.events[kind]
	reresolved(e)
	some candidate in e.candidates
	by_tag(e, candidate)
}

reresolved_after contains v.id if {
	some kind in events.uses
	some e in input.events[kind]
	some v in asked_again(e)
}

# Verifications that a tool makes of what it takes in the same command.
built_in(verification) if [verification.span, verification.tool] in used_by

used_by contains [e.span, e.tool] if {
	some kind in events.uses
	some e in input.events[kind]
}

# Verifications that some use waits for.
protecting contains id if {
	some kind in events.uses
	some e in input.events[kind]
	some id in e.guards
}

# Its failure stops what it is there for, if not the job (`if verify; then deploy; fi`), and nothing else goes on without it.
gates(v) if {
	v.id in protecting
	not v.id in passed_by
}

passed_by contains candidate.event if {
	some kind in events.uses
	some e in input.events[kind]
	count(e.guards) == 0
	some candidate in e.candidates
	candidate.why in {"ignored", "conditional"}
}

# What takes the failure away, as related places.
swallowed(e) := [result.related(e.effect.span, e.effect.why) | e.effect.span; e.effect.why]

# Why a failure does not stop anything, as a clause.
reason(e) := e.effect.why if {
	e.effect.why
} else := "its failure does not stop the job"

# A tool in a container (`docker run cosign@sha256:.. verify image`) is another command than the engine that runs it.
one_command(a, b) if {
	a.span == b.span
	a.tool == b.tool
}
