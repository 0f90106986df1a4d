//! References to tasks, pipelines and step actions, by name or through a resolver.
//!
//! Sources: "Git resolver", "Bundles resolver", "Hub resolver", "Cluster resolver" and "HTTP resolver" in Tekton's documentation; "Remote
//! tasks" in that of Pipelines as Code.

use super::reader::Reader;
use crate::formats::yaml::{Kind, NodeRef};
use crate::pipeline::{Definition, DefinitionKind, DefinitionTarget, Text};

/// What is referred to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Referred {
    /// `taskRef`
    Task,
    /// `pipelineRef`
    Pipeline,
    /// `ref` of a step
    StepAction,
}

impl Referred {
    /// Its kind, in lower case.
    fn kind(self) -> &'static str {
        match self {
            Referred::Task => "task",
            Referred::Pipeline => "pipeline",
            Referred::StepAction => "stepaction",
        }
    }
}

/// Reads a reference; nothing if it names nothing.
pub(super) fn definition(reader: &mut Reader, node: NodeRef<'_>, referred: Referred) -> Option<Definition> {
    if let Some(resolver) = node.get("resolver").filter(|n| n.kind() == Kind::Scalar) {
        return resolved(reader, resolver, node, referred);
    }
    let name = node.get("name").and_then(|n| reader.text(n))?;
    if let Some(bundle) = node.get("bundle").and_then(|n| reader.text(n)) {
        let target = image(&bundle, name.literal());
        return Some(Definition { text: bundle, kind: DefinitionKind::Task, target });
    }
    let target = match name.literal() {
        Some(literal) if is_tekton(node) => named(kind_of(node, referred), literal),
        _ => DefinitionTarget::Unknown,
    };
    Some(Definition { text: name, kind: DefinitionKind::Task, target })
}

fn named(kind: String, name: &str) -> DefinitionTarget {
    DefinitionTarget::Named { kind, name: name.to_owned() }
}

/// Anything else is run by somebody's own controller.
fn is_tekton(node: NodeRef<'_>) -> bool {
    let own = node.get("apiVersion").and_then(NodeRef::as_str).is_none_or(|v| v.starts_with("tekton.dev/"));
    let kind = node.get("kind").and_then(NodeRef::as_str);
    own && matches!(kind, None | Some("Task" | "ClusterTask" | "NamespacedTask" | "Pipeline" | "StepAction"))
}

fn kind_of(node: NodeRef<'_>, referred: Referred) -> String {
    match node.get("kind").and_then(NodeRef::as_str) {
        Some("ClusterTask") => "clustertask".to_owned(),
        _ => referred.kind().to_owned(),
    }
}

/// A reference through a resolver. Its text is the parameter that names the place.
fn resolved(reader: &mut Reader, resolver: NodeRef<'_>, node: NodeRef<'_>, referred: Referred) -> Option<Definition> {
    let items = reader.maps(node.get("params"), "params");
    let param = |name: &str| {
        let item = items.iter().find(|i| i.get("name").and_then(NodeRef::as_str) == Some(name))?;
        item.get("value").and_then(|n| reader.text(n)).filter(|t| !t.raw().is_empty())
    };
    let word = |name: &str| param(name).map(|t| t.raw().to_owned());
    let (text, target) = match resolver.text() {
        "bundles" => {
            let bundle = param("bundle");
            let target = bundle.as_ref().map(|b| image(b, word("name").as_deref()));
            (bundle, target)
        }
        "git" => {
            let url = param("url").or_else(|| param("repo"));
            let source = url.as_ref().and_then(|u| repository(u, word("org").as_deref()));
            let reference = word("revision");
            (url, source.map(|source| DefinitionTarget::Remote { source, path: word("pathInRepo"), reference }))
        }
        "hub" => {
            let name = param("name");
            let catalog = word("catalog").unwrap_or_else(|| "tekton".to_owned());
            let path = name.as_ref().and_then(Text::literal).map(|name| format!("{catalog}/{name}"));
            let reference = word("version");
            (name, path.map(|path| DefinitionTarget::Remote { source: "hub".to_owned(), path: Some(path), reference }))
        }
        "http" => {
            let url = param("url");
            let source = url.as_ref().and_then(Text::literal).map(str::to_owned);
            (url, source.map(|source| DefinitionTarget::Remote { source, path: None, reference: None }))
        }
        "cluster" => {
            let name = param("name");
            let target = name
                .as_ref()
                .and_then(Text::literal)
                .map(|n| named(word("kind").unwrap_or_else(|| referred.kind().to_owned()), n));
            (name, target)
        }
        _ => (param("name").or_else(|| param("url")), None),
    };
    let text = text.or_else(|| reader.text(resolver))?;
    Some(Definition { text, kind: DefinitionKind::Task, target: target.unwrap_or(DefinitionTarget::Unknown) })
}

/// `url`, or `repo` of an `org`.
fn repository(url: &Text, org: Option<&str>) -> Option<String> {
    let url = url.literal()?;
    Some(match org {
        Some(org) if !url.contains('/') => format!("{org}/{url}"),
        _ => url.to_owned(),
    })
}

/// `name:tag@digest` as a place from which definitions are taken.
fn image(bundle: &Text, name: Option<&str>) -> DefinitionTarget {
    let Some(written) = bundle.literal() else { return DefinitionTarget::Unknown };
    let (rest, digest) = match written.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (written, None),
    };
    let slash = rest.rfind('/').map_or(0, |i| i + 1);
    let (source, tag) = match rest[slash..].find(':') {
        Some(colon) => (&rest[..slash + colon], Some(&rest[slash + colon + 1..])),
        None => (rest, None),
    };
    DefinitionTarget::Remote {
        source: source.to_owned(),
        path: name.map(str::to_owned),
        reference: digest.or(tag).map(str::to_owned),
    }
}

/// What `pipelinesascode.tekton.dev/task: "[a, b:0.1, https://..]"` and `../pipeline` fetch from outside; files of this repository are
/// found by their names.
pub(super) fn annotations(reader: &Reader, metadata: NodeRef<'_>) -> Vec<Definition> {
    let mut all = Vec::new();
    for entry in metadata.get("annotations").map(NodeRef::entries).unwrap_or_default() {
        let Some(key) = entry.name().strip_prefix("pipelinesascode.tekton.dev/") else { continue };
        let is_task = key == "task" || key.strip_prefix("task-").is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
        let Some(text) = reader.text(entry.value).filter(|_| is_task || key == "pipeline") else { continue };
        let raw = text.raw().to_owned();
        let mut at = 0;
        for piece in raw.split([',', '[', ']', '\n']) {
            let start = at + (piece.len() - piece.trim_start().len());
            at += piece.len() + 1;
            let text = text.slice(start..start + piece.trim().len());
            if let Some(target) = text.literal().filter(|t| !t.is_empty()).and_then(fetched) {
                all.push(Definition { text, kind: DefinitionKind::Task, target });
            }
        }
    }
    all
}

fn fetched(written: &str) -> Option<DefinitionTarget> {
    if written.starts_with("https://") || written.starts_with("http://") {
        return Some(DefinitionTarget::Remote { source: written.to_owned(), path: None, reference: None });
    }
    if written.contains(['/', ' ']) && !written.contains("://") || written.ends_with(".yaml") || written.ends_with(".yml") {
        return None;
    }
    let (catalog, name) = written.split_once("://").unwrap_or(("tekton", written));
    let (name, version) = match name.split_once(':') {
        Some((name, version)) => (name, Some(version.to_owned())),
        None => (name, None),
    };
    Some(DefinitionTarget::Remote { source: "hub".to_owned(), path: Some(format!("{catalog}/{name}")), reference: version })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Embedded, FileId};

    #[test]
    fn bundles_are_images() {
        let of = |written: &str| match image(&Text::plain(Embedded::verbatim(FileId(0), written, 0)), Some("n")) {
            DefinitionTarget::Remote { source, reference, .. } => (source, reference),
            other => panic!("{other:?}"),
        };
        assert_eq!(of("quay.io:443/a/b:0.1@sha256:00"), ("quay.io:443/a/b".into(), Some("sha256:00".into())));
        assert_eq!(of("quay.io/a/b:0.1"), ("quay.io/a/b".into(), Some("0.1".into())));
        assert_eq!(of("quay.io:443/a/b"), ("quay.io:443/a/b".into(), None));
    }

    #[test]
    fn annotations_fetch_from_outside() {
        let remote = |source: &str, path: Option<&str>, reference: Option<&str>| {
            Some(DefinitionTarget::Remote {
                source: source.into(),
                path: path.map(Into::into),
                reference: reference.map(Into::into),
            })
        };
        assert_eq!(fetched("git-clone"), remote("hub", Some("tekton/git-clone"), None));
        assert_eq!(fetched("git-clone:0.9"), remote("hub", Some("tekton/git-clone"), Some("0.9")));
        assert_eq!(fetched("https://x/y.yaml"), remote("https://x/y.yaml", None, None));
        assert_eq!(fetched(".tekton/tasks/x.yaml"), None);
    }
}
