package swaplint.registry.admission_no_digest_test

import data.swaplint.lib.fixture
import data.swaplint.registry.admission_no_digest.finding

without(fields) := fixture.changed({}, {"admissions": [fixture.admission(
	[fixture.admission_check([], {"switched_off": [{"name": name, "span": span} | some name, span in fields]})],
	{},
)]})

test_defaults_are_fine if count(finding) == 0 with input as without({})

test_neither_is_reported if {
	all := finding with input as without({"mutateDigest": 50, "verifyDigest": 51})
	count(all) == 1
	some found in all
	found.span == 50
	found.severity == "medium"
}

test_one_of_them_is_pedantic if {
	some found in finding with input as without({"verifyDigest": 51})
	found.span == 51
	found.persona == "pedantic"
}

test_unverified_images_are_reported if {
	some found in finding with input as without({"required": 52})
	found.span == 52
	found.severity == "medium"
}
