//! Texts with `${{ .. }}` in them.

use super::expression::{self, Unreadable};
use crate::formats::Problem;
use crate::pipeline::{Expr, Hole, Text};
use crate::source::Embedded;
use std::ops::Range;
use std::sync::Arc;

/// A text with its holes. What cannot be read becomes a hole that is only known as text, and a problem.
pub(super) fn text(source: Embedded, problems: &mut Vec<Problem>) -> Text {
    let mut holes = Vec::new();
    let mut from = 0;
    while let Some(start) = source.text[from..].find("${{").map(|i| from + i) {
        let Some(close) = closing(&source.text, start + 3) else {
            let line = source.text[start..].find('\n').map_or(source.text.len(), |i| start + i);
            let problem = Problem::new(source.span(start..line), "`${{` is never closed").help("close the expression with `}}`");
            problems.push(problem);
            holes.push(Hole { range: start..line, expr: Arc::new(Expr::Opaque(source.text[start..line].trim().to_owned())) });
            from = line;
            continue;
        };
        let expr = expr(&source, start + 3..close, problems);
        holes.push(Hole { range: start..close + 2, expr: Arc::new(expr) });
        from = close + 2;
    }
    Text { source, holes }
}

/// Where `}}` stands, strings aside: GitHub, too, looks for the quotes of strings first.
fn closing(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut in_string = false;
    (from..bytes.len().saturating_sub(1)).find(|&i| {
        in_string ^= bytes[i] == b'\'';
        !in_string && bytes[i] == b'}' && bytes[i + 1] == b'}'
    })
}

/// The expression at the decoded bytes `range`.
pub(super) fn expr(source: &Embedded, range: Range<usize>, problems: &mut Vec<Problem>) -> Expr {
    let written = &source.text[range.clone()];
    match expression::parse(written) {
        Ok(expr) => expr,
        Err((at, why)) => {
            problems.push(unreadable(source, range.start, (at, why)));
            Expr::Opaque(written.trim().to_owned())
        }
    }
}

fn unreadable(source: &Embedded, offset: usize, (at, why): Unreadable) -> Problem {
    let range = if at.is_empty() {
        // Nothing to point at: show the expression from its start.
        offset..offset + at.start
    } else {
        offset + at.start..offset + at.end
    };
    Problem::new(source.span(range), format!("this expression cannot be read: {why}"))
}

/// The one expression that a text consists of, blanks aside.
pub(super) fn only_expression(text: &Text) -> Option<&Arc<Expr>> {
    let [hole] = &text.holes[..] else { return None };
    let raw = text.raw();
    let alone = raw[..hole.range.start].trim().is_empty() && raw[hole.range.end..].trim().is_empty();
    alone.then_some(&hole.expr)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn holes(source: &str) -> (Vec<String>, Vec<String>) {
        let mut problems = Vec::new();
        let text = text(Embedded::verbatim(FileId(0), source, 0), &mut problems);
        let written = text.holes.iter().map(|h| source[h.range.clone()].to_owned()).collect();
        (written, problems.iter().map(|p| source[p.span.range()].to_owned()).collect())
    }

    #[test]
    fn holes_are_found_past_braces_in_strings() {
        let (written, problems) = holes("x ${{ a }}${{format('{0}}}', b)}} ${X} $${{ 'it''s }}' }}y");
        assert_eq!(written, ["${{ a }}", "${{format('{0}}}', b)}}", "${{ 'it''s }}' }}"]);
        assert_eq!(problems, [""; 0]);
    }

    #[test]
    fn a_bad_expression_is_a_problem_and_a_hole() {
        assert_eq!(holes("echo ${{ a b }} c"), (vec!["${{ a b }}".into()], vec!["b".into()]));
        assert_eq!(holes("echo ${{ a\nnext ${{ b }}").0, ["${{ a\nnext ${{ b }}"]);
        let (written, problems) = holes("echo ${{ a\nnext");
        assert_eq!((written, problems), (vec!["${{ a".to_owned()], vec!["${{ a".to_owned()]));
        assert_eq!(holes("${{").0, ["${{"]);
        assert_eq!(holes("${{ }}").1.len(), 1);
    }
}
