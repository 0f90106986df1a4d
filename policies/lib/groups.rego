# Lists cut into groups, so that an event is compared with those that it has something in common with, and not with all of them: a
# job may have thousands of commands.
package swaplint.lib.groups

# From pairs `[key, value]` the values of each key, sorted.
by_key(pairs) := found if {
	sorted := sort(pairs)
	before := array.concat([null], [pair[0] | some pair in sorted])
	starts := [at | some at, pair in sorted; pair[0] != before[at]]
	ends := array.concat(array.slice(starts, 1, count(starts)), [count(sorted)])
	found := {sorted[start][0]: values |
		some n, start in starts
		values := [pair[1] | some pair in array.slice(sorted, start, ends[n])]
	}
}
