package swaplint.identity.cosign_missing_identity_test

import data.swaplint.lib.fixture
import data.swaplint.identity.cosign_missing_identity.finding

verifying(overrides) := fixture.facts({"verify": [object.union(
	fixture.event("verify", {
		"tool": "cosign",
		"verb": "verify",
		"reference": fixture.image("ghcr.io/acme/app@sha256:abc", {}),
	}),
	overrides,
)]})

test_nothing_named_is_reported if {
	some found in finding with input as verifying({})
	found.span == 2
	found.severity == "medium"
}

test_swallowed_failure_is_high if {
	effect := {"effect": {"stops": false, "cause": "or", "why": "`|| true` discards its failure", "span": 8}}
	some found in finding with input as verifying(effect)
	found.severity == "high"
	contains(found.message, "`|| true` discards")
	found.related == [{"span": 8, "message": "`|| true` discards its failure"}]
}

test_experimental_is_high if {
	weak := {"weaknesses": [fixture.weakness("cosign-experimental", {})]}
	some found in finding with input as object.union(verifying({}), weak)
	found.severity == "high"
}

test_other_weaknesses_do_not_matter if {
	weak := {"weaknesses": [fixture.weakness("tls-verification-disabled", {})]}
	some found in finding with input as object.union(verifying({}), weak)
	found.severity == "medium"
}

test_python_client_counts if {
	count(finding) == 1 with input as verifying({"tool": "sigstore", "verb": "verify identity"})
}

test_key_is_fine if {
	count(finding) == 0 with input as verifying({"options": {"key": ["cosign.pub"]}})
}

test_hardware_key_is_fine if {
	count(finding) == 0 with input as verifying({"options": {"sk": ["true"]}})
}

test_identity_is_fine if {
	count(finding) == 0 with input as verifying({"options": {"identity": ["a@acme.example"]}})
}

test_expression_is_fine if {
	count(finding) == 0 with input as verifying({"options": {"identity-regexp": ["${IDENTITY}"]}})
}

test_certificate_is_fine if {
	count(finding) == 0 with input as verifying({"options": {"certificate": ["cert.pem"]}})
}

test_words_from_outside_may_be_options if {
	flags := fixture.event("verify", {
		"id": 2,
		"tool": "cosign",
		"verb": "verify",
		"reference": fixture.image("$FLAGS", {"mutability": "unknown"}),
	})
	facts := verifying({})
	count(finding) == 0 with input as object.union(facts, {"events": {"verify": [facts.events.verify[0], flags]}})
}

test_negative_test_is_fine if {
	count(finding) == 0 with input as verifying({"expected_to_fail": true})
}

test_other_tools_are_not_asked if {
	count(finding) == 0 with input as verifying({"tool": "notation"})
}
