//! Source as it is shown: everything hostile replaced, long lines cut to the width around what is underlined.

use super::text::{neutral, neutral_in_place};
use crate::source::{SourceFile, Span};
use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use std::collections::BTreeMap;
use std::ops::Range;

/// Spans over more lines are shown by their first line.
const MAX_LINES: u32 = 12;
/// Lines longer than this (minified, generated) are not shown.
const MAX_COLUMNS: usize = 1000;
/// Characters that are kept before what is underlined.
const BEFORE: usize = 12;

/// A file with everything hostile replaced, byte by byte.
#[derive(Debug)]
pub(super) struct Shown {
    file: SourceFile,
    /// Characters that were cut at the beginning of lines, less the sign for it.
    cut: BTreeMap<u32, usize>,
}

impl Shown {
    pub(super) fn new(file: &SourceFile) -> Self {
        let file = SourceFile::new(neutral(&file.path), neutral_in_place(&file.text).into());
        Shown { file, cut: BTreeMap::new() }
    }

    pub(super) fn path(&self) -> &str {
        &self.file.path
    }

    /// The column from which the arrow goes to the label.
    pub(super) fn middle(&self, place: &SourceSpan) -> usize {
        self.file.position(place.offset() + place.len() / 2).column as usize
    }

    /// The bytes to underline, if they can be shown.
    pub(super) fn underlined(&self, span: Span) -> Option<SourceSpan> {
        let range = span.range();
        let (first, last) = self.lines(range.start, range.len());
        let first_line = self.file.line_range(first)?;
        let end = if last - first >= MAX_LINES { first_line.end.max(range.start) } else { range.end };
        let longest = (first..=self.file.line_of(end)).filter_map(|l| self.file.line_range(l)).map(|r| r.len()).max();
        (longest? <= MAX_COLUMNS).then(|| SourceSpan::from((range.start, end - range.start)))
    }

    /// First and last line of bytes.
    fn lines(&self, start: usize, length: usize) -> (u32, u32) {
        (self.file.line_of(start), self.file.line_of((start + length).saturating_sub(1).max(start)))
    }

    /// This file with the lines around the places cut to `width` characters, and the places in it. `None` if all fit.
    pub(super) fn cut_to(&self, width: usize, places: &[SourceSpan]) -> Option<(Shown, Vec<SourceSpan>)> {
        let mut marked: BTreeMap<u32, Range<usize>> = BTreeMap::new();
        for place in places {
            let (first, last) = self.lines(place.offset(), place.len());
            for line in first.saturating_sub(1).max(1)..=last + 1 {
                let Some(range) = self.file.line_range(line) else { continue };
                let from = place.offset().clamp(range.start, range.end);
                let to = (place.offset() + place.len()).clamp(range.start, range.end);
                let entry = marked.entry(line).or_insert(from..from);
                if from < to {
                    *entry = if entry.start < entry.end { entry.start.min(from)..entry.end.max(to) } else { from..to };
                }
            }
        }
        let cuts: Vec<_> = marked.iter().filter_map(|(line, underlined)| self.cut(*line, underlined, width)).collect();
        if cuts.is_empty() {
            return None;
        }
        Some(self.with(&cuts, places))
    }

    /// What is kept of a line that is too long.
    fn cut(&self, line: u32, underlined: &Range<usize>, width: usize) -> Option<Cut> {
        let whole = self.file.line_range(line)?;
        let starts: Vec<usize> = self.file.text[whole.clone()].char_indices().map(|(at, _)| whole.start + at).collect();
        if starts.len() <= width {
            return None;
        }
        let index = |byte: usize| starts.partition_point(|start| *start < byte);
        let (from, to) = (index(underlined.start), index(underlined.end));
        // From the beginning if what is underlined can then be seen, else from a little before it.
        let first = if to < width || underlined.start == underlined.end { 0 } else { from.saturating_sub(BEFORE) };
        let room = width - 1 - usize::from(first > 0);
        let end = (first + room).min(starts.len());
        let byte = |index: usize| starts.get(index).copied().unwrap_or(whole.end);
        Some(Cut { line, kept: byte(first)..byte(end), whole, dropped: first })
    }

    fn with(&self, cuts: &[Cut], places: &[SourceSpan]) -> (Shown, Vec<SourceSpan>) {
        let (mut text, mut copied) = (String::with_capacity(self.file.text.len()), 0);
        for cut in cuts {
            text.push_str(&self.file.text[copied..cut.whole.start]);
            text.push_str(if cut.dropped > 0 { "…" } else { "" });
            text.push_str(&self.file.text[cut.kept.clone()]);
            text.push_str(if cut.kept.end < cut.whole.end { "…" } else { "" });
            copied = cut.whole.end;
        }
        text.push_str(&self.file.text[copied..]);
        let moved = |place: usize| {
            let (mut byte, mut shift) = (place, 0_isize);
            for cut in cuts.iter().take_while(|c| c.whole.start < place) {
                let sign = "…".len();
                let (front, tail) = (cut.kept.start - cut.whole.start, cut.whole.end - cut.kept.end);
                if front > 0 {
                    shift += sign.cast_signed() - front.cast_signed();
                }
                if place <= cut.whole.end {
                    byte = byte.clamp(cut.kept.start, cut.kept.end);
                } else if tail > 0 {
                    shift += sign.cast_signed() - tail.cast_signed();
                }
            }
            byte.saturating_add_signed(shift)
        };
        let place = |p: &SourceSpan| {
            let start = moved(p.offset());
            SourceSpan::from((start, moved(p.offset() + p.len()).saturating_sub(start)))
        };
        let cut = cuts.iter().filter(|c| c.dropped > 0).map(|c| (c.line, c.dropped - 1)).collect();
        let file = SourceFile::new(self.file.path.clone(), text.into());
        (Shown { file, cut }, places.iter().map(place).collect())
    }
}

/// A line that is too long.
struct Cut {
    line: u32,
    /// Bytes of the line.
    whole: Range<usize>,
    /// Those that are shown.
    kept: Range<usize>,
    /// Characters before them.
    dropped: usize,
}

impl SourceCode for Shown {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let text = &*self.file.text;
        let end = span.offset() + span.len();
        if end > text.len() {
            return Err(MietteError::OutOfBounds);
        }
        let clamped = |lines: usize| u32::try_from(lines).unwrap_or(u32::MAX);
        let (first, last) = self.lines(span.offset(), span.len());
        let first = first.saturating_sub(clamped(before)).max(1);
        let last = last.saturating_add(clamped(after)).min(self.file.line_of(text.len()));
        let start = self.file.line_range(first).map_or(0, |r| r.start);
        let stop = self.file.line_range(last + 1).map_or(text.len(), |r| r.start).max(end);
        let shown = SourceSpan::from((start, stop - start));
        // Without context it is asked for the position that the header shows.
        let column = if before == 0 {
            self.file.position(span.offset()).column as usize - 1 + self.cut.get(&first).copied().unwrap_or_default()
        } else {
            0
        };
        // Places whose lines are farther apart than this are shown apart.
        let (line, count) = (first as usize - 1, (last - first) as usize + 1);
        let data = &text.as_bytes()[start..stop];
        Ok(Box::new(MietteSpanContents::new_named(self.file.path.clone(), data, shown, line, column, count)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    #[test]
    fn long_lines_are_cut_around_what_is_underlined() {
        let line = |n: usize| format!("{}TARGET{}\n", "a".repeat(n), "b".repeat(40));
        let text = format!("{}short\n{}", line(5), line(60));
        let shown = Shown::new(&SourceFile::new("a".to_owned(), text.clone().into()));
        let places: Vec<_> = text
            .match_indices("TARGET")
            .map(|(at, found)| shown.underlined(Span::new(FileId(0), at..at + found.len())).expect("shown"))
            .collect();
        let (cut, moved) = shown.cut_to(30, &places).expect("too long");
        for place in &moved {
            assert_eq!(&cut.file.text[place.offset()..place.offset() + place.len()], "TARGET");
        }
        let lines: Vec<_> = cut.file.text.lines().collect();
        assert_eq!(lines[0], format!("aaaaaTARGET{}…", "b".repeat(18)));
        assert_eq!(lines[2], format!("…{}TARGET{}…", "a".repeat(12), "b".repeat(10)));
        assert!(lines.iter().all(|l| l.chars().count() <= 30), "{lines:?}");
        assert_eq!(cut.read_span(&moved[1], 0, 0).expect("there").column(), 60, "the position is that in the file");
        assert!(shown.cut_to(200, &places).is_none());
    }
}
