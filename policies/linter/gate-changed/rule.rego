# METADATA
# title: A change to what decides about findings
# description: >-
#   Whoever may change the config, the policies, the baseline or an ignore in the pull request that they judge, may switch the check off in it.
# custom:
#   severity: medium
#   confidence: high
#   persona: regular
package swaplint.linter.gate_changed

# The linter itself reports it; here stand its grades and, beside it, its page.
