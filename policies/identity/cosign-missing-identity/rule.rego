# METADATA
# title: A keyless verification names no identity
# description: >-
#   Without a key and without an identity anybody's signature is as good as yours. cosign 2 refuses to run like that,
#   cosign 1 with COSIGN_EXPERIMENTAL accepts everything.
# related_resources:
#   - ref: https://docs.sigstore.dev/cosign/verifying/verify/
#     description: "Sigstore: verifying signatures"
# custom:
#   severity: high
#   confidence: high
#   persona: regular
#   events: [verify]
package swaplint.identity.cosign_missing_identity

import data.swaplint.lib.cosign
import data.swaplint.lib.grade
import data.swaplint.lib.options
import data.swaplint.lib.result
import data.swaplint.lib.verification
import data.swaplint.lib.wording

finding contains graded if {
	some e in cosign.verifications
	not cosign.by_key(e)
	not cosign.names_identity(e)
	not cosign.hides_options(e)

	# `certificate` brings its own trust; `repository` is the identity of `sigstore verify github`.
	not options.given(e, {"certificate", "repository"})

	message := sprintf(
		"`%s` of `%s` names neither key nor identity: %s",
		[wording.command(e), wording.subject(e), consequence(e)],
	)
	help := concat(" ", [
		"say who must have signed:",
		"`--certificate-identity https://github.com/OWNER/REPO/.github/workflows/release.yml@refs/tags/..`",
		"and `--certificate-oidc-issuer https://token.actions.githubusercontent.com`",
	])
	found := result.with_related(result.event(e, e.span, message, help), verification.swallowed(e))
	graded := result.with_severity(found, grade.in_context(severity(e)))
}

consequence(e) := "with `COSIGN_EXPERIMENTAL` anybody's signature passes" if {
	experimental(e)
} else := sprintf("cosign 2 fails, and %s", [verification.reason(e)]) if {
	not e.effect.stops
} else := "cosign 1 accepts anybody's signature, cosign 2 fails"

severity(e) := "high" if {
	experimental(e)
} else := "high" if {
	not e.effect.stops
} else := "medium"

experimental(e) if {
	some weakness in input.weaknesses
	weakness.kind == "cosign-experimental"
	weakness.execution_index == e.execution_index
}
