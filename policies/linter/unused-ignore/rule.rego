# METADATA
# title: An ignore that does nothing
# description: >-
#   An ignore that outlives its finding will hide the next one at the same place.
# custom:
#   severity: low
#   confidence: high
#   persona: regular
package swaplint.linter.unused_ignore

# The linter itself reports it; here stand its grades and, beside it, its page.
