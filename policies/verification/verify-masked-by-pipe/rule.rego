# METADATA
# title: The exit status of a verification is lost in a pipe
# description: >-
#   A pipe has the exit status of its last command, a substitution inside another command has none at all. The
#   verification fails and the step is green.
# related_resources:
#   - ref: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell
#     description: "GitHub: which shells have pipefail"
#   - ref: https://www.gnu.org/software/bash/manual/html_node/Pipelines.html
#     description: "Bash: pipelines and pipefail"
# custom:
#   severity: high
#   confidence: high
#   persona: regular
#   events: [verify, compare, copy, attest, deploy, download, install, publish, push, resolve, scan, sign, trigger, upload]
package swaplint.verification.verify_masked_by_pipe

import data.swaplint.lib.grade
import data.swaplint.lib.result
import data.swaplint.lib.tolerance
import data.swaplint.lib.verification
import data.swaplint.lib.wording

severities := {"verify": "high", "compare": "high", "copy": "medium"}

repairs := {
	"pipe": "put `set -o pipefail` before it (on GitHub `shell: bash` does), or write its output to a file first",
	"substitution": "run it as a command of its own: `result=$(..)` on a line by itself keeps the exit status",
}

finding contains graded if {
	some kind, severity in severities
	some e in input.events[kind]
	e.effect.stops == false
	help := repairs[e.effect.cause]
	not e.expected_to_fail
	not verification.gates(e)
	not stays_here(e)

	message := sprintf("%s cannot stop anything: %s", [wording.deed(e), verification.reason(e)])
	found := result.with_related(result.event(e, e.span, message, help), verification.swallowed(e))
	graded := result.with_severity(found, grade.in_context(severity))
}

# What else others rely on.
finding contains found if {
	some kind in tolerance.kinds
	some e in input.events[kind]
	help := repairs[e.effect.cause]
	found := tolerance.finding(e, help)
}

stays_here(e) if e.destination.is_local

# What differs is shown.
stays_here(e) if e.verb == "whole"
