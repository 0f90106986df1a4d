package swaplint.digest.digest_rederived_test

import data.swaplint.digest.digest_rederived.finding
import data.swaplint.lib.fixture

own := {"registry": "ghcr.io", "repository": "acme/app", "pushed_here": true}

tag := "ghcr.io/acme/app:1"

executions := [fixture.execution({"id": "build"}), fixture.execution({"id": "sign", "needs": ["build"]})]

push(overrides) := object.union(
	fixture.event("push", {"id": 1, "reference": fixture.image(tag, own), "execution": "build", "span": 10}),
	overrides,
)

resolve(overrides) := object.union(
	fixture.event("resolve", {
		"id": 2,
		"tool": "crane",
		"verb": "digest",
		"reference": fixture.image(tag, own),
		"execution": "sign",
		"execution_index": 1,
		"span": 20,
	}),
	overrides,
)

sign := fixture.event("sign", {
	"id": 3,
	"tool": "cosign",
	"verb": "sign",
	"reference": fixture.image("ghcr.io/acme/app@${crane digest}", object.union(own, {
		"digest_is_lookup": true,
		"provenance": [{"span": 20, "what": "looked up here"}],
	})),
	"execution": "sign",
	"execution_index": 1,
	"span": 30,
})

facts(push, resolve, sign) := fixture.changed(
	{"push": [push], "resolve": [resolve], "sign": [sign]},
	{"executions": executions},
)

here := {"execution": "sign", "execution_index": 1}

test_lookup_in_a_later_execution_is_high if {
	some found in finding with input as facts(push({}), resolve({}), sign)
	found.span == 20
	found.severity == "high"
	found.related == [{"span": 10, "message": "pushed here"}, {"span": 30, "message": "`cosign sign` trusts it"}]
}

test_lookup_beside_an_action_that_knows_is_medium if {
	action := push(object.union(here, {"tool": "docker/build-push-action"}))
	some found in finding with input as facts(action, resolve({}), sign)
	found.severity == "medium"
}

test_lookup_of_an_index_made_here_is_pedantic if {
	copy := fixture.event("copy", object.union(here, {"id": 0, "tool": "docker", "source": fixture.image(tag, own)}))
	some found in finding with input as object.union(facts(push({}), resolve({}), sign), {"events": {"copy": [copy]}})
	found.persona == "pedantic"
}

test_lookup_of_what_was_pushed_unseen_is_high if {
	some found in finding with input as fixture.changed({"resolve": [resolve({})], "sign": [sign]}, {"executions": executions})
	found.severity == "high"
	contains(found.message, "what was pushed elsewhere")
}

test_image_of_the_repository_counts_as_own if {
	forge := object.union(sign, {"reference": {"pushed_here": false, "repository": "${github.repository}"}})
	count(finding) == 1 with input as fixture.changed({"resolve": [resolve({})], "sign": [forge]}, {"executions": executions})
}

test_digest_that_is_verified_before_is_fine if {
	guarded := object.union(sign, {"guards": [9]})
	count(finding) == 0 with input as facts(push({}), resolve({}), guarded)
}

test_lookup_right_after_the_push_is_fine if {
	count(finding) == 0 with input as facts(push(here), resolve({}), sign)
}

test_lookup_where_it_was_pushed_and_handed_over_is_fine if {
	count(finding) == 0 with input as facts(push({}), resolve({"execution": "build", "execution_index": 0}), sign)
}

test_lookup_that_nobody_trusts_is_fine if {
	quiet := object.union(sign, {"reference": {"digest_is_lookup": false}})
	count(finding) == 0 with input as facts(push({}), resolve({}), quiet)
}

test_somebody_elses_image_is_fine if {
	other := push({"reference": {"repository": "acme/other"}})
	theirs := object.union(sign, {"reference": {"pushed_here": false}})
	count(finding) == 0 with input as facts(other, resolve({}), theirs)
}

test_pushed_only_afterwards_is_fine if {
	count(finding) == 0 with input as facts(push({"id": 9, "execution": "sign", "execution_index": 1}), resolve({}), sign)
}

test_list_of_a_release_tool_is_medium if {
	release := fixture.event("push", object.union(here, {"id": 1, "tool": "goreleaser/goreleaser-action"}))
	some found in finding with input as object.union(facts(push({}), resolve({}), sign), {"events": {"push": [release]}})
	found.severity == "medium"
	found.persona == "regular"
}

test_digest_of_another_repository_is_pedantic if {
	elsewhere := object.union(sign, {"reference": {"repository": "acme/mirror", "pushed_here": false}})
	some found in finding with input as facts(push(here), resolve({}), elsewhere)
	found.persona == "pedantic"
	contains(found.message, "a digest that was looked up in `ghcr.io/acme/app`")
}

app_name := {"registry": "r.example.com", "repository": "acme/app"}

put_together(overrides) := fixture.changed(
	{"copy": [fixture.event("copy", {"destination": fixture.image("r.example.com/acme/app:1", app_name)})]},
	overrides,
)

test_lookup_after_a_copy_is_handed_on if {
	looked_up := object.union({"is_lookup": true, "handed_on": 8, "before": 2}, app_name)
	some found in finding with input as put_together({"digests": [fixture.digest("r.example.com/acme/app:1", looked_up)]})
	found.persona == "auditor"
}

test_whole_reference_is_handed_on if {
	name := "r.example.com/acme/app@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	looked_up := fixture.handed(name, {"reference": fixture.image(name, object.union({"digest_is_lookup": true}, app_name))})
	some found in finding with input as put_together({"handed": [looked_up]})
	found.span == 7
	told := fixture.handed(name, {})
	count(finding) == 0 with input as put_together({"handed": [told]})

	# One of several repositories: of the digest alone nothing is told.
	digest := fixture.digest("${many}", {"is_lookup": true, "handed_on": 7, "before": 2})
	some other in finding with input as put_together({"handed": [looked_up], "digests": [digest]})
	other.span == 7
	{"span": 6, "message": "looked up here"} in other.related
}
