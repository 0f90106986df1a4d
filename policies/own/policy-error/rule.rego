# METADATA
# title: A policy failed
# description: >-
#   A rule could not be evaluated on this pipeline, or gave a result that is not valid; its findings are missing.
# custom:
#   severity: high
#   confidence: high
#   persona: regular
package swaplint.own.policy_error
