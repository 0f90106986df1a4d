# METADATA
# title: Nobody checks who answers
# description: >-
#   The verification of the TLS certificate (or of the SSH host key) is switched off, so anybody on the path can
#   answer in the place of the server.
# related_resources:
#   - ref: https://cwe.mitre.org/data/definitions/295.html
#     description: "CWE-295: Improper certificate validation"
# custom:
#   severity: high
#   confidence: high
#   persona: regular
package swaplint.transport.tls_verification_disabled

import data.swaplint.lib.grade
import data.swaplint.lib.result

finding contains graded if {
	some weakness in input.weaknesses
	weakness.kind == "tls-verification-disabled"
	not weakness.is_local

	message := sprintf("`%s` lets anybody on the way answer in the place of %s", [weakness.text, server(weakness)])
	help := "leave it out; give the tool the right CA certificate (or host key) if it does not know it"
	made := [result.related(place.span, place.what) | some place in weakness.provenance; place.span != weakness.span]
	found := result.with_related(result.within(weakness, weakness.span, message, help), made)
	graded := result.with_severity(found, grade.in_context(severity(weakness)))
}

server(weakness) := sprintf("`%s`", [weakness.host]) if {
	weakness.host
} else := "the server"

severity(weakness) := weakness.severity if {
	weakness.severity
} else := "high"
