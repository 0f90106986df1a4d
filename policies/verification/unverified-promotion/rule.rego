# METADATA
# title: An image is promoted without a verification
# description: >-
#   The copy lends the trust of its destination to whatever the source holds. Nothing checks before that it is what
#   was built and signed.
# related_resources:
#   - ref: https://docs.sigstore.dev/cosign/verifying/verify/
#     description: "Sigstore: verifying signatures"
# custom:
#   severity: high
#   confidence: medium
#   persona: regular
#   events: [copy, retag]
package swaplint.verification.unverified_promotion

import data.swaplint.lib.content
import data.swaplint.lib.grade
import data.swaplint.lib.reference
import data.swaplint.lib.result
import data.swaplint.lib.timing
import data.swaplint.lib.verification
import data.swaplint.lib.wording

finding contains graded if {
	some kind in ["copy", "retag"]
	some e in input.events[kind]
	e.source.artifact == "image"
	count(e.guards) == 0
	not e.source.is_local
	not content.stays_here(e)
	not content.adds_tag_only(e)
	not content.assembles(e)

	# Those are verify-then-reresolve and verify-after-use.
	not verification.reresolved(e)
	count(timing.late(e)) == 0
	grades := judged(e)

	message := sprintf("`%s` promotes `%s`, and no verification %s", [name(e), e.source.text, gap(e)])
	help := sprintf(
		"verify the digest before, and promote the same digest: `cosign verify .. %s@sha256:..`",
		[reference.name(e.source)],
	)
	found := result.with_related(result.event(e, e.span, message, help), verification.attempts(e))
	graded := result.graded(found, grade.in_context(grades.severity), "medium", grades.persona)
}

# High where somebody made a signature to be verified. Where nothing is signed there is nothing to verify, and
# copy-by-tag and retag-promotion say what is wrong with the reference.
judged(e) := {"severity": "high", "persona": "regular"} if {
	verification.intended(e)
} else := {"severity": "medium", "persona": "pedantic"} if {
	content.fixed(e.source)
} else := {"severity": "medium", "persona": "pedantic"} if {
	# Nobody can have signed it before. That the tag may have moved since is copy-by-tag.
	content.just_pushed(e)
} else := {"severity": "high", "persona": "regular"} if {
	input.pipeline.repository_signs
	e.source.mutability in {"tag", "implicit", "digest"}
} else := {"severity": "medium", "persona": "pedantic"} if {
	e.source.mutability in {"tag", "implicit", "digest", "immutable-by-policy"}
} else := {"severity": "low", "persona": "auditor"} if {
	reference.unreadable(e.source)
}

gap(e) := "guards it effectively" if {
	verification.intended(e)
} else := "stands before it, although this repository signs" if {
	input.pipeline.repository_signs
} else := "stands before it"

name(e) := "pull, tag and push" if {
	e.kind == "retag"
} else := wording.command(e)
