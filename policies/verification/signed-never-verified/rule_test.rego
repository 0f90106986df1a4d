package swaplint.verification.signed_never_verified_test

import data.swaplint.lib.fixture
import data.swaplint.verification.signed_never_verified.finding

own := fixture.image("ghcr.io/acme/app@${DIGEST}", {"pushed_here": true})

sign := fixture.event("sign", {"id": 2, "tool": "cosign", "reference": object.union(own, {"span": 11})})

deploy := fixture.event("deploy", {
	"id": 3,
	"tool": "kubectl",
	"verb": "apply",
	"reference": object.union(own, {"span": 12}),
	"execution": "deploy",
	"execution_index": 1,
})

facts(events) := fixture.changed(
	events,
	{"executions": [fixture.execution({}), fixture.execution({"id": "deploy", "needs": ["job"]})]},
)

verify := fixture.event("verify", {"id": 4, "tool": "cosign", "reference": own})

test_signature_that_nobody_asks_for_is_reported_once if {
	again := object.union(sign, {"id": 5})
	some found in finding with input as facts({"sign": [sign, again], "deploy": [deploy]})
	found.span == 11
	found.related == [{"span": 12, "message": "`kubectl apply` takes it unverified"}]
}

test_verified_is_fine if {
	count(finding) == 0 with input as facts({"sign": [sign], "deploy": [deploy], "verify": [verify]})
}

test_verified_in_another_pipeline_is_fine if {
	signed := facts({"sign": [sign], "deploy": [deploy]})
	count(finding) == 0 with input as object.union(signed, {"pipeline": {"repository_verifies": true}})
}

test_consumers_elsewhere_are_not_judged if {
	count(finding) == 0 with input as facts({"sign": [sign]})
}

test_taken_before_it_was_signed_is_fine if {
	here := object.union(deploy, {"id": 1, "execution": "job", "execution_index": 0})
	count(finding) == 0 with input as facts({"sign": [sign], "deploy": [here]})
}

test_somebody_elses_image_is_fine if {
	other := object.union(deploy, {"reference": {"pushed_here": false}})
	count(finding) == 0 with input as facts({"sign": [sign], "deploy": [other]})
}
