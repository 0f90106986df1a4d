//! Conditions of the pipeline's own language: what they compare, and what they say of how steps have ended.

use super::conditions::beyond_status;
use super::graph::{NodeId, Operand, Predicate, Small};
use super::interpret::Walk;
use super::model::Subject;
use super::scope::Scope;
use super::value::Value;
use crate::facts::Artifact;
use crate::pipeline::{Condition, Expr, Format, Op, Port, Step};

impl Walk<'_> {
    /// A condition of the pipeline's own language that compares (Jenkins `if (got != wanted) { error .. }`).
    pub(super) fn condition_compares(&mut self, condition: &Condition, node: NodeId, scope: &Scope) {
        let Expr::Binary { op: op @ (Op::Eq | Op::Ne), left, right } = &condition.expr else { return };
        let (left, right) = (self.expr(left, scope), self.expr(right, scope));
        let side = |value: Value| Subject {
            artifact: Artifact::Image,
            value,
            text: self.world.sources.text(condition.span).to_owned(),
            span: condition.span,
            is_local: false,
            is_default: false,
        };
        let verb = if *op == Op::Ne { "!=" } else { "=" };
        self.digests_compared(side(left), side(right), (verb, *op == Op::Ne), node, condition.span, false);
    }

    /// Whether anybody in the file of these steps asks how they have ended.
    pub(super) fn asks_for_ends(&self, steps: &[Step]) -> bool {
        let mut named = steps.iter().filter(|step| step.id.is_some());
        let text = named.next().map(|step| &self.world.sources.get(step.span.file).text);
        text.is_some_and(|text| text.contains(".outcome") || text.contains(".conclusion"))
    }

    /// Lets what follows know how a step has ended, as `steps.x.outcome` and `steps.x.conclusion` tell it.
    pub(super) fn remembers_end(&mut self, step: &Step, (done, failed): (NodeId, NodeId), scope: &Scope) -> (NodeId, NodeId) {
        let Some(id) = step.id.as_ref().filter(|_| scope.pipeline.format != Format::Tekton) else { return (done, failed) };
        let turned = match &step.tolerance {
            None => Small::Constant("failure".into()),
            Some(tolerance) if tolerance.certain => Small::Constant("success".into()),
            Some(_) => Small::Unknown,
        };
        let (mut done, mut failed) = (done, failed);
        for (tolerated, failure) in [(false, Small::Constant("failure".into())), (true, turned)] {
            let var = self.graph.var(&scope.end_of(id, tolerated));
            done = self.graph.assign(done, var, Small::Constant("success".into()));
            failed = self.graph.assign(failed, var, failure);
        }
        (done, failed)
    }

    /// What a condition of the pipeline's own language says of the statuses of steps; `None` if it does not ask for them.
    pub(super) fn status_test(&mut self, expr: &Expr, scope: &Scope) -> Option<Predicate> {
        let operand = |walk: &mut Self, expr: &Expr| match expr {
            Expr::Port(Port::Step { step, output }) if output == "status" => {
                Some(Operand::Variable(walk.graph.var(&scope.status_of(step))))
            }
            _ => None,
        };
        let side = |walk: &mut Self, expr: &Expr| match expr {
            Expr::Literal(text) => Operand::Constant(text.as_str().into()),
            other => operand(walk, other).unwrap_or(Operand::Unknown),
        };
        match expr {
            Expr::Not(inner) => Some(Predicate::Not(self.status_test(inner, scope)?.into())),
            Expr::Binary { op: op @ (Op::And | Op::Or), left, right } => {
                let is_and = *op == Op::And;
                let [left, right] = [left, right].map(|side| (self.status_test(side, scope), side));
                if left.0.is_none() && right.0.is_none() {
                    return None;
                }
                // What is only said of earlier failures has let come who gets here: `always() && ..`.
                let holds = || Predicate::Equal(Operand::Constant("0".into()), Operand::Constant("0".into()));
                let [left, right] = [left, right].map(|(test, side)| match test {
                    None if is_and && beyond_status(side).is_none() => holds().into(),
                    test => test.unwrap_or(Predicate::Unknown).into(),
                });
                Some(if *op == Op::And { Predicate::And(left, right) } else { Predicate::Or(left, right) })
            }
            Expr::Binary { op: op @ (Op::Eq | Op::Ne), left, right } => {
                let (left, right) = match (ended(left, right), ended(right, left)) {
                    (Some((step, tolerated, how)), _) | (_, Some((step, tolerated, how))) => {
                        (Operand::Variable(self.graph.var(&scope.end_of(step, tolerated))), Operand::Constant(how.into()))
                    }
                    _ => (side(self, left), side(self, right)),
                };
                if !matches!((&left, &right), (Operand::Variable(_), _) | (_, Operand::Variable(_))) {
                    return None;
                }
                let equal = Predicate::Equal(left, right);
                Some(if *op == Op::Eq { equal } else { Predicate::Not(equal.into()) })
            }
            Expr::Call { function, args } if function == "greater" => match args.as_slice() {
                [left, right] => Some(Predicate::Greater(side(self, left), side(self, right))),
                _ => None,
            },
            other => operand(self, other).map(Predicate::NonZero),
        }
    }
}

/// `steps.x.outcome == 'failure'`: the step, whether its own setting may have turned that into a success, and how it has ended.
fn ended<'e>(status: &'e Expr, word: &'e Expr) -> Option<(&'e str, bool, &'e str)> {
    match (status, word) {
        (Expr::Port(Port::StepStatus { step, tolerated }), Expr::Literal(word)) => Some((step, *tolerated, word)),
        _ => None,
    }
}
