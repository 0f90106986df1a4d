package swaplint.verification.unverified_deploy_test

import data.swaplint.lib.fixture
import data.swaplint.verification.unverified_deploy.finding

deploying(text, overrides, event) := fixture.facts({"deploy": [object.union(
	fixture.event("deploy", {
		"tool": "kubectl",
		"verb": "set image",
		"reference": fixture.image(text, object.union(own, overrides)),
	}),
	event,
)]})

own := {"registry": "ghcr.io", "repository": "acme/app", "pushed_here": true}

signing := {"pipeline": {"repository_signs": true}}

tag := "ghcr.io/acme/app:main"

digest := "ghcr.io/acme/app@${DIGEST}"

candidate(why) := {"candidates": [{"event": 7, "why": why, "span": 8}]}

test_signed_image_is_high if {
	some found in finding with input as object.union(deploying(tag, {}, {}), signing)
	found.span == 3
	found.severity == "high"
	found.persona == "regular"
	contains(found.message, "although this repository signs")
}

test_signed_image_by_a_digest_from_outside_is_high if {
	some found in finding with input as object.union(deploying(digest, {}, {}), signing)
	found.severity == "high"
}

test_somebody_elses_image_is_medium if {
	some found in finding with input as object.union(deploying(tag, {"pushed_here": false}, {}), signing)
	found.severity == "medium"
	found.persona == "pedantic"
}

# Nothing is there to be verified: what everybody is told of it is unpinned-deploy-image's.
test_unsigned_tag_is_pedantic if {
	some found in finding with input as deploying(tag, {}, {})
	found.severity == "medium"
	found.persona == "pedantic"
}

test_unsigned_digest_is_pedantic if {
	some found in finding with input as deploying(digest, {}, {})
	found.persona == "pedantic"
}

test_digest_handed_over_by_the_push_is_pedantic if {
	push := {"events": {"push": [fixture.event("push", {"id": 2, "reference": fixture.image(tag, own)})]}}
	facts := object.union(object.union(deploying(digest, {}, {}), signing), push)
	some found in finding with input as facts
	found.persona == "pedantic"
}

test_digest_looked_up_again_is_high if {
	push := {"events": {"push": [fixture.event("push", {"id": 2, "reference": fixture.image(tag, own)})]}}
	facts := object.union(object.union(deploying(digest, {"digest_is_lookup": true}, {}), signing), push)
	some found in finding with input as facts
	found.severity == "high"
}

test_written_digest_is_pedantic if {
	some found in finding with input as object.union(deploying("ghcr.io/acme/app@sha256:abc", {}, {}), signing)
	found.persona == "pedantic"
}

test_verification_that_does_not_guard_is_shown if {
	some found in finding with input as deploying(digest, {}, candidate("ignored"))
	found.severity == "high"
	found.related == [{"span": 8, "message": "`verify` does not protect this: it cannot stop the use when it fails"}]
}

test_verification_of_something_else_changes_nothing if {
	some found in finding with input as deploying(digest, {}, candidate("other-content"))
	found.persona == "pedantic"
}

test_verified_is_fine if {
	count(finding) == 0 with input as object.union(deploying(digest, {}, {"guards": [7]}), signing)
}

test_verified_by_tag_is_another_rule if {
	count(finding) == 0 with input as deploying(tag, {}, candidate("by-tag"))
}

test_unknown_is_for_auditors if {
	some found in finding with input as object.union(deploying("${IMAGE}", {"mutability": "unknown"}, {}), signing)
	found.persona == "auditor"
}

test_local_image_is_fine if {
	count(finding) == 0 with input as object.union(deploying(tag, {"is_local": true}, {}), signing)
}

test_signature_made_beside_the_deployment_is_told if {
	executions := {"executions": [fixture.execution({"span": 60}), fixture.execution({"id": "attest", "signs": true})]}
	some found in finding with input as object.union(deploying(tag, {}, {}), executions)
	{"span": 60, "message": "does not wait for `attest`, which signs"} in found.related
}
