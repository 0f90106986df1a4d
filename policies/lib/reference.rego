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
name(reference) := array.concat([typed(n) | some n in names(reference); not internal(n)], ["IMAGE"])[0]

# What the CI system fills in, as it is written there.
typed(text) := regex.replace(text, `\$\{((github|inputs|env|matrix|needs|steps|vars)\.[A-Za-z0-9_.-]+)\}`, "$${{ $1 }}")

names(reference) := array.concat(
	array.concat(of_each(reference), [sprintf("%s/%s", [reference.registry, reference.repository]) | reference.registry != "docker.io"]),
	array.concat([n | n := trim_prefix(reference.repository, "library/"); n != ""], [n | n := reference.text]),
)

# One command for each value of a matrix: any one name would be wrong for the others.
of_each(reference) := [regex.replace(reference.text, `(:([^:/{}]|\$\{\{[^{}]*\}\})*)?(@.*)?$`, "") |
	regex.match(`/.*matrix\.|matrix\..*/`, reference.text)
]

# It says how a value was made (`${docker images}`), or is no word: no shell would take it. `${{ .. }}` and `${NAME}` can be typed, and
# `${github.repository}` says which one is meant.
internal(text) if regex.match(
	`^\s*$|\s|\$\{[^{}]*[^{}A-Za-z0-9_.][^{}]*\}|\$\{[^{}]*$|\$\{[^{}]*\$\{`,
	regex.replace(text, `\$\{\{[^{}]*\}\}`, "x"),
)
