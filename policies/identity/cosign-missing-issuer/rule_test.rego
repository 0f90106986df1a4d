package swaplint.identity.cosign_missing_issuer_test

import data.swaplint.lib.fixture
import data.swaplint.identity.cosign_missing_issuer.finding

verifying(overrides) := fixture.facts({"verify": [object.union(
	fixture.event("verify", {
		"tool": "cosign",
		"verb": "verify",
		"reference": fixture.image("ghcr.io/acme/app@sha256:abc", {}),
	}),
	overrides,
)]})

test_identity_without_issuer_is_reported if {
	given := {"options": {"identity": ["x"]}, "option_spans": {"identity": 6}}
	some found in finding with input as verifying(given)
	found.span == 6
	found.severity == "high"
}

test_expression_without_issuer_is_reported if {
	given := {"options": {"identity-regexp": ["x"]}, "option_spans": {"identity-regexp": 7}}
	some found in finding with input as verifying(given)
	found.span == 7
}

test_python_client_has_its_own_flag if {
	given := {"tool": "sigstore", "options": {"identity": ["x"]}}
	some found in finding with input as verifying(given)
	contains(found.help, "--cert-oidc-issuer")
}

test_issuer_is_fine if {
	count(finding) == 0 with input as verifying({"options": {"identity": ["x"], "issuer": ["https://x"]}})
}

test_issuer_of_unknown_value_is_fine if {
	count(finding) == 0 with input as verifying({"options": {"identity": ["x"], "issuer-regexp": ["${ISSUER}"]}})
}

test_key_needs_no_issuer if {
	count(finding) == 0 with input as verifying({"options": {"identity": ["x"], "key": ["cosign.pub"]}})
}

test_no_identity_is_another_rule if {
	count(finding) == 0 with input as verifying({})
}

test_words_from_outside_may_be_options if {
	flags := fixture.event("verify", {
		"id": 2,
		"tool": "cosign",
		"verb": "verify",
		"reference": fixture.image("$FLAGS", {"mutability": "unknown"}),
	})
	facts := verifying({"options": {"identity": ["x"]}})
	count(finding) == 0 with input as object.union(facts, {"events": {"verify": [facts.events.verify[0], flags]}})
}

test_negative_test_is_fine if {
	given := {"options": {"identity": ["x"]}, "expected_to_fail": true}
	count(finding) == 0 with input as verifying(given)
}

test_sigstore_knows_the_issuer_of_github if {
	given := {"tool": "sigstore", "verb": "verify github", "options": {"identity": ["x"]}}
	count(finding) == 0 with input as verifying(given)
	count(finding) == 1 with input as verifying(object.union(given, {"verb": "verify identity"}))
}
