package swaplint.registry.mutable_tag_policy_test

import data.swaplint.lib.fixture
import data.swaplint.registry.mutable_tag_policy.finding

configuring(verb, options) := fixture.facts({"configure": [fixture.event("configure", {
	"tool": "aws",
	"verb": verb,
	"options": options,
	"option_spans": {"tag-mutability": 9},
})]})

test_mutable_is_high if {
	some found in finding with input as configuring("ecr put-image-tag-mutability", {"tag-mutability": ["MUTABLE"]})
	found.span == 9
	found.severity == "high"
	found.persona == "regular"
}

test_repository_without_a_word_is_pedantic if {
	some found in finding with input as configuring("ecr create-repository", {})
	found.span == 2
	found.persona == "pedantic"
}

test_immutable_is_fine if {
	count(finding) == 0 with input as configuring("ecr create-repository", {"tag-mutability": ["IMMUTABLE"]})
}

test_unknown_value_is_not_reported if {
	count(finding) == 0 with input as configuring("ecr create-repository", {"tag-mutability": ["${MUTABILITY}"]})
}

test_other_settings_are_fine if {
	count(finding) == 0 with input as configuring("ecr put-lifecycle-policy", {})
}
