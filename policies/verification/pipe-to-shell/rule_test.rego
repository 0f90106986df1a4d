package swaplint.verification.pipe_to_shell_test

import data.swaplint.lib.fixture
import data.swaplint.verification.pipe_to_shell.finding

streaming(overrides) := fixture.facts({"stream": [object.union(
	fixture.event("stream", {"tool": "bash", "reference": fixture.url("https://get.example.com/install.sh", {})}),
	overrides,
)]})

test_stream_is_reported if {
	some found in finding with input as streaming({})
	found.span == 2
	found.severity == "high"
	contains(found.message, "`https://get.example.com/install.sh`")
}

test_what_is_set_in_this_shell_is_sourced if {
	some found in finding with input as streaming({"tool": "eval"})
	endswith(found.help, "then `source install.sh`")
	some other in finding with input as streaming({})
	endswith(other.help, "then run the file")
}

test_a_commit_in_the_address_is_fine if {
	pinned := fixture.url("https://raw.githubusercontent.com/acme/tool/abc/install.sh", {"mutability": "digest"})
	count(finding) == 0 with input as streaming({"reference": pinned})
}

test_stream_of_unknown_origin_is_reported if {
	event := fixture.event("stream", {"tool": "curl", "verb": ""})
	some found in finding with input as fixture.facts({"stream": [event]})
	contains(found.message, "`curl`")
}

test_story_of_the_value_is_related if {
	place := {"reference": {"provenance": [{"span": 7, "what": "assigned here"}]}}
	some found in finding with input as streaming(place)
	found.related == [{"span": 7, "message": "assigned here"}]
}

test_trusted_hosts_are_told_to_auditors if {
	trusting := {"pipe-to-shell": {"trusted-hosts": ["example.com"]}}
	some found in finding with input as streaming({}) with data.options as trusting
	found.persona == "auditor"
	some other in finding with input as streaming({}) with data.options as {"pipe-to-shell": {"trusted-hosts": ["ample.com"]}}
	other.severity == "high"
}

test_example_counts_less if {
	facts := object.union(streaming({}), {"pipeline": {"is_example": true}})
	some found in finding with input as facts
	found.severity == "medium"
}

test_verified_stream_is_fine if {
	count(finding) == 0 with input as streaming({"guards": [9]})
}

test_this_machine_is_fine if {
	count(finding) == 0 with input as streaming({"reference": {"is_local": true}})
}
