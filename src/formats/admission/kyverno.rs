//! Kyverno: rules with `verifyImages`, and policies for images alone.
//!
//! Sources: `api/kyverno/v1/image_verification_types.go` (fields and defaults), `pkg/engine/api/engineresponse.go` (`ruleAction`: of a
//! rule's `verifyImages` one that enforces is enough, then the policy's action counts; it is `Audit` where nothing is said),
//! `pkg/image/verifiers/cpol/cosign/cosign.go` (`subject` and `issuer` with wildcards, the others as regular expressions).

use super::{NodeRef, answer, identity, list, patterns, place, texts};
use crate::formats::yaml::Kind;
use crate::pipeline::{
    Admission, AdmissionAction, AdmissionCheck, AdmissionEngine, Answer, Authority, AuthorityKind, Comparison,
};
use crate::source::Span;

/// Safeguards that are on unless they are switched off.
const SAFEGUARDS: &[&str] = &["mutateDigest", "verifyDigest", "required"];

/// A `ClusterPolicy` or `Policy`; nothing if it does not verify images.
pub(super) fn rules(resource: NodeRef<'_>) -> Option<Admission> {
    let spec = resource.get("spec").filter(|n| n.kind() == Kind::Map)?;
    let mut checks = Vec::new();
    for rule in list(spec, "rules") {
        let Some(key) = rule.key_span("verifyImages") else { continue };
        let entries: Vec<_> = list(rule, "verifyImages").collect();
        let own: Vec<Answer> = entries.iter().filter_map(|e| answer(*e, "failureAction")).collect();
        let enforces = own.iter().find(|a| a.action == AdmissionAction::Enforce);
        let audit = Answer { action: AdmissionAction::Audit, is_written: false, span: key };
        let whole = || answer(spec, "validationFailureAction").unwrap_or(audit);
        let action = enforces.or(own.first()).copied().unwrap_or_else(whole);
        let name = rule.get("name").and_then(NodeRef::as_str);
        checks.extend(entries.into_iter().map(|entry| AdmissionCheck {
            name: name.map(str::to_owned),
            answer: action,
            images: texts(entry.get("imageReferences")).chain(texts(entry.get("image"))).collect(),
            authorities: authorities(entry),
            has_program: false,
            switched_off: switched_off(entry),
        }));
    }
    if checks.is_empty() {
        return None;
    }
    let overrides = list(spec, "validationFailureActionOverrides").filter_map(|o| answer(o, "action"));
    Some(Admission {
        engine: AdmissionEngine::Kyverno,
        checks,
        overrides: overrides.collect(),
        fails_open: fails_open(spec),
        unmatched: None,
        span: place(resource, "kind")?,
    })
}

/// An `ImageValidatingPolicy`. Its expressions, which say which attestors they ask, are not read.
pub(super) fn images(resource: NodeRef<'_>) -> Option<Admission> {
    let spec = resource.get("spec").filter(|n| n.kind() == Kind::Map)?;
    let span = place(resource, "kind")?;
    let attestors: Vec<_> = list(spec, "attestors").collect();
    let is_enough = attestors.len() == 1;
    let check = AdmissionCheck {
        name: None,
        answer: actions(spec).unwrap_or(Answer { action: AdmissionAction::Enforce, is_written: false, span }),
        images: patterns(spec, "matchImageReferences"),
        authorities: attestors
            .into_iter()
            .map(|a| attestor(a.get("cosign").unwrap_or(a), Comparison::Exact, is_enough))
            .collect(),
        has_program: false,
        switched_off: spec.get("validationConfigurations").map(switched_off).unwrap_or_default(),
    };
    Some(Admission {
        engine: AdmissionEngine::Kyverno,
        checks: vec![check],
        overrides: Vec::new(),
        fails_open: fails_open(spec),
        unmatched: None,
        span,
    })
}

/// What several actions together do: one that denies is enough.
fn actions(spec: NodeRef<'_>) -> Option<Answer> {
    let written: Vec<String> = texts(spec.get("validationActions")).map(|(text, _)| text.to_ascii_lowercase()).collect();
    let action = match written.as_slice() {
        [] => return None,
        all if all.iter().any(|a| a == "deny") => AdmissionAction::Enforce,
        all if all.iter().all(|a| a == "audit" || a == "warn") => AdmissionAction::Audit,
        _ => AdmissionAction::Unknown,
    };
    Some(Answer { action, is_written: true, span: place(spec, "validationActions")? })
}

fn fails_open(spec: NodeRef<'_>) -> Option<Span> {
    let ways = [Some(spec), spec.get("webhookConfiguration")];
    let ignores = |node: &NodeRef<'_>| node.get("failurePolicy").is_some_and(|policy| policy.text() == "Ignore");
    ways.into_iter().flatten().find(ignores).and_then(|node| place(node, "failurePolicy"))
}

fn switched_off(node: NodeRef<'_>) -> Vec<(String, Span)> {
    let is_off = |key: &&&str| node.get(key).and_then(NodeRef::as_bool) == Some(false);
    SAFEGUARDS.iter().filter(is_off).filter_map(|key| Some(((*key).to_owned(), place(node, key)?))).collect()
}

/// Who must have signed, and who must have attested.
fn authorities(entry: NodeRef<'_>) -> Vec<Authority> {
    let mut found = Vec::new();
    sets(entry, &mut found);
    list(entry, "attestations").for_each(|attestation| sets(attestation, &mut found));
    // As it was written before there were attestors.
    if entry.get("key").is_some() {
        found.push(Authority { span: entry.key_span("key").unwrap_or_else(|| entry.place()), ..of(AuthorityKind::Key, entry) });
    } else if ["subject", "issuer", "roots"].iter().any(|key| entry.get(key).is_some()) {
        found.push(keyless(entry, entry.place(), Comparison::Glob, true));
    }
    found
}

fn sets(node: NodeRef<'_>, found: &mut Vec<Authority>) {
    let all: Vec<_> = list(node, "attestors").collect();
    for one in &all {
        set(*one, all.len() == 1, found);
    }
}

/// A set of attestors, of which `count` are asked for, or all; sets may stand within each other, as deep as YAML may.
fn set(node: NodeRef<'_>, is_enough: bool, found: &mut Vec<Authority>) {
    let entries: Vec<_> = list(node, "entries").collect();
    let one = node.get("count").is_some_and(|count| count.text() == "1");
    let is_enough = is_enough && (one || entries.len() == 1);
    for entry in entries {
        match entry.get("attestor") {
            Some(inner) => set(inner, is_enough, found),
            None => found.push(attestor(entry, Comparison::Glob, is_enough)),
        }
    }
}

fn attestor(node: NodeRef<'_>, plain: Comparison, is_enough: bool) -> Authority {
    if let Some(inner) = node.entry("keyless") {
        return keyless(inner.value, inner.key.place(), plain, is_enough);
    }
    let kinds = [
        ("keys", AuthorityKind::Key),
        ("key", AuthorityKind::Key),
        ("certificates", AuthorityKind::Certificate),
        ("certificate", AuthorityKind::Certificate),
        ("notary", AuthorityKind::Certificate),
    ];
    let kind = kinds.into_iter().find(|(key, _)| node.get(key).is_some()).map_or(AuthorityKind::Other, |(_, kind)| kind);
    Authority { is_enough, ..of(kind, node) }
}

fn keyless(node: NodeRef<'_>, span: Span, plain: Comparison, is_enough: bool) -> Authority {
    let named: Vec<_> = list(node, "identities").map(|i| identity(i, plain, i.place())).collect();
    let single = identity(node, plain, span);
    let identities = if named.is_empty() && !single.matchers.is_empty() { vec![single] } else { named };
    let has = |key: &str| node.get(key).is_some_and(|n| n.kind() != Kind::Null);
    Authority {
        identities,
        has_own_roots: has("roots"),
        has_extensions: has("additionalExtensions"),
        is_enough,
        span,
        ..of(AuthorityKind::Keyless, node)
    }
}

fn of(kind: AuthorityKind, node: NodeRef<'_>) -> Authority {
    Authority { kind, identities: Vec::new(), has_own_roots: false, has_extensions: false, is_enough: true, span: node.place() }
}
