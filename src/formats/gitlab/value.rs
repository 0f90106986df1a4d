//! Values that are put together from several places: `!reference`, and maps merged over each other.
//!
//! Sources: "Reuse a `.gitlab-ci.yml` section" (`!reference` tags) and "Use `extends` to reuse configuration sections" in GitLab's documentation;
//! `Gitlab::Ci::Config` (includes are merged first, then references are resolved, then `extends`).

use super::inputs::Inputs;
use super::text;
use crate::formats::yaml::{Kind, NodeRef};
use crate::source::Span;
use std::rc::Rc;

/// References within references that GitLab follows.
const MAX_REFERENCES: usize = 10;
/// Nodes that references may stand for in one configuration.
const MAX_NODES: usize = 500_000;

/// A node, or what was put together in its place.
#[derive(Debug, Clone)]
pub(super) struct Value<'y> {
    /// Where it stands; of a merged map, the one that was merged over the others.
    pub(super) node: NodeRef<'y>,
    /// Of which part of the configuration it is: a file may be several, each with inputs of its own.
    pub(super) part: usize,
    body: Body<'y>,
}

/// Names that are made of inputs.
pub(super) type Names = elsa::FrozenVec<String>;

/// What it takes to read a part of a configuration.
pub(super) struct Reading<'r, 'y> {
    /// Which part.
    pub(super) part: usize,
    /// What all parts are given.
    pub(super) inputs: &'r Inputs,
    /// Where the names go that are filled in.
    pub(super) names: &'y Names,
}

impl<'y> Reading<'_, 'y> {
    fn name(&self, key: NodeRef<'y>) -> &'y str {
        let filled = || self.inputs.literal(&text::script(key.embedded()), self.part);
        match key.text() {
            name if name.contains("$[[") => filled().map_or(name, |name| self.names.push_get(name)),
            name => name,
        }
    }
}

#[derive(Debug, Clone)]
enum Body<'y> {
    /// A scalar, or nothing.
    Leaf,
    List(Rc<Vec<Value<'y>>>),
    Map(Rc<Vec<Field<'y>>>),
    /// `!reference [..]`, not resolved yet.
    Reference,
}

/// A key and its value.
#[derive(Debug, Clone)]
pub(super) struct Field<'y> {
    pub(super) key: NodeRef<'y>,
    name: &'y str,
    pub(super) value: Value<'y>,
}

impl<'y> Field<'y> {
    pub(super) fn name(&self) -> &'y str {
        self.name
    }

    /// The same key with another value.
    pub(super) fn with(&self, value: Value<'y>) -> Self {
        Field { value, ..self.clone() }
    }

    /// Key and value, where both stand in one place.
    pub(super) fn span(&self) -> Span {
        self.key.place().to(self.value.node.place())
    }
}

impl<'y> Value<'y> {
    /// A node as it is written, but for keys that are made of inputs.
    pub(super) fn of(node: NodeRef<'y>, reading: &Reading<'_, 'y>) -> Self {
        let body = match node.kind() {
            Kind::List if node.tag() == Some("!reference") => Body::Reference,
            Kind::List => Body::List(Rc::new(node.items().map(|item| Value::of(item, reading)).collect())),
            Kind::Map => {
                let field = |e: crate::formats::yaml::Entry<'y>| Field {
                    key: e.key,
                    name: reading.name(e.key),
                    value: Value::of(e.value, reading),
                };
                Body::Map(Rc::new(node.entries().into_iter().map(field).collect()))
            }
            Kind::Scalar | Kind::Null => Body::Leaf,
        };
        Value { node, part: reading.part, body }
    }

    /// The entries of a map; nothing for anything else.
    pub(super) fn fields(&self) -> &[Field<'y>] {
        match &self.body {
            Body::Map(fields) => fields,
            _ => &[],
        }
    }

    /// The entry of a key whose value is not null.
    pub(super) fn field(&self, name: &str) -> Option<&Field<'y>> {
        self.fields().iter().find(|f| f.name() == name).filter(|f| !f.value.is_null())
    }

    /// Its value.
    pub(super) fn get(&self, name: &str) -> Option<&Value<'y>> {
        self.field(name).map(|f| &f.value)
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self.body, Body::Leaf) && self.node.kind() == Kind::Null
    }

    pub(super) fn is_map(&self) -> bool {
        matches!(self.body, Body::Map(_))
    }

    pub(super) fn is_list(&self) -> bool {
        matches!(self.body, Body::List(_))
    }

    /// The text of a scalar that is not null.
    pub(super) fn as_str(&self) -> Option<&'y str> {
        if matches!(self.body, Body::Leaf) { self.node.as_str() } else { None }
    }

    /// A boolean as Ruby's YAML reads it.
    pub(super) fn as_bool(&self) -> Option<bool> {
        match self.as_str()? {
            "yes" | "Yes" | "on" => Some(true),
            "no" | "No" | "off" => Some(false),
            _ => self.node.as_bool(),
        }
    }

    /// The items of a list with those of lists in it, or the one value that stands where a list could; null is nothing.
    pub(super) fn flat(&self) -> Vec<Value<'y>> {
        let mut all = Vec::new();
        self.flatten(&mut all);
        all
    }

    fn flatten(&self, all: &mut Vec<Value<'y>>) {
        match &self.body {
            Body::List(items) => items.iter().for_each(|item| item.flatten(all)),
            Body::Leaf if self.is_null() => {}
            _ => all.push(self.clone()),
        }
    }

    /// The texts of a list of scalars.
    pub(super) fn words(&self) -> Vec<&'y str> {
        self.flat().iter().filter_map(Value::as_str).collect()
    }

    /// `over` laid over this value: maps are merged key by key, anything else is replaced.
    pub(super) fn merged(&self, over: &Value<'y>) -> Value<'y> {
        let (Body::Map(below), Body::Map(above)) = (&self.body, &over.body) else { return over.clone() };
        let mut fields: Vec<Field<'y>> = Vec::with_capacity(below.len() + above.len());
        for field in below.iter() {
            let value = match above.iter().find(|f| f.name() == field.name()) {
                Some(other) => other.with(field.value.merged(&other.value)),
                None => field.clone(),
            };
            fields.push(value);
        }
        let known: std::collections::HashSet<&str> = below.iter().map(|f| f.name()).collect();
        fields.extend(above.iter().filter(|f| !known.contains(f.name())).cloned());
        Value { body: Body::Map(Rc::new(fields)), ..over.clone() }
    }

    /// A map without one of its keys.
    pub(super) fn without(&self, name: &str) -> Value<'y> {
        let keep = self.fields().iter().filter(|f| f.name() != name).cloned();
        Value { body: Body::Map(Rc::new(keep.collect())), ..self.clone() }
    }

    /// For people: on one line.
    pub(super) fn described(&self) -> String {
        match &self.body {
            Body::List(items) => format!("[{}]", items.iter().map(Value::described).collect::<Vec<_>>().join(", ")),
            Body::Map(fields) => {
                let parts: Vec<String> = fields.iter().map(|f| format!("{}: {}", f.name(), f.value.described())).collect();
                parts.join(", ")
            }
            Body::Leaf | Body::Reference => self.node.text().split_whitespace().collect::<Vec<_>>().join(" "),
        }
    }
}

/// Resolves `!reference`s against a configuration.
pub(super) struct References<'r, 'y> {
    root: &'r Value<'y>,
    left: usize,
    /// References that lead nowhere.
    pub(super) unknown: Vec<NodeRef<'y>>,
}

impl<'r, 'y> References<'r, 'y> {
    pub(super) fn new(root: &'r Value<'y>) -> Self {
        References { root, left: MAX_NODES, unknown: Vec::new() }
    }

    /// A value with what its references name in their places.
    pub(super) fn resolve(&mut self, value: &Value<'y>) -> Value<'y> {
        self.resolved(value, 0)
    }

    fn resolved(&mut self, value: &Value<'y>, depth: usize) -> Value<'y> {
        self.left = self.left.saturating_sub(1);
        let body = match &value.body {
            Body::Leaf => return value.clone(),
            Body::List(items) => Body::List(Rc::new(items.iter().map(|item| self.resolved(item, depth)).collect())),
            Body::Map(fields) => {
                let mut all = Vec::with_capacity(fields.len());
                for field in fields.iter() {
                    all.push(field.with(self.resolved(&field.value, depth)));
                }
                Body::Map(Rc::new(all))
            }
            Body::Reference => {
                let root = self.root;
                let mut path = value.node.items();
                let named =
                    path.try_fold(root, |at, name| at.fields().iter().find(|f| f.name() == name.text()).map(|f| &f.value));
                let named = named.filter(|_| depth < MAX_REFERENCES && self.left > 0);
                return match named {
                    Some(named) => self.resolved(named, depth + 1),
                    None => {
                        self.unknown.push(value.node);
                        Value { body: Body::List(Rc::default()), ..value.clone() }
                    }
                };
            }
        };
        Value { body, ..value.clone() }
    }
}
