package swaplint.digest.digest_unused_test

import data.swaplint.digest.digest_unused.finding
import data.swaplint.lib.fixture

tag := "ghcr.io/acme/app:1"

resolve := fixture.event("resolve", {
	"id": 1,
	"tool": "crane",
	"verb": "digest",
	"reference": fixture.image(tag, {"registry": "ghcr.io", "repository": "acme/app"}),
	"span": 10,
})

sign(overrides) := object.union(
	fixture.event("sign", {"id": 3, "tool": "cosign", "verb": "sign", "reference": fixture.image(tag, {})}),
	overrides,
)

test_tag_used_after_the_lookup_is_reported if {
	some found in finding with input as fixture.facts({"resolve": [resolve], "sign": [sign({})]})
	found.span == 10
	found.severity == "medium"
	found.related == [{"span": 3, "message": "`cosign sign` resolves the tag again"}]
}

test_digest_used_is_fine if {
	event := sign({"reference": fixture.image("ghcr.io/acme/app@${crane digest}", {})})
	count(finding) == 0 with input as fixture.facts({"resolve": [resolve], "sign": [event]})
}

test_use_before_the_lookup_is_fine if {
	count(finding) == 0 with input as fixture.facts({"resolve": [resolve], "sign": [sign({"id": 0})]})
}

test_another_execution_is_fine if {
	count(finding) == 0 with input as fixture.facts({"resolve": [resolve], "sign": [sign({"execution_index": 1})]})
}

test_checked_copy_is_fine if {
	copy := fixture.event("copy", {"id": 3, "reference": fixture.image(tag, {}), "checks": [5]})
	count(finding) == 0 with input as fixture.facts({"resolve": [resolve], "copy": [copy]})
}

test_tag_pushed_in_between_is_fine if {
	push := fixture.event("push", {"id": 2, "reference": fixture.image(tag, {})})
	count(finding) == 0 with input as fixture.facts({"resolve": [resolve], "push": [push], "sign": [sign({})]})
}

computed(changes) := fixture.digest(tag, object.union({"registry": "ghcr.io", "repository": "acme/app", "before": 2}, changes))

named := sign({"reference": fixture.image(tag, {"registry": "ghcr.io", "repository": "acme/app"})})

test_digest_at_hand_is_reported if {
	some found in finding with input as fixture.changed({"sign": [named]}, {"digests": [computed({})]})
	found.span == 6
	found.related == [{"span": 3, "message": "`cosign sign` resolves the tag"}]
}

test_digest_of_another_repository_is_fine if {
	count(finding) == 0 with input as fixture.changed({"sign": [named]}, {"digests": [computed({"repository": "acme/web"})]})
}

test_digest_of_another_execution_is_fine if {
	count(finding) == 0 with input as fixture.changed({"sign": [named]}, {"digests": [computed({"execution_index": 1})]})
}

test_digest_that_comes_later_is_fine if {
	count(finding) == 0 with input as fixture.changed({"sign": [named]}, {"digests": [computed({"before": 9})]})
}

test_name_pushed_again_is_fine if {
	push := fixture.event("push", {"id": 2, "reference": named.reference})
	count(finding) == 0 with input as fixture.changed({"sign": [named], "push": [push]}, {"digests": [computed({})]})
}

pushed_and_handed(overrides) := fixture.changed(
	{"push": [fixture.event("push", {"reference": fixture.image("r.example.com/acme/app:1", {})})]},
	object.union({"handed": [fixture.handed("r.example.com/acme/app:1", {"by": "output", "to": ""})]}, overrides),
)

test_tag_of_what_was_pushed_is_handed_on if {
	some found in finding with input as pushed_and_handed({})
	found.span == 7
	found.persona == "auditor"
}

test_the_digest_is_handed_on_as_well if {
	facts := pushed_and_handed({"digests": [fixture.digest("r.example.com/acme/app:1", {"handed_on": 8})]})
	count(finding) == 0 with input as facts
}
