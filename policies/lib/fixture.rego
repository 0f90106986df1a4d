# Facts for tests: say only what matters, the rest is the ordinary case.
#
#     finding with input as fixture.facts({"sign": [fixture.event("sign", {"reference": fixture.image("r.io/a:1", {})})]})
#
# Objects are merged deeply. Spans are any numbers here: the host alone checks them.
package swaplint.lib.fixture

# The facts of a pipeline with one unprivileged execution `job` and these events by kind.
facts(events) := changed(events, {})

# The same with other top-level parts: `{"pipeline": {"is_example": true}}`, `{"images": [..]}`.
changed(events, overrides) := object.union(
	{
		"schema": "swaplint.facts.v1",
		"pipeline": {
			"path": ".github/workflows/ci.yml",
			"format": "github-workflow",
			"triggers": ["push"],
			"repository_signs": false,
			"repository_verifies": false,
			"is_example": false,
			"span": 0,
		},
		"executions": [execution({})],
		"events": events,
		"definitions": [],
		"images": [],
		"base_images": [],
		"weaknesses": [],
		"idle": [],
		"digests": [],
		"handed": [],
		"layouts": [],
		"admissions": [],
		"opaque": [],
	},
	overrides,
)

execution(overrides) := object.union(
	{
		"id": "job",
		"needs": [],
		"secrets": [],
		"has_environment": false,
		"is_elsewhere": false,
		"signs": false,
		"deploys": false,
		"publishes": false,
		"steps": [],
		"privileged": false,
		"span": 1,
	},
	overrides,
)

event(kind, overrides) := object.union(
	{
		"id": 1,
		"kind": kind,
		"tool": "tool",
		"verb": "verb",
		"options": {},
		"option_spans": {},
		"effect": {"stops": true},
		"conditional": false,
		"is_repeated": false,
		"expected_to_fail": false,
		"guards": [],
		"candidates": [],
		"checks": [],
		"is_captured": false,
		"origin": "command",
		"execution": "job",
		"step": "step",
		"execution_index": 0,
		"span": 2,
	},
	overrides,
)

# An image by its name. Mutability, tag and digest follow from the name.
image(text, overrides) := object.union(object.union(reference(text, "image"), named(text)), overrides)

named(text) := {"mutability": "digest", "digest": parts[1]} if {
	parts := split(text, "@")
	count(parts) == 2
} else := {"mutability": "tag", "tag": parts[count(parts) - 1], "tag_kind": "other"} if {
	parts := split(text, ":")
	count(parts) > 1
} else := {"mutability": "implicit"}

# Something behind a URL.
url(text, overrides) := object.union(
	object.union(reference(text, "url"), {"scheme": parts[0], "host": host, "mutability": "unknown"}),
	overrides,
) if {
	parts := split(text, "://")
	host := split(split(parts[1], "/")[0], ":")[0]
}

reference(text, artifact) := {
	"text": text,
	"resolved": text,
	"key": text,
	"artifact": artifact,
	"mutability": "unknown",
	"is_local": false,
	"is_default": false,
	"digest_is_lookup": false,
	"digest_is_scraped": false,
	"digest_is_checked": false,
	"pushed_here": false,
	"is_used": false,
	"is_only_unpacked": false,
	"span": 3,
	"provenance": [],
}

# A digest of an image that is at hand in an execution.
digest(text, overrides) := object.union(
	{
		"kind": "digest",
		"of": text,
		"is_lookup": false,
		"is_checked": false,
		"is_received": false,
		"before": 0,
		"execution": "job",
		"execution_index": 0,
		"step": "step",
		"span": 6,
	},
	overrides,
)

# An image that is given to something that is not seen.
handed(text, overrides) := object.union(
	{
		"reference": image(text, {}),
		"by": "parameter",
		"to": "taker",
		"name": "image",
		"is_destination": false,
		"execution": "job",
		"execution_index": 0,
		"step": "step",
		"span": 7,
	},
	overrides,
)

# An in-toto layout with these steps and inspections.
layout(steps, inspections) := {"steps": steps, "inspections": inspections, "expires": "2030-01-01T00:00:00Z", "span": 30}

layout_step(name, overrides) := object.union(
	{
		"name": name,
		"threshold": 1,
		"threshold_span": 31,
		"keys": [sprintf("key of %s", [name])],
		"unknown_keys": [],
		"has_certificates": false,
		"materials": [],
		"products": [],
		"takes_anything": true,
		"span": 32,
	},
	overrides,
)

artifact_rule(kind, pattern, overrides) := object.union(
	{"kind": kind, "pattern": pattern, "from_exists": true, "can_match": true, "span": 33},
	overrides,
)

# An admission policy with these checks.
admission(checks, overrides) := object.union(
	{"engine": "kyverno", "checks": checks, "overrides": [], "span": 40},
	overrides,
)

admission_check(authorities, overrides) := object.union(
	{
		"answer": {"action": "enforce", "is_written": true, "span": 41},
		"images": [{"glob": "ghcr.io/acme/*", "is_any": false, "is_like_regexp": false, "span": 42}],
		"authorities": authorities,
		"has_program": false,
		"switched_off": [],
	},
	overrides,
)

authority(kind, overrides) := object.union(
	{
		"kind": kind,
		"identities": [],
		"has_own_roots": false,
		"has_extensions": false,
		"is_enough": true,
		"span": 43,
	},
	overrides,
)

# An expression for an identity, which lets in what is of these classes.
identity(role, expression, classes) := {
	"role": role,
	"expression": expression,
	"known": true,
	"anchored": true,
	"is_trusted": false,
	"admits": [{"class": class, "identity": "somebody else"} | some class in classes],
	"span": 44,
}

# Something in which a job, step or service runs.
image_use(role, text, overrides) := object.union(
	{"role": role, "reference": image(text, {}), "execution": "job", "execution_index": 0},
	overrides,
)

definition(text, overrides) := object.union(
	{
		"text": text,
		"kind": "action",
		"source": split(text, "@")[0],
		"pin": "tag",
		"forge_owned": false,
		"first_party": false,
		"requires_semver": false,
		"execution": "job",
		"execution_index": 0,
		"step": "step",
		"span": 4,
	},
	overrides,
)

weakness(kind, overrides) := object.union(
	{
		"kind": kind,
		"text": kind,
		"tool": "tool",
		"is_local": false,
		"is_asked_for": false,
		"execution": "job",
		"execution_index": 0,
		"step": "step",
		"span": 5,
	},
	overrides,
)
