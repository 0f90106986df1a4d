//! Statements: what runs, in which order, and what a failure does to it.

use super::ast::{Id, List, Node, Operator};
use super::flow::Label;
use super::loader::Loader;
use super::rope::{filled, fixed};
use super::value::{Lost, Value};
use crate::pipeline::{
    Action, AfterFailure, Block, Caught, Condition, Dialect, Expr, Op, Port, Script, ShellOptions, Step, Text,
};
use crate::source::Span;

impl Loader<'_> {
    /// Follows statements; the value is that of the last one.
    pub(super) fn statements(&mut self, list: List) -> Value {
        let statements = self.list(list);
        let Some((last, before)) = statements.split_last() else { return Value::Unknown };
        for (at, id) in before.iter().enumerate() {
            let value = self.walk(*id);
            if !matches!(self.node(*id), Node::Return(_)) {
                self.settle(&value);
            }
            let rest = &statements[at + 1..];
            if self.returns_within(*id) && self.rethrows(rest) && !rest.iter().any(|id| self.holds_stages(*id)) {
                self.unless_returned(rest);
                return Value::Unknown;
            }
        }
        self.walk(*last)
    }

    /// Statements that end in failing, behind others that may have returned before: what waits for the method runs on then.
    fn unless_returned(&mut self, statements: &[Id]) {
        let Some(first) = statements.first() else { return };
        let expr = Expr::Opaque("nothing is returned before".to_owned());
        let condition = Condition { expr, span: self.span(*first), after_failure: AfterFailure::No };
        let mut steps = Vec::new();
        self.conditional(|l| {
            steps = l.block(|l| {
                for id in statements {
                    let value = l.walk(*id);
                    l.settle(&value);
                }
            });
        });
        if !steps.is_empty() {
            self.emit(Step::new(self.span(*first), Action::Block(Block::Branch(vec![(condition, steps)]))));
        }
    }

    /// Follows one statement.
    pub(super) fn walk(&mut self, id: Id) -> Value {
        self.deeper(id, Value::Unknown, |l| l.walk_node(id))
    }

    fn walk_node(&mut self, id: Id) -> Value {
        match self.node(id) {
            Node::Call { callee, args } => return self.call(id, callee, args, false),
            Node::Declare { names, value } => {
                self.declare(names, value);
            }
            Node::Assign { plain, target, value } => {
                self.assign(plain, target, value);
            }
            Node::Assert(what) => self.assertion(id, what),
            Node::Return(value) => return value.map_or(Value::Unknown, |v| self.eval(v)),
            Node::Block(list) => return self.statements(list),
            Node::Closure { .. } => return self.wrapped(id, |l| l.closure(id, &[])),
            Node::If { test, then, other } => self.branch(id, test, then, other),
            Node::Loop { header, body } => {
                self.conditional(|l| {
                    l.loop_head(id, header);
                    l.wrapped(id, |l| drop(l.walk(body)));
                });
            }
            Node::Try { body, catches, last } => self.attempt(id, body, catches, last),
            Node::Switch { subject, cases } => self.switch(id, subject, cases),
            Node::Throw(value) => {
                self.eval(value);
                self.fail(id);
            }
            Node::Annotation { name, args } => self.annotation(name, args),
            Node::Method { .. } | Node::Class { .. } | Node::Broken | Node::Param { .. } | Node::Catch { .. } => {}
            _ => return self.eval(id),
        }
        Value::Unknown
    }

    /// `(x in list)`: the variable has every value of the list. `(int i = 0; ..)`: it has a value that is not known.
    fn loop_head(&mut self, id: Id, header: List) {
        let parts = self.list(header);
        let list = match *parts {
            [one] => match self.node(one) {
                Node::Binary { op: Operator::Other, left, right } => self.tree.name(left).map(|name| (name, right)),
                _ => None,
            },
            [variable, list] => match self.node(variable) {
                Node::Declare { value: None, .. } | Node::Name => self.tree.loop_variable(variable).map(|name| (name, list)),
                _ => None,
            },
            _ => None,
        };
        if let Some((name, list)) = list {
            let value = self.eval(list);
            let element = self.element(&value, id);
            return self.scope.declare(name, element);
        }
        for part in parts {
            self.walk(*part);
            if let Some(name) = self.tree.loop_variable(*part) {
                self.scope.declare(name, Value::Unknown);
            }
        }
    }

    /// Any item of a list.
    pub(super) fn element(&self, list: &Value, id: Id) -> Value {
        match list {
            Value::List(items) if !items.is_empty() => match self.any(items, id) {
                Value::Expr(Expr::Opaque(_)) => Value::Unknown,
                known => known,
            },
            _ => Value::Unknown,
        }
    }

    /// The body of a closure, with values for its parameters.
    pub(super) fn closure(&mut self, id: Id, values: &[Value]) -> Value {
        let Node::Closure { params, body } = self.node(id) else { return Value::Unknown };
        self.followed.insert(id);
        if self.running.contains(&id) {
            // A closure that leads to itself.
            return Value::Unknown;
        }
        self.running.push(id);
        self.scope.enter(false);
        if let ([], [only]) = (self.list(params), values) {
            self.scope.declare("it", only.clone());
        }
        for (index, param) in self.list(params).iter().enumerate() {
            if let Some(name) = self.declared_name(*param).map(str::to_owned) {
                self.scope.declare(&name, values.get(index).cloned().unwrap_or(Value::Unknown));
            }
        }
        let value = self.statements(body);
        self.scope.leave();
        self.running.pop();
        value
    }

    /// Runs something that may not run: what it assigns is unknown behind it.
    pub(super) fn conditional(&mut self, run: impl FnOnce(&mut Self)) -> Vec<Lost> {
        let before = self.env.len();
        self.scope.enter(true);
        run(self);
        let all = self.scope.leave();
        for lost in &all {
            self.read(&lost.after);
        }
        for binding in self.env.iter_mut().skip(before) {
            let range = binding.name_span.range();
            let written = self.tree.text.get(range.clone()).unwrap_or("");
            let why = Expr::Opaque(format!("{} where its assignment runs", binding.name));
            binding.value = filled(self.file, written, range, why);
        }
        all
    }

    /// What names stand for behind arms of which one runs, or none if not `whole`: any of the values that they may have.
    fn merge(&mut self, id: Id, arms: Vec<Vec<Lost>>, whole: bool) {
        let mut names: Vec<(String, Option<Value>)> = Vec::new();
        for lost in arms.iter().flatten() {
            if !names.iter().any(|(name, _)| *name == lost.name) {
                names.push((lost.name.clone(), lost.before.clone()));
            }
        }
        for (name, before) in names {
            let after = |arm: &Vec<Lost>| match arm.iter().find(|l| l.name == name) {
                Some(lost) => Some(lost.after.clone()),
                None => before.clone(),
            };
            let mut values: Vec<Value> = arms.iter().filter_map(after).collect();
            if !whole {
                values.extend(before.clone());
            }
            let is_text = |v: &Value| matches!(v, Value::Text(_) | Value::Expr(_));
            let merged = if values.iter().all(is_text) { self.any(&values, id) } else { Value::Unknown };
            let merged = if matches!(merged, Value::Expr(Expr::Opaque(_))) { Value::Unknown } else { merged };
            self.scope.set(&name, merged);
        }
    }

    fn branch(&mut self, id: Id, test: Id, then: Id, other: Option<Id>) {
        let value = self.eval(test);
        let condition = Condition { expr: self.to_expr(&value, test), span: self.span(test), after_failure: AfterFailure::No };
        let negated = Condition { expr: Expr::Not(Box::new(condition.expr.clone())), ..condition.clone() };
        let arms = [Some((condition.clone(), then)), other.map(|o| (negated, o))];
        if self.holds_stages(id) {
            for (condition, body) in arms.into_iter().flatten() {
                let outer = self.flow.template.condition.clone();
                self.flow.finish();
                self.flow.template.condition = Some(both(outer.clone(), condition));
                self.conditional(|l| drop(l.walk(body)));
                self.flow.finish();
                self.flow.template.condition = outer;
            }
            return;
        }
        let (mut blocks, mut assigned) = (Vec::new(), Vec::new());
        for (condition, body) in arms.into_iter().flatten() {
            let mut steps = Vec::new();
            let lost = self.conditional(|l| steps = l.block(|l| drop(l.walk(body))));
            // The other arm starts from what was known before.
            lost.iter().for_each(|l| self.scope.set(&l.name, l.before.clone().unwrap_or(Value::Unknown)));
            assigned.push(lost);
            if !steps.is_empty() || asks_output(&condition.expr) && self.is_plain(body) {
                blocks.push((condition, steps));
            }
        }
        let bodies: Vec<Id> = std::iter::once(then).chain(other).collect();
        self.merge(id, assigned, other.is_some());
        self.settle_branch(&value, &condition, &blocks, &bodies);
        if !blocks.is_empty() {
            self.emit(Step::new(self.span(id), Action::Block(Block::Branch(blocks))));
        }
    }

    fn switch(&mut self, id: Id, subject: Id, cases: List) {
        self.eval(subject);
        let span = self.span(subject);
        let expr = Expr::Opaque(format!("a case of {}", self.tree.source(subject)));
        if self.holds_stages(id) {
            for case in self.list(cases) {
                self.conditional(|l| drop(l.walk(*case)));
            }
            return;
        }
        let mut arms = Vec::new();
        for case in self.list(cases) {
            let mut steps = Vec::new();
            self.conditional(|l| steps = l.block(|l| drop(l.walk(*case))));
            if !steps.is_empty() {
                arms.push((Condition { expr: expr.clone(), span, after_failure: AfterFailure::No }, steps));
            }
        }
        if !arms.is_empty() {
            self.emit(Step::new(self.span(id), Action::Block(Block::Branch(arms))));
        }
    }

    /// What fails, as a step: `error '..'`, `throw ..`.
    pub(super) fn fail(&mut self, id: Id) {
        let text = fixed(self.file, "exit 1", self.tree.range(id));
        let options = ShellOptions { errexit: true, pipefail: false, failure_counts: true };
        self.emit(Step::new(self.span(id), Action::Script(Script { text, dialect: Dialect::Posix, options })));
    }

    /// Whether statements end in failing again, whatever happens before.
    fn rethrows(&self, statements: &[Id]) -> bool {
        statements.iter().any(|id| match self.node(*id) {
            Node::Throw(_) => true,
            Node::Call { callee, .. } => self.tree.name(callee) == Some("error"),
            _ => false,
        })
    }

    /// try, catch, finally
    fn attempt(&mut self, id: Id, body: Id, catches: List, last: Option<Id>) {
        if self.holds_stages(id) {
            return self.attempt_stages(body, catches, last);
        }
        let steps = self.block(|l| {
            l.scope.enter(false);
            let value = l.walk(body);
            l.settle(&value);
            l.scope.leave();
        });
        let handler = self.handler(catches);
        let last = match last {
            Some(last) => self.block(|l| drop(l.walk(last))),
            None => Vec::new(),
        };
        if steps.is_empty() && last.is_empty() && handler.as_ref().is_none_or(Vec::is_empty) {
            return;
        }
        let caught = self.caught(catches).unwrap_or_else(|| Caught { span: self.span(id), reported: false });
        self.emit(Step::new(self.span(id), Action::Block(Block::Try { body: steps, handler, last, caught })));
    }

    /// The steps of the `catch` blocks; `None` where the failure passes through.
    fn handler(&mut self, catches: List) -> Option<Vec<Step>> {
        let catches = self.list(catches);
        if catches.is_empty() {
            return None;
        }
        let mut steps = Vec::new();
        let mut swallows = false;
        for catch in catches {
            let Node::Catch { name, body } = self.node(*catch) else { continue };
            let Node::Block(list) = self.node(body) else { continue };
            swallows |= !self.rethrows(self.list(list));
            self.conditional(|l| {
                if let Some(name) = name {
                    l.scope.declare(l.tree.source(name), Value::Unknown);
                }
                let block = l.block(|l| drop(l.walk(body)));
                steps.extend(block);
            });
        }
        // Where nothing but the failing again is left, the failure just passes through.
        (swallows || steps.len() > catches.len()).then_some(steps)
    }

    /// The first `catch` that does not fail again.
    fn caught(&self, catches: List) -> Option<Caught> {
        let (place, body) = self.list(catches).iter().find_map(|id| match self.node(*id) {
            Node::Catch { body, .. } if matches!(self.node(body), Node::Block(list) if !self.rethrows(self.list(list))) => {
                Some((*id, body))
            }
            _ => None,
        })?;
        let start = self.tree.range(place).start;
        Some(Caught { span: Span::new(self.file, start..start + "catch".len()), reported: self.reports(body) })
    }

    /// Whether statements mark the build as failed (`currentBuild.result = 'FAILURE'`).
    fn reports(&self, body: Id) -> bool {
        self.within(body).any(|(_, node)| match node {
            Node::Assign { target, value, .. } => {
                let failed = matches!(self.tree.constant(value).as_deref(), Some("FAILURE" | "ABORTED"));
                failed && self.tree.source(target).starts_with("currentBuild.")
            }
            _ => false,
        })
    }

    fn attempt_stages(&mut self, body: Id, catches: List, last: Option<Id>) {
        let swallowing = self.caught(catches);
        let catches = self.list(catches);
        self.flow.finish();
        let first = self.flow.done.len();
        self.walk(body);
        self.flow.finish();
        let tried = self.flow.done.len();
        let behind = self.flow.frontier.clone();
        for catch in catches {
            let Node::Catch { body, .. } = self.node(*catch) else { continue };
            self.afterwards("catch", body, AfterFailure::Only, self.span(*catch));
            self.flow.frontier.clone_from(&behind);
        }
        if let Some(last) = last {
            self.afterwards("finally", last, AfterFailure::Also, self.span(last));
            let ends = std::mem::replace(&mut self.flow.frontier, behind);
            let more = ends.into_iter().filter(|e| !self.flow.frontier.contains(e)).collect::<Vec<_>>();
            self.flow.frontier.extend(more);
        }
        if let Some(caught) = swallowing {
            self.flow.tolerate(caught, first..tried);
        }
    }

    /// Statements that run after those before them, whether or only if those failed.
    pub(super) fn afterwards(&mut self, name: &str, body: Id, after_failure: AfterFailure, span: Span) {
        let condition = Condition { expr: status(after_failure), span, after_failure };
        let outer = self.flow.template.condition.replace(condition);
        let label = std::mem::replace(&mut self.flow.label, Label { name: name.to_owned(), span });
        self.conditional(|l| {
            if matches!(l.node(body), Node::Closure { .. }) {
                l.closure(body, &[]);
            } else {
                l.walk(body);
            }
        });
        self.flow.finish();
        self.flow.label = label;
        self.flow.template.condition = outer;
    }

    /// The name of something as it is shown: its literal, or how it is written.
    pub(super) fn title(&self, text: &Text) -> String {
        text.raw().trim().to_owned()
    }
}

/// A condition within another.
pub(super) fn both(outer: Option<Condition>, inner: Condition) -> Condition {
    let Some(outer) = outer else { return inner };
    let after_failure = if inner.after_failure == AfterFailure::No { outer.after_failure } else { inner.after_failure };
    let expr = Expr::Binary { op: crate::pipeline::Op::And, left: Box::new(outer.expr), right: Box::new(inner.expr) };
    Condition { expr, span: inner.span, after_failure }
}

/// The neutral name of a condition on the status.
pub(super) fn status(after_failure: AfterFailure) -> Expr {
    let function = match after_failure {
        AfterFailure::No => "success",
        AfterFailure::Also => "always",
        AfterFailure::Only => "failure",
    };
    Expr::Call { function: function.to_owned(), args: Vec::new() }
}

/// Whether a condition compares what a step has printed, so that it matters that nothing is done about it.
fn asks_output(condition: &Expr) -> bool {
    let prints = |side: &Expr| matches!(side, Expr::Port(Port::Step { output, .. }) if output != "status");
    match condition {
        Expr::Not(inner) => asks_output(inner),
        Expr::Binary { op: Op::Eq | Op::Ne, left, right } => prints(left) || prints(right),
        _ => false,
    }
}
