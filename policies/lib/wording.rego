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

# What an event is about, as written; the command where it names nothing.
subject(e) := e.reference.text if {
	e.reference.text != ""
} else := command(e)
