package swaplint.registry.in_toto_broken_chain_test

import data.swaplint.lib.fixture
import data.swaplint.registry.in_toto_broken_chain.finding

match(changes) := fixture.artifact_rule("MATCH", "*", object.union({"from": "fetch"}, changes))

disallow := fixture.artifact_rule("DISALLOW", "*", {})

look := fixture.layout_step("look", {"materials": [match({})]})

layout(materials, open) := fixture.changed({}, {"layouts": [fixture.layout(
	[
		fixture.layout_step("fetch", {}),
		fixture.layout_step("build", {"materials": materials, "takes_anything": open}),
	],
	[look],
)]})

test_step_that_is_not_there_is_reported if {
	some found in finding with input as layout([match({"from_exists": false, "can_match": false})], true)
	found.span == 33
	found.severity == "high"
	contains(found.message, "which the layout does not have")
}

test_products_that_cannot_be_are_reported if {
	some found in finding with input as layout([match({"can_match": false}), disallow], false)
	contains(found.message, "whose rules let it have no such files")
}

test_step_that_takes_anything_is_reported if {
	some found in finding with input as layout([], true)
	found.span == 32
	contains(found.message, "step `build` takes whatever lies there")
}

test_chain_is_fine if count(finding) == 0 with input as layout([match({}), disallow], false)

test_step_without_materials_is_fine if count(finding) == 0 with input as layout([disallow], false)

test_first_step_may_take_anything if {
	count(finding) == 0 with input as fixture.changed({}, {"layouts": [fixture.layout([fixture.layout_step("fetch", {})], [look])]})
}

test_final_product_that_is_not_compared_is_reported if {
	blind := fixture.layout_step("look", {})
	some found in finding with input as fixture.changed({}, {"layouts": [fixture.layout([fixture.layout_step("fetch", {})], [blind])]})
	found.span == 30
	found.persona == "regular"
}

test_layout_without_inspections_is_pedantic if {
	some found in finding with input as fixture.changed({}, {"layouts": [fixture.layout([fixture.layout_step("fetch", {})], [])]})
	found.persona == "pedantic"
}
