package swaplint.verification.verify_then_reresolve_test

import data.swaplint.lib.fixture
import data.swaplint.verification.verify_then_reresolve.finding

use(kind, id, overrides) := object.union(
	fixture.event(kind, {
		"id": id,
		"tool": "docker",
		"verb": kind,
		"reference": fixture.image("acme/app:1", {}),
		"candidates": [{"event": 9, "why": "by-tag", "span": 8}],
	}),
	overrides,
)

test_each_use_is_reported if {
	every kind in ["pull", "run", "deploy", "copy", "install"] {
		some found in finding with input as fixture.facts({kind: [use(kind, 1, {})]})
		found.span == 3
		found.severity == "high"
		found.related == [{"span": 8, "message": "verified here, by tag"}]
	}
}

test_run_after_pull_is_one_finding if {
	facts := fixture.facts({"pull": [use("pull", 1, {})], "run": [use("run", 2, {})]})
	some found in finding with input as facts
	found.event == 1
	count(finding) == 1 with input as facts
}

test_story_of_the_value_is_related if {
	place := {"reference": {"provenance": [{"span": 7, "what": "assigned here"}]}}
	some found in finding with input as fixture.facts({"deploy": [use("deploy", 1, place)]})
	count(found.related) == 2
}

test_verified_by_the_tool_that_takes_it_is_fine if {
	policy := fixture.event("verify", {"id": 9, "tool": "docker"})
	facts := fixture.facts({"copy": [use("copy", 1, {})], "verify": [policy]})
	count(finding) == 0 with input as facts
}

test_guarded_is_fine if {
	count(finding) == 0 with input as fixture.facts({"deploy": [use("deploy", 1, {"guards": [7]})]})
}

test_other_reasons_are_other_rules if {
	other := {"candidates": [{"event": 9, "why": "ignored", "span": 8}]}
	count(finding) == 0 with input as fixture.facts({"deploy": [use("deploy", 1, other)]})
}

test_never_verified_is_another_rule if {
	count(finding) == 0 with input as fixture.facts({"deploy": [use("deploy", 1, {"candidates": []})]})
}

test_local_image_is_fine if {
	local := {"reference": {"is_local": true}}
	count(finding) == 0 with input as fixture.facts({"run": [use("run", 1, local)]})
}
