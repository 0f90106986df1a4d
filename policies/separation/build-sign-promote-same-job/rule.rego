# METADATA
# title: One execution builds, signs and releases
# description: >-
#   Code of the build runs beside the signing identity and the credentials of the release, so who controls the build
#   controls all three.
# related_resources:
#   - ref: https://slsa.dev/spec/v1.0/requirements#isolated
#     description: "SLSA: isolation of builds"
# custom:
#   severity: low
#   confidence: medium
#   persona: auditor
#   events: [sign, attest]
package swaplint.separation.build_sign_promote_same_job

import data.swaplint.lib.grade
import data.swaplint.lib.result
import data.swaplint.lib.wording

finding contains graded if {
	some index, x in input.executions
	built := of_kinds(index, ["build"])
	signed := of_kinds(index, ["sign", "attest"])
	released := of_kinds(index, ["push", "copy", "retag", "publish", "deploy", "upload"])
	count(built) > 0
	count(signed) > 0
	count(released) > 0

	message := sprintf("`%s` builds, signs and releases: who controls the build gets the signature", [x.id])
	help := "build in one execution, hand the digest over, and sign and release in another that runs no code of the build"
	places := [result.related(e.span, wording.deed(e)) | some e in [built[0], released[0]]]
	found := result.with_related(result.event(signed[0], signed[0].span, message, help), places)
	graded := result.with_severity(found, grade.in_context("low"))
}

of_kinds(index, kinds) := [e |
	some kind in kinds
	some e in input.events[kind]
	e.execution_index == index
	not e.reference.is_local
	not e.options.cache
	not e.tool in packers
	not e.destination.artifact == "stored"
]

# They put files together and build nothing.
packers := {"tar", "zip"}
