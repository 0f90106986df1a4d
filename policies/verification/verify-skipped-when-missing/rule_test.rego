package swaplint.verification.verify_skipped_when_missing_test

import data.swaplint.lib.fixture
import data.swaplint.verification.verify_skipped_when_missing.finding

image := "ghcr.io/acme/app@sha256:abc"

facts(verify, deploy) := fixture.facts({
	"verify": [object.union(
		fixture.event("verify", {
			"id": 7,
			"tool": "cosign",
			"verb": "verify",
			"reference": fixture.image(image, {}),
			"conditional": true,
		}),
		verify,
	)],
	"deploy": [object.union(
		fixture.event("deploy", {
			"id": 9,
			"tool": "kubectl",
			"verb": "set image",
			"reference": fixture.image(image, {}),
			"candidates": [{"event": 7, "why": "conditional", "span": 2}],
			"span": 6,
		}),
		deploy,
	)],
})

test_skipped_verification_is_reported if {
	some found in finding with input as facts({}, {})
	found.span == 2
	found.severity == "high"
	found.related == [{"span": 6, "message": "`kubectl set image` runs without it"}]
}

test_another_guard_is_fine if {
	count(finding) == 0 with input as facts({}, {"guards": [8]})
}

test_use_under_the_same_condition_is_fine if {
	count(finding) == 0 with input as facts({}, {"candidates": []})
}

test_loop_over_unknown_values_is_not_judged if {
	count(finding) == 0 with input as facts({"conditional": false}, {})
}

test_negative_test_is_fine if {
	count(finding) == 0 with input as facts({"expected_to_fail": true}, {})
}
