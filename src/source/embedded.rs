//! Texts within texts: what stands in a scalar or string, with the place of each piece in the file.

use super::{FileId, Span, clamp};
use std::ops::Range;
use std::sync::Arc;

/// One run of an [`OffsetMap`]: `len` decoded bytes that stand for `source_len` bytes of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// First decoded byte.
    pub decoded: u32,
    /// Number of decoded bytes.
    pub len: u32,
    /// First byte in the source.
    pub source: u32,
    /// Number of bytes in the source. Where it equals `len` the run is verbatim and maps byte by byte; otherwise (an
    /// escape, a folded line break) it maps as a whole.
    pub source_len: u32,
}

/// Maps the bytes of a decoded text to the bytes of the text that it was decoded from.
///
/// Segments are in order of both sides and cover every decoded byte; source bytes between segments (indentation,
/// an eaten line continuation) belong to none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OffsetMap {
    segments: Vec<Segment>,
    decoded_len: u32,
}

impl OffsetMap {
    /// The map of `len` bytes that stand verbatim at `source`.
    #[must_use]
    pub fn verbatim(len: usize, source: usize) -> Self {
        let mut map = OffsetMap::default();
        map.push(len, source..source + len);
        map
    }

    /// Appends `len` decoded bytes that come from the source bytes `source`. Verbatim runs that touch are merged.
    pub fn push(&mut self, len: usize, source: Range<usize>) {
        if len == 0 {
            return;
        }
        let segment =
            Segment { decoded: self.decoded_len, len: clamp(len), source: clamp(source.start), source_len: clamp(source.len()) };
        self.decoded_len += segment.len;
        if let Some(last) = self.segments.last_mut() {
            let touches = last.source + last.source_len == segment.source;
            if touches && last.len == last.source_len && segment.len == segment.source_len {
                last.len += segment.len;
                last.source_len += segment.source_len;
                return;
            }
        }
        self.segments.push(segment);
    }

    /// Appends what another map of the same source covers.
    pub fn append(&mut self, other: &OffsetMap) {
        for segment in &other.segments {
            let start = segment.source as usize;
            self.push(segment.len as usize, start..start + segment.source_len as usize);
        }
    }

    /// Number of decoded bytes.
    #[must_use]
    pub fn decoded_len(&self) -> usize {
        self.decoded_len as usize
    }

    /// The source bytes of a decoded range: from the first byte of what `range.start` came from to the last of what
    /// `range.end - 1` came from. An empty range gives an empty one.
    #[must_use]
    pub fn source(&self, range: Range<usize>) -> Range<usize> {
        let start = self.source_start(range.start);
        if range.end <= range.start {
            return start..start;
        }
        let end = self.source_end(range.end);
        start..end.max(start)
    }

    /// The parts of a decoded range that stand together in the source, each mapped byte by byte or as a whole.
    fn runs(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let (mut runs, mut at) = (Vec::new(), range.start);
        while at < range.end {
            let end = self.segment(at).map_or(range.end, |s| (s.decoded + s.len) as usize).clamp(at + 1, range.end);
            runs.push(at..end);
            at = end;
        }
        runs
    }

    fn segment(&self, decoded: usize) -> Option<&Segment> {
        let index = self.segments.partition_point(|s| s.decoded as usize <= decoded).checked_sub(1)?;
        self.segments.get(index)
    }

    fn source_start(&self, decoded: usize) -> usize {
        let Some(segment) = self.segment(decoded) else { return 0 };
        let within = decoded - segment.decoded as usize;
        if within >= segment.len as usize {
            return (segment.source + segment.source_len) as usize;
        }
        let within = if segment.len == segment.source_len { within } else { 0 };
        segment.source as usize + within
    }

    /// Source position one past the byte before the exclusive decoded end.
    fn source_end(&self, decoded_end: usize) -> usize {
        let Some(segment) = self.segment(decoded_end - 1) else { return 0 };
        let within = (decoded_end - segment.decoded as usize).min(segment.len as usize);
        let within = if segment.len == segment.source_len { within } else { segment.source_len as usize };
        segment.source as usize + within
    }

    /// The first decoded byte that comes from `source` or behind it.
    fn decoded_from(&self, source: usize) -> Option<usize> {
        let segment = self.segments.iter().find(|s| (s.source + s.source_len) as usize > source)?;
        let within = if segment.len == segment.source_len { source.saturating_sub(segment.source as usize) } else { 0 };
        Some(segment.decoded as usize + within)
    }

    /// This map, from a text decoded out of `outer`'s decoded text, followed by `outer`: a direct map to `outer`'s source.
    #[must_use]
    pub fn through(&self, outer: &OffsetMap) -> OffsetMap {
        let mut map = OffsetMap::default();
        for segment in &self.segments {
            let (start, len) = (segment.source as usize, segment.source_len as usize);
            if segment.len != segment.source_len {
                map.push(segment.len as usize, outer.source(start..start + len));
                continue;
            }
            let mut at = start;
            while at < start + len {
                let Some(run) = outer.segment(at) else { break };
                let run_end = ((run.decoded + run.len) as usize).max(at + 1).min(start + len);
                map.push(run_end - at, outer.source(at..run_end));
                at = run_end;
            }
        }
        map
    }

    /// The map of the decoded bytes `range` alone.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> OffsetMap {
        OffsetMap::verbatim(range.len(), range.start).through(self)
    }
}

/// A decoded text and where each of its bytes stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embedded {
    /// The file that it starts in; nearly every text stands in one.
    pub file: FileId,
    /// The decoded text.
    pub text: Arc<str>,
    map: OffsetMap,
    /// First decoded byte of each part that stands in another file than the part before it, with that file.
    turns: Vec<(usize, FileId)>,
}

impl Embedded {
    /// A decoded `text` of `file` with its map. The map must cover exactly the text.
    #[must_use]
    pub fn new(file: FileId, text: impl Into<Arc<str>>, map: OffsetMap) -> Self {
        let text = text.into();
        debug_assert_eq!(text.len(), map.decoded_len(), "offset map does not cover the text");
        Embedded { file, text, map, turns: Vec::new() }
    }

    /// Texts, each on a line of its own, perhaps of several files; `None` if there are none.
    #[must_use]
    pub fn lines(parts: &[Embedded]) -> Option<Self> {
        let (mut text, mut map, mut turns) = (String::new(), OffsetMap::default(), Vec::new());
        let file = parts.first()?.file;
        let (mut last, mut end) = (file, 0);
        for (i, part) in parts.iter().enumerate() {
            if i > 0 {
                map.push(1, end..end);
                text.push('\n');
            }
            turns.extend((part.file != last).then_some((text.len(), part.file)));
            turns.extend(part.turns.iter().map(|(at, file)| (text.len() + at, *file)));
            last = part.turns.last().map_or(part.file, |(_, file)| *file);
            map.append(&part.map);
            text.push_str(&part.text);
            end = part.map.source(0..part.text.len()).end;
        }
        Some(Embedded { file, text: text.into(), map, turns })
    }

    /// Text that stands verbatim in `file` from byte `start`.
    #[must_use]
    pub fn verbatim(file: FileId, text: impl Into<Arc<str>>, start: usize) -> Self {
        let text = text.into();
        let map = OffsetMap::verbatim(text.len(), start);
        Embedded::new(file, text, map)
    }

    /// A text decoded out of this one: `map` leads from `text` to bytes of `self.text`.
    #[must_use]
    pub fn nested(&self, text: impl Into<Arc<str>>, map: &OffsetMap) -> Self {
        let mut inner = Embedded::new(self.file_at(map.source_start(0)), text, map.through(&self.map));
        inner.turns =
            self.turns.iter().filter_map(|(at, file)| Some((map.decoded_from(*at)?, *file))).filter(|t| t.0 > 0).collect();
        inner
    }

    /// The part of this text at the decoded bytes `range`.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        self.nested(&self.text[range.clone()], &OffsetMap::verbatim(range.len(), range.start))
    }

    /// The file in which a decoded byte stands.
    fn file_at(&self, decoded: usize) -> FileId {
        self.turns.iter().rfind(|(at, _)| *at <= decoded).map_or(self.file, |(_, file)| *file)
    }

    /// The place in the file of the decoded bytes `range`; of a range that goes on in another file, the part before that.
    #[must_use]
    pub fn span(&self, range: Range<usize>) -> Span {
        let end = self.turns.iter().map(|(at, _)| *at).find(|at| *at > range.start).map_or(range.end, |at| at.min(range.end));
        Span::new(self.file_at(range.start), self.map.source(range.start..end))
    }

    /// The parts of a range of the text that stand together in the file: between them there is an escape or an indentation.
    #[must_use]
    pub fn runs(&self, range: Range<usize>) -> Vec<Range<usize>> {
        self.map.runs(range)
    }

    /// The place in the file of the whole text.
    #[must_use]
    pub fn whole(&self) -> Span {
        self.span(0..self.text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_of_verbatim_runs_and_escapes_is_exact() {
        // source: `  ab\n  c\\td` decoded: "ab\nc<TAB>d"
        let mut map = OffsetMap::default();
        map.push(3, 2..5);
        map.push(1, 7..8);
        map.push(1, 8..10);
        map.push(1, 10..11);
        assert_eq!(map.source(0..2), 2..4);
        assert_eq!(map.source(3..4), 7..8);
        assert_eq!(map.source(4..5), 8..10, "an escape maps as a whole");
        assert_eq!(map.source(2..6), 4..11);
        assert_eq!(map.source(6..6), 11..11);
        let inner = map.slice(3..6);
        assert_eq!(inner.source(0..1), 7..8);
        assert_eq!(inner.source(1..3), 8..11);
    }

    #[test]
    fn a_text_of_several_files_keeps_the_places() {
        let at = |file: u32, text: &str, start: usize| Embedded::verbatim(FileId(file), text, start);
        let text = Embedded::lines(&[at(0, "ab", 4), at(1, "cde", 6), at(0, "f", 9)]).expect("lines");
        assert_eq!(&*text.text, "ab\ncde\nf");
        assert_eq!(text.span(3..6), Span::new(FileId(1), 6..9));
        assert_eq!(text.span(7..8), Span::new(FileId(0), 9..10));
        assert_eq!(text.span(1..8), Span::new(FileId(0), 5..6), "up to where it goes on elsewhere");
        assert_eq!(text.slice(4..8).span(0..2), Span::new(FileId(1), 7..9));
        assert_eq!(text.slice(4..8).span(3..4), Span::new(FileId(0), 9..10));
        let inner = text.nested("def", &{
            let mut map = OffsetMap::verbatim(2, 4);
            map.push(1, 7..8);
            map
        });
        assert_eq!((inner.span(0..2), inner.span(2..3)), (Span::new(FileId(1), 7..9), Span::new(FileId(0), 9..10)));
        assert_eq!(Embedded::lines(&[]), None);
    }

    #[test]
    fn nesting_composes_maps() {
        let outer = Embedded::new(FileId(0), "echo 'a b'", {
            let mut m = OffsetMap::default();
            m.push(5, 10..15);
            m.push(5, 20..25);
            m
        });
        let inner = outer.nested("a b", &OffsetMap::verbatim(3, 6));
        assert_eq!(inner.whole(), Span::new(FileId(0), 21..24));
        assert_eq!(inner.slice(2..3).whole(), Span::new(FileId(0), 23..24));
    }
}
