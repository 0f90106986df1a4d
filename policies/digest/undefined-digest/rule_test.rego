package swaplint.digest.undefined_digest_test

import data.swaplint.digest.undefined_digest.finding
import data.swaplint.lib.fixture

missing := {
	"name": "needs.build.outputs.digest",
	"why": "job `build` has no output `digest`",
	"is_digest": true,
	"origin": 8,
	"span": 9,
}

doing(kind, changes) := fixture.facts({kind: [fixture.event(kind, {
	"reference": fixture.image("ghcr.io/acme/app@${build.outputs.digest}", {}),
	"missing": [object.union(missing, changes)],
})]})

test_digest_that_nothing_defines_is_reported if {
	some found in finding with input as doing("sign", {})
	found.span == 9
	found.severity == "high"
	found.persona == "regular"
	found.message == "`needs.build.outputs.digest` is empty here: job `build` has no output `digest`"
	found.related == [{"span": 8, "message": "it should come from here"}]
}

test_comparison_is_reported if count(finding) == 1 with input as doing("compare", {})

test_other_part_of_a_name_is_pedantic if {
	some found in finding with input as doing("deploy", {"is_digest": false})
	found.severity == "medium"
	found.persona == "pedantic"
}

test_tag_that_is_built_is_not_judged if count(finding) == 0 with input as doing("build", {"is_digest": false})

test_defined_digest_is_fine if {
	count(finding) == 0 with input as fixture.facts({"sign": [fixture.event("sign", {"reference": fixture.image("ghcr.io/acme/app@sha256:abc", {})})]})
}
