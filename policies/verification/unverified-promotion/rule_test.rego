package swaplint.verification.unverified_promotion_test

import data.swaplint.lib.fixture
import data.swaplint.verification.unverified_promotion.finding

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

alias := fixture.image("ghcr.io/acme/app:latest", {"registry": "ghcr.io", "repository": "acme/app"})

here := fixture.image("app:1", {"is_local": true})

fresh := fixture.image("ghcr.io/acme/app@${DIGEST}", {"registry": "ghcr.io", "repository": "acme/app"})

signing := {"pipeline": {"repository_signs": true}}

candidate(why) := {"candidates": [{"event": 7, "why": why, "span": 8}]}

test_signed_image_is_high if {
	some found in finding with input as object.union(copying(tagged, production, {}), signing)
	found.span == 2
	found.severity == "high"
	found.persona == "regular"
}

test_digest_from_outside_is_high if {
	some found in finding with input as object.union(copying(fresh, production, {}), signing)
	found.severity == "high"
}

test_digest_handed_over_by_the_push_is_pedantic if {
	push := {"events": {"push": [fixture.event("push", {"id": 2, "reference": tagged})]}}
	facts := object.union(object.union(copying(fresh, production, {}), signing), push)
	some found in finding with input as facts
	found.persona == "pedantic"
}

test_without_signatures_it_is_pedantic if {
	some found in finding with input as copying(tagged, production, {})
	found.severity == "medium"
	found.persona == "pedantic"
}

test_verification_that_does_not_guard_is_shown if {
	some found in finding with input as copying(fresh, production, candidate("ignored"))
	found.severity == "high"
	found.related == [{"span": 8, "message": "`verify` does not protect this: it cannot stop the use when it fails"}]
}

test_verified_too_late_is_another_rule if {
	late := {"candidates": [{"event": 7, "why": "later", "span": 8}]}
	verify := fixture.event("verify", {"id": 7, "tool": "cosign", "reference": fresh})
	facts := object.union(copying(fresh, production, late), {"events": {"verify": [verify]}})
	count(finding) == 0 with input as facts
}

test_retag_is_a_promotion if {
	retag := fixture.event("retag", {"source": tagged, "destination": production})
	some found in finding with input as object.union(fixture.facts({"retag": [retag]}), signing)
	startswith(found.message, "`pull, tag and push`")
}

test_verified_is_fine if {
	count(finding) == 0 with input as object.union(copying(fresh, production, {"guards": [7]}), signing)
}

test_verified_by_tag_is_another_rule if {
	count(finding) == 0 with input as copying(tagged, production, candidate("by-tag"))
}

test_alias_in_the_same_repository_is_fine if {
	count(finding) == 0 with input as object.union(copying(fresh, alias, {}), signing)
	count(finding) == 0 with input as object.union(copying(pinned, alias, {}), signing)
}

test_unknown_is_for_auditors if {
	some found in finding with input as object.union(copying(unknown, production, {}), signing)
	found.persona == "auditor"
}

test_local_places_are_fine if {
	count(finding) == 0 with input as object.union(copying(here, production, {}), signing)
	count(finding) == 0 with input as object.union(copying(tagged, here, {}), signing)
}

test_copy_onto_itself_is_fine if {
	same := fixture.image("ghcr.io/acme/app:1", {})
	copy := fixture.event("copy", {"source": same, "reference": same, "destination": same})
	count(finding) == 0 with input as fixture.facts({"copy": [copy]})
}

# `crane copy a b`, `crane copy b c`: nobody can have signed b in between.
test_just_copied_is_pedantic if {
	first := fixture.event("copy", {"id": 0, "source": unknown, "reference": unknown, "destination": tagged})
	facts := object.union(copying(tagged, production, {"id": 1}), signing)
	copies := {"events": {"copy": array.concat([first], facts.events.copy)}}
	count(finding) == 2 with input as object.union(facts, copies)
	every found in finding {
		found.persona != "regular"
	} with input as object.union(facts, copies)
}
