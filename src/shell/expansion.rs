//! `$name` and `${name..}`. The inside of the braces is read from the text, because the grammar has a dozen shapes for
//! it; the tree only says where further expansions stand in the arguments.

use super::bash::Reader;
use super::ir::*;
use super::word::{ISLANDS, Quoting, push};
use std::ops::Range;
use tree_sitter::Node as Tree;

/// Length of the variable name at the start of a text; 0 if there is none.
pub(super) fn name_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes.first() {
        Some(b'@' | b'*' | b'?' | b'-' | b'$' | b'!' | b'#') => 1,
        Some(first) if first.is_ascii_alphanumeric() || *first == b'_' => {
            bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count()
        }
        _ => 0,
    }
}

impl Reader<'_> {
    /// `$name`. The placeholder of a hole, or of a letter outside ASCII, may have been read as part of the name.
    pub(super) fn simple_expansion(&mut self, at: Range<usize>, quoted: bool, parts: &mut Vec<Part>) {
        let quoting = if quoted { Quoting::Double } else { Quoting::Bare };
        let hole = self.hole_from(at.start).filter(|hole| hole.start < at.end);
        let end = hole.map_or(at.end, |hole| hole.start);
        // A line continuation may stand inside of a name.
        let spelt = self.slice(at.start + 1..end).replace("\\\r\n", "").replace("\\\n", "");
        let length = name_len(&spelt);
        let continued = spelt.len() != end.saturating_sub(at.start + 1);
        if length == 0 {
            self.literal_into(at, quoting, quoted, parts);
            return;
        }
        let name = spelt.get(..length).unwrap_or_default().to_owned();
        let stop = if continued { end } else { at.start + 1 + length };
        push(parts, Part { at: at.start..stop, quoted, kind: PartKind::Variable { name, modifier: Modifier::None } });
        self.literal_into(stop..at.end, quoting, quoted, parts);
    }

    /// The first hole at or behind a position.
    fn hole_from(&self, position: usize) -> Option<Range<usize>> {
        self.holes.get(self.holes.partition_point(|hole| hole.start < position)).cloned()
    }

    /// `${ .. }`
    pub(super) fn expansion(&mut self, node: Tree<'_>, quoted: bool, parts: &mut Vec<Part>) {
        let at = self.solid(node);
        let closed = self.slice(at.clone()).ends_with('}');
        let inner = at.start + 2..if closed { at.end - 1 } else { at.end };
        let (name, modifier) = self.braces(node, inner, quoted);
        push(parts, Part { at, quoted, kind: PartKind::Variable { name, modifier } });
    }

    fn braces(&mut self, node: Tree<'_>, inner: Range<usize>, quoted: bool) -> (String, Modifier) {
        let text = self.slice(inner.clone()).to_owned();
        let mut start = 0;
        let prefix = match text.as_bytes() {
            [b'#', next, ..] if next.is_ascii_alphanumeric() || matches!(next, b'_' | b'@' | b'*') => Some(Modifier::Length),
            [b'!', next, ..] if next.is_ascii_alphanumeric() || *next == b'_' => Some(Modifier::Indirect),
            _ => None,
        };
        if prefix.is_some() {
            start = 1;
        }
        let hole = self.hole_from(inner.start + start).filter(|hole| hole.start == inner.start + start && hole.end <= inner.end);
        let length = hole.map_or_else(|| name_len(text.get(start..).unwrap_or("")), |hole| hole.len());
        let Some(name) = text.get(start..start + length).filter(|name| !name.is_empty()) else {
            return (String::new(), Modifier::Other(text));
        };
        let name = name.to_owned();
        // `${!array[@]}`, `${!prefix*}`: names, and nothing that one of them holds.
        if matches!((&prefix, text.get(start + length..)), (Some(Modifier::Indirect), Some("[@]" | "[*]" | "@" | "*"))) {
            return (text, Modifier::None);
        }
        if let Some(prefix) = prefix {
            return (name, prefix);
        }
        let mut rest = start + length;
        let mut index = None;
        if text.as_bytes().get(rest) == Some(&b'[') {
            let close = closing_bracket(&text, rest);
            let range = inner.start + rest + 1..inner.start + close;
            index = Some(self.fragment(node, range, Quoting::Bare, quoted));
            rest = (close + 1).min(text.len());
        }
        match (self.operator(node, &text, rest, inner, quoted), index) {
            (Modifier::None, Some(word)) => (name, Modifier::Index(Box::new(word))),
            (modifier, _) => (name, modifier),
        }
    }

    /// The operator behind the name, at offset `from` of the braces' `text`.
    fn operator(&mut self, node: Tree<'_>, text: &str, from: usize, inner: Range<usize>, quoted: bool) -> Modifier {
        let rest = text.get(from..).unwrap_or("");
        let mut argument = |skip: usize| {
            let start = (inner.start + from + skip).min(inner.end);
            Box::new(self.fragment(node, start..inner.end, Quoting::Bare, quoted))
        };
        let colon = rest.starts_with(':');
        let width = if colon { 2 } else { 1 };
        match rest.as_bytes() {
            [] => Modifier::None,
            [b':', b'-' | b'=', ..] | [b'-' | b'=', ..] => {
                let assigns = rest.as_bytes().get(width - 1) == Some(&b'=');
                Modifier::Default { word: argument(width), colon, assigns }
            }
            [b':', b'+', ..] | [b'+', ..] => Modifier::Alternative(argument(width)),
            [b':', b'?', ..] | [b'?', ..] => Modifier::Required,
            [b':', ..] => Modifier::Substring { text: rest.get(1..).unwrap_or("").to_owned() },
            [b'#', b'#', ..] => Modifier::RemovePrefix { pattern: argument(2), longest: true },
            [b'#', ..] => Modifier::RemovePrefix { pattern: argument(1), longest: false },
            [b'%', b'%', ..] => Modifier::RemoveSuffix { pattern: argument(2), longest: true },
            [b'%', ..] => Modifier::RemoveSuffix { pattern: argument(1), longest: false },
            [b'/', b'#' | b'%', ..] => Modifier::Other(rest.to_owned()),
            [b'/', next @ ..] => self.replacement(node, inner.start + from + 1, inner.end, quoted, next.first() == Some(&b'/')),
            _ => Modifier::Other(rest.to_owned()),
        }
    }

    /// `pattern/replacement` behind the first slash.
    fn replacement(&mut self, node: Tree<'_>, start: usize, end: usize, quoted: bool, all: bool) -> Modifier {
        let start = if all { start + 1 } else { start };
        let split = self.separator(node, start..end);
        let pattern = Box::new(self.fragment(node, start..split, Quoting::Bare, quoted));
        let replacement = Box::new(self.fragment(node, (split + 1).min(end)..end, Quoting::Bare, quoted));
        Modifier::Replace { pattern, replacement, all }
    }

    /// The first `/` that stands in no nested expansion, no quotes and behind no backslash; the end if there is none.
    fn separator(&self, node: Tree<'_>, at: Range<usize>) -> usize {
        let mut position = at.start;
        let bytes = self.text.as_bytes();
        while position < at.end {
            if let Some(hole) = self.hole_from(position).filter(|hole| hole.start == position) {
                position = hole.end;
                continue;
            }
            match bytes.get(position) {
                Some(b'/') => return position,
                Some(b'\\') => position += 2,
                Some(b'$' | b'"' | b'\'' | b'`') => {
                    let end = node
                        .descendant_for_byte_range(position, position + 1)
                        .and_then(|found| island_end(found, node, position));
                    position = end.unwrap_or(position + 1).max(position + 1);
                }
                _ => position += 1,
            }
        }
        at.end
    }
}

/// The end of the island that starts at a position.
fn island_end(found: Tree<'_>, top: Tree<'_>, start: usize) -> Option<usize> {
    let mut node = Some(found);
    for _ in 0..8 {
        let here = node.filter(|node| node.id() != top.id() && node.start_byte() >= start)?;
        if ISLANDS.contains(&here.kind()) {
            return Some(here.end_byte());
        }
        node = here.parent();
    }
    None
}

/// Offset of the `]` that closes the `[` at `open`.
fn closing_bracket(text: &str, open: usize) -> usize {
    let mut depth = 0usize;
    for (index, byte) in text.bytes().enumerate().skip(open) {
        match byte {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return index;
        }
    }
    text.len()
}
