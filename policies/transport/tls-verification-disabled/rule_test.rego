package swaplint.transport.tls_verification_disabled_test

import data.swaplint.lib.fixture
import data.swaplint.transport.tls_verification_disabled.finding

weakened(kind, overrides) := fixture.changed({}, {"weaknesses": [fixture.weakness(kind, overrides)]})

kind := "tls-verification-disabled"

test_setting_is_reported if {
	some found in finding with input as weakened(kind, {"text": "-k"})
	found.span == 5
	found.severity == "high"
	found.execution == "job"
	contains(found.message, "`-k`")
	contains(found.message, "the server")
}

test_host_is_named if {
	some found in finding with input as weakened(kind, {"host": "get.example.com"})
	contains(found.message, "`get.example.com`")
}

test_data_of_the_tool_may_grade if {
	some found in finding with input as weakened(kind, {"severity": "low"})
	found.severity == "low"
}

test_example_counts_less if {
	facts := object.union(weakened(kind, {}), {"pipeline": {"is_example": true}})
	some found in finding with input as facts
	found.severity == "medium"
}

test_this_machine_is_fine if {
	every host in ["localhost:5000", "172.17.0.1:5000", "[::1]", "kind-registry:5000", "x.localhost"] {
		count(finding) == 0 with input as weakened(kind, {"is_local": true, "host": host})
	}
}

test_hosts_of_the_config_are_told_to_auditors if {
	own := {"tls-verification-disabled": {"local-hosts": ["corp.example.com"]}}
	some found in finding with input as weakened(kind, {"host": "mirror.corp.example.com:8443"}) with data.options as own
	found.persona == "auditor"
	some other in finding with input as weakened(kind, {"host": "corp.example.com.evil.test"}) with data.options as own
	other.severity == "high"
}

test_a_neighbour_is_told_to_auditors if {
	some found in finding with input as weakened(kind, {"is_local": true, "host": "registry.my-namespace:5000"})
	found.persona == "auditor"
}

test_what_somebody_asks_for_is_pedantic if {
	some found in finding with input as weakened(kind, {"is_asked_for": true})
	found.severity == "low"
	found.persona == "pedantic"
}

made := {"events": {"configure": [fixture.event("configure", {"options": {"new-machine": ["true"]}})]}}

beside_a_new_machine(overrides) := object.union(weakened(kind, overrides), made)

test_machines_made_here_are_pedantic if {
	some found in finding with input as beside_a_new_machine({"text": "-o StrictHostKeyChecking=no", "host": "?"})
	found.persona == "pedantic"
}

test_other_settings_beside_it_are_not if {
	some found in finding with input as beside_a_new_machine({"text": "-k"})
	found.severity == "high"
}

test_hosts_that_are_written_out_were_there_before if {
	some found in finding with input as beside_a_new_machine({"text": "-o StrictHostKeyChecking=no", "host": "build.example.com"})
	found.severity == "high"
}

test_git_goes_to_others if {
	some found in finding with input as beside_a_new_machine({"text": "GIT_SSH_COMMAND=\"ssh -o StrictHostKeyChecking=no\""})
	found.severity == "high"
}

test_hosts_that_are_not_known_are_not_named if {
	some found in finding with input as weakened(kind, {"host": "?"})
	contains(found.message, "the server")
}

test_other_weaknesses_are_other_rules if {
	count(finding) == 0 with input as weakened("content-trust-disabled", {})
}
