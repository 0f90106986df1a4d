# METADATA
# title: A verification can be skipped while the use still runs
# description: >-
#   The verification stands behind a condition (a key, signature or tool is there; an input says so) that the use does
#   not have, so whoever takes away what the condition asks for takes away the verification.
# related_resources:
#   - ref: https://cwe.mitre.org/data/definitions/636.html
#     description: "CWE-636: Not failing securely"
# custom:
#   severity: high
#   confidence: medium
#   persona: regular
#   events: [verify]
package swaplint.verification.verify_skipped_when_missing

import data.swaplint.lib.events
import data.swaplint.lib.grade
import data.swaplint.lib.groups
import data.swaplint.lib.result
import data.swaplint.lib.wording

finding contains graded if {
	some v in input.events.verify
	not v.expected_to_fail
	not off_by_default(v)
	uses := skipping(v)
	count(uses) > 0

	message := sprintf("%s can be skipped, and what it should protect runs all the same", [wording.deed(v)])
	help := "verify in any case and fail where key, signature or tool is missing; or give the use the same condition"
	found := result.with_related(result.event(v, v.span, message, help), uses)
	graded := result.with_severity(found, grade.in_context("high"))
}

# That is `verify-disabled`.
off_by_default(v) if v.id in off

off contains idle.event if {
	some idle in input.idle
	idle.why == "default"
}

# Uses that go on without it and have no other guard.
skipping(v) := [result.related(e.span, sprintf("`%s` runs without it", [wording.command(e)])) |
	v.conditional
	some id in unguarded[v.id]
	e := events.by_id[id]
]

# Ids of uses that nothing guards, by the verification that can be skipped.
unguarded := groups.by_key({[candidate.event, e.id] |
	some kind in events.uses
	some e in input.events[kind]
	count(e.guards) == 0
	not e.reference.is_local
	some candidate in e.candidates
	candidate.why == "conditional"
})
