//! Where the decoded bytes of a scalar stand in the source.
//!
//! A walk over both sides at once. A run is called verbatim only after its bytes were compared, so a map never lies; where
//! the walk does not understand the text (which no known file brings about) the whole scalar maps to its whole place.

use super::Style;
use crate::source::OffsetMap;
use std::ops::Range;

struct Walk<'a> {
    source: &'a [u8],
    text: &'a [u8],
    /// Decoded bytes that are mapped.
    done: usize,
    map: OffsetMap,
}

/// The map of a scalar that is written at `range` (quotes and block headers included). `indent` is the content column
/// of a folded block.
pub(super) fn offsets(source: &str, range: Range<usize>, text: &str, style: Style, indent: Option<usize>) -> OffsetMap {
    let quotes = usize::from(matches!(style, Style::Single | Style::Double));
    let inner = range.start + quotes..range.end.saturating_sub(quotes).max(range.start + quotes);
    if source.get(inner.clone()) == Some(text) {
        return OffsetMap::verbatim(text.len(), inner.start);
    }
    let mut walk = Walk { source: source.as_bytes(), text: text.as_bytes(), done: 0, map: OffsetMap::default() };
    let known = match (style, indent) {
        (Style::Folded, Some(indent)) => walk.folded(range.start, indent),
        (Style::Literal | Style::Folded, _) => walk.literal(range.start),
        _ => walk.flow(inner, style),
    };
    if known.is_some() && walk.done == text.len() {
        return walk.map;
    }
    let mut walk = Walk { source: source.as_bytes(), text: text.as_bytes(), done: 0, map: OffsetMap::default() };
    walk.replaced(text.len(), range);
    walk.map
}

/// Length of the line break at `at`, 0 if there is none. YAML's breaks are LF, CR LF and CR.
fn break_len(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(b'\n') => 1,
        Some(b'\r') if bytes.get(at + 1) == Some(&b'\n') => 2,
        Some(b'\r') => 1,
        _ => 0,
    }
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    bytes[from..].iter().position(|b| matches!(b, b'\n' | b'\r')).map_or(bytes.len(), |i| from + i)
}

impl Walk<'_> {
    fn rest(&self) -> &[u8] {
        &self.text[self.done..]
    }

    /// Bytes that stand in the source as they are.
    fn verbatim(&mut self, at: Range<usize>) -> Option<()> {
        if !self.rest().starts_with(self.source.get(at.clone())?) {
            return None;
        }
        self.done += at.len();
        self.map.push(at.len(), at);
        Some(())
    }

    /// `len` decoded bytes for the source bytes `at`, which are others. A run of equal lengths would read as verbatim, so
    /// it gives up its last source byte.
    fn replaced(&mut self, len: usize, at: Range<usize>) {
        let same = self.rest().get(..len) == self.source.get(at.clone());
        let end = if at.len() == len && !same { at.end.saturating_sub(1).max(at.start) } else { at.end };
        self.done += len;
        self.map.push(len, at.start..end);
    }

    /// A literal block: each decoded line is the end of its source line, whatever the indentation.
    fn literal(&mut self, header: usize) -> Option<()> {
        let header_end = line_end(self.source, header);
        let mut line = header_end + break_len(self.source, header_end);
        while self.done < self.text.len() {
            let end = line_end(self.source, line);
            let length = self.rest().iter().position(|b| *b == b'\n').unwrap_or(self.rest().len());
            self.verbatim(end.checked_sub(length).filter(|start| *start >= line)?..end)?;
            let brk = break_len(self.source, end);
            if self.done < self.text.len() {
                self.replaced(1, end..end + brk);
            }
            line = end + brk;
        }
        Some(())
    }

    /// A folded block: content lines, and between them a space, or as many line feeds as there are.
    fn folded(&mut self, header: usize, indent: usize) -> Option<()> {
        let header_end = line_end(self.source, header);
        let mut line = header_end + break_len(self.source, header_end);
        let mut gap = line;
        while self.rest().iter().any(|b| *b != b'\n') && line < self.source.len() {
            let end = line_end(self.source, line);
            let start = line + indent;
            if start < end {
                let feeds = self.rest().iter().take_while(|b| **b == b'\n').count();
                let folded = usize::from(feeds == 0 && gap < line && self.rest().first() == Some(&b' '));
                self.replaced(feeds + folded, gap..start);
                self.verbatim(start..end)?;
                gap = end;
            }
            line = end + break_len(self.source, end);
        }
        self.replaced(self.rest().len(), gap..line.max(gap));
        Some(())
    }

    /// Plain and quoted scalars, also over several lines.
    fn flow(&mut self, range: Range<usize>, style: Style) -> Option<()> {
        let mut at = range.start;
        while at < range.end {
            match self.source[at] {
                b'\\' if style == Style::Double && break_len(self.source, at + 1) > 0 => {
                    let (end, breaks) = self.blanks(at + 1, range.end);
                    self.replaced(breaks - 1, at..end);
                    at = end;
                }
                b'\\' if style == Style::Double => {
                    let end = at + self.escape_len(at);
                    let length = std::str::from_utf8(self.rest()).ok()?.chars().next()?.len_utf8();
                    self.replaced(length, at..end);
                    at = end;
                }
                b'\'' if style == Style::Single => {
                    self.replaced(1, at..at + 2);
                    at += 2;
                }
                b' ' | b'\t' | b'\n' | b'\r' => {
                    let (end, breaks) = self.blanks(at, range.end);
                    match breaks {
                        0 => self.verbatim(at..end)?,
                        1 => self.replaced(1, at..end),
                        more => self.replaced(more - 1, at..end),
                    }
                    at = end;
                }
                _ => {
                    let stop = |b: &u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r' | b'\\' | b'\'');
                    let length = self.source[at + 1..range.end].iter().position(stop).map_or(range.end - at, |i| i + 1);
                    self.verbatim(at..at + length)?;
                    at += length;
                }
            }
        }
        Some(())
    }

    /// End of a run of blanks and line breaks, and how many breaks it has.
    fn blanks(&self, from: usize, limit: usize) -> (usize, usize) {
        let (mut at, mut breaks) = (from, 0);
        while at < limit {
            match break_len(self.source, at) {
                0 if matches!(self.source[at], b' ' | b'\t') => at += 1,
                0 => break,
                length => {
                    at += length;
                    breaks += 1;
                }
            }
        }
        (at, breaks)
    }

    /// Length of the escape sequence at `at`; a surrogate pair (JSON's way) is one.
    fn escape_len(&self, at: usize) -> usize {
        let pair =
            |s: &[u8]| s.len() >= 8 && matches!(s[2], b'd' | b'D') && matches!(s[3], b'8' | b'9' | b'a' | b'A' | b'b' | b'B');
        match self.source.get(at + 1) {
            Some(b'x') => 4,
            Some(b'u') if pair(&self.source[at..]) && self.source[at + 6..].starts_with(b"\\u") => 12,
            Some(b'u') => 6,
            Some(b'U') => 10,
            _ => 2,
        }
    }
}
