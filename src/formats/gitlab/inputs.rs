//! Inputs of configurations: what a header declares, and what an included file is given.
//!
//! Source: `spec:inputs`, `include:inputs` in GitLab's CI/CD YAML syntax reference. An input is filled in file by file, before files are merged.

use super::text;
use super::value::{Field, Value};
use crate::pipeline::{Binding, Expr, Input, Port, Text};
use crate::source::FileId;
use std::collections::HashMap;
use std::sync::Arc;

/// Inputs that are given inputs of the file that includes, and so on.
const MAX_DEPTH: usize = 10;

/// `spec: inputs:` of a header.
pub(super) fn declared(header: &Value<'_>) -> Vec<Input> {
    let inputs = header.get("spec").and_then(|s| s.get("inputs"));
    let input = |field: &Field<'_>| {
        let default = field.value.get("default");
        Input {
            name: field.name().to_owned(),
            span: field.key.place(),
            default: default.filter(|d| d.as_str().is_some()).map(|d| Text::plain(d.node.embedded())),
            required: default.is_none(),
        }
    };
    inputs.map(|i| i.fields().iter().map(input).collect()).unwrap_or_default()
}

/// The inputs of included files; those of the root are its pipeline's, and only names of jobs and stages take their defaults.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    of: HashMap<FileId, HashMap<String, Text>>,
    of_root: HashMap<String, String>,
}

impl Inputs {
    /// Notes what a file declares and is given.
    pub(super) fn add(&mut self, file: FileId, declared: &[Input], given: &[Binding]) {
        let values = self.of.entry(file).or_default();
        values.extend(declared.iter().filter_map(|i| Some((i.name.clone(), i.default.clone()?))));
        values.extend(given.iter().map(|b| (b.name.clone(), b.value.clone())));
    }

    /// Notes what the root declares.
    pub(super) fn add_root(&mut self, declared: &[Input]) {
        let default = |i: &Input| Some((i.name.clone(), i.default.as_ref()?.literal()?.to_owned()));
        self.of_root = declared.iter().filter_map(default).collect();
    }

    /// A text with what is known of its inputs.
    pub(super) fn fill(&self, mut text: Text) -> Text {
        for hole in &mut text.holes {
            if let Expr::Port(Port::Input(name)) = &*hole.expr
                && let Some(expr) = self.value(text.source.span(hole.range.clone()).file, name, 0)
            {
                hole.expr = Arc::new(expr);
            }
        }
        text
    }

    /// A text with its inputs in it, if all are known.
    pub(super) fn literal(&self, text: &Text) -> Option<String> {
        let mut written = String::new();
        let mut at = 0;
        let filled = self.fill(text.clone());
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

    fn value(&self, file: FileId, name: &str, depth: usize) -> Option<Expr> {
        let text = self.of.get(&file)?.get(name).filter(|_| depth < MAX_DEPTH)?;
        let mut text = text.clone();
        for hole in &mut text.holes {
            if let Expr::Port(Port::Input(other)) = &*hole.expr
                && let Some(expr) = self.value(text.source.span(hole.range.clone()).file, other, depth + 1)
            {
                hole.expr = Arc::new(expr);
            }
        }
        Some(text::expression(&text))
    }
}
