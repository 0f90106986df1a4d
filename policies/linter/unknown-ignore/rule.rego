# METADATA
# title: An ignore that nobody understands
# description: >-
#   An ignore that applies to nothing leaves a finding open that its author believes to be settled.
# custom:
#   severity: low
#   confidence: high
#   persona: regular
package swaplint.linter.unknown_ignore

# The linter itself reports it; here stand its grades and, beside it, its page.
