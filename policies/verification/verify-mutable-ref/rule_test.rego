package swaplint.verification.verify_mutable_ref_test

import data.swaplint.lib.fixture
import data.swaplint.verification.verify_mutable_ref.finding

verification(text, overrides, event) := object.union(
	fixture.event("verify", {"tool": "cosign", "verb": "verify", "reference": fixture.image(text, overrides)}),
	event,
)

verifying(text, overrides, event) := fixture.facts({"verify": [verification(text, overrides, event)]})

used(why, guards) := fixture.facts({
	"verify": [verification("acme/app:1", {}, {})],
	"deploy": [fixture.event("deploy", {
		"id": 2,
		"span": 20,
		"reference": fixture.image("acme/app:1", {}),
		"candidates": [{"event": 1, "why": why, "span": 2}],
		"guards": guards,
	})],
})

test_tag_is_reported_at_the_reference if {
	some found in finding with input as verifying("ghcr.io/acme/app:main", {}, {})
	found.span == 3
	found.severity == "medium"
}

test_missing_tag_is_reported if {
	count(finding) == 1 with input as verifying("ghcr.io/acme/app", {}, {})
}

test_used_again_by_tag_is_another_rule if {
	count(finding) == 0 with input as used("by-tag", [])
}

test_guarded_by_another_verification_it_is_still_reported if {
	count(finding) == 1 with input as used("by-tag", [9])
}

test_verified_by_the_tool_that_takes_it_is_fine if {
	events := {
		"verify": [verification("acme/app:1", {}, {})],
		"copy": [fixture.event("copy", {"id": 2, "tool": "cosign", "reference": fixture.image("acme/app:1", {})})],
	}
	count(finding) == 0 with input as fixture.facts(events)
}

test_image_on_disk_is_fine if {
	count(finding) == 0 with input as verifying("app", {}, {"options": {"local-image": ["true"]}})
}

test_other_use_changes_nothing if {
	count(finding) == 1 with input as used("parallel", [])
}

test_digest_is_fine if {
	count(finding) == 0 with input as verifying("ghcr.io/acme/app:1@sha256:abc", {}, {})
}

test_unknown_is_for_auditors if {
	some found in finding with input as verifying("${IMAGE}", {"mutability": "unknown"}, {})
	found.persona == "auditor"
}

test_local_registry_is_fine if {
	count(finding) == 0 with input as verifying("localhost:5000/app:1", {"is_local": true}, {})
}

test_negative_test_is_fine if {
	count(finding) == 0 with input as verifying("ghcr.io/acme/app:main", {}, {"expected_to_fail": true})
}

test_files_are_fine if {
	count(finding) == 0 with input as verifying("app.tgz", {"artifact": "file"}, {})
}
