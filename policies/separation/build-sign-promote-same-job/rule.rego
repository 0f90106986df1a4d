# METADATA
# title: One execution builds, signs and releases
# description: >-
#   Code of the build runs beside the signing identity and the credentials of the release, so who controls the build
#   controls all of them.
# related_resources:
#   - ref: https://slsa.dev/spec/v1.0/requirements#isolated
#     description: "SLSA: isolation of builds"
# custom:
#   severity: low
#   confidence: medium
#   persona: auditor
#   events: [build]
package swaplint.separation.build_sign_promote_same_job

import data.swaplint.lib.events
import data.swaplint.lib.grade
import data.swaplint.lib.groups
import data.swaplint.lib.result
import data.swaplint.lib.wording

finding contains graded if {
	some index, x in input.executions
	built := built_in(index)
	signed := of_kinds(index, ["sign", "attest"])
	promoted := of_kinds(index, ["copy", "retag", "deploy", "publish"])
	count(built) > 0
	beside := array.concat(signed, promoted)
	count(beside) > 0

	gains := judged(index, x)
	message := sprintf("`%s` %s: who controls the build gets %s too", [x.id, gains.deeds, gains.gain])
	released := released_in(index)
	places := [result.related(e.span, wording.deed(e)) | some e in array.concat([built[0]], array.slice(released, 0, 1))]
	step := [result.related(span, "in this step") | span := object.get(beside[0], "step_span", -1); span >= 0]
	found := result.event(beside[0], beside[0].span, message, help)
	told := result.with_related(result.with_related(found, step), array.concat(places, powers(x)))
	graded := result.with_severity(told, grade.in_context("low"))
}

# Which command signs is not seen (a release tool does it by its own config), but the signer and its identity are here.
finding contains graded if {
	some index, x in input.executions
	built := built_in(index)
	count(built) > 0
	count(of_kinds(index, ["sign", "attest", "copy", "retag", "deploy", "publish"])) == 0
	signs(index, x)
	signer := signers(index)[0]

	message := sprintf("`%s` builds and can sign: who controls the build gets the signature too", [x.id])
	places := array.concat([result.related(built[0].span, wording.deed(built[0]))], powers(x))
	found := result.with_related(result.within(signer, signer.span, message, help), places)
	graded := result.graded(found, grade.in_context("low"), "low", "auditor")
}

# Nothing is seen to be released here, and yet the token could.
finding contains graded if {
	some index, x in input.executions
	built := built_in(index)
	count(built) > 0
	count(of_kinds(index, ["sign", "attest"])) == 0
	count(released_in(index)) == 0
	not signs(index, x)
	scope := release_scopes(x)[0]

	message := sprintf("`%s` builds, and its token may write `%s`: code of the build can release", [x.id, scope])
	advice := "take the right away, or release in another execution that runs no code of the build"
	places := [result.related(built[0].span, wording.deed(built[0])), result.related(x.span, "in this execution")]
	found := result.with_related(result.within(built[0], x.permissions_span, message, advice), places)
	graded := result.graded(result.with_anchor(found, x.id), grade.in_context("low"), "low", "auditor")
}

release_scopes(x) := [scope | some scope in ["packages", "contents", "id-token", "*"]; x.permissions[scope] == "write"]

help := "build in one execution, hand the digest over, and sign and release in another that runs no code of the build"

judged(index, x) := {"deeds": "builds, signs and releases", "gain": "the signature"} if {
	signs(index, x)
	count(released_in(index)) > 0
} else := {"deeds": "builds and signs", "gain": "the signature"} if {
	signs(index, x)
} else := {"deeds": "builds and releases", "gain": "the release"}

signs(index, _) if count(of_kinds(index, ["sign", "attest"])) > 0

signs(index, x) if {
	may_sign(x)
	count(signers(index)) > 0
	count(of_kinds(index, ["verify"])) == 0
}

# What the execution's token may do, and the execution itself.
powers(x) := array.concat(
	[result.related(span, "with these permissions") | span := object.get(x, "permissions_span", -1); span >= 0; may_write(x)],
	[result.related(x.span, "all of it in this execution")],
)

may_write(x) if "write" in {level | some level in x.permissions}

may_sign(x) if x.permissions["id-token"] == "write"

may_sign(x) if x.permissions["*"] == "write"

signers(index) := [d |
	some at in installers[index]
	d := input.definitions[at]
]

installers := groups.by_key([[d.execution_index, at] |
	some at, d in input.definitions
	d.source in {"sigstore/cosign-installer", "notaryproject/notation-action"}
])

released_in(index) := of_kinds(index, ["push", "copy", "retag", "publish", "deploy", "upload"])

built_in(index) := [e |
	some id in events.in_execution[[index, "build"]]
	e := events.by_id[id]
	not e.tool in packers
]

of_kinds(index, kinds) := [e |
	some kind in kinds
	some id in events.in_execution[[index, kind]]
	e := events.by_id[id]
	not e.reference.is_local
	not e.destination.is_local
	not e.options.cache
	not e.destination.artifact == "stored"
]

# They put files together and build nothing.
packers := {"tar", "zip"}
