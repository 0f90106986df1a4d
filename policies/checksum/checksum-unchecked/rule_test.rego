package swaplint.checksum.checksum_unchecked_test

import data.swaplint.checksum.checksum_unchecked.finding
import data.swaplint.lib.fixture

download(id, file, used) := fixture.event("download", {
	"id": id,
	"tool": "curl",
	"source": fixture.url(sprintf("https://get.example.com/v1/%s", [file]), {"is_used": used, "span": 10 + id}),
	"destination": fixture.reference(file, "file"),
})

fetched(events) := fixture.facts(object.union({"download": [download(1, "tool", true), download(2, "tool.sha256", false)]}, events))

test_checksum_that_nobody_reads_is_reported if {
	some found in finding with input as fetched({})
	found.span == 12
	found.severity == "medium"
	found.related == [{"span": 11, "message": "the artifact that it should vouch for"}]
}

test_the_help_checks_where_the_files_lie if {
	here := "`sha256sum -c tool.sha256`"
	some found in finding with input as fetched({})
	contains(found.help, here)
	elsewhere := object.union(download(2, "tool.sha256", false), {"destination": fixture.reference("/tmp/tool.sha256", "file")})
	some other in finding with input as fixture.facts({"download": [download(1, "tool", true), elsewhere]})
	contains(other.help, "`(cd \"/tmp\" && sha256sum -c tool.sha256)`")
}

test_verified_is_fine if {
	verify := fixture.event("verify", {"id": 3, "reference": fixture.reference("tool.sha256", "file")})
	count(finding) == 0 with input as fetched({"verify": [verify]})
}

test_compared_is_fine if {
	compare := fixture.event("compare", {"id": 3, "source": fixture.image("${x}", {}), "destination": fixture.image("y", {})})
	count(finding) == 0 with input as fetched({"compare": [compare]})
}

test_handed_on_is_fine if {
	count(finding) == 0 with input as fetched({"upload": [fixture.event("upload", {"id": 3})]})
}

test_step_that_cannot_be_followed_is_not_judged if {
	opaque := {"opaque": [{"why": "a script is not read", "execution": "job", "step": "step", "span": 9}]}
	count(finding) == 0 with input as object.union(fetched({}), opaque)
}

test_unused_file_is_fine if {
	both := [download(1, "tool", false), download(2, "tool.sha256", false)]
	count(finding) == 0 with input as fixture.facts({"download": both})
}

computed(file) := {"digests": [fixture.digest(file, {"kind": "checksum"})]}

test_computed_and_never_compared_is_reported if {
	some found in finding with input as object.union(fixture.facts({"download": [download(1, "tool", true)]}), computed("./tool"))
	found.span == 6
	contains(found.help, "`echo \"<sha256>  tool\" | sha256sum -c -`")
	found.related == [{"span": 11, "message": "the artifact that it should vouch for"}]
}

test_checksum_of_what_was_built_here_is_fine if {
	count(finding) == 0 with input as object.union(fixture.facts({"download": [download(1, "tool", true)]}), computed("app"))
}
