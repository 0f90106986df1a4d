# METADATA
# title: An image is pulled or run by tag
# description: >-
#   The tag is resolved when the pipeline runs, so the code that runs with the pipeline's files and credentials can
#   change without a change of the pipeline.
# related_resources:
#   - ref: https://docs.docker.com/reference/cli/docker/image/pull/#pull-an-image-by-digest-immutable-identifier
#     description: "Docker: pull an image by digest"
# custom:
#   severity: medium
#   confidence: high
#   persona: regular
#   events: [pull, run]
#   lists: [handed]
package swaplint.reference.unpinned_run_image

import data.swaplint.lib.content
import data.swaplint.lib.grade
import data.swaplint.lib.handed
import data.swaplint.lib.reference
import data.swaplint.lib.result
import data.swaplint.lib.wording

finding contains graded if {
	some e in suspects
	not e.is_repeated

	message := sprintf(
		"`%s` takes `%s` %s: whoever moves the tag decides what %s",
		[wording.command(e), e.reference.text, wording.by(e.reference), consequences[e.kind]],
	)
	help := sprintf("name the content: `%s@sha256:..`", [reference.name(e.reference)])
	found := result.with_related(result.event(e, e.reference.span, message, help), reference.story(e.reference))
	grades := judged(e.reference)
	graded := result.graded(found, grade.of(e, grades.severity), "high", persona(e, grades.persona))
}

consequences := {"pull": "arrives", "run": "the pipeline runs"}

# What lies in a registry as a file is read and not started, for all that can be seen.
persona(e, usual) := "pedantic" if {
	usual == "regular"
	e.tool == "oras"
} else := usual

# What cannot be read is for auditors (never passed, never a finding of the regular persona).
finding contains graded if {
	some kind in ["pull", "run"]
	some e in input.events[kind]
	reference.unreadable(e.reference)
	not deployed(e)

	message := sprintf("`%s` takes `%s`, %s", [wording.command(e), e.reference.text, doubt(e.reference)])
	help := "name the content: `name@sha256:..`"
	found := result.with_related(result.event(e, e.reference.span, message, help), reference.story(e.reference))
	graded := result.graded(found, "low", "low", "auditor")
}

# Its name is a tag's, which this machine may know by itself.
doubt(taken) := "by tag, unless something that is not seen has built or loaded it here" if {
	taken.tag
} else := "and nothing here says that it is a digest"

# Given to something that is not seen.
finding contains graded if {
	some h in input.handed
	handed.to_somebody(h)
	handed.by_tag(h)
	handed_on(h)

	message := sprintf("`%s`, which is not seen, is given `%s` %s: if it takes it, it takes what that points at by then", [h.to, h.reference.text, wording.by(h.reference)])
	help := sprintf("hand over the content: `%s@sha256:..`", [reference.name(h.reference)])
	found := result.with_related(result.within(h, h.span, message, help), handed.story(h))
	graded := result.graded(found, "low", "low", "auditor")
}

# Rules of their own are about what signs or deploys by its name. What copies by its name may well look at the image first.
handed_on(h) if not h.does in {"sign", "deploy"}

suspects contains e if {
	some kind in ["pull", "run"]
	some e in input.events[kind]
	e.reference.artifact == "image"
	reference.repointable(e.reference)
	not deployed(e)
	not promoted(e)
}

judged(taken) := {"severity": "low", "persona": "pedantic"} if {
	content.vendor_version(taken)
} else := {"severity": "low", "persona": "pedantic"} if {
	taken.is_default
} else := {"severity": "medium", "persona": "regular"}

# That is unpinned-deploy-image.
deployed(e) if e.span in deployments

deployments contains e.span if some e in input.events.deploy

# That is retag-promotion, of the image that its execution has pulled, or that was pulled where it runs before.
promoted(e) if {
	e.kind == "pull"
	some promotion in promotions
	promotion.key == e.reference.key
	promoted_by(promotion.execution, e)
}

promoted_by(execution, e) if execution == e.execution_index

promoted_by(execution, e) if not [execution, e.reference.key] in pulled

promotions contains {"execution": e.execution_index, "key": e.source.key} if {
	some e in input.events.retag
	not e.destination.is_local
}

pulled contains [e.execution_index, e.reference.key] if some e in input.events.pull
