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
#   lists: [weaknesses]
#   options:
#     local-hosts:
#       default: []
#       description: Hosts (and what is below them) that are reached over a network of your own; they are told to auditors alone.
package swaplint.transport.tls_verification_disabled

import data.swaplint.lib.grade
import data.swaplint.lib.host
import data.swaplint.lib.result

finding contains graded if {
	some weakness in input.weaknesses
	weakness.kind == "tls-verification-disabled"
	not weakness.is_local
	not weakness.is_asked_for
	not named_local(weakness)
	not is_new(weakness)

	graded := result.with_severity(told(weakness), grade.in_context(severity(weakness)))
}

# Whoever asks for it has it: the pipeline does not do it by itself.
finding contains graded if {
	some weakness in input.weaknesses
	weakness.kind == "tls-verification-disabled"
	not weakness.is_local
	weakness.is_asked_for
	graded := result.graded(told(weakness), "low", "medium", "pedantic")
}

# Nobody can know the key of a machine that has just been made; whoever is on the way there at that moment still is.
finding contains graded if {
	some weakness in input.weaknesses
	weakness.kind == "tls-verification-disabled"
	not weakness.is_local
	not weakness.is_asked_for
	not named_local(weakness)
	is_new(weakness)
	graded := result.graded(told(weakness), "low", "medium", "pedantic")
}

is_new(weakness) if {
	contains(weakness.text, "StrictHostKeyChecking")
	some e in input.events.configure
	e.options["new-machine"]
	e.execution_index == weakness.execution_index
}

# A neighbour in the same cluster or network: whoever sits there can still answer in its place.
finding contains graded if {
	some weakness in input.weaknesses
	weakness.kind == "tls-verification-disabled"
	weakness.is_local
	not this_machine(weakness.host)
	graded := result.graded(told(weakness), "low", "medium", "auditor")
}

finding contains graded if {
	some weakness in input.weaknesses
	weakness.kind == "tls-verification-disabled"
	not weakness.is_local
	not weakness.is_asked_for
	named_local(weakness)
	graded := result.graded(told(weakness), "low", "medium", "auditor")
}

named_local(weakness) if host.among(weakness.host, data.options["tls-verification-disabled"]["local-hosts"])

told(weakness) := result.with_related(result.within(weakness, weakness.span, message, help), made) if {
	message := sprintf("`%s` lets anybody on the way answer in the place of %s", [weakness.text, server(weakness)])
	help := "leave it out; give the tool the right CA certificate (or host key) if it does not know it"
	made := [result.related(place.span, place.what) | some place in weakness.provenance; place.span != weakness.span]
}

# Loopback, and the registries of throw-away clusters on it.
this_machine(host) if regex.match(
	`^(localhost|127\.|0\.0\.0\.0|\[?::1|169\.254\.|kind-|k3d-|host\.(docker|minikube)\.internal|registry(:|$)|[^.]+\.local(host|:|$)|ttl\.sh)`,
	host,
)

server(weakness) := sprintf("`%s`", [weakness.host]) if {
	weakness.host
	not contains(weakness.host, "?")
} else := "the server"

severity(weakness) := weakness.severity if {
	weakness.severity
} else := "high"
