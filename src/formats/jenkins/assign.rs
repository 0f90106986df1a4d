//! Declarations and assignments: of variables, of `env.X`, of branches that run later.

use super::ast::{Id, List, Node};
use super::loader::Loader;
use super::value::Value;
use crate::pipeline::Binding;

impl<'t> Loader<'t> {
    /// `def a = value`
    pub(super) fn declare(&mut self, names: List, value: Option<Id>) -> Value {
        let value = value.map_or(Value::Unknown, |v| self.eval(v));
        match *self.list(names) {
            [one] => {
                if let Some(name) = self.declared_name(one) {
                    self.settle(&value);
                    self.scope.declare(name, value.clone());
                }
            }
            ref several => {
                for (index, id) in several.iter().enumerate() {
                    let item = match &value {
                        Value::List(items) => items.get(index).cloned().unwrap_or(Value::Unknown),
                        _ => Value::Unknown,
                    };
                    if let Some(name) = self.declared_name(*id) {
                        self.scope.declare(name, item);
                    }
                }
            }
        }
        value
    }

    pub(super) fn declared_name(&self, id: Id) -> Option<&'t str> {
        match self.tree.node(id) {
            Node::Param { name, .. } => self.tree.name(name),
            _ => self.tree.name(id),
        }
    }

    /// `target = value`; other operators make the value unknown.
    pub(super) fn assign(&mut self, plain: bool, target: Id, value_id: Id) -> Value {
        let tree = self.tree;
        let value = self.eval(value_id);
        match self.node(target) {
            Node::Name => {
                let value = if plain { value.clone() } else { self.extended(target, &value) };
                self.settle(&value);
                self.scope.set(tree.source(target), value);
            }
            Node::Member { object, name } => match tree.word(name) {
                Some(key) => self.assign_key(object, name, &key, &value, value_id),
                None => self.assign_branch(object, tree.source(name), &value),
            },
            Node::Index { object, args } => {
                if let [key] = *self.list(args) {
                    match tree.word(key).filter(|_| tree.name(key).is_none()) {
                        Some(word) => self.assign_key(object, key, &word, &value, value_id),
                        None => {
                            self.eval(key);
                            self.assign_branch(object, tree.source(key), &value);
                        }
                    }
                }
            }
            _ => {}
        }
        value
    }

    /// The value of a variable to which something is added: a text stays one.
    fn extended(&mut self, target: Id, more: &Value) -> Value {
        match (self.eval(target), more) {
            (Value::Text(text), Value::Text(more)) => {
                let mut rope = super::rope::Rope::new(self.file);
                rope.append(&text);
                rope.append(more);
                Value::Text(rope.build())
            }
            (Value::Record(mut entries), Value::Record(more)) => {
                entries.extend(more.iter().cloned());
                Value::Record(entries)
            }
            _ => Value::Unknown,
        }
    }

    fn assign_key(&mut self, object: Id, key_id: Id, key: &str, value: &Value, value_id: Id) {
        let environment = match self.node(object) {
            Node::Name => self.tree.source(object) == "env",
            Node::Member { name, .. } => self.tree.name(name) == Some("env"),
            _ => false,
        };
        if environment {
            let value = self.to_text(value, value_id);
            let name_span = self.span(key_id);
            self.env.push(Binding { name: key.to_owned(), name_span, value });
        } else if key == "delegate" {
            // `body.delegate = config`: the keys of `config` are what the caller assigns in its closure.
            if let Some(name) = self.tree.name(value_id) {
                self.scope.set(name, Value::Param(0));
            }
        } else {
            self.assign_branch(object, key, value);
        }
    }

    /// `map[key] = value`
    fn assign_branch(&mut self, object: Id, key: &str, value: &Value) {
        let Some(name) = self.tree.name(object) else { return };
        match self.scope.get_mut(name) {
            Some(Value::Record(entries)) => entries.push((key.to_owned(), value.clone())),
            Some(slot @ Value::Unknown) => *slot = Value::Record(vec![(key.to_owned(), value.clone())]),
            Some(_) => {}
            None => self.scope.set(name, Value::Record(vec![(key.to_owned(), value.clone())])),
        }
    }
}
