package swaplint.copy.copy_by_tag_test

import data.swaplint.lib.fixture
import data.swaplint.copy.copy_by_tag.finding

copying(source, destination, overrides) := fixture.facts({"copy": [object.union(
	fixture.event("copy", {
		"tool": "crane",
		"verb": "copy",
		"reference": source,
		"source": source,
		"destination": destination,
	}),
	overrides,
)]})

tagged := fixture.image("ghcr.io/acme/app:main", {"registry": "ghcr.io", "repository": "acme/app"})

pinned := fixture.image("ghcr.io/acme/app@sha256:abc", {"registry": "ghcr.io", "repository": "acme/app"})

unknown := fixture.image("${IMAGE}", {"mutability": "unknown"})

production := fixture.image("prod.example/app:1", {"registry": "prod.example", "repository": "app"})

here := fixture.image("app:1", {"is_local": true})

test_tag_is_reported_at_the_source if {
	some found in finding with input as copying(tagged, production, {})
	found.span == 3
	found.severity == "high"
	contains(found.help, "`ghcr.io/acme/app@sha256:..`")
}

test_missing_tag_is_reported if {
	some found in finding with input as copying(fixture.image("acme/app", {}), production, {})
	contains(found.message, "without a tag")
}

test_destination_of_unknown_name_is_reported if {
	count(finding) == 1 with input as copying(tagged, unknown, {})
}

test_example_counts_less if {
	facts := object.union(copying(tagged, production, {}), {"pipeline": {"is_example": true}})
	some found in finding with input as facts
	found.severity == "medium"
}

test_digest_is_fine if {
	count(finding) == 0 with input as copying(pinned, production, {})
}

test_unknown_is_for_auditors if {
	some found in finding with input as copying(unknown, production, {})
	found.persona == "auditor"
}

test_local_source_is_fine if {
	count(finding) == 0 with input as copying(here, production, {})
}

test_local_destination_is_fine if {
	count(finding) == 0 with input as copying(tagged, here, {})
}

test_copy_onto_itself_is_fine if {
	same := fixture.image("ghcr.io/acme/app:1", {})
	copy := fixture.event("copy", {"source": same, "reference": same, "destination": same})
	count(finding) == 0 with input as fixture.facts({"copy": [copy]})
}

test_handed_to_something_unseen if {
	facts := fixture.changed({}, {"handed": [fixture.handed("r.example.com/acme/app:1", {"does": "copy"})]})
	some found in finding with input as facts
	found.span == 7
	found.persona == "auditor"
}

test_handed_by_digest_or_as_a_destination_is_silent if {
	digest := fixture.handed("r.example.com/acme/app@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", {"does": "copy"})
	put := fixture.handed("r.example.com/acme/app:1", object.union({"does": "copy"}, {"is_destination": true}))
	facts := fixture.changed({}, {"handed": [digest, put]})
	count(finding) == 0 with input as facts
}

test_another_name_for_what_was_just_pushed_is_for_pedants if {
	staged := fixture.image("ghcr.io/acme/app:stable", {"registry": "ghcr.io", "repository": "acme/app"})
	facts := copying(tagged, staged, {"id": 7})
	pushed := fixture.event("push", {"id": 6, "reference": tagged})
	some found in finding with input as object.union(facts, {"events": object.union(facts.events, {"push": [pushed]})})
	found.persona == "pedantic"
	contains(found.message, "just pushed")
	some other in finding with input as object.union(facts, {"events": object.union(
		facts.events,
		{"push": [object.union(pushed, {"execution_index": 1})]},
	)})
	contains(other.message, "what is copied")
}
