# METADATA
# title: An image is deployed by tag
# description: >-
#   The cluster or service resolves the tag when it starts the image, so what runs is whatever the tag points at by
#   then, today and at every restart.
# related_resources:
#   - ref: https://kubernetes.io/docs/concepts/containers/images/#image-names
#     description: "Kubernetes: image names, tags and digests"
# custom:
#   severity: high
#   confidence: high
#   persona: regular
#   events: [deploy]
#   lists: [handed]
package swaplint.reference.unpinned_deploy_image

import data.swaplint.lib.deploy
import data.swaplint.lib.grade
import data.swaplint.lib.handed
import data.swaplint.lib.reference
import data.swaplint.lib.result
import data.swaplint.lib.wording

finding contains graded if {
	some e in input.events.deploy
	e.reference.artifact == "image"
	reference.repointable(e.reference)

	message := sprintf(
		"`%s` %s `%s` %s: whoever can push to the repository decides what runs",
		[e.tool, deploy.verb(e), e.reference.text, wording.by(e.reference)],
	)
	help := sprintf("deploy the digest that the build handed over: %s", [by_digest(e.reference)])
	found := result.with_related(result.event(e, e.reference.span, message, help), reference.story(e.reference))
	graded := result.graded(found, grade.in_context("high"), "high", deploy.persona(e, "regular"))
}

by_digest(taken) := sprintf("as the chart's digest, or `%s@sha256:..` where it joins repository and tag", [reference.typed(taken.text)]) if {
	reference.is_setting(taken)
} else := sprintf("`%s@sha256:..`", [reference.name(taken)])

# What cannot be read is for auditors (never passed, never a finding of the regular persona).
finding contains graded if {
	some e in input.events.deploy
	reference.unreadable(e.reference)

	message := sprintf("`%s` %s `%s`, and nothing here says that it is a digest", [e.tool, deploy.verb(e), e.reference.text])
	help := "hand the digest over and use it: `name@sha256:..`"
	found := result.with_related(result.event(e, e.reference.span, message, help), reference.story(e.reference))
	graded := result.graded(found, "low", "low", "auditor")
}

# By its name it deploys; what it is, is not known.
finding contains graded if {
	some h in input.handed
	h.does == "deploy"
	handed.by_tag(h)

	message := sprintf("`%s` is given `%s` by tag: if it deploys, what runs is what the tag points at by then", [h.to, h.reference.text])
	help := sprintf("hand over the digest that was built and tested: `%s@sha256:..`", [reference.name(h.reference)])
	found := result.with_related(result.within(h, h.span, message, help), handed.story(h))
	graded := result.graded(found, grade.in_context("medium"), "low", "auditor")
}
