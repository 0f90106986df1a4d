# METADATA
# title: An admission policy that accepts identities of others
# description: >-
#   The cluster admits what the named identity signed, and the expression for it also matches strangers, or no issuer has
#   to vouch for it. Whoever controls such an identity signs images that the cluster runs.
# related_resources:
#   - ref: https://kyverno.io/docs/policy-types/cluster-policy/verify-images/sigstore/
#     description: "Kyverno: keyless signing and verification"
#   - ref: https://docs.sigstore.dev/policy-controller/overview/
#     description: "Sigstore: policy-controller"
# custom:
#   severity: high
#   confidence: high
#   persona: regular
#   lists: [admissions]
package swaplint.registry.admission_broad_identity

import data.swaplint.lib.cosign
import data.swaplint.lib.grade
import data.swaplint.lib.result

# Of more of the certificate than the identity it cannot be said what it leaves.
authorities contains authority if {
	some policy in input.admissions
	some check in policy.checks
	some authority in check.authorities
	authority.kind == "keyless"
	not authority.has_extensions
}

expressions contains {"authority": authority, "identity": expression} if {
	some authority in authorities
	some identity in authority.identities
	some expression in array.concat(identity.subjects, identity.issuers)
}

# Whom an authority of the user's own gives certificates to is not seen.
finding contains graded if {
	some authority in authorities
	not authority.has_own_roots
	count(authority.identities) == 0

	message := "no identity is named: what anybody signed with Sigstore passes"
	found := result.at(authority.span, message, "name who must have signed, and who vouches for it: `subject: ..`, `issuer: ..`")
	graded := by(authority, found, "high")
}

finding contains graded if {
	some authority in authorities
	not authority.has_own_roots
	some identity in authority.identities
	count(identity.subjects) == 0

	message := "no subject is named: whoever gets a certificate by this issuer may sign"
	found := result.at(identity.span, message, "name who must have signed: `subject: ..`")
	graded := by(authority, found, "high")
}

finding contains graded if {
	some authority in authorities
	not authority.has_own_roots
	some identity in authority.identities
	count(identity.subjects) > 0
	count(identity.issuers) == 0

	message := "no issuer is named that must vouch for the identity"
	help := "add the issuer that vouches for it: `issuer: https://token.actions.githubusercontent.com` for workflows of GitHub"
	graded := by(authority, result.at(identity.span, message, help), "high")
}

finding contains graded if {
	some e in expressions
	admitted := cosign.admitted(e.identity, cosign.others)

	found := result.at(e.identity.span, cosign.met(e.identity, admitted), cosign.narrowed(e.identity))
	graded := by(e.authority, found, "high")
}

finding contains graded if {
	some e in expressions
	not cosign.admitted(e.identity, cosign.others)
	admitted := cosign.admitted(e.identity, cosign.loose)

	found := result.at(e.identity.span, cosign.exceeded(e.identity, admitted), cosign.tightened(e.identity, admitted))
	graded := by(e.authority, found, "medium")
}

# Bound to the repository, and to nothing in it.
finding contains graded if {
	some e in expressions
	not cosign.admitted(e.identity, cosign.others)
	not cosign.admitted(e.identity, cosign.loose)
	admitted := cosign.admitted(e.identity, ["other-workflow"])

	found := result.at(e.identity.span, cosign.met(e.identity, admitted), cosign.narrowed(e.identity))
	graded := result.graded(found, grade.in_context("medium"), "medium", "pedantic")
}

# Where others must have signed too, or an authority of the user's own gives the certificates, the expression is not all.
by(authority, found, severity) := result.with_severity(found, grade.in_context(severity)) if {
	decides(authority)
} else := result.graded(found, grade.in_context("medium"), "medium", "pedantic")

decides(authority) if {
	authority.is_enough
	not authority.has_own_roots
}
