# METADATA
# title: A layout does not tie its steps together
# description: >-
#   Files enter a step, or the final product, without having to be what an earlier step produced, so whoever reaches them
#   on the way exchanges them and every record stays valid.
# related_resources:
#   - ref: https://github.com/in-toto/docs/blob/master/in-toto-spec.md
#     description: "in-toto specification, 4.3.3: artifact rules"
# custom:
#   severity: high
#   confidence: high
#   persona: regular
#   lists: [layouts]
package swaplint.registry.in_toto_broken_chain

import data.swaplint.lib.grade
import data.swaplint.lib.result

# `MATCH .. FROM` a step that is not there: nothing is ever matched.
finding contains graded if {
	some layout in input.layouts
	some step in array.concat(layout.steps, layout.inspections)
	some rule in array.concat(step.materials, step.products)
	rule.kind == "MATCH"
	rule.from
	not rule.from_exists

	message := sprintf("`%s` takes `%s` from step `%s`, which the layout does not have", [step.name, rule.pattern, rule.from])
	found := result.at(rule.span, message, "name the step that produces these files, or add it")
	graded := result.with_severity(found, grade.in_context("high"))
}

# The step is there, and its own rules do not let it have such files.
finding contains graded if {
	some layout in input.layouts
	some step in array.concat(layout.steps, layout.inspections)
	some rule in array.concat(step.materials, step.products)
	rule.kind == "MATCH"
	rule.from_exists
	not rule.can_match

	message := sprintf("`%s` takes `%s` from step `%s`, whose rules let it have no such files", [step.name, rule.pattern, rule.from])
	found := result.at(rule.span, message, "let that step create the files, or match those that it creates")
	graded := result.with_severity(found, grade.in_context("high"))
}

# A later step takes files that need not come from anywhere. Without rules everything passes.
finding contains graded if {
	some layout in input.layouts
	some index, step in layout.steps
	index > 0
	step.takes_anything
	not tied(step)

	message := sprintf("step `%s` takes whatever lies there: no material must come from an earlier step", [step.name])
	help := sprintf("`[\"MATCH\", \"*\", \"WITH\", \"PRODUCTS\", \"FROM\", \"%s\"]`, and `[\"DISALLOW\", \"*\"]` at the end", [layout.steps[index - 1].name])
	found := result.at(step.span, message, help)
	graded := result.graded(found, grade.in_context("high"), "medium", "regular")
}

# The final product is compared with no step's products.
finding contains graded if {
	some layout in input.layouts
	count(layout.steps) > 0
	count([step | some step in layout.inspections; tied(step)]) == 0

	message := "no inspection compares the final product with what a step produced"
	help := "add an inspection that unpacks it, with `MATCH .. WITH PRODUCTS FROM` the last step"
	found := result.at(layout.span, message, help)
	graded := result.graded(found, grade.in_context("medium"), "medium", persona(layout))
}

# Whoever writes no inspection at all may compare it elsewhere.
persona(layout) := "pedantic" if {
	count(layout.inspections) == 0
} else := "regular"

tied(step) if {
	some rule in array.concat(step.materials, step.products)
	rule.kind == "MATCH"
}
