package swaplint.signing.sign_by_tag_test

import data.swaplint.lib.fixture
import data.swaplint.signing.sign_by_tag.finding

signing(text, overrides) := fixture.facts({"sign": [fixture.event("sign", {
	"tool": "cosign",
	"verb": "sign",
	"reference": fixture.image(text, overrides),
})]})

test_tag_is_reported_at_the_reference if {
	some found in finding with input as signing("ghcr.io/acme/app:main", {})
	found.span == 3
	found.event == 1
	found.severity == "high"
	contains(found.message, "`ghcr.io/acme/app:main`")
}

test_missing_tag_is_reported if {
	count(finding) == 1 with input as signing("ghcr.io/acme/app", {})
}

test_story_of_the_value_is_related if {
	place := {"span": 7, "what": "assigned here"}
	some found in finding with input as signing("ghcr.io/acme/app:main", {"provenance": [place]})
	found.related == [{"span": 7, "message": "assigned here"}]
}

test_digest_is_fine if {
	count(finding) == 0 with input as signing("ghcr.io/acme/app@sha256:abc", {})
}

test_unknown_is_for_auditors if {
	some found in finding with input as signing("${IMAGE}", {"mutability": "unknown"})
	found.persona == "auditor"
}

test_local_registry_is_for_auditors if {
	some found in finding with input as signing("localhost:5000/app:1", {"is_local": true})
	found.severity == "info"
	found.persona == "auditor"
}

test_example_counts_less if {
	facts := object.union(signing("ghcr.io/acme/app:main", {}), {"pipeline": {"is_example": true}})
	some found in finding with input as facts
	found.severity == "medium"
}

test_handed_to_something_unseen if {
	facts := fixture.changed({}, {"handed": [fixture.handed("r.example.com/acme/app:1", {"does": "sign"})]})
	some found in finding with input as facts
	found.span == 7
	found.persona == "auditor"
}

test_handed_by_digest_or_as_a_destination_is_silent if {
	digest := fixture.handed("r.example.com/acme/app@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", {"does": "sign"})
	put := fixture.handed("r.example.com/acme/app:1", object.union({"does": "sign"}, {"is_destination": true}))
	facts := fixture.changed({}, {"handed": [digest, put]})
	count(finding) == 0 with input as facts
}

# A help can be typed.
test_help_names_what_can_be_typed if {
	helps := {
		{"repository": "acme/app", "registry": "ghcr.io"}: "ghcr.io/acme/app@",
		{"repository": "${NAME}", "registry": "ghcr.io"}: "ghcr.io/${NAME}@",
		{"repository": "${github.repository}", "registry": "ghcr.io"}: "ghcr.io/${{ github.repository }}@",
		{"repository": "${secrets.ORG}/app", "registry": "ghcr.io"}: "ghcr.io/${{ secrets.ORG }}/app@",
		{"repository": "${docker images}", "text": "${repo}:${{ inputs.tag }}"}: "`${repo}:${{ inputs.tag }}@",
		{"repository": "${content of a.txt}", "text": "${docker images}"}: "`IMAGE@",
		{"repository": "${${{ a }} | jq .x}", "text": "$3"}: "`$3@",
		{"text": "a b:1"}: "`IMAGE@",
	}
	every parts, help in helps {
		some found in finding with input as signing("x:1", parts)
		contains(found.help, help)
	}
}

test_what_the_command_itself_has_pushed_is_fine if {
	e := fixture.event("sign", {"options": {"own-push": ["true"]}, "reference": fixture.image("ghcr.io/acme/app:1", {})})
	count(finding) == 0 with input as fixture.facts({"sign": [e]})
}

# As the CI system writes it.
test_help_is_spelt_as_the_format_is if {
	helps := {
		"github-workflow": "`ghcr.io/${{ inputs.my-name }}@",
		"github-action": "`ghcr.io/${{ inputs.my-name }}@",
		"gitlab-ci": "`ghcr.io/$[[ inputs.my-name ]]@",
		"tekton": "`ghcr.io/$(params.my-name)@",
	}
	every format, help in helps {
		facts := object.union(signing("x:1", {"repository": "${inputs.my-name}", "registry": "ghcr.io"}), {"pipeline": {"format": format}})
		some found in finding with input as facts
		contains(found.help, help)
	}
}

test_help_names_parameters_as_variables_in_jenkins if {
	every format in ["jenkinsfile", "jenkins-library"] {
		facts := object.union(signing("x:1", {"repository": "${inputs.NAME}", "registry": "ghcr.io"}), {"pipeline": {"format": format}})
		some found in finding with input as facts
		contains(found.help, "`ghcr.io/${NAME}@")
	}
}
