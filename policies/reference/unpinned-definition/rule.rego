# METADATA
# title: The pipeline takes its own definition by a mutable ref
# description: >-
#   Actions, reusable workflows, task bundles, shared libraries and includes are code that runs with the pipeline's
#   rights. By tag or branch, whoever can move that ref runs code here.
# related_resources:
#   - ref: https://docs.github.com/en/actions/reference/security/secure-use#using-third-party-actions
#     description: "GitHub: using third-party actions"
# custom:
#   severity: medium
#   confidence: high
#   persona: regular
#   lists: [definitions]
#   options:
#     trusted:
#       default: []
#       description: Owners (`acme`) and single sources (`acme/deploy`) whose tags you take on trust; they are told to pedants.
package swaplint.reference.unpinned_definition

import data.swaplint.lib.grade
import data.swaplint.lib.result

clauses := {
	"semver": "by a tag, and its owner can move it",
	"tag": "by a tag that is meant to move",
	"branch": "by a branch, which moves with every commit",
	"none": "without a version, so by whatever is newest",
}

nouns := {
	"action": "action",
	"reusable-workflow": "reusable workflow",
	"task": "task or pipeline",
	"library": "shared library",
	"include": "include",
	"pipeline": "pipeline of another project",
}

finding contains graded if {
	some definition in input.definitions
	clauses[definition.pin]
	clause := clause_of(definition)

	# Its owner demands a semver tag: slsa-generator-not-semver.
	not definition.requires_semver

	message := sprintf("the %s is taken %s%s", [subject(definition), clause, by_default(definition)])
	found := result.within(definition, definition.span, message, help(definition))
	grades := judged(definition)
	graded := result.graded(found, grades.severity, confidence(definition), grades.persona)
}

# Whoever starts the pipeline may give it another version.
confidence(definition) := "medium" if {
	definition.parameter
} else := "high"

by_default(definition) := sprintf(": `%s`, the default of the parameter `%s`", [definition.reference, definition.parameter]) if {
	definition.parameter
} else := ""

# Which version it is is set where the CI system is configured.
set_elsewhere(definition) if {
	definition.pin == "none"
	definition.kind == "library"
}

clause_of(definition) := "without a version, so by what the CI system is set to" if {
	set_elsewhere(definition)
} else := "by `~latest`, so by whatever was released last" if {
	is_component(definition)
	definition.reference == "~latest"
} else := "by a range of versions, so by the newest that is in it" if {
	is_component(definition)
	regex.match(`^[0-9]+(\.[0-9]+)?$`, definition.reference)
} else := "from an address, and nothing checks what arrives" if {
	is_address(definition)
} else := clauses.semver if {
	# Some count in two parts, some move `v1.2`: the text does not say which.
	definition.pin == "tag"
	regex.match(`^v?[0-9]+\.[0-9]+$`, object.get(definition, "reference", ""))
} else := clauses.tag if {
	is_bundle(definition)
	definition.pin == "branch"
} else := clauses[definition.pin]

# `host/project/component@1.0` of GitLab
is_component(definition) if {
	definition.kind == "include"
	stands_whole(definition)
	not is_address(definition)
}

# A registry has tags, and no branches.
is_bundle(definition) if {
	definition.kind == "task"
	definition.text == sprintf("%s:%s", [definition.source, definition.reference])
}

# A file at a URL, which is no version of anything: what its server answers is taken.
is_address(definition) if {
	definition.kind == "include"
	startswith(definition.source, "http")
}

noun(definition) := object.get(nouns, definition.kind, "definition")

# Whoever can move its tags can as well change the pipeline that uses it, or what runs it.
near(definition) if definition.forge_owned

near(definition) if definition.first_party

near(definition) if {
	some name in data.options["unpinned-definition"].trusted
	startswith(sprintf("%s/", [lower(definition.source)]), sprintf("%s/", [lower(name)]))
}

near(definition) if set_elsewhere(definition)

# It runs there, with the rights of that project.
near(definition) if definition.kind == "pipeline"

judged(definition) := {"severity": grade.in_context("low"), "persona": "pedantic"} if {
	near(definition)
} else := {"severity": grade.of(definition, "medium"), "persona": "regular"} if {
	definition.pin in {"branch", "none"}
} else := {"severity": grade.in_context("medium"), "persona": "regular"}

# Many are taken from one repository: which, says the path.
subject(definition) := sprintf("task or pipeline `%s` of `%s`", [definition.path, definition.source]) if {
	definition.kind == "task"
	is_in_repository(definition)
	definition.path
} else := sprintf("%s `%s`", [noun(definition), definition.text])

help(definition) := help_for_task(definition) if {
	definition.kind == "task"
} else := sprintf("name a protected tag of `%s`", [definition.source]) if {
	definition.kind == "pipeline"
} else := sprintf("pin it to a commit: `%s@<commit>%s`", [place(definition), comment(definition)]) if {
	stands_whole(definition)
} else := "add the hash of its content: `integrity: 'sha256-<base64>'`" if {
	is_address(definition)
} else := sprintf("pin it to a commit: `ref: <commit>%s`", [comment(definition)]) if {
	# With a `ref` already, or without.
	definition.kind == "include"
} else := sprintf("pin `%s` to a commit, and keep the version in a comment", [definition.source])

# Path and version stand in one name.
stands_whole(definition) if definition.kind in {"action", "reusable-workflow"}

# `host/project/component@1.0`
stands_whole(definition) if {
	definition.kind == "include"
	contains(definition.text, "@")
}

help_for_task(definition) := sprintf("make a commit of `%s` the default of `%s`", [definition.source, definition.parameter]) if {
	definition.parameter
} else := sprintf("set the parameter `revision` to a commit of `%s`", [definition.source]) if {
	is_in_repository(definition)
} else := sprintf("fetch a fixed version: a URL with a commit in it instead of `%s`, or the parameter `digest` beside it", [definition.source]) if {
	startswith(definition.source, "http")
} else := sprintf("pin the bundle by digest: `%s@sha256:..`", [definition.source]) if {
	contains(definition.source, "/")
} else := sprintf("take `%s` as a bundle by digest, or keep a copy in this repository", [definition.text]) if {
	definition.pin != "none"
} else := sprintf("name a version of `%s`, or take it as a bundle by digest", [definition.text])

# The version, for people and bots; a branch is none.
comment(definition) := sprintf(" # %s", [definition.reference]) if {
	definition.reference
	definition.pin != "branch"
} else := ""

place(definition) := sprintf("%s/%s", [definition.source, definition.path]) if {
	definition.path
} else := definition.source

is_in_repository(definition) if endswith(definition.source, ".git")

is_in_repository(definition) if regex.match(`^https://(github|gitlab)\.com/[^/]+/[^/]+$`, definition.source)

# A URL of which a path is taken; of one that is fetched itself there is none.
is_in_repository(definition) if {
	startswith(definition.source, "http")
	definition.path
}

# An owner and a repository, which a forge is asked for by its API; a task in a bundle has a name, and no file.
is_in_repository(definition) if {
	regex.match(`^[^/.:]+/[^:]+$`, definition.source)
	regex.match(`\.ya?ml$`, definition.path)
}

# The same where the path is the resolver's default: the repository is named alone.
is_in_repository(definition) if {
	not contains(definition.text, "/")
	endswith(definition.source, sprintf("/%s", [definition.text]))
}
