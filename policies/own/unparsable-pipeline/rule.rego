# METADATA
# title: A pipeline file cannot be read
# description: >-
#   The file claims to be a pipeline and could not be read as one, so nothing in it was judged.
# custom:
#   severity: high
#   confidence: high
#   persona: regular
package swaplint.own.unparsable_pipeline
