package swaplint.transport.plain_http_download_test

import data.swaplint.lib.fixture
import data.swaplint.transport.plain_http_download.finding

download(url, overrides) := fixture.facts({"download": [object.union(
	fixture.event("download", {"tool": "curl", "source": fixture.url(url, {})}),
	overrides,
)]})

test_http_is_reported if {
	some found in finding with input as download("http://get.example.com/tool.tgz", {})
	found.span == 3
	contains(found.help, "https://get.example.com/tool.tgz")
}

test_the_help_names_the_scheme_that_is_not_written if {
	bare := {"source": fixture.url("http://get.example.com/tool.tgz", {"text": "get.example.com/tool.tgz"})}
	some found in finding with input as download("http://get.example.com/tool.tgz", bare)
	contains(found.message, "`get.example.com/tool.tgz` is fetched over http")
	contains(found.help, "`https://get.example.com/tool.tgz`")
}

test_the_help_names_the_address_that_a_variable_holds if {
	held := {"source": fixture.url("http://get.example.com/tool.tgz", {"text": "$BASE/tool.tgz"})}
	some found in finding with input as download("http://get.example.com/tool.tgz", held)
	contains(found.help, "`https://get.example.com/tool.tgz`")
}

test_ftp_is_reported if {
	count(finding) == 1 with input as download("ftp://get.example.com/tool.tgz", {})
}

test_hosts_of_the_config_are_told_to_auditors if {
	own := {"plain-http-download": {"local-hosts": ["get.example.com"]}}
	some found in finding with input as download("http://get.example.com/tool.tgz", {}) with data.options as own
	found.persona == "auditor"
	sent := fixture.event("upload", {
		"source": fixture.reference("tool", "file"),
		"destination": fixture.url("http://get.example.com/tool", {}),
	})
	some put in finding with input as fixture.facts({"upload": [sent]}) with data.options as own
	put.persona == "auditor"
}

test_streams_are_reported_at_their_reference if {
	stream := fixture.event("stream", {"reference": fixture.url("http://get.example.com/install.sh", {})})
	count(finding) == 1 with input as fixture.facts({"stream": [stream]})
}

test_source_and_reference_are_one_finding if {
	url := fixture.url("http://get.example.com/tool.tgz", {})
	count(finding) == 1 with input as download("http://get.example.com/tool.tgz", {"reference": url})
}

test_https_is_fine if {
	count(finding) == 0 with input as download("https://get.example.com/tool.tgz", {})
}

test_localhost_is_fine if {
	count(finding) == 0 with input as download("http://localhost:8080/tool.tgz", {"source": {"is_local": true}})
}

test_verified_download_is_fine if {
	count(finding) == 0 with input as download("http://get.example.com/tool.tgz", {"guards": [9]})
}

test_a_host_that_nobody_sees_is_for_auditors if {
	url := fixture.url("http://x/ping", {"host": "?"})
	some found in finding with input as download("http://x/ping", {"source": url})
	found.persona == "auditor"
}

test_an_answer_is_for_auditors_unless_it_is_put_to_use if {
	some url in ["http://get.example.com/index.html", "http://api.example.com/v1/x?page=2", "http://get.example.com/metrics"]
	some found in finding with input as download(url, {})
	found.persona == "auditor"
	some put in finding with input as download(url, {"source": fixture.url(url, {"is_used": true})})
	not put.persona
}

test_an_answer_that_others_get_is_reported if {
	page := fixture.reference("index.html", "file")
	fetched := fixture.event("download", {
		"source": fixture.url("http://get.example.com/index.html", {}),
		"destination": page,
	})
	sent := {"source": page, "destination": fixture.url("https://put.example.com/index.html", {})}
	after := fixture.event("upload", object.union(sent, {"id": 2}))
	some found in finding with input as fixture.facts({"download": [fetched], "upload": [after]})
	not found.persona

	# What was sent before is another file.
	before := fixture.event("upload", object.union(sent, {"id": 0}))
	some other in finding with input as fixture.facts({"download": [fetched], "upload": [before]})
	other.persona == "auditor"
}

test_what_is_used_from_a_host_that_nobody_sees_is_reported if {
	url := fixture.url("http://x/tool", {"host": "?", "is_used": true})
	some found in finding with input as download("http://x/tool", {"source": url})
	not found.persona
}
