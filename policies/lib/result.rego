# What a rule hands back. Every rule builds its results here and only here, so that no key can be misspelt.
#
# Start with one of `event`, `within`, `at`; refine with the `with_*` functions. The host takes severity, confidence and
# persona from the rule's metadata unless a result says otherwise, and refuses unknown keys and unknown spans.
package swaplint.lib.result

# A finding about an event, at `span` (often `e.span` or `e.reference.span`). The host adds execution, step and the
# values that the judgement rests on.
event(e, span, message, help) := {"span": span, "message": message, "help": help, "event": e.id}

# A finding about something that names its execution: a definition, an image, a weakness, an opaque place.
within(thing, span, message, help) := {
	"span": span,
	"message": message,
	"help": help,
	"execution": thing.execution,
	"step": object.get(thing, "step", ""),
}

# A finding about anything else.
at(span, message, help) := {"span": span, "message": message, "help": help}

# Another severity, confidence and persona than the metadata's.
graded(r, severity, confidence, persona) := object.union(
	r,
	{"severity": severity, "confidence": confidence, "persona": persona},
)

with_severity(r, severity) := object.union(r, {"severity": severity})

with_confidence(r, confidence) := object.union(r, {"confidence": confidence})

with_persona(r, persona) := object.union(r, {"persona": persona})

# Places that help to understand it, in the order of the story; built with `related`. Calls add up.
with_related(r, places) := object.union(r, {"related": array.concat(object.get(r, "related", []), places)})

related(span, message) := {"span": span, "message": message}

# Values that the judgement rests on, beside those that the host takes from the event.
with_evidence(r, values) := object.union(r, {"evidence": values})

# What makes it the same finding after lines moved; needed only where the text under the span (and of the event's
# command) does not say.
with_anchor(r, text) := object.union(r, {"anchor": text})
