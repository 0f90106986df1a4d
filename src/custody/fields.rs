//! Words as fields: braces, and splitting at white space.

use super::expand::{Field, MAX_RANGE, Piece};
use super::text::{Atom, Text};
use super::value::Value;
use crate::source::Span;
use crate::tools::glob::UNKNOWN;
use std::ops::Range;
use std::rc::Rc;

/// A field that is being put together.
#[derive(Default)]
struct Open {
    value: Value,
    /// See [`Value::folded`].
    folded: Option<Text>,
    pieces: Vec<(Range<usize>, Range<usize>)>,
    printed: Vec<(Range<usize>, Span)>,
    /// Length of the masked text so far.
    len: usize,
}

/// `a{b,c}d` on known text.
pub(super) fn braces(value: &Value) -> Vec<Value> {
    let whole = || vec![value.clone()];
    let Some(text) = value.known() else { return whole() };
    let (Some(open), Some(close)) = (text.find('{'), text.rfind('}')) else { return whole() };
    if let Some((first, last)) = text.get(open + 1..close).and_then(|inner| inner.split_once(".."))
        && let (Ok(first), Ok(last)) = (first.parse::<u32>(), last.parse::<u32>())
        && last.saturating_sub(first) < MAX_RANGE
    {
        return (first..=last).map(|n| Value::literal(&format!("{}{n}{}", &text[..open], &text[close + 1..]))).collect();
    }
    if close < open || !text[open..close].contains(',') || text[open + 1..close].contains('{') {
        return whole();
    }
    text[open + 1..close]
        .split(',')
        .map(|middle| Value::literal(&format!("{}{middle}{}", &text[..open], &text[close + 1..])))
        .collect()
}

/// Joins the pieces of a word into fields; unquoted expansions are split at white space.
pub(super) fn join_pieces(pieces: &[Piece], at: &Range<usize>, fields: &mut Vec<Field>) {
    let mut current: Option<Open> = None;
    for piece in pieces {
        let split = if piece.splits { whitespace_parts(&piece.value) } else { None };
        match split {
            None => append(&mut current, &piece.value, piece.folded.as_ref(), &piece.at),
            Some((leading, parts, trailing)) => {
                if leading {
                    flush(&mut current, at, fields);
                }
                for (i, part) in parts.iter().enumerate() {
                    if i > 0 {
                        flush(&mut current, at, fields);
                    }
                    let mut value = Value::text(part.clone());
                    value.origins.clone_from(&piece.value.origins);
                    append(&mut current, &value, None, &piece.at);
                }
                if trailing {
                    flush(&mut current, at, fields);
                }
            }
        }
    }
    let unquoted_empty = pieces.iter().all(|p| p.splits) && current.as_ref().is_none_or(|open| open.value.known() == Some(""));
    if !unquoted_empty {
        flush(&mut current, at, fields);
    }
}

fn append(current: &mut Option<Open>, value: &Value, folded: Option<&Text>, at: &Range<usize>) {
    let open = current.get_or_insert_default();
    let Some(text) = folded.or_else(|| value.single()) else {
        // The only part of its word, which words show as one unknown.
        open.pieces.push((open.len..open.len + UNKNOWN.len_utf8(), at.clone()));
        open.value = open.value.then(value);
        return;
    };
    let end = open.len + text.masked().len();
    if let (Some(places), None) = (&value.places, folded) {
        let within = places.iter().filter(|(range, _)| open.len + range.end <= end);
        open.printed.extend(within.map(|(range, span)| (open.len + range.start..open.len + range.end, *span)));
    } else {
        open.pieces.push((open.len..end, at.clone()));
    }
    if folded.is_some() || open.folded.is_some() {
        let before = open.folded.take().unwrap_or_else(|| open.value.single().cloned().unwrap_or_default());
        open.folded = Some(before.then(text));
    }
    open.len = end;
    open.value = open.value.then(value);
}

fn flush(current: &mut Option<Open>, at: &Range<usize>, fields: &mut Vec<Field>) {
    if let Some(Open { mut value, folded, pieces, printed, .. }) = current.take() {
        value.folded = folded.map(Rc::new);
        let (pieces, printed) = (Rc::new(pieces), Rc::new(printed));
        fields.push(Field { value, at: at.clone(), pieces, printed, variable: None, elastic: false });
    }
}

/// The parts of a one-alternative value that has white space in it, and whether it starts and ends with some.
fn whitespace_parts(value: &Value) -> Option<(bool, Vec<Text>, bool)> {
    let text = value.single()?;
    let blank = |c: char| c.is_ascii_whitespace();
    let has = text.atoms().iter().any(|a| matches!(a, Atom::Literal(t) if t.contains(blank)));
    if !has {
        return None;
    }
    let starts = matches!(text.atoms().first(), Some(Atom::Literal(t)) if t.starts_with(blank));
    let ends = matches!(text.atoms().last(), Some(Atom::Literal(t)) if t.ends_with(blank));
    Some((starts, text.split(blank), ends))
}
