package swaplint.verification.verify_disabled_test

import data.swaplint.lib.fixture
import data.swaplint.verification.verify_disabled.finding

weak(kind, overrides) := fixture.changed({}, {"weaknesses": [fixture.weakness(kind, overrides)]})

copying(options) := fixture.facts({"copy": [fixture.event("copy", {
	"tool": "skopeo",
	"verb": "copy",
	"reference": fixture.image("stage.example.com/app:1", {}),
	"options": options,
	"option_spans": {"insecure-policy": 9},
})]})

test_unsigned_packages_are_reported if {
	some found in finding with input as weak("package-authentication-disabled", {"text": "--nogpgcheck"})
	found.span == 5
	found.severity == "medium"
	found.persona == "regular"
}

test_severity_of_the_tool_counts if {
	some found in finding with input as weak("checksum-database-disabled", {"severity": "low"})
	found.severity == "low"
}

test_policy_that_is_not_asked_is_pedantic if {
	some found in finding with input as copying({"insecure-policy": ["true"]})
	found.span == 9
	found.persona == "pedantic"
}

test_verification_that_never_runs_is_reported if {
	verify := fixture.event("verify", {"tool": "cosign", "reference": fixture.image("a:1", {}), "never_runs": true})
	count(finding) == 1 with input as fixture.facts({"verify": [verify]})
}

test_running_verification_is_fine if {
	verify := fixture.event("verify", {"tool": "cosign", "reference": fixture.image("a:1", {})})
	count(finding) == 0 with input as fixture.facts({"verify": [verify]})
}

test_other_weaknesses_are_other_rules if {
	count(finding) == 0 with input as weak("tls-verification-disabled", {})
}

test_policy_is_fine if {
	count(finding) == 0 with input as copying({"policy": ["policy.json"]})
}
