# METADATA
# title: An image is signed, and nothing ever asks for the signature
# description: >-
#   This pipeline signs or attests images and takes images of its own, but verifies none: a signature that nobody checks
#   keeps nobody out.
# related_resources:
#   - ref: https://docs.sigstore.dev/cosign/verifying/verify/
#     description: "Sigstore: verifying signatures"
# custom:
#   severity: medium
#   confidence: medium
#   persona: pedantic
#   events: [sign, attest]
package swaplint.verification.signed_never_verified

import data.swaplint.lib.grade
import data.swaplint.lib.order
import data.swaplint.lib.result
import data.swaplint.lib.wording

finding contains graded if {
	not verified
	count(signatures) > 0
	count(consumers) > 0
	first := min({s.id | some s in signatures})
	some e in signatures
	e.id == first

	message := sprintf("`%s` is signed, but nothing in this repository verifies a signature before it takes an image", [e.reference.text])
	help := "verify the digest wherever an image is taken: `cosign verify --certificate-identity .. --certificate-oidc-issuer ..`"
	found := result.with_related(result.event(e, e.reference.span, message, help), taken)
	graded := result.with_severity(found, grade.in_context("medium"))
}

signatures contains e if {
	some kind in ["sign", "attest"]
	some e in input.events[kind]
	e.reference.artifact == "image"
	not e.reference.is_local
}

# Images of this repository that another execution takes from the registry once they are signed.
consumers contains e if {
	some kind in ["deploy", "copy", "retag", "run", "pull"]
	some e in input.events[kind]
	e.reference.artifact == "image"
	e.reference.pushed_here
	not e.reference.is_local
	count(order.before[e.execution] & signing) > 0
}

signing contains e.execution if some e in signatures

taken := [result.related(e.reference.span, sprintf("`%s` takes it unverified", [wording.command(e)])) | some e in consumers]

verified if input.pipeline.repository_verifies

verified if {
	some e in input.events.verify
	e.reference.artifact == "image"
}
