//! Conditions in CEL, as far as people write them: comparisons of texts, joined by `&&` and `||`.
//!
//! Sources: "CEL expression" of `when` in Tekton's documentation; "Language Definition" of CEL. Tekton fills in `$(..)` first, so what
//! is compared stands in quotes.

use crate::pipeline::{Expr, Op, Text};
use std::ops::Range;

/// Brackets within each other that are followed.
const MAX_DEPTH: usize = 20;

/// A condition as an expression. What is not understood is equal to itself alone, and still made of what it is filled with.
pub(super) fn condition(text: &Text) -> Expr {
    part(text, 0..text.raw().len(), 0)
}

fn part(text: &Text, range: Range<usize>, depth: usize) -> Expr {
    let range = trimmed(text.raw(), range);
    let raw = &text.raw()[range.clone()];
    if depth < MAX_DEPTH {
        for (sign, op) in [("||", Op::Or), ("&&", Op::And)] {
            if let Some(at) = outside(raw, sign) {
                let (left, right) = (range.start..range.start + at, range.start + at + sign.len()..range.end);
                return super::condition::binary(op, part(text, left, depth + 1), part(text, right, depth + 1));
            }
        }
        if raw.starts_with('(') && closing(raw) == Some(raw.len() - 1) {
            return part(text, range.start + 1..range.end - 1, depth + 1);
        }
    }
    let simple = match raw {
        "true" | "false" => Some(Expr::Bool(raw == "true")),
        _ => comparison(text, &range).or_else(|| membership(text, &range)),
    };
    let whole = text.slice(range);
    simple.unwrap_or_else(|| if whole.holes.is_empty() { Expr::Opaque(whole.raw().to_owned()) } else { whole.expression() })
}

/// `'$(params.x)' == 'y'`
fn comparison(text: &Text, range: &Range<usize>) -> Option<Expr> {
    let raw = &text.raw()[range.clone()];
    let (at, op) = [("==", Op::Eq), ("!=", Op::Ne)].into_iter().find_map(|(sign, op)| Some((outside(raw, sign)?, op)))?;
    let left = quoted(text, range.start..range.start + at)?;
    let right = quoted(text, range.start + at + 2..range.end)?;
    Some(super::condition::compared(op, left, right))
}

/// `'$(params.x)' in ['y', 'z']`
fn membership(text: &Text, range: &Range<usize>) -> Option<Expr> {
    let raw = &text.raw()[range.clone()];
    let at = outside(raw, " in ")?;
    let left = quoted(text, range.start..range.start + at)?;
    let list = trimmed(text.raw(), range.start + at + 4..range.end);
    let inner = text.raw()[list.clone()].strip_prefix('[')?.strip_suffix(']')?;
    let (mut at, mut found) = (list.start + 1, None);
    for item in inner.split(',') {
        let one = super::condition::compared(Op::Eq, left.clone(), quoted(text, at..at + item.len())?);
        at += item.len() + 1;
        found = Some(match found {
            Some(before) => super::condition::binary(Op::Or, before, one),
            None => one,
        });
    }
    found
}

/// The text between quotes.
fn quoted(text: &Text, range: Range<usize>) -> Option<Expr> {
    let range = trimmed(text.raw(), range);
    let raw = &text.raw()[range.clone()];
    let quote = raw.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let inner = raw[1..].strip_suffix(quote)?;
    (!inner.contains([quote, '\\'])).then(|| text.slice(range.start + 1..range.end - 1).expression())
}

fn trimmed(raw: &str, range: Range<usize>) -> Range<usize> {
    let part = &raw[range.clone()];
    let start = range.start + part.len() - part.trim_start().len();
    start..start.max(range.start + part.trim_end().len())
}

/// Where a sign stands in no quotes and brackets.
fn outside(raw: &str, sign: &str) -> Option<usize> {
    walk(raw).find(|(at, depth)| *depth == 0 && raw[*at..].starts_with(sign)).map(|(at, _)| at)
}

/// Where the bracket closes that the text begins with.
fn closing(raw: &str) -> Option<usize> {
    walk(raw).skip(1).find(|(at, depth)| *depth == 0 && raw[*at..].starts_with(')')).map(|(at, _)| at)
}

/// The characters that stand in no quotes, with the brackets open behind each of them.
fn walk(raw: &str) -> impl Iterator<Item = (usize, usize)> + '_ {
    let (mut quote, mut depth) = (None, 0_usize);
    raw.char_indices().filter_map(move |(at, c)| {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (Some(_), _) => return None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            _ => {}
        }
        Some((at, depth))
    })
}

#[cfg(test)]
mod tests {
    use super::super::substitution::{Names, text};
    use super::*;
    use crate::source::{Embedded, FileId};

    fn read(raw: &str) -> String {
        format!("{:?}", condition(&text(Embedded::verbatim(FileId(0), raw, 0), &Names::default())))
    }

    #[test]
    fn comparisons_are_read() {
        let (x, yes) = ("Port(Input(\"x\"))", "Literal(\"yes\")");
        let equal = format!("Binary {{ op: Eq, left: {x}, right: {yes} }}");
        let same =
            ["'$(params.x)' == 'yes'", "\"$(params.x)\"=='yes'", " ( '$(params.x)' == \"yes\" ) ", "'$(params.x)' in ['yes']"];
        for raw in same {
            assert_eq!(read(raw), equal, "{raw}");
        }
        let other = equal.replace("Eq", "Ne");
        assert_eq!(
            read("'$(params.x)' == 'yes' && ('$(params.x)' != 'yes' || false)"),
            format!("Binary {{ op: And, left: {equal}, right: Binary {{ op: Or, left: {other}, right: Bool(false) }} }}")
        );
        assert_eq!(read("'a||b' == '$(params.x)'"), format!("Binary {{ op: Eq, left: Literal(\"a||b\"), right: {x} }}"));
    }

    #[test]
    fn what_is_not_read_keeps_what_it_is_filled_with() {
        assert_eq!(read("size(x) > 1"), "Opaque(\"size(x) > 1\")");
        for raw in [
            "'$(params.x)'.matches('a')",
            "!('$(params.x)' == 'a')",
            "'$(params.x)' == a",
            "'$(params.x)' == 'a",
            "(('$(params.x)'",
        ] {
            assert!(read(raw).starts_with("Call { function: \"format\"") && read(raw).contains("Port"), "{raw}: {}", read(raw));
        }
    }
}
