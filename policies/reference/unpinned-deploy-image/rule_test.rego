package swaplint.reference.unpinned_deploy_image_test

import data.swaplint.lib.fixture
import data.swaplint.reference.unpinned_deploy_image.finding

deploying(text, overrides) := fixture.facts({"deploy": [fixture.event("deploy", {
	"tool": "kubectl",
	"verb": "set image",
	"reference": fixture.image(text, overrides),
})]})

test_tag_is_reported_at_the_reference if {
	some found in finding with input as deploying("ghcr.io/acme/app:main", {})
	found.span == 3
	found.severity == "high"
	contains(found.message, "`ghcr.io/acme/app:main` by tag")
}

test_missing_tag_is_reported if {
	some found in finding with input as deploying("ghcr.io/acme/app", {})
	contains(found.message, "without a tag")
}

test_help_names_the_repository if {
	parts := {"registry": "ghcr.io", "repository": "acme/app"}
	some found in finding with input as deploying("ghcr.io/acme/app:main", parts)
	contains(found.help, "`ghcr.io/acme/app@sha256:..`")
}

test_help_for_a_value_of_a_chart_can_be_typed if {
	some found in finding with input as deploying("image.tag=1.2.3", {
		"registry": "docker.io",
		"repository": "${image of the chart}",
		"mutability": "tag",
	})
	contains(found.message, "`image.tag=1.2.3` by tag")
	contains(found.help, "as the chart's digest, or `image.tag=1.2.3@sha256:..`")
}

test_story_of_the_value_is_related if {
	place := {"span": 7, "what": "assigned here"}
	some found in finding with input as deploying("ghcr.io/acme/app:main", {"provenance": [place]})
	found.related == [{"span": 7, "message": "assigned here"}]
}

test_digest_is_fine if {
	count(finding) == 0 with input as deploying("ghcr.io/acme/app:latest@sha256:abc", {})
}

test_unknown_is_for_auditors if {
	some found in finding with input as deploying("${IMAGE}", {"mutability": "unknown"})
	found.persona == "auditor"
}

test_local_image_is_fine if {
	count(finding) == 0 with input as deploying("app:test", {"is_local": true})
}

test_files_are_not_images if {
	count(finding) == 0 with input as deploying("app.yaml:1", {"artifact": "file"})
}

test_example_counts_less if {
	facts := object.union(deploying("ghcr.io/acme/app:main", {}), {"pipeline": {"is_example": true}})
	some found in finding with input as facts
	found.severity == "medium"
}

test_handed_to_something_unseen if {
	facts := fixture.changed({}, {"handed": [fixture.handed("r.example.com/acme/app:1", {"does": "deploy"})]})
	some found in finding with input as facts
	found.span == 7
	found.persona == "auditor"
}

test_handed_by_digest_or_as_a_destination_is_silent if {
	digest := fixture.handed("r.example.com/acme/app@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", {"does": "deploy"})
	put := fixture.handed("r.example.com/acme/app:1", object.union({"does": "deploy"}, {"is_destination": true}))
	facts := fixture.changed({}, {"handed": [digest, put]})
	count(finding) == 0 with input as facts
}

test_what_is_only_declared_is_pedantic_unless_it_is_applied if {
	written := fixture.event("deploy", {
		"tool": "kustomize",
		"verb": "edit set image",
		"options": {"declares": ["true"]},
		"reference": fixture.image("ghcr.io/acme/app:main", {}),
	})
	applied := fixture.event("deploy", {"id": 2, "tool": "kubectl", "verb": "apply"})

	[f.persona | some f in finding] == ["pedantic"] with input as fixture.facts({"deploy": [written]})
	[f.persona | some f in finding] == ["regular"] with input as fixture.facts({"deploy": [written, applied]})

	# `kustomize build | kubectl apply -f -`
	unread := {"why": "the manifest that it applies is not read", "execution": written.execution, "step": "s", "span": 9}
	facts := object.union(fixture.facts({"deploy": [written]}), {"opaque": [unread]})
	[f.persona | some f in finding] == ["regular"] with input as facts
}
