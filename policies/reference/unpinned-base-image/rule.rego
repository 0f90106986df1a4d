# METADATA
# title: A Dockerfile builds on a base image by tag
# description: >-
#   The base image is part of what is built and signed. By tag, two builds of one commit can differ, and whoever moves
#   the tag is inside the next release.
# related_resources:
#   - ref: https://docs.docker.com/build/building/best-practices/#pin-base-image-versions
#     description: "Docker: pin base image versions"
# custom:
#   severity: medium
#   confidence: high
#   persona: pedantic
#   lists: [base_images]
package swaplint.reference.unpinned_base_image

import data.swaplint.lib.grade
import data.swaplint.lib.reference
import data.swaplint.lib.result
import data.swaplint.lib.wording

finding contains graded if {
	some image in input.base_images
	reference.repointable(image.reference)

	message := sprintf(
		"the base image `%s` is taken %s: whoever moves the tag is inside the next build",
		[image.reference.text, wording.by(image.reference)],
	)
	help := sprintf("pin it and let a bot renew it: `FROM %s@sha256:..`", [image.reference.text])
	found := result.with_related(
		result.within(image, image.reference.span, message, help),
		reference.story(image.reference),
	)
	graded := result.with_severity(found, grade.in_context("medium"))
}
