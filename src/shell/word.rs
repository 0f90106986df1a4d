//! Words: the tree says where expansions stand ("islands"), everything between them is decoded here from the original
//! text, so that quirks of the grammar in literal text do not matter.

use super::bash::{Reader, children};
use super::ir::*;
use std::ops::Range;
use tree_sitter::Node as Tree;

/// How literal text is quoted, which decides what a backslash means in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    /// Outside of quotes.
    Bare,
    /// `".."`
    Double,
    /// The body of a here-document with a bare delimiter.
    HereDocument,
    /// `'..'`, or a here-document with a quoted delimiter.
    Verbatim,
    /// `$'..'`
    Ansi,
    /// A regular expression behind `=~`: backslashes stay.
    Regex,
}

/// Node kinds that are no literal text.
pub(super) const ISLANDS: &[&str] = &[
    "simple_expansion",
    "expansion",
    "command_substitution",
    "process_substitution",
    "arithmetic_expansion",
    "string",
    "raw_string",
    "ansi_c_string",
    "translated_string",
];

/// Appends a part, merged with the part before it if both are literals of the same quoting.
pub(super) fn push(parts: &mut Vec<Part>, part: Part) {
    if let (Some(Part { at, quoted, kind: PartKind::Literal(text) }), PartKind::Literal(more)) = (parts.last_mut(), &part.kind)
        && *quoted == part.quoted
    {
        text.push_str(more);
        at.end = part.at.end;
        return;
    }
    // Most words have one part, and a list that grows by itself begins with room for four.
    parts.reserve_exact(usize::from(parts.is_empty()));
    parts.push(part);
}

impl Reader<'_> {
    /// The word that a node is.
    pub(super) fn word(&mut self, node: Tree<'_>) -> Word {
        self.word_as(node, Quoting::Bare)
    }

    pub(super) fn word_as(&mut self, node: Tree<'_>, quoting: Quoting) -> Word {
        let mut at = self.solid(node);
        if quoting == Quoting::Regex {
            at.end -= self.slice(at.clone()).bytes().rev().take_while(u8::is_ascii_whitespace).count();
        }
        let word = self.fragment(node, at, quoting, false);
        let runs_on = |part: &Part| !part.quoted && matches!(&part.kind, PartKind::Literal(text) if text.contains('\n'));
        if word.parts.iter().any(runs_on) {
            // No word has a bare line break: the grammar lost its way.
            self.errors.push(word.at.clone());
        }
        word
    }

    /// The word at `at`, whose islands are found at or below `node`.
    pub(super) fn fragment(&mut self, node: Tree<'_>, at: Range<usize>, quoting: Quoting, quoted: bool) -> Word {
        let mut parts = Vec::new();
        self.fragment_into(node, at.clone(), quoting, quoted, &mut parts);
        Word { at, parts }
    }

    fn fragment_into(&mut self, node: Tree<'_>, at: Range<usize>, quoting: Quoting, quoted: bool, parts: &mut Vec<Part>) {
        let mut position = at.start;
        for island in self.islands(node, &at) {
            let range = self.solid(island);
            if range.start < position {
                continue;
            }
            self.literal_into(position..range.start, quoting, quoted, parts);
            self.deeper(island, |reader| reader.island(island, quoted || quoting == Quoting::HereDocument, parts));
            position = range.end;
        }
        self.literal_into(position..at.end, quoting, quoted, parts);
    }

    /// The place of a node without the blank space that the grammar sometimes puts into its front (`" $a"`).
    pub(super) fn solid(&self, node: Tree<'_>) -> Range<usize> {
        let mut at = node.byte_range();
        let bytes = self.text.as_bytes();
        while at.start < at.end && bytes.get(at.start).is_some_and(u8::is_ascii_whitespace) {
            at.start += 1;
        }
        at
    }

    /// The outermost islands at or below a node that lie in a range, in order.
    fn islands<'t>(&self, node: Tree<'t>, at: &Range<usize>) -> Vec<Tree<'t>> {
        let mut found = Vec::new();
        let mut stack = vec![node];
        let mut top = true;
        while let Some(node) = stack.pop() {
            let range = self.solid(node);
            let is_top = std::mem::take(&mut top);
            if range.end <= at.start || range.start >= at.end {
                continue;
            }
            let inside = at.start <= range.start && range.end <= at.end;
            // An expansion is asked for the islands of its own arguments: then it is no island itself.
            if ISLANDS.contains(&node.kind()) && inside {
                found.push(node);
            } else if is_top || !ISLANDS.contains(&node.kind()) || !inside {
                stack.extend(children(node).into_iter().rev());
            }
        }
        found
    }

    fn island(&mut self, node: Tree<'_>, quoted: bool, parts: &mut Vec<Part>) {
        let at = self.solid(node);
        match node.kind() {
            "string" => self.string(node, at, parts),
            "translated_string" => self.string(node, at.start + 1..at.end, parts),
            "raw_string" => self.closed(at.start + 1..at.end.saturating_sub(1), Quoting::Verbatim, parts),
            "ansi_c_string" => self.closed(at.start + 2..at.end.saturating_sub(1), Quoting::Ansi, parts),
            "simple_expansion" => self.simple_expansion(at, quoted, parts),
            "expansion" => self.expansion(node, quoted, parts),
            "arithmetic_expansion" => push(parts, Part { at, quoted, kind: PartKind::Arithmetic }),
            "process_substitution" => {
                let reads = self.slice(at.clone()).starts_with('<');
                let body = self.block(node);
                push(parts, Part { at, quoted, kind: PartKind::Process { reads, body } });
            }
            _ => {
                let body = self.block(node);
                push(parts, Part { at, quoted, kind: PartKind::Command(body) });
            }
        }
    }

    /// `".."`, of which `at` covers the quotes; `node` is at or above it.
    fn string(&mut self, node: Tree<'_>, at: Range<usize>, parts: &mut Vec<Part>) {
        let closed = at.len() >= 2 && self.text.as_bytes().get(at.end - 1) == Some(&b'"');
        let inner = at.start + 1..if closed { at.end - 1 } else { at.end.max(at.start + 1) };
        let before = parts.len();
        let mut position = inner.start;
        let string =
            if node.kind() == "string" { Some(node) } else { children(node).into_iter().find(|child| child.kind() == "string") };
        for child in string.map(children).unwrap_or_default() {
            let range = self.solid(child);
            if !ISLANDS.contains(&child.kind()) || range.start < position || range.end > inner.end {
                continue;
            }
            self.literal_into(position..range.start, Quoting::Double, true, parts);
            self.deeper(child, |reader| reader.island(child, true, parts));
            position = range.end;
        }
        self.literal_into(position..inner.end, Quoting::Double, true, parts);
        if parts.len() == before && inner.is_empty() {
            push(parts, Part { at: inner, quoted: true, kind: PartKind::Literal(String::new()) });
        }
    }

    /// A quoted string without islands; an empty one is still a part.
    fn closed(&mut self, inner: Range<usize>, quoting: Quoting, parts: &mut Vec<Part>) {
        if inner.is_empty() {
            let at = inner.start..inner.start;
            push(parts, Part { at, quoted: true, kind: PartKind::Literal(String::new()) });
        }
        self.literal_into(inner, quoting, true, parts);
    }

    /// Literal text, split at the holes in it.
    pub(super) fn literal_into(&mut self, at: Range<usize>, quoting: Quoting, quoted: bool, parts: &mut Vec<Part>) {
        let mut position = at.start;
        let first = self.holes.partition_point(|hole| hole.end <= at.start);
        for (index, hole) in self.holes.iter().enumerate().skip(first) {
            if hole.start >= at.end || hole.is_empty() {
                break;
            }
            let cut = hole.start.max(at.start)..hole.end.min(at.end);
            if position < cut.start {
                decode_into(self.text, position..cut.start, quoting, quoted, parts);
            }
            let quoted = quoted || matches!(quoting, Quoting::Double | Quoting::Verbatim | Quoting::HereDocument | Quoting::Ansi);
            push(parts, Part { at: cut.clone(), quoted, kind: PartKind::Hole(index) });
            position = cut.end;
        }
        if position < at.end {
            decode_into(self.text, position..at.end, quoting, quoted, parts);
        }
    }
}

/// Collects decoded text with the source range that it came from.
struct Sink<'p> {
    parts: &'p mut Vec<Part>,
    text: String,
    start: usize,
    quoted: bool,
}

impl Sink<'_> {
    fn flush(&mut self, end: usize, next: usize, quoted: bool) {
        let text = std::mem::take(&mut self.text);
        if !text.is_empty() {
            push(self.parts, Part { at: self.start..end, quoted: self.quoted, kind: PartKind::Literal(text) });
        }
        (self.start, self.quoted) = (next, quoted);
    }
}

/// Decodes literal text into parts. Quotes inside bare text (the grammar swallows some) start quoted parts.
pub(super) fn decode_into(source: &str, at: Range<usize>, quoting: Quoting, quoted: bool, parts: &mut Vec<Part>) {
    let Some(text) = source.get(at.clone()) else { return };
    if quoting == Quoting::Ansi {
        let kind = PartKind::Literal(ansi_c(text));
        return push(parts, Part { at, quoted: true, kind });
    }
    let stays_quoted = quoted || matches!(quoting, Quoting::Double | Quoting::Verbatim | Quoting::HereDocument);
    let mut sink = Sink { parts, text: String::new(), start: at.start, quoted: stays_quoted };
    let (mut mode, mut outer) = (quoting, quoting);
    let mut chars = text.char_indices().peekable();
    while let Some((index, c)) = chars.next() {
        let here = at.start + index;
        match (mode, c) {
            (Quoting::Bare | Quoting::Regex, '\'' | '"') if closes(text, index, c) => {
                sink.flush(here, here + 1, true);
                outer = mode;
                mode = if c == '"' { Quoting::Double } else { Quoting::Verbatim };
            }
            (Quoting::Double, '"') if outer != Quoting::Double => {
                sink.flush(here, here + 1, stays_quoted);
                mode = outer;
            }
            (Quoting::Verbatim, '\'') if outer != Quoting::Verbatim => {
                sink.flush(here, here + 1, stays_quoted);
                mode = outer;
            }
            (Quoting::Verbatim, _) => sink.text.push(c),
            (_, '\\') => escape(mode, &mut chars, &mut sink.text),
            _ => sink.text.push(c),
        }
    }
    sink.flush(at.end, at.end, stays_quoted);
}

fn closes(text: &str, open: usize, quote: char) -> bool {
    text.get(open + 1..).is_some_and(|rest| rest.contains(quote))
}

/// What follows a backslash.
fn escape(mode: Quoting, chars: &mut std::iter::Peekable<std::str::CharIndices<'_>>, out: &mut String) {
    let next = chars.peek().map(|(_, c)| *c);
    let special = match (mode, next) {
        (_, Some('\n')) => {
            chars.next();
            return;
        }
        (_, None) | (Quoting::Regex, _) => false,
        (Quoting::Bare, _) => true,
        (Quoting::Double, Some(c)) => matches!(c, '$' | '`' | '"' | '\\'),
        (_, Some(c)) => matches!(c, '$' | '`' | '\\'),
    };
    match next {
        Some(c) if special => {
            out.push(c);
            chars.next();
        }
        Some(c) if mode == Quoting::Regex => {
            out.push('\\');
            out.push(c);
            chars.next();
        }
        _ => out.push('\\'),
    }
}

/// Decodes the inside of `$'..'`.
fn ansi_c(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let Some(c) = chars.next() else {
            out.push('\\');
            break;
        };
        let mut number = |radix: u32, most: usize, seed: u32| {
            let (mut value, mut digits) = (seed, 0);
            while let Some(digit) = chars.peek().and_then(|c| c.to_digit(radix)).filter(|_| digits < most) {
                value = value.saturating_mul(radix).saturating_add(digit);
                digits += 1;
                chars.next();
            }
            char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER)
        };
        match c {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'a' => out.push('\x07'),
            'b' => out.push('\x08'),
            'e' | 'E' => out.push('\x1b'),
            'f' => out.push('\x0c'),
            'v' => out.push('\x0b'),
            'x' => out.push(number(16, 2, 0)),
            'u' => out.push(number(16, 4, 0)),
            'U' => out.push(number(16, 8, 0)),
            '0'..='7' => out.push(number(8, 2, c.to_digit(8).unwrap_or(0))),
            '\\' | '\'' | '"' | '?' => out.push(c),
            _ => out.extend(['\\', c]),
        }
    }
    out
}
