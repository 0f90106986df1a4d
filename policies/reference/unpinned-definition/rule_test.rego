package swaplint.reference.unpinned_definition_test

import data.swaplint.lib.fixture
import data.swaplint.reference.unpinned_definition.finding

using(text, overrides) := fixture.changed({}, {"definitions": [fixture.definition(text, overrides)]})

test_tag_of_a_third_party_is_regular if {
	some found in finding with input as using("acme/deploy@v1", {})
	found.span == 4
	found.severity == "medium"
	found.persona == "regular"
	contains(found.help, "`acme/deploy@<commit>`")
	some other in finding with input as using("acme/deploy@v1", {"reference": "v1"})
	contains(other.help, "`acme/deploy@<commit> # v1`")
}

test_a_component_is_named_with_its_path if {
	component := {"kind": "include", "source": "gitlab.com/acme/ci", "path": "release", "reference": "1.2", "pin": "tag"}
	some found in finding with input as using("gitlab.com/acme/ci/release@1.2", component)
	contains(found.help, "`gitlab.com/acme/ci/release@<commit> # 1.2`")
	included := object.union(component, {"path": "release.yml"})
	some other in finding with input as using("acme/ci", included)
	contains(other.help, "`ref: <commit> # 1.2`")
}

component_at(version, pin) := using(sprintf("gitlab.com/acme/ci/release@%s", [version]), {
	"kind": "include",
	"source": "gitlab.com/acme/ci",
	"path": "release",
	"reference": version,
	"pin": pin,
})

test_a_component_by_its_newest_release if {
	some found in finding with input as component_at("~latest", "branch")
	endswith(found.message, "is taken by `~latest`, so by whatever was released last")
}

test_a_component_by_a_range_of_versions if {
	some found in finding with input as component_at("1.2", "tag")
	endswith(found.message, "is taken by a range of versions, so by the newest that is in it")
	some wider in finding with input as component_at("1", "tag")
	endswith(wider.message, "is taken by a range of versions, so by the newest that is in it")
	some exact in finding with input as component_at("1.2.3", "semver")
	endswith(exact.message, "is taken by a tag, and its owner can move it")
}

test_a_file_of_another_project_is_pinned_by_ref if {
	included := {"kind": "include", "source": "acme/ci", "path": "release.yml", "pin": "none"}
	some found in finding with input as using("acme/ci", included)
	contains(found.help, "`ref: <commit>`")
}

test_a_file_at_an_address_is_pinned_by_its_content if {
	url := "https://templates.example.com/notifier/v3/template.yml"
	some pin in ["none", "semver"]
	some found in finding with input as using(url, {"kind": "include", "source": url, "pin": pin})
	contains(found.message, "nothing checks what arrives")
	not contains(found.message, "without a version")
	contains(found.help, "integrity: 'sha256-")
}

test_the_default_of_a_parameter_is_named if {
	task := {"kind": "task", "source": "https://github.com/acme/tasks", "path": "a.yaml", "pin": "branch", "reference": "main", "parameter": "revision"}
	some found in finding with input as using("https://github.com/acme/tasks", task)
	found.confidence == "medium"
	contains(found.message, "`main`, the default of the parameter `revision`")
	contains(found.help, "the default of `revision`")
}

test_a_repository_named_by_owner_is_pinned_by_revision if {
	task := {"kind": "task", "source": "acme/tasks", "path": "t/d.yaml", "pin": "branch", "reference": "main"}
	some found in finding with input as using("tasks", task)
	contains(found.message, "`t/d.yaml` of `acme/tasks`")
	contains(found.help, "`revision` to a commit of `acme/tasks`")
	some other in finding with input as using("tasks", object.remove(task, ["path"]))
	contains(other.help, "`revision` to a commit of `acme/tasks`")
	elsewhere := object.union(task, {"source": "https://git.acme.example/tasks"})
	some third in finding with input as using("https://git.acme.example/tasks", elsewhere)
	contains(third.help, "`revision` to a commit of `https://git.acme.example/tasks`")
}

test_a_bundle_is_pinned_by_digest if {
	bundle := {"kind": "task", "source": "quay.io/acme/tasks", "path": "build", "pin": "tag", "reference": "1"}
	some found in finding with input as using("quay.io/acme/tasks:1", bundle)
	contains(found.help, "`quay.io/acme/tasks@sha256:..`")
}

test_a_task_at_an_address_is_pinned_by_digest if {
	url := "https://acme.example/task.yaml"
	some found in finding with input as using(url, {"kind": "task", "source": url, "pin": "none"})
	contains(found.help, "the parameter `digest`")
}

test_full_version_is_a_tag_too if {
	count(finding) == 1 with input as using("acme/deploy@v1.2.3", {"pin": "semver"})
}

test_branch_is_said if {
	some found in finding with input as using("acme/deploy@main", {"pin": "branch"})
	contains(found.message, "moves with every commit")
}

test_no_version_is_reported if {
	some found in finding with input as using("shared", {"pin": "none", "kind": "library"})
	contains(found.message, "shared library `shared`")
}

test_the_forges_own_is_pedantic if {
	some found in finding with input as using("actions/checkout@v4", {"forge_owned": true})
	found.severity == "low"
	found.persona == "pedantic"
}

test_ones_own_is_pedantic if {
	some found in finding with input as using("acme/deploy@main", {"pin": "branch", "first_party": true})
	found.severity == "low"
	found.persona == "pedantic"
}

test_trusted_ones_are_pedantic if {
	trusting := {"unpinned-definition": {"trusted": ["Acme"]}}
	some found in finding with input as using("acme/deploy@main", {"pin": "branch"}) with data.options as trusting
	found.persona == "pedantic"
	some other in finding with input as using("acmer/deploy@main", {"pin": "branch"}) with data.options as trusting
	other.persona == "regular"
}

test_a_pipeline_of_another_project_is_pedantic if {
	some found in finding with input as using("acme/app", {"pin": "branch", "kind": "pipeline"})
	found.persona == "pedantic"
	contains(found.message, "pipeline of another project")
	contains(found.help, "protected tag")
}

test_credentials_make_it_worse if {
	facts := object.union(using("acme/deploy@main", {"pin": "branch"}), {"executions": [fixture.execution({"privileged": true})]})
	some found in finding with input as facts
	found.severity == "high"
}

test_bundle_is_pinned_by_digest if {
	bundle := {"kind": "task", "source": "ghcr.io/acme/tasks"}
	some found in finding with input as using("ghcr.io/acme/tasks:1", bundle)
	contains(found.help, "`ghcr.io/acme/tasks@sha256:..`")
}

test_commit_is_fine if {
	count(finding) == 0 with input as using("acme/deploy@abc", {"pin": "commit"})
}

test_digest_is_fine if {
	count(finding) == 0 with input as using("ghcr.io/acme/tasks@sha256:abc", {"pin": "digest", "kind": "task"})
}

test_unknown_is_not_reported if {
	count(finding) == 0 with input as using("acme/deploy@${ref}", {"pin": "unknown"})
}

test_required_tag_is_fine if {
	generator := {"pin": "semver", "requires_semver": true}
	count(finding) == 0 with input as using("slsa-framework/slsa-github-generator@v2.1.0", generator)
}

test_a_registry_has_no_branches if {
	bundle := {"kind": "task", "source": "quay.io/acme/task", "path": "x", "reference": "latest", "pin": "branch"}
	some found in finding with input as using("quay.io/acme/task:latest", bundle)
	contains(found.message, "by a tag that is meant to move")
	repository := {"kind": "task", "source": "https://github.com/acme/ci", "path": "x.yaml", "reference": "main", "pin": "branch"}
	some other in finding with input as using("https://github.com/acme/ci", repository)
	contains(other.message, "by a branch")
}
