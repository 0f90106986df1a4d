package swaplint.separation.signing_key_pipeline_scope_test

import data.swaplint.lib.fixture
import data.swaplint.separation.signing_key_pipeline_scope.finding

sign(key) := fixture.event("sign", {
	"tool": "cosign",
	"reference": fixture.image("ghcr.io/acme/app@sha256:abc", {}),
	"options": {"key": [key]},
	"option_spans": {"key": 9},
	"execution": "sign",
	"execution_index": 1,
})

facts(key, secrets) := fixture.changed({"sign": [sign(key)]}, {"executions": [
	fixture.execution({"id": "test", "secrets": secrets, "span": 40}),
	fixture.execution({"id": "sign", "secrets": ["COSIGN_PRIVATE_KEY"], "signs": true}),
]})

test_key_in_reach_of_others_is_reported if {
	some found in finding with input as facts("env://COSIGN_PRIVATE_KEY", ["COSIGN_PRIVATE_KEY"])
	found.span == 9
	found.severity == "medium"
	found.related == [{"span": 40, "message": "it is in reach here, where nothing is signed"}]
}

test_key_written_as_a_secret_is_reported if {
	count(finding) == 1 with input as facts("${secrets.COSIGN_PRIVATE_KEY}", ["COSIGN_PRIVATE_KEY"])
}

test_key_of_the_signing_execution_alone_is_fine if {
	count(finding) == 0 with input as facts("env://COSIGN_PRIVATE_KEY", ["OTHER"])
}

test_other_secrets_are_fine if {
	count(finding) == 0 with input as facts("awskms:///alias/key", ["COSIGN_PRIVATE_KEY"])
}

test_all_secrets_handed_over_are_for_auditors if {
	executions := {"executions": [fixture.execution({"id": "release", "secrets": ["*"], "inherits_secrets": 41})]}
	some found in finding with input as fixture.changed({}, executions)
	found.span == 41
	found.persona == "auditor"
}

test_key_of_all_steps_is_for_auditors if {
	signing := {"id": "sign", "secrets": ["COSIGN_KEY"], "signs": true, "shared_secrets": {"COSIGN_KEY": 42}}
	executions := {"executions": [fixture.execution({}), fixture.execution(signing)]}
	some found in finding with input as fixture.changed({"sign": [sign("env://COSIGN_KEY")]}, executions)
	found.span == 42
	found.persona == "auditor"
}
