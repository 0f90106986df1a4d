# METADATA
# title: An image is deployed without a verification
# description: >-
#   Nothing between the registry and the deployment checks that the image is the one that was built, so whoever can
#   push to the registry can deploy.
# related_resources:
#   - ref: https://docs.sigstore.dev/cosign/verifying/verify/
#     description: "Sigstore: verifying signatures"
# custom:
#   severity: high
#   confidence: medium
#   persona: regular
#   events: [deploy]
package swaplint.verification.unverified_deploy

import data.swaplint.lib.content
import data.swaplint.lib.deploy
import data.swaplint.lib.grade
import data.swaplint.lib.order
import data.swaplint.lib.reference
import data.swaplint.lib.result
import data.swaplint.lib.timing
import data.swaplint.lib.verification

finding contains graded if {
	some e in input.events.deploy
	e.reference.artifact == "image"
	count(e.guards) == 0
	not e.reference.is_local

	# Those are verify-then-reresolve and verify-after-use.
	not verification.reresolved(e)
	count(timing.late(e)) == 0
	grades := judged(e)

	message := sprintf("`%s` %s `%s`, and no verification %s", [e.tool, deploy.verb(e), e.reference.text, gap(e)])
	help := sprintf(
		"verify the digest in a step before, and deploy the same digest: `cosign verify .. %s@sha256:..`",
		[reference.name(e.reference)],
	)
	places := array.concat(verification.attempts(e), overtaken(e))
	found := result.with_related(result.event(e, e.reference.span, message, help), places)
	graded := result.graded(found, grade.in_context(grades.severity), "medium", deploy.persona(e, grades.persona))
}

# High where somebody made a signature to be verified; a digest that the pipeline itself fixes leaves no window. Where nothing is signed
# there is nothing to verify, and unpinned-deploy-image says what is wrong with a tag.
judged(e) := {"severity": "high", "persona": "regular"} if {
	verification.intended(e)
} else := {"severity": "medium", "persona": "pedantic"} if {
	content.fixed(e.reference)
} else := {"severity": "high", "persona": "regular"} if {
	input.pipeline.repository_signs
	e.reference.pushed_here
	e.reference.mutability in {"tag", "implicit", "digest"}
} else := {"severity": "medium", "persona": "pedantic"} if {
	reference.mutable(e.reference)
} else := {"severity": "medium", "persona": "pedantic"} if {
	e.reference.mutability in {"digest", "immutable-by-policy"}
} else := {"severity": "low", "persona": "auditor"} if {
	reference.unreadable(e.reference)
}

# Executions that sign or attest, and that the deployment does not wait for.
overtaken(e) := [result.related(x.span, sprintf("does not wait for `%s`, which signs", [s.id])) |
	x := input.executions[e.execution_index]
	some s in signing
	s.id != x.id
	not s.id in order.before[x.id]
	not x.id in order.before[s.id]
]

signing := [s | some s in input.executions; s.signs]

gap(e) := "guards it effectively" if {
	verification.intended(e)
} else := "stands before it, although this repository signs" if {
	input.pipeline.repository_signs
} else := "stands before it"
