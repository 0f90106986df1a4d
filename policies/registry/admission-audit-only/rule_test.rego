package swaplint.registry.admission_audit_only_test

import data.swaplint.lib.fixture
import data.swaplint.registry.admission_audit_only.finding

policy(authorities, check, overrides) := fixture.changed({}, {"admissions": [fixture.admission([fixture.admission_check(authorities, check)], overrides)]})

signed := [fixture.authority("key", {})]

answer(action) := {"answer": {"action": action}}

test_enforced_policy_is_fine if count(finding) == 0 with input as policy(signed, {}, {})

test_audit_is_reported if {
	some found in finding with input as policy(signed, answer("audit"), {})
	found.span == 41
	found.severity == "high"
	endswith(found.message, "only audits")
}

test_default_is_reported if {
	some found in finding with input as policy(signed, {"answer": {"action": "audit", "is_written": false}}, {})
	contains(found.message, "nothing is said")
}

test_warning_is_reported if {
	some found in finding with input as policy(signed, answer("warn"), {"engine": "policy-controller"})
	found.help == "refuse them: `mode: enforce`"
}

test_what_cannot_be_read_is_fine if count(finding) == 0 with input as policy(signed, answer("unknown"), {})

test_policy_that_asks_for_no_signature_is_fine if count(finding) == 0 with input as policy([], answer("audit"), {})

override(action) := {"overrides": [{"action": action, "is_written": true, "span": 45}]}

test_enforced_in_some_namespaces_is_pedantic if {
	some found in finding with input as policy(signed, answer("audit"), override("enforce"))
	found.persona == "pedantic"
}

test_audited_in_some_namespaces_is_pedantic if {
	some found in finding with input as policy(signed, {}, override("audit"))
	found.span == 45
	found.persona == "pedantic"
}

test_error_that_counts_as_a_pass_is_reported if {
	some found in finding with input as policy(signed, {}, {"fails_open": 46})
	found.span == 46
	found.severity == "high"
}

pass := fixture.authority("pass", {})

test_pass_beside_others_is_reported if {
	some found in finding with input as policy(array.concat(signed, [pass]), {}, {})
	found.severity == "high"
}

test_pass_for_all_images_is_reported if {
	some found in finding with input as policy([pass], {"images": [{"glob": "**", "is_any": true, "is_like_regexp": false, "span": 42}]}, {})
	found.severity == "high"
}

test_pass_for_some_images_is_pedantic if {
	some found in finding with input as policy([pass], {}, {})
	found.persona == "pedantic"
}

test_pass_with_a_program_is_fine if count(finding) == 0 with input as policy([pass], {"has_program": true}, {})

test_unmatched_images_are_reported if {
	settings := fixture.admission([], {"unmatched": {"action": "allow", "is_written": true, "span": 47}})
	some found in finding with input as fixture.changed({}, {"admissions": [settings]})
	found.span == 47
	found.severity == "medium"
}

test_glob_like_an_expression_is_pedantic if {
	images := [{"glob": "images.*", "is_any": false, "is_like_regexp": true, "span": 48}]
	some found in finding with input as policy(signed, {"images": images}, {})
	found.span == 48
	found.persona == "pedantic"
}
