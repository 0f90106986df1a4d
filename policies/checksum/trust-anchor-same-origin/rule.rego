# METADATA
# title: The key comes from where the artifact comes from
# description: >-
#   A signature is checked with a key, certificate or root that is fetched from the artifact's own origin; whoever can
#   replace the artifact signs it with a key of their own and puts that beside it.
# related_resources:
#   - ref: https://theupdateframework.io/docs/security/
#     description: "TUF: security of update systems"
#   - ref: https://cwe.mitre.org/data/definitions/347.html
#     description: "CWE-347: Improper verification of cryptographic signature"
# custom:
#   severity: high
#   confidence: medium
#   persona: regular
#   events: [verify]
package swaplint.checksum.trust_anchor_same_origin

import data.swaplint.lib.download
import data.swaplint.lib.events
import data.swaplint.lib.grade
import data.swaplint.lib.groups
import data.swaplint.lib.options
import data.swaplint.lib.result
import data.swaplint.lib.wording

finding contains graded if {
	some v in input.events.verify
	v.reference.artifact == "file"
	not download.by_checksum(v)
	some id in fetched[[v.execution_index, download.base(v.reference.resolved)]]
	e := events.by_id[id]
	some at in trusted(v, download.origin(e))
	anchor := anchors[at]
	e.id != anchor.id
	not pinned(anchor)

	message := sprintf(
		"%s trusts a key that comes from the same place: `%s`",
		[wording.deed(v), anchor.source.text],
	)
	places := [
		result.related(e.source.span, "the artifact comes from here"),
		result.related(v.span, "its signature is checked here"),
	]
	found := result.with_related(result.event(anchor, anchor.source.span, message, help), places)
	graded := result.with_severity(found, grade.in_context("high"))
}

# The tool itself fetches the key.
finding contains graded if {
	some v in input.events.verify
	v.reference.artifact == "file"
	some id in fetched[[v.execution_index, download.base(v.reference.resolved)]]
	e := events.by_id[id]
	some key in v.options.key
	startswith(key, "https://")
	download.origin(e) == download.origin({"source": {"resolved": key, "host": split(key, "/")[2]}, "options": {}})

	message := sprintf("%s trusts a key that comes from the same place: `%s`", [wording.deed(v), key])
	places := [result.related(e.source.span, "the artifact comes from here")]
	found := result.with_related(result.event(v, options.place(v, "key"), message, help), places)
	graded := result.with_severity(found, grade.in_context("high"))
}

# The signature says with which key it is checked, and whoever makes one can send his key there.
finding contains graded if {
	some v in input.events.verify
	v.reference.artifact == "file"
	options.on(v, "auto-key-retrieve")
	not v.options.key
	some id in fetched[[v.execution_index, download.base(v.reference.resolved)]]
	not pinned(events.by_id[id])

	message := sprintf("%s takes the key that the signature names from a key server, so that a signature of anybody passes", [wording.deed(v)])
	found := result.event(v, options.place(v, "auto-key-retrieve"), message, help)
	graded := result.with_severity(found, grade.in_context("high"))
}

help := "keep the key, or its fingerprint, in the repository, or take it from an origin that others control"

# Keys that are fetched: by a download, or by the tool itself.
anchors := array.concat(
	[e | some e in input.events.download; download.remote(e); not download.content_addressed(e.source)],
	[object.union(c, {"source": c.reference}) |
		some c in input.events.configure
		c.options["trust-anchor"]
		c.reference.artifact == "url"
	],
)

# Files from other machines, by `[execution, name]`.
fetched := groups.by_key([[[e.execution_index, download.name(e)], e.id] | some e in input.events.download; download.remote(e)])

# The keys of this origin that the tool is told to use, or that are in its key ring by then: where they stand in the list.
trusted(v, origin) := {at |
	some role in ["key", "certificate-chain", "trusted-root"]
	some value in v.options[role]
	some at in named[[v.execution_index, origin, download.base(value)]]
} | {at |
	# `--key <(curl ..)`
	some value in v.options.key
	startswith(value, "<(")
	some at in of_origin[[v.execution_index, origin]]
	contains(value, anchors[at].source.resolved)
} | {at |
	v.id == by_ring[[v.execution_index, origin]][0]
	some at in ring[[v.execution_index, origin]]
}

# Ids of what verifies files of an origin with whatever is in the key ring, by `[execution, origin]`: the first of them tells of each key.
by_ring := groups.by_key([[[v.execution_index, download.origin(e)], v.id] |
	some v in input.events.verify
	v.reference.artifact == "file"
	v.tool in {"gpg", "gpgv", "rpm", "rpmkeys"}
	not v.options.key
	some id in fetched[[v.execution_index, download.base(v.reference.resolved)]]
	e := events.by_id[id]
])

named := groups.by_key([[[a.execution_index, download.origin(a), name], at] |
	some at, a in anchors
	name := download.name(a)
	name != ""
])

of_origin := groups.by_key([[[a.execution_index, download.origin(a)], at] | some at, a in anchors])

# What is taken in, by `[execution, origin]`.
ring := groups.by_key([[[a.execution_index, download.origin(a)], at] | some at, a in anchors; is_taken_in(a)])

is_taken_in(anchor) if anchor.kind == "configure"

is_taken_in(anchor) if [anchor.execution_index, download.name(anchor)] in taken_in

taken_in contains [c.execution_index, download.base(c.reference.resolved)] if {
	some c in input.events.configure
	c.options["trust-anchor"]
	c.reference.artifact == "file"
}

# Something is compared in the same execution: perhaps its fingerprint.
pinned(anchor) if events.in_execution[[anchor.execution_index, "compare"]]

pinned(anchor) if {
	some c in download.checks(anchor)
	download.by_checksum(c)
}
