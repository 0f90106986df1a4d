package swaplint.verification.publish_install_race_test

import data.swaplint.lib.fixture
import data.swaplint.verification.publish_install_race.finding

executions := [
	fixture.execution({"id": "publish"}),
	fixture.execution({"id": "wait", "needs": ["publish"]}),
	fixture.execution({"id": "smoke", "needs": ["wait"]}),
]

published(published, options) := fixture.event("publish", {
	"id": 1,
	"tool": "twine",
	"verb": "upload",
	"reference": fixture.reference(published, "file"),
	"options": options,
	"execution": "publish",
	"span": 5,
})

installed(installed, overrides) := object.union(
	fixture.event("install", {
		"id": 2,
		"tool": "pip",
		"verb": "install",
		"reference": fixture.reference(installed, "package"),
		"execution": "smoke",
		"execution_index": 2,
	}),
	overrides,
)

facts(p, i) := fixture.changed({"publish": [p], "install": [i]}, {"executions": executions})

test_package_of_the_same_name_is_reported if {
	some found in finding with input as facts(published("dist/acme-1.2.0.tar.gz", {}), installed("acme==1.2.0", {}))
	found.span == 3
	found.related == [{"span": 5, "message": "`twine upload` publishes it here"}]
}

test_same_index_is_reported if {
	p := published("dist/*", {"repository": ["https://test.pypi.org/legacy/"]})
	i := installed("acme", {"options": {"index": ["https://test.pypi.org/simple/"]}})
	count(finding) == 1 with input as facts(p, i)
}

test_another_package_is_fine if {
	count(finding) == 0 with input as facts(published("dist/acme-1.2.0.tar.gz", {}), installed("pytest", {}))
}

test_hashes_are_fine if {
	i := installed("acme==1.2.0", {"options": {"require-hashes": ["true"]}})
	count(finding) == 0 with input as facts(published("dist/acme-1.2.0.tar.gz", {}), i)
}

test_an_execution_that_does_not_wait_is_fine if {
	i := installed("acme==1.2.0", {"execution": "publish", "execution_index": 0})
	count(finding) == 0 with input as facts(published("dist/acme-1.2.0.tar.gz", {}), i)
}
