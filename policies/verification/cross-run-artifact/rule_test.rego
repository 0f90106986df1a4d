package swaplint.verification.cross_run_artifact_test

import data.swaplint.lib.fixture
import data.swaplint.verification.cross_run_artifact.finding

taking(options, privileged) := fixture.changed(
	{"download": [fixture.event("download", {
		"tool": "actions/download-artifact",
		"verb": "",
		"source": fixture.reference("app", "stored"),
		"destination": fixture.reference("dist", "file"),
		"options": options,
		"option_spans": {"run-id": 6},
	})]},
	{"executions": [fixture.execution({"privileged": privileged})]},
)

other := {"other-run": ["true"], "run-id": ["${github.event.workflow_run.id}"]}

verify(overrides) := {"events": {"verify": [object.union(
	fixture.event("verify", {"id": 2, "tool": "gh", "reference": fixture.reference("dist/app", "file")}),
	overrides,
)]}}

test_privileged_use_is_high if {
	some found in finding with input as taking(other, true)
	found.span == 3
	found.severity == "high"
	found.persona == "regular"
	found.related == [{"span": 6, "message": "this says which run"}]
}

test_unprivileged_use_is_pedantic if {
	some found in finding with input as taking(other, false)
	found.severity == "low"
	found.persona == "pedantic"
}

test_ignored_verification_changes_nothing if {
	count(finding) == 1 with input as object.union(taking(other, true), verify({"effect": {"stops": false}}))
}

test_verified_artifact_is_fine if {
	count(finding) == 0 with input as object.union(taking(other, true), verify({}))
}

test_this_run_by_its_id_is_fine if {
	count(finding) == 0 with input as taking({"other-run": ["true"], "run-id": ["${github.run_id}"]}, true)
}

test_same_run_is_fine if {
	count(finding) == 0 with input as taking({}, true)
}

test_cache_is_another_matter if {
	count(finding) == 0 with input as taking({"cache": ["true"], "other-run": ["true"]}, true)
}
