# METADATA
# title: A digest is looked up again from the tag
# description: >-
#   Whoever pushed the image knew its digest. Looked up later it is the digest of whatever the tag points at by then, and
#   that is what is signed, attested, deployed or promoted.
# related_resources:
#   - ref: https://github.com/docker/build-push-action#outputs
#     description: "docker/build-push-action: the digest output"
#   - ref: https://cwe.mitre.org/data/definitions/367.html
#     description: "CWE-367: Time-of-check time-of-use race condition"
# custom:
#   severity: high
#   confidence: medium
#   persona: regular
#   events: [resolve]
#   lists: [digests, handed]
package swaplint.digest.digest_rederived

import data.swaplint.lib.events
import data.swaplint.lib.grade
import data.swaplint.lib.groups
import data.swaplint.lib.lookup
import data.swaplint.lib.order
import data.swaplint.lib.reference
import data.swaplint.lib.result
import data.swaplint.lib.wording

finding contains graded if {
	some r in input.events.resolve
	uses := [events.by_id[id] | some id in trusted[r.id]]
	count(uses) > 0
	from := origins(r, uses)
	grades := judged(r, from, uses)

	message := sprintf("`%s` looks up again from `%s` %s", [wording.command(r), r.reference.text, grades.known])
	help := "hand the digest over from where it was pushed: an output, result or file of that execution"
	found := result.with_related(result.event(r, r.span, message, help), array.concat(made(from), used(uses)))
	graded := result.graded(found, grade.in_context(grades.severity), "medium", grades.persona)
}

# What is done with a digest that was looked up, to the harm of somebody.
trusting := [e |
	some kind in ["sign", "attest", "deploy", "copy"]
	some e in input.events[kind]
	e.reference.artifact == "image"
	e.reference.digest_is_lookup
	not e.reference.is_local
	count(e.guards) == 0
]

trusted := groups.by_key([[r.id, e.id] | some e in trusting; some r in lookup.of(e.reference)])

# Pushes to the repository that are over by the time of the lookup.
origins(r, uses) := [p |
	some id in {put.id | some name in array.concat([r.reference], [e.reference | some e in uses]); some put in lookup.into(name)}
	p := events.by_id[id]
	order.precedes(p, r)
]

judged(r, from, uses) := {"severity": "high", "persona": "regular", "known": "what an execution before pushed"} if {
	count(from) > 0
	count([p | some p in from; p.execution_index == r.execution_index]) == 0
	not writes_itself(r)
} else := {"severity": "medium", "persona": "regular", "known": "the digest that the push in this execution put out"} if {
	count([p | some p in from; p.execution_index == r.execution_index; lookup.tells_digest(p)]) > 0
} else := {"severity": "medium", "persona": "regular", "known": "the digest that a release tool in this execution has listed"} if {
	count(from) == 0
	count([e | some e in uses; e.kind in {"sign", "attest"}]) > 0
	count(listing(r)) > 0
} else := {"severity": "medium", "persona": "pedantic", "known": "what this execution has just put together"} if {
	count(from) > 0
	writes_itself(r)
} else := {"severity": "high", "persona": "regular", "known": "what was pushed elsewhere"} if {
	# The push is not seen, but it is not here: this execution builds and pushes nothing, and waits for others.
	count(from) == 0
	count(input.executions[r.execution_index].needs) > 0
	count([e | some e in uses; e.kind in {"sign", "attest"}; own(e.reference)]) > 0
	not puts_anything(r.execution_index)
}

# Release tools before it, of which the file does not say what they push.
listing(r) := [id | some id in listed[r.execution_index]; id < r.id]

listed := groups.by_key([[p.execution_index, p.id] | some p in input.events.push; not p.reference; lookup.lists_digests(p)])

# A digest that was looked up in one repository is trusted in another one, into which nothing here copies or pushes.
finding contains graded if {
	some e in trusting
	some r in lookup.of(e.reference)
	r.reference.repository
	e.reference.repository
	not lookup.same_repository(r.reference, e.reference)
	written_out(r.reference)
	written_out(e.reference)
	count(lookup.pushers(e.reference)) == 0

	message := sprintf(
		"`%s` trusts in `%s` a digest that was looked up in `%s`",
		[wording.command(e), reference.name(e.reference), reference.name(r.reference)],
	)
	help := "take the digest from the push to this very repository"
	found := result.with_related(result.event(e, e.reference.span, message, help), [result.related(r.span, "looked up here")])
	graded := result.graded(found, grade.in_context("medium"), "medium", "pedantic")
}

# Looked up after an index was put together here, by a tool that could have told its digest, and handed on.
finding contains graded if {
	some d in input.digests
	d.is_lookup
	d.handed_on
	not d.is_received
	from := [p | some p in copies(d, d); p.id < d.before]
	count(from) > 0

	message := sprintf("the digest of `%s` that is handed on was looked up from the tag, after a copy here that could have told it", [d.of])
	help := "hand over the digest that the copy puts out: `--metadata-file`, `--digestfile`"
	places := array.concat(made(from), [result.related(d.handed_on, "handed on here")])
	found := result.with_related(result.within(d, d.span, message, help), places)
	graded := result.graded(found, grade.in_context("low"), "medium", "auditor")
}

# The same with the whole reference, `name@$DIGEST`.
finding contains graded if {
	some h in input.handed
	h.reference.digest_is_lookup
	from := copies(h, h.reference)
	count(from) > 0
	not told(h)

	message := sprintf("the digest in `%s` was looked up from the tag, after a copy here that could have told it", [reference.name(h.reference)])
	help := "hand over the digest that the copy puts out: `--metadata-file`, `--digestfile`"
	places := array.concat(array.concat(made(from), sought(h)), reference.story(h.reference))
	found := result.with_related(result.within(h, h.span, message, help), places)
	graded := result.graded(found, grade.in_context("low"), "medium", "auditor")
}

# Told by the finding about the digest, which knows its repository.
told(h) if {
	some d in input.digests
	d.is_lookup
	d.handed_on == h.span
	d.repository
}

sought(h) := [result.related(d.span, "looked up here") | some d in input.digests; d.is_lookup; d.handed_on == h.span]

# Two names that are not known may well be one.
written_out(image) if not contains(sprintf("%s/%s", [image.registry, image.repository]), "${")

own(image) if image.pushed_here

# The forge's registry keeps images under the name of the repository.
own(image) if startswith(image.repository, "${github.repository}")

puts_anything(index) if {
	some kind in ["build", "push", "copy", "retag", "publish"]
	events.in_execution[[index, kind]]
}

# An index made of what lies in the same repository, under a name that is not known.
writes_itself(r) if assembled[[r.execution_index, r.reference.registry, r.reference.repository]][0] < r.id

# Ids of such copies, by `[execution, registry, repository]` of what lies there.
assembled := groups.by_key([[[c.execution_index, c.source.registry, c.source.repository], c.id] |
	some c in input.events.copy
	is_index(c)
])

is_index(c) if not c.destination.repository

is_index(c) if c.tool == "docker"

# Copies of an execution into the repository of this image.
copies(thing, image) := [p |
	some p in lookup.into(image)
	p.kind == "copy"
	p.execution_index == thing.execution_index
]

made(from) := [result.related(p.span, "pushed here") | some p in from]

used(uses) := [result.related(e.span, sprintf("`%s` trusts it", [wording.command(e)])) | some e in uses]
