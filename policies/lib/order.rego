# Questions about which execution has ended before which starts.
package swaplint.lib.order

# Ids of the executions that have ended before this one starts, through any number of others (each step doubles the reach).
before := doubled(doubled(doubled(doubled(doubled(needs)))))

needs[e.id] := {need | some need in e.needs} if some e in input.executions

doubled(reach) := {id: further |
	some id, near in reach
	further := near | union({reach[other] | some other in near})
}

# What happens at `a` is over when `b` happens: earlier in the same execution, or in one that `b` waits for. Ids of events
# follow the order of the file.
precedes(a, b) if {
	a.execution_index == b.execution_index
	a.id < b.id
}

precedes(a, b) if {
	a.execution_index != b.execution_index
	a.execution in before[b.execution]
}
