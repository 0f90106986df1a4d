use super::*;
use crate::pipeline::{Admission, AuthorityKind};

fn read(text: &str) -> Vec<Admission> {
    load(FileId(0), "policy.yaml", text).pipelines.into_iter().filter_map(|p| p.admission).collect()
}

fn one(text: &str) -> Admission {
    let mut all = read(text);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

const RULES: &str = "apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: signed}
spec:
  validationFailureAction: Enforce
  webhookConfiguration: {failurePolicy: Ignore}
  rules:
  - name: no images
    validate: {message: none}
  - name: images
    verifyImages:
    - imageReferences: ['ghcr.io/acme/*']
      mutateDigest: false
      attestors:
      - count: 1
        entries:
        - keys: {publicKeys: k8s://cosign/key}
        - keyless: {subject: '{{ who }}*', issuer: 'https://issuer'}
";

#[test]
fn rules_of_kyverno() {
    let policy = one(RULES);
    let [check] = policy.checks.as_slice() else { panic!("one check: {policy:?}") };
    assert_eq!((check.answer.action, check.answer.is_written), (AdmissionAction::Enforce, true));
    assert!(policy.fails_open.is_some());
    assert_eq!((check.images[0].0.as_str(), check.switched_off[0].0.as_str()), ("ghcr.io/acme/*", "mutateDigest"));
    let [key, keyless] = check.authorities.as_slice() else { panic!("two authorities: {check:?}") };
    assert_eq!((key.kind, keyless.kind, keyless.is_enough), (AuthorityKind::Key, AuthorityKind::Keyless, true));
    let [subject, issuer] = keyless.identities[0].matchers.as_slice() else { panic!("{keyless:?}") };
    assert_eq!((subject.how, issuer.is_issuer), (Comparison::Glob, true));
    assert_eq!(subject.holes.iter().map(|h| (h.start, h.end)).collect::<Vec<_>>(), [(0, 9)]);
}

#[test]
fn who_decides_what_happens() {
    let action = |text: &str| one(text).checks[0].answer;
    let silent = RULES.replace("  validationFailureAction: Enforce\n", "");
    assert_eq!((action(&silent).action, action(&silent).is_written), (AdmissionAction::Audit, false));
    let own = RULES.replace("      mutateDigest: false", "      failureAction: Audit");
    assert_eq!(action(&own).action, AdmissionAction::Audit);
    let filled = RULES.replace("Action: Enforce", "Action: '{{ .Values.action }}'");
    assert_eq!(action(&filled).action, AdmissionAction::Unknown);
}

#[test]
fn all_of_several_sets_are_asked_for() {
    let both = RULES.replace("      - count: 1\n        entries:", "      - entries:");
    assert!(one(&both).checks[0].authorities.iter().all(|a| !a.is_enough));
}

#[test]
fn policies_for_images_alone() {
    let text = "apiVersion: policies.kyverno.io/v1alpha1\nkind: ImageValidatingPolicy\nspec:\n  validationActions: [Audit]\n  \
                matchImageReferences: [{glob: 'ghcr.io/*'}]\n  validationConfigurations: {required: false}\n  \
                attestors: [{name: a, cosign: {keyless: {identities: [{subjectRegExp: '.*', issuer: i}]}}}]\n";
    let check = &one(text).checks[0];
    assert_eq!((check.answer.action, check.switched_off.len()), (AdmissionAction::Audit, 1));
    assert_eq!(check.authorities[0].identities[0].matchers[0].how, Comparison::Regexp);
    assert_eq!(one(&text.replace("  validationActions: [Audit]\n", "")).checks[0].answer.action, AdmissionAction::Enforce);
}

#[test]
fn policies_of_sigstore() {
    let text = "apiVersion: policy.sigstore.dev/v1beta1\nkind: ClusterImagePolicy\nspec:\n  mode: warn\n  images: [{glob: '**'}]\n  \
                authorities:\n  - static: {action: pass}\n  - key: {data: k}\n  - keyless: {url: 'https://fulcio.sigstore.dev'}\n";
    let policy = one(text);
    let check = &policy.checks[0];
    let kinds: Vec<_> = check.authorities.iter().map(|a| a.kind).collect();
    assert_eq!(kinds, [AuthorityKind::Pass, AuthorityKind::Key, AuthorityKind::Keyless]);
    assert_eq!((check.answer.action, check.authorities[2].has_own_roots), (AdmissionAction::Warn, false));
    let settings =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config-policy-controller}\ndata: {no-match-policy: allow}\n";
    assert_eq!(one(settings).unmatched.map(|u| u.action), Some(AdmissionAction::Allow));
}

#[test]
fn only_what_verifies_images_is_claimed() {
    assert!(is_policy("deploy/policy.yaml", None) && is_policy("policy.yaml", Some(RULES)));
    assert!(!is_policy("policy.json", None) && !is_policy(".github/x.yml", Some(RULES)));
    assert!(!is_policy("policy.yaml", Some("apiVersion: kyverno.io/v1\nkind: ClusterPolicy\n")));
    assert!(!is_policy("cm.yaml", Some("kind: Deployment\n# verifyImages\napiVersion: apps/v1\n")));
    assert!(read("apiVersion: policy.sigstore.dev/v1alpha1\nkind: TrustRoot\nspec: {}\n").is_empty());
    assert_eq!(read(&format!("apiVersion: v1\nkind: ConfigMap\n---\n{RULES}---\n{RULES}")).len(), 2, "several documents");
}

#[test]
fn what_is_filled_in() {
    assert!(read(&RULES.replace("Action: Enforce", "Action: {{ .Values.action }}")).is_empty(), "a template");
    assert!(read(&RULES.replace("['ghcr.io/acme/*']", "{{ .Values.images }}")).is_empty());
    assert_eq!(holes("a ${B} {{ c }} d"), [2..6, 7..14]);
    assert!(holes("v[0-9]{2}$").is_empty());
}
