# METADATA
# title: An artifact is verified after it was used, or beside it
# description: >-
#   When the verification fails the artifact already runs, is deployed or promoted; a failure then only tells what
#   happened.
# related_resources:
#   - ref: https://cwe.mitre.org/data/definitions/696.html
#     description: "CWE-696: Incorrect behavior order"
# custom:
#   severity: high
#   confidence: medium
#   persona: regular
#   events: [verify]
package swaplint.verification.verify_after_use

import data.swaplint.lib.grade
import data.swaplint.lib.groups
import data.swaplint.lib.reference
import data.swaplint.lib.result
import data.swaplint.lib.timing
import data.swaplint.lib.wording

finding contains graded if {
	some kind in ["run", "deploy", "copy", "retag", "install"]
	some e in input.events[kind]
	not e.reference.is_local
	not e.destination.is_local
	late := timing.late(e)
	count(late) > 0
	used[[e.execution_index, e.reference.key]][0] == e.id

	message := sprintf("`%s` of `%s` does not wait for its verification", [wording.command(e), e.reference.text])
	help := "verify first, and let the use wait for it: an earlier step of the same job, or `needs`, `runAfter`, an earlier stage"
	places := array.concat(late, reference.story(e.reference))
	found := result.with_related(result.event(e, e.reference.span, message, help), places)
	graded := result.with_severity(found, grade.in_context("high"))
}

# By artifact: the first use of one is told.
used := groups.by_key([[[e.execution_index, e.reference.key], e.id] |
	some kind in ["run", "deploy", "copy", "retag", "install"]
	some e in input.events[kind]
	count(timing.late(e)) > 0
])
