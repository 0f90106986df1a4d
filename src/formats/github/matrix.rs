//! `strategy.matrix`: every value that each key can take.
//!
//! A key is listed only if all of its values are known; one that is missing from the result can be anything. Which values
//! go together is not kept.

use super::reader::Reader;
use super::text::only_expression;
use crate::formats::yaml::{Kind, NodeRef, Yaml};
use crate::pipeline::{Axis, Expr, Text};
use crate::source::Embedded;

/// Values by key while they are collected.
#[derive(Default)]
struct Axes {
    axes: Vec<Axis>,
    /// Keys with values that are not known.
    unknown: Vec<String>,
    /// Whether any key can have values that are not known.
    all_unknown: bool,
}

/// Reads a matrix.
pub(super) fn matrix(reader: &mut Reader<'_>, node: NodeRef<'_>) -> Vec<Axis> {
    let mut axes = Axes::default();
    match node.kind() {
        Kind::Scalar => match json(reader, node) {
            Some(literal) => within(reader, &literal, |reader, value| axes.matrix(reader, value)),
            None => {
                // Not a map: an expression becomes a note, anything else a problem.
                let _ = reader.map(node, "matrix");
            }
        },
        _ => axes.matrix(reader, node),
    }
    axes.finish()
}

/// The literal of `${{ fromJSON('..') }}`, if that is the whole value and the literal stands verbatim.
fn json(reader: &mut Reader<'_>, node: NodeRef<'_>) -> Option<Embedded> {
    let written = node.as_str().filter(|t| t.contains("${{"))?;
    // Unreadable expressions are told about by whoever reads the node next.
    let told = reader.problems.len();
    let text: Option<Text> = reader.text(node, "matrix");
    reader.problems.truncate(told);
    let text = text?;
    let literal = match &**only_expression(&text)? {
        Expr::Call { function, args } if function == "fromjson" => match &args[..] {
            [Expr::Literal(literal)] if !literal.contains('\'') => literal,
            _ => return None,
        },
        _ => return None,
    };
    let start = written.find(literal.as_str())?;
    Some(text.source.slice(start..start + literal.len()))
}

/// Reads a JSON text; YAML is a superset of JSON.
fn within(reader: &mut Reader<'_>, literal: &Embedded, read: impl FnOnce(&mut Reader<'_>, NodeRef<'_>)) {
    let yaml = Yaml::parse(literal.file, &literal.text);
    let mut inner = Reader { within: Some(literal), ..Reader::default() };
    if let Some(root) = yaml.first().filter(|_| yaml.errors.is_empty()) {
        read(&mut inner, root);
    } else {
        reader.problems.push(crate::formats::Problem::new(literal.whole(), "this text is no JSON"));
    }
    // Problems inside would point into the literal by its own offsets; a matrix from JSON has shapes that GitHub checks itself.
    reader.opaque.extend(inner.opaque.into_iter().map(|o| crate::pipeline::Opaque { span: literal.whole(), ..o }));
}

impl Axes {
    fn matrix(&mut self, reader: &mut Reader<'_>, node: NodeRef<'_>) {
        let entries = reader.map(node, "matrix");
        for entry in entries.iter().filter(|e| !matches!(e.name(), "include" | "exclude")) {
            self.axis(reader, entry.name(), entry.value);
        }
        for entry in entries.iter().filter(|e| e.name() == "exclude" && e.value.kind() == Kind::List) {
            entry.value.items().for_each(|item| self.exclude(item));
        }
        for entry in entries.iter().filter(|e| e.name() == "include") {
            match json(reader, entry.value) {
                Some(literal) => within(reader, &literal, |reader, value| self.include(reader, value)),
                None => self.include(reader, entry.value),
            }
        }
    }

    fn axis(&mut self, reader: &mut Reader<'_>, name: &str, node: NodeRef<'_>) {
        match node.kind() {
            Kind::List => node.items().for_each(|item| self.value(reader, name, item)),
            Kind::Scalar => match json(reader, node) {
                Some(literal) => within(reader, &literal, |reader, value| {
                    if value.kind() == Kind::List {
                        value.items().for_each(|item| self.value(reader, name, item));
                    } else {
                        self.unknown.push(name.to_owned());
                    }
                }),
                None => {
                    let _ = reader.list(node, name);
                    self.unknown.push(name.to_owned());
                }
            },
            _ => {
                let _ = reader.list(node, name);
            }
        }
    }

    /// One value; the keys of a map are keys of their own.
    fn value(&mut self, reader: &mut Reader<'_>, name: &str, node: NodeRef<'_>) {
        match node.kind() {
            Kind::Map => {
                for entry in node.entries() {
                    self.value(reader, &format!("{name}.{}", entry.name()), entry.value);
                }
            }
            Kind::List => self.unknown.push(name.to_owned()),
            Kind::Scalar | Kind::Null => {
                let Some(text) = reader.text(node, name) else { return };
                match self.axes.iter_mut().find(|a| a.name == name) {
                    Some(axis) if axis.values.iter().any(|v| v.raw() == text.raw()) => {}
                    Some(axis) => axis.values.push(text),
                    None => self.axes.push(Axis { name: name.to_owned(), values: vec![text] }),
                }
            }
        }
    }

    fn include(&mut self, reader: &mut Reader<'_>, node: NodeRef<'_>) {
        if node.kind() == Kind::Scalar {
            self.all_unknown = true;
        }
        for item in reader.list(node, "include") {
            if item.kind() == Kind::Scalar {
                self.all_unknown = true;
            }
            for entry in reader.map(item, "include") {
                self.value(reader, entry.name(), entry.value);
            }
        }
    }

    /// An exclusion by one key alone takes a value away; by several, only a combination.
    fn exclude(&mut self, item: NodeRef<'_>) {
        let entries = item.entries();
        let [entry] = &entries[..] else { return };
        let Some(value) = entry.value.as_str().filter(|v| !v.contains("${{")) else { return };
        if let Some(axis) = self.axes.iter_mut().find(|a| a.name == entry.name()) {
            axis.values.retain(|v| v.raw() != value);
        }
    }

    fn finish(self) -> Vec<Axis> {
        if self.all_unknown {
            return Vec::new();
        }
        let known = |axis: &Axis| {
            !self
                .unknown
                .iter()
                .any(|u| *u == axis.name || axis.name.strip_prefix(u.as_str()).is_some_and(|r| r.starts_with('.')))
        };
        self.axes.into_iter().filter(|axis| known(axis)).collect()
    }
}
