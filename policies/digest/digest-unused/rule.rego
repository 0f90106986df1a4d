# METADATA
# title: A digest is looked up, and the tag is used all the same
# description: >-
#   The execution asks for the digest of a tag and then hands the tag to what signs, attests, deploys or copies, which
#   resolves it once more.
# related_resources:
#   - ref: https://cwe.mitre.org/data/definitions/367.html
#     description: "CWE-367: Time-of-check time-of-use race condition"
# custom:
#   severity: medium
#   confidence: medium
#   persona: regular
#   events: [resolve]
package swaplint.digest.digest_unused

import data.swaplint.lib.grade
import data.swaplint.lib.reference
import data.swaplint.lib.result
import data.swaplint.lib.wording

finding contains graded if {
	some r in input.events.resolve
	reference.repointable(r.reference)
	uses := [e | some e in by_tag; after(r, e)]
	count(uses) > 0

	message := sprintf("`%s` knows the digest of `%s`, but the tag is used afterwards", [wording.command(r), r.reference.text])
	help := sprintf("use what was looked up: `%s@$DIGEST`", [reference.name(r.reference)])
	places := [result.related(e.reference.span, sprintf("`%s` resolves the tag again", [wording.command(e)])) | some e in uses]
	found := result.with_related(result.event(r, r.span, message, help), places)
	graded := result.with_severity(found, grade.in_context("medium"))
}

by_tag := [e |
	some kind in ["sign", "attest", "deploy", "copy"]
	some e in input.events[kind]
	reference.repointable(e.reference)
	count(e.checks) == 0
]

after(r, e) if {
	r.execution_index == e.execution_index
	r.id < e.id
	r.reference.key == e.reference.key
	not r.tool == "docker"
	not writes(r, e)
}

# In between the tag was written once more.
writes(r, e) if {
	some kind in ["push", "copy", "retag"]
	some p in input.events[kind]
	p.execution_index == r.execution_index
	p.id > r.id
	p.id < e.id
}
