# Finding events by id: `e.guards`, `e.checks` and `candidate.event` are ids.
package swaplint.lib.events

by_id[e.id] := e if {
	some list in input.events
	some e in list
}

# Kinds of events that put an artifact to use.
uses := {"pull", "run", "deploy", "copy", "install"}
