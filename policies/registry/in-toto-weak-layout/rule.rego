# METADATA
# title: A step of the supply chain is recorded without a key
# description: >-
#   Link metadata that nobody signed can be written by anybody who reaches the folder, so it proves nothing about the
#   step.
# related_resources:
#   - ref: https://in-toto.readthedocs.io/en/latest/command-line-tools/in-toto-run.html
#     description: "in-toto-run"
#   - ref: https://github.com/in-toto/docs/blob/master/in-toto-spec.md
#     description: "in-toto specification"
# custom:
#   severity: medium
#   confidence: high
#   persona: regular
#   events: [attest]
package swaplint.registry.in_toto_weak_layout

import data.swaplint.lib.grade
import data.swaplint.lib.options
import data.swaplint.lib.result

finding contains graded if {
	some e in input.events.attest
	e.tool in {"in-toto-run", "in-toto-record"}
	not options.given(e, {"key"})

	message := sprintf("`%s` records%s without a key: anybody can write such a record", [e.tool, step(e)])
	help := "sign the record with the functionary's key that the layout names: `--signing-key`"
	found := result.event(e, e.span, message, help)
	graded := result.with_severity(found, grade.in_context("medium"))
}

step(e) := sprintf(" step `%s`", [e.options.step[0]]) if {
	e.options.step[0]
} else := " a step"
