//! Sigstore's policy-controller.
//!
//! Sources: `pkg/apis/policy/v1beta1/clusterimagepolicy_types.go` (fields; a mode that is not said is `enforce`, one authority is
//! enough), `pkg/webhook/validator.go` (a static authority that passes is met by every image; identities go to cosign as they are),
//! `pkg/config/store.go` (`no-match-policy`).

use super::{NodeRef, answer, identity, list, patterns, place};
use crate::formats::yaml::Kind;
use crate::pipeline::{
    Admission, AdmissionAction, AdmissionCheck, AdmissionEngine, Answer, Authority, AuthorityKind, Comparison,
};

/// The name of the controller's settings.
pub(super) const SETTINGS: &str = "config-policy-controller";

/// A `ClusterImagePolicy`.
pub(super) fn policy(resource: NodeRef<'_>) -> Option<Admission> {
    let spec = resource.get("spec").filter(|n| n.kind() == Kind::Map)?;
    let span = place(resource, "kind")?;
    let authorities: Vec<_> = list(spec, "authorities").collect();
    let check = AdmissionCheck {
        name: None,
        answer: answer(spec, "mode").unwrap_or(Answer { action: AdmissionAction::Enforce, is_written: false, span }),
        images: patterns(spec, "images"),
        authorities: authorities.iter().map(|node| authority(*node)).collect(),
        has_program: spec.get("policy").is_some() || authorities.iter().any(|node| node.get("policy").is_some()),
        switched_off: Vec::new(),
    };
    Some(Admission {
        engine: AdmissionEngine::PolicyController,
        checks: vec![check],
        overrides: Vec::new(),
        fails_open: None,
        unmatched: None,
        span,
    })
}

/// The controller's own settings: what becomes of images that no policy is about.
pub(super) fn settings(resource: NodeRef<'_>) -> Option<Admission> {
    Some(Admission {
        engine: AdmissionEngine::PolicyController,
        checks: Vec::new(),
        overrides: Vec::new(),
        fails_open: None,
        unmatched: Some(answer(resource.get("data")?, "no-match-policy")?),
        span: place(resource, "kind")?,
    })
}

fn authority(node: NodeRef<'_>) -> Authority {
    let keyless = node.get("keyless");
    let fixed = node.get("static");
    let (kind, key) = match fixed.and_then(|s| s.get("action")).and_then(NodeRef::as_str) {
        _ if keyless.is_some() => (AuthorityKind::Keyless, "keyless"),
        Some("pass") => (AuthorityKind::Pass, "static"),
        Some("fail") => (AuthorityKind::Fail, "static"),
        _ if node.get("key").is_some() => (AuthorityKind::Key, "key"),
        _ => (AuthorityKind::Other, "name"),
    };
    let identities = keyless.into_iter().flat_map(|k| list(k, "identities"));
    let own = |k: NodeRef<'_>| ["ca-cert", "trustRootRef"].iter().any(|key| k.get(key).is_some());
    let elsewhere = |k: NodeRef<'_>| k.get("url").is_some_and(|url| !url.text().contains("fulcio.sigstore.dev"));
    let action = fixed.and_then(|s| place(s, "action"));
    Authority {
        kind,
        identities: identities.map(|i| identity(i, Comparison::Exact, i.place())).collect(),
        has_own_roots: keyless.is_some_and(|k| own(k) || elsewhere(k)),
        has_extensions: false,
        is_enough: true,
        span: action.or_else(|| node.key_span(key)).unwrap_or_else(|| node.place()),
    }
}
