package swaplint.copy.copy_strips_signatures_test

import data.swaplint.copy.copy_strips_signatures.finding
import data.swaplint.lib.fixture

copying(options, local) := fixture.facts({"copy": [fixture.event("copy", {
	"tool": "skopeo",
	"verb": "copy",
	"reference": fixture.image("stage.example.com/app:1", {}),
	"destination": fixture.image("prod.example.com/app:1", {"is_local": local}),
	"options": options,
	"option_spans": {"strips-signatures": 9},
})]})

test_removed_signatures_are_reported_at_the_flag if {
	some found in finding with input as copying({"strips-signatures": ["true"]}, false)
	found.span == 9
	found.severity == "medium"
}

test_kept_signatures_are_fine if {
	count(finding) == 0 with input as copying({}, false)
	count(finding) == 0 with input as copying({"strips-signatures": ["false"]}, false)
}

test_local_destination_is_fine if {
	count(finding) == 0 with input as copying({"strips-signatures": ["true"]}, true)
}
