# METADATA
# title: An artifact of the same run is taken without a check
# description: >-
#   Between the executions the file lies in the store of the CI system; nothing shows that what comes out is what went
#   in.
# related_resources:
#   - ref: https://slsa.dev/spec/v1.0/threats
#     description: "SLSA: supply chain threats"
# custom:
#   severity: low
#   confidence: medium
#   persona: auditor
#   events: [download]
package swaplint.verification.unverified_handoff

import data.swaplint.lib.grade
import data.swaplint.lib.handoff
import data.swaplint.lib.result

finding contains graded if {
	some e in input.events.download
	handoff.of_this_run(e)
	not handoff.checked(e)

	message := sprintf("`%s` is taken from the run's store without a check of its content", [e.source.text])
	help := "hand its digest over as an output of the execution that made it, and check it here before the first use"
	found := result.event(e, e.source.span, message, help)
	graded := result.with_severity(found, grade.in_context("low"))
}
