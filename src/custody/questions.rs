//! Conditions of the pipeline's own language: what they compare, and what they say of how steps have ended.

use super::graph::{NodeId, Operand, Predicate};
use super::interpret::Walk;
use super::model::Subject;
use super::scope::Scope;
use super::value::Value;
use crate::facts::Artifact;
use crate::pipeline::{Condition, Expr, Op, Port};

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
                let (left, right) = (self.status_test(left, scope), self.status_test(right, scope));
                if left.is_none() && right.is_none() {
                    return None;
                }
                let [left, right] = [left, right].map(|p| p.unwrap_or(Predicate::Unknown).into());
                Some(if *op == Op::And { Predicate::And(left, right) } else { Predicate::Or(left, right) })
            }
            Expr::Binary { op: op @ (Op::Eq | Op::Ne), left, right } => {
                let (left, right) = match (ended(left, right), ended(right, left)) {
                    (Some((step, how)), _) | (_, Some((step, how))) => {
                        (Operand::Variable(self.graph.var(&scope.status_of(step))), Operand::Constant(how.into()))
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

/// `steps.x.outcome == 'failure'`: the step, and the status that it has then.
fn ended<'e>(status: &'e Expr, word: &Expr) -> Option<(&'e str, &'static str)> {
    match (status, word) {
        (Expr::Port(Port::StepStatus { step, tolerated: false }), Expr::Literal(word)) => match word.as_str() {
            "success" => Some((step, "0")),
            "failure" => Some((step, "1")),
            _ => None,
        },
        _ => None,
    }
}
