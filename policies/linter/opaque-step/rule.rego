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
}

help := "look at it by hand; put scripts into the repository, or describe the tool in a file of your own"
