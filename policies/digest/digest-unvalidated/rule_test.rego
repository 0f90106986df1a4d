package swaplint.digest.digest_unvalidated_test

import data.swaplint.digest.digest_unvalidated.finding
import data.swaplint.lib.fixture

deploying(digest, overrides) := fixture.facts({"deploy": [fixture.event("deploy", {"reference": object.union(
	fixture.image(sprintf("ghcr.io/acme/app@%s", [digest]), {}),
	overrides,
)})]})

test_input_is_reported if {
	some found in finding with input as deploying("${inputs.digest}", {})
	found.span == 3
	found.severity == "low"
}

test_event_of_another_pipeline_is_reported if {
	count(finding) == 1 with input as deploying("${github.event.client_payload.digest}", {})
}

test_checked_form_is_fine if {
	count(finding) == 0 with input as deploying("${inputs.digest}", {"digest_is_checked": true})
}

test_output_of_the_push_is_fine if {
	count(finding) == 0 with input as deploying("${build.steps.push.outputs.digest}", {})
}

test_written_digest_is_fine if {
	count(finding) == 0 with input as deploying("sha256:abc", {})
}

test_scraped_digest_is_pedantic if {
	some found in finding with input as deploying("${helm push | grep}", {"digest_is_scraped": true})
	found.persona == "pedantic"
	found.severity == "low"
}

test_scraped_and_checked_is_fine if {
	count(finding) == 0 with input as deploying("${helm push | grep}", {"digest_is_scraped": true, "digest_is_checked": true})
}

looked_up(overrides) := fixture.changed({}, {"digests": [fixture.digest(
	"r.example.com/acme/app:1",
	object.union({"is_lookup": true, "handed_on": 8}, overrides),
)]})

test_lookup_is_handed_on_unchecked if {
	some found in finding with input as looked_up({})
	found.span == 8
}

test_lookup_is_checked_or_stays_here if {
	count(finding) == 0 with input as looked_up({"is_checked": true})
	count(finding) == 0 with input as looked_up({"is_received": true})
}
