# METADATA
# title: A file is not what it claims to be
# description: >-
#   What cannot be read was not checked, so nothing is known about it.
# custom:
#   severity: high
#   confidence: high
#   persona: regular
package swaplint.linter.unparsable_pipeline

# The linter itself reports it; here stand its grades and, beside it, its page.
