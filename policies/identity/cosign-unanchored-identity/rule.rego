# METADATA
# title: An identity expression matches more than it means
# description: >-
#   cosign matches the expression anywhere in the identity, and an unescaped dot matches any character. So an identity
#   that only contains the expected one, or one of a look-alike host, passes.
# related_resources:
#   - ref: https://github.com/sigstore/cosign/blob/main/doc/cosign_verify.md
#     description: "cosign verify: --certificate-identity-regexp"
# custom:
#   severity: medium
#   confidence: high
#   persona: regular
#   events: [verify]
package swaplint.identity.cosign_unanchored_identity

import data.swaplint.lib.cosign
import data.swaplint.lib.grade
import data.swaplint.lib.result

finding contains graded if {
	some e in cosign.verifications
	some identity in e.identities

	# Those are cosign-broad-identity.
	not cosign.admitted(identity, cosign.others)
	admitted := cosign.admitted(identity, cosign.loose)

	found := result.event(e, identity.span, cosign.exceeded(identity, admitted), cosign.tightened(identity, admitted))
	graded := result.with_severity(found, grade.in_context("medium"))
}
