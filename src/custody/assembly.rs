//! Scripts that are put together from values, each piece with its place.

use super::env::Code;
use super::text::{Atom, Text};
use super::value::Value;
use crate::pipeline::Dialect;
use crate::shell;
use crate::source::{Embedded, FileId, OffsetMap, Span};
use std::ops::Range;
use std::rc::Rc;

/// Script text put together from known and unknown pieces, each with its place.
pub(super) struct Assembly {
    file: FileId,
    text: String,
    map: OffsetMap,
    holes: Vec<Value>,
    ranges: Vec<Range<usize>>,
}

impl Assembly {
    /// Nothing yet; all pieces stand in `file`.
    pub(super) fn new(file: FileId) -> Self {
        Assembly { file, text: String::new(), map: OffsetMap::default(), holes: Vec::new(), ranges: Vec::new() }
    }

    /// Adds a value that stands at `span`. What is not known of it is a hole.
    pub(super) fn push(&mut self, value: &Value, span: Span) {
        let Some(text) = value.single() else { return self.hole(value.clone(), span) };
        for atom in text.atoms() {
            match atom {
                Atom::Literal(literal) => {
                    self.text.push_str(literal);
                    self.map.push(literal.len(), span.range());
                }
                Atom::Symbol(id) => {
                    let mut symbol = Value::symbol(*id);
                    symbol.origins.clone_from(&value.origins);
                    self.hole(symbol, span);
                }
            }
        }
    }

    /// Abstract text, with the places of its parts; `None` if they leave something out.
    pub(super) fn placed(text: &Text, places: &[(Range<usize>, Span)]) -> Option<Self> {
        let len = text.masked().len();
        let last = places.last()?.1;
        let mut assembly = Assembly::new(last.file);
        let mut at = 0;
        for (range, span) in places.iter().filter(|(range, span)| range.start < len && span.file == last.file) {
            if range.start != at {
                return None;
            }
            at = range.end.min(len);
            assembly.push(&Value::text(text.slice_masked(range.start..at)), *span);
        }
        assembly.push(&Value::text(text.slice_masked(at..len)), last);
        Some(assembly)
    }

    /// The text with its places, the values of its holes, and where they stand.
    pub(super) fn parts(self) -> (Embedded, Vec<Value>, Vec<Range<usize>>) {
        (Embedded::new(self.file, self.text, self.map), self.holes, self.ranges)
    }

    fn hole(&mut self, value: Value, span: Span) {
        let start = self.text.len();
        self.text.push('\u{FFFC}');
        self.ranges.push(start..self.text.len());
        self.map.push(self.text.len() - start, span.range());
        self.holes.push(value);
    }

    /// Whether the next piece begins a line.
    pub(super) fn begins_line(&self) -> bool {
        self.text.is_empty() || self.text.ends_with('\n') && !self.text.ends_with("\\\n")
    }

    /// Whether it has several lines, continued ones aside.
    pub(super) fn has_lines(&self) -> bool {
        self.text.match_indices('\n').any(|(at, _)| !self.text[..at].ends_with('\\'))
    }

    /// Adds what another one holds.
    pub(super) fn append(&mut self, other: Assembly) {
        let before = self.text.len();
        self.map.append(&other.map);
        self.text.push_str(&other.text);
        self.holes.extend(other.holes);
        self.ranges.extend(other.ranges.into_iter().map(|r| r.start + before..r.end + before));
    }

    /// The script.
    pub(super) fn code(self, posix: bool) -> Rc<Code> {
        let script = shell::read(&self.text, &self.ranges, &Dialect::Bash);
        let source = Embedded::new(self.file, self.text, self.map);
        Rc::new(Code { source, holes: self.holes, ranges: self.ranges, script, posix })
    }
}
