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

# Those are cosign-broad-identity.
others := ["anyone", "other-organisation", "other-repository"]

reasons := {
	"embedded": "is not anchored",
	"lookalike-host": "has a dot that matches any character",
}

repairs := {
	"embedded": "anchor it: begin with `^` and end with `$`",
	"lookalike-host": "escape the dots of the host: `github\\.com`",
}

finding contains graded if {
	some e in cosign.verifications
	some identity in e.identities
	not cosign.admitted(identity, others)
	admitted := cosign.admitted(identity, ["embedded", "lookalike-host"])

	message := sprintf(
		"`%s` %s: it also accepts `%s`",
		[identity.expression, reasons[admitted.class], admitted.identity],
	)
	found := result.event(e, identity.span, message, repairs[admitted.class])
	graded := result.with_severity(found, grade.in_context("medium"))
}
