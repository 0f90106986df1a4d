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
	"contexts": "github|env|matrix|needs|secrets|steps|vars",
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

names(reference) := array.concat(
	array.concat(of_each(reference), [sprintf("%s/%s", [reference.registry, reference.repository]) | reference.registry != "docker.io"]),
	array.concat([n | n := trim_prefix(reference.repository, "library/"); n != ""], [n | n := reference.text]),
)

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
