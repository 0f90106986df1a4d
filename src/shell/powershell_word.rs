//! Words of PowerShell. The tree says where `$( .. )`, `( .. )` and `{ .. }` stand; quotes, backticks and variables are
//! read from the text, because the grammar hides them inside of tokens.

use super::bash::children;
use super::ir::*;
use super::powershell::Power;
use super::word::push;
use std::ops::Range;
use tree_sitter::Node as Tree;

const ISLANDS: &[&str] = &["sub_expression", "array_expression", "parenthesized_expression", "script_block_expression"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Quote {
    None,
    Single,
    Double,
    /// `@' .. '@`, `@" .. "@`
    Here(u8),
}

/// The word at a range of a node.
pub(super) fn word_at(power: &mut Power<'_>, tree: Tree<'_>, at: Range<usize>) -> Word {
    let mut parts = Vec::new();
    let mut quote = Quote::None;
    let mut position = at.start;
    for island in islands(power, tree, &at) {
        let range = island.byte_range();
        if range.start < position {
            continue;
        }
        decode(power, position..range.start, &mut quote, &mut parts);
        let quoted = quote != Quote::None;
        if let Some(mut object) = power.object_as_text(island) {
            while let Some(inner) = power.object_as_text(object) {
                object = inner;
            }
            parts.extend(power.word(object).parts);
        } else {
            let body = match power.fetch(island) {
                Some(command) => vec![Node { at: range.clone(), kind: NodeKind::Command(command), redirects: Vec::new() }],
                None => power.block(island),
            };
            push(&mut parts, Part { at: range.clone(), quoted, kind: PartKind::Command(body) });
        }
        position = range.end;
    }
    decode(power, position..at.end, &mut quote, &mut parts);
    Word { at, parts }
}

fn islands<'t>(power: &Power<'_>, tree: Tree<'t>, at: &Range<usize>) -> Vec<Tree<'t>> {
    let (mut found, mut stack) = (Vec::new(), vec![tree]);
    while let Some(tree) = stack.pop() {
        let range = tree.byte_range();
        if range.end <= at.start || range.start >= at.end {
            continue;
        }
        let is_island = || ISLANDS.contains(&tree.kind()) || power.object_as_text(tree).is_some() || power.is_fetch(tree);
        if at.start <= range.start && range.end <= at.end && is_island() {
            found.push(tree);
        } else {
            stack.extend(children(tree).into_iter().rev());
        }
    }
    found
}

/// Collects one run of literal text.
struct Run {
    text: String,
    start: usize,
}

impl Run {
    fn flush(&mut self, parts: &mut Vec<Part>, end: usize, quoted: bool, next: usize) {
        if !self.text.is_empty() {
            let kind = PartKind::Literal(std::mem::take(&mut self.text));
            push(parts, Part { at: self.start..end, quoted, kind });
        }
        self.start = next;
    }
}

fn decode(power: &Power<'_>, at: Range<usize>, quote: &mut Quote, parts: &mut Vec<Part>) {
    let mut run = Run { text: String::new(), start: at.start };
    let mut position = at.start;
    while position < at.end {
        let quoted = *quote != Quote::None;
        let index = power.holes.partition_point(|hole| hole.end <= position);
        if let Some(hole) = power.holes.get(index).filter(|hole| hole.contains(&position)) {
            run.flush(parts, position, quoted, hole.end);
            push(parts, Part { at: position..hole.end.min(at.end), quoted, kind: PartKind::Hole(index) });
            position = hole.end;
            continue;
        }
        let Some(rest) = power.text.get(position..at.end) else { break };
        if let Some(length) = toggle(rest, quote) {
            run.flush(parts, position, quoted, position + length);
            if *quote == Quote::None && power.text.as_bytes().get(position - 1) == rest.as_bytes().first() && length == 1 {
                // An empty string is still a part.
                push(parts, Part { at: position..position, quoted: true, kind: PartKind::Literal(String::new()) });
            }
            position += length;
            continue;
        }
        let expands = !matches!(quote, Quote::Single | Quote::Here(b'\''));
        if let Some((length, name)) = variable(rest).filter(|_| expands) {
            let length = power.holes.get(index).map_or(length, |hole| length.min(hole.start - position));
            run.flush(parts, position, quoted, position + length);
            let name = if rest.starts_with("${") { name } else { name.get(..length - 1).unwrap_or(&name).to_owned() };
            let kind = PartKind::Variable { name, modifier: Modifier::None };
            push(parts, Part { at: position..position + length, quoted, kind });
            position += length;
            continue;
        }
        position += character(rest, *quote, &mut run.text);
    }
    run.flush(parts, position.min(at.end), *quote != Quote::None, at.end);
}

/// The length of what opens or closes a string here, if anything does.
fn toggle(rest: &str, quote: &mut Quote) -> Option<usize> {
    let bytes = rest.as_bytes();
    let (next, length) = match (*quote, bytes) {
        (Quote::None, [b'@', mark @ (b'\'' | b'"'), ..]) => {
            let line = rest.find('\n').map_or(rest.len(), |newline| newline + 1);
            (Quote::Here(*mark), line)
        }
        (Quote::None, [b'\'', ..]) => (Quote::Single, 1),
        (Quote::None, [b'"', ..]) => (Quote::Double, 1),
        (Quote::Single, [b'\'', b'\'', ..]) | (Quote::Double, [b'"', b'"', ..]) => return None,
        (Quote::Single, [b'\'', ..]) | (Quote::Double, [b'"', ..]) => (Quote::None, 1),
        (Quote::Here(mark), [b'\n', here, b'@', ..]) if *here == mark => (Quote::None, 3),
        (Quote::Here(mark), [b'\r', b'\n', here, b'@', ..]) if *here == mark => (Quote::None, 4),
        _ => return None,
    };
    *quote = next;
    Some(length)
}

/// Length and name of the variable at the start of a text.
fn variable(rest: &str) -> Option<(usize, String)> {
    let after = rest.strip_prefix('$')?;
    if let Some(braced) = after.strip_prefix('{') {
        let name = braced.get(..braced.find('}')?)?;
        return Some((name.len() + 3, name.to_owned()));
    }
    let mut length = 0;
    let bytes = after.as_bytes();
    while let Some(byte) = bytes.get(length) {
        let scope =
            *byte == b':' && length > 0 && bytes.get(length + 1).is_some_and(|next| next.is_ascii_alphabetic() || *next == b'_');
        if !(byte.is_ascii_alphanumeric() || *byte == b'_' || scope) {
            break;
        }
        length += 1;
    }
    if length == 0 && matches!(bytes.first(), Some(b'?' | b'$' | b'^')) {
        length = 1;
    }
    let name = after.get(..length).filter(|name| !name.is_empty())?;
    Some((length + 1, name.to_owned()))
}

/// Decodes one character; returns how many bytes it took.
fn character(rest: &str, quote: Quote, out: &mut String) -> usize {
    let mut chars = rest.chars();
    let Some(first) = chars.next() else { return 1 };
    match (quote, first, chars.next()) {
        (Quote::Single, '\'', Some('\'')) | (Quote::Double, '"', Some('"')) => {
            out.push(first);
            2
        }
        (Quote::None | Quote::Double | Quote::Here(b'"'), '`', Some(next)) => {
            match next {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                '0' => out.push('\0'),
                '\n' => {}
                '\r' if rest.as_bytes().get(2) == Some(&b'\n') => return 3,
                _ => out.push(next),
            }
            1 + next.len_utf8()
        }
        _ => {
            out.push(first);
            first.len_utf8()
        }
    }
}
