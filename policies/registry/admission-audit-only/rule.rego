# METADATA
# title: An admission policy that lets in what it should refuse
# description: >-
#   The cluster checks signatures and admits the image all the same: the policy only audits or warns, an error of the
#   check counts as a pass, or an authority accepts everything.
# related_resources:
#   - ref: https://kyverno.io/docs/policy-types/cluster-policy/verify-images/
#     description: "Kyverno: verify images"
#   - ref: https://docs.sigstore.dev/policy-controller/overview/
#     description: "Sigstore: policy-controller"
# custom:
#   severity: high
#   confidence: high
#   persona: regular
#   lists: [admissions]
package swaplint.registry.admission_audit_only

import data.swaplint.lib.grade
import data.swaplint.lib.result

# Checks that ask for a signature.
checks contains {"policy": policy, "check": check} if {
	some policy in input.admissions
	some check in policy.checks
	count(check.authorities) > 0
}

finding contains graded if {
	some c in checks
	c.check.answer.action in {"audit", "warn"}
	not enforces_somewhere(c.policy)

	found := result.at(c.check.answer.span, told(c.check.answer), repairs[c.policy.engine])
	graded := result.with_severity(found, grade.in_context("high"))
}

# On its way to be enforced, namespace by namespace.
finding contains graded if {
	some c in checks
	c.check.answer.action in {"audit", "warn"}
	enforces_somewhere(c.policy)

	message := "images that fail the verification are admitted outside of the namespaces in which it is enforced"
	found := result.at(c.check.answer.span, message, repairs[c.policy.engine])
	graded := result.graded(found, grade.in_context("medium"), "high", "pedantic")
}

finding contains graded if {
	some c in checks
	c.check.answer.action == "enforce"
	some other in c.policy.overrides
	other.action in {"audit", "warn"}

	message := "images that fail the verification are admitted in these namespaces"
	found := result.at(other.span, message, "enforce the policy there too, or leave out the images that cannot be signed")
	graded := result.graded(found, grade.in_context("low"), "high", "pedantic")
}

finding contains graded if {
	some c in checks
	span := c.policy.fails_open

	message := "an image is admitted unverified whenever the check cannot be made: the registry, the log or the webhook does not answer"
	found := result.at(span, message, "refuse what cannot be verified: `failurePolicy: Fail`")
	graded := result.with_severity(found, grade.in_context("high"))
}

# One authority is enough, so beside others it takes their meaning away.
finding contains graded if {
	some c in passing
	exposed(c.check)

	message := "every image passes: an authority with `action: pass` accepts what nobody signed"
	found := result.at(c.authority.span, message, "name the key or the identity that must have signed")
	graded := result.with_severity(found, grade.in_context("high"))
}

# An exception for certain images, said openly.
finding contains graded if {
	some c in passing
	not exposed(c.check)

	message := "these images pass without a signature: `action: pass`"
	found := result.at(c.authority.span, message, "name the key or the identity that must have signed, or pin the images by digest")
	graded := result.graded(found, grade.in_context("medium"), "medium", "pedantic")
}

finding contains graded if {
	some policy in input.admissions
	policy.unmatched.action in {"warn", "allow"}

	message := "images that no policy is about are admitted unverified"
	found := result.at(policy.unmatched.span, message, "refuse them: `no-match-policy: deny`")
	graded := result.with_severity(found, grade.in_context("medium"))
}

finding contains graded if {
	some c in checks
	some image in c.check.images
	image.is_like_regexp

	message := sprintf("`%s` is a glob, in which a dot is a dot: images that it does not match are not verified by this policy", [image.glob])
	found := result.at(image.span, message, "write a glob: `ghcr.io/acme/**`")
	graded := result.graded(found, grade.in_context("medium"), "medium", "pedantic")
}

# Authorities that everything passes. With a program beside them that judges, they only fetch what it judges.
passing contains {"check": c.check, "authority": authority} if {
	some c in checks
	not c.check.has_program
	some authority in c.check.authorities
	authority.kind == "pass"
}

exposed(check) if count(check.authorities) > 1

exposed(check) if {
	some image in check.images
	image.is_any
}

enforces_somewhere(policy) if {
	some other in policy.overrides
	other.action == "enforce"
}

told(answer) := "images that fail the verification are admitted: where nothing is said, Kyverno only audits" if {
	not answer.is_written
} else := "images that fail the verification are admitted, with a warning" if {
	answer.action == "warn"
} else := "images that fail the verification are admitted: the policy only audits"

repairs := {
	"kyverno": "refuse them: `Enforce` (in an ImageValidatingPolicy `validationActions: [Deny]`)",
	"policy-controller": "refuse them: `mode: enforce`",
}
