# METADATA
# title: A package is published, then installed by name
# description: >-
#   The later execution takes from the package registry whatever has that name and version by then, with or without the
#   help of the one that published it.
# related_resources:
#   - ref: https://pip.pypa.io/en/stable/topics/secure-installs/
#     description: "pip: secure installs"
#   - ref: https://docs.npmjs.com/cli/commands/npm-ci
#     description: "npm ci"
# custom:
#   severity: medium
#   confidence: medium
#   persona: regular
#   events: [publish]
package swaplint.verification.publish_install_race

import data.swaplint.lib.events
import data.swaplint.lib.grade
import data.swaplint.lib.groups
import data.swaplint.lib.options
import data.swaplint.lib.order
import data.swaplint.lib.result
import data.swaplint.lib.wording

finding contains graded if {
	some e in input.events.install
	e.reference.artifact == "package"
	some id in {same | some trait in wanted(e); some same in published[trait]}
	p := events.by_id[id]
	e.execution_index != p.execution_index
	order.precedes(p, e)
	count(e.guards) == 0
	not options.given(e, {"require-hashes", "hash", "locked"})

	message := sprintf(
		"`%s` is installed by name after execution `%s` published it: the registry decides what arrives",
		[e.reference.text, p.execution],
	)
	help := "hand the file over from the execution that built it, or demand its hash (`--require-hashes`, `integrity`)"
	found := result.with_related(
		result.event(e, e.reference.span, message, help),
		[result.related(p.span, sprintf("`%s` publishes it here", [wording.command(p)]))],
	)
	graded := result.with_severity(found, grade.in_context("medium"))
}

# By what a package is known: its name, or the very index to which it was published and where hardly anything else lies.
published := groups.by_key(array.concat(
	[[["name", bare(file_name(p.reference.resolved))], p.id] | some p in input.events.publish],
	[[["index", host(to)], p.id] | some p in input.events.publish; some to in p.options.repository; contains(to, "://")],
))

wanted(e) := array.concat([["name", bare(e.reference.resolved)]], [["index", host(from)] | some from in e.options.index])

# A package without version, the way registries compare names.
bare(name) := lower(regex.replace(trim_prefix(name, "@"), `([=<>~!@\[ ].*|-v?[0-9].*)$`, ""))

file_name(path) := parts[count(parts) - 1] if parts := split(trim_suffix(path, "/"), "/")

host(url) := trim_prefix(trim_prefix(split(split(url, "://")[1], "/")[0], "upload."), "www.")
