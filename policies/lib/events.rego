# Finding events by id: `e.guards`, `e.checks` and `candidate.event` are ids. Other helpers name `by_id` by its whole path: the interpreter
# loses the import where a helper calls them in a comprehension.
package swaplint.lib.events

import data.swaplint.lib.groups

by_id[e.id] := e if {
	some list in input.events
	some e in list
}

# Ids of the events of a kind, by `[execution, kind]`.
in_execution := groups.by_key([[[e.execution_index, kind], e.id] | some kind, list in input.events; some e in list])

# Kinds of events that put an artifact to use.
uses := {"pull", "run", "deploy", "copy", "install"}
