# METADATA
# title: A tag is verified, then resolved again at the use
# description: >-
#   Verification and use ask the registry one after the other what the tag points at. Whoever moves it in between has
#   the verified name on other content.
# related_resources:
#   - ref: https://cwe.mitre.org/data/definitions/367.html
#     description: "CWE-367: Time-of-check time-of-use race condition"
# custom:
#   severity: high
#   confidence: high
#   persona: regular
#   events: [pull, run, deploy, copy, install]
package swaplint.verification.verify_then_reresolve

import data.swaplint.lib.events
import data.swaplint.lib.grade
import data.swaplint.lib.groups
import data.swaplint.lib.reference
import data.swaplint.lib.result
import data.swaplint.lib.verification
import data.swaplint.lib.wording

finding contains graded if {
	some e in reresolved
	not on_this_machine(e)

	message := said(e)
	help := sprintf(
		"resolve once, then verify and use the same digest: `%s@$DIGEST`",
		[reference.name(e.reference)],
	)
	places := array.concat(verified(e), reference.story(e.reference))
	found := result.with_related(result.event(e, e.reference.span, message, help), places)
	graded := result.with_severity(found, grade.in_context("high"))
}

reresolved contains e if {
	some kind in events.uses
	some e in input.events[kind]
	verification.reresolved(e)
	not e.reference.is_local
}

# A run after a pull of the same name takes what was pulled.
on_this_machine(e) if {
	e.kind == "run"
	pulled[[e.execution_index, e.reference.key]][0] < e.id
}

pulled := groups.by_key([[[e.execution_index, e.reference.key], e.id] | some e in reresolved; e.kind == "pull"])

said(e) := sprintf("`%s` resolves `%s` again after it was verified: the tag may have moved in between", [
	wording.command(e), e.reference.text,
]) if {
	count(verification.asked_again(e)) == 0
} else := sprintf("`%s` takes the digest of another lookup than the verified one: the tag of `%s` may have moved in between", [
	wording.command(e), reference.name(e.reference),
])

verified(e) := array.concat(
	[result.related(candidate.span, "verified here, by tag") |
		some candidate in e.candidates
		verification.by_tag(e, candidate)
	],
	[result.related(v.span, "verified here") | some v in verification.asked_again(e)],
)
