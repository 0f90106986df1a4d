# METADATA
# title: A copy leaves the signatures behind
# description: >-
#   At the destination nobody can tell any more who made the image, so whatever arrives there has to be believed.
# related_resources:
#   - ref: https://github.com/containers/skopeo/blob/main/docs/skopeo-copy.1.md
#     description: "skopeo copy"
# custom:
#   severity: medium
#   confidence: high
#   persona: regular
#   events: [copy, push]
package swaplint.copy.copy_strips_signatures

import data.swaplint.lib.grade
import data.swaplint.lib.options
import data.swaplint.lib.result
import data.swaplint.lib.wording

finding contains graded if {
	some kind in ["copy", "push"]
	some e in input.events[kind]
	options.given(e, {"strips-signatures"})
	not "false" in e.options["strips-signatures"]
	not stays_here(e)

	message := sprintf("%s drops the signatures of the image", [wording.deed(e)])
	help := "copy them too; where the destination cannot hold them, verify before and sign the copy there"
	found := result.event(e, options.place(e, "strips-signatures"), message, help)
	graded := result.with_severity(found, grade.in_context("medium"))
}

stays_here(e) if e.destination.is_local
