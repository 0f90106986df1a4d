# METADATA
# title: An artifact is fetched or sent over plain HTTP or FTP
# description: >-
#   Nothing authenticates what arrives over http:// or ftp://, so anybody on the path can replace it.
# related_resources:
#   - ref: https://cwe.mitre.org/data/definitions/494.html
#     description: "CWE-494: Download of code without integrity check"
# custom:
#   severity: high
#   confidence: high
#   persona: regular
#   events: [download, stream, pull, upload, attest, deploy, install, publish, run, sign]
#   options:
#     local-hosts:
#       default: []
#       description: Hosts (and what is below them) that are reached over a network of your own; they are told to auditors alone.
package swaplint.transport.plain_http_download

import data.swaplint.lib.download
import data.swaplint.lib.grade
import data.swaplint.lib.groups
import data.swaplint.lib.host
import data.swaplint.lib.reference
import data.swaplint.lib.result

finding contains graded if {
	some kind in ["download", "stream", "pull"]
	some e in input.events[kind]
	some where in ["source", "reference"]
	fetched := e[where]
	not shown_as_source(e, where)
	fetched.scheme in {"http", "ftp"}
	not fetched.is_local
	count(e.guards) == 0

	message := sprintf("`%s` is fetched over %s: anybody on the way can replace it", [fetched.text, fetched.scheme])
	found := result.with_related(result.event(e, fetched.span, message, help(fetched)), reference.story(fetched))
	graded := near(fetched, judged(found, e, fetched))
}

finding contains graded if {
	some e in input.events.upload
	sent := e.destination
	sent.scheme in {"http", "ftp"}
	not sent.is_local

	message := sprintf("`%s` is sent to `%s` over %s: anybody on the way can replace it", [e.source.text, sent.text, sent.scheme])
	found := result.event(e, sent.span, message, "send it over https")
	graded := near(sent, result.graded(found, grade.in_context("medium"), "high", "pedantic"))
}

near(reference, found) := result.graded(found, "low", "medium", "auditor") if {
	host.among(reference.host, data.options["plain-http-download"]["local-hosts"])
} else := found

# A host that nobody can see, say the address of a container started here, and an answer that nothing runs, unpacks or installs.
judged(found, e, fetched) := result.graded(found, "low", "low", "auditor") if {
	startswith(fetched.host, "?")
	not is_used(e, fetched)
} else := result.graded(found, "low", "medium", "auditor") if {
	is_answer(fetched)
	not is_used(e, fetched)
} else := result.with_severity(found, grade.in_context("high"))

# A page, what a server says of itself, or data of an API.
is_answer(fetched) if regex.match(
	`(^https?://api\.|/api/|/$|^[a-z]+://[^/]+$|\.(json|html?|xml|csv)$|/(metrics|health|healthz|status|version|ping|ready|readyz|livez)$)`,
	split(lower(fetched.resolved), "?")[0],
)

is_used(_, fetched) if fetched.is_used

is_used(e, fetched) if [e.execution_index, fetched.resolved] in streamed

streamed contains [s.execution_index, s.reference.resolved] if some s in input.events.stream

is_used(e, _) if {
	e.kind == "download"
	download.passed_on(e, taken)
}

# Files that others get.
taken := groups.by_key([[[u.execution_index, download.base(u[where].resolved)], u.id] |
	some kind in ["publish", "upload", "sign", "attest", "deploy", "install", "run"]
	some u in input.events[kind]
	some where in ["source", "reference"]
	u[where].artifact == "file"
])

# An event with both is reported at its source alone.
shown_as_source(e, where) if {
	where == "reference"
	e.source
}

help(fetched) := sprintf("fetch it over https (`%s`), and check its digest", [over_https(fetched)]) if {
	fetched.scheme == "http"
} else := "fetch it over https, and check its digest"

over_https(fetched) := replace(fetched.text, "http://", "https://") if {
	contains(fetched.text, "://")
} else := replace(fetched.resolved, "http://", "https://") if {
	# A variable holds the scheme.
	startswith(fetched.text, "$")
	startswith(fetched.resolved, "http://")
} else := sprintf("https://%s", [fetched.text])
