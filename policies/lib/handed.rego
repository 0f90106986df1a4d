# Questions about images that are given to something that is not seen: `h` of `input.handed`.
package swaplint.lib.handed

import data.swaplint.lib.events
import data.swaplint.lib.groups
import data.swaplint.lib.lookup
import data.swaplint.lib.reference
import data.swaplint.lib.result

# By a name that can be repointed, to be taken and not to be written.
by_tag(h) if {
	reference.repointable(h.reference)
	not h.is_destination
}

# By a name that it was pushed under, so by none that says what it is.
by_name(h) if {
	h.reference.mutability in {"tag", "implicit", "unknown"}
	not h.reference.is_local
	not h.is_destination
}

# Somebody is named who takes it.
to_somebody(h) if h.by in {"argument", "parameter", "variable"}

# Who takes it, or where it lies: `job x`.
receiver(h) := sprintf("`%s`, which is not seen, is given", [h.to]) if {
	to_somebody(h)
} else := sprintf("the %s `%s` names", [h.by, h.name])

# Where it came from: who pushed it, by what name, and where the value was made.
story(h) := array.concat(array.concat(pushes(h), names(h)), array.concat(reference.story(h.reference), ends(h)))

ends(h) := [result.related(h.to_span, "handed on here") | h.to_span != h.span]

# What puts it into the registry, before it is handed on.
makers(h) := [events.by_id[id] | some id in put_by_name[h.reference.key]]

put_by_name := groups.by_key([[lookup.written(p).key, p.id] | some p in lookup.puts])

# Those of the same execution.
makers_here(h) := [p | some p in makers(h); p.execution_index == h.execution_index]

pushes(h) := [result.related(p.span, "pushed here") | some p in makers(h); p.span != h.span]

names(h) := [place | some p in makers(h); some place in reference.story(lookup.written(p))]

# Who takes it may also be told the digest: the same execution hands one on.
with_digest(h) if h.execution_index in handing_on

with_digest(h) if [h.execution_index, h.to] in told

# Executions that hand a digest on, and whom one is given.
handing_on contains d.execution_index if {
	some d in input.digests
	d.handed_on
}

told contains [h.execution_index, h.to] if {
	some h in input.handed
	h.reference.mutability == "digest"
}
