# METADATA
# title: A verification accepts identities of others
# description: >-
#   The expression that should name the signer also matches other repositories, other organisations or any workflow,
#   and whoever controls one of those can sign what passes here.
# related_resources:
#   - ref: https://docs.sigstore.dev/cosign/verifying/verify/
#     description: "Sigstore: verifying signatures"
#   - ref: https://docs.github.com/en/actions/concepts/security/openid-connect
#     description: "GitHub: OpenID Connect claims"
# custom:
#   severity: high
#   confidence: high
#   persona: regular
#   events: [verify]
package swaplint.identity.cosign_broad_identity

import data.swaplint.lib.cosign
import data.swaplint.lib.grade
import data.swaplint.lib.result

finding contains graded if {
	some e in cosign.verifications
	some identity in e.identities
	admitted := cosign.admitted(identity, cosign.others)

	found := result.event(e, identity.span, cosign.met(identity, admitted), cosign.narrowed(identity))
	graded := result.with_severity(found, grade.in_context("high"))
}

# Bound to the repository, and to nothing in it: who may open a workflow there may sign. Where the expression also
# admits strangers because it is not anchored, cosign-unanchored-identity says so.
finding contains graded if {
	some e in cosign.verifications
	some identity in e.identities
	not cosign.admitted(identity, cosign.others)
	not cosign.admitted(identity, cosign.loose)
	admitted := cosign.admitted(identity, ["other-workflow"])

	found := result.event(e, identity.span, cosign.met(identity, admitted), cosign.narrowed(identity))
	graded := result.graded(found, grade.in_context("medium"), "medium", "pedantic")
}
