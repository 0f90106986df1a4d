# METADATA
# title: An artifact of another run is used with write credentials
# description: >-
#   Another run, perhaps of a pull request from a fork, decides what the file holds, and an execution that may sign,
#   deploy or publish takes it as its own.
# related_resources:
#   - ref: https://securitylab.github.com/resources/github-actions-preventing-pwn-requests/
#     description: "GitHub Security Lab: preventing pwn requests"
#   - ref: https://docs.github.com/en/actions/security-for-github-actions/using-artifact-attestations/using-artifact-attestations-to-establish-provenance-for-builds
#     description: "GitHub: artifact attestations"
# custom:
#   severity: high
#   confidence: medium
#   persona: regular
#   events: [download]
package swaplint.verification.cross_run_artifact

import data.swaplint.lib.grade
import data.swaplint.lib.handoff
import data.swaplint.lib.result

finding contains graded if {
	some e in input.events.download
	handoff.of_another_run(e)
	not handoff.checked(e)
	grades := judged(e)

	message := sprintf(
		"`%s` comes from another run, and %s without a check of who made it",
		[e.source.text, grades.use],
	)
	help := "verify it before the first use (`gh attestation verify .. --repo --signer-workflow`), or build it in this run"
	found := result.with_related(result.event(e, e.source.span, message, help), chosen(e))
	graded := result.graded(found, grade.in_context(grades.severity), "medium", grades.persona)
}

judged(e) := {"severity": "low", "persona": "pedantic", "use": "is used"} if {
	of_this_job(e)
} else := {"severity": "high", "persona": "regular", "use": "this execution, which holds credentials or publishes, uses it"} if {
	grade.privileged(e)
} else := {"severity": "low", "persona": "pedantic", "use": "is used"}

# An earlier run of this very job (`projectName: env.JOB_NAME`).
of_this_job(e) if "${JOB_NAME}" in e.options.workflow

# Where it is said which run.
chosen(e) := [result.related(e.option_spans[role], "this says which run") |
	some role in ["run-id", "workflow", "branch", "pull-request"]
	e.option_spans[role]
]
