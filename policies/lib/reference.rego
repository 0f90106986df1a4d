# Questions about references: `e.reference`, `e.source`, `e.destination`, `image.reference`.
package swaplint.lib.reference

import data.swaplint.lib.result

# It can be repointed: a tag, or no tag at all.
mutable(reference) if reference.mutability in {"tag", "implicit"}

# It can be repointed by somebody else: not a thing of this machine.
repointable(reference) if {
	mutable(reference)
	not reference.is_local
}

# Nothing here says whether it is a tag or a digest: for auditors.
unreadable(reference) if {
	reference.artifact == "image"
	reference.mutability == "unknown"
	not reference.is_local
}

# Where its value was made, as related places.
story(reference) := [result.related(place.span, place.what) | some place in reference.provenance]

# The reference without tag and digest, for help texts; as written where it is not readable, and `IMAGE` where that can be typed
# nowhere.
name(reference) := array.concat([n | some known in names(reference); n := typed(known); not internal(n)], ["IMAGE"])[0]

# What the CI system fills in, as it is written there.
typed(text) := regex.replace(
	regex.replace(text, `\$\{inputs\.([A-Za-z0-9_.-]+)\}`, spelling.input),
	sprintf(`\$\{((%s)\.[A-Za-z0-9_.-]+)\}`, [spelling.contexts]),
	spelling.context,
)

spelling := object.get(spellings, input.pipeline.format, {
	"input": "$${{ inputs.$1 }}",
	"contexts": "github|env|job|matrix|needs|runner|secrets|steps|strategy|vars",
	"context": "$${{ $1 }}",
})

# Parameters of Jenkins are variables of the script and of its shells.
jenkins := {"input": "$${$1}", "contexts": "env", "context": "$${$1}"}

spellings := {
	"gitlab-ci": {"input": "$$[[ inputs.$1 ]]", "contexts": "matrix", "context": "$$[[ $1 ]]"},
	"jenkinsfile": jenkins,
	"jenkins-library": jenkins,
	"tekton": {
		"input": "$$(params.$1)",
		"contexts": "context|results|steps|tasks|workspaces",
		"context": "$$($1)",
	},
}

# The same in the script of an event, which may be a file of its own: what a runner says of itself and of the run has variables there.
in_shell(text, e) := regex.replace(typed(strings.replace_n(set_by_runner(text, variables[shell(e)]), text)), unbraced.at, unbraced.by)

shell(e) := e.shell if {
	e.shell
} else := "posix"

# `form`: how the shell has a variable NAME.
set_by_runner(text, form) := {known: variable |
	input.pipeline.format in {"github-workflow", "github-action"}
	some known in regex.find_n(`\$\{(runner|github)\.[a-z_]+\}`, text, -1)
	not known in {"${github.token}", "${github.event}"}
	variable := replace(form, "NAME", upper(replace(trim(known, "${}"), ".", "_")))
}

variables := {"posix": "${NAME}", "powershell": "${env:NAME}", "cmd": "%NAME%"}

# The braces of PowerShell are needed in front of a letter alone.
unbraced := {"at": `\$\{(env:[A-Z_]+)\}([^A-Za-z0-9_:]|$)`, "by": "$$$1$2"}

names(reference) := array.concat(
	array.concat(of_each(reference), [sprintf("%s/%s", [reference.registry, reference.repository]) | reference.registry != "docker.io"]),
	array.concat([n | n := trim_prefix(reference.repository, "library/"); n != ""], [n | not is_setting(reference); n := reference.text]),
)

# A value of a chart or template is set (`image.tag=1.2.3`), which knows the rest of the name.
is_setting(reference) if regex.match(`^[A-Za-z0-9_.\[\]-]+=`, reference.text)

# One command for each value of a matrix: any one name would be wrong for the others.
of_each(reference) := [regex.replace(reference.text, `(:([^:/{}]|\$\{\{[^{}]*\}\})*)?(@.*)?$`, "") |
	regex.match(`/.*matrix\.|matrix\..*/`, reference.text)
]

# It says how a value was made (`${docker images}`), or is no word: no shell would take it. `${NAME}` can be typed, and so can what the
# CI system fills in: `${{ .. }}`, `$[[ .. ]]`, `$(params.name)`.
internal(text) if regex.match(
	`^\s*$|\s|\$\{[^{}]*[^{}A-Za-z0-9_.][^{}]*\}|\$\{[^{}]*$|\$\{[^{}]*\$\{`,
	regex.replace(text, `\$\{\{[^{}]*\}\}|\$\[\[[^\[\]]*\]\]|\$\([A-Za-z0-9_.-]+\)`, "x"),
)
