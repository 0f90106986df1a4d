//! Exit statuses as values: what becomes of them decides whether a failure counts.
//!
//! `sh(returnStatus: true)` never fails. Where its status is dropped, only told, or decides nothing but whether to fail, that is
//! what the model says. Wherever else a status goes, what it decides is not seen; then the step is taken to fail as any other.

use super::ast::{Id, Node, Operator};
use super::loader::Loader;
use super::names::SILENT;
use super::value::Value;
use crate::pipeline::{Action, Block, Condition, Expr, Op, Port, Script, Step, Text};

/// The output of a step that is its exit status.
pub(super) const STATUS: &str = "status";
/// Steps that only tell something.
pub(super) const TELLING: &[&str] = &["echo", "println", "print", "printf", "unstable"];

impl Loader<'_> {
    /// The statements of something that nobody takes a value from.
    pub(super) fn run(&mut self, list: super::ast::List) {
        let value = self.statements(list);
        self.settle(&value);
    }

    /// Notes that a value is read.
    pub(super) fn read(&mut self, value: &Value) {
        self.count(value, 1);
    }

    /// Notes that it is known what became of a value that was read.
    pub(super) fn settle(&mut self, value: &Value) {
        self.count(value, -1);
    }

    fn count(&mut self, value: &Value, by: i32) {
        for step in statuses(value) {
            *self.statuses.entry(step).or_default() += by;
        }
    }

    /// `a > b` and kin, kept only where a status is compared.
    pub(super) fn order(&mut self, id: Id, op: Operator, left: (&Value, Id), right: (&Value, Id)) -> Value {
        if statuses(left.0).is_empty() && statuses(right.0).is_empty() {
            return Value::Expr(self.opaque_of(id));
        }
        let (a, b) = (self.to_expr(left.0, left.1), self.to_expr(right.0, right.1));
        let greater = |a: Expr, b: Expr| Expr::Call { function: "greater".to_owned(), args: vec![a, b] };
        Value::Expr(match op {
            Operator::Greater => greater(a, b),
            Operator::Less => greater(b, a),
            Operator::AtLeast => Expr::Not(Box::new(greater(b, a))),
            _ => Expr::Not(Box::new(greater(a, b))),
        })
    }

    /// After a branch: whether its condition decided nothing but whether to fail.
    pub(super) fn settle_branch(
        &mut self,
        test: &Value,
        condition: &Condition,
        blocks: &[(Condition, Vec<Step>)],
        bodies: &[Id],
    ) {
        let steps = statuses(test);
        let here = steps.iter().all(|step| self.flow.owns(step));
        let fails = blocks.iter().flat_map(|(_, steps)| steps).all(only_fails);
        if !steps.is_empty() && here && fails && decides(&condition.expr) && bodies.iter().all(|b| self.is_plain(*b)) {
            self.settle(test);
        }
    }

    /// The nodes that stand in the text of this one, itself included.
    pub(super) fn within(&self, body: Id) -> impl Iterator<Item = (Id, Node)> {
        let range = self.tree.range(body);
        let nodes = self.tree.nodes.iter().enumerate();
        let inside = nodes.filter(move |(_, (_, at))| range.start <= at.start as usize && at.end as usize <= range.end);
        inside.map(|(index, (node, _))| (Id(u32::try_from(index).unwrap_or(u32::MAX)), *node))
    }

    /// Whether statements do nothing that is not seen: they leave no loop or method, assign nothing, call nothing unknown.
    pub(super) fn is_plain(&self, body: Id) -> bool {
        self.within(body).all(|(_, node)| match node {
            Node::Return(_) | Node::Broken | Node::Index { .. } | Node::Declare { .. } => false,
            Node::Assign { target, value, .. } => {
                let fails = matches!(self.tree.constant(value).as_deref(), Some("FAILURE" | "ABORTED"));
                self.tree.source(target).starts_with("currentBuild.") && !fails
            }
            Node::Call { callee, .. } => self.tree.name(callee).is_some_and(|name| {
                name == "error" || SILENT.contains(&name) || TELLING.contains(&name) || self.methods.contains_key(name)
            }),
            _ => true,
        })
    }

    /// `assert x`
    pub(super) fn assertion(&mut self, id: Id, what: Id) {
        let value = self.eval(what);
        let expr = Expr::Not(Box::new(self.to_expr(&value, what)));
        let condition = Condition { expr, span: self.span(what), after_failure: crate::pipeline::AfterFailure::No };
        let steps = self.block(|l| l.fail(id));
        let blocks = vec![(condition.clone(), steps)];
        self.settle_branch(&value, &condition, &blocks, &[]);
        self.emit(Step::new(self.span(id), Action::Block(Block::Branch(blocks))));
    }

    /// Steps whose status went where it is not seen are taken to fail.
    pub(super) fn statuses_that_count(&self, steps: &mut [Step]) {
        for step in steps {
            if step.id.as_ref().is_some_and(|id| self.statuses.get(id).is_some_and(|reads| *reads > 0)) {
                step.tolerance = None;
            }
            match &mut step.action {
                Action::Block(Block::Sequence(steps)) => self.statuses_that_count(steps),
                Action::Block(Block::Try { body, handler, last, .. }) => {
                    self.statuses_that_count(body);
                    self.statuses_that_count(last);
                    handler.iter_mut().for_each(|h| self.statuses_that_count(h));
                }
                Action::Block(Block::Branch(arms)) => arms.iter_mut().for_each(|(_, steps)| self.statuses_that_count(steps)),
                _ => {}
            }
        }
    }
}

/// Whether a step stands for nothing but failing.
fn only_fails(step: &Step) -> bool {
    match &step.action {
        Action::Script(Script { text, .. }) => text.raw() == "exit 1",
        Action::Block(Block::Sequence(steps)) => steps.iter().all(only_fails),
        _ => false,
    }
}

/// The steps whose statuses a value holds, each as often as it does.
fn statuses(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    match value {
        Value::Expr(expr) => collect(expr, &mut found),
        Value::Text(Text { holes, .. }) => holes.iter().for_each(|h| collect(&h.expr, &mut found)),
        _ => {}
    }
    found
}

fn collect(expr: &Expr, found: &mut Vec<String>) {
    match expr {
        Expr::Port(Port::Step { step, output }) if output == STATUS => found.push(step.clone()),
        Expr::Call { args, .. } | Expr::Any(args) => args.iter().for_each(|a| collect(a, found)),
        Expr::Not(inner) => collect(inner, found),
        Expr::Binary { left, right, .. } => {
            collect(left, found);
            collect(right, found);
        }
        _ => {}
    }
}

/// Whether an expression follows from statuses alone.
fn decides(expr: &Expr) -> bool {
    match expr {
        Expr::Port(Port::Step { output, .. }) => output == STATUS,
        Expr::Literal(_) | Expr::Bool(_) => true,
        Expr::Not(inner) => decides(inner),
        Expr::Call { function, args } => function == "greater" && args.iter().all(decides),
        Expr::Binary { op: Op::And | Op::Or | Op::Eq | Op::Ne, left, right } => decides(left) && decides(right),
        _ => false,
    }
}
