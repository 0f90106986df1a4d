# METADATA
# title: The value that should hold the digest does not exist
# description: >-
#   The output or variable is not defined where it is taken from, so it expands to nothing, and what remains of the
#   reference is broken or names a tag.
# related_resources:
#   - ref: https://docs.github.com/en/actions/writing-workflows/choosing-what-your-workflow-does/passing-information-between-jobs
#     description: "GitHub: passing information between jobs"
# custom:
#   severity: high
#   confidence: medium
#   persona: regular
#   lists: [missing]
package swaplint.digest.undefined_digest

import data.swaplint.lib.grade
import data.swaplint.lib.result

finding contains graded if {
	some kind, list in input.events
	some e in list
	some missing in e.missing

	message := sprintf("`%s` is empty here: %s", [missing.name, missing.why])
	help := "take the digest from where it is defined, and fail where it is missing: `${DIGEST:?no digest}`"
	found := result.with_related(result.event(e, missing.span, message, help), origin(missing))
	graded := graded_by(found, missing, kind)
}

graded_by(found, missing, _) := result.graded(found, grade.in_context("high"), "medium", "regular") if missing.is_digest

# Another part of a name: what is left of it is broken, or names something else.
graded_by(found, missing, kind) := result.graded(found, grade.in_context("medium"), "medium", "pedantic") if {
	not missing.is_digest
	kind in {"sign", "attest", "verify", "deploy", "copy", "pull", "run", "compare"}
}

origin(missing) := [result.related(missing.origin, "it should come from here")] if {
	missing.origin
} else := []
