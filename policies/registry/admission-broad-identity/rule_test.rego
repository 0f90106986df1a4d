package swaplint.registry.admission_broad_identity_test

import data.swaplint.lib.fixture
import data.swaplint.registry.admission_broad_identity.finding

admitting(authority) := fixture.changed({}, {"admissions": [fixture.admission([fixture.admission_check([authority], {})], {})]})

keyless(subjects, issuers, overrides) := admitting(fixture.authority(
	"keyless",
	object.union({"identities": [{"subjects": subjects, "issuers": issuers, "span": 49}]}, overrides),
))

subject(classes) := [fixture.identity("identity-regexp", "subject", classes)]

issuer := [fixture.identity("issuer", "issuer", [])]

test_exact_identity_is_fine if count(finding) == 0 with input as keyless(subject([]), issuer, {})

test_key_is_fine if count(finding) == 0 with input as admitting(fixture.authority("key", {}))

test_anybody_is_reported if {
	some found in finding with input as keyless(subject(["anyone"]), issuer, {})
	found.span == 44
	found.severity == "high"
	found.message == "`subject` is met by anybody: it also accepts `somebody else`"
}

test_broad_issuer_is_reported if {
	some found in finding with input as keyless(subject([]), [fixture.identity("issuer-regexp", ".*", ["anyone"])], {})
	startswith(found.message, "`.*`")
}

test_embedded_identity_is_reported if {
	some found in finding with input as keyless(subject(["embedded", "other-workflow"]), issuer, {})
	found.severity == "medium"
	contains(found.message, "longer text")
}

# As Kyverno compares `subject` and `issuer`.
test_globs_need_no_anchor if {
	glob := fixture.identity("identity-glob", "*/acme/app/*", ["embedded"])
	some found in finding with input as keyless([glob], issuer, {})
	contains(found.message, "begins with a wildcard")
	not contains(found.help, "^")
	some other in finding with input as keyless([fixture.identity("identity-glob", "*", ["anyone"])], issuer, {})
	contains(other.help, "`https://github.com/OWNER/REPO/")
}

test_expressions_are_anchored if {
	some found in finding with input as keyless(subject(["anyone"]), issuer, {})
	contains(found.help, "`^https://github\\.com/OWNER/REPO/")
}

test_broad_issuer_is_named if {
	every role in ["issuer-glob", "issuer-regexp"] {
		some found in finding with input as keyless(subject([]), [fixture.identity(role, "*", ["anyone"])], {})
		contains(found.help, "name the issuer of your CI, exactly")
	}
}

test_other_workflow_is_pedantic if {
	some found in finding with input as keyless(subject(["other-workflow"]), issuer, {})
	found.persona == "pedantic"
}

test_no_identity_is_reported if {
	some found in finding with input as admitting(fixture.authority("keyless", {}))
	found.span == 43
	found.severity == "high"
}

test_no_subject_is_reported if {
	some found in finding with input as keyless([], issuer, {})
	startswith(found.message, "no subject")
}

test_no_issuer_is_reported if {
	some found in finding with input as keyless(subject([]), [], {})
	found.span == 49
	startswith(found.message, "no issuer")
}

test_own_roots_need_no_identity if {
	count(finding) == 0 with input as admitting(fixture.authority("keyless", {"has_own_roots": true}))
}

test_with_own_roots_an_expression_is_pedantic if {
	some found in finding with input as keyless(subject(["anyone"]), issuer, {"has_own_roots": true})
	found.persona == "pedantic"
}

test_where_others_sign_too_it_is_pedantic if {
	some found in finding with input as keyless(subject(["anyone"]), issuer, {"is_enough": false})
	found.persona == "pedantic"
}

test_extensions_are_not_judged if count(finding) == 0 with input as keyless(subject(["anyone"]), [], {"has_extensions": true})

test_trusted_expression_is_fine if {
	trusted := object.union(fixture.identity("identity", "subject", ["anyone"]), {"is_trusted": true})
	count(finding) == 0 with input as keyless([trusted], issuer, {})
}
