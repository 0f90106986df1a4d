package swaplint.verification.unverified_handoff_test

import data.swaplint.lib.fixture
import data.swaplint.verification.unverified_handoff.finding

taking(options) := fixture.facts({"download": [fixture.event("download", {
	"tool": "actions/download-artifact",
	"verb": "",
	"source": fixture.reference("app", "stored"),
	"destination": fixture.reference("dist", "file"),
	"options": options,
})]})

test_unchecked_artifact_is_reported if {
	some found in finding with input as taking({})
	found.span == 3
	found.severity == "low"
}

test_checked_artifact_is_fine if {
	verify := fixture.event("verify", {"id": 2, "tool": "sha256sum", "reference": fixture.reference("dist/sums", "file")})
	count(finding) == 0 with input as object.union(taking({}), {"events": {"verify": [verify]}})
}

test_other_run_is_another_rule if {
	count(finding) == 0 with input as taking({"other-run": ["true"]})
}

test_cache_and_download_are_other_matters if {
	count(finding) == 0 with input as taking({"cache": ["true"]})
	url := fixture.event("download", {"source": fixture.url("https://get.example.com/x", {})})
	count(finding) == 0 with input as fixture.facts({"download": [url]})
}
