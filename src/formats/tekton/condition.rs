//! `when:`.
//!
//! Source: "Guard Task execution using `when` expressions" and "Guard `finally` Task execution" in Tekton's documentation.

use super::reader::Reader;
use crate::formats::yaml::{Entry, Kind, NodeRef};
use crate::pipeline::{AfterFailure, Condition, Expr, Op, Port};
use crate::source::Span;

/// Reads a `when:`. `finally`: where it says so, for a task that runs at the end in any case.
pub(super) fn when(reader: &mut Reader, entry: Option<Entry<'_>>, finally: Option<Span>) -> Option<Condition> {
    let items = reader.maps(entry.map(|e| e.value), "when");
    let all = items.into_iter().filter_map(|item| one(reader, item)).reduce(|left, right| binary(Op::And, left, right));
    let after_failure = match (&all, finally) {
        (_, None) => AfterFailure::No,
        (None, Some(_)) => AfterFailure::Also,
        (Some(expr), Some(_)) => after_failure(expr),
    };
    match (all, entry, finally) {
        (Some(expr), Some(entry), _) => Some(Condition { expr, span: entry.span(), after_failure }),
        (_, _, Some(span)) => Some(Condition { expr: Expr::Bool(true), span, after_failure }),
        _ => None,
    }
}

fn one(reader: &mut Reader, item: NodeRef<'_>) -> Option<Expr> {
    if let Some(cel) = item.get("cel").and_then(|n| reader.text(n)) {
        return Some(super::cel::condition(&cel));
    }
    let field = |name: &str, old: &str| item.get(name).or_else(|| item.get(old));
    let input = reader.text(field("input", "Input")?)?.expression();
    let negative = field("operator", "Operator")?.text() == "notin";
    let values = field("values", "Values")?;
    let values: Vec<Expr> = match values.kind() {
        Kind::List => values.items().filter_map(|n| reader.text(n)).map(|t| t.expression()).collect(),
        _ => reader.text(values).map(|t| t.expression()).into_iter().collect(),
    };
    let (compare, join) = if negative { (Op::Ne, Op::And) } else { (Op::Eq, Op::Or) };
    let one = |value: Expr| compared(compare, input.clone(), value);
    let expr = values.into_iter().map(one).reduce(|left, right| binary(join, left, right));
    // In nothing: never. Not in nothing: always.
    Some(expr.unwrap_or(Expr::Bool(negative)))
}

/// A comparison with a value, which may be one of Tekton's words.
pub(super) fn compared(op: Op, input: Expr, value: Expr) -> Expr {
    let value = status(&input, value);
    binary(op, input, value)
}

pub(super) fn binary(op: Op, left: Expr, right: Expr) -> Expr {
    Expr::Binary { op, left: Box::new(left), right: Box::new(right) }
}

/// Tekton's words for how a task ended, in those of the model.
fn status(input: &Expr, value: Expr) -> Expr {
    if !is_status(input) {
        return value;
    }
    match value {
        Expr::Literal(word) => Expr::Literal(
            match word.as_str() {
                "Succeeded" | "Completed" => "success",
                "Failed" => "failure",
                "None" => "skipped",
                other => other,
            }
            .to_owned(),
        ),
        other => other,
    }
}

fn is_status(expr: &Expr) -> bool {
    matches!(expr, Expr::Port(Port::ExecutionStatus { .. })) || matches!(expr, Expr::Ambient(name) if name == "tasks.status")
}

/// What the condition of a `finally` task says about failures: it may ask how all tasks, or one of them, ended.
fn after_failure(expr: &Expr) -> AfterFailure {
    let Expr::Binary { op, left, right } = expr else { return AfterFailure::Also };
    match (op, &**left, &**right) {
        (Op::And, left, right) => match (after_failure(left), after_failure(right)) {
            (AfterFailure::Also, other) | (other, _) => other,
        },
        (Op::Or, left, right) => match (after_failure(left), after_failure(right)) {
            (a, b) if a == b => a,
            _ => AfterFailure::Also,
        },
        (Op::Eq, input, Expr::Literal(word)) if is_status(input) => match (word.as_str(), input) {
            ("failure", _) => AfterFailure::Only,
            ("success", Expr::Ambient(_)) => AfterFailure::No,
            _ => AfterFailure::Also,
        },
        (Op::Ne, Expr::Ambient(name), Expr::Literal(word)) if name == "tasks.status" => match word.as_str() {
            "failure" => AfterFailure::No,
            _ => AfterFailure::Also,
        },
        _ => AfterFailure::Also,
    }
}
