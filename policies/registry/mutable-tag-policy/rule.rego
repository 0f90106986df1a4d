# METADATA
# title: A registry lets tags be overwritten
# description: >-
#   The repository's own protection against moved tags is switched off, or never switched on.
# related_resources:
#   - ref: https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
#     description: "Amazon ECR: preventing image tags from being overwritten"
# custom:
#   severity: high
#   confidence: high
#   persona: regular
#   events: [configure]
package swaplint.registry.mutable_tag_policy

import data.swaplint.lib.grade
import data.swaplint.lib.options
import data.swaplint.lib.result
import data.swaplint.lib.wording

finding contains graded if {
	some e in input.events.configure
	some value in e.options["tag-mutability"]
	value in {"MUTABLE", "true"}

	message := sprintf("`%s` lets everybody who may push overwrite tags", [wording.command(e)])
	found := result.event(e, options.place(e, "tag-mutability"), message, help)
	graded := result.graded(found, grade.in_context("high"), "high", "regular")
}

# Repositories are made mutable where nothing else is said.
finding contains graded if {
	some e in input.events.configure
	e.tool == "aws"
	e.verb in {"ecr create-repository", "ecr-public create-repository"}
	not e.options["tag-mutability"]

	message := sprintf("`%s` makes a repository whose tags can be overwritten", [wording.command(e)])
	found := result.event(e, e.span, message, help)
	graded := result.graded(found, grade.in_context("medium"), "high", "pedantic")
}

help := "forbid it: `--image-tag-mutability IMMUTABLE`"
