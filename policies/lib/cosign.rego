# Questions about verifications by Sigstore's clients.
package swaplint.lib.cosign

import data.swaplint.lib.groups
import data.swaplint.lib.options

tools := {"cosign", "sigstore"}

# Verifications that are meant to succeed.
verifications contains e if {
	some e in input.events.verify
	e.tool in tools
	not e.expected_to_fail
}

# What stands on the command line is not all known: one of several words in it is a value from outside, which may as well
# hold options (`cosign verify $FLAGS image`).
hides_options(e) if {
	count(at_once[e.span]) > 1
	e.span in unreadable
}

hides_options(e) if e.options["hidden-options"]

# What one command verifies.
at_once := groups.by_key([[e.span, e.id] | some e in input.events.verify])

unreadable contains e.span if {
	some e in input.events.verify
	e.reference.mutability == "unknown"
}

# A key decides, no identity is asked for.
by_key(e) if options.given(e, {"key", "sk"})

names_identity(e) if options.given(e, {"identity", "identity-regexp"})

names_issuer(e) if options.given(e, {"issuer", "issuer-regexp"})

# The first of these classes that the identity expression lets in, with the identity; nothing if it lets in none, or if
# the user vouches for it.
admitted(identity, classes) := [a | some class in classes; some a in identity.admits; a.class == class][0] if {
	not identity.is_trusted
}
