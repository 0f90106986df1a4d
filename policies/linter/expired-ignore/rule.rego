# METADATA
# title: An ignore whose day has come
# description: >-
#   What was accepted for a while is open for longer than somebody decided.
# custom:
#   severity: low
#   confidence: high
#   persona: regular
package swaplint.linter.expired_ignore

# The linter itself reports it; here stand its grades and, beside it, its page.
