# METADATA
# title: Without a digest the tag is taken
# description: >-
#   Where the digest is missing a default steps in, so whoever makes it go missing gets the mutable reference back, and
#   nobody notices.
# related_resources:
#   - ref: https://cwe.mitre.org/data/definitions/636.html
#     description: "CWE-636: Not failing securely"
# custom:
#   severity: high
#   confidence: medium
#   persona: regular
package swaplint.digest.digest_fallback_to_tag

import data.swaplint.lib.grade
import data.swaplint.lib.reference
import data.swaplint.lib.result

finding contains graded if {
	some kind in ["sign", "attest", "deploy", "copy", "run", "pull", "verify"]
	some e in input.events[kind]
	e.reference.artifact == "image"
	not e.reference.is_local
	place := fallback(e.reference)

	message := sprintf("without a digest `%s` takes %s", [e.reference.text, place.instead])
	help := "fail where the digest is missing: `${DIGEST:?no digest}`"
	found := result.with_related(result.event(e, place.span, message, help), reference.story(e.reference))
	graded := result.with_severity(found, grade.in_context("high"))
}

# As the analysis tells it, wherever the value was put together.
fallback(image) := {"span": image.fallback.span, "instead": sprintf("`%s`", [image.fallback.text])} if {
	image.fallback
} else := {"span": image.span, "instead": sprintf("`%s`", [defaults[0]])} if {
	defaults := written_defaults(image.text)
	count(defaults) > 0
} else := {"span": image.span, "instead": "what the tag points at"} if {
	regex.match(`\$\{[A-Za-z_][A-Za-z0-9_]*:?\+@`, image.text)
}

# What stands where the digest is missing.
written_defaults(text) := [instead |
	some form in with_default
	some found in regex.find_all_string_submatch_n(form, text, 1)
	instead := found[1]
	not startswith(instead, "sha256:")
]

# After the `@` that makes a reference immutable: `app@${DIGEST:-latest}`, `app@${{ inputs.digest || 'latest' }}`.
with_default := {
	`@\$\{[A-Za-z_][A-Za-z0-9_]*:?-"?([^}"]+)"?\}`,
	`@\$\{\{[^}]*\|\|\s*'([^'}]+)'\s*\}\}`,
}
