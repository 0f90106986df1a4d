package swaplint.reference.unpinned_base_image_test

import data.swaplint.lib.fixture
import data.swaplint.reference.unpinned_base_image.finding

building(text, taken) := fixture.changed({}, {"base_images": [fixture.image_use("base", text, {"reference": taken})]})

test_tag_is_reported if {
	some found in finding with input as building("debian:12", {})
	found.span == 3
	found.severity == "medium"
	contains(found.help, "`FROM debian:12@sha256:..`")
}

test_missing_tag_is_reported if {
	count(finding) == 1 with input as building("debian", {})
}

test_example_counts_less if {
	facts := object.union(building("debian:12", {}), {"pipeline": {"is_example": true}})
	some found in finding with input as facts
	found.severity == "low"
}

test_digest_is_fine if {
	count(finding) == 0 with input as building("debian:12@sha256:abc", {})
}

test_unknown_is_not_reported if {
	count(finding) == 0 with input as building("${BASE}", {"mutability": "unknown"})
}

test_own_stage_is_fine if {
	count(finding) == 0 with input as building("app:dev", {"mutability": "local"})
}
