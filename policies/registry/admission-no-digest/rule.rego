# METADATA
# title: An admission policy that lets tags stand
# description: >-
#   The signature is checked of what the tag names at that moment; the node pulls what it names later. Only a digest, put
#   in or asked for at admission, makes these the same image.
# related_resources:
#   - ref: https://kyverno.io/docs/policy-types/cluster-policy/verify-images/
#     description: "Kyverno: verify images"
# custom:
#   severity: medium
#   confidence: high
#   persona: regular
#   lists: [admissions]
package swaplint.registry.admission_no_digest

import data.swaplint.lib.grade
import data.swaplint.lib.result

# By field: the place at which it is switched off.
off(check) := {field.name: field.span | some field in check.switched_off}

finding contains graded if {
	some policy in input.admissions
	some check in policy.checks
	fields := off(check)
	mutates := fields.mutateDigest
	verifies := fields.verifyDigest

	message := "a tag is neither replaced by the digest that was verified nor refused: it can be repointed before the image is pulled"
	help := "leave both at their default: `mutateDigest: true`, `verifyDigest: true`"
	found := result.with_related(
		result.at(mutates, message, help),
		[result.related(verifies, "images without a digest are let in here")],
	)
	graded := result.with_severity(found, grade.in_context("medium"))
}

# The other one still holds, for as long as nobody touches it.
finding contains graded if {
	some policy in input.admissions
	some check in policy.checks
	fields := off(check)
	some name, other in {"mutateDigest": "verifyDigest", "verifyDigest": "mutateDigest"}
	span := fields[name]
	not fields[other]

	message := sprintf("`%s` is off, so `%s` alone keeps a tag from being repointed after the check", [name, other])
	found := result.at(span, message, sprintf("leave it at its default: `%s: true`", [name]))
	graded := result.graded(found, grade.in_context("low"), "high", "pedantic")
}

finding contains graded if {
	some policy in input.admissions
	some check in policy.checks
	span := off(check).required

	message := "images that were never verified are admitted: `required` is off"
	found := result.at(span, message, "leave it at its default: `required: true`")
	graded := result.with_severity(found, grade.in_context("medium"))
}
