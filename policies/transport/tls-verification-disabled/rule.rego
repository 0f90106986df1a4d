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
	grades := judged(weakness)
	graded := result.graded(told(weakness), grades.severity, grades.confidence, grades.persona)
}

judged(weakness) := for_auditors if {
	# A neighbour in the same cluster or network: whoever sits there can still answer in its place.
	weakness.is_local
	not host.is_this_machine(weakness.host)
} else := for_pedants if {
	# Whoever asks for it has it: the pipeline does not do it by itself.
	not weakness.is_local
	weakness.is_asked_for
} else := for_auditors if {
	not weakness.is_local
	named_local(weakness)
} else := for_pedants if {
	not weakness.is_local
	is_new(weakness)
} else := {"severity": grade.in_context(severity(weakness)), "confidence": "high", "persona": "regular"} if {
	not weakness.is_local
}

for_pedants := {"severity": "low", "confidence": "medium", "persona": "pedantic"}

for_auditors := {"severity": "low", "confidence": "medium", "persona": "auditor"}

# Nobody can know the key of a machine that has just been made; whoever is on the way there at that moment still is. A host that is
# written out was there before, and a setting for every connection of git is about others.
is_new(weakness) if {
	contains(weakness.text, "StrictHostKeyChecking")
	not startswith(weakness.text, "GIT_")
	not names_host(weakness)
	weakness.execution_index in making_machines
}

making_machines contains e.execution_index if {
	some e in input.events.configure
	e.options["new-machine"]
}

names_host(weakness) if {
	weakness.host != ""
	not contains(weakness.host, "?")
}

named_local(weakness) if host.among(weakness.host, data.options["tls-verification-disabled"]["local-hosts"])

told(weakness) := result.with_related(result.within(weakness, weakness.span, message, help), made) if {
	message := sprintf("%s lets anybody on the way answer in the place of %s", [setting(weakness), server(weakness)])
	help := "leave it out; give the tool the right CA certificate (or host key) if it does not know it"
	made := [result.related(place.span, place.what) | some place in weakness.provenance; place.span != weakness.span]
}

setting(weakness) := sprintf("`%s` of `%s`", [weakness.text, step]) if {
	startswith(weakness.tool, "jenkins-step:")
	step := trim_prefix(weakness.tool, "jenkins-step:")
} else := sprintf("`%s`", [weakness.text])

server(weakness) := sprintf("`%s`", [weakness.host]) if {
	names_host(weakness)
} else := "the server"

severity(weakness) := weakness.severity if {
	weakness.severity
} else := "high"
