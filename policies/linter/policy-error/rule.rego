# METADATA
# title: A policy failed
# description: >-
#   The findings of the rule that failed are missing from the report.
# custom:
#   severity: high
#   confidence: high
#   persona: regular
package swaplint.linter.policy_error

# The linter itself reports it; here stand its grades and, beside it, its page.
