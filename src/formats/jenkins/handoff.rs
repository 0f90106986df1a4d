//! What passes artifacts on, and what stands elsewhere: stashes, archives, other builds, libraries, definitions of the repository.

use super::ast::{Id, List, Node};
use super::call::Args;
use super::loader::Loader;
use super::rope::{filled, fixed, words};
use super::value::Value;
use crate::pipeline::{
    Action, Binding, Call, Definition, DefinitionKind, DefinitionTarget, Expr, Input, Port, Step, Text, Tolerance,
};

/// The output of a step that is what a method gives.
const RESULT: &str = "result";

impl Loader<'_> {
    /// Emits the use of a definition.
    fn use_of(&mut self, id: Id, text: Text, target: DefinitionTarget, inputs: Vec<Binding>) {
        let step = Step::new(self.span(id), Action::Use(library(text, target, inputs)));
        self.emit(step);
    }

    /// The word with which a call starts, as a text.
    fn word_of(&self, id: Id, word: &str) -> Text {
        let place = match self.node(id) {
            Node::Call { callee, .. } if self.tree.source(callee).ends_with(word) => {
                let end = self.tree.range(callee).end;
                end - word.len()..end
            }
            // It has another name here: `def s = load`.
            Node::Call { callee, .. } => self.tree.range(callee),
            _ => self.tree.range(id),
        };
        fixed(self.file, word, place)
    }

    /// Arguments as inputs: by name, by position. Behind named ones positions count from 1, as Groovy passes them.
    fn inputs_of(&mut self, args: &Args) -> Vec<Binding> {
        let mut inputs: Vec<Binding> = Vec::new();
        for (_, key, value) in &args.named {
            if !matches!(self.node(*value), Node::Closure { .. }) {
                inputs.push(self.binding(*key, *value));
            }
        }
        let first = usize::from(!args.named.is_empty());
        for (index, id) in args.positional.iter().enumerate() {
            let name_span = self.span(*id);
            let value = self.eval(*id);
            if let Value::Record(entries) = &value {
                // A map that stands in a variable.
                inputs.extend(entries.iter().map(|(name, value)| Binding {
                    name: name.clone(),
                    name_span,
                    value: self.to_text(value, *id),
                }));
            }
            inputs.push(Binding { name: (index + first).to_string(), name_span, value: self.to_text(&value, *id) });
        }
        inputs
    }

    /// Steps that pass something on. The value is what a build gives back, which nothing is known of.
    pub(super) fn handoff(&mut self, id: Id, name: &str, args: &Args) -> Value {
        match name {
            "library" => self.library_step(id, args),
            "load" => {
                if let Some(path) = args.or_first("path") {
                    let path = self.text(path);
                    let local = path.literal().map(|p| p.trim_start_matches("./").to_owned());
                    let target = local.clone().map_or(DefinitionTarget::Unknown, DefinitionTarget::Local);
                    self.use_of(id, path, target, Vec::new());
                    return local.map_or(Value::Unknown, Value::Loaded);
                }
            }
            _ => {}
        }
        Value::Unknown
    }

    /// `step([$class: 'X', ..])`: the step of that class. False if none is named.
    pub(super) fn step_of_class(&mut self, id: Id, args: &Args) -> bool {
        let Some(class) = args.get("$class").and_then(|class| self.tree.constant(class)) else { return false };
        let name = class.rsplit('.').next().unwrap_or_default();
        let text = self.word_of(id, "step");
        let inputs = self.inputs_of(args);
        self.use_of(id, text, own_step(name), inputs);
        true
    }

    /// `build job: 'x', parameters: [..]`: another job, of which nothing is known but what it is given.
    pub(super) fn other_job(&mut self, id: Id, args: &Args) {
        let mut inputs = Vec::new();
        for (name, key, value) in &args.named {
            if name == "parameters" {
                self.build_parameters(*value, &mut inputs);
            } else if !matches!(self.node(*value), Node::Closure { .. }) {
                inputs.push(self.binding(*key, *value));
            }
        }
        for value in &args.positional {
            inputs.push(Binding { name: "job".to_owned(), name_span: self.span(*value), value: self.text(*value) });
        }
        let target = own_step("build");
        let text = self.word_of(id, "build");
        let mut step = Step::new(self.span(id), Action::Use(library(text, target, inputs)));
        let lax = [("propagate", "propagate: false"), ("wait", "wait: false")];
        let lax =
            lax.into_iter().find_map(|(name, how)| Some((args.get(name).filter(|v| self.tree.source(*v) == "false")?, how)));
        step.tolerance = lax.map(|(v, how)| Tolerance { span: self.span(v), how: how.to_owned(), certain: true });
        self.emit(step);
    }

    /// `[string(name: 'X', value: y), ..]`
    fn build_parameters(&mut self, id: Id, inputs: &mut Vec<Binding>) {
        let Node::Array(items) = self.node(id) else {
            match self.eval(id) {
                Value::List(items) if !items.is_empty() => {
                    let given = items.iter().filter_map(|item| self.parameter_given(item));
                    inputs.extend(given);
                }
                _ => self.unfollowed(id, "the parameters are put together at run time"),
            }
            return;
        };
        for item in self.list(items) {
            let args = match self.node(*item) {
                Node::Call { args, .. } => self.args(args),
                Node::Map(_) => {
                    let mut args = Args::default();
                    if let Node::Map(list) = self.node(*item) {
                        args = self.args(list);
                    }
                    args
                }
                _ => continue,
            };
            if let (Some(name), Some(value)) = (args.get("name"), args.get("value")) {
                let name_text = self.text(name);
                let value = self.text(value);
                inputs.push(Binding { name: name_text.raw().to_owned(), name_span: self.span(name), value });
            }
        }
    }

    /// `string(name: 'X', value: y)` outside of a `build`: what it is as an element of a list in a variable.
    pub(super) fn parameter_value(&mut self, id: Id, args: &Args) -> Option<Value> {
        let (name, value) = (args.get("name")?, args.get("value")?);
        let name = self.text(name);
        let value = self.eval(value);
        // A hole as large as the call, so that it is known where the parameter is given.
        let given = filled(self.file, self.tree.source(id), self.tree.range(id), self.to_expr(&value, id));
        Some(Value::Record(vec![("name".to_owned(), Value::Text(name)), ("value".to_owned(), Value::Text(given))]))
    }

    /// The input that such an element gives.
    fn parameter_given(&self, item: &Value) -> Option<Binding> {
        let Value::Record(fields) = item else { return None };
        let field = |key: &str| match fields.iter().find(|(name, _)| name == key) {
            Some((_, Value::Text(text))) => Some(text.clone()),
            _ => None,
        };
        let (name, value) = (field("name")?, field("value")?);
        Some(Binding { name: name.raw().to_owned(), name_span: name.span(), value })
    }

    /// A call of a definition that stands in another file of this repository, if it is there.
    ///
    /// What the repository does not define is most often a step of a plugin; the tools' data know some of them.
    pub(super) fn definition(&mut self, id: Id, path: &str, method: &str, args: &Args, used: bool) -> Value {
        let mut inputs = self.inputs_of(args);
        for closure in &args.closures {
            inputs.extend(self.assigned_in(*closure));
        }
        let text = self.word_of(id, method);
        let span = self.span(id);
        let mut step = Step::new(span, Action::Use(library(text, DefinitionTarget::Local(path.to_owned()), inputs)));
        let result = used.then(|| self.flow.step_id(method, span));
        step.id.clone_from(&result);
        self.emit(step);
        let named = args.named.iter().map(|(.., value)| *value).filter(|v| matches!(self.tree.node(*v), Node::Closure { .. }));
        let closures: Vec<Id> = named.chain(args.closures.iter().copied()).collect();
        for closure in closures {
            self.wrapped(id, |l| drop(l.closure(closure, &[])));
        }
        match result {
            Some(step) => Value::Expr(Expr::Port(Port::Step { step, output: RESULT.to_owned() })),
            None => Value::Unknown,
        }
    }

    /// `name { image = 'x' }`: what the closure assigns are inputs.
    fn assigned_in(&mut self, closure: Id) -> Vec<Binding> {
        let Node::Closure { body, .. } = self.node(closure) else { return Vec::new() };
        let mut inputs = Vec::new();
        for id in self.list(body) {
            if let Node::Assign { plain: true, target, value } = self.node(*id)
                && self.tree.name(target).is_some()
                && matches!(self.node(value), Node::Text(_) | Node::Name | Node::Number | Node::Member { .. })
            {
                inputs.push(self.binding(target, value));
            }
        }
        inputs
    }

    /// `library 'x@ref'`, `library(identifier: 'x@ref')`
    fn library_step(&mut self, id: Id, args: &Args) {
        // `retriever: legacySCM(scm)` is the repository that the pipeline itself comes from.
        let own = args.get("retriever").is_some_and(|r| match self.node(r) {
            Node::Call { args, .. } => matches!(self.list(args), [scm] if self.tree.name(*scm) == Some("scm")),
            _ => false,
        });
        if let Some(reference) = args.or_first("identifier").filter(|_| !own) {
            self.reference(id, reference);
        }
    }

    /// `@Library('x@ref')`
    pub(super) fn annotation(&mut self, name: Id, args: List) {
        if self.tree.source(name) != "Library" {
            return;
        }
        for arg in self.list(args) {
            self.library_value(*arg);
        }
    }

    fn library_value(&mut self, id: Id) {
        match self.node(id) {
            Node::Array(items) => self.list(items).iter().for_each(|i| self.library_value(*i)),
            Node::Entry { value, .. } => self.library_value(value),
            _ => self.reference(id, id),
        }
    }

    pub(super) fn reference(&mut self, id: Id, reference: Id) {
        let text = self.text(reference);
        let target = match text.literal() {
            Some(literal) => {
                let (source, version) = match literal.split_once('@') {
                    Some((source, version)) => (source, Some(version.to_owned())),
                    None => (literal, None),
                };
                DefinitionTarget::Remote { source: source.to_owned(), path: None, reference: version }
            }
            None => DefinitionTarget::Unknown,
        };
        let step = Step::new(self.span(id), Action::Use(library(text, target, Vec::new())));
        match self.flow.part {
            Some(_) => self.emit(step),
            None => self.libraries.push(step),
        }
    }

    /// `properties([parameters([..])])`
    pub(super) fn properties(&mut self, args: &Args) {
        for arg in &args.positional {
            self.parameters_in(*arg, 0);
        }
    }

    fn parameters_in(&mut self, id: Id, depth: u32) {
        if depth > 8 {
            return;
        }
        match self.node(id) {
            Node::Array(items) => self.list(items).iter().for_each(|i| self.parameters_in(*i, depth + 1)),
            Node::Call { callee, args } if self.tree.name(callee) == Some("parameters") => {
                for arg in self.list(args) {
                    self.parameters_in(*arg, depth + 1);
                }
            }
            Node::Call { args, .. } if depth > 1 => {
                let args = self.args(args);
                self.parameter(&args);
            }
            _ => {}
        }
    }

    /// `string(name: 'X', defaultValue: 'y')`
    pub(super) fn parameter(&mut self, args: &Args) {
        let Some(name) = args.get("name").filter(|n| self.tree.constant(*n).is_some()) else { return };
        let span = self.span(name);
        let default = match (args.get("defaultValue"), args.get("choices")) {
            (Some(value), _) => Some(self.text(value)),
            (None, Some(choices)) => match self.node(choices) {
                Node::Array(items) => self.list(items).first().map(|first| self.text(*first)),
                _ => words(&self.text(choices)).into_iter().next(),
            },
            (None, None) => None,
        };
        let name = self.tree.constant(name).unwrap_or_default();
        if !self.inputs.iter().any(|i| i.name == name) {
            self.inputs.push(Input { name, span, default, required: false });
        }
    }

    /// Notes that a library reads a parameter.
    pub(super) fn input(&mut self, name: &str, place: Id) {
        if !self.inputs.iter().any(|i| i.name == name) {
            let span = self.span(place);
            self.inputs.push(Input { name: name.to_owned(), span, default: None, required: false });
        }
    }

    /// `credentials('id')` of an `environment` block.
    pub(super) fn secret(&mut self, value: Id) -> Option<Text> {
        let Node::Call { callee, args } = self.node(value) else { return None };
        if self.tree.name(callee) != Some("credentials") {
            return None;
        }
        let [id] = *self.list(args) else { return None };
        let text = self.text(id);
        let port = Expr::Port(Port::Secret(text.raw().to_owned()));
        Some(filled(self.file, self.tree.source(value), self.tree.range(value), port))
    }
}

/// A step that Jenkins or a plugin brings.
fn own_step(name: &str) -> DefinitionTarget {
    DefinitionTarget::Named { kind: "jenkins-step".to_owned(), name: name.to_owned() }
}

fn library(text: Text, target: DefinitionTarget, inputs: Vec<Binding>) -> Call {
    let definition = Definition { text, kind: DefinitionKind::Library, target, version: None, parameter: None };
    Call::new(definition, inputs)
}
