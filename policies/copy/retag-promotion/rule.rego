# METADATA
# title: An image is promoted by pull, tag and push
# description: >-
#   What is pushed is what the tag gave to this machine, packed anew: neither its content nor its digest is tied to
#   what was tested and signed.
# related_resources:
#   - ref: https://docs.docker.com/reference/cli/docker/image/tag/
#     description: "docker image tag"
# custom:
#   severity: high
#   confidence: high
#   persona: regular
#   events: [retag]
package swaplint.copy.retag_promotion

import data.swaplint.lib.grade
import data.swaplint.lib.reference
import data.swaplint.lib.result
import data.swaplint.lib.wording

finding contains graded if {
	some e in input.events.retag
	reference.repointable(e.source)
	not stays_here(e)

	message := sprintf(
		"`%s` is pulled %s and pushed as `%s`: whoever moves the tag decides what is promoted",
		[e.source.text, wording.by(e.source), e.destination.text],
	)
	found := result.with_related(result.event(e, e.span, message, help(e)), places(e))
	graded := result.with_severity(found, grade.in_context("high"))
}

# By digest the content is right; the digest of what is pushed may still be another one.
finding contains graded if {
	some e in input.events.retag
	e.source.mutability == "digest"
	count(e.checks) == 0
	not stays_here(e)

	message := sprintf(
		"`%s` is pushed as `%s` from this machine: its digest may change on the way, and its signatures stay behind",
		[e.source.text, e.destination.text],
	)
	found := result.with_related(result.event(e, e.span, message, help(e)), places(e))
	graded := result.graded(found, grade.in_context("medium"), "medium", "pedantic")
}

help(e) := sprintf(
	"copy from registry to registry by digest, which keeps the digest: `crane copy %s@sha256:.. %s`",
	[reference.name(e.source), e.destination.text],
)

places(e) := array.concat([result.related(e.source.span, "taken here")], reference.story(e.source))

stays_here(e) if e.destination.is_local
