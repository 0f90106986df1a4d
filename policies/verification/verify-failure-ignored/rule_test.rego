package swaplint.verification.verify_failure_ignored_test

import data.swaplint.lib.fixture
import data.swaplint.verification.verify_failure_ignored.finding

tolerating(kind, cause, overrides) := fixture.facts({kind: [object.union(
	fixture.event(kind, {
		"tool": "cosign",
		"verb": kind,
		"reference": fixture.image("acme/app@sha256:abc", {}),
		"effect": {"stops": false, "cause": cause, "why": "`|| true` discards its failure", "span": 8},
	}),
	overrides,
)]})

test_ignored_verification_is_high if {
	some found in finding with input as tolerating("verify", "or", {})
	found.span == 2
	found.severity == "high"
	contains(found.message, "`|| true` discards its failure")
	found.related == [{"span": 8, "message": "`|| true` discards its failure"}]
}

test_ignored_comparison_is_high if {
	some found in finding with input as tolerating("compare", "step-tolerance", {})
	found.severity == "high"
}

test_ignored_copy_is_medium if {
	some found in finding with input as tolerating("copy", "no-errexit", {})
	found.severity == "medium"
}

test_copy_to_this_machine_may_fail if {
	here := {"destination": fixture.image("app:1", {"is_local": true})}
	count(finding) == 0 with input as tolerating("copy", "or", here)
}

test_unnamed_cause_is_reported if {
	bare := fixture.event("verify", {"effect": {"stops": false}})
	some found in finding with input as fixture.facts({"verify": [bare]})
	contains(found.message, "its failure does not stop the job")
}

test_pipes_are_another_rule if {
	every cause in ["pipe", "substitution"] {
		count(finding) == 0 with input as tolerating("verify", cause, {})
	}
}

test_stopping_is_fine if {
	count(finding) == 0 with input as tolerating("verify", "or", {"effect": {"stops": true}})
}

test_negative_test_is_fine if {
	count(finding) == 0 with input as tolerating("verify", "condition", {"expected_to_fail": true})
}

test_lookups_may_fail if {
	count(finding) == 0 with input as tolerating("resolve", "or", {})
}

test_no_effect_is_fine if {
	event := object.remove(fixture.event("verify", {}), ["effect"])
	count(finding) == 0 with input as fixture.facts({"verify": [event]})
}

test_comparison_before_the_use_that_it_decides_is_fine if {
	compare := fixture.event("compare", {
		"id": 1,
		"source": fixture.image("${sha256sum tool.tgz}", {}),
		"destination": fixture.image("${EXPECTED}", {}),
		"effect": {"stops": false, "cause": "and"},
	})
	run := fixture.event("run", {"id": 2, "conditional": true, "reference": fixture.reference("tool.tgz", "file")})
	count(finding) == 0 with input as fixture.facts({"compare": [compare], "run": [run]})
	count(finding) == 1 with input as fixture.facts({"compare": [compare]})
}
