# METADATA
# title: The signing key is in reach of executions that do not sign
# description: >-
#   A secret that the signing execution uses is also handed to executions that sign nothing, so code that runs there can
#   sign whatever it likes.
# related_resources:
#   - ref: https://docs.github.com/en/actions/security-for-github-actions/security-guides/security-hardening-for-github-actions#using-secrets
#     description: "GitHub: using secrets"
#   - ref: https://docs.github.com/en/actions/how-tos/reuse-automations/reuse-workflows#passing-inputs-and-secrets-to-a-reusable-workflow
#     description: "GitHub: passing secrets to a reusable workflow"
# custom:
#   severity: medium
#   confidence: medium
#   persona: pedantic
#   events: [sign, attest]
#   lists: [inherited_secrets]
package swaplint.separation.signing_key_pipeline_scope

import data.swaplint.lib.grade
import data.swaplint.lib.options
import data.swaplint.lib.result

finding contains graded if {
	some secret in signing_secrets
	uses := [e | some e in keyed; secret in input.executions[e.execution_index].secrets]
	first := uses[0]
	others := [x | some x in input.executions; secret in x.secrets; not x.signs]
	count(others) > 0

	message := sprintf("`%s`, with which `%s` signs, is also in reach of `%s`", [secret, first.execution, others[0].id])
	help := "set the key on the step that signs and nowhere else, best in a protected environment; or sign keyless"
	places := [result.related(x.span, "it is in reach here, where nothing is signed") | some x in others]
	found := result.with_related(result.event(first, options.place(first, "key"), message, help), places)
	graded := result.with_anchor(result.with_severity(found, grade.in_context("medium")), secret)
}

# In reach of every step of the execution, not only of the one that signs.
finding contains graded if {
	some secret in signing_secrets
	some e in keyed
	span := input.executions[e.execution_index].shared_secrets[secret]

	message := sprintf("`%s`, with which `%s` signs, is in reach of all its steps", [secret, e.execution])
	help := "set the key on the step that signs and nowhere else; or sign keyless"
	places := [result.related(options.place(e, "key"), "used here")]
	found := result.with_anchor(result.with_related(result.event(e, span, message, help), places), secret)
	graded := result.graded(found, grade.in_context("low"), "medium", "auditor")
}

# Which secrets there are the file does not say: for auditors.
finding contains graded if {
	some x in input.executions
	span := x.inherits_secrets

	message := sprintf("all secrets, keys and registry credentials included, are handed to what `%s` calls", [x.id])
	help := "hand over by name the secrets that it needs: `secrets: {NAME: ${{ secrets.NAME }}}`"
	found := result.with_anchor(result.at(span, message, help), x.id)
	graded := result.graded(found, grade.in_context("low"), "medium", "auditor")
}

keyed := [e |
	some kind in ["sign", "attest"]
	some e in input.events[kind]
	options.given(e, {"key"})
]

# Names of secrets that hold a signing key: the key option names them, or the variable that they are set in.
signing_secrets contains secret if {
	some e in keyed
	some value in e.options.key
	some secret in input.executions[e.execution_index].secrets
	names(value, secret)
}

names(value, secret) if contains(value, sprintf("secrets.%s", [secret]))

names(value, secret) if startswith(value, sprintf("env://%s", [secret]))
