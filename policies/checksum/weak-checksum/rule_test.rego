package swaplint.checksum.weak_checksum_test

import data.swaplint.checksum.weak_checksum.finding
import data.swaplint.lib.fixture

verifying(options, overrides) := fixture.facts({"verify": [object.union(
	fixture.event("verify", {"tool": "md5sum", "verb": "", "reference": fixture.reference("SUMS", "file"), "options": options}),
	overrides,
)]})

comparing(text, overrides) := fixture.facts({"compare": [object.union(
	fixture.event("compare", {"source": fixture.image(text, {"is_weak": startswith(text, "${md5sum")}), "destination": fixture.image("abc", {})}),
	overrides,
)]})

test_md5_is_reported if {
	some found in finding with input as verifying({"weak-checksum": ["md5"]}, {})
	found.span == 2
	found.severity == "medium"
}

test_a_list_is_told_as_one if {
	sums := fixture.reference("tool.md5", "file")
	some found in finding with input as verifying({"weak-checksum": ["md5"]}, {"reference": sums})
	found.message == "`md5sum` of what the list `tool.md5` names checks with a broken hash function"
	tool := fixture.reference("tool", "file")
	some other in finding with input as verifying({"weak-checksum": ["md5"]}, {"reference": tool})
	other.message == "`md5sum` of `tool` checks with a broken hash function"
}

test_compared_sha1_is_reported if {
	some found in finding with input as comparing("${md5sum tool}", {})
	found.span == 3
}

test_sha256_is_fine if {
	count(finding) == 0 with input as verifying({}, {"tool": "sha256sum"})
	count(finding) == 0 with input as comparing("${sha256sum tool}", {})
}

test_change_detection_is_fine if {
	count(finding) == 0 with input as comparing("${md5sum tool}", {"effect": {"stops": false}})
}

test_a_comparison_is_told_once_and_two_sums_made_here_to_pedants if {
	both := fixture.facts({"compare": [fixture.event("compare", {
		"source": fixture.image("${md5sum old}", {"span": 7, "is_weak": true}),
		"destination": fixture.image("${md5sum new}", {"span": 8, "is_weak": true}),
	})]})
	found := finding with input as both
	count(found) == 1
	some one in found
	one.span == 7
	one.persona == "pedantic"
}
