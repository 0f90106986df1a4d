# METADATA
# title: An attestation of any repository of the owner is accepted
# description: >-
#   `gh attestation verify --owner` asks only that some repository of the organisation made the attestation; every one
#   of them can make one.
# related_resources:
#   - ref: https://cli.github.com/manual/gh_attestation_verify
#     description: "gh attestation verify"
# custom:
#   severity: medium
#   confidence: high
#   persona: regular
#   events: [verify]
package swaplint.identity.attestation_owner_scope

import data.swaplint.lib.grade
import data.swaplint.lib.options
import data.swaplint.lib.result
import data.swaplint.lib.wording

narrower := {"repository", "signer-workflow", "signer-repo", "identity", "identity-regexp"}

finding contains graded if {
	some e in input.events.verify
	e.tool == "gh"
	not e.expected_to_fail
	options.given(e, {"owner"})
	not options.given(e, narrower)

	owner := concat(", ", e.options.owner)
	message := sprintf(
		"the attestation of `%s` may come from any repository and any workflow of `%s`",
		[wording.subject(e), owner],
	)
	help := sprintf(
		"name who must have made it: `--repo %s/REPO --signer-workflow %s/REPO/.github/workflows/release.yml`",
		[owner, owner],
	)
	found := result.event(e, options.place(e, "owner"), message, help)
	graded := result.with_severity(found, grade.in_context("medium"))
}
