//! References to tasks, pipelines and step actions, by name or through a resolver.
//!
//! Sources: "Git resolver", "Bundles resolver", "Hub resolver", "Cluster resolver" and "HTTP resolver" in Tekton's documentation; "Remote
//! tasks" in that of Pipelines as Code.

use super::reader::Reader;
use crate::formats::yaml::{Kind, NodeRef};
use crate::pipeline::{Definition, DefinitionKind, DefinitionTarget, Template, Text};
use crate::source::{Embedded, Span};
use std::ops::Range;

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
    let (text, template, version) = if let Some(resolver) = node.get("resolver").filter(|n| n.kind() == Kind::Scalar) {
        resolved(reader, resolver, node, referred)?
    } else {
        let name = node.get("name").and_then(|n| reader.text(n))?;
        match node.get("bundle").and_then(|n| reader.text(n)) {
            Some(image) => (image.clone(), Some(Template::Image { image, path: Some(name) }), None),
            None => (name.clone(), is_tekton(node).then(|| Template::Named { kind: kind_of(node, referred), name }), None),
        }
    };
    Some(Definition {
        text,
        kind: DefinitionKind::Task,
        target: template.map_or(DefinitionTarget::Unknown, Template::target),
        version,
        parameter: None,
    })
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

/// A reference through a resolver: the parameter that names the place, the place, and where its version stands by itself.
fn resolved(
    reader: &mut Reader,
    resolver: NodeRef<'_>,
    node: NodeRef<'_>,
    referred: Referred,
) -> Option<(Text, Option<Template>, Option<Span>)> {
    let items = reader.maps(node.get("params"), "params");
    let param = |name: &str| {
        let item = items.iter().find(|i| i.get("name").and_then(NodeRef::as_str) == Some(name))?;
        item.get("value").and_then(|n| reader.text(n)).filter(|t| !t.raw().is_empty())
    };
    let word = |text: &str| Text::plain(Embedded::verbatim(resolver.span().file, text, resolver.span().range().start));
    let place = |source, path, reference| Template::Place { source, path, reference };
    let (text, template) = match resolver.text() {
        "bundles" => {
            let bundle = param("bundle");
            (bundle.clone(), bundle.map(|image| Template::Image { image, path: param("name") }))
        }
        "git" => {
            let path = param("pathInRepo").into_iter().collect();
            // An `org` goes with a `repo`, which the API of the forge is asked for.
            let source: Vec<Text> = match param("url") {
                Some(url) => vec![url],
                None => param("repo").map(|repo| param("org").into_iter().chain([repo]).collect()).unwrap_or_default(),
            };
            let template = (!source.is_empty()).then(|| place(source.clone(), path, param("revision")));
            (source.last().cloned(), template)
        }
        "hub" => {
            let path = |name| vec![param("catalog").unwrap_or_else(|| word("tekton")), name];
            let name = param("name");
            (name.clone(), name.map(|name| place(vec![word("hub")], path(name), param("version"))))
        }
        "http" => {
            let url = param("url");
            // What arrives is compared with the digest, wherever it comes from.
            let named = || url.as_ref().and_then(|url| Some(url.slice(version_in(url.raw())?)));
            let version = param("digest").or_else(named);
            (url.clone(), url.map(|url| place(vec![url], Vec::new(), version)))
        }
        "cluster" => {
            let kind = param("kind").map_or_else(|| referred.kind().to_owned(), |k| k.raw().to_owned());
            (param("name"), param("name").map(|name| Template::Named { kind, name }))
        }
        _ => (param("name").or_else(|| param("url")), None),
    };
    let version = match resolver.text() {
        "git" => param("revision"),
        "hub" => param("version"),
        _ => None,
    };
    Some((text.or_else(|| reader.text(resolver))?, template, version.map(|version| version.span())))
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
                all.push(Definition { text, kind: DefinitionKind::Task, target, version: None, parameter: None });
            }
        }
    }
    all
}

fn fetched(written: &str) -> Option<DefinitionTarget> {
    if written.starts_with("https://") || written.starts_with("http://") {
        let reference = version_in(written).map(|range| written[range].to_owned());
        return Some(DefinitionTarget::Remote { source: written.to_owned(), path: None, reference });
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

/// The commit, tag or branch that the URL of a file in a repository names, as the well-known forges write it.
fn version_in(url: &str) -> Option<Range<usize>> {
    let mut at = url.find("://")? + "://".len();
    let host = url[at..].split('/').next()?;
    let mut parts: Vec<Range<usize>> = Vec::new();
    for part in url[at..].split(['/', '?']) {
        parts.push(at..at + part.len());
        at += part.len() + 1;
    }
    let is_commit = |r: &&Range<usize>| r.len() == 40 && url[(*r).clone()].bytes().all(|b| b.is_ascii_hexdigit());
    if let Some(commit) = parts.iter().find(is_commit) {
        return Some(commit.clone());
    }
    let word = |i: usize| parts.get(i).map(|r| &url[r.clone()]);
    let first = match host {
        "raw.githubusercontent.com" => 3,
        _ => (3..parts.len()).find(|i| matches!(word(*i), Some("raw" | "blob")))? + 1,
    };
    // `refs/heads/main`
    let first = if word(first) == Some("refs") { first + 2 } else { first };
    parts.get(first).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn urls_name_versions() {
        let commit = "8f4b7f84864484a7bf31766abe9204da3cbe65b3";
        for (url, wanted) in [
            (format!("https://raw.githubusercontent.com/o/r/{commit}/t.yaml"), Some(commit)),
            ("https://raw.githubusercontent.com/o/r/main/t.yaml".into(), Some("main")),
            ("https://raw.githubusercontent.com/o/r/refs/tags/v1/t.yaml".into(), Some("v1")),
            ("https://github.com/o/r/raw/v0.9.0/t.yaml".into(), Some("v0.9.0")),
            ("https://gitlab.example/g/s/r/-/raw/main/t.yaml?inline=false".into(), Some("main")),
            (format!("https://git.example/r/plain/t.yaml?{commit}"), Some(commit)),
            ("https://example.com/t.yaml".into(), None),
            ("https://raw.githubusercontent.com".into(), None),
            ("plain".into(), None),
        ] {
            assert_eq!(version_in(&url).map(|r| &url[r]), wanted, "{url}");
        }
    }
}
