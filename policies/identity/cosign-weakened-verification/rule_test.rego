package swaplint.identity.cosign_weakened_verification_test

import data.swaplint.lib.fixture
import data.swaplint.identity.cosign_weakened_verification.finding

verifying(overrides) := fixture.facts({"verify": [object.union(
	fixture.event("verify", {
		"tool": "cosign",
		"verb": "verify",
		"reference": fixture.image("ghcr.io/acme/app@sha256:abc", {}),
	}),
	overrides,
)]})

weakened(role, overrides) := verifying(object.union(
	{"options": {role: ["true"], "identity": ["x"]}, "option_spans": {role: 6}},
	overrides,
))

test_each_switch_is_reported if {
	every role in ["ignores-tlog", "ignores-sct", "skips-claims", "allows-insecure-registry"] {
		some found in finding with input as weakened(role, {})
		found.span == 6
		found.severity == "high"
	}
}

test_two_switches_are_two_findings if {
	count(finding) == 2 with input as weakened("ignores-tlog", {"options": {"ignores-sct": ["true"]}})
}

test_log_with_a_key_counts_less if {
	some found in finding with input as weakened("ignores-tlog", {"options": {"key": ["cosign.pub"]}})
	found.severity == "medium"
}

test_switched_off_is_fine if {
	count(finding) == 0 with input as weakened("ignores-tlog", {"options": {"ignores-tlog": ["false"]}})
}

test_throw_away_registry_is_fine if {
	count(finding) == 0 with input as weakened("allows-insecure-registry", {"reference": {"is_local": true}})
}

test_negative_test_is_fine if {
	count(finding) == 0 with input as weakened("skips-claims", {"expected_to_fail": true})
}

experimental := {"weaknesses": [fixture.weakness("cosign-experimental", {})]}

test_experimental_is_pedantic if {
	named := verifying({"options": {"identity": ["x"]}})
	some found in finding with input as object.union(named, experimental)
	found.span == 5
	found.severity == "low"
	found.persona == "pedantic"
}

test_experimental_with_a_key_is_pedantic if {
	count(finding) == 1 with input as object.union(verifying({"options": {"key": ["k"]}}), experimental)
}

test_experimental_without_identity_is_another_rule if {
	count(finding) == 0 with input as object.union(verifying({}), experimental)
}

test_experimental_without_verification_is_fine if {
	count(finding) == 0 with input as fixture.changed({}, experimental)
}
