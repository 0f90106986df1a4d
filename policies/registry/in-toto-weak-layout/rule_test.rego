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

laid(first, changes) := fixture.changed({}, {"layouts": [object.union(
	fixture.layout([fixture.layout_step("fetch", first), fixture.layout_step("build", {})], []),
	changes,
)]})

test_sound_layout_is_fine if count(finding) == 0 with input as laid({}, {})

test_threshold_of_nobody_is_reported if {
	some found in finding with input as laid({"threshold": 0}, {})
	found.span == 31
	found.severity == "medium"
}

test_step_without_keys_is_reported if {
	some found in finding with input as laid({"keys": []}, {})
	found.message == "step `fetch` names no functionary"
}

test_functionaries_by_certificate_are_fine if count(finding) == 0 with input as laid({"keys": [], "has_certificates": true}, {})

test_unknown_key_is_reported if {
	some found in finding with input as laid({"unknown_keys": [{"id": "abc", "span": 35}]}, {})
	found.span == 35
}

test_layout_that_never_expires_is_reported if {
	endless := json.remove(laid({}, {}), ["layouts/0/expires"])
	some found in finding with input as endless
	found.span == 30
	found.message == "the layout never expires"
}

test_one_key_for_all_is_pedantic if {
	some found in finding with input as laid({"keys": ["key of build"]}, {})
	found.persona == "pedantic"
	found.message == "one key signs for all 2 steps: whoever holds it needs nobody else"
}
