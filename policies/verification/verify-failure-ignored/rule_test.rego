package swaplint.verification.verify_failure_ignored_test

import data.swaplint.lib.fixture
import data.swaplint.verification.verify_failure_ignored.finding

tolerating(kind, cause, overrides) := fixture.facts({kind: [object.union(
	fixture.event(kind, {
		"tool": "cosign",
		"verb": kind,
		"reference": fixture.image("acme/app@sha256:abc", {}),
		"effect": {"stops": false, "cause": cause, "why": "`|| true` discards its failure", "span": 8},
	}),
	overrides,
)]})

test_ignored_verification_is_high if {
	some found in finding with input as tolerating("verify", "or", {})
	found.span == 2
	found.severity == "high"
	contains(found.message, "`|| true` discards its failure")
	found.related == [{"span": 8, "message": "`|| true` discards its failure"}]
}

test_ignored_comparison_is_high if {
	some found in finding with input as tolerating("compare", "step-tolerance", {})
	found.severity == "high"
}

# What is said to be left out is what stands there.
test_help_names_the_setting if {
	every format, setting in {"tekton": "onError: continue", "github-workflow": "continue-on-error: true"} {
		why := sprintf("`%s` lets the step fail", [setting])
		facts := tolerating("verify", "step-tolerance", {"effect": {"stops": false, "cause": "step-tolerance", "why": why}})
		some found in finding with input as object.union(facts, {"pipeline": {"format": format}})
		contains(found.help, sprintf("leave `%s` out", [trim_suffix(setting, ": true")]))
	}
}

test_help_for_a_job_that_may_fail if {
	facts := tolerating("verify", "execution-tolerance", {})
	some found in finding with input as object.union(facts, {"pipeline": {"format": "gitlab-ci"}})
	contains(found.help, "leave `allow_failure` out")
}

test_help_for_a_script if {
	every cause, part in {"or": "`exit 1`", "condition": "its status", "tool-tolerance": "leave that switch out"} {
		some found in finding with input as tolerating("verify", cause, {})
		contains(found.help, part)
	}
}

test_ignored_copy_is_medium if {
	some found in finding with input as tolerating("copy", "no-errexit", {})
	found.severity == "medium"
}

test_copy_to_this_machine_may_fail if {
	here := {"destination": fixture.image("app:1", {"is_local": true})}
	count(finding) == 0 with input as tolerating("copy", "or", here)
}

test_unnamed_cause_is_reported if {
	bare := fixture.event("verify", {"effect": {"stops": false}})
	some found in finding with input as fixture.facts({"verify": [bare]})
	contains(found.message, "its failure does not stop the job")
}

test_pipes_are_another_rule if {
	every cause in ["pipe", "substitution"] {
		count(finding) == 0 with input as tolerating("verify", cause, {})
	}
}

test_stopping_is_fine if {
	count(finding) == 0 with input as tolerating("verify", "or", {"effect": {"stops": true}})
}

test_negative_test_is_fine if {
	count(finding) == 0 with input as tolerating("verify", "condition", {"expected_to_fail": true})
}

# `if verify; then deploy; fi`
waited_for(candidates) := fixture.facts({
	"verify": tolerating("verify", "condition", {}).events.verify,
	"deploy": [
		fixture.event("deploy", {"id": 2, "guards": [1]}),
		fixture.event("deploy", {"id": 3, "guards": [], "candidates": candidates}),
	],
})

test_use_that_waits_is_fine if {
	count(finding) == 0 with input as waited_for([])
}

test_another_use_that_does_not_wait_is_reported if {
	count(finding) == 1 with input as waited_for([{"event": 1, "why": "ignored", "span": 4}])
}

test_lookups_may_fail if {
	count(finding) == 0 with input as tolerating("resolve", "or", {})
}

test_no_effect_is_fine if {
	event := object.remove(fixture.event("verify", {}), ["effect"])
	count(finding) == 0 with input as fixture.facts({"verify": [event]})
}

test_comparison_before_the_use_that_it_decides_is_fine if {
	compare := fixture.event("compare", {
		"id": 1,
		"source": fixture.image("${sha256sum tool.tgz}", {}),
		"destination": fixture.image("${EXPECTED}", {}),
		"effect": {"stops": false, "cause": "and"},
	})
	run := fixture.event("run", {"id": 2, "conditional": true, "reference": fixture.reference("tool.tgz", "file")})
	count(finding) == 0 with input as fixture.facts({"compare": [compare], "run": [run]})
	count(finding) == 1 with input as fixture.facts({"compare": [compare]})
}

# `if [ "$(crane digest ghcr.io/acme/app:1)" != "$WANTED" ]; then MADE; fi`, and USED after it.
deciding(made, used) := deciding_by("${crane digest ghcr.io/acme/app:1}", made, used)

deciding_by(computed, made, used) := fixture.changed({}, {"events": object.union_n([
	{"compare": [fixture.event("compare", {
		"id": 1,
		"source": fixture.image(computed, {}),
		"destination": fixture.image("${WANTED}", {}),
		"effect": {"stops": false, "cause": "condition", "instead": [2]},
	})]},
	{made.kind: [object.union(made, {"id": 2})]},
	{used.kind: [object.union(used, {"id": 3})]},
])})

using(kind, text) := fixture.event(kind, {"reference": fixture.image(text, {})})

test_comparison_that_chooses_is_fine if {
	pushed := using("push", "ghcr.io/acme/app:1")
	count(finding) == 0 with input as deciding(pushed, using("deploy", "ghcr.io/acme/app@${WANTED}"))
	other := using("push", "ghcr.io/acme/other:1")
	count(finding) == 0 with input as deciding(other, using("deploy", "ghcr.io/acme/other:1"))
}

test_comparison_before_a_use_that_comes_either_way_is_reported if {
	other := using("push", "ghcr.io/acme/other:1")
	count(finding) == 1 with input as deciding(other, using("deploy", "ghcr.io/acme/app@${WANTED}"))
	built := using("build", "ghcr.io/acme/app:1")
	count(finding) == 1 with input as deciding(built, using("deploy", "ghcr.io/acme/app:1"))
}

test_file_that_is_fetched_anew_is_checked_anew if {
	fetched := fixture.event("download", {
		"source": fixture.url("https://get.example.com/tool", {}),
		"destination": fixture.reference("tool", "file"),
	})
	run := fixture.event("run", {"reference": fixture.reference("./tool", "file")})
	count(finding) == 1 with input as deciding_by("${sha256sum tool}", fetched, run)
	checked := deciding_by("${sha256sum tool}", object.union(fetched, {"guards": [4]}), run)
	check := fixture.event("verify", {"id": 4, "tool": "sha256sum", "reference": fixture.reference("tool", "file")})
	count(finding) == 0 with input as object.union(checked, {"events": {"verify": [check]}})
}

relied_on(kind, effect, overrides) := tolerating(kind, "or", object.union(
	{"effect": object.union({"stops": false, "cause": "or", "why": "`|| true` discards its failure", "span": 8}, effect)},
	overrides,
))

test_signature_is_pedantic if {
	some found in finding with input as relied_on("sign", {}, {})
	found.persona == "pedantic"
	found.message == "the signature of `acme/app@sha256:abc` may fail unnoticed: `|| true` discards its failure, and the artifact goes out without it"
}

test_missing_attestation_is_pedantic if {
	some found in finding with input as relied_on("download", {}, {"options": {"attestation": ["true"]}})
	found.severity == "medium"
	contains(found.message, "looks like an answer")
}

test_deployment_is_for_auditors if {
	some found in finding with input as relied_on("deploy", {}, {})
	found.persona == "auditor"
}

test_other_pipeline_is_named if {
	some found in finding with input as fixture.facts({"trigger": [fixture.event("trigger", {
		"options": {"job": ["sync"]},
		"effect": {"stops": false, "cause": "handler", "span": 8, "behind": 9},
	})]})
	startswith(found.message, "the run of another pipeline of `sync`")
	found.related[0].span == 9
}

test_push_that_is_used_is_pedantic if {
	push := fixture.event("push", {
		"reference": fixture.image("acme/app:1", {}),
		"effect": {"stops": false, "cause": "or", "why": "x", "span": 8, "goes_on": [2]},
	})
	sign := fixture.event("sign", {"id": 2, "span": 7, "reference": fixture.image("acme/app:1", {})})
	some found in finding with input as fixture.facts({"push": [push], "sign": [sign]})
	found.persona == "pedantic"
	found.related[1].span == 7
}

test_lookup_that_is_used_is_for_auditors if {
	lookup := fixture.event("resolve", {
		"reference": fixture.image("acme/app:1", {}),
		"effect": {"stops": false, "cause": "or", "goes_on": [2]},
	})
	use := fixture.event("sign", {"id": 2, "reference": fixture.image("acme/app@sha256:abc", {})})
	some found in finding with input as fixture.facts({"resolve": [lookup], "sign": [use]})
	found.persona == "auditor"
}

test_download_by_its_use if {
	from := {"source": fixture.url("https://downloads.example.com/tool", {}), "is_captured": true}
	some used in finding with input as relied_on("download", {"goes_on": [1]}, from)
	used.persona == "pedantic"
	some kept in finding with input as relied_on("download", {}, from)
	kept.severity == "info"
	some streamed in finding with input as relied_on("download", {"cause": "handler"}, from)
	contains(streamed.message, "the job is green")
	count(finding) == 0 with input as relied_on("download", {"cause": "condition"}, from)
	count(finding) == 0 with input as relied_on("download", {}, object.union(from, {"is_captured": false}))
}

test_key_is_a_proof if {
	from := {"source": fixture.url("https://downloads.example.com/release.asc", {}), "reference": fixture.url("https://downloads.example.com/release.asc", {})}
	some found in finding with input as relied_on("download", {}, from)
	found.severity == "medium"
}

test_charts_are_deployed if {
	some found in finding with input as relied_on("install", {}, {"tool": "helm"})
	startswith(found.message, "the deployment")
	count(finding) == 0 with input as relied_on("install", {}, {"tool": "apt-get"})
}

test_upload_to_a_store_of_its_own_is_fine if {
	some found in finding with input as relied_on("upload", {}, {"destination": fixture.url("s3://bucket/x", {})})
	found.severity == "info"
	count(finding) == 0 with input as relied_on("upload", {}, {"destination": fixture.reference("x", "stored")})
}

test_another_way_is_fine if count(finding) == 0 with input as relied_on("deploy", {"instead": [4]}, {})

test_reported_failure_is_fine if count(finding) == 0 with input as relied_on("deploy", {"cause": "reported"}, {})

test_own_machine_is_fine if {
	count(finding) == 0 with input as relied_on("push", {}, {"reference": fixture.image("localhost:5000/app:1", {"is_local": true})})
	count(finding) == 0 with input as relied_on("upload", {}, {"destination": fixture.url("http://localhost/x", {"is_local": true})})
}

test_tolerance_elsewhere_is_the_place if {
	some found in finding with input as relied_on("scan", {"elsewhere": true}, {})
	found.span == 8
	found.related[0].span == 2
}

test_nameless_is_told_by_its_command if {
	bare := fixture.event("publish", {"effect": {"stops": false, "cause": "or"}})
	some found in finding with input as fixture.facts({"publish": [bare]})
	contains(found.message, "`tool verb`")
}
