# METADATA
# title: The failure of a verification is ignored
# description: >-
#   The verification, comparison or copy may fail and the pipeline goes on as if it had succeeded, so it protects
#   nothing.
# related_resources:
#   - ref: https://cwe.mitre.org/data/definitions/252.html
#     description: "CWE-252: Unchecked return value"
# custom:
#   severity: high
#   confidence: high
#   persona: regular
#   events: [verify, compare, copy, attest, deploy, download, install, publish, push, resolve, scan, sign, trigger, upload]
package swaplint.verification.verify_failure_ignored

import data.swaplint.lib.download
import data.swaplint.lib.events
import data.swaplint.lib.grade
import data.swaplint.lib.groups
import data.swaplint.lib.result
import data.swaplint.lib.tolerance
import data.swaplint.lib.verification

severities := {"verify": "high", "compare": "high", "copy": "medium"}

nouns := {"verify": "verification", "compare": "comparison", "copy": "copy"}

finding contains graded if {
	some kind, severity in severities
	some e in input.events[kind]
	e.effect.stops == false
	not e.expected_to_fail
	not verification.gates(e)
	not e.id in download.waited_for
	not masked(e)
	not stays_here(e)
	not chooses(e)
	not asserted(e)

	message := sprintf("the %s cannot stop anything: %s", [what(e), verification.reason(e)])
	found := result.with_related(result.event(e, e.span, message, help(e)), verification.swallowed(e))
	graded := result.graded(found, grade.in_context(severity), "high", persona(e))
}

# What to write instead of that which takes the failure away.
help(e) := "let its failure end the job: no `|| true`, and no `||` that does not end with `exit 1`" if {
	e.effect.cause == "or"
} else := "let its failure end the job: `set -e` before it" if {
	e.effect.cause == "no-errexit"
	contains(e.effect.why, "`set -e`")
} else := "end the function where it fails: `|| return 1` behind it, or `|| exit 1`" if {
	e.effect.cause == "called"
} else := sprintf("let its failure end the job: leave `%s` out", [settings[input.pipeline.format]]) if {
	is_set(e)
} else := "leave that switch out, or let a later step fail by what it writes" if {
	e.effect.cause == "tool-tolerance"
} else := "let its failure end the job: verify in `script`" if {
	contains(e.effect.why, "`after_script`")
} else := "let its failure end the job: look at its status, and end with it"

# The settings that let a step or job fail.
settings := {
	"github-action": "continue-on-error",
	"github-workflow": "continue-on-error",
	"gitlab-ci": "allow_failure",
	"tekton": "onError: continue",
}

is_set(e) if {
	e.effect.cause == "execution-tolerance"
	settings[input.pipeline.format]
}

is_set(e) if {
	e.effect.cause == "step-tolerance"
	contains(e.effect.why, settings[input.pipeline.format])
}

# A copy that stops its own script, which one of the callers lets fail, is that caller's business.
persona(e) := "pedantic" if {
	e.kind == "copy"
	e.effect.elsewhere
} else := "pedantic" if {
	# An index is put together: where that fails, what is pushed next is not there.
	e.verb in {"manifest create", "buildx imagetools create"}
} else := "regular"

# What else others rely on.
finding contains found if {
	some kind in tolerance.kinds
	some e in input.events[kind]
	e.effect.stops == false
	not masked(e)
	not checked_later(e)
	found := tolerance.finding(e, "let its failure end the job; where it may fail, say so in the job's result and not only in its log")
}

# What is put to use is checked, and so is whether it came at all.
checked_later(e) if {
	e.kind == "download"
	count(e.guards) > 0
}

# The step may fail, and a later one that may not looks at what it has found.
asserted(e) if {
	steps := input.executions[e.execution_index].steps
	some at, step in steps
	step.name == e.step
	step.is_tolerated
	some later in array.slice(steps, at + 1, count(steps))
	later.tests
	not later.is_tolerated
	some name in step.outputs
	name in later.outputs
}

# `if [ "$new" = "$old" ]` with two ways that go on chooses between them (is there something to update?) and checks nothing, unless what
# was compared is put to use either way.
chooses(e) if {
	e.kind == "compare"
	e.effect.cause in {"called", "condition", "status-dropped"}
	not used_either_way(e)
}

# The same where something is done in one case only.
chooses(e) if {
	e.kind == "compare"
	some made in done_instead(e)
	not used_either_way(e)
}

# `if [ "$there" != "$wanted" ]; then push; fi`: what differs is put there.
chooses(e) if {
	e.kind == "compare"
	some made in done_instead(e)
	count(names(made) & compared(e)) > 0
}

done_instead(e) := [made |
	some id in e.effect.instead
	made := events.by_id[id]
	ends_well(made)
]

ends_well(made) if made.kind in {"copy", "push", "retag", "upload", "publish", "deploy"}

# What is built or fetched anew is no more what was meant than what differed was, unless it is checked again.
ends_well(made) if {
	made.kind == "download"
	count(download.checks(made)) > 0
}

# The wrong one is fetched again, and that is checked.
chooses(e) if {
	e.kind == "verify"
	e.reference.artifact == "file"
	some made in done_instead(e)
	made.kind == "download"
	download.file(made) == download.base(e.reference.resolved)
}

used_either_way(e) if {
	some name in compared(e)
	some id in taken[[e.execution_index, name]]
	id > e.id
	not id in object.get(e.effect, "instead", [])
}

# Ids of what takes something, by `[execution, name]`.
taken := groups.by_key([[[use.execution_index, name], use.id] |
	some kind in ["run", "install", "deploy", "sign", "attest", "copy", "retag", "publish"]
	some use in input.events[kind]
	some name in names(use)
])

# The values that are compared, and what they are the digests of: files, or what the command that gave them was asked for.
compared(e) := {name | some side in sides; some name in [e[side].resolved, download.base(e[side].resolved)]} | {name |
	some side in sides
	words := split(trim_suffix(trim_prefix(e[side].resolved, "${"), "}"), " ")
	some word in array.slice(words, 1, count(words))
	some name in [download.base(word), image(word)]
}

image(word) := regex.replace(word, `(:[^/:]*)?(@.*)?$`, "")

names(made) := {name | some part in parts; name := made[part].digest} | {name |
	some part in parts
	made[part].artifact == "image"
	name := image(made[part].resolved)
} | {name |
	some part in parts
	made[part].artifact == "file"
	name := download.base(made[part].resolved)
}

sides := ["source", "destination"]

parts := ["reference", "source", "destination"]

# `sha256sum file | grep -q "$sum" && tar xf file`: what uses the file stands behind it and does not run.
chooses(e) if {
	e.kind == "compare"
	e.effect.cause == "and"
	some side in sides
	some word in words(e[side])
	ids := uses[[e.execution_index, e.step, word]]
	ids[count(ids) - 1] > e.id
}

# What a subject may be called: the file itself, or a word of the command that computed a checksum of it.
words(subject) := {download.base(subject.resolved)} if subject.artifact == "file"

words(subject) := found if {
	subject.artifact != "file"
	startswith(subject.resolved, "${")
	command := trim_suffix(trim_prefix(subject.resolved, "${"), "}")
	found := {download.base(word) | some word in array.concat(split(command, " "), [command])}
}

# Ids of uses of a file under a condition, by `[execution, step, name]`.
uses := groups.by_key([[[use.execution_index, use.step, download.base(use.reference.resolved)], use.id] |
	some kind in ["run", "install", "deploy"]
	some use in input.events[kind]
	use.conditional
])

# Whether a list holds a digest, or a line mentions it, is asked in order to go one way or the other.
chooses(e) if e.verb == "contains"

# So is whether a file is still as it was.
chooses(e) if e.verb == "whole"

# A comparison is of two values and names no artifact.
what(e) := sprintf("%s of `%s`", [nouns[e.kind], e.reference.text]) if {
	e.reference.text
} else := nouns[e.kind]

# Those are verify-masked-by-pipe.
masked(e) if e.effect.cause in {"pipe", "substitution"}

stays_here(e) if e.destination.is_local
