package swaplint.copy.unchecked_copy_test

import data.swaplint.lib.fixture
import data.swaplint.copy.unchecked_copy.finding

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

# What everybody is told of it is copy-by-tag's.
test_by_tag_is_pedantic if {
	some found in finding with input as copying(tagged, production, {})
	found.span == 2
	found.severity == "medium"
	found.persona == "pedantic"
	contains(found.help, "crane digest prod.example/app:1")
}

test_by_digest_is_pedantic if {
	some found in finding with input as copying(pinned, production, {})
	found.severity == "low"
	found.persona == "pedantic"
}

test_conversion_cannot_be_compared if {
	some found in finding with input as copying(pinned, production, {"options": {"changes-digest": ["true"]}})
	found.severity == "medium"
	found.persona == "pedantic"
	contains(found.help, "equality of digests cannot be demanded")
}

test_copy_without_destination_is_reported if {
	facts := fixture.facts({"copy": [fixture.event("copy", {"tool": "skopeo", "verb": "sync", "source": tagged})]})
	count(finding) == 1 with input as facts
}

test_checked_is_fine if {
	count(finding) == 0 with input as copying(tagged, production, {"checks": [9]})
}

test_unknown_is_for_auditors if {
	some found in finding with input as copying(unknown, production, {})
	found.persona == "auditor"
}

test_alias_in_the_same_repository_is_fine if {
	count(finding) == 0 with input as copying(pinned, alias, {})
}

test_local_places_are_fine if {
	count(finding) == 0 with input as copying(here, production, {})
	count(finding) == 0 with input as copying(tagged, here, {})
}

test_copy_onto_itself_is_fine if {
	same := fixture.image("ghcr.io/acme/app:1", {})
	copy := fixture.event("copy", {"source": same, "reference": same, "destination": same})
	count(finding) == 0 with input as fixture.facts({"copy": [copy]})
}
