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

import data.swaplint.lib.grade
import data.swaplint.lib.options
import data.swaplint.lib.result
import data.swaplint.lib.wording

finding contains graded if {
	some kind in ["verify", "download"]
	some e in input.events[kind]
	options.given(e, {"weak-checksum"})
	not e.expected_to_fail

	message := sprintf("%s checks with a broken hash function", [wording.deed(e)])
	found := result.event(e, options.place(e, "weak-checksum"), message, help)
	graded := result.with_severity(found, grade.in_context("medium"))
}

# `[ "$(md5sum file)" = "$expected" ] || exit 1`
finding contains graded if {
	some e in input.events.compare
	e.effect.stops
	some side in ["source", "destination"]
	regex.match(`\$\{(md5sum|sha1sum|openssl (md5|sha1)) `, e[side].resolved)

	message := sprintf("`%s` is compared, and its hash function is broken", [e[side].text])
	found := result.event(e, e[side].span, message, help)
	graded := result.with_severity(found, grade.in_context("medium"))
}

help := "demand a SHA-256 or SHA-512 checksum"
