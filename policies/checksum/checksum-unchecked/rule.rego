# METADATA
# title: A checksum is computed or downloaded and never compared
# description: >-
#   The checksum lies beside the artifact, and nothing reads it: the artifact is used whatever it says.
# related_resources:
#   - ref: https://cwe.mitre.org/data/definitions/354.html
#     description: "CWE-354: Improper validation of integrity check value"
# custom:
#   severity: medium
#   confidence: medium
#   persona: regular
#   events: [download]
package swaplint.checksum.checksum_unchecked

import data.swaplint.lib.download
import data.swaplint.lib.events
import data.swaplint.lib.grade
import data.swaplint.lib.groups
import data.swaplint.lib.result

finding contains graded if {
	some list in input.events.download
	download.remote(list)
	download.file(list) != ""
	download.is_checksums(download.name(list))
	files := beside(list)
	count(files) > 0
	not looked_at(list)

	message := sprintf("`%s` is fetched, and nothing is ever compared with it", [list.source.text])
	help := sprintf("check before the first use: `%s`", [check(download.kept(list), download.name(list))])
	places := [result.related(e.source.span, "the artifact that it should vouch for") | some e in files]
	found := result.with_related(result.event(list, list.source.span, message, help), places)
	graded := result.with_severity(found, grade.in_context("medium"))
}

# A checksum of a file that was fetched is computed and compared with nothing.
finding contains graded if {
	some d in input.digests
	d.kind == "checksum"
	files := [e |
		some id in fetched_as[[d.execution_index, download.base(d.of)]]
		e := events.by_id[id]
		download.file(e) != ""
		count(download.checks(e)) == 0
	]
	count(files) > 0
	not looked_at(d)

	message := sprintf("the checksum of `%s` is computed, and nothing is ever compared with it", [d.of])
	help := sprintf("compare it with one that is written in the pipeline: `%s`", [download.comparison(files[0], kept(files[0]))])
	places := [result.related(e.source.span, "the artifact that it should vouch for") | some e in files]
	found := result.with_related(result.within(d, d.span, message, help), places)
	graded := result.with_severity(found, grade.in_context("medium"))
}

# The names in a list are those of files beside it.
check(place, name) := sprintf("(cd \"%s\" && sha256sum -c %s)", [folder, name]) if {
	folder := trim_suffix(trim_suffix(place, name), "/")
	folder != ""
	endswith(place, name)
} else := sprintf("sha256sum -c %s", [name])

kept(e) := download.kept(e) if {
	download.kept(e) != ""
} else := "FILE"

# Files that were fetched for use from the same place.
beside(list) := [e |
	some id in near(list)
	e := events.by_id[id]
	not download.is_checksums(download.name(e))
	not download.is_proof(download.name(e))
	download.same_origin(e, list)
	count(download.checks(e)) == 0
]

near(list) := {id | some id in fetched_from[[list.execution_index, download.origin(list)]]} if {
	not download.for_one(list)
}

near(list) := {id |
	some name in download.prefixes(download.name(list))
	some id in fetched_as[[list.execution_index, name]]
} if {
	download.for_one(list)
}

# Ids of files that are fetched and used, by `[execution, origin]` and by `[execution, name]`.
fetched_from := groups.by_key([[[e.execution_index, download.origin(e)], e.id] | some e in used])

fetched_as := groups.by_key([[[e.execution_index, download.name(e)], e.id] | some e in used])

used := [e | some e in input.events.download; download.remote(e); e.source.is_used]

# Any verification or comparison may have read it, in whatever way, and so may what cannot be followed.
looked_at(list) if {
	some kind in ["verify", "compare"]
	events.in_execution[[list.execution_index, kind]]
}

looked_at(list) if {
	[list.execution, list.step] in opaque
}

opaque contains [o.execution, o.step] if some o in input.opaque

# It is fetched to be handed on.
looked_at(list) if {
	some kind in ["upload", "publish", "copy"]
	events.in_execution[[list.execution_index, kind]]
}
