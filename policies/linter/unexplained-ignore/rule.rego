# METADATA
# title: An ignore that gives no reason
# description: >-
#   Nobody can tell later whether what was accepted is still acceptable.
# custom:
#   severity: low
#   confidence: high
#   persona: regular
package swaplint.linter.unexplained_ignore

# The linter itself reports it; here stand its grades and, beside it, its page.
