package swaplint.identity.cosign_broad_identity_test

import data.swaplint.lib.fixture
import data.swaplint.identity.cosign_broad_identity.finding

identified(admits, overrides) := fixture.facts({"verify": [object.union(verification(admits), overrides)]})

verification(admits) := fixture.event("verify", {
	"tool": "cosign",
	"verb": "verify",
	"reference": fixture.image("ghcr.io/acme/app@sha256:abc", {}),
	"identities": [expression(admits)],
})

expression(admits) := {
	"role": "identity-regexp",
	"expression": "https://github.com/acme/.*",
	"known": true,
	"anchored": false,
	"admits": [{"class": class, "identity": sprintf("https://%s.example", [class])} | some class in admits],
	"span": 6,
}

test_the_worst_identity_is_shown if {
	some found in finding with input as identified(["other-workflow", "other-repository", "other-organisation"], {})
	found.span == 6
	found.severity == "high"
	contains(found.message, "`https://other-organisation.example`")
}

test_one_expression_is_one_finding if {
	count(finding) == 1 with input as identified(["anyone", "other-repository", "other-workflow", "embedded"], {})
}

test_any_workflow_of_the_repository_is_pedantic if {
	some found in finding with input as identified(["other-workflow", "other-ref"], {})
	found.severity == "medium"
	found.persona == "pedantic"
}

test_unanchored_is_another_rule if {
	count(finding) == 0 with input as identified(["other-workflow", "embedded"], {})
}

test_other_refs_are_fine if {
	count(finding) == 0 with input as identified(["other-ref"], {})
}

test_exact_identity_is_fine if {
	count(finding) == 0 with input as identified([], {})
}

test_negative_test_is_fine if {
	count(finding) == 0 with input as identified(["anyone"], {"expected_to_fail": true})
}

test_what_the_user_vouches_for_is_fine if {
	trusted := object.union(expression(["anyone"]), {"is_trusted": true})
	count(finding) == 0 with input as identified([], {"identities": [trusted]})
	untrusted := object.union(trusted, {"is_trusted": false})
	count(finding) == 1 with input as identified([], {"identities": [untrusted]})
}
