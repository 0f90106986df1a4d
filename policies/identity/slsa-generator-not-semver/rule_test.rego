package swaplint.identity.slsa_generator_not_semver_test

import data.swaplint.lib.fixture
import data.swaplint.identity.slsa_generator_not_semver.finding

calling(pin, overrides) := fixture.changed({}, {"definitions": [fixture.definition(
	"slsa-framework/slsa-github-generator/.github/workflows/generator_generic_slsa3.yml@ref",
	object.union({"kind": "reusable-workflow", "pin": pin, "requires_semver": true}, overrides),
)]})

test_everything_else_is_reported if {
	every pin in ["commit", "digest", "tag", "branch", "none"] {
		some found in finding with input as calling(pin, {})
		found.span == 4
		found.severity == "medium"
	}
}

test_release_tag_is_fine if {
	count(finding) == 0 with input as calling("semver", {})
}

test_unknown_is_not_reported if {
	count(finding) == 0 with input as calling("unknown", {})
}

test_others_are_not_asked if {
	count(finding) == 0 with input as calling("commit", {"requires_semver": false})
}
