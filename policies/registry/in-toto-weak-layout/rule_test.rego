package swaplint.registry.in_toto_weak_layout_test

import data.swaplint.lib.fixture
import data.swaplint.registry.in_toto_weak_layout.finding

recording(tool, options) := fixture.facts({"attest": [fixture.event("attest", {"tool": tool, "verb": "", "options": options})]})

test_record_without_a_key_is_reported if {
	some found in finding with input as recording("in-toto-run", {"step": ["build"]})
	found.span == 2
	found.severity == "medium"
	contains(found.message, "step `build`")
}

test_step_without_a_name_is_reported if {
	count(finding) == 1 with input as recording("in-toto-record", {})
}

test_signed_record_is_fine if {
	count(finding) == 0 with input as recording("in-toto-run", {"key": ["build.pem"]})
}

test_other_tools_are_fine if {
	count(finding) == 0 with input as recording("cosign", {})
}
