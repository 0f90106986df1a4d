# METADATA
# title: A verification is switched off
# description: >-
#   A tool that verifies by itself is told not to, or a verification stands in the pipeline and does not run: commented
#   out, behind a condition that never holds, or off unless somebody switches it on.
# related_resources:
#   - ref: https://github.com/containers/image/blob/main/docs/containers-policy.json.5.md
#     description: "containers-policy.json"
#   - ref: https://go.dev/ref/mod#checksum-database
#     description: "Go: the checksum database"
# custom:
#   severity: medium
#   confidence: high
#   persona: regular
package swaplint.verification.verify_disabled

import data.swaplint.lib.events
import data.swaplint.lib.grade
import data.swaplint.lib.result
import data.swaplint.lib.wording

# Package managers that are told to take what nobody signed or listed.
finding contains graded if {
	some weakness in input.weaknesses
	what := kinds[weakness.kind]
	not weakness.is_local

	message := sprintf("%s switches off %s", [setting(weakness), what])
	found := result.within(weakness, weakness.span, message, "leave it out, and give the tool the key or source that it misses")
	graded := result.graded(found, grade.in_context(object.get(weakness, "severity", "medium")), "high", "regular")
}

# The value of an input says nothing by itself.
setting(weakness) := sprintf("an input of `%s`", [weakness.tool]) if {
	weakness.text in {"true", "false"}
} else := sprintf("`%s`", [weakness.text])

# By default the policy of containers' tools accepts everything as well, so little is lost where nobody wrote one.
finding contains graded if {
	some weakness in input.weaknesses
	weakness.kind == "signature-policy-disabled"

	message := sprintf("%s accepts images whatever the signature policy says", [deed(weakness)])
	help := "give it a policy that demands signatures: `--policy policy.json`"
	made := [result.related(place.span, place.what) | some place in weakness.provenance; place.span != weakness.span]
	found := result.with_related(result.within(weakness, weakness.span, message, help), made)
	graded := result.graded(found, grade.in_context("medium"), "high", "pedantic")
}

deed(weakness) := wording.deed(events.by_id[weakness.event]) if {
	events.by_id[weakness.event]
} else := sprintf("`%s`", [weakness.tool])

# Commented out, or behind `if: false` and kin.
finding contains graded if {
	some v in input.idle
	how := never[v.why]
	not stands_elsewhere(v)

	message := sprintf("%s %s", [wording.deed(v), how])
	found := result.within(v, v.span, message, "let it run, or take it out so that nobody believes in it")
	graded := result.graded(found, grade.in_context("medium"), confidence[v.why], "regular")
}

never := {"comment": "is commented out, and nothing else verifies it", "never": "never runs: its condition cannot hold"}

confidence := {"comment": "medium", "never": "high"}

# The execution verifies with this tool after all, or the same artifact with another one.
stands_elsewhere(v) if {
	some sign in signs(v)
	[v.execution_index, sign] in active
}

active contains [v.execution_index, sign] if {
	some v in input.events.verify
	some sign in signs(v)
}

# What makes two verifications the same.
signs(v) := array.concat([["tool", v.tool]], [["key", key] | key := v.reference.key])

# Off unless somebody switches it on, while what it should protect runs all the same.
finding contains graded if {
	some v in input.idle
	v.why in {"default", "caller"}
	uses := unprotected(v)
	count(uses) > 0

	message := sprintf("%s is off %s: `%s` does not hold", [wording.deed(v), by(v), v.condition])
	found := result.with_related(
		result.within(v, v.span, message, "verify unless somebody says otherwise, better in any case"),
		array.concat([result.related(v.cause, "this decides")], uses),
	)
	graded := result.graded(found, grade.in_context("medium"), "medium", "regular")
}

by(v) := "as it is called here" if {
	v.is_given
} else := "by default"

# Uses that could have it as a guard, had they waited for it.
unprotected(v) := [result.related(e.span, sprintf("`%s` runs without it", [wording.command(e)])) |
	some kind in events.uses
	some e in input.events[kind]
	count(e.guards) == 0
	not e.reference.is_local
	could_guard(v, e)
]

could_guard(v, e) if {
	some candidate in e.candidates
	candidate.event == v.event
	candidate.why == "conditional"
}

# With the values of the file it is not even reached.
could_guard(v, e) if {
	some candidate in e.candidates
	candidate.event == v.event
	candidate.why == "later"
	v.event < e.id
}

could_guard(v, e) if {
	not v.event
	e.execution_index == v.execution_index
	v.reference.repository
	e.reference.repository == v.reference.repository
	e.reference.registry == v.reference.registry
}

# An input decides whether it runs. Here nobody switches it off, but whoever else calls this may.
finding contains graded if {
	some v in input.idle
	v.why == "input"
	v.runs_by_default
	v.input
	uses := [result.related(e.span, sprintf("`%s` needs no verification then", [wording.command(e)])) |
		some kind in events.uses
		some e in input.events[kind]
		v.event in e.guards
	]
	count(uses) > 0

	message := sprintf("whoever calls this may switch off %s by the input `%s`", [wording.deed(v), v.input])
	found := result.with_related(
		result.within(v, v.span, message, "verify in any case; let the caller say whose signature counts instead"),
		array.concat([result.related(v.cause, "this decides")], uses),
	)
	graded := result.graded(found, grade.in_context("medium"), "medium", "pedantic")
}

# A step that is called a verification and verifies nothing.
finding contains graded if {
	some index, execution in input.executions
	some step in execution.steps
	step.is_seen
	not step.tests
	regex.match(`\b(verif(y|ies|ying|ication)|validat(e|es|ing|ion)|check)\b.*\b(signatures?|checksums?|attestations?|provenance|digests?)\b`, lower(step.name))
	not does_something(index, step)

	message := sprintf("step `%s` verifies nothing", [step.name])
	at := {"execution": execution.id, "step": step.name}
	found := result.within(at, step.span, message, "verify, or call it what it does")
	graded := result.graded(found, grade.in_context("low"), "medium", "pedantic")
}

does_something(index, step) if [index, step.name] in verifying

verifying contains [e.execution_index, e.step] if {
	some kind in ["verify", "compare"]
	some e in input.events[kind]
}

# What is switched off there is told of as such.
verifying contains [v.execution_index, v.step] if some v in input.idle

kinds := {
	"package-authentication-disabled": "the check of the packages' signatures",
	"checksum-database-disabled": "the check of the packages' checksums",
	"verification-disabled": "the check of what it takes",
}
