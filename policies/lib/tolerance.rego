# What it means that something swallows a failure: how bad it is, and what goes on all the same.
package swaplint.lib.tolerance

import data.swaplint.lib.download
import data.swaplint.lib.grade
import data.swaplint.lib.result
import data.swaplint.lib.verification
import data.swaplint.lib.wording

# Kinds of which a swallowed failure may be worth a word, beside verifications, comparisons and copies.
kinds := ["attest", "deploy", "download", "install", "publish", "push", "resolve", "scan", "sign", "trigger", "upload"]

# A finding about an event of these kinds whose failure is swallowed.
finding(e, help) := graded if {
	grades := judged(e)
	message := sprintf("%s of %s may fail unnoticed: %s%s", [grades.noun, subject(e), verification.reason(e), consequence(e, grades)])
	found := result.with_related(result.event(e, place(e), message, help), array.concat(places(e), story(e)))
	graded := result.graded(found, grade.in_context(grades.severity), "medium", grades.persona)
}

# What stands in a file of its own is right as it is: the file that tolerates its failure is not.
place(e) := e.effect.span if {
	e.effect.elsewhere
} else := e.span

places(e) := [result.related(e.span, sprintf("%s stands here", [wording.deed(e)]))] if {
	e.effect.elsewhere
} else := verification.swallowed(e)

# What would swallow it as well, and what goes on.
story(e) := array.concat(
	[result.related(e.effect.behind, "and this would swallow it as well") | e.effect.behind],
	[result.related(use.span, sprintf("%s goes on all the same", [wording.deed(use)])) |
		some use in going_on(e)
	],
)

judged(e) := grades if {
	swallowed(e)
	grades := told(e)
}

# A proof that is not there must not look like an answer.
told(e) := {"severity": "medium", "persona": "pedantic", "noun": "the retrieval", "then": "a proof that is missing looks like an answer"} if {
	retrieves_proof(e)
} else := {"severity": "medium", "persona": "pedantic", "noun": nouns[e.kind], "then": "what is taken then is what lay there before"} if {
	e.kind in {"push", "upload"}
	goes_on(e)
	not e.is_captured
} else := {"severity": "medium", "persona": "pedantic", "noun": nouns[e.kind], "then": "the artifact goes out without it"} if {
	e.kind in {"sign", "attest"}
} else := {"severity": "low", "persona": "pedantic", "noun": "the download", "then": "what is used then is an old file, or none"} if {
	fetches(e)
	goes_on(e)
} else := {"severity": "low", "persona": "auditor", "noun": "the lookup", "then": "an empty answer is used as a digest"} if {
	e.kind == "resolve"
	uses_answer(e)
} else := {"severity": "info", "persona": "auditor", "noun": "the download", "then": "what reads it decides alone"} if {
	fetches(e)
	e.effect.cause == "pipe"
} else := {"severity": "info", "persona": "auditor", "noun": "the download", "then": "the job is green without it"} if {
	fetches(e)
	kept(e)
	not asks(e)
} else := {"severity": "low", "persona": "auditor", "noun": nouns[e.kind], "then": "the job is green without it"} if {
	e.kind in {"deploy", "publish", "push", "scan", "trigger"}
} else := {"severity": "low", "persona": "auditor", "noun": "the deployment", "then": "the job is green without it"} if {
	e.kind == "install"
	e.tool in charts
} else := {"severity": "info", "persona": "auditor", "noun": "the upload", "then": "the job is green without it"} if {
	e.kind == "upload"
	e.destination.artifact != "stored"
}

nouns := {
	"attest": "the attestation",
	"deploy": "the deployment",
	"publish": "the publication",
	"push": "the push",
	"scan": "the scan",
	"sign": "the signature",
	"trigger": "the run of another pipeline",
	"upload": "the upload",
}

# What they install are deployments.
charts := {"helm", "helmfile"}

consequence(e, grades) := sprintf(", and %s", [grades.then])

subject(e) := sprintf("`%s`", [e.options.job[0]]) if {
	e.options.job
} else := sprintf("`%s`", [e.reference.text]) if {
	e.reference.text
} else := sprintf("`%s`", [wording.command(e)])

swallowed(e) if {
	e.effect.stops == false
	not e.expected_to_fail
	# The run is marked as failed, or another way leads to the same end.
	e.effect.cause != "reported"
	count(object.get(e.effect, "instead", [])) == 0
	not is_local(e)
}

is_local(e) if {
	e.kind in {"attest", "deploy", "push", "sign"}
	e.reference.is_local
}

is_local(e) if e.destination.is_local

goes_on(e) if count(object.get(e.effect, "goes_on", [])) > 0

going_on(e) := [data.swaplint.lib.events.by_id[id] | some id in object.get(e.effect, "goes_on", [])]

# The answer names what is put to use, and nobody looks at its form. Comparisons with nothing fail by themselves.
uses_answer(e) if {
	some use in going_on(e)
	use.kind in {"attest", "copy", "deploy", "publish", "push", "run", "sign"}
	not use.reference.digest_is_checked
}

# A file or text from another machine; caches may miss.
fetches(e) if {
	e.kind == "download"
	not download.local(e)
	not e.tool in {"actions/cache", "actions/cache/restore"}
}

# Somebody asked for what comes: it is kept in a file, or read.
kept(e) if e.destination

kept(e) if e.is_captured

# `if curl .. ; then`, `curl .. && tar ..`: a question, or what uses it waits for it.
asks(e) if e.effect.cause in {"called", "condition"}

retrieves_proof(e) if {
	e.kind == "download"
	e.options.attestation
}

retrieves_proof(e) if {
	fetches(e)
	download.is_proof(download.name(e))
}
