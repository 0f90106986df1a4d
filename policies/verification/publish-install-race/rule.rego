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

import data.swaplint.lib.grade
import data.swaplint.lib.options
import data.swaplint.lib.order
import data.swaplint.lib.result
import data.swaplint.lib.wording

finding contains graded if {
	some p in input.events.publish
	some e in input.events.install
	e.reference.artifact == "package"
	e.execution_index != p.execution_index
	order.precedes(p, e)
	same_package(p, e)
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

# The name is known on both sides.
same_package(p, e) if {
	p.reference.resolved
	bare(file_name(p.reference.resolved)) == bare(e.reference.resolved)
}

# It is installed from the very index to which it was published, where hardly anything else lies.
same_package(p, e) if {
	some to in p.options.repository
	some from in e.options.index
	contains(to, "://")
	host(to) == host(from)
}

# A package without version, the way registries compare names.
bare(name) := lower(regex.replace(trim_prefix(name, "@"), `([=<>~!@\[ ].*|-v?[0-9].*)$`, ""))

file_name(path) := parts[count(parts) - 1] if parts := split(trim_suffix(path, "/"), "/")

host(url) := trim_prefix(trim_prefix(split(split(url, "://")[1], "/")[0], "upload."), "www.")
