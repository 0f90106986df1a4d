# METADATA
# title: A verification is told to check less
# description: >-
#   The command leaves out the transparency log, the certificate's timestamp, the claims or the transport, each of
#   which attackers would otherwise have to defeat.
# related_resources:
#   - ref: https://github.com/sigstore/cosign/blob/main/doc/cosign_verify.md
#     description: "cosign verify: flags"
# custom:
#   severity: high
#   confidence: high
#   persona: regular
#   events: [verify]
package swaplint.identity.cosign_weakened_verification

import data.swaplint.lib.cosign
import data.swaplint.lib.grade
import data.swaplint.lib.options
import data.swaplint.lib.result
import data.swaplint.lib.wording

losses := {
	"ignores-tlog": "does not ask the transparency log, so a stolen certificate or key leaves no trace",
	"ignores-sct": "does not ask for the certificate's log entry, so a certificate made in secret passes",
	"skips-claims": "does not compare the signed digest with the image, so a signature of anything passes",
	"allows-insecure-registry": "takes signature and image over a connection that nobody vouches for",
}

finding contains graded if {
	some e in cosign.verifications
	some role, loss in losses
	options.on(e, role)
	not throw_away(e)

	message := sprintf("`%s` of `%s` %s", [wording.command(e), wording.subject(e), loss])
	found := result.event(e, options.place(e, role), message, "leave the flag out; repair what made it necessary")
	graded := result.with_severity(found, grade.in_context(severity(e, role)))
}

# Harmless since cosign 2, and a trap with cosign 1.
finding contains graded if {
	some weakness in input.weaknesses
	weakness.kind == "cosign-experimental"
	some e in cosign.verifications
	e.execution_index == weakness.execution_index
	settled(e)

	message := sprintf("`%s` makes cosign 1 accept any keyless signature, and means nothing to cosign 2", [weakness.text])
	found := result.within(weakness, weakness.span, message, "remove it")
	graded := result.graded(found, grade.in_context("low"), "medium", "pedantic")
}

throw_away(e) if e.reference.is_local

# Where it is not, cosign-missing-identity reports it together with the setting.
settled(e) if cosign.by_key(e)

settled(e) if cosign.names_identity(e)

# With a key of one's own the log is a second witness, not the only one.
severity(e, role) := "medium" if {
	role == "ignores-tlog"
	cosign.by_key(e)
} else := "high"
