# Words for messages.
package swaplint.lib.wording

# How a mutable reference names its content: "signs `x` by tag".
by(reference) := "without a tag" if {
	reference.mutability == "implicit"
} else := "by tag"

# The command of an event as people type it: `cosign verify`.
command(e) := e.tool if {
	e.verb == ""
} else := sprintf("%s %s", [e.tool, e.verb])

# The same with what it is about, as far as it names something: `cosign verify` of `app@sha256:..`.
# A program that was fetched is both.
deed(e) := sprintf("`%s` of `%s`", [command(e), e.reference.text]) if {
	e.reference.text
	e.reference.text != command(e)
} else := sprintf("`%s`", [command(e)])

# What an event is about, as written; the command where it names nothing.
subject(e) := e.reference.text if {
	e.reference.text != ""
} else := command(e)
