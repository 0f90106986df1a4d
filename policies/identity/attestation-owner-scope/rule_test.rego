package swaplint.identity.attestation_owner_scope_test

import data.swaplint.lib.fixture
import data.swaplint.identity.attestation_owner_scope.finding

verifying(options, overrides) := fixture.facts({"verify": [object.union(
	fixture.event("verify", {
		"tool": "gh",
		"verb": "attestation verify",
		"reference": {"text": "app.tgz", "artifact": "file"},
		"options": options,
		"option_spans": {"owner": 6},
	}),
	overrides,
)]})

test_owner_alone_is_reported if {
	some found in finding with input as verifying({"owner": ["acme"]}, {})
	found.span == 6
	found.severity == "medium"
	contains(found.help, "--repo acme/REPO")
}

test_repository_is_fine if {
	count(finding) == 0 with input as verifying({"repository": ["acme/app"]}, {})
}

test_workflow_beside_the_owner_is_fine if {
	count(finding) == 0 with input as verifying({"owner": ["acme"], "signer-workflow": ["acme/ci/x.yml"]}, {})
}

test_signer_repository_beside_the_owner_is_fine if {
	count(finding) == 0 with input as verifying({"owner": ["acme"], "signer-repo": ["acme/ci"]}, {})
}

test_negative_test_is_fine if {
	count(finding) == 0 with input as verifying({"owner": ["acme"]}, {"expected_to_fail": true})
}

test_other_tools_are_not_asked if {
	count(finding) == 0 with input as verifying({"owner": ["acme"]}, {"tool": "cosign"})
}
