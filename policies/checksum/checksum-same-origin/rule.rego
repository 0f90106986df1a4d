# METADATA
# title: Artifact and checksum come from one place
# description: >-
#   Whoever can replace the artifact there replaces the checksum beside it as well, so the check only finds accidents.
# related_resources:
#   - ref: https://cwe.mitre.org/data/definitions/494.html
#     description: "CWE-494: Download of code without integrity check"
# custom:
#   severity: medium
#   confidence: medium
#   persona: pedantic
#   events: [download, upload]
#   lists: [digests]
package swaplint.checksum.checksum_same_origin

import data.swaplint.lib.download
import data.swaplint.lib.events
import data.swaplint.lib.grade
import data.swaplint.lib.groups
import data.swaplint.lib.result

finding contains graded if {
	some list in input.events.download
	download.remote(list)
	download.is_checksums(download.name(list))
	files := covered(list)
	count(files) > 0

	message := sprintf(
		"`%s` comes from where `%s` comes from: who can replace the one can replace the other",
		[list.source.text, files[0].source.text],
	)
	help := "write the digest in the pipeline, or verify a signature over the list with a key or identity from elsewhere"
	places := [result.related(e.source.span, "the artifact that it should vouch for") | some e in files]
	found := result.with_related(result.event(list, list.source.span, message, help), places)
	graded := result.graded(found, grade.in_context("medium"), "medium", persona(files))
}

# Files whose only check are these checksums.
covered(list) := [events.by_id[id] | some id in covered_by[list.id]]

covered_by := groups.by_key([[l.id, e.id] |
	some e in input.events.download
	download.remote(e)
	not download.is_checksums(download.name(e))
	not download.is_proof(download.name(e))
	not download.verified(e)
	some l in download.lists_beside(e)
])

# The list is one of several files that were fetched at once.
finding contains graded if {
	some e in input.events.download
	download.remote(e)
	not download.verified(e)
	some c in download.brought(e)

	message := sprintf("`%s` comes with the files that it should vouch for: who can replace those can replace it", [c.reference.text])
	help := "write the digest in the pipeline, or verify a signature over the list with a key or identity from elsewhere"
	places := [result.related(e.source.span, "fetched here, with all the others")]
	found := result.with_related(result.event(c, c.reference.span, message, help), places)
	graded := result.graded(found, grade.in_context("medium"), "medium", persona([e]))
}

# The same where the checksum goes from the download straight into the check.
finding contains graded if {
	some kind in ["verify", "compare"]
	some c in input.events[kind]
	c.effect.stops
	some expected in c.expected
	files := [e |
		some id in checked_by[c.id]
		e := events.by_id[id]
		download.same_origin(e, {"tool": c.tool, "options": {}, "source": expected})
		not download.signed(e)
		not download.content_addressed(e.source)
	]
	count(files) > 0

	message := sprintf(
		"`%s` comes from where `%s` comes from: who can replace the one can replace the other",
		[expected.text, files[0].source.text],
	)
	help := "write the digest in the pipeline, or verify a signature over it with a key or identity from elsewhere"
	places := [result.related(e.source.span, "the artifact that it should vouch for") | some e in files]
	found := result.with_related(result.event(c, expected.span, message, help), places)
	graded := result.graded(found, grade.in_context("medium"), "medium", persona(files))
}

# Ids of the files that are checked by something that names what it expects.
checked_by := groups.by_key([[c.id, e.id] |
	some e in input.events.download
	download.remote(e)
	some c in download.checks(e)
	c.expected
])

persona(files) := "regular" if {
	used(files)
} else := "pedantic"

used(files) if {
	some e in files
	e.source.is_used
}

# The other end of it: a file and its checksum are put into one place, and nothing here signs anything.
finding contains graded if {
	some list in input.events.upload
	listed := download.base(list.source.resolved)
	download.is_checksums(listed)
	files := [events.by_id[id] |
		some name in download.prefixes(listed)
		some id in uploaded[[list.execution_index, list.destination.host, name]]
		id != list.id
	]
	count(files) > 0
	not list.destination.is_local
	not signs

	message := sprintf("`%s` goes where `%s` goes: who can replace the one there can replace the other", [listed, files[0].source.text])
	help := "sign the list of checksums, or hand it over by another way"
	places := array.concat(computed(list, files), [result.related(u.span, "the artifact that it should vouch for") | some u in files])
	found := result.with_related(result.event(list, list.span, message, help), places)
	graded := result.graded(found, "low", "medium", "auditor")
}

# Ids of files that are put somewhere, by `[execution, host, name]`.
uploaded := groups.by_key([[[u.execution_index, u.destination.host, name], u.id] |
	some u in input.events.upload
	name := download.base(u.source.resolved)
	not download.is_checksums(name)
])

computed(list, files) := [result.related(d.span, "computed here") |
	sums := {u.source.resolved | some u in files}
	some sum in sums
	some at in checksums[[list.execution_index, sum]]
	d := input.digests[at]
]

checksums := groups.by_key([[[d.execution_index, d.of], at] | some at, d in input.digests; d.kind == "checksum"])

signs if {
	some kind in ["sign", "attest"]
	some _ in input.events[kind]
}
