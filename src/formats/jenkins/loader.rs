//! The state of loading, and what all of its parts do: emitting steps, and turning values into texts.

use super::ast::{Id, List, Node, Tree};
use super::flow::Flow;
use super::rope::filled;
use super::value::{Scope, Value, expression_of};
use crate::pipeline::{Action, Binding, Block, Caught, Expr, Input, Opaque, Port, Step, Text, Trigger};
use crate::source::{FileId, Span};
use std::collections::{HashMap, HashSet};

/// How deep statements and values are followed.
const MAX_DEPTH: u32 = 160;
/// How many nodes are looked at, methods that are called several times counted each time.
const MAX_WORK: u32 = 120_000;
/// What is said of what lies behind a bound.
pub(super) const TOO_DEEP: &str = "it is nested too deeply to be followed";
pub(super) const TOO_MUCH: &str = "the file has more calls than are followed";
/// With more variables than this, a step gets only those that it mentions.
const MANY_VARIABLES: usize = 48;
/// The longest text by which an expression is known.
const MAX_OPAQUE: usize = 400;

/// The state of loading one file.
pub(super) struct Loader<'t> {
    pub(super) tree: &'t Tree<'t>,
    pub(super) file: FileId,
    pub(super) scope: Scope,
    pub(super) flow: Flow,
    /// Machines so far.
    pub(super) machines: usize,
    /// The blocks that are open within the execution.
    sinks: Vec<Vec<Step>>,
    /// Variables of the steps that follow.
    pub(super) env: Vec<Binding>,
    /// The image that the steps run in, where it is not the execution's.
    pub(super) image: Option<Text>,
    /// The containers of the pod, by name.
    pub(super) pod: Vec<(String, Text)>,
    /// `docker.withRegistry`
    pub(super) registry: Option<Text>,
    pub(super) inputs: Vec<Input>,
    pub(super) triggers: Vec<Trigger>,
    pub(super) pipeline_env: Vec<Binding>,
    /// Uses of libraries.
    pub(super) libraries: Vec<Step>,
    pub(super) opaque: Vec<Opaque>,
    /// Keys of the matrices around.
    pub(super) matrix: Vec<String>,
    /// Methods by their names, in the order in which they stand.
    pub(super) methods: HashMap<String, Vec<Id>>,
    /// Methods that are being followed.
    pub(super) active: Vec<Id>,
    /// Closures that are being followed.
    pub(super) running: Vec<Id>,
    /// Every name that is declared anywhere, so that it is not taken for one of the environment.
    pub(super) declared: HashSet<String>,
    /// Where stages and parallel branches stand, ascending.
    pub(super) stages: Vec<u32>,
    /// Where something is returned, ascending.
    pub(super) returns: Vec<u32>,
    /// The folder of the library that the file belongs to, with a `/`; empty for the repository's own.
    pub(super) home: String,
    /// The files of classes, by their names.
    pub(super) classes: HashMap<String, String>,
    /// What methods that others call give.
    pub(super) outputs: Vec<Binding>,
    /// Closures that became values, and those that were followed.
    pub(super) stored: Vec<Id>,
    pub(super) followed: HashSet<Id>,
    /// How often the exit status of a step is read where it is not known what becomes of it.
    pub(super) statuses: HashMap<String, i32>,
    depth: u32,
    work: u32,
    /// Whether it was said that not everything is followed.
    gave_up: bool,
}

impl<'t> Loader<'t> {
    pub(super) fn new(tree: &'t Tree<'t>, file: FileId, label: &str) -> Self {
        Loader {
            tree,
            file,
            scope: Scope::new(),
            machines: 0,
            flow: Flow::new(file, label),
            sinks: Vec::new(),
            env: Vec::new(),
            image: None,
            pod: Vec::new(),
            registry: None,
            inputs: Vec::new(),
            triggers: Vec::new(),
            pipeline_env: Vec::new(),
            libraries: Vec::new(),
            opaque: Vec::new(),
            matrix: Vec::new(),
            methods: HashMap::new(),
            active: Vec::new(),
            running: Vec::new(),
            declared: HashSet::new(),
            stages: Vec::new(),
            returns: Vec::new(),
            home: String::new(),
            classes: HashMap::new(),
            outputs: Vec::new(),
            stored: Vec::new(),
            followed: HashSet::new(),
            statuses: HashMap::new(),
            depth: 0,
            work: 0,
            gave_up: false,
        }
    }

    /// Runs something one level deeper, unless that is too deep or too much was done already; `id` is what stands there.
    pub(super) fn deeper<T>(&mut self, id: Id, otherwise: T, run: impl FnOnce(&mut Self) -> T) -> T {
        self.work += 1;
        if self.depth >= MAX_DEPTH || self.work > MAX_WORK {
            if !std::mem::replace(&mut self.gave_up, true) {
                let why = if self.work > MAX_WORK { TOO_MUCH } else { TOO_DEEP };
                self.unfollowed(id, why);
            }
            return otherwise;
        }
        self.depth += 1;
        let result = run(self);
        self.depth -= 1;
        result
    }

    pub(super) fn node(&self, id: Id) -> Node {
        self.tree.node(id)
    }

    pub(super) fn list(&self, list: List) -> &'t [Id] {
        self.tree.list(list)
    }

    pub(super) fn span(&self, id: Id) -> Span {
        Span::new(self.file, self.tree.range(id))
    }

    /// What cannot be understood, by its text.
    pub(super) fn opaque_of(&self, id: Id) -> Expr {
        let source = self.tree.source(id);
        let mut end = source.len().min(MAX_OPAQUE);
        while !source.is_char_boundary(end) {
            end -= 1;
        }
        Expr::Opaque(source[..end].to_owned())
    }

    /// A value as an expression; `id` is where it comes from.
    pub(super) fn to_expr(&self, value: &Value, id: Id) -> Expr {
        match value {
            Value::Text(text) => expression_of(text).unwrap_or_else(|| self.opaque_of(id)),
            Value::Image(text) => expression_of(text).unwrap_or_else(|| self.opaque_of(id)),
            Value::Expr(expr) => expr.clone(),
            Value::Param(index) => Expr::Port(Port::Input(index.to_string())),
            _ => self.opaque_of(id),
        }
    }

    /// A value as a text; what is no text is filled in as a whole.
    pub(super) fn to_text(&self, value: &Value, id: Id) -> Text {
        match value {
            Value::Text(text) | Value::Image(text) => text.clone(),
            other => filled(self.file, self.tree.source(id), self.tree.range(id), self.to_expr(other, id)),
        }
    }

    /// Evaluates something to a text.
    pub(super) fn text(&mut self, id: Id) -> Text {
        let value = self.eval(id);
        self.to_text(&value, id)
    }

    /// A name that is a key, with its value.
    pub(super) fn binding(&mut self, key: Id, value: Id) -> Binding {
        let name = self.tree.word(key).unwrap_or_else(|| self.tree.source(key).to_owned());
        Binding { name, name_span: self.span(key), value: self.text(value) }
    }

    /// Something of the file that was not followed.
    pub(super) fn unfollowed(&mut self, id: Id, why: &str) {
        let span = self.span(id);
        self.opaque.push(Opaque { span, why: why.to_owned() });
    }

    /// Adds a step to the open block, or else to the execution.
    pub(super) fn emit(&mut self, mut step: Step) {
        let span = step.span;
        self.flow.current(span);
        if !matches!(step.action, Action::Block(_)) {
            step.env.extend(self.variables(&step));
            step.image = step.image.or_else(|| self.image.clone());
        }
        self.flow.localise(&mut step);
        match self.sinks.last_mut() {
            Some(sink) => sink.push(step),
            None => self.flow.current(span).steps.push(step),
        }
    }

    /// The variables of a step. A later one hides an earlier one.
    fn variables(&self, step: &Step) -> Vec<Binding> {
        let few = self.env.len() <= MANY_VARIABLES;
        let script = match &step.action {
            Action::Script(script) => script.text.raw(),
            _ => "",
        };
        let mut seen = HashSet::new();
        let mentioned = |b: &&Binding| few || script.contains(&b.name);
        let mut variables: Vec<Binding> =
            self.env.iter().rev().filter(mentioned).filter(|b| seen.insert(b.name.as_str())).cloned().collect();
        variables.reverse();
        variables
    }

    /// The steps that `body` emits, as a block of their own.
    pub(super) fn block(&mut self, body: impl FnOnce(&mut Self)) -> Vec<Step> {
        self.gathered(body).0
    }

    /// The steps that `body` emits, and what it gives.
    fn gathered<T>(&mut self, body: impl FnOnce(&mut Self) -> T) -> (Vec<Step>, T) {
        self.sinks.push(Vec::new());
        let result = body(self);
        (self.sinks.pop().unwrap_or_default(), result)
    }

    /// Whether steps go straight to an execution, not to a block in it.
    pub(super) fn at_top(&self) -> bool {
        self.sinks.is_empty()
    }

    /// Whether stages stand in a node: then it cannot be a block of one execution.
    pub(super) fn holds_stages(&self, id: Id) -> bool {
        let range = self.tree.range(id);
        let first = self.stages.partition_point(|s| (*s as usize) < range.start);
        self.at_top() && self.stages.get(first).is_some_and(|s| (*s as usize) < range.end)
    }

    /// The steps of `body` as one step, or straight where stages stand in `id`.
    pub(super) fn wrapped<T>(&mut self, id: Id, body: impl FnOnce(&mut Self) -> T) -> T {
        if self.holds_stages(id) {
            return body(self);
        }
        let (steps, result) = self.gathered(body);
        if !steps.is_empty() {
            self.emit(Step::new(self.span(id), Action::Block(Block::Sequence(steps))));
        }
        result
    }

    /// Runs `body`; a failure in it skips its rest, and nothing else.
    pub(super) fn tolerated(&mut self, id: Id, caught: Caught, body: impl FnOnce(&mut Self)) {
        if self.holds_stages(id) {
            self.flow.finish();
            let first = self.flow.done.len();
            body(self);
            self.flow.finish();
            self.flow.tolerate(caught, first..self.flow.done.len());
            return;
        }
        let steps = self.block(body);
        if !steps.is_empty() {
            let block = Block::Try { body: steps, handler: Some(Vec::new()), last: Vec::new(), caught };
            self.emit(Step::new(self.span(id), Action::Block(block)));
        }
    }
}
