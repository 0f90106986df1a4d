package swaplint.digest.digest_fallback_to_tag_test

import data.swaplint.digest.digest_fallback_to_tag.finding
import data.swaplint.lib.fixture

deploying(text, overrides) := fixture.facts({"deploy": [fixture.event("deploy", {"reference": object.union(
	object.union(fixture.reference(text, "image"), {"mutability": "unknown"}),
	overrides,
)})]})

test_fallback_is_high if {
	some found in finding with input as deploying("ghcr.io/acme/app@${DIGEST:-latest}", {"fallback": {"text": "ghcr.io/acme/app@latest", "span": 3}})
	found.span == 3
	found.severity == "high"
	contains(found.message, "takes `ghcr.io/acme/app@latest`")
}

test_branch_that_falls_back_is_reported_where_it_does if {
	some found in finding with input as deploying("$IMAGE", {"fallback": {"text": "app:latest", "span": 8}})
	found.span == 8
}

test_default_that_is_a_digest_is_fine if {
	count(finding) == 0 with input as deploying("ghcr.io/acme/app@${DIGEST:-sha256:abc}", {})
}

test_missing_digest_that_is_fatal_is_fine if {
	count(finding) == 0 with input as deploying("ghcr.io/acme/app@${DIGEST:?no digest}", {})
	count(finding) == 0 with input as deploying("ghcr.io/acme/app@${DIGEST}", {})
}

test_default_of_a_tag_is_another_rule if {
	count(finding) == 0 with input as deploying("ghcr.io/acme/app:${TAG:-latest}", {})
}
