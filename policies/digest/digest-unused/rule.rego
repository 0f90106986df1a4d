# METADATA
# title: The digest is at hand, and the tag is used all the same
# description: >-
#   The execution computes, receives or looks up a digest and then hands the tag to what signs, attests, deploys or
#   copies, which resolves it once more.
# related_resources:
#   - ref: https://cwe.mitre.org/data/definitions/367.html
#     description: "CWE-367: Time-of-check time-of-use race condition"
# custom:
#   severity: medium
#   confidence: medium
#   persona: regular
#   events: [resolve]
#   lists: [digests, handed]
package swaplint.digest.digest_unused

import data.swaplint.lib.events
import data.swaplint.lib.grade
import data.swaplint.lib.groups
import data.swaplint.lib.handed
import data.swaplint.lib.lookup
import data.swaplint.lib.options
import data.swaplint.lib.reference
import data.swaplint.lib.result
import data.swaplint.lib.wording

finding contains graded if {
	some r in input.events.resolve
	reference.repointable(r.reference)
	uses := [e | some e in taken([r.execution_index, r.reference.key]); after(r, e)]
	count(uses) > 0

	message := sprintf("`%s` knows the digest of `%s`, but the tag is used afterwards", [wording.command(r), r.reference.text])
	help := sprintf("use what was looked up: `%s@$DIGEST`", [reference.name(r.reference)])
	places := [result.related(e.reference.span, sprintf("`%s` resolves the tag again", [wording.command(e)])) | some e in uses]
	found := result.with_related(result.event(r, r.span, message, help), places)
	graded := result.with_severity(found, grade.in_context("medium"))
}

# The same with a digest that was computed here, or handed over.
finding contains graded if {
	some d in input.digests
	d.kind == "digest"
	not d.is_lookup
	d.repository
	uses := [e | some e in taken([d.execution_index, d.registry, d.repository]); at_hand(d, e)]
	count(uses) > 0

	message := sprintf("the digest of `%s` is at hand here, but the tag is used", [d.of])
	help := sprintf("use it: `%s@$DIGEST`", [reference.name(uses[0].reference)])
	places := [result.related(e.reference.span, sprintf("`%s` resolves the tag", [wording.command(e)])) | some e in uses]
	found := result.with_related(result.within(d, d.span, message, help), places)
	graded := result.with_severity(found, grade.in_context("medium"))
}

# The tag of what was pushed here is handed on; whoever takes it has to look up again what the push put out.
finding contains graded if {
	some h in input.handed
	handed.by_name(h)
	pushed := handed.makers_here(h)
	count(pushed) > 0
	not handed.with_digest(h)

	message := sprintf("%s `%s` by name, and nothing hands on the digest that was pushed", [handed.receiver(h), h.reference.text])
	help := sprintf("hand on the digest as well: `%s@$DIGEST`", [reference.name(h.reference)])
	found := result.with_related(result.within(h, h.span, message, help), handed.story(h))
	graded := result.graded(found, grade.in_context("low"), "low", "auditor")
}

at_hand(d, e) if {
	e.id >= d.before
	not retagged(d, e)
}

# Something else is pushed under the name in between.
retagged(d, e) if {
	some p in lookup.into(e.reference)
	p.execution_index == e.execution_index
	p.id >= d.before
	p.id < e.id
}

# What takes an image by its tag, by `[execution, key]` and by `[execution, registry, repository]`.
taken(key) := [events.by_id[id] | some id in by_tag[key]]

by_tag := groups.by_key(array.concat(
	[[[e.execution_index, e.reference.key], e.id] | some e in takers],
	[[[e.execution_index, e.reference.registry, e.reference.repository], e.id] | some e in takers],
))

takers := [e |
	some kind in ["sign", "attest", "deploy", "copy"]
	some e in input.events[kind]
	reference.repointable(e.reference)
	count(e.checks) == 0
	not options.on(e, "own-push")
]

after(r, e) if {
	r.id < e.id
	not r.tool == "docker"
	not writes(r, e)
}

# In between the tag was written once more.
writes(r, e) if {
	some kind in ["push", "copy", "retag"]
	some id in events.in_execution[[r.execution_index, kind]]
	id > r.id
	id < e.id
}
