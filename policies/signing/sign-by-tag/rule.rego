# METADATA
# title: An image is signed by tag
# description: >-
#   A tag is resolved when the signature is made, so the signature goes to whatever the tag points at by then.
# related_resources:
#   - ref: https://docs.sigstore.dev/cosign/signing/signing_with_containers/
#     description: "Sigstore: sign by digest"
# custom:
#   severity: high
#   confidence: high
#   persona: regular
#   events: [sign]
#   lists: [handed]
package swaplint.signing.sign_by_tag

import data.swaplint.lib.grade
import data.swaplint.lib.handed
import data.swaplint.lib.options
import data.swaplint.lib.reference
import data.swaplint.lib.result
import data.swaplint.lib.wording

finding contains graded if {
	some e in signatures
	e.reference.artifact == "image"
	reference.repointable(e.reference)

	message := sprintf("`%s` signs `%s` by tag: whoever moves the tag first gets the signature", [e.tool, e.reference.text])
	help := sprintf("sign the digest that the build handed over: `%s@sha256:..`", [reference.name(e.reference)])
	found := result.with_related(result.event(e, e.reference.span, message, help), reference.story(e.reference))
	graded := result.with_severity(found, grade.in_context("high"))
}

# Tools that sign what the same command has pushed sign its digest, whatever name they are given.
signatures := [e | some e in input.events.sign; not options.on(e, "own-push")]

# What cannot be read is for auditors (never passed, never a finding of the regular persona).
finding contains graded if {
	some e in signatures
	reference.unreadable(e.reference)

	message := sprintf("`%s` signs `%s`, and nothing here says that it is a digest", [e.tool, e.reference.text])
	help := "hand the digest over and use it: `name@sha256:..`"
	found := result.with_related(result.event(e, e.reference.span, message, help), reference.story(e.reference))
	graded := result.graded(found, "low", "low", "auditor")
}

# A registry on this machine: whoever shares the machine can move the tag. For auditors.
finding contains graded if {
	some e in signatures
	e.reference.artifact == "image"
	reference.mutable(e.reference)
	e.reference.is_local

	message := sprintf("`%s` takes `%s` by tag, from a registry on this machine", [wording.command(e), e.reference.text])
	help := "take the digest that the push printed, as a release has to"
	found := result.with_related(result.event(e, e.reference.span, message, help), reference.story(e.reference))
	graded := result.graded(found, "info", "medium", "auditor")
}

# By its name it signs; what it is, is not known.
finding contains graded if {
	some h in input.handed
	h.does == "sign"
	handed.by_tag(h)

	message := sprintf("`%s` is given `%s` by tag: if it signs, it signs what the tag points at by then", [h.to, h.reference.text])
	help := sprintf("hand over the digest that the push put out: `%s@sha256:..`", [reference.name(h.reference)])
	found := result.with_related(result.within(h, h.span, message, help), handed.story(h))
	graded := result.graded(found, grade.in_context("medium"), "low", "auditor")
}
