//! `uses:`, of steps and of jobs.

use super::reader::Reader;
use crate::formats::Problem;
use crate::formats::yaml::NodeRef;
use crate::pipeline::{Definition, DefinitionKind, DefinitionTarget, Text};

/// Reads a `uses:`.
pub(super) fn definition(reader: &mut Reader<'_>, node: NodeRef<'_>, kind: DefinitionKind) -> Option<Definition> {
    let text = reader.text(node, "uses")?;
    let target = target(&text);
    if let DefinitionTarget::Remote { reference: None, .. } = &target {
        let message = format!("`uses: {}` names no version: GitHub wants `owner/name@ref`", text.raw());
        reader.problems.push(Problem::new(text.span(), message).help("add the commit hash: `@<40 hex digits>`"));
    }
    Some(Definition { text, kind, target, version: None, parameter: None })
}

/// Where a `uses:` leads. `$/path` is the repository of the file that says it, at the very commit (actions/runner#4457), so for
/// a file of this repository the same as `./path`.
fn target(text: &Text) -> DefinitionTarget {
    let Some(written) = text.literal().map(str::trim).filter(|w| !w.is_empty()) else { return DefinitionTarget::Unknown };
    if let Some(image) = written.strip_prefix("docker://") {
        return DefinitionTarget::Image(image.to_owned());
    }
    let own = written.strip_prefix("$/");
    if own.is_some() || written.starts_with("./") || written.starts_with("../") || written == "." {
        return local(own.unwrap_or(written)).map_or(DefinitionTarget::Unknown, DefinitionTarget::Local);
    }
    let (name, reference) = match written.split_once('@') {
        Some((name, reference)) => (name, Some(reference.to_owned())),
        None => (written, None),
    };
    let mut parts = name.splitn(3, '/');
    let (owner, repository, path) = (parts.next(), parts.next(), parts.next());
    match (owner, repository) {
        (Some(owner), Some(repository)) if !owner.is_empty() && !repository.is_empty() => DefinitionTarget::Remote {
            source: format!("{owner}/{repository}"),
            path: path.filter(|p| !p.is_empty()).map(|p| p.trim_end_matches('/').to_owned()),
            reference: reference.filter(|r| !r.is_empty()),
        },
        _ => DefinitionTarget::Unknown,
    }
}

/// A path without `.` and `..`; `None` if it leaves the repository.
fn local(path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Embedded, FileId};

    #[test]
    fn every_form_leads_somewhere() {
        let of = |written: &str| target(&Text::plain(Embedded::verbatim(FileId(0), written, 0)));
        let remote = |source: &str, path: Option<&str>, reference: Option<&str>| DefinitionTarget::Remote {
            source: source.into(),
            path: path.map(Into::into),
            reference: reference.map(Into::into),
        };
        assert_eq!(of("actions/checkout@v4"), remote("actions/checkout", None, Some("v4")));
        assert_eq!(of("o/r/a/b@x/y"), remote("o/r", Some("a/b"), Some("x/y")));
        assert_eq!(of("o/r"), remote("o/r", None, None));
        assert_eq!(of("./.github/actions/x/"), DefinitionTarget::Local(".github/actions/x".into()));
        assert_eq!(of("./"), DefinitionTarget::Local(String::new()));
        assert_eq!(of("./a/../b"), DefinitionTarget::Local("b".into()));
        assert_eq!(of("$/lib/x"), DefinitionTarget::Local("lib/x".into()));
        assert_eq!(of("../x"), DefinitionTarget::Unknown);
        assert_eq!(of("docker://alpine:3"), DefinitionTarget::Image("alpine:3".into()));
        assert_eq!(of("what"), DefinitionTarget::Unknown);
    }
}
