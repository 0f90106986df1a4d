# METADATA
# title: An image is attested by tag
# description: >-
#   A tag is resolved when the attestation or SBOM is made, so it speaks about whatever the tag points at by then.
# related_resources:
#   - ref: https://docs.sigstore.dev/cosign/verifying/attestation/
#     description: "Sigstore: in-toto attestations"
# custom:
#   severity: high
#   confidence: high
#   persona: regular
#   events: [attest]
package swaplint.signing.attest_by_tag

import data.swaplint.lib.grade
import data.swaplint.lib.reference
import data.swaplint.lib.result
import data.swaplint.lib.wording

finding contains graded if {
	some e in input.events.attest
	e.reference.artifact == "image"
	reference.repointable(e.reference)

	message := sprintf(
		"`%s` speaks about `%s` %s: whoever moves the tag first gets the attestation",
		[wording.command(e), e.reference.text, wording.by(e.reference)],
	)
	help := sprintf("attest the digest that the build handed over: `%s@sha256:..`", [reference.name(e.reference)])
	found := result.with_related(result.event(e, e.reference.span, message, help), reference.story(e.reference))
	graded := result.with_severity(found, grade.in_context("high"))
}

# What cannot be read is for auditors (never passed, never a finding of the regular persona).
finding contains graded if {
	some e in input.events.attest
	reference.unreadable(e.reference)

	message := sprintf("`%s` speaks about `%s`, and nothing here says that it is a digest", [wording.command(e), e.reference.text])
	help := "hand the digest over and use it: `name@sha256:..`"
	found := result.with_related(result.event(e, e.reference.span, message, help), reference.story(e.reference))
	graded := result.graded(found, "low", "low", "auditor")
}

# A registry on this machine: whoever shares the machine can move the tag. For auditors.
finding contains graded if {
	some e in input.events.attest
	e.reference.artifact == "image"
	reference.mutable(e.reference)
	e.reference.is_local

	message := sprintf("`%s` takes `%s` by tag, from a registry on this machine", [wording.command(e), e.reference.text])
	help := "take the digest that the push printed, as a release has to"
	found := result.with_related(result.event(e, e.reference.span, message, help), reference.story(e.reference))
	graded := result.graded(found, "info", "medium", "auditor")
}
