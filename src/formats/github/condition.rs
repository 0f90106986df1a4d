//! `if:` and `continue-on-error:`.
//!
//! A condition without a status function stands behind an implied `success()`. With one, the question is what it says
//! when something before it failed; that is answered by evaluating it twice with everything else unknown.

use super::reader::Reader;
use super::text::{self, only_expression};
use crate::formats::yaml::{Entry, Kind};
use crate::pipeline::{AfterFailure, Condition, Expr, Op, Tolerance};

/// Reads an `if:`. It is an expression with or without `${{ }}`.
pub(super) fn condition(reader: &mut Reader<'_>, entry: Entry<'_>) -> Option<Condition> {
    let node = entry.value;
    match node.kind() {
        Kind::Null => return None,
        Kind::Scalar => {}
        other => {
            reader.mismatch(node, "if", "an expression", other);
            return None;
        }
    }
    let source = node.embedded();
    let span = source.whole();
    let expr = if source.text.contains("${{") {
        let whole = text::text(source, &mut reader.problems);
        match only_expression(&whole) {
            Some(expr) => Expr::clone(expr),
            // `${{ a }} && b` is text with a hole, as GitHub sees it: a string that is never empty, so always true.
            None => as_format(whole.raw(), &whole.holes),
        }
    } else {
        let length = source.text.len();
        text::expr(&source, 0..length, &mut reader.problems)
    };
    let after_failure = after_failure(&expr);
    Some(Condition { expr, span, after_failure })
}

/// `format('{0} && b', a)`, what the runner makes of a text with holes.
fn as_format(raw: &str, holes: &[crate::pipeline::Hole]) -> Expr {
    let mut template = String::new();
    let mut at = 0;
    for (i, hole) in holes.iter().enumerate() {
        template.push_str(&raw[at..hole.range.start].replace('{', "{{").replace('}', "}}"));
        template.push_str(&format!("{{{i}}}"));
        at = hole.range.end;
    }
    template.push_str(&raw[at..].replace('{', "{{").replace('}', "}}"));
    let args = std::iter::once(Expr::Literal(template)).chain(holes.iter().map(|h| Expr::clone(&h.expr)));
    Expr::Call { function: "format".to_owned(), args: args.collect() }
}

/// What a condition says about earlier failures.
pub(super) fn after_failure(expr: &Expr) -> AfterFailure {
    if !has_status_function(expr) {
        return AfterFailure::No;
    }
    match (evaluate(expr, true), evaluate(expr, false)) {
        (Some(false), _) => AfterFailure::No,
        (_, Some(false)) => AfterFailure::Only,
        _ => AfterFailure::Also,
    }
}

fn has_status_function(expr: &Expr) -> bool {
    match expr {
        Expr::Call { function, args } => {
            matches!(function.as_str(), "always" | "success" | "failure" | "cancelled") || args.iter().any(has_status_function)
        }
        Expr::Not(inner) => has_status_function(inner),
        Expr::Binary { left, right, .. } => has_status_function(left) || has_status_function(right),
        _ => false,
    }
}

/// The truth of an expression after a failure or without one, in a run that nobody cancelled; `None` where it depends on more.
fn evaluate(expr: &Expr, failed: bool) -> Option<bool> {
    match expr {
        Expr::Bool(value) => Some(*value),
        Expr::Null => Some(false),
        Expr::Literal(text) => Some(!text.is_empty() && text != "0"),
        Expr::Not(inner) => evaluate(inner, failed).map(|v| !v),
        Expr::Binary { op: Op::And, left, right } => match (evaluate(left, failed), evaluate(right, failed)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        },
        Expr::Binary { op: Op::Or, left, right } => match (evaluate(left, failed), evaluate(right, failed)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        },
        Expr::Binary { op: op @ (Op::Eq | Op::Ne), left, right } => match (&**left, &**right) {
            (Expr::Ambient(name), Expr::Literal(word)) | (Expr::Literal(word), Expr::Ambient(name)) if name == "job.status" => {
                let is_it = match word.to_ascii_lowercase().as_str() {
                    "success" => !failed,
                    "failure" => failed,
                    _ => false,
                };
                Some(is_it == (*op == Op::Eq))
            }
            _ => None,
        },
        Expr::Call { function, args } => match function.as_str() {
            "always" => Some(true),
            "success" => Some(!failed),
            "failure" => Some(failed),
            "cancelled" => Some(false),
            "format" => match args.first() {
                Some(Expr::Literal(template)) if template.contains(|c: char| !"{}0123456789".contains(c)) => Some(true),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// Reads a `continue-on-error:`, a boolean or an expression.
pub(super) fn tolerance(reader: &mut Reader<'_>, entry: Entry<'_>) -> Option<Tolerance> {
    let name = "continue-on-error";
    let certain = match (entry.value.kind(), entry.value.as_bool()) {
        (Kind::Null, _) => return None,
        (_, Some(value)) => Some(value),
        (Kind::Scalar, None) => {
            let value = reader.text(entry.value, name)?;
            match only_expression(&value).map(|e| &**e) {
                Some(Expr::Bool(value)) => Some(*value),
                Some(_) => None,
                None => {
                    reader.wrong(entry.value, format!("`{name}` must be `true`, `false` or an expression"));
                    return None;
                }
            }
        }
        (other, None) => {
            reader.mismatch(entry.value, name, "`true` or `false`", other);
            return None;
        }
    };
    if certain == Some(false) {
        return None;
    }
    let how = format!("{name}: {}", entry.value.text().trim());
    Some(Tolerance { span: entry.span(), how, certain: certain.is_some() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::github::expression::parse;

    #[test]
    fn status_functions_decide() {
        use AfterFailure::{Also, No, Only};
        for (text, wanted) in [
            ("github.ref == 'x'", No),
            ("success()", No),
            ("success() && x", No),
            ("cancelled()", No),
            ("always()", Also),
            ("always() && job.status == 'success'", No),
            ("always() && job.status != 'success'", Only),
            ("Always() && needs.x.result == 'success'", Also),
            ("!cancelled()", Also),
            ("!failure()", No),
            ("success() || failure()", Also),
            ("failure()", Only),
            ("failure() && x", Only),
            ("failure() || cancelled()", Only),
            ("!success()", Only),
            ("x || failure()", Also),
            ("false && always()", No),
            ("contains(needs.*.result, 'failure')", No),
        ] {
            assert_eq!(after_failure(&parse(text).expect(text)), wanted, "{text}");
        }
    }
}
