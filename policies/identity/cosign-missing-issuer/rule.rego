# METADATA
# title: A keyless verification names no issuer
# description: >-
#   An identity is only a name; the issuer is who vouches for it. Another issuer that Fulcio trusts may put the same
#   name into a certificate.
# related_resources:
#   - ref: https://docs.sigstore.dev/cosign/verifying/verify/
#     description: "Sigstore: verifying signatures"
# custom:
#   severity: high
#   confidence: high
#   persona: regular
#   events: [verify]
package swaplint.identity.cosign_missing_issuer

import data.swaplint.lib.cosign
import data.swaplint.lib.grade
import data.swaplint.lib.options
import data.swaplint.lib.result
import data.swaplint.lib.wording

finding contains graded if {
	some e in cosign.verifications
	cosign.names_identity(e)
	not cosign.names_issuer(e)
	not implies_issuer(e)
	not cosign.by_key(e)
	not cosign.hides_options(e)

	message := sprintf(
		"`%s` of `%s` names an identity but not the issuer that must vouch for it",
		[wording.command(e), wording.subject(e)],
	)
	found := result.event(e, shown(e), message, help[e.tool])
	graded := result.with_severity(found, grade.in_context("high"))
}

# It takes certificates of GitHub's workflows alone.
implies_issuer(e) if {
	e.tool == "sigstore"
	e.verb == "verify github"
}

shown(e) := options.place(e, "identity") if {
	options.given(e, {"identity"})
} else := options.place(e, "identity-regexp")

help := {
	"cosign": "add `--certificate-oidc-issuer` with the issuer of your CI: https://token.actions.githubusercontent.com",
	"sigstore": "add `--cert-oidc-issuer` with the issuer of your CI: https://token.actions.githubusercontent.com",
}
