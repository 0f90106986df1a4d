# METADATA
# title: A job, service or step runs in an image by tag
# description: >-
#   The image is part of the pipeline's code. By tag it can change without a change of the pipeline, and it sees all
#   that the job sees.
# related_resources:
#   - ref: https://docs.github.com/en/actions/how-tos/write-workflows/choose-where-workflows-run/run-jobs-in-a-container
#     description: "GitHub: running jobs in a container"
# custom:
#   severity: low
#   confidence: high
#   persona: pedantic
#   lists: [images]
package swaplint.reference.unpinned_ci_image

import data.swaplint.lib.grade
import data.swaplint.lib.reference
import data.swaplint.lib.result
import data.swaplint.lib.wording

finding contains graded if {
	some image in input.images
	reference.repointable(image.reference)

	message := sprintf(
		"the %s image `%s` is taken %s: its next version runs here without a change of this file",
		[image.role, image.reference.text, wording.by(image.reference)],
	)
	help := sprintf("name the content%s: `%s@sha256:..`", [for_people(image.reference), named(image.reference)])
	found := result.with_related(
		result.within(image, image.reference.span, message, help),
		reference.story(image.reference),
	)
	grades := judged(image)
	graded := result.graded(found, grade.in_context(grades.severity), "high", grades.persona)
}

# What cannot be read is for auditors (never passed, never a finding of the regular persona).
finding contains graded if {
	some image in input.images
	reference.unreadable(image.reference)

	message := sprintf("nothing here says that the %s image `%s` is a digest", [image.role, image.reference.text])
	help := "name the content: `name@sha256:..`"
	found := result.with_related(
		result.within(image, image.reference.span, message, help),
		reference.story(image.reference),
	)
	graded := result.graded(found, "low", "low", "auditor")
}

for_people(taken) := " and keep the tag for people" if {
	has_tag(taken)
} else := ""

has_tag(taken) if {
	taken.tag
	not reference.internal(taken.tag)
}

# With its tag, where that is written there.
named(taken) := sprintf("%s:%s", [reference.name(taken), taken.tag]) if {
	has_tag(taken)
	not endswith(reference.name(taken), sprintf(":%s", [taken.tag]))
} else := reference.name(taken)

judged(image) := {"severity": "medium", "persona": "regular"} if {
	grade.privileged(image)
	moving(image.reference)
} else := {"severity": "low", "persona": "pedantic"}

moving(taken) if taken.mutability == "implicit"

moving(taken) if taken.tag_kind == "moving"
