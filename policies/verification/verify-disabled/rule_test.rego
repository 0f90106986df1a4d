package swaplint.verification.verify_disabled_test

import data.swaplint.lib.fixture
import data.swaplint.verification.verify_disabled.finding

weak(kind, overrides) := fixture.changed({}, {"weaknesses": [fixture.weakness(kind, overrides)]})

test_unsigned_packages_are_reported if {
	some found in finding with input as weak("package-authentication-disabled", {"text": "--nogpgcheck"})
	found.span == 5
	found.severity == "medium"
	found.persona == "regular"
}

test_input_of_an_action_is_named_by_the_action if {
	some found in finding with input as weak("verification-disabled", {"text": "true", "tool": "codecov/codecov-action"})
	startswith(found.message, "an input of `codecov/codecov-action` switches off")
}

test_severity_of_the_tool_counts if {
	some found in finding with input as weak("checksum-database-disabled", {"severity": "low"})
	found.severity == "low"
}

test_policy_that_is_not_asked_is_pedantic if {
	some found in finding with input as weak("signature-policy-disabled", {"text": "--insecure-policy", "tool": "skopeo"})
	found.span == 5
	startswith(found.message, "`skopeo` accepts images")
	found.persona == "pedantic"
}

idle(overrides) := object.union(
	{
		"why": "never",
		"kind": "verify",
		"tool": "cosign",
		"verb": "verify",
		"reference": fixture.image("ghcr.io/acme/app:1", {"registry": "ghcr.io", "repository": "acme/app"}),
		"condition": "inputs.verify",
		"runs_by_default": false,
		"is_given": false,
		"cause": 11,
		"execution": "job",
		"execution_index": 0,
		"step": "verify",
		"span": 12,
	},
	overrides,
)

copy(overrides) := object.union(
	fixture.event("copy", {
		"id": 4,
		"tool": "crane",
		"verb": "copy",
		"reference": fixture.image("ghcr.io/acme/app:1", {"registry": "ghcr.io", "repository": "acme/app"}),
		"span": 13,
	}),
	overrides,
)

waiting := copy({"candidates": [{"event": 3, "why": "conditional", "span": 2}]})

switched(changes, events) := fixture.changed(events, {"idle": [idle(changes)]})

test_verification_that_never_runs_is_reported if {
	some found in finding with input as switched({}, {})
	found.span == 12
	found.severity == "medium"
	found.persona == "regular"
}

test_commented_out_verification_is_reported if {
	some found in finding with input as switched({"why": "comment"}, {})
	found.message == "`cosign verify` of `ghcr.io/acme/app:1` is commented out, and nothing else verifies it"
}

test_commented_out_twin_is_fine if {
	verify := fixture.event("verify", {"tool": "cosign", "reference": fixture.image("b:1", {})})
	count(finding) == 0 with input as switched({"why": "comment"}, {"verify": [verify]})
}

test_same_artifact_verified_otherwise_is_fine if {
	verify := fixture.event("verify", {"tool": "notation", "reference": fixture.image("ghcr.io/acme/app:1", {})})
	count(finding) == 0 with input as switched({}, {"verify": [verify]})
}

test_off_by_default_is_reported if {
	some found in finding with input as switched({"why": "default", "event": 3}, {"copy": [waiting]})
	found.message == "`cosign verify` of `ghcr.io/acme/app:1` is off by default: `inputs.verify` does not hold"
	found.related == [
		{"span": 11, "message": "this decides"},
		{"span": 13, "message": "`crane copy` runs without it"},
	]
}

test_off_by_what_a_caller_gives_is_reported if {
	some found in finding with input as switched({"why": "default", "is_given": true, "event": 3}, {"copy": [waiting]})
	contains(found.message, "is off as it is called here: ")
}

test_off_before_the_use_is_reported if {
	unreached := copy({"candidates": [{"event": 3, "why": "later", "span": 2}]})
	count(finding) == 1 with input as switched({"why": "default", "event": 3}, {"copy": [unreached]})
}

test_off_with_what_it_protects_is_fine if {
	count(finding) == 0 with input as switched({"why": "default", "event": 3}, {"copy": [copy({})]})
}

test_guarded_otherwise_is_fine if {
	guarded := object.union(waiting, {"guards": [9]})
	count(finding) == 0 with input as switched({"why": "default", "event": 3}, {"copy": [guarded]})
}

test_caller_that_switches_it_off_is_reported if {
	some found in finding with input as switched({"why": "caller", "is_given": true}, {"copy": [copy({})]})
	contains(found.message, "off as it is called here")
}

test_caller_without_a_use_is_fine if {
	count(finding) == 0 with input as switched({"why": "caller"}, {})
}

test_input_that_may_switch_it_off_is_pedantic if {
	changes := {"why": "input", "event": 3, "input": "verify", "runs_by_default": true}
	some found in finding with input as switched(changes, {"copy": [copy({"guards": [3]})]})
	found.persona == "pedantic"
	contains(found.message, "by the input `verify`")
}

named(name, seen) := fixture.changed({}, {"executions": [fixture.execution({"steps": [{
	"name": name,
	"is_seen": seen,
	"tests": false,
	"span": 21,
}]})]})

test_step_that_verifies_nothing_is_pedantic if {
	some found in finding with input as named("Verify the signature", true)
	found.span == 21
	found.severity == "low"
	found.persona == "pedantic"
}

test_step_that_may_do_anything_is_fine if {
	count(finding) == 0 with input as named("Verify the signature", false)
}

test_step_with_another_name_is_fine if {
	count(finding) == 0 with input as named("Verify formatting", true)
}

test_step_that_verifies_is_fine if {
	verify := fixture.event("verify", {"step": "Verify the signature"})
	count(finding) == 0 with input as object.union(named("Verify the signature", true), {"events": {"verify": [verify]}})
}

test_running_verification_is_fine if {
	verify := fixture.event("verify", {"tool": "cosign", "reference": fixture.image("a:1", {})})
	count(finding) == 0 with input as fixture.facts({"verify": [verify]})
}

test_other_weaknesses_are_other_rules if {
	count(finding) == 0 with input as weak("tls-verification-disabled", {})
}

