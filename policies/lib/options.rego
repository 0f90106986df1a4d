# Questions about what the flags and inputs of an event say, by role.
package swaplint.lib.options

# One of these roles is given, whatever its value.
given(e, roles) if {
	some role in roles
	e.options[role]
}

# A switch is on. A value that is not known is not on.
on(e, role) if "true" in e.options[role]

# The place of an option; the whole command where it has none.
place(e, role) := object.get(e.option_spans, role, e.span)
