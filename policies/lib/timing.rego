# Questions about verifications that come too late.
package swaplint.lib.timing

import data.swaplint.lib.groups
import data.swaplint.lib.result
import data.swaplint.lib.verification

# Verifications of this very content that come after the use or beside it, as related places; none where another one
# stands before it, however weak that is.
late(e) := [result.related(candidate.span, verification.gap(candidate)) |
	count(e.guards) == 0
	not attempted_before(e)
	some candidate in e.candidates
	out_of_order(e, candidate)
]

attempted_before(e) if {
	some candidate in e.candidates
	candidate.why in {"by-tag", "ignored", "conditional"}
}

out_of_order(e, candidate) if {
	candidate.why == "later"
	not candidate.event in e.checks
	not candidate.event in verification.protecting
	not only_tries(e, data.swaplint.lib.events.by_id[candidate.event])
	not own_signature(e)
}

out_of_order(e, candidate) if {
	candidate.why == "parallel"
	not candidate.event in verification.protecting
	not only_tries(e, data.swaplint.lib.events.by_id[candidate.event])
	not own_signature(e)
	not data.swaplint.lib.events.by_id[candidate.event].reference.artifact == "file"
}

# What the use takes is signed only after it (`copy`, then `sign`, then `verify`): the signature of the destination is
# tested here, not the source's origin.
own_signature(e) if {
	ids := signed[[e.execution_index, e.reference.digest]]
	ids[count(ids) - 1] > e.id
}

signed := groups.by_key([[[s.execution_index, s.reference.digest], s.id] |
	some kind in ["sign", "attest"]
	some s in input.events[kind]
])

# Tests run and install what a later execution verifies before it is released.
only_tries(e, verification) if {
	e.kind in {"run", "install"}
	e.execution_index != verification.execution_index
}
