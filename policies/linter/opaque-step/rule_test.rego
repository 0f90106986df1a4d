package swaplint.linter.opaque_step_test

import data.swaplint.lib.fixture
import data.swaplint.linter.opaque_step.finding

test_what_was_not_followed_is_told if {
	place := {"why": "the script is not in this repository", "ends": false, "execution": "job", "step": "step", "span": 9}
	some found in finding with input as fixture.changed({}, {"opaque": [place]})
	found.span == 9
	found.message == "not followed: the script is not in this repository"
}

end(span) := {"why": "it has too many", "ends": true, "execution": "job", "step": "step", "span": span}

test_a_pipeline_that_is_too_large_is_told_to_everybody_once if {
	found := finding with input as fixture.changed({}, {"opaque": [end(9), end(10)]})
	[[f.span, f.persona] | some f in found] == [[9, "regular"]]
	some one in found
	endswith(one.message, "is not judged: they end in `job` of .github/workflows/ci.yml")
}

test_nothing_is_fine if {
	count(finding) == 0 with input as fixture.facts({})
}
