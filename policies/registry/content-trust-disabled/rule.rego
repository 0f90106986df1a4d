# METADATA
# title: Content trust is switched off
# description: >-
#   Docker then takes an image by its tag without asking for a signature, although somebody set up signatures to be
#   asked for.
# related_resources:
#   - ref: https://docs.docker.com/engine/security/trust/
#     description: "Docker: content trust"
# custom:
#   severity: medium
#   confidence: high
#   persona: regular
#   lists: [weaknesses]
package swaplint.registry.content_trust_disabled

import data.swaplint.lib.grade
import data.swaplint.lib.result

finding contains graded if {
	some weakness in input.weaknesses
	weakness.kind == "content-trust-disabled"
	not weakness.is_local

	message := sprintf("`%s` takes images without their signatures", [weakness.text])
	help := "leave it out, or verify the digest with cosign or notation before the use"
	found := result.within(weakness, weakness.span, message, help)
	graded := result.with_severity(found, grade.in_context("medium"))
}
