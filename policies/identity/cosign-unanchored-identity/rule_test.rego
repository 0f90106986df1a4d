package swaplint.identity.cosign_unanchored_identity_test

import data.swaplint.lib.fixture
import data.swaplint.identity.cosign_unanchored_identity.finding

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

test_embedded_is_reported if {
	some found in finding with input as identified(["embedded"], {})
	found.span == 6
	found.severity == "medium"
	contains(found.message, "`https://embedded.example`")
	contains(found.help, "anchor")
}

test_lookalike_host_is_reported if {
	some found in finding with input as identified(["lookalike-host"], {})
	contains(found.help, "escape")
}

test_both_are_one_finding if {
	count(finding) == 1 with input as identified(["lookalike-host", "embedded", "other-workflow"], {})
}

test_broad_is_another_rule if {
	count(finding) == 0 with input as identified(["other-repository", "embedded"], {})
}

test_exact_identity_is_fine if {
	count(finding) == 0 with input as identified([], {})
}

test_negative_test_is_fine if {
	count(finding) == 0 with input as identified(["embedded"], {"expected_to_fail": true})
}

test_what_the_user_vouches_for_is_fine if {
	trusted := object.union(expression(["embedded"]), {"is_trusted": true})
	count(finding) == 0 with input as identified([], {"identities": [trusted]})
	untrusted := object.union(trusted, {"is_trusted": false})
	count(finding) == 1 with input as identified([], {"identities": [untrusted]})
}
