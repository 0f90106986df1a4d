//! Words as fields: braces, and splitting at white space.

use super::expand::{Field, MANY, MAX_RANGE, Piece};
use super::text::{Atom, Text};
use super::value::Value;
use crate::source::Span;
use std::ops::Range;
use std::rc::Rc;

type Open = Option<(Value, Vec<(Range<usize>, Range<usize>)>, Vec<(Range<usize>, Span)>, usize)>;

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
    let mut current: Open = None;
    for piece in pieces {
        let split = if piece.splits { whitespace_parts(&piece.value) } else { None };
        match split {
            None => append(&mut current, &piece.value, &piece.at),
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
                    append(&mut current, &value, &piece.at);
                }
                if trailing {
                    flush(&mut current, at, fields);
                }
            }
        }
    }
    let unquoted_empty = pieces.iter().all(|p| p.splits) && current.as_ref().is_none_or(|(v, ..)| v.known() == Some(""));
    if !unquoted_empty {
        flush(&mut current, at, fields);
    }
}

fn append(current: &mut Open, value: &Value, at: &Range<usize>) {
    let (all, pieces, printed, len) = current.get_or_insert_with(|| (Value::default(), Vec::new(), Vec::new(), 0));
    if let (Some(text), Some(places)) = (value.single(), &value.places) {
        let bytes = text.masked().len();
        let within = places.iter().filter(|(range, _)| range.end <= bytes);
        printed.extend(within.map(|(range, span)| (*len + range.start..*len + range.end, *span)));
        *len = len.saturating_add(bytes);
    } else if let Some(text) = value.single() {
        let bytes = text.masked().len();
        pieces.push((*len..len.saturating_add(bytes), at.clone()));
        *len = len.saturating_add(bytes);
    } else {
        pieces.push((*len..len.saturating_add(MANY), at.clone()));
    }
    *all = all.then(value);
}

fn flush(current: &mut Open, at: &Range<usize>, fields: &mut Vec<Field>) {
    if let Some((value, pieces, printed, _)) = current.take() {
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
