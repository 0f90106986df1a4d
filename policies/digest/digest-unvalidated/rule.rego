# METADATA
# title: A digest from elsewhere is used without a look at its form
# description: >-
#   Nothing shows that the value is a digest at all: empty, a tag or a list would go through, and some tools then fall
#   back to `latest`.
# related_resources:
#   - ref: https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests
#     description: "OCI image specification: digests"
# custom:
#   severity: low
#   confidence: low
#   persona: auditor
#   events: [sign, attest, deploy, copy, run, pull]
#   lists: [digests]
package swaplint.digest.digest_unvalidated

import data.swaplint.lib.grade
import data.swaplint.lib.reference
import data.swaplint.lib.result

finding contains graded if {
	some kind in ["sign", "attest", "deploy", "copy", "run", "pull"]
	some e in input.events[kind]
	e.reference.mutability == "digest"
	handed_over(e.reference.digest)
	not e.reference.digest_is_checked
	not e.reference.digest_is_scraped

	message := sprintf("nothing checks that the digest in `%s` is one", [e.reference.text])
	help := "check the form before the first use: `[[ \"$DIGEST\" =~ ^sha256:[0-9a-f]{64}$ ]] || exit 1`"
	found := result.with_related(result.event(e, e.reference.span, message, help), reference.story(e.reference))
	graded := result.with_severity(found, grade.in_context("low"))
}

# Cut out of text for people with a pattern that fits less than a digest, or more than one.
finding contains graded if {
	some kind in ["sign", "attest", "deploy", "copy", "run", "pull"]
	some e in input.events[kind]
	e.reference.digest_is_scraped
	not e.reference.digest_is_checked

	message := sprintf("the digest in `%s` is whatever a lax pattern found in the output of a command", [e.reference.text])
	help := "let the command write the digest, or match all of it: `grep -oE 'sha256:[0-9a-f]{64}'`, and check that it is one"
	found := result.with_related(result.event(e, e.reference.span, message, help), reference.story(e.reference))
	graded := result.graded(found, grade.in_context("low"), "medium", "pedantic")
}

# Looked up, and handed on as whatever the command printed.
finding contains graded if {
	some d in input.digests
	d.kind == "digest"
	d.is_lookup
	d.handed_on
	not d.is_received
	not d.is_checked

	message := sprintf("what was looked up for `%s` is handed on, and nothing checks that it is a digest", [d.of])
	help := "check the form before: `[[ \"$DIGEST\" =~ ^sha256:[0-9a-f]{64}$ ]] || exit 1`"
	places := [result.related(d.span, "looked up here")]
	found := result.with_related(result.within(d, d.handed_on, message, help), places)
	graded := result.graded(found, grade.in_context("low"), "low", "auditor")
}

# A caller's input, parameter or event, whose form nobody vouches for.
handed_over(digest) if regex.match(`^\$\{(inputs|params|github\.event|env)\b`, digest)

handed_over(digest) if regex.match(`^\$\{.* / inputs\.`, digest)
