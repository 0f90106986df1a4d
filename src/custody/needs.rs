//! Whether an execution runs although one that stands before it has failed: what its condition says of how the others ended.
//!
//! Source: GitHub's "Status check functions" and "needs context"; Tekton's "Guard `finally` Task execution".

use super::guards::Judge;
use crate::pipeline::{AfterFailure, Condition, Expr, Op, Port};
use std::collections::BTreeMap;
use std::rc::Rc;

/// A condition that is looked at after a failure too.
#[derive(Debug, Clone)]
pub(super) struct AnyOutcome {
    expr: Rc<Expr>,
    /// The executions that it waits for, by their names: the first of each is itself, the others are those that it calls.
    needs: BTreeMap<String, Vec<usize>>,
}

impl AnyOutcome {
    /// `None` where a failure before it is its end.
    pub(super) fn of(condition: Option<&Condition>, needs: BTreeMap<String, Vec<usize>>) -> Option<Self> {
        let condition = condition.filter(|condition| condition.after_failure != AfterFailure::No)?;
        Some(AnyOutcome { expr: Rc::new(condition.expr.clone()), needs })
    }
}

/// How a job ended, where that follows from another one's failure.
const FAILURE: &str = "failure";
const SKIPPED: &str = "skipped";

/// How all ended that an execution waits for (`needs.*.result`), or all together.
const ALL: &str = "needs.*.result";
const TOGETHER: &str = "tasks.status";

impl Judge<'_> {
    /// Whether an execution may run after the failure of one before it.
    pub(super) fn runs_despite(&mut self, execution: usize, failed: usize) -> bool {
        if let Some(known) = self.despite.get(&(execution, failed)) {
            return *known;
        }
        let executions = self.executions;
        // Those of a called pipeline see nothing of what stands before their caller.
        let may = match &executions[self.beside_in_calls(execution, failed)].any_outcome {
            Some(condition) => self.holds(&condition.expr, &condition.needs, failed) != Some(false),
            None => false,
        };
        self.despite.insert((execution, failed), may);
        may
    }

    /// The execution, or the outermost one that calls its pipeline, that waits for another one.
    pub(super) fn beside_in_calls(&self, execution: usize, earlier: usize) -> usize {
        match self.executions[execution].caller {
            Some(caller) if self.before[caller][earlier] => self.beside_in_calls(caller, earlier),
            _ => execution,
        }
    }

    /// The truth of a condition after the failure of an execution; `None` where it depends on more.
    fn holds(&mut self, expr: &Expr, needs: &BTreeMap<String, Vec<usize>>, failed: usize) -> Option<bool> {
        match expr {
            Expr::Bool(value) => Some(*value),
            Expr::Null => Some(false),
            Expr::Literal(text) => Some(!text.is_empty() && text != "0"),
            Expr::Not(inner) => self.holds(inner, needs, failed).map(|holds| !holds),
            Expr::Binary { op: Op::And, left, right } => {
                match (self.holds(left, needs, failed), self.holds(right, needs, failed)) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                }
            }
            Expr::Binary { op: Op::Or, left, right } => {
                match (self.holds(left, needs, failed), self.holds(right, needs, failed)) {
                    (Some(true), _) | (_, Some(true)) => Some(true),
                    (Some(false), Some(false)) => Some(false),
                    _ => None,
                }
            }
            Expr::Binary { op: op @ (Op::Eq | Op::Ne), left, right } => {
                let (status, word) = match (&**left, &**right) {
                    (status, Expr::Literal(word)) | (Expr::Literal(word), status) => (status, word),
                    _ => return None,
                };
                let is_it = self.outcome_after(status, needs, failed)?.eq_ignore_ascii_case(word);
                Some(is_it == (*op == Op::Eq))
            }
            Expr::Call { function, args } => match (function.as_str(), &args[..]) {
                ("always" | "failure", _) => Some(true),
                ("success" | "cancelled", _) => Some(false),
                ("contains", [list, Expr::Literal(word)]) if is_all(list) => self.some_is(word, needs, failed),
                ("contains", [list, status]) => {
                    let (words, outcome) = (listed(list)?, self.outcome_after(status, needs, failed)?);
                    Some(words.iter().any(|word| word.eq_ignore_ascii_case(outcome)))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// How what an expression asks about has ended.
    fn outcome_after(&mut self, status: &Expr, needs: &BTreeMap<String, Vec<usize>>, failed: usize) -> Option<&'static str> {
        match status {
            Expr::Port(Port::ExecutionStatus { execution }) => self.ends(needs.get(execution)?, failed),
            Expr::Ambient(name) if name == TOGETHER => Some(FAILURE),
            _ => None,
        }
    }

    fn ends(&mut self, need: &[usize], failed: usize) -> Option<&'static str> {
        let first = *need.first()?;
        if need.contains(&failed) {
            return Some(FAILURE);
        }
        (self.before[first][failed] && !self.runs_despite(first, failed)).then_some(SKIPPED)
    }

    /// Whether one of those that it waits for has ended so.
    fn some_is(&mut self, word: &str, needs: &BTreeMap<String, Vec<usize>>, failed: usize) -> Option<bool> {
        let ends: Vec<_> = needs.values().map(|need| self.ends(need, failed)).collect();
        let is_one = ends.iter().flatten().any(|end| end.eq_ignore_ascii_case(word));
        (is_one || ends.iter().all(Option::is_some)).then_some(is_one)
    }
}

/// `needs.*.result`, or that as one text.
fn is_all(expr: &Expr) -> bool {
    match expr {
        Expr::Ambient(name) => name == ALL,
        Expr::Call { function, args } => matches!(function.as_str(), "join" | "tojson") && args.first().is_some_and(is_all),
        _ => false,
    }
}

/// `fromJSON('["success", "skipped"]')`
fn listed(expr: &Expr) -> Option<Vec<String>> {
    match expr {
        Expr::Call { function, args } if function == "fromjson" => match &args[..] {
            [Expr::Literal(json)] => serde_json::from_str(json).ok(),
            _ => None,
        },
        _ => None,
    }
}
