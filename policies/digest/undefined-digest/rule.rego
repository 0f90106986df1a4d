# METADATA
# title: The value that should hold the digest does not exist
# description: >-
#   The output is not defined where it is taken from, so it expands to nothing, and what remains of the reference is
#   broken or names a tag.
# related_resources:
#   - ref: https://docs.github.com/en/actions/writing-workflows/choosing-what-your-workflow-does/passing-information-between-jobs
#     description: "GitHub: passing information between jobs"
# custom:
#   severity: high
#   confidence: medium
#   persona: regular
package swaplint.digest.undefined_digest

import data.swaplint.lib.grade
import data.swaplint.lib.result

finding contains graded if {
	some kind, list in input.events
	not kind in {"resolve", "compare"}
	some e in list
	e.reference.artifact == "image"
	missing := undefined_output(e)

	message := sprintf("`%s` takes its digest from `%s`, which `%s` does not define", [e.reference.text, missing.output, missing.from])
	help := sprintf("declare the output `%s` in `%s`, with the digest that the push put out", [missing.output, missing.from])
	found := result.event(e, e.reference.span, message, help)
	graded := result.with_severity(found, grade.in_context("high"))
}

# After resolution an output still stands for itself, although the execution that should define it is in this file.
undefined_output(e) := {"from": from, "output": output} if {
	count(e.reference.provenance) == 0
	parts := regex.find_all_string_submatch_n(`^\$\{(.+)\.outputs\.([A-Za-z0-9_-]+)\}$`, e.reference.digest, 1)
	[_, from, output] := parts[0]
	some x in input.executions
	x.id == from

	# Whatever the steps of a definition from elsewhere put out.
	not x.is_elsewhere
}
