//! Reading nodes of Tekton's resources.

use super::substitution::{self, Names};
use crate::formats::Problem;
use crate::formats::yaml::{Kind, NodeRef};
use crate::pipeline::{Binding, Expr, Hole, Input, Opaque, Port, Text};
use crate::source::{Embedded, OffsetMap, Span};
use std::collections::HashMap;
use std::sync::Arc;

/// Parts of what a pipeline gives for a parameter. Pipelines within pipelines put together what the outer ones give.
const MAX_EXPRESSION: usize = 500;

/// What is collected while one file is read.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) problems: Vec<Problem>,
    pub(super) opaque: Vec<Opaque>,
    pub(super) names: Names,
}

impl Reader {
    /// The items of a list; what is there instead becomes a problem.
    pub(super) fn list<'n>(&mut self, node: Option<NodeRef<'n>>, name: &str) -> Vec<NodeRef<'n>> {
        let Some(node) = node else { return Vec::new() };
        match node.kind() {
            Kind::List => node.items().collect(),
            Kind::Null => Vec::new(),
            // `steps: $(..)` and placeholders of template engines.
            Kind::Scalar if node.text().contains(['$', '{']) => {
                self.opaque(node.span(), format!("`{name}` is filled in by something else"));
                Vec::new()
            }
            other => {
                self.problems.push(Problem::new(node.place(), format!("`{name}` must be a list, found {}", other.described())));
                Vec::new()
            }
        }
    }

    /// The same, of maps alone.
    pub(super) fn maps<'n>(&mut self, node: Option<NodeRef<'n>>, name: &str) -> Vec<NodeRef<'n>> {
        let mut items = self.list(node, name);
        items.retain(|item| {
            let kind = item.kind();
            if !matches!(kind, Kind::Map | Kind::Null) {
                let message = format!("each of `{name}` must be a map, found {}", kind.described());
                self.problems.push(Problem::new(item.place(), message));
            }
            kind == Kind::Map
        });
        items
    }

    pub(super) fn opaque(&mut self, span: Span, why: impl Into<String>) {
        self.opaque.push(Opaque { span, why: why.into() });
    }

    /// A scalar with its substitutions; nothing for null, a list or a map. `{{ revision }}` without quotes is a map for YAML.
    pub(super) fn text(&self, node: NodeRef<'_>) -> Option<Text> {
        match node.kind() {
            Kind::Scalar => {}
            Kind::Map if self.names.as_code && node.text().starts_with("{{") => {}
            _ => return None,
        }
        Some(substitution::text(node.embedded(), &self.names))
    }

    /// A text in a list or map, with `null` as the empty text.
    fn value(&self, node: NodeRef<'_>) -> Option<Text> {
        match node.kind() {
            Kind::Null => Some(Text::plain(Embedded::verbatim(node.span().file, "", node.span().range().start))),
            _ => self.text(node),
        }
    }

    /// Runs `read` with other names.
    pub(super) fn with_names<T>(&mut self, names: Names, read: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.names, names);
        let result = read(self);
        self.names = before;
        result
    }

    /// Declared `params`. The parts of an array `x` are inputs of their own, `x[0]`, `x[1]` .. and, joined by blanks, `x[*]`;
    /// those of an object `o` are `o.key`.
    pub(super) fn params(&mut self, node: Option<NodeRef<'_>>) -> Vec<Input> {
        let mut inputs = Vec::new();
        for item in self.maps(node, "params") {
            let Some(name) = item.get("name").filter(|n| n.kind() == Kind::Scalar) else { continue };
            let default = item.get("default");
            let whole = default.filter(|n| n.kind() != Kind::List).and_then(|n| self.value(n));
            let input = |name: String, default: Option<Text>, required| Input { name, span: name_span(item), default, required };
            let parts = default.filter(|_| whole.is_none()).map(|n| self.parts(name.text(), n)).unwrap_or_default();
            inputs.push(input(name.text().to_owned(), whole, default.is_none()));
            inputs.extend(parts.into_iter().map(|(name, text)| input(name, Some(text), false)));
        }
        inputs
    }

    /// Given `params`, by the same names.
    pub(super) fn given(&mut self, node: Option<NodeRef<'_>>) -> Vec<Binding> {
        let mut bindings = Vec::new();
        for item in self.maps(node, "params") {
            let (Some(name), Some(value)) = (item.get("name").filter(|n| n.kind() == Kind::Scalar), item.get("value")) else {
                continue;
            };
            let bind = |name: String, value| Binding { name, name_span: name_span(item), value };
            let whole = if value.kind() == Kind::List { None } else { self.value(value) };
            match whole {
                Some(text) => {
                    let all = if is_whole_array(&text) { "[*]" } else { "" };
                    bindings.push(bind(format!("{}{all}", name.text()), text));
                }
                None => bindings.extend(self.parts(name.text(), value).into_iter().map(|(name, text)| bind(name, text))),
            }
        }
        bindings
    }

    /// The parts of a list or map under their names.
    fn parts(&mut self, name: &str, node: NodeRef<'_>) -> Vec<(String, Text)> {
        if node.kind() == Kind::Map {
            let entries = node.entries().into_iter();
            return entries.filter_map(|e| Some((format!("{name}.{}", e.name()), self.value(e.value)?))).collect();
        }
        let items: Vec<Text> = node.items().filter_map(|item| self.value(item)).collect();
        let mut parts = vec![(format!("{name}[*]"), joined(&items, node.span()))];
        parts.extend(items.into_iter().enumerate().map(|(i, text)| (format!("{name}[{i}]"), text)));
        parts
    }
}

fn name_span(item: NodeRef<'_>) -> Span {
    item.get("name").map_or(item.place(), NodeRef::place)
}

/// Whether a text is nothing but `$(params.x[*])`, so that it stands for a list.
fn is_whole_array(text: &Text) -> bool {
    matches!(&text.holes[..], [hole] if hole.range == (0..text.raw().len())) && text.raw().ends_with("[*])")
}

/// Texts one after the other, with blanks between them.
pub(super) fn joined(texts: &[Text], place: Span) -> Text {
    let (mut all, mut map, mut holes) = (String::new(), OffsetMap::default(), Vec::new());
    for text in texts {
        if !all.is_empty() {
            let end = map.source(0..all.len()).end;
            map.push(1, end..end);
            all.push(' ');
        }
        let start = all.len();
        for (i, c) in text.raw().char_indices() {
            map.push(c.len_utf8(), text.source.span(i..i + c.len_utf8()).range());
        }
        let shifted = |h: &Hole| Hole { range: h.range.start + start..h.range.end + start, expr: Arc::clone(&h.expr) };
        holes.extend(text.holes.iter().map(shifted));
        all.push_str(text.raw());
    }
    Text { source: Embedded::new(place.file, all, map), holes }
}

/// What the parameters of an embedded task are: what the pipeline gives, or else their defaults. Of a list that is given nothing
/// is left of the default; keys of a map that are not given have theirs.
///
/// Source: Tekton's `pkg/reconciler/taskrun/resources/apply.go`, `ApplyParameters`.
pub(super) fn bound(declared: &[Input], given: &[Binding]) -> HashMap<String, Arc<Expr>> {
    let list = |name: &str| name.split_once('[').map(|(list, _)| list.to_owned());
    let is_given = |name: &str| given.iter().any(|b| b.name == name || list(name).is_some() && list(&b.name) == list(name));
    let defaults = declared.iter().filter(|i| !is_given(&i.name));
    let defaults = defaults.filter_map(|i| Some((i.name.clone(), value_of(&i.name, i.default.as_ref()?))));
    let mut bound: HashMap<String, Arc<Expr>> =
        defaults.chain(given.iter().map(|b| (b.name.clone(), value_of(&b.name, &b.value)))).collect();
    // `$(params.x[*])` hands over all parts, of a map as well.
    for (whole, binding) in given.iter().filter_map(|b| Some((b.name.strip_suffix("[*]")?, b))) {
        let Expr::Port(Port::Input(outer)) = binding.value.expression() else { continue };
        let Some(outer) = outer.strip_suffix("[*]") else { continue };
        let parts = declared.iter().filter_map(|i| i.name.strip_prefix(whole)).filter(|part| part.starts_with(['.', '[']));
        for part in parts.filter(|part| *part != "[*]") {
            bound.insert(format!("{whole}{part}"), Arc::new(Expr::Port(Port::Input(format!("{outer}{part}")))));
        }
    }
    bound
}

/// A value as an expression; an unknown one if those that it is made of are too large together.
fn value_of(name: &str, text: &Text) -> Arc<Expr> {
    let mut left = MAX_EXPRESSION;
    let fits = text.holes.iter().all(|hole| fits(&hole.expr, &mut left));
    let value = if fits { text.expression() } else { Expr::Opaque(text.raw().to_owned()) };
    Arc::new(if name.ends_with("[*]") { Expr::Words(Box::new(value)) } else { value })
}

/// Whether an expression has no more parts than are `left`, which it takes.
fn fits(expr: &Expr, left: &mut usize) -> bool {
    *left = left.saturating_sub(1);
    *left > 0
        && match expr {
            Expr::Call { args, .. } => args.iter().all(|arg| fits(arg, left)),
            Expr::Words(inner) => fits(inner, left),
            _ => true,
        }
}
