package swaplint.verification.verify_masked_by_pipe_test

import data.swaplint.lib.fixture
import data.swaplint.verification.verify_masked_by_pipe.finding

masked(kind, cause, overrides) := fixture.facts({kind: [object.union(
	fixture.event(kind, {
		"tool": "cosign",
		"verb": kind,
		"reference": fixture.image("acme/app@sha256:abc", {}),
		"effect": {"stops": false, "cause": cause, "why": "a pipe keeps only the last status", "span": 8},
	}),
	overrides,
)]})

test_pipe_is_reported if {
	some found in finding with input as masked("verify", "pipe", {})
	found.span == 2
	found.severity == "high"
	contains(found.help, "pipefail")
	found.related == [{"span": 8, "message": "a pipe keeps only the last status"}]
}

test_substitution_is_reported if {
	some found in finding with input as masked("compare", "substitution", {})
	contains(found.help, "on a line by itself")
}

test_copy_is_medium if {
	some found in finding with input as masked("copy", "pipe", {})
	found.severity == "medium"
}

test_copy_to_this_machine_may_fail if {
	here := {"destination": fixture.image("app:1", {"is_local": true})}
	count(finding) == 0 with input as masked("copy", "pipe", here)
}

test_other_causes_are_another_rule if {
	every cause in ["or", "and", "condition", "background", "no-errexit", "step-tolerance", "status-dropped"] {
		count(finding) == 0 with input as masked("verify", cause, {})
	}
}

test_pipefail_is_fine if {
	count(finding) == 0 with input as masked("verify", "pipe", {"effect": {"stops": true}})
}

test_negative_test_is_fine if {
	count(finding) == 0 with input as masked("verify", "pipe", {"expected_to_fail": true})
}

test_use_that_waits_is_fine if {
	facts := object.union_n([
		masked("verify", "pipe", {}),
		{"events": {"deploy": [fixture.event("deploy", {"id": 2, "guards": [1]})]}},
	])
	count(finding) == 0 with input as facts
}

test_lookups_may_fail if {
	count(finding) == 0 with input as masked("resolve", "pipe", {})
}

test_push_in_a_pipe_is_for_auditors if {
	push := fixture.event("push", {
		"reference": fixture.image("acme/app:1", {}),
		"effect": {"stops": false, "cause": "pipe", "why": "its exit status is lost in the pipe", "span": 8},
	})
	some found in finding with input as fixture.facts({"push": [push]})
	found.persona == "auditor"
}
