package swaplint.reference.unpinned_run_image_test

import data.swaplint.lib.fixture
import data.swaplint.reference.unpinned_run_image.finding

take(kind, id, text, overrides) := fixture.event(kind, {
	"id": id,
	"tool": "docker",
	"verb": kind,
	"reference": fixture.image(text, overrides),
})

pulling(text, overrides) := fixture.facts({"pull": [take("pull", 1, text, overrides)]})

test_pull_by_tag_is_reported if {
	some found in finding with input as pulling("docker.io/acme/tool:edge", {})
	found.span == 3
	found.severity == "medium"
	found.persona == "regular"
}

test_run_without_tag_is_reported if {
	facts := fixture.facts({"run": [take("run", 1, "acme/tool", {})]})
	some found in finding with input as facts
	contains(found.message, "without a tag")
}

test_vendor_version_is_pedantic if {
	some found in finding with input as pulling("docker.io/acme/tool:1.2.3", {"tag_kind": "full-version"})
	found.severity == "low"
	found.persona == "pedantic"
}

test_own_version_is_regular if {
	own := {"tag_kind": "full-version", "pushed_here": true}
	some found in finding with input as pulling("ghcr.io/acme/app:1.2.3", own)
	found.persona == "regular"
}

test_credentials_make_it_worse if {
	facts := object.union(pulling("acme/tool:edge", {}), {"executions": [fixture.execution({"privileged": true})]})
	some found in finding with input as facts
	found.severity == "high"
}

test_pulled_then_run_is_one_finding if {
	again := object.union(take("run", 2, "acme/tool:1", {}), {"is_repeated": true})
	events := {"pull": [take("pull", 1, "acme/tool:1", {})], "run": [again]}
	some found in finding with input as fixture.facts(events)
	found.event == 1
	count(finding) == 1 with input as fixture.facts(events)
}

test_deployment_is_another_rule if {
	events := {"run": [take("run", 1, "acme/app:1", {})], "deploy": [take("deploy", 2, "acme/app:1", {})]}
	count(finding) == 0 with input as fixture.facts(events)
}

test_promotion_is_another_rule if {
	retag := fixture.event("retag", {"id": 9, "source": fixture.image("acme/app:1", {})})
	events := {"pull": [take("pull", 1, "acme/app:1", {})], "retag": [retag]}
	count(finding) == 0 with input as fixture.facts(events)
}

test_what_another_execution_takes_for_itself_is_not_promoted if {
	retag := fixture.event("retag", {"id": 9, "execution_index": 1, "source": fixture.image("acme/app:1", {})})
	others := object.union(take("pull", 2, "acme/app:1", {}), {"execution_index": 1})
	events := {"pull": [take("pull", 1, "acme/app:1", {}), others], "retag": [retag]}
	some found in finding with input as fixture.facts(events)
	found.event == 1
	count(finding) == 1 with input as fixture.facts(events)
}

test_pulled_where_it_is_promoted_later_is_another_rule if {
	retag := fixture.event("retag", {"id": 9, "execution_index": 1, "source": fixture.image("acme/app:1", {})})
	events := {"pull": [take("pull", 1, "acme/app:1", {})], "retag": [retag]}
	count(finding) == 0 with input as fixture.facts(events)
}

test_digest_is_fine if {
	count(finding) == 0 with input as pulling("acme/tool@sha256:abc", {})
}

test_unknown_is_for_auditors if {
	some found in finding with input as pulling("${IMAGE}", {"mutability": "unknown"})
	found.persona == "auditor"
}

test_built_here_is_fine if {
	count(finding) == 0 with input as pulling("app:test", {"mutability": "local", "is_local": true})
}

test_running_a_file_is_fine if {
	count(finding) == 0 with input as pulling("tool:1", {"artifact": "file"})
}

test_handed_to_something_unseen if {
	facts := fixture.changed({}, {"handed": [fixture.handed("r.example.com/acme/app:1", {})]})
	some found in finding with input as facts
	found.span == 7
	found.persona == "auditor"
}

test_handed_by_digest_or_as_a_destination_is_silent if {
	digest := fixture.handed("r.example.com/acme/app@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", {})
	put := fixture.handed("r.example.com/acme/app:1", object.union({}, {"is_destination": true}))
	facts := fixture.changed({}, {"handed": [digest, put]})
	count(finding) == 0 with input as facts
}

test_what_may_be_built_here_says_so if {
	some found in finding with input as pulling("acme/app:dev", {"mutability": "unknown"})
	found.persona == "auditor"
	contains(found.message, "unless something that is not seen has built")
}
