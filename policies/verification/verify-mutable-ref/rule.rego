# METADATA
# title: A verification names a tag
# description: >-
#   The verification holds for what the tag pointed at in that moment. Whoever uses the tag afterwards may get
#   something else.
# related_resources:
#   - ref: https://github.com/sigstore/cosign/blob/main/doc/cosign_verify.md
#     description: "cosign verify"
# custom:
#   severity: medium
#   confidence: high
#   persona: regular
#   events: [verify]
package swaplint.verification.verify_mutable_ref

import data.swaplint.lib.grade
import data.swaplint.lib.options
import data.swaplint.lib.reference
import data.swaplint.lib.result
import data.swaplint.lib.verification
import data.swaplint.lib.wording

finding contains graded if {
	some e in input.events.verify
	e.reference.artifact == "image"
	reference.repointable(e.reference)
	not e.expected_to_fail
	not verification.built_in(e)
	not options.given(e, {"local-image"})

	# The use of it is reported as verify-then-reresolve.
	not e.id in verification.reresolved_after

	message := sprintf(
		"`%s` verifies `%s` %s: the result says nothing about what the tag points at later",
		[wording.command(e), e.reference.text, wording.by(e.reference)],
	)
	help := sprintf("verify the digest and use the same digest afterwards: `%s@sha256:..`", [reference.name(e.reference)])
	found := result.with_related(result.event(e, e.reference.span, message, help), reference.story(e.reference))
	graded := result.with_severity(found, grade.in_context("medium"))
}

# What cannot be read is for auditors (never passed, never a finding of the regular persona).
finding contains graded if {
	some e in input.events.verify
	reference.unreadable(e.reference)
	not e.expected_to_fail
	not options.given(e, {"local-image"})

	message := sprintf("`%s` verifies `%s`, and nothing here says that it is a digest", [wording.command(e), e.reference.text])
	help := "hand the digest over and use it: `name@sha256:..`"
	found := result.with_related(result.event(e, e.reference.span, message, help), reference.story(e.reference))
	graded := result.graded(found, "low", "low", "auditor")
}
