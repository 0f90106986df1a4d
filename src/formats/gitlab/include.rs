//! `include`, and the `include` of a `trigger`.
//!
//! Sources: `include`, `trigger` in GitLab's CI/CD YAML syntax reference; "CI/CD components".

use super::config::Config;
use super::text::Defined;
use super::value::Value;
use crate::pipeline::{Binding, Call, Definition, DefinitionKind, DefinitionTarget, Text};

/// Where templates come from: they are part of GitLab itself.
pub(super) const TEMPLATES: &str = "gitlab-templates";

/// Reads an entry of an `include:`; a `project` with several files is several.
pub(super) fn definitions<'y>(config: &Config<'y>, entry: &Value<'y>) -> Vec<Definition> {
    let text = |value: &Value<'y>| config.text(value, &Defined::new());
    if entry.as_str().is_some() {
        return text(entry).map(short).into_iter().collect();
    }
    let field = |name: &str| entry.get(name).and_then(text);
    if let Some(project) = field("project") {
        let written = field("ref");
        let reference = written.as_ref().map(|t| t.raw().to_owned());
        let version = written.map(|t| t.span());
        let of_project = |file: Text| DefinitionTarget::Remote {
            source: project.raw().to_owned(),
            path: Some(file.raw().trim_start_matches('/').to_owned()),
            reference: reference.clone(),
        };
        let files: Vec<Text> = entry.get("file").map(Value::flat).unwrap_or_default().iter().filter_map(text).collect();
        if files.is_empty() {
            return vec![Definition { version, ..definition(project.clone(), of_project(project.slice(0..0))) }];
        }
        let one = |file| Definition { version, ..definition(project.clone(), of_project(file)) };
        return files.into_iter().map(one).collect();
    }
    let one = if let Some(local) = field("local") {
        let target = here(&local);
        definition(local, target)
    } else if let Some(url) = field("remote") {
        let integrity = field("integrity").map(|t| t.raw().to_owned());
        remote(url, integrity)
    } else if let Some(name) = field("template") {
        let target =
            DefinitionTarget::Remote { source: TEMPLATES.to_owned(), path: Some(name.raw().to_owned()), reference: None };
        definition(name, target)
    } else if let Some(written) = field("component") {
        let target = component(written.raw());
        definition(written, target)
    } else if let Some(artifact) = field("artifact") {
        // Written by a job of this very run.
        definition(artifact, DefinitionTarget::Unknown)
    } else {
        return Vec::new();
    };
    vec![one]
}

/// Entries with what they are given.
pub(super) fn calls<'y>(config: &Config<'y>, entry: &Value<'y>) -> Vec<Call> {
    let given = entry.get("inputs").map(|map| inputs(config, map)).unwrap_or_default();
    let call = |definition| Call::new(definition, given.clone());
    definitions(config, entry).into_iter().map(call).collect()
}

/// `inputs:` that are given.
pub(super) fn inputs<'y>(config: &Config<'y>, map: &Value<'y>) -> Vec<Binding> {
    let binding = |field: &super::value::Field<'y>| {
        let value = config.text(&field.value, &Defined::new())?;
        Some(Binding { name: field.name().to_owned(), name_span: field.key.place(), value })
    };
    map.fields().iter().filter_map(binding).collect()
}

fn definition(text: Text, target: DefinitionTarget) -> Definition {
    Definition { text, kind: DefinitionKind::Include, target, version: None, parameter: None }
}

/// A file at a URL. Without a hash of its content, the version is what the URL itself says: a commit, or a number.
fn remote(url: Text, integrity: Option<String>) -> Definition {
    let segments = || url.raw().split('/').skip(3);
    let commit = segments().find(|s| s.len() == 40 && s.bytes().all(|b| b.is_ascii_hexdigit()));
    let is_version = |s: &&str| {
        let number = s.strip_prefix('v').unwrap_or(s);
        number.contains('.') && number.split('.').all(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    let reference = integrity.or_else(|| commit.or_else(|| segments().find(is_version)).map(str::to_owned));
    let target = DefinitionTarget::Remote { source: url.raw().to_owned(), path: None, reference };
    definition(url, target)
}

/// A text alone: a URL, or a file of this repository.
fn short(text: Text) -> Definition {
    let is_url = text.raw().starts_with("https://") || text.raw().starts_with("http://");
    if is_url {
        return remote(text, None);
    }
    let target = here(&text);
    definition(text, target)
}

/// A path from the root of the repository; with wildcards it is many.
fn here(path: &Text) -> DefinitionTarget {
    match path.literal() {
        Some(literal) => DefinitionTarget::Local(literal.trim_start_matches("./").trim_start_matches('/').to_owned()),
        None => DefinitionTarget::Unknown,
    }
}

/// `host/group/project/name@version`
fn component(written: &str) -> DefinitionTarget {
    let (address, reference) = match written.split_once('@') {
        Some((address, reference)) => (address, Some(reference.to_owned()).filter(|r| !r.is_empty())),
        None => (written, None),
    };
    let (source, path) = match address.rsplit_once('/') {
        Some((source, path)) => (source, Some(path.to_owned())),
        None => (address, None),
    };
    DefinitionTarget::Remote { source: source.to_owned(), path, reference }
}
