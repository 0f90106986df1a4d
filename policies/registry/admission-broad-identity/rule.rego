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
	found := result.at(authority.span, message, "name the issuer and the subject that must have signed")
	graded := by(authority, found, "high")
}

finding contains graded if {
	some authority in authorities
	not authority.has_own_roots
	some identity in authority.identities
	count(identity.subjects) == 0

	message := "no subject is named: whoever gets a certificate by this issuer may sign"
	found := result.at(identity.span, message, "name the subject that must have signed")
	graded := by(authority, found, "high")
}

finding contains graded if {
	some authority in authorities
	not authority.has_own_roots
	some identity in authority.identities
	count(identity.subjects) > 0
	count(identity.issuers) == 0

	message := "no issuer is named that must vouch for the identity"
	help := "add the issuer of your CI: `issuer: https://token.actions.githubusercontent.com`"
	graded := by(authority, result.at(identity.span, message, help), "high")
}

# The worst first.
others := ["anyone", "other-organisation", "other-repository"]

owners := {
	"anyone": "anybody",
	"other-organisation": "another organisation",
	"other-repository": "another repository of the organisation",
	"other-workflow": "any workflow of the repository",
}

finding contains graded if {
	some e in expressions
	admitted := cosign.admitted(e.identity, others)

	found := result.at(e.identity.span, met(e.identity, admitted), help)
	graded := by(e.authority, found, "high")
}

reasons := {
	"embedded": "may stand anywhere in a longer text",
	"lookalike-host": "has a dot that matches any character",
}

repairs := {
	"embedded": "anchor it: begin with `^`, end with `$`, and put no `.*` in front",
	"lookalike-host": "escape the dots of the host: `github\\.com`",
}

finding contains graded if {
	some e in expressions
	not cosign.admitted(e.identity, others)
	admitted := cosign.admitted(e.identity, ["embedded", "lookalike-host"])

	message := sprintf(
		"`%s` %s: it also accepts `%s`",
		[e.identity.expression, reasons[admitted.class], admitted.identity],
	)
	found := result.at(e.identity.span, message, repairs[admitted.class])
	graded := by(e.authority, found, "medium")
}

# Bound to the repository, and to nothing in it.
finding contains graded if {
	some e in expressions
	not cosign.admitted(e.identity, others)
	not cosign.admitted(e.identity, ["embedded", "lookalike-host"])
	admitted := cosign.admitted(e.identity, ["other-workflow"])

	found := result.at(e.identity.span, met(e.identity, admitted), help)
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

met(identity, admitted) := sprintf(
	"`%s` is met by %s: it also accepts `%s`",
	[identity.expression, owners[admitted.class], admitted.identity],
)

help := concat(" ", [
	"name the one workflow and the refs that may sign:",
	"`https://github.com/OWNER/REPO/.github/workflows/release.yml@refs/heads/main`",
])
