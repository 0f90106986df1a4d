package swaplint.copy.retag_promotion_test

import data.swaplint.lib.fixture
import data.swaplint.copy.retag_promotion.finding

promoting(source, destination, overrides) := fixture.facts({"retag": [object.union(
	fixture.event("retag", {
		"tool": "docker",
		"verb": "push",
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

test_tag_is_reported if {
	some found in finding with input as promoting(tagged, production, {})
	found.span == 2
	found.severity == "high"
	found.related == [{"span": 3, "message": "taken here"}]
	contains(found.help, "`crane copy ghcr.io/acme/app@sha256:.. prod.example/app:1`")
}

test_digest_is_pedantic if {
	some found in finding with input as promoting(pinned, production, {})
	found.severity == "medium"
	found.persona == "pedantic"
}

test_checked_digest_is_fine if {
	count(finding) == 0 with input as promoting(pinned, production, {"checks": [9]})
}

test_unknown_is_not_reported if {
	count(finding) == 0 with input as promoting(unknown, production, {})
}

test_own_build_is_fine if {
	count(finding) == 0 with input as promoting(fixture.image("app", {"mutability": "local"}), production, {})
}

test_local_destination_is_fine if {
	count(finding) == 0 with input as promoting(tagged, here, {})
	count(finding) == 0 with input as promoting(pinned, here, {})
}
