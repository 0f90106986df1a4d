package swaplint.reference.unpinned_ci_image_test

import data.swaplint.lib.fixture
import data.swaplint.reference.unpinned_ci_image.finding

running(text, taken, execution) := fixture.changed({}, {
	"images": [fixture.image_use("job", text, {"reference": taken})],
	"executions": [fixture.execution(execution)],
})

privileged := {"privileged": true}

test_tag_is_pedantic if {
	some found in finding with input as running("golang:1.22", {}, privileged)
	found.span == 3
	found.severity == "low"
	found.persona == "pedantic"
	found.execution == "job"
}

test_latest_with_credentials_is_regular if {
	some found in finding with input as running("golang:latest", {"tag_kind": "moving"}, privileged)
	found.severity == "medium"
	found.persona == "regular"
}

test_no_tag_with_credentials_is_regular if {
	some found in finding with input as running("golang", {}, privileged)
	found.persona == "regular"
	not contains(found.help, "keep the tag")
}

test_a_tag_is_kept_for_people if {
	some found in finding with input as running("golang:1.22", {"tag": "1.22"}, privileged)
	contains(found.help, "keep the tag for people")
}

test_latest_without_credentials_is_pedantic if {
	some found in finding with input as running("golang:latest", {"tag_kind": "moving"}, {})
	found.persona == "pedantic"
}

test_digest_is_fine if {
	count(finding) == 0 with input as running("golang:latest@sha256:abc", {}, privileged)
}

test_unknown_is_for_auditors if {
	some found in finding with input as running("${image}", {"mutability": "unknown"}, privileged)
	found.persona == "auditor"
}
