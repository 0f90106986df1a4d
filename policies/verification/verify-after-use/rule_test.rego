package swaplint.verification.verify_after_use_test

import data.swaplint.lib.fixture
import data.swaplint.verification.verify_after_use.finding

image := "ghcr.io/acme/app@sha256:abc"

deployed(overrides) := object.union(
	fixture.event("deploy", {
		"id": 5,
		"tool": "kubectl",
		"verb": "set image",
		"reference": fixture.image(image, {}),
		"candidates": [{"event": 7, "why": "later", "span": 8}],
	}),
	overrides,
)

facts(deploy) := fixture.facts({
	"deploy": [deploy],
	"verify": [fixture.event("verify", {"id": 7, "tool": "cosign", "reference": fixture.image(image, {})})],
})

candidate(why) := {"candidates": [{"event": 7, "why": why, "span": 8}]}

test_later_is_reported if {
	some found in finding with input as facts(deployed({}))
	found.span == 3
	found.severity == "high"
	found.related == [{"span": 8, "message": "`cosign verb` does not protect this: it runs only after the use"}]
}

test_parallel_is_reported if {
	count(finding) == 1 with input as facts(deployed(candidate("parallel")))
}

test_guarded_use_is_fine if {
	count(finding) == 0 with input as facts(deployed({"guards": [9]}))
}

test_other_reasons_are_other_rules if {
	count(finding) == 0 with input as facts(deployed(candidate("by-tag")))
	count(finding) == 0 with input as facts(deployed(candidate("ignored")))
	count(finding) == 0 with input as facts(deployed(candidate("other-content")))
}

test_check_of_a_copy_is_fine if {
	copy := deployed({"kind": "copy", "checks": [7]})
	count(finding) == 0 with input as fixture.facts({"copy": [copy], "verify": facts(copy).events.verify})
}

test_file_verified_in_another_execution_is_fine if {
	verify := fixture.event("verify", {"id": 7, "tool": "sha256sum", "reference": fixture.reference("tool", "file")})
	install := deployed(object.union(candidate("parallel"), {"reference": fixture.reference("tool", "file")}))
	count(finding) == 0 with input as fixture.facts({"install": [install], "verify": [verify]})
}

test_signed_after_the_copy_is_fine if {
	copy := deployed({"kind": "copy"})
	sign := fixture.event("sign", {"id": 6, "tool": "cosign", "reference": fixture.image(image, {})})
	count(finding) == 0 with input as fixture.facts({"copy": [copy], "sign": [sign], "verify": facts(copy).events.verify})
}

test_run_in_a_test_before_is_fine if {
	run := deployed({"kind": "run", "execution_index": 1})
	count(finding) == 0 with input as fixture.facts({"run": [run], "verify": facts(run).events.verify})
	count(finding) == 1 with input as fixture.facts({
		"run": [object.union(run, {"execution_index": 0})],
		"verify": facts(run).events.verify,
	})
}

test_verification_for_a_later_use_is_fine if {
	staging := deployed({})
	production := deployed({"id": 8, "guards": [7], "candidates": []})
	count(finding) == 0 with input as fixture.facts({"deploy": [staging, production], "verify": facts(staging).events.verify})
}

test_local_use_is_fine if {
	count(finding) == 0 with input as facts(deployed({"reference": {"is_local": true}}))
}
