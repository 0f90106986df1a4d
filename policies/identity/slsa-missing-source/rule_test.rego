package swaplint.identity.slsa_missing_source_test

import data.swaplint.lib.fixture
import data.swaplint.identity.slsa_missing_source.finding

verifying(options, overrides) := fixture.facts({"verify": [object.union(
	fixture.event("verify", {
		"tool": "slsa-verifier",
		"verb": "verify-artifact",
		"reference": {"text": "app.tgz", "artifact": "file"},
		"options": options,
		"option_spans": {"source-uri": 6},
	}),
	overrides,
)]})

source := {"source-uri": ["github.com/acme/app"]}

test_no_source_is_high if {
	some found in finding with input as verifying({}, {})
	found.span == 2
	found.severity == "high"
}

test_any_ref_is_medium if {
	some found in finding with input as verifying(source, {})
	found.span == 6
	found.severity == "medium"
	contains(found.message, "`github.com/acme/app`")
}

test_each_ref_is_fine if {
	every role in ["source-tag", "source-versioned-tag", "source-branch"] {
		count(finding) == 0 with input as verifying(object.union(source, {role: ["v1"]}), {})
	}
}

test_unknown_source_counts_as_source if {
	options := {"source-uri": ["${SOURCE}"], "source-tag": ["${TAG}"]}
	count(finding) == 0 with input as verifying(options, {})
}

test_verification_summaries_have_no_source if {
	count(finding) == 0 with input as verifying({}, {"verb": "verify-vsa"})
}

test_negative_test_is_fine if {
	count(finding) == 0 with input as verifying({}, {"expected_to_fail": true})
}
