package swaplint.digest.undefined_digest_test

import data.swaplint.digest.undefined_digest.finding
import data.swaplint.lib.fixture

signing(digest, overrides) := fixture.changed(
	{"sign": [object.union(
		fixture.event("sign", {"reference": fixture.image(sprintf("ghcr.io/acme/app@%s", [digest]), {})}),
		overrides,
	)]},
	{"executions": [fixture.execution({"id": "build"}), fixture.execution({"id": "sign", "needs": ["build"]})]},
)

test_output_that_no_execution_defines_is_reported if {
	some found in finding with input as signing("${build.outputs.digest}", {})
	found.span == 3
	found.severity == "high"
	contains(found.message, "from `digest`, which `build`")
}

test_output_of_a_step_is_not_judged if {
	count(finding) == 0 with input as signing("${build.steps.push.outputs.digest}", {})
}

test_known_output_is_fine if {
	place := {"reference": {"provenance": [{"span": 7, "what": "output of the execution"}]}}
	count(finding) == 0 with input as signing("${build.outputs.digest}", place)
}

test_execution_defined_elsewhere_is_fine if {
	elsewhere := {"executions": [fixture.execution({"id": "build", "is_elsewhere": true}), fixture.execution({"id": "sign"})]}
	count(finding) == 0 with input as object.union(signing("${build.outputs.digest}", {}), elsewhere)
}

test_values_from_outside_are_not_judged if {
	count(finding) == 0 with input as signing("${inputs.digest}", {})
}

test_written_digest_is_fine if {
	count(finding) == 0 with input as signing("sha256:abc", {})
}
