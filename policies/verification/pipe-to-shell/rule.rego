# METADATA
# title: Downloaded text is executed as it arrives
# description: >-
#   What the server sends runs at once with the pipeline's credentials; nobody can check it first, and the server can
#   send different text to a pipeline than to a browser.
# related_resources:
#   - ref: https://about.codecov.io/security-update/
#     description: "Codecov: the Bash uploader of April 2021"
#   - ref: https://cwe.mitre.org/data/definitions/494.html
#     description: "CWE-494: Download of code without integrity check"
# custom:
#   severity: high
#   confidence: high
#   persona: regular
#   events: [stream]
#   options:
#     trusted-hosts:
#       default: []
#       description: Hosts (and what is below them) whose scripts you execute on trust; they are told to auditors alone.
package swaplint.verification.pipe_to_shell

import data.swaplint.lib.download
import data.swaplint.lib.grade
import data.swaplint.lib.host
import data.swaplint.lib.reference
import data.swaplint.lib.result
import data.swaplint.lib.wording

finding contains graded if {
	some e in input.events.stream
	count(e.guards) == 0
	not e.reference.is_local
	not is_pinned(e)

	message := sprintf("what `%s` answers is executed unseen", [wording.subject(e)])
	check := download.comparison(e, file_of(e))
	help := sprintf("download a version of it to a file, check its digest (`%s`), then %s", [check, taken(e)])
	found := result.with_related(result.event(e, e.span, message, help), story(e))
	graded := judged(e, result.with_severity(found, grade.in_context("high")))
}

# What is set in the shell that reads it would be lost in another one.
taken(e) := sprintf("`source %s`", [file_of(e)]) if {
	e.tool in {"eval", "source", "."}
} else := "run the file"

# A name for the file that it should be stored in.
file_of(e) := "install.ps1" if {
	e.shell == "powershell"
} else := "install.sh"

# The address holds the id of a commit: what it answers cannot change.
is_pinned(e) if download.content_addressed(e.reference)

judged(e, found) := result.graded(found, "low", "high", "auditor") if {
	host.among(e.reference.host, data.options["pipe-to-shell"]["trusted-hosts"])
} else := found

story(e) := reference.story(e.reference) if {
	e.reference
} else := []
