# METADATA
# title: The SLSA generator is not called by a semver tag
# description: >-
#   slsa-verifier takes the builder's identity from the ref it was called by, and accepts only full release tags.
#   Provenance of a generator called by commit, branch or short tag does not verify.
# related_resources:
#   - ref: https://github.com/slsa-framework/slsa-github-generator#referencing-slsa-builders-and-generators
#     description: "slsa-github-generator: referencing builders and generators"
# custom:
#   severity: medium
#   confidence: high
#   persona: regular
#   lists: [definitions]
package swaplint.identity.slsa_generator_not_semver

import data.swaplint.lib.grade
import data.swaplint.lib.result

pins := {
	"commit": "a commit",
	"digest": "a digest",
	"tag": "a short tag",
	"branch": "a branch",
	"none": "no version",
}

finding contains graded if {
	some definition in input.definitions
	definition.requires_semver
	pin := pins[definition.pin]

	message := sprintf(
		"`%s` is called by %s: verifiers accept its provenance only from a `vX.Y.Z` tag",
		[definition.text, pin],
	)
	help := sprintf("call `%s` by a full release tag, as `@v2.1.0`", [definition.source])
	found := result.within(definition, definition.span, message, help)
	graded := result.with_severity(found, grade.in_context("medium"))
}
