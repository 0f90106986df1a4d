# METADATA
# title: A layout, or a record of a step, that proves little
# description: >-
#   Nobody, or somebody unknown, has to sign for a step, one key signs for all of them, or the layout never expires; what
#   nobody signed can be written by anybody who reaches the folder.
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
#   lists: [layouts]
package swaplint.registry.in_toto_weak_layout

import data.swaplint.lib.grade
import data.swaplint.lib.options
import data.swaplint.lib.result

finding contains graded if {
	some e in input.events.attest
	e.tool in {"in-toto-run", "in-toto-record"}
	not options.given(e, {"key"})

	message := sprintf("`%s` records%s without a key: anybody can write such a record", [e.tool, recorded(e)])
	help := "sign the record with the functionary's key that the layout names: `--signing-key`"
	found := result.event(e, e.span, message, help)
	graded := result.with_severity(found, grade.in_context("medium"))
}

# Nobody has to have done the step.
finding contains graded if {
	some layout in input.layouts
	some step in layout.steps
	step.threshold < 1

	message := sprintf("step `%s` needs no functionary: its threshold is %d", [step.name, step.threshold])
	found := result.at(step.threshold_span, message, "demand one functionary at least: `\"threshold\": 1`")
	graded := result.with_severity(found, grade.in_context("medium"))
}

finding contains graded if {
	some layout in input.layouts
	some step in layout.steps
	count(step.keys) == 0
	not step.has_certificates

	message := sprintf("step `%s` names no functionary", [step.name])
	found := result.at(step.span, message, "name the keys that may sign for it: `pubkeys`")
	graded := result.with_severity(found, grade.in_context("medium"))
}

finding contains graded if {
	some layout in input.layouts
	some step in layout.steps
	some key in step.unknown_keys

	message := sprintf("step `%s` trusts key `%s`, which is not among the layout's keys", [step.name, substring(key.id, 0, 16)])
	found := result.at(key.span, message, "add the public key to `keys`, or take the id out")
	graded := result.with_severity(found, grade.in_context("medium"))
}

finding contains graded if {
	some layout in input.layouts
	not layout.expires

	found := result.at(layout.span, "the layout never expires", "give it a date: `\"expires\": \"2027-01-01T00:00:00Z\"`")
	graded := result.with_severity(found, grade.in_context("medium"))
}

# Who does every step alone can make all records at once.
finding contains graded if {
	some layout in input.layouts
	count(layout.steps) > 1
	signers := {key | some step in layout.steps; some key in step.keys}
	count(signers) == 1
	count([step | some step in layout.steps; count(step.keys) == 0]) == 0

	message := sprintf("one key signs for all %d steps: whoever holds it needs nobody else", [count(layout.steps)])
	found := result.at(layout.span, message, "let steps that should be apart be signed by different keys")
	graded := result.graded(found, grade.in_context("medium"), "high", "pedantic")
}

recorded(e) := sprintf(" step `%s`", [e.options.step[0]]) if {
	e.options.step[0]
} else := " a step"
