# METADATA
# title: An ignore names no rule
# description: >-
#   A comment or a line of the config ignores a rule that does not exist, so it ignores nothing.
# custom:
#   severity: medium
#   confidence: high
#   persona: regular
package swaplint.own.unknown_ignore
