package swaplint.checksum.trust_anchor_same_origin_test

import data.swaplint.checksum.trust_anchor_same_origin.finding
import data.swaplint.lib.fixture

download(id, url, file) := fixture.event("download", {
	"id": id,
	"tool": "curl",
	"source": fixture.url(url, {"span": 10 + id}),
	"destination": fixture.reference(file, "file"),
})

tool := download(1, "https://get.example.com/tool", "tool")

key := download(2, "https://get.example.com/cosign.pub", "cosign.pub")

verify(overrides) := object.union(
	fixture.event("verify", {
		"id": 3,
		"tool": "cosign",
		"verb": "verify-blob",
		"reference": fixture.reference("tool", "file"),
		"options": {"key": ["cosign.pub"]},
		"span": 30,
	}),
	overrides,
)

imported := fixture.event("configure", {
	"id": 4,
	"tool": "gpg",
	"reference": fixture.reference("cosign.pub", "file"),
	"options": {"trust-anchor": ["true"]},
})

test_key_from_the_same_place_is_reported if {
	some found in finding with input as fixture.facts({"download": [tool, key], "verify": [verify({})]})
	found.span == 12
	found.severity == "high"
	found.related[0].span == 11
}

test_imported_key_is_reported if {
	by_ring := object.remove(verify({"tool": "gpg"}), ["options"])
	facts := fixture.facts({
		"download": [tool, key],
		"verify": [object.union(by_ring, {"options": {}})],
		"configure": [imported],
	})
	count(finding) == 1 with input as facts
}

test_key_from_elsewhere_is_fine if {
	elsewhere := download(2, "https://keys.example.org/cosign.pub", "cosign.pub")
	count(finding) == 0 with input as fixture.facts({"download": [tool, elsewhere], "verify": [verify({})]})
}

test_key_of_the_repository_is_fine if {
	count(finding) == 0 with input as fixture.facts({"download": [tool], "verify": [verify({})]})
}

test_compared_fingerprint_is_fine if {
	compare := fixture.event("compare", {"id": 5, "source": fixture.image("${x}", {}), "destination": fixture.image("y", {})})
	facts := fixture.facts({"download": [tool, key], "verify": [verify({})], "compare": [compare]})
	count(finding) == 0 with input as facts
}

test_checksums_are_another_rule if {
	facts := fixture.facts({"download": [tool, key], "verify": [verify({"tool": "sha256sum"})]})
	count(finding) == 0 with input as facts
}

test_key_with_a_known_checksum_is_fine if {
	sum := fixture.event("verify", {"id": 9, "tool": "sha256sum", "reference": fixture.reference("cosign.pub", "file")})
	count(finding) == 0 with input as fixture.facts({"download": [tool, object.union(key, {"guards": [9]})], "verify": [verify({}), sum]})
}

test_key_that_the_tool_fetches_is_reported if {
	by_address := verify({"options": {"key": ["https://get.example.com/cosign.pub"]}})
	some found in finding with input as fixture.facts({"download": [tool], "verify": [by_address]})
	contains(found.message, "https://get.example.com/cosign.pub")
	elsewhere := verify({"options": {"key": ["https://keys.example.org/cosign.pub"]}})
	count(finding) == 0 with input as fixture.facts({"download": [tool], "verify": [elsewhere]})
}

test_key_of_a_substitution_is_reported if {
	fetches := verify({"options": {"key": ["<(<(curl https://get.example.com/cosign.pub))"]}})
	anchor := object.remove(key, ["destination"])
	count(finding) == 1 with input as fixture.facts({"download": [tool, anchor], "verify": [fetches]})
}

test_key_that_the_signature_names_is_reported if {
	by_ring := object.remove(verify({"tool": "gpg"}), ["options"])
	any_key := object.union(by_ring, {"options": {"auto-key-retrieve": ["true"]}, "option_spans": {"auto-key-retrieve": 31}})
	some found in finding with input as fixture.facts({"download": [tool], "verify": [any_key]})
	found.span == 31
}
