//! Reading nodes of GitHub's files: what has the wrong shape becomes a problem in GitHub's words, the rest goes on.

use super::text;
use crate::formats::Problem;
use crate::formats::yaml::{Entry, Kind, NodeRef, Yaml};
use crate::pipeline::{Binding, Opaque, Text};
use crate::source::{Embedded, Span};
use std::sync::Arc;

/// What is collected while one file is read.
#[derive(Debug, Default)]
pub(super) struct Reader<'y> {
    pub(super) problems: Vec<Problem>,
    pub(super) opaque: Vec<Opaque>,
    /// Set while values come out of a text within the file (JSON in an expression): where that text stands.
    pub(super) within: Option<&'y Embedded>,
}

impl Reader<'_> {
    /// What YAML itself had to say about a file.
    pub(super) fn yaml_problems(&mut self, yaml: &Yaml<'_>) {
        for error in &yaml.errors {
            let help = error.help.clone();
            self.problems.push(Problem {
                span: error.span,
                message: error.message.clone(),
                help,
                fatal: error.lost,
                if_named: false,
            });
        }
        for twice in &yaml.duplicates {
            let problem = Problem::new(twice.span, format!("the key `{}` is given twice in one map", twice.name));
            self.problems.push(problem.help("GitHub refuses the file; only the last one is looked at here"));
        }
    }

    pub(super) fn wrong(&mut self, node: NodeRef<'_>, message: String) {
        self.problems.push(Problem::new(node.place(), message));
    }

    pub(super) fn mismatch(&mut self, node: NodeRef<'_>, name: &str, wanted: &str, found: Kind) {
        self.wrong(node, format!("`{name}` must be {wanted}, found {}", found.described()));
    }

    /// Notes something that is only known at run time.
    pub(super) fn opaque(&mut self, span: Span, why: impl Into<String>) {
        self.opaque.push(Opaque { span, why: why.into() });
    }

    /// The entries of a map. Nothing for null, for an expression in its place (noted as opaque) and for what is no map.
    pub(super) fn map<'n>(&mut self, node: NodeRef<'n>, name: &str) -> Vec<Entry<'n>> {
        if self.shape(node, name, Kind::Map) { node.entries() } else { Vec::new() }
    }

    /// The items of a list, in the same way.
    pub(super) fn list<'n>(&mut self, node: NodeRef<'n>, name: &str) -> Vec<NodeRef<'n>> {
        if self.shape(node, name, Kind::List) { node.items().collect() } else { Vec::new() }
    }

    /// Whether a node is of a kind; if not, says so.
    pub(super) fn shape(&mut self, node: NodeRef<'_>, name: &str, wanted: Kind) -> bool {
        let found = node.kind();
        if found == wanted {
            return true;
        }
        if found == Kind::Scalar && node.text().contains("${{") {
            // Reads the expression for the problems that it may have.
            let _ = self.text(node, name);
            self.opaque(node.span(), format!("`{name}` is computed at run time"));
        } else if found != Kind::Null {
            self.mismatch(node, name, wanted.described(), found);
        }
        false
    }

    /// A text with its expressions; the empty text for null, nothing for a list or map.
    pub(super) fn text(&mut self, node: NodeRef<'_>, name: &str) -> Option<Text> {
        let source = self.embedded(node, name)?;
        Some(text::text(source, &mut self.problems))
    }

    /// A text in which GitHub evaluates nothing, without its place; nothing for null.
    pub(super) fn word(&mut self, node: NodeRef<'_>, name: &str) -> Option<String> {
        if node.kind() == Kind::Null {
            return None;
        }
        self.embedded(node, name).map(|e| e.text.to_string())
    }

    fn embedded(&mut self, node: NodeRef<'_>, name: &str) -> Option<Embedded> {
        match node.kind() {
            Kind::Scalar => Some(match self.within {
                Some(outer) => outer.nested(node.text(), &node.offsets()),
                None => node.embedded(),
            }),
            Kind::Null => {
                let start = node.span().range().start;
                let start = self.within.map_or(start, |outer| outer.span(start..start).range().start);
                Some(Embedded::verbatim(node.span().file, Arc::from(""), start))
            }
            other => {
                self.mismatch(node, name, "a single value", other);
                None
            }
        }
    }

    /// A map of names to texts: `env`, `with`, `outputs`, `secrets`.
    pub(super) fn bindings(&mut self, node: NodeRef<'_>, name: &str) -> Vec<Binding> {
        let entries = self.map(node, name);
        entries.iter().filter_map(|e| self.binding(*e)).collect()
    }

    /// One of them.
    pub(super) fn binding(&mut self, entry: Entry<'_>) -> Option<Binding> {
        let value = self.text(entry.value, entry.name())?;
        Some(Binding { name: entry.name().to_owned(), name_span: entry.key.place(), value })
    }
}
