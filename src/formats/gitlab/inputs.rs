//! Inputs of configurations: what a header declares, and what an included file is given.
//!
//! Source: `spec:inputs`, `include:inputs` in GitLab's CI/CD YAML syntax reference. An input is filled in file by file, before files are merged.

use crate::formats::yaml::{Entry, Kind, NodeRef};
use crate::pipeline::{Binding, Expr, Input, Port, Text};
use crate::source::FileId;
use std::collections::HashMap;
use std::sync::Arc;

/// Inputs that are given inputs of the file that includes, and so on.
const MAX_DEPTH: usize = 10;

/// `spec: inputs:` of a header.
pub(super) fn declared(header: NodeRef<'_>) -> Vec<Input> {
    let input = |entry: Entry<'_>| {
        let default = entry.value.get("default").filter(|d| d.kind() != Kind::Null);
        Input {
            name: entry.name().to_owned(),
            span: entry.key.place(),
            default: default.filter(|d| d.as_str().is_some()).map(|d| Text::plain(d.embedded())),
            required: default.is_none(),
        }
    };
    header.at(&["spec", "inputs"]).map(|i| i.entries().into_iter().map(input).collect()).unwrap_or_default()
}

/// The inputs of the parts of a configuration; those of the root are its pipeline's, and only names of jobs and stages take their
/// defaults. A file that is included several times is several parts.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    parts: Vec<(FileId, HashMap<String, Text>)>,
    of_root: HashMap<String, String>,
}

impl Inputs {
    /// Notes what the next included file declares and is given.
    pub(super) fn add(&mut self, file: FileId, declared: &[Input], given: &[Binding]) {
        let mut values: HashMap<String, Text> =
            declared.iter().filter_map(|i| Some((i.name.clone(), i.default.clone()?))).collect();
        values.extend(given.iter().map(|b| (b.name.clone(), b.value.clone())));
        self.parts.push((file, values));
    }

    /// Notes what the root declares, which is the first part.
    pub(super) fn add_root(&mut self, file: FileId, declared: &[Input]) {
        self.parts.push((file, HashMap::new()));
        let default = |i: &Input| Some((i.name.clone(), i.default.as_ref()?.literal()?.to_owned()));
        self.of_root = declared.iter().filter_map(default).collect();
    }

    /// A text with what is known of its inputs. `parts`: of which its lines are.
    pub(super) fn fill(&self, text: Text, parts: &[usize]) -> Text {
        self.filled(text, parts, 0)
    }

    fn filled(&self, mut text: Text, parts: &[usize], depth: usize) -> Text {
        for hole in &mut text.holes {
            if let Expr::Port(Port::Input(name)) = &*hole.expr
                && let Some(expr) = self.value(text.source.span(hole.range.clone()).file, parts, name, depth)
            {
                hole.expr = Arc::new(expr);
            }
        }
        text
    }

    /// A text with its inputs in it, if all are known.
    pub(super) fn literal(&self, text: &Text, part: usize) -> Option<String> {
        let mut written = String::new();
        let mut at = 0;
        let filled = self.fill(text.clone(), &[part]);
        for hole in &filled.holes {
            written.push_str(&filled.raw()[at..hole.range.start]);
            match &*hole.expr {
                Expr::Literal(value) => written.push_str(value),
                Expr::Port(Port::Input(name)) => written.push_str(self.of_root.get(name)?),
                _ => return None,
            }
            at = hole.range.end;
        }
        written.push_str(&filled.raw()[at..]);
        Some(written)
    }

    fn value(&self, file: FileId, parts: &[usize], name: &str, depth: usize) -> Option<Expr> {
        let is_of = |part: &&(FileId, HashMap<String, Text>)| part.0 == file;
        let near = parts.iter().filter_map(|part| self.parts.get(*part)).find(is_of);
        let (_, values) = near.or_else(|| self.parts.iter().rev().find(is_of))?;
        let text = values.get(name).filter(|_| depth < MAX_DEPTH)?;
        Some(self.filled(text.clone(), &[], depth + 1).expression())
    }
}
