# METADATA
# title: Nobody checks what a copy left at its destination
# description: >-
#   After the copy the destination's digest is not compared with the digest that was meant, so a copy of something
#   else, or an old one that "already exists", is promoted all the same.
# related_resources:
#   - ref: https://github.com/google/go-containerregistry/blob/main/cmd/crane/doc/crane_digest.md
#     description: "crane digest"
# custom:
#   severity: medium
#   confidence: medium
#   persona: pedantic
#   events: [copy]
package swaplint.copy.unchecked_copy

import data.swaplint.lib.content
import data.swaplint.lib.grade
import data.swaplint.lib.options
import data.swaplint.lib.reference
import data.swaplint.lib.result
import data.swaplint.lib.wording

finding contains graded if {
	some e in input.events.copy
	e.source.artifact == "image"
	count(e.checks) == 0
	not e.source.is_local
	not content.stays_here(e)
	not content.adds_tag_only(e)
	not content.within_repository(e)
	not content.assembles(e)
	grades := judged(e)

	message := sprintf("after `%s` of `%s` %s", [wording.command(e), e.source.text, loss(e)])
	found := result.event(e, e.span, message, help(e))
	graded := result.graded(found, grade.in_context(grades.severity), grades.confidence, grades.persona)
}

# By digest and unconverted the destination's digest follows from the copy. By tag there is no digest that was meant: copy-by-tag says
# so, and this is what is left to do. What is not known is for auditors.
judged(e) := {"severity": "medium", "confidence": "medium", "persona": "pedantic"} if {
	reference.mutable(e.source)
} else := {"severity": "medium", "confidence": "medium", "persona": "pedantic"} if {
	e.source.mutability == "digest"
	options.on(e, "changes-digest")
} else := {"severity": "low", "confidence": "low", "persona": "pedantic"} if {
	e.source.mutability == "digest"
} else := {"severity": "low", "confidence": "low", "persona": "auditor"} if {
	reference.unreadable(e.source)
}

loss(e) := "the digest is another one by construction, so nothing ties the copy to what was tested" if {
	options.on(e, "changes-digest")
} else := "nothing compares the destination's digest with the one that was meant"

help(e) := "copy unconverted; here equality of digests cannot be demanded, so test and sign what was converted" if {
	options.on(e, "changes-digest")
} else := sprintf("compare afterwards: `[ \"$(crane digest %s)\" = \"$DIGEST\" ] || exit 1`", [destination(e)])

destination(e) := e.destination.text if {
	e.destination.text
} else := "DESTINATION"
