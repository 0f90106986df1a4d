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

# Whom a too broad expression lets in, the worst first.
others := ["anyone", "other-organisation", "other-repository"]

owners := {
	"anyone": "anybody",
	"other-organisation": "another organisation",
	"other-repository": "another repository of the organisation",
	"other-workflow": "any workflow of the repository",
}

met(identity, admitted) := sprintf(
	"`%s` is met by %s: it also accepts `%s`",
	[identity.expression, owner(admitted), admitted.identity],
)

owner(admitted) := mailboxes[admitted.class] if {
	is_mailbox(admitted.identity)
} else := owners[admitted.class]

mailboxes := {
	"anyone": "anybody",
	"other-organisation": "mailboxes of another domain",
	"other-repository": "another mailbox of that domain",
	"other-workflow": "another mailbox of that domain",
}

is_mailbox(identity) if {
	contains(identity, "@")
	not contains(identity, "/")
}

# What to write instead.
narrowed(identity) := "name the issuer of your CI, exactly: `https://token.actions.githubusercontent.com`" if {
	startswith(identity.role, "issuer")
} else := "name the one address that may sign, exactly: `--certificate-identity`" if {
	is_mailbox(identity.admits[0].identity)
} else := concat(" ", ["name the one workflow and the refs that may sign:", narrow[language(identity)]])

narrow := {
	"glob": "`https://github.com/OWNER/REPO/.github/workflows/release.yml@refs/heads/main`",
	"regexp": "`^https://github\\.com/OWNER/REPO/\\.github/workflows/release\\.yml@refs/tags/v[0-9.]+$`",
}

# Globs (`*`, `?`) are compared with the whole identity, expressions of Go match anywhere in it.
language(identity) := "glob" if {
	endswith(identity.role, "-glob")
} else := "regexp"

# Expressions that match more than they mean.
loose := ["embedded", "lookalike-host"]

exceeded(identity, admitted) := sprintf(
	"`%s` %s: it also accepts `%s`",
	[identity.expression, reasons[language(identity)][admitted.class], admitted.identity],
)

reasons := {
	"glob": {"embedded": "begins with a wildcard", "lookalike-host": "has a wildcard in its host"},
	"regexp": {"embedded": "may stand anywhere in a longer text", "lookalike-host": "has a dot that matches any character"},
}

tightened(identity, admitted) := repairs[language(identity)][admitted.class]

repairs := {
	"glob": {
		"embedded": "begin with the host and the repository: `https://github.com/OWNER/REPO/.github/workflows/..`",
		"lookalike-host": "write the host out, without wildcards",
	},
	"regexp": {
		"embedded": "anchor it: begin with `^`, end with `$`, and put no `.*` in front",
		"lookalike-host": "escape the dots of the host: `\\.` and not `.`",
	},
}
