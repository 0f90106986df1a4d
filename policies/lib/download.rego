# Questions about files that are fetched from elsewhere: `e` is a download event.
package swaplint.lib.download

import data.swaplint.lib.events
import data.swaplint.lib.groups
import data.swaplint.lib.reference

# Fetched from another machine; the artifacts of the run itself are not.
remote(e) if {
	e.source.artifact == "url"
	not local(e)
	not of_controller(e.source.resolved)
}

# Jenkins itself, which runs the pipeline, serves its own programs and what this build wrote; what other builds left is theirs.
of_controller(url) if {
	input.pipeline.format in {"jenkinsfile", "jenkins-library"}
	regex.match(`^\$\{(env\.)?(BUILD_URL|RUN_DISPLAY_URL|RUN_(ARTIFACTS|CHANGES|TESTS)_DISPLAY_URL)\}`, url)
}

of_controller(url) if {
	input.pipeline.format in {"jenkinsfile", "jenkins-library"}
	regex.match(`^\$\{(env\.)?(JENKINS_URL|HUDSON_URL|JOB_URL)\}`, url)
	not regex.match(`/job/|/artifact/|/ws/`, url)
}

# A bucket is no host name, however short.
local(e) if {
	e.source.is_local
	not e.source.scheme in {"s3", "gs"}
}

# The name under which it lies on disk; "" if nothing says so.
file(e) := "*" if {
	takes_all(e)
} else := base(e.source.resolved) if {
	e.options.folder
} else := base(e.destination.resolved) if {
	e.destination.resolved
} else := base(e.source.resolved) if {
	e.options["by-name"]
} else := ""

# A release is named, and no file of it.
takes_all(e) if {
	e.options["by-name"]
	not e.options.pattern
	e.source.resolved == e.options["release-tag"][0]
}

base(path) := parts[count(parts) - 1] if parts := split(replace(path, "\\", "/"), "/")

# The last part of the address.
name(e) := file(e) if {
	file(e) != ""
} else := base(split(e.source.resolved, "?")[0])

# The file that it is kept in, as a shell takes it; "" where none is known to be made, or its name cannot be typed.
kept(e) := place if {
	place := sprintf("%s/%s", [shown(trim_suffix(e.options.folder[0], "/"), e), inside(asset(e))])
	typed(place)
} else := place if {
	one_of_several(e.destination)
	place := written(e)
	not regex.match(`\$\{?[0-9@*]`, place)
	typed(place)
} else := place if {
	place := shown(e.destination.resolved, e)
	typed(place)
} else := place if {
	place := written(e)
	typed(place)
} else := place if {
	e.shell != "posix"
	place := reference.in_shell(e.destination.resolved, e)
	regex.match(`^[A-Za-z0-9_./$%\\][^"'\x60*?\s]*$`, place)
} else := place if {
	place := reference.in_shell(file(e), e)
	typed(place)
} else := ""

# As it stands in a script whose variables are what it says.
written(e) := shown(as_written(e.destination.text), e) if not e.shell in {"powershell", "cmd"}

# A loop or a matrix has others, for which the name of one would be wrong.
one_of_several(file) if {
	some place in file.provenance
	place.what in {"loops over this list", "value of the matrix"}
}

asset(e) := "*" if {
	takes_all(e)
} else := e.source.resolved

# What is fetched into a folder keeps its name; a pattern of names is no name.
inside(name) := "<file>" if {
	regex.match(`[*?\[]`, name)
} else := base(name)

# The name stands in the address where nothing else says it.
as_written(text) := base(split(text, "?")[0]) if {
	contains(text, "://")
} else := text

# In quotes a shell does not know `~`.
shown(place, e) := trim_prefix(regex.replace(reference.in_shell(place, e), `^~/`, "$$HOME/"), "$(pwd)/")

typed(place) if {
	not reference.internal(place)
	regex.match(`^[A-Za-z0-9_./$][^"'\x60*?\\]*$`, place)
}

# What to type. `e`: who fetches it; `kept`: the file, "" where it has to be stored first.
advice(e, fetched, kept) := sprintf("keep a list of the digests of its files in the repository and check them before the first use: `%s`", [
	list_check(trim_suffix(kept, "/")),
]) if {
	not e.shell in {"powershell", "cmd"}
	is_folder(e, fetched, kept)
} else := sprintf("%s%swrite its digest in the pipeline and check it before the first use: `%s`", [
	first_a_version(fetched.resolved),
	first_a_file(kept),
	comparison(e, name_for(e, fetched, kept)),
])

# Many files at once, which have no digest together.
is_folder(e, _, _) if e.options.recursive

is_folder(e, _, _) if regex.match(`(^| )(r?sync|mirror)$`, e.verb)

is_folder(_, _, kept) if kept in {".", ".."}

is_folder(_, fetched, _) if {
	fetched.scheme in {"s3", "gs"}
	endswith(fetched.resolved, "/")
}

list_check(folder) := "sha256sum -c SHA256SUMS" if {
	folder in {"", "."}
} else := sprintf("(cd \"%s\" && sha256sum -c \"$OLDPWD/SHA256SUMS\")", [folder])

# The check in the shell that the step has.
comparison(e, name) := sprintf("if ((Get-FileHash %s).Hash -ne \"<sha256>\") { throw \"%s\" }", [name, name]) if {
	e.shell == "powershell"
} else := sprintf("certutil -hashfile %s SHA256 | findstr /i \"<sha256>\" || exit /b 1", [name]) if {
	e.shell == "cmd"
} else := sprintf("echo \"<sha256>  %s\" | sha256sum -c -", [name])

first_a_version(url) := "take a URL that names a version, " if {
	contains(url, "://")
	moving(url)
} else := ""

first_a_file(kept) := "store it in a file, " if {
	kept == ""
} else := ""

name_for(e, fetched, kept) := kept if {
	kept != ""
} else := name if {
	count(split(fetched.resolved, "/")) > 3
	name := reference.in_shell(base(split(without_slashes(fetched.resolved), "?")[0]), e)
	typed(name)
	whole(name)
} else := "file"

# What stands behind the slash of a command is a part of a name.
whole(name) if {
	not startswith(name, ".")
	count(split(name, "(")) == count(split(name, ")"))
	count(split(name, "{")) == count(split(name, "}"))
}

# Unknown parts may hold commands, of which a part is no name of a file.
without_slashes(text) := regex.replace(text, `\$\{[^{}]*[/?][^{}]*\}`, "*")

# What the address gives is another thing after the next release: a digest alone would stop the pipeline then.
moving(url) if regex.match(`/(latest|main|master|HEAD|nightly|stable|edge)(/|$)|/refs/heads/|-latest[.-]`, url)

moving(url) if {
	not regex.match(`[0-9]\.[0-9]|[vV][0-9]|[0-9a-f]{7}|\$`, concat("/", path(url)))
	not names_build(split(concat("/", path(url)), "?")[0])
}

# A date, or the number of a build.
names_build(files) if regex.match(`[0-9]{3}|[0-9]{2}[-_][0-9]{2}`, regex.replace(files, no_version, ""))

# Machines, systems and hash functions with numbers of their own.
no_version := `(?i)i[3-6]86|x?86[-_]64|[-_.]386|s390x?|sha-?(1|224|256|384|512)|(ubuntu|win|windows|vs)[-_]?(20)?[0-9]{2}([0-9]{2})?`

# The parts of an address behind its host.
path(url) := array.slice(split(url, "/"), 3, 100)

# The address says which content it is: a file of one commit, by its full id, on a forge.
content_addressed(fetched) if fetched.mutability == "digest"

# By its name a list of checksums, or the checksum of one file.
is_checksums(file_name) if regex.match(
	`(\.(sha|sha1|sha224|sha256|sha384|sha512|md5)(sum|sums)?(\.txt)?|(sha|sha1|sha224|sha256|sha384|sha512|md5)[-_]?sums?[^/]*|[-_.]?checksums?[^/]*)$`,
	lower(file_name),
)

# By its name a signature, certificate, key or attestation.
is_proof(file_name) if {
	regex.match(`\.(asc|sig|sign|minisig|gpg|pub|pem|crt|cert|key|bundle|sigstore|att|intoto)(\.jsonl?|\.txt|\.base64)?$`, lower(file_name))
}

# Whoever can write the one can write the other: the same host, on hosts that serve many owners also the same owner and
# project; where the host is not known the same folder.
same_origin(a, b) if origin(a) == origin(b)

origin(e) := concat("/", array.concat([e.source.host], tenant(e))) if {
	known_host(e)
} else := sprintf("release of %s", [concat(",", e.options.repository)]) if {
	e.options["by-name"]
	e.options.repository
} else := "release of this repository" if {
	e.options["by-name"]
} else := folder(e.source.resolved)

known_host(e) if {
	e.source.host != ""
	not contains(e.source.host, "?")
}

# Parts of the path that say whose it is, on hosts that serve many.
tenant(e) := array.slice(path(e.source.resolved), 0, shared[e.source.host]) if {
	shared[e.source.host]
} else := []

shared := {
	"github.com": 2,
	"raw.githubusercontent.com": 2,
	"gitlab.com": 2,
	"bitbucket.org": 2,
	"sourceforge.net": 2,
	"storage.googleapis.com": 1,
	"s3.amazonaws.com": 1,
	"repo1.maven.org": 4,
	"repo.maven.apache.org": 4,
}

folder(url) := concat("/", array.slice(parts, 0, count(parts) - 1)) if parts := split(url, "/")

# Whether something takes the file after it arrived; `takers`: ids by execution and name of the file.
passed_on(e, takers) if {
	file(e) != ""
	ids := takers[[e.execution_index, file(e)]]
	ids[count(ids) - 1] > e.id
}

# What was made to check the file after it arrived and stops on a mismatch: verifications, and comparisons of its
# checksum.
checks(e) := [c |
	some id in e.guards
	c := checker[id]
	c.execution_index == e.execution_index
	not of_another(e, c)
]

# Something else was fetched to its place by then.
of_another(e, c) if c.id > e.until

checker[c.id] := c if {
	some kind in ["verify", "compare"]
	some c in input.events[kind]
	effective(c)
	not c.expected_to_fail
}

effective(c) if c.effect.stops

# The job goes on where it fails, but what takes the file does not.
effective(c) if c.id in waited_for

waited_for contains id if {
	some e in input.events.download
	some id in e.guards
}

# A check of checksums, as opposed to one of signatures.
by_checksum(c) if c.kind == "compare"

by_checksum(c) if {
	c.kind == "verify"
	c.tool in checksum_tools
}

checksum_tools := {"sha256sum", "b2sum", "md5sum", "sha1sum", "cksum", "shasum"}

# Lists of checksums that lay beside the file and with which it is checked: nothing that the pipeline itself knows.
lists_beside(e) := [l |
	some id in candidates(e)
	id != e.id
	l := events.by_id[id]
	checked_with(l, e)
]

candidates(e) := {id | some id in lists_for_several[[e.execution_index, origin(e)]]} | {id |
	some id in lists_for_one[[e.execution_index, origin(e), name(e)]]
}

checked_with(l, e) if {
	some c in array.concat(checks(e), checks(l))
	by_checksum(c)
}

lists := [l | some l in input.events.download; is_checksums(name(l)); not is_proof(name(l))]

lists_for_several := groups.by_key([[[l.execution_index, origin(l)], l.id] | some l in lists; not for_one(l)])

lists_for_one := groups.by_key([[[l.execution_index, origin(l), of], l.id] | some l in lists; for_one(l); some of in prefixes(name(l))])

# By its name the checksum of one file.
for_one(l) if regex.match(`\.(sha|sha1|sha224|sha256|sha384|sha512|md5)(sum|sums)?(\.txt)?$`, lower(name(l)))

# The list is for several files, or by its name for this one.
covers(l, _) if not for_one(l)

covers(l, e) if {
	name(e) != ""
	name(e) in prefixes(name(l))
}

# A name and what is left of it up to a dot, dash or underscore: what `tool-1.2.tgz.sha256` may be the checksum of.
prefixes(text) := {text} | {part |
	some sign in [".", "-", "_"]
	some at in indexof_n(text, sign)
	part := substring(text, 0, at)
	part != ""
}

# A signature is checked: of the file, or of the list that it is checked with.
signed(e) if {
	some c in checks(e)
	not by_checksum(c)
}

signed(e) if {
	some l in lists_beside(e)
	some c in checks(l)
	not by_checksum(c)
}

# Its content was checked against something that does not come from where it came from.
verified(e) if signed(e)

verified(e) if {
	count(checks(e)) > count(brought(e))
	count(lists_beside(e)) == 0
}

# It is checked, but only with checksums from the same place.
only_beside(e) if {
	count(lists_beside(e)) + count(brought(e)) > 0
	not verified(e)
}

# Checks with a list that the download brought along: it lies in the folder that was fetched, or is one of the files that were meant.
brought(e) := [c | some c in checks(e); brings(e, c)]

brings(e, c) if {
	is_list_check(c)
	startswith(c.reference.path, concat("", [trim_suffix(holder(e), "/"), "/"]))
	not c.reference.path in placed
}

brings(e, c) if {
	is_list_check(c)
	e.options["by-name"]
	parts := split(name(e), "*")
	count(parts) > 1
	file_name := base(c.reference.resolved)
	startswith(file_name, parts[0])
	endswith(file_name, parts[count(parts) - 1])
}

is_list_check(c) if {
	c.kind == "verify"
	by_checksum(c)
	is_checksums(base(c.reference.resolved))
}

# The folder into which several files are fetched.
holder(e) := e.destination.path if {
	e.destination.path
} else := e.options.folder[0]

# Paths to which something is fetched by its name.
placed := {d.destination.path | some d in input.events.download}
