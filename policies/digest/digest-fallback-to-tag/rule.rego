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
#   events: [sign, attest, deploy, copy, run, pull, verify]
package swaplint.digest.digest_fallback_to_tag

import data.swaplint.lib.grade
import data.swaplint.lib.reference
import data.swaplint.lib.result

finding contains graded if {
	some kind in ["sign", "attest", "deploy", "copy", "run", "pull", "verify"]
	some e in input.events[kind]
	e.reference.artifact == "image"
	not e.reference.is_local
	place := e.reference.fallback

	message := sprintf("without a digest `%s` takes `%s`", [e.reference.text, place.text])
	help := "fail where the digest is missing: `${DIGEST:?no digest}`"
	found := result.with_related(result.event(e, place.span, message, help), reference.story(e.reference))
	graded := result.with_severity(found, grade.in_context("high"))
}
