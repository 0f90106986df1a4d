package swaplint.registry.content_trust_disabled_test

import data.swaplint.lib.fixture
import data.swaplint.registry.content_trust_disabled.finding

weak(kind, overrides) := fixture.changed({}, {"weaknesses": [fixture.weakness(kind, overrides)]})

test_disabled_trust_is_reported if {
	some found in finding with input as weak("content-trust-disabled", {"text": "DOCKER_CONTENT_TRUST=0"})
	found.span == 5
	found.severity == "medium"
	contains(found.message, "`DOCKER_CONTENT_TRUST=0`")
}

test_example_counts_less if {
	facts := object.union(weak("content-trust-disabled", {}), {"pipeline": {"is_example": true}})
	some found in finding with input as facts
	found.severity == "low"
}

test_other_weaknesses_are_other_rules if {
	count(finding) == 0 with input as weak("tls-verification-disabled", {})
}

test_this_machine_is_fine if {
	count(finding) == 0 with input as weak("content-trust-disabled", {"is_local": true})
}
