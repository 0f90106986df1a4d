//! Texts put together from parts of the file, with the places of all of their bytes.

use crate::pipeline::{Expr, Hole, Text};
use crate::source::{Embedded, FileId, OffsetMap};
use std::ops::Range;
use std::sync::Arc;

/// A text under construction.
pub(super) struct Rope {
    file: FileId,
    text: String,
    map: OffsetMap,
    holes: Vec<Hole>,
}

impl Rope {
    pub(super) fn new(file: FileId) -> Self {
        Rope { file, text: String::new(), map: OffsetMap::default(), holes: Vec::new() }
    }

    /// Appends `text`, which stands for the bytes `source` as a whole, or verbatim if it is as long.
    pub(super) fn push(&mut self, text: &str, source: Range<usize>) {
        self.text.push_str(text);
        self.map.push(text.len(), source);
    }

    /// Appends something that is filled in, as it is written.
    pub(super) fn hole(&mut self, written: &str, source: Range<usize>, expr: Expr) {
        let start = self.text.len();
        self.push(written, source);
        if start < self.text.len() {
            self.holes.push(Hole { range: start..self.text.len(), expr: Arc::new(expr) });
        }
    }

    /// Appends another text.
    pub(super) fn append(&mut self, other: &Text) {
        for (at, char) in other.raw().char_indices() {
            let source = other.source.span(at..at + char.len_utf8()).range();
            self.map.push(char.len_utf8(), source);
        }
        self.add(other);
    }

    /// Appends another text, which stands for the bytes `source` as a whole.
    pub(super) fn append_at(&mut self, other: &Text, source: Range<usize>) {
        self.map.push(other.raw().len(), source);
        self.add(other);
    }

    fn add(&mut self, other: &Text) {
        let start = self.text.len();
        self.text.push_str(other.raw());
        let moved = |h: &Hole| Hole { range: h.range.start + start..h.range.end + start, expr: Arc::clone(&h.expr) };
        self.holes.extend(other.holes.iter().map(moved));
    }

    pub(super) fn build(self) -> Text {
        Text { source: Embedded::new(self.file, self.text, self.map), holes: self.holes }
    }
}

/// A text of fixed words that stands for the bytes `source`.
pub(super) fn fixed(file: FileId, words: &str, source: Range<usize>) -> Text {
    let mut rope = Rope::new(file);
    rope.push(words, source);
    rope.build()
}

/// A text that is filled in as a whole.
pub(super) fn filled(file: FileId, written: &str, source: Range<usize>, expr: Expr) -> Text {
    let mut rope = Rope::new(file);
    rope.hole(written, source, expr);
    rope.build()
}

/// The parts of a text that are kept, in order.
fn keep(text: &Text, parts: &[Range<usize>]) -> Text {
    let mut kept = String::new();
    let mut map = OffsetMap::default();
    let mut holes = Vec::new();
    for part in parts {
        let start = kept.len();
        kept.push_str(&text.raw()[part.clone()]);
        map.push(part.len(), part.clone());
        let inside = text.holes.iter().filter(|h| part.start <= h.range.start && h.range.end <= part.end);
        let moved = |h: &Hole| {
            let range = h.range.start - part.start + start..h.range.end - part.start + start;
            Hole { range, expr: Arc::clone(&h.expr) }
        };
        holes.extend(inside.map(moved));
    }
    Text { source: text.source.nested(kept, &map), holes }
}

/// `.trim()`
pub(super) fn trim(text: &Text) -> Text {
    let raw = text.raw();
    let start = raw.len() - raw.trim_start().len();
    let end = raw.trim_end().len().max(start);
    text.slice(start..end)
}

/// The lines of a text with their breaks. A break inside of something that is filled in is none.
fn lines(text: &Text) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut start = 0;
    let mut holes = text.holes.iter().peekable();
    for (at, _) in text.raw().match_indices('\n') {
        while holes.next_if(|h| h.range.end <= at).is_some() {}
        if holes.peek().is_some_and(|h| h.range.start <= at) {
            continue;
        }
        lines.push(start..at + 1);
        start = at + 1;
    }
    if start < text.raw().len() {
        lines.push(start..text.raw().len());
    }
    lines
}

/// `.stripIndent()`: the indentation that all lines share is left out.
pub(super) fn strip_indent(text: &Text) -> Text {
    let raw = text.raw();
    let lines = lines(text);
    let indent = |line: &Range<usize>| {
        let line = &raw[line.clone()];
        line.len() - line.trim_start_matches([' ', '\t']).len()
    };
    let filled = lines.iter().filter(|l| !raw[(*l).clone()].trim().is_empty());
    let shared = filled.map(indent).min().unwrap_or(0);
    let parts: Vec<_> = lines.iter().map(|l| l.start + shared.min(indent(l))..l.end).collect();
    keep(text, &parts)
}

/// `.stripMargin()`: of each line what stands before its first `|` is left out if it is blank, and the `|`.
pub(super) fn strip_margin(text: &Text) -> Text {
    let raw = text.raw();
    let start = |line: Range<usize>| {
        let rest = raw[line.clone()].trim_start_matches([' ', '\t']);
        if rest.starts_with('|') { line.end - rest.len() + 1 } else { line.start }
    };
    let parts: Vec<_> = lines(text).into_iter().map(|l| start(l.clone())..l.end).collect();
    keep(text, &parts)
}

/// The words of a text, as a shell without quotes would see them.
pub(super) fn words(text: &Text) -> Vec<Text> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, char) in text.raw().char_indices() {
        let filled = text.holes.iter().any(|h| h.range.contains(&at));
        match (char.is_whitespace() && !filled, start) {
            (true, Some(from)) => {
                words.push(text.slice(from..at));
                start = None;
            }
            (false, None) => start = Some(at),
            _ => {}
        }
    }
    words.extend(start.map(|from| text.slice(from..text.raw().len())));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(raw: &str) -> Text {
        Text::plain(Embedded::verbatim(FileId(0), raw, 100))
    }

    #[test]
    fn stripping_keeps_the_places() {
        let stripped = strip_indent(&text("\n    a\n      b\n    "));
        assert_eq!(stripped.raw(), "\na\n  b\n");
        assert_eq!(stripped.source.span(1..2).range(), 105..106);
        let trimmed = trim(&stripped);
        assert_eq!((trimmed.raw(), trimmed.span().range()), ("a\n  b", 105..114));
        let margin = strip_margin(&text("x\n   |y\n  z"));
        assert_eq!(margin.raw(), "x\ny\n  z");
    }

    #[test]
    fn words_do_not_split_what_is_filled_in() {
        let mut whole = text("-t a:${x ?: y} .");
        whole.holes.push(Hole { range: 5..14, expr: Arc::new(Expr::Null) });
        let found: Vec<String> = words(&whole).iter().map(|w| w.raw().to_owned()).collect();
        assert_eq!(found, ["-t", "a:${x ?: y}", "."]);
        assert_eq!(words(&whole)[1].holes[0].range, 2..11);
    }
}
