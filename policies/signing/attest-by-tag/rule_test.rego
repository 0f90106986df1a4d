package swaplint.signing.attest_by_tag_test

import data.swaplint.lib.fixture
import data.swaplint.signing.attest_by_tag.finding

attesting(text, overrides) := fixture.facts({"attest": [fixture.event("attest", {
	"tool": "cosign",
	"verb": "attach sbom",
	"reference": fixture.image(text, overrides),
})]})

test_tag_is_reported_at_the_reference if {
	some found in finding with input as attesting("ghcr.io/acme/app:main", {})
	found.span == 3
	found.severity == "high"
	contains(found.message, "`cosign attach sbom`")
}

test_missing_tag_is_reported if {
	count(finding) == 1 with input as attesting("ghcr.io/acme/app", {})
}

test_example_counts_less if {
	facts := object.union(attesting("ghcr.io/acme/app:main", {}), {"pipeline": {"is_example": true}})
	some found in finding with input as facts
	found.severity == "medium"
}

test_digest_is_fine if {
	count(finding) == 0 with input as attesting("ghcr.io/acme/app@sha256:abc", {})
}

test_unknown_is_for_auditors if {
	some found in finding with input as attesting("${IMAGE}", {"mutability": "unknown"})
	found.persona == "auditor"
}

test_files_are_not_images if {
	count(finding) == 0 with input as attesting("app.tgz:1", {"artifact": "file"})
}

test_local_registry_is_for_auditors if {
	some found in finding with input as attesting("localhost:5000/app:1", {"is_local": true})
	found.persona == "auditor"
}
