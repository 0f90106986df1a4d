# METADATA
# title: MD5 or SHA-1 decides whether a file is the right one
# description: >-
#   For both, two files with one checksum can be made; whoever prepares the artifact can swap it later unnoticed.
# related_resources:
#   - ref: https://shattered.io/
#     description: "SHAttered: the first SHA-1 collision"
#   - ref: https://cwe.mitre.org/data/definitions/328.html
#     description: "CWE-328: Use of weak hash"
# custom:
#   severity: medium
#   confidence: high
#   persona: regular
#   events: [verify, compare, download]
package swaplint.checksum.weak_checksum

import data.swaplint.lib.download
import data.swaplint.lib.grade
import data.swaplint.lib.options
import data.swaplint.lib.result
import data.swaplint.lib.wording

finding contains graded if {
	some kind in ["verify", "download"]
	some e in input.events[kind]
	options.given(e, {"weak-checksum"})
	not e.expected_to_fail

	message := sprintf("%s checks with a broken hash function", [deed(e)])
	found := result.event(e, options.place(e, "weak-checksum"), message, help)
	graded := result.with_severity(found, grade.in_context("medium"))
}

# A list of sums is not what is checked, but what names it.
deed(e) := sprintf("`%s` of what the list `%s` names", [wording.command(e), e.reference.text]) if {
	e.kind == "verify"
	download.is_checksums(e.reference.resolved)
} else := wording.deed(e)

# `[ "$(md5sum file)" = "$expected" ] || exit 1`
finding contains graded if {
	some e in input.events.compare
	e.effect.stops
	weak := [e[side] | some side in ["source", "destination"]; e[side].is_weak]
	count(weak) > 0

	message := sprintf("`%s` is compared, and its hash function is broken", [weak[0].text])
	found := result.event(e, weak[0].span, message, help)
	graded := judged(found, count(weak))
}

judged(found, 1) := result.with_severity(found, grade.in_context("medium"))

# Both sums were computed here: whoever wants to be taken for the other file must hit the sum of one that he did not make.
judged(found, 2) := result.graded(found, "low", "high", "pedantic")

help := "demand a SHA-256 or SHA-512 checksum"
