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
import data.swaplint.lib.grade
import data.swaplint.lib.result
import data.swaplint.lib.wording

finding contains graded if {
	some anchor in anchors
	some v in input.events.verify
	v.execution_index == anchor.execution_index
	v.reference.artifact == "file"
	not download.by_checksum(v)
	trusts(v, anchor)
	some e in input.events.download
	e.execution_index == v.execution_index
	e.id != anchor.id
	download.base(v.reference.resolved) == download.name(e)
	download.remote(e)
	download.same_origin(e, anchor)
	not pinned(anchor)

	message := sprintf(
		"%s trusts a key that comes from the same place: `%s`",
		[wording.deed(v), anchor.source.text],
	)
	help := "keep the key, or its fingerprint, in the repository, or take it from an origin that others control"
	places := [
		result.related(e.source.span, "the artifact comes from here"),
		result.related(v.span, "its signature is checked here"),
	]
	found := result.with_related(result.event(anchor, anchor.source.span, message, help), places)
	graded := result.with_severity(found, grade.in_context("high"))
}

# Keys that are fetched: by a download, or by the tool itself.
anchors := array.concat(
	[e | some e in input.events.download; download.remote(e); not download.content_addressed(e.source.resolved)],
	[object.union(c, {"source": c.reference}) |
		some c in input.events.configure
		c.options["trust-anchor"]
		c.reference.artifact == "url"
	],
)

# The tool is told to use it, or it is in the key ring by then.
trusts(v, anchor) if {
	some role in ["key", "certificate-chain", "trusted-root"]
	some value in v.options[role]
	download.name(anchor) != ""
	download.base(value) == download.name(anchor)
}

trusts(v, anchor) if {
	v.tool in ring
	not v.options.key
	some c in input.events.configure
	c.options["trust-anchor"]
	c.execution_index == v.execution_index
	taken_in(c, anchor)
}

ring := {"gpg", "gpgv", "rpm", "rpmkeys"}

taken_in(c, anchor) if c.id == anchor.id

taken_in(c, anchor) if {
	c.reference.artifact == "file"
	download.name(anchor) != ""
	download.base(c.reference.resolved) == download.name(anchor)
}

# Something is compared in the same execution: perhaps its fingerprint.
pinned(anchor) if {
	some c in input.events.compare
	c.execution_index == anchor.execution_index
}

pinned(anchor) if {
	some c in download.checks(anchor)
	download.by_checksum(c)
}
