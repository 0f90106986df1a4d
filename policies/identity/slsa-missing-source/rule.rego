# METADATA
# title: Provenance is verified without its source
# description: >-
#   Provenance says from where an artifact was built. Without a source URI anybody's build passes; without a tag or
#   branch any ref of the repository does, a pull request's included.
# related_resources:
#   - ref: https://github.com/slsa-framework/slsa-verifier#verification-for-github-builders
#     description: "slsa-verifier: options"
# custom:
#   severity: high
#   confidence: high
#   persona: regular
#   events: [verify]
package swaplint.identity.slsa_missing_source

import data.swaplint.lib.grade
import data.swaplint.lib.options
import data.swaplint.lib.result
import data.swaplint.lib.wording

# What carries provenance with a source; `verify-vsa` names a verifier instead.
verifications contains e if {
	some e in input.events.verify
	e.tool == "slsa-verifier"
	not contains(e.verb, "vsa")
	not e.expected_to_fail
}

finding contains graded if {
	some e in verifications
	not options.given(e, {"source-uri"})

	message := sprintf("the provenance of `%s` may name any source repository", [wording.subject(e)])
	found := result.event(e, e.span, message, "add `--source-uri github.com/OWNER/REPO` and `--source-tag \"$TAG\"`")
	graded := result.with_severity(found, grade.in_context("high"))
}

finding contains graded if {
	some e in verifications
	options.given(e, {"source-uri"})
	not options.given(e, {"source-tag", "source-versioned-tag", "source-branch"})

	source := concat(", ", e.options["source-uri"])
	message := sprintf("the provenance of `%s` may come from any branch or tag of `%s`", [wording.subject(e), source])
	help := "add `--source-tag \"$TAG\"` or `--source-branch main`"
	found := result.event(e, options.place(e, "source-uri"), message, help)
	graded := result.with_severity(found, grade.in_context("medium"))
}
