package swaplint.checksum.checksum_same_origin_test

import data.swaplint.checksum.checksum_same_origin.finding
import data.swaplint.lib.fixture

download(id, url, file, used) := fixture.event("download", {
	"id": id,
	"tool": "curl",
	"source": fixture.url(url, {"is_used": used, "span": 10 + id}),
	"destination": fixture.reference(file, "file"),
})

verify(id, tool, file) := fixture.event("verify", {"id": id, "tool": tool, "reference": fixture.reference(file, "file")})

release := "https://github.com/acme/tool/releases/download/v1"

tarball(used) := download(1, sprintf("%s/tool.tgz", [release]), "tool.tgz", used)

sums := checked(download(2, sprintf("%s/SHA256SUMS", [release]), "SHA256SUMS", false), [3])

checked(e, ids) := object.union(e, {"guards": ids})

facts(downloads, verifies) := fixture.facts({"download": downloads, "verify": verifies})

test_list_of_the_same_release_is_pedantic if {
	some found in finding with input as facts([tarball(false), sums], [verify(3, "sha256sum", "SHA256SUMS")])
	found.span == 12
	found.persona == "pedantic"
	found.related == [{"span": 11, "message": "the artifact that it should vouch for"}]
}

test_used_file_is_regular if {
	some found in finding with input as facts([tarball(true), sums], [verify(3, "sha256sum", "SHA256SUMS")])
	found.persona == "regular"
}

test_checksum_of_one_file_is_reported if {
	sidecar := download(2, sprintf("%s/tool.tgz.sha256", [release]), "tool.tgz.sha256", false)
	count(finding) == 1 with input as facts([checked(tarball(true), [3]), sidecar], [verify(3, "sha256sum", "tool.tgz")])
}

test_checksum_of_another_file_is_fine if {
	sidecar := download(2, sprintf("%s/other.sha256", [release]), "other.sha256", false)
	count(finding) == 0 with input as facts([checked(tarball(true), [3]), sidecar], [verify(3, "sha256sum", "tool.tgz")])
}

test_compared_checksum_is_reported if {
	compare := fixture.event("compare", {
		"id": 3,
		"source": fixture.image("${sha256sum tool.tgz}", {}),
		"destination": fixture.image("${content of SHA256SUMS}", {}),
	})
	count(finding) == 1 with input as fixture.facts({"download": [checked(tarball(true), [3]), sums], "compare": [compare]})
}

test_signed_list_is_fine if {
	signed := [verify(3, "sha256sum", "SHA256SUMS"), verify(4, "cosign", "SHA256SUMS")]
	count(finding) == 0 with input as facts([tarball(true), checked(sums, [3, 4])], signed)
}

test_another_origin_is_fine if {
	elsewhere := download(2, "https://sums.example.org/tool/SHA256SUMS", "SHA256SUMS", false)
	count(finding) == 0 with input as facts([checked(tarball(true), [3]), checked(elsewhere, [3])], [verify(3, "sha256sum", "SHA256SUMS")])
}

test_another_project_of_the_same_host_is_fine if {
	elsewhere := download(2, "https://github.com/acme/sums/releases/download/v1/SHA256SUMS", "SHA256SUMS", false)
	count(finding) == 0 with input as facts([checked(tarball(true), [3]), checked(elsewhere, [3])], [verify(3, "sha256sum", "SHA256SUMS")])
}

test_no_check_at_all_is_another_rule if {
	count(finding) == 0 with input as facts([tarball(true), checked(sums, [])], [])
}

piped(expected) := object.union(verify(3, "sha256sum", "tool.tgz"), {"expected": [fixture.url(expected, {"span": 19})]})

test_checksum_piped_from_the_same_place_is_reported if {
	some found in finding with input as facts([checked(tarball(true), [3])], [piped(sprintf("%s/tool.tgz.sha256", [release]))])
	found.span == 19
	found.persona == "regular"
}

test_checksum_piped_from_elsewhere_is_fine if {
	count(finding) == 0 with input as facts([checked(tarball(true), [3])], [piped("https://sums.example.org/tool.tgz.sha256")])
}

put(id, file, host) := fixture.event("upload", {
	"id": id,
	"source": fixture.reference(file, "file"),
	"destination": object.union(fixture.reference(sprintf("https://%s/up", [host]), "url"), {"host": host}),
})

test_both_are_put_into_one_place if {
	facts := fixture.facts({"upload": [put(1, "a.tgz", "f.example.com"), put(2, "a.tgz.sha256", "f.example.com")]})
	some found in finding with input as facts
	found.persona == "auditor"
}

test_put_into_two_places_or_signed if {
	apart := fixture.facts({"upload": [put(1, "a.tgz", "f.example.com"), put(2, "a.tgz.sha256", "g.example.com")]})
	count(finding) == 0 with input as apart
	signed := {
		"upload": [put(1, "a.tgz", "f.example.com"), put(2, "a.tgz.sha256", "f.example.com")],
		"sign": [fixture.event("sign", {"id": 3})],
	}
	count(finding) == 0 with input as fixture.facts(signed)
}
