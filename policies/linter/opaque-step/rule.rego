# METADATA
# title: Something could not be followed
# description: >-
#   What a script, action or template does there is not known, so windows in it are neither found nor ruled out.
# custom:
#   severity: info
#   confidence: high
#   persona: auditor
#   lists: [opaque]
package swaplint.linter.opaque_step

import data.swaplint.lib.result

finding contains result.within(place, place.span, sprintf("not followed: %s", [place.why]), help) if {
	some place in input.opaque
	not place.ends
}

# Whole jobs are not judged then: whoever reads that all is well should know. Told once, where it ends.
finding contains graded if {
	ends := [place | some place in input.opaque; place.ends]
	count(ends) > 0

	message := sprintf("%s, and what stands behind it is not judged%s", [ends[0].why, ending(ends[0])])
	found := result.within(ends[0], ends[0].span, message, "raise `limits.commands` in the config (60,000 unless it says otherwise)")
	graded := result.graded(found, "low", "high", "regular")
}

ending(place) := sprintf(": they end in `%s` of %s", [place.execution, input.pipeline.path]) if {
	place.execution != ""
} else := ""

help := "look at it by hand; put scripts into the repository, or describe the tool in a file of your own"
