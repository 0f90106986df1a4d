package swaplint.separation.build_sign_promote_same_job_test

import data.swaplint.lib.fixture
import data.swaplint.separation.build_sign_promote_same_job.finding

image := fixture.image("ghcr.io/acme/app:1", {})

event(kind, id, execution) := fixture.event(kind, {
	"id": id,
	"tool": kind,
	"reference": image,
	"execution_index": execution,
	"span": 20 + id,
})

facts(build, sign, push) := fixture.changed(
	{"build": [event("build", 1, build)], "sign": [event("sign", 2, sign)], "push": [event("push", 3, push)]},
	{"executions": [fixture.execution({"id": "all"}), fixture.execution({"id": "more"})]},
)

test_all_in_one_is_reported_at_the_signature if {
	some found in finding with input as facts(0, 0, 0)
	found.span == 22
	found.severity == "low"
	count(found.related) == 3
}

test_signed_elsewhere_is_fine if {
	count(finding) == 0 with input as facts(0, 1, 0)
}

test_built_elsewhere_is_fine if {
	count(finding) == 0 with input as facts(0, 1, 1)
}

test_artifact_for_the_next_execution_is_no_release if {
	upload := fixture.event("upload", {"id": 4, "destination": fixture.reference("app", "stored")})
	events := {"build": [event("build", 1, 0)], "sign": [event("sign", 2, 0)], "upload": [upload]}
	some found in finding with input as fixture.facts(events)
	startswith(found.message, "`job` builds and signs:")
}

test_building_and_pushing_is_fine if {
	count(finding) == 0 with input as fixture.facts({"build": [event("build", 1, 0)], "push": [event("push", 3, 0)]})
}

test_building_and_promoting_is_reported_with_its_permissions if {
	copy := fixture.event("copy", {"id": 4, "source": image, "destination": image, "span": 24})
	events := {"build": [event("build", 1, 0)], "copy": [copy]}
	powers := {"permissions": {"packages": "write"}, "permissions_span": 50, "span": 51}
	executions := {"executions": [fixture.execution(powers)]}
	some found in finding with input as fixture.changed(events, executions)
	found.span == 24
	contains(found.message, "builds and releases")
	{place.span | some place in found.related} == {21, 24, 50, 51}
}

test_signer_and_identity_beside_the_build_are_reported if {
	executions := {
		"executions": [fixture.execution({"permissions": {"id-token": "write"}})],
		"definitions": [fixture.definition("sigstore/cosign-installer@v3", {})],
	}
	events := {"build": [event("build", 1, 0)]}
	some found in finding with input as fixture.changed(events, executions)
	found.span == 4
	found.persona == "auditor"
}

test_building_with_the_rights_of_a_release_is_reported if {
	powers := {"permissions": {"contents": "read", "packages": "write"}, "permissions_span": 50}
	executions := {"executions": [fixture.execution(powers)]}
	some found in finding with input as fixture.changed({"build": [event("build", 1, 0)]}, executions)
	found.span == 50
	contains(found.message, "`packages`")
}

test_building_without_rights_is_fine if {
	executions := {"executions": [fixture.execution({"permissions": {"contents": "read"}, "permissions_span": 50})]}
	count(finding) == 0 with input as fixture.changed({"build": [event("build", 1, 0)]}, executions)
}

test_step_is_related if {
	signed := object.union(event("sign", 2, 0), {"step_span": 33})
	some found in finding with input as fixture.facts({"build": [event("build", 1, 0)], "sign": [signed]})
	{"span": 33, "message": "in this step"} in found.related
}
