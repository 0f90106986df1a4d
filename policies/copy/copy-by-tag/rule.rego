# METADATA
# title: An image is copied by tag
# description: >-
#   The copy takes whatever the source's tag points at by then, which need not be what was built, tested or approved.
# related_resources:
#   - ref: https://github.com/google/go-containerregistry/blob/main/cmd/crane/doc/crane_copy.md
#     description: "crane copy"
# custom:
#   severity: high
#   confidence: high
#   persona: regular
#   events: [copy]
#   lists: [handed]
package swaplint.copy.copy_by_tag

import data.swaplint.lib.content
import data.swaplint.lib.grade
import data.swaplint.lib.handed
import data.swaplint.lib.reference
import data.swaplint.lib.result
import data.swaplint.lib.wording

finding contains graded if {
	some e in input.events.copy
	e.source.artifact == "image"
	reference.repointable(e.source)
	not content.stays_here(e)
	not renames(e)

	words := of_origin[e.source.pushed_here]
	message := sprintf(
		"`%s` copies `%s` %s: whoever moves the tag decides what is %s",
		[wording.command(e), e.source.text, wording.by(e.source), words.done],
	)
	help := sprintf("copy the digest that %s: `%s@sha256:..`", [words.which, reference.name(e.source)])
	found := result.with_related(result.event(e, e.source.span, message, help), reference.story(e.source))
	graded := result.with_severity(found, grade.in_context("high"))
}

# What others make is mirrored: nobody here has built it.
of_origin := {
	true: {"done": "promoted", "which": "was built and tested"},
	false: {"done": "copied", "which": "somebody has looked at"},
}

# Another name beside the first, by the execution that pushed the first: nothing is promoted, and there is little time to move it.
finding contains graded if {
	some e in input.events.copy
	e.source.artifact == "image"
	reference.repointable(e.source)
	not content.stays_here(e)
	renames(e)

	message := sprintf("`%s` asks the registry for `%s`, which this execution has just pushed and knows the digest of", [
		wording.command(e),
		e.source.text,
	])
	help := sprintf("take the digest that the push gives: `%s@sha256:..`", [reference.name(e.source)])
	found := result.with_related(result.event(e, e.source.span, message, help), reference.story(e.source))
	graded := result.graded(found, grade.in_context("medium"), "high", "pedantic")
}

# What cannot be read is for auditors (never passed, never a finding of the regular persona).
finding contains graded if {
	some e in input.events.copy
	reference.unreadable(e.source)
	not content.stays_here(e)

	message := sprintf("`%s` copies `%s`, and nothing here says that it is a digest", [wording.command(e), e.source.text])
	help := "hand the digest over and use it: `name@sha256:..`"
	found := result.with_related(result.event(e, e.source.span, message, help), reference.story(e.source))
	graded := result.graded(found, "low", "low", "auditor")
}

# By its name it copies; what it is, is not known.
finding contains graded if {
	some h in input.handed
	h.does == "copy"
	handed.by_tag(h)

	message := sprintf("`%s` is given `%s` by tag: if it copies, it copies what the tag points at by then", [h.to, h.reference.text])
	help := sprintf("hand over the digest that was built and tested: `%s@sha256:..`", [reference.name(h.reference)])
	found := result.with_related(result.within(h, h.span, message, help), handed.story(h))
	graded := result.graded(found, grade.in_context("medium"), "low", "auditor")
}

renames(e) if {
	content.within_repository(e)
	content.just_pushed(e)
}
