# METADATA
# title: A verification is switched off
# description: >-
#   A tool that verifies by itself is told not to, or a verification stands in the pipeline and never runs.
# related_resources:
#   - ref: https://github.com/containers/image/blob/main/docs/containers-policy.json.5.md
#     description: "containers-policy.json"
#   - ref: https://go.dev/ref/mod#checksum-database
#     description: "Go: the checksum database"
# custom:
#   severity: medium
#   confidence: high
#   persona: regular
package swaplint.verification.verify_disabled

import data.swaplint.lib.grade
import data.swaplint.lib.options
import data.swaplint.lib.result
import data.swaplint.lib.wording

# Package managers that are told to take what nobody signed or listed.
finding contains graded if {
	some weakness in input.weaknesses
	what := kinds[weakness.kind]
	not weakness.is_local

	message := sprintf("`%s` switches off %s", [weakness.text, what])
	found := result.within(weakness, weakness.span, message, "leave it out, and give the tool the key or source that it misses")
	graded := result.graded(found, grade.in_context(object.get(weakness, "severity", "medium")), "high", "regular")
}

# By default the policy of containers' tools accepts everything as well, so little is lost where nobody wrote one.
finding contains graded if {
	some kind in ["copy", "pull", "push"]
	some e in input.events[kind]
	options.on(e, "insecure-policy")

	message := sprintf("%s accepts images whatever the signature policy says", [wording.deed(e)])
	help := "give it a policy that demands signatures: `--policy policy.json`"
	found := result.event(e, options.place(e, "insecure-policy"), message, help)
	graded := result.graded(found, grade.in_context("medium"), "high", "pedantic")
}

# `if: false` and kin, once the analysis tells of what never runs.
finding contains graded if {
	some kind in ["verify", "compare"]
	some e in input.events[kind]
	e.never_runs

	message := sprintf("%s never runs", [wording.deed(e)])
	found := result.event(e, e.span, message, "let it run, or take it out so that nobody believes in it")
	graded := result.graded(found, grade.in_context("medium"), "high", "regular")
}

kinds := {
	"package-authentication-disabled": "the check of the packages' signatures",
	"checksum-database-disabled": "the check of the packages' checksums",
}
