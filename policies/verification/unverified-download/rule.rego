# METADATA
# title: A downloaded file is used without a check of its content
# description: >-
#   What the server, bucket or release holds at that moment is executed, installed or deployed; nothing compares it with
#   what was meant.
# related_resources:
#   - ref: https://cwe.mitre.org/data/definitions/494.html
#     description: "CWE-494: Download of code without integrity check"
#   - ref: https://slsa.dev/spec/v1.0/threats
#     description: "SLSA: supply chain threats, package distribution"
# custom:
#   severity: high
#   confidence: medium
#   persona: regular
#   events: [download, install, deploy]
#   options:
#     trusted-hosts:
#       default: []
#       description: Hosts (and what is below them) whose files you use on trust; they are told to auditors alone.
package swaplint.verification.unverified_download

import data.swaplint.lib.download
import data.swaplint.lib.events
import data.swaplint.lib.grade
import data.swaplint.lib.groups
import data.swaplint.lib.handoff
import data.swaplint.lib.host
import data.swaplint.lib.options
import data.swaplint.lib.reference
import data.swaplint.lib.result
import data.swaplint.lib.wording

finding contains graded if {
	some suspect in suspects
	not told_before(suspect)
	e := suspect.event
	grades := suspect.grades

	message := sprintf("`%s` is fetched %s, and nothing checks its content", [e.source.text, grades.use])
	help := download.advice(e, e.source, download.kept(e))
	places := array.concat(array.concat(by_wrapper(e), reference.story(e.source)), again(e))
	found := result.with_related(result.event(e, spot(e.source), message, help), places)
	graded := on_trust(e.source, result.graded(found, grade.in_context(grades.severity), grades.confidence, grades.persona))
}

suspects := [{"event": e, "grades": judged(e)} | some e in input.events.download; unchecked(e)]

unchecked(e) if {
	download.remote(e)
	not from_its_machine(e)
	not options.given(e, {"cache", "expected-digest"})
	not download.content_addressed(e.source)
	not download.is_checksums(download.name(e))
	not download.is_proof(download.name(e))
	not download.verified(e)
	not verified_by_another_name(e)

	# That is checksum-same-origin.
	not download.only_beside(e)
}

# One file that a job fetches in one branch or another, or again where it is missing, is told where it is fetched first, and once more
# where worse is done with it.
told_before(suspect) if {
	some severity in no_less[suspect.grades.severity]
	told[[suspect.event.execution_index, suspect.event.source.key, severity]][0] < suspect.event.id
}

told := groups.by_key([[[e.execution_index, e.source.key, suspect.grades.severity], e.id] | some suspect in suspects; e := suspect.event])

no_less := {"high": ["high"], "medium": ["medium", "high"], "low": ["low", "medium", "high"]}

again(e) := [result.related(spot(events.by_id[id].source), "and here") |
	some id in repeats[[e.execution_index, e.source.key]]
	id > e.id
]

repeats := groups.by_key([[[e.execution_index, e.source.key], e.id] | some e in input.events.download; e.repeats])

# A URL that the installing or deploying command fetches by itself.
finding contains graded if {
	some kind, use in {"install": "installed", "deploy": "deployed"}
	some e in input.events[kind]
	e.reference.artifact == "url"
	e.reference.scheme in {"http", "https", "ftp"}
	not from_this_machine(e.reference)
	count(e.guards) == 0
	not e.tool in from_source
	not e.options["lays-out"]
	not pinned(e.reference)
	grades := at_once(e)

	message := sprintf("`%s` is fetched and %s at once, and nothing checks its content", [e.reference.text, use])
	help := download.advice(e, e.reference, "")
	found := result.with_related(result.event(e, e.reference.span, message, help), reference.story(e.reference))
	graded := on_trust(e.reference, result.graded(found, grade.in_context(grades.severity), "medium", grades.persona))
}

# A function that fetches what it is told to is one place for many downloads.
spot(source) := source.handed if {
	source.handed
} else := source.span

by_wrapper(e) := [result.related(e.source.span, "fetched here") | e.source.handed]

on_trust(fetched, found) := result.graded(found, "low", "medium", "auditor") if {
	host.among(fetched.host, data.options["unverified-download"]["trusted-hosts"])
} else := found

# An attestation that is only fetched says what whoever can write to the registry wants it to say.
finding contains graded if {
	some e in input.events.download
	e.options.attestation
	not attested(e)

	message := sprintf("`%s` fetches what others state about `%s`, and nothing verifies who signed it", [wording.command(e), e.source.text])
	advice := "verify it, which prints it too: `cosign verify-attestation --certificate-identity .. --certificate-oidc-issuer .. IMAGE`"
	found := result.with_related(result.event(e, e.source.span, message, advice), reference.story(e.source))
	graded := result.graded(found, grade.in_context("medium"), "medium", "pedantic")
}

# An attestation of the same image is verified in the same execution.
attested(e) if [e.execution_index, e.source.repository] in verified

verified contains [v.execution_index, v.reference.repository] if {
	some v in input.events.verify
	v.effect.stops
}

# A cluster that lives for this run only is reached by nobody else; what runs in it runs beside the pipeline all the same.
at_once(e) := {"severity": "low", "persona": "auditor"} if {
	e.reference.is_local
} else := {"severity": "high", "persona": "regular"}

from_this_machine(reference) if host.is_loopback(reference.host)

judged(e) := {"severity": "high", "confidence": "medium", "persona": "regular", "use": "and used"} if {
	used(e)
	not only_unpacked(e)
} else := {"severity": "high", "confidence": "medium", "persona": "regular", "use": "and signed"} if {
	download.passed_on(e, signed)
} else := {"severity": severity, "confidence": "medium", "persona": "regular", "use": "and unpacked"} if {
	used(e)
	severity := {true: "high", false: "medium"}[input.executions[e.execution_index].privileged]
} else := {"severity": "medium", "confidence": "medium", "persona": "regular", "use": "and published"} if {
	goes_out(e)
} else := {"severity": "low", "confidence": "low", "persona": "pedantic", "use": "into a file"} if {
	download.file(e) != ""
	not answers(e)
}

used(e) if e.reference.is_used

used(e) if e.source.is_used

# What this job has sent to a machine over SSH to be worked on there comes back from it.
from_its_machine(e) if {
	ids := sent[[e.execution_index, machine(e.source)]]
	ids[0] < e.id
}

sent := groups.by_key([[[u.execution_index, machine(u.destination)], u.id] |
	some u in input.events.upload
	machine(u.destination)
])

machine(place) := split(place.resolved, ":")[0] if {
	contains(place.resolved, ":")
	not contains(place.resolved, "://")
	place.artifact == "url"
}

# Which file it is, is not known, and one that it may be is verified afterwards: a loop over what was fetched.
verified_by_another_name(e) if {
	regex.match(`[*$]`, download.name(e))
	some id in handoff.stopping[e.execution_index]
	id > e.id
	may_be(download.name(e), events.by_id[id])
	not of_another(download.name(e), id)
}

may_be(_, check) if {
	check.kind == "compare"
	not check.source.digest_is_lookup
}

may_be(name, check) if same(name, download.base(check.reference.resolved))

# It is known to guard a file that has another name.
of_another(name, check) if {
	some guarded in names_guarded[check]
	not download.is_proof(guarded)
	not download.is_checksums(guarded)
	not same(name, guarded)
}

names_guarded := groups.by_key([[id, download.name(d)] |
	some d in input.events.download
	some id in d.guards
])

# Whether two names may be one, as far as both are known.
same(a, b) if {
	meet(regex.replace(a, `[*$].*$`, ""), regex.replace(b, `[*$].*$`, ""))
	meet_at_end(regex.replace(a, `^.*[*})]`, ""), regex.replace(b, `^.*[*})]`, ""))
}

meet(a, b) if startswith(a, b)

meet(a, b) if startswith(b, a)

meet_at_end(a, b) if endswith(a, b)

meet_at_end(a, b) if endswith(b, a)

# Whether what was in it is code is not known.
only_unpacked(e) if e.source.is_only_unpacked

# Whoever signs or publishes what came from elsewhere answers for it.
signed := groups.by_key([[[u.execution_index, taken(u)], u.id] |
	some kind in ["sign", "attest"]
	some u in input.events[kind]
])

# A bucket or a server, not the store of the run.
published := groups.by_key(array.concat(
	[[[u.execution_index, taken(u)], u.id] | some u in input.events.publish],
	[[[u.execution_index, download.base(u.source.resolved)], u.id] |
		some u in input.events.upload
		u.source.artifact == "file"
		u.destination.artifact == "url"
	],
))

goes_out(e) if download.passed_on(e, published)

# With the folder that it lies in.
goes_out(e) if {
	some place in within(folder(e))
	some id in published_folders[[e.execution_index, place]]
	id > e.id
	u := events.by_id[id]
	holds(u.source.path, place, e)
	not back(u, e)
}

# It goes back to where it came from.
back(u, e) if {
	e.source.host != ""
	u.destination.host == e.source.host
}

published_folders := groups.by_key([[[u.execution_index, holder(u.source.path)], u.id] |
	some u in input.events.upload
	u.source.path
	u.destination.artifact == "url"
])

# What a pattern of names looks into, else the folder that is named itself.
holder(path) := download.folder(path) if {
	contains(path, "*")
} else := path

# A folder, and those that it lies in; "" is that of the repository.
within(folder) := {folder} | {place |
	parts := split(folder, "/")
	some n, _ in parts
	place := concat("/", array.slice(parts, 0, n))
	[place, regex.match(`^([/~]|\.\.)`, folder)] != ["", true]
}

# What it names is all that is below a folder, or what in it has such a name.
holds(path, _, _) if not contains(path, "*")

holds(path, of, e) if {
	of == folder(e)
	fits(path, e)
}

folder(e) := e.destination.path if {
	endswith(e.destination.resolved, "/")
} else := e.destination.path if {
	e.destination.resolved == e.options.folder[0]
} else := download.folder(e.destination.path) if {
	e.destination
} else := plain(e.options.folder[0]) if {
	not e.destination
} else := "" if not e.destination

plain(path) := "" if {
	path == "."
} else := trim_suffix(trim_prefix(path, "./"), "/")

# The name of the file fits the pattern, as far as both are known.
fits(path, e) if regex.match(`[*?$]|^$`, download.name(e))

fits(path, e) if {
	ends := split(download.base(path), "*")
	startswith(download.name(e), ends[0])
	endswith(download.name(e), ends[count(ends) - 1])
}

# What takes a file, by its name, or an address.
taken(u) := download.base(u.reference.resolved) if u.reference.artifact == "file"

taken(u) := u.reference.resolved if u.reference.artifact == "url"

# A question to an API, whose answer is data.
answers(e) if regex.match(`(^https?://api\.|/api/|\.json([?#]|$))`, lower(e.source.resolved))

# They fetch a repository at a commit and know its history.
from_source := {"cargo", "go", "git"}

pinned(fetched) if download.content_addressed(fetched)

pinned(fetched) if contains(fetched.resolved, "#sha256=")

pinned(fetched) if regex.match(`\.git(@|#|$)`, fetched.resolved)
