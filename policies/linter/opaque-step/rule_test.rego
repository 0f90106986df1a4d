package swaplint.linter.opaque_step_test

import data.swaplint.lib.fixture
import data.swaplint.linter.opaque_step.finding

test_what_was_not_followed_is_told if {
	place := {"why": "the script is not in this repository", "execution": "job", "step": "step", "span": 9}
	some found in finding with input as fixture.changed({}, {"opaque": [place]})
	found.span == 9
	found.message == "not followed: the script is not in this repository"
}

test_nothing_is_fine if {
	count(finding) == 0 with input as fixture.facts({})
}
