//! Admission policies: which images a Kubernetes cluster lets in, and who must have signed them.
//!
//! [`kyverno`] reads what verifies images of Kyverno's policies, [`sigstore`] those of Sigstore's policy-controller and its settings.
//! Such resources stand in any YAML file, and their text decides.

mod kyverno;
mod sigstore;
#[cfg(test)]
mod tests;

use super::yaml::{Kind, NodeRef, Yaml, YamlError};
use super::{Loaded, Problem};
use crate::pipeline::{AdmissionAction, AdmissionIdentity, Answer, Comparison, Format, Matcher, Pipeline};
use crate::source::FileId;
use std::ops::Range;

/// Groups of resources, with a word that those which verify images hold.
const GROUPS: &[(&str, &str)] = &[
    ("kyverno.io/", "verifyImages"),
    ("policies.kyverno.io/", "ImageValidatingPolicy"),
    ("policy.sigstore.dev/", "ClusterImagePolicy"),
    ("v1", sigstore::SETTINGS),
];

/// A YAML file that verifies images; by the path alone, any that could.
pub(super) fn is_policy(path: &str, text: Option<&str>) -> bool {
    let is_yaml = path.ends_with(".yaml") || path.ends_with(".yml");
    let is_hidden = || path.split('/').rev().skip(1).any(|folder| folder.starts_with('.'));
    is_yaml && !is_hidden() && text.is_none_or(verifies_images)
}

fn verifies_images(text: &str) -> bool {
    let mut groups = GROUPS.iter().filter(|(_, word)| text.contains(word)).peekable();
    groups.peek().is_some()
        && groups.any(|(group, _)| text.lines().any(|line| version(line).is_some_and(|v| v.starts_with(group))))
}

/// What a line says after `apiVersion:`.
fn version(line: &str) -> Option<&str> {
    let line = line.trim_start_matches(['-', ' ', '{', '"']).strip_prefix("apiVersion")?;
    Some(line.trim_start_matches(['"', ':', ' ', '\'']))
}

/// Loads all policies of a file.
pub(super) fn load(file: FileId, _path: &str, text: &str) -> Loaded {
    let yaml = Yaml::parse(file, text);
    let mut loaded = Loaded::default();
    for document in yaml.documents() {
        let is_list = document.get("kind").map(NodeRef::text) == Some("List");
        let items = document.get("items").filter(|_| is_list).into_iter().flat_map(NodeRef::items);
        loaded.pipelines.extend(std::iter::once(document).chain(items).filter_map(policy));
    }
    let problem = |e: &YamlError| Problem {
        span: e.span,
        message: e.message.clone(),
        help: e.help.clone(),
        fatal: e.lost,
        // A template of something else is no YAML until it is filled in.
        if_named: text.contains("{{"),
    };
    loaded.problems.extend(yaml.errors.iter().map(problem));
    loaded
}

fn policy(resource: NodeRef<'_>) -> Option<Pipeline> {
    let version = resource.get("apiVersion")?.as_str()?;
    let (kind, name) = (resource.get("kind")?.as_str()?, resource.at(&["metadata", "name"]).and_then(NodeRef::as_str));
    let admission = match (version.split('/').next()?, kind) {
        ("kyverno.io", "ClusterPolicy" | "Policy") => kyverno::rules(resource),
        ("policies.kyverno.io", "ImageValidatingPolicy" | "NamespacedImageValidatingPolicy") => kyverno::images(resource),
        ("policy.sigstore.dev", "ClusterImagePolicy") => sigstore::policy(resource),
        ("v1", "ConfigMap") if name == Some(sigstore::SETTINGS) => sigstore::settings(resource),
        _ => None,
    }?;
    if is_template(resource) {
        return None;
    }
    Some(Pipeline {
        name: name.map(str::to_owned),
        admission: Some(admission),
        ..Pipeline::new(Format::AdmissionPolicy, resource.span())
    })
}

/// Whether a value is still to be filled in: `{{ .Values.x }}` without quotes is a map whose key is a map.
fn is_template(node: NodeRef<'_>) -> bool {
    node.items().any(is_template) || node.own_entries().any(|e| e.key.kind() == Kind::Map || is_template(e.value))
}

/// The place of a field with its value, or of the key alone where the value is more than a line.
fn place(node: NodeRef<'_>, key: &str) -> Option<crate::source::Span> {
    let entry = node.entry(key)?;
    Some(if entry.value.as_str().is_some() { entry.span() } else { entry.key.place() })
}

/// What a field says happens to an image.
fn answer(node: NodeRef<'_>, key: &str) -> Option<Answer> {
    let action = match node.get(key)?.as_str()?.to_ascii_lowercase().as_str() {
        "enforce" | "deny" => AdmissionAction::Enforce,
        "audit" => AdmissionAction::Audit,
        "warn" => AdmissionAction::Warn,
        "allow" => AdmissionAction::Allow,
        _ => AdmissionAction::Unknown,
    };
    Some(Answer { action, is_written: true, span: place(node, key)? })
}

/// The subject and issuer of an identity. `plain`: how those are compared that are no regular expressions.
fn identity(node: NodeRef<'_>, plain: Comparison, span: crate::source::Span) -> AdmissionIdentity {
    let fields = [
        ("subject", false, plain),
        ("subjectRegExp", false, Comparison::Regexp),
        ("issuer", true, plain),
        ("issuerRegExp", true, Comparison::Regexp),
    ];
    let matcher = |(key, is_issuer, how)| {
        let text = node.get(key)?.as_str().filter(|text| !text.is_empty())?;
        Some(Matcher { is_issuer, how, text: text.to_owned(), holes: holes(text), span: place(node, key)? })
    };
    AdmissionIdentity { matchers: fields.into_iter().filter_map(matcher).collect(), span }
}

/// Parts that something fills in before or while the policy is asked: `{{ request.namespace }}`, `${OWNER}`.
fn holes(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(rest) = text.get(at..) {
        let next = [("{{", "}}"), ("${", "}")].into_iter().filter_map(|(open, close)| Some((rest.find(open)?, close))).min();
        let Some((start, close)) = next else { break };
        let Some(len) = rest[start..].find(close) else {
            // It is never closed, and so is text.
            at += start + close.len();
            continue;
        };
        found.push(at + start..at + start + len + close.len());
        at += start + len + close.len();
    }
    found
}

/// The items of a list.
fn list<'y>(node: NodeRef<'y>, key: &str) -> impl Iterator<Item = NodeRef<'y>> + use<'y> {
    node.get(key).into_iter().flat_map(NodeRef::items)
}

/// The patterns of images in a list, each with its place.
fn patterns(spec: NodeRef<'_>, key: &str) -> Vec<(String, crate::source::Span)> {
    let pattern = |image: NodeRef<'_>| Some((image.get("glob")?.as_str()?.to_owned(), place(image, "glob")?));
    list(spec, key).filter_map(pattern).collect()
}

/// The texts of a list, or of one.
fn texts<'y>(node: Option<NodeRef<'y>>) -> impl Iterator<Item = (String, crate::source::Span)> + use<'y> {
    let one = node.filter(|n| n.as_str().is_some());
    let all = node.into_iter().flat_map(NodeRef::items).chain(one);
    all.filter_map(|n| Some((n.as_str()?.to_owned(), n.place())))
}
