# METADATA
# title: An ignore hides nothing
# description: >-
#   The ignore stands where its rule reports nothing, so it is stale or misplaced.
# custom:
#   severity: low
#   confidence: high
#   persona: regular
package swaplint.own.unused_ignore
