//! Files, places in them, and text that stands inside them.
//!
//! Everything the linter says points at bytes of a file. Text that is *embedded* in a file (a YAML block scalar, a quoted
//! string, a script inside a script) is decoded once, and the map from decoded bytes back to the file's bytes is carried
//! along: no later stage searches for a place again.

mod embedded;

pub use embedded::{Embedded, OffsetMap, Segment};

use std::io;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// Identifies one file of a [`Sources`] table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileId(pub u32);

/// A range of bytes in one file. `end` is exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte, 0-based.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span of the bytes `range` of `file`. Offsets past 4 GiB are clamped (files that large are never loaded).
    #[must_use]
    pub fn new(file: FileId, range: Range<usize>) -> Self {
        Span { file, start: clamp(range.start), end: clamp(range.end.max(range.start)) }
    }

    /// The bytes as a range.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The smallest span that covers both; `self` if they are in different files.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        if self.file != other.file {
            return self;
        }
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Whether `other` lies wholly inside `self`.
    #[must_use]
    pub fn contains(self, other: Span) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }
}

fn clamp(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// A position as people and editors count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// 1-based.
    pub line: u32,
    /// 1-based, in characters (Unicode scalar values).
    pub column: u32,
    /// 0-based byte offset in the file.
    pub offset: u32,
}

/// One loaded file.
#[derive(Debug)]
pub struct SourceFile {
    /// Path relative to the repository root, with `/` separators.
    pub path: String,
    /// The whole text, exactly as it stands in the file (a byte order mark included).
    pub text: Arc<str>,
    lines: OnceLock<Vec<u32>>,
}

impl SourceFile {
    /// A file with its repository-relative path and text.
    #[must_use]
    pub fn new(path: String, text: Arc<str>) -> Self {
        SourceFile { path, text, lines: OnceLock::new() }
    }

    /// Byte offsets at which lines start; the first is 0. Computed once, on first use.
    fn lines(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let breaks = self.text.bytes().filter(|b| *b == b'\n').count();
            let mut lines = Vec::with_capacity(breaks + 1);
            lines.push(0);
            lines.extend(self.text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| clamp(i + 1)));
            lines
        })
    }

    /// The position of a byte offset; offsets past the end give the end.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let lines = self.lines();
        let index = lines.partition_point(|start| *start as usize <= offset).saturating_sub(1);
        let start = lines[index] as usize;
        let column = self.text[start..offset].chars().count() + 1;
        Position { line: clamp(index + 1), column: clamp(column), offset: clamp(offset) }
    }

    /// The 1-based line of a byte offset.
    #[must_use]
    pub fn line_of(&self, offset: usize) -> u32 {
        clamp(self.lines().partition_point(|start| *start as usize <= offset).max(1))
    }

    /// The byte range of a 1-based line without its line break; `None` past the end.
    #[must_use]
    pub fn line_range(&self, line: u32) -> Option<Range<usize>> {
        let lines = self.lines();
        let index = (line as usize).checked_sub(1)?;
        let start = *lines.get(index)? as usize;
        let end = lines.get(index + 1).map_or(self.text.len(), |next| *next as usize - 1);
        let end = if self.text[start..end].ends_with('\r') { end - 1 } else { end };
        Some(start..end)
    }
}

/// All files of one run, by [`FileId`]. Files are only ever added, so that a file can be read in the middle of an analysis
/// while others hold on to theirs.
#[derive(Default)]
pub struct Sources {
    files: elsa::sync::FrozenVec<Box<SourceFile>>,
}

impl Sources {
    /// An empty table.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file and returns its id.
    pub fn add(&self, path: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        FileId(clamp(self.files.push_get_index(Box::new(SourceFile::new(path.into(), text.into())))))
    }

    /// The file of an id that this table gave out.
    ///
    /// # Panics
    /// If the id is of another table.
    #[must_use]
    pub fn get(&self, id: FileId) -> &SourceFile {
        match self.files.get(id.0 as usize) {
            Some(file) => file,
            None => panic!("file {} is not of this table", id.0),
        }
    }

    /// The id of a path, if it was loaded.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<FileId> {
        self.iter().find(|(_, f)| f.path == path).map(|(id, _)| id)
    }

    /// All files in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        (0..self.files.len()).filter_map(|i| Some((FileId(clamp(i)), self.files.get(i)?)))
    }

    /// The text under a span.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.get(span.file).text.get(span.range()).unwrap_or("")
    }

    /// Start and end of a span. The end is exclusive in column and offset, but its *line* is the line of the last
    /// character, so a span that ends with a line break does not claim the next line.
    #[must_use]
    pub fn positions(&self, span: Span) -> (Position, Position) {
        let file = self.get(span.file);
        let start = file.position(span.start as usize);
        let mut end = file.position(span.end as usize);
        if span.end > span.start && end.column == 1 && end.line > start.line {
            let last = file.position(span.end as usize - 1);
            end = Position { line: last.line, column: last.column + 1, offset: end.offset };
        }
        (start, end)
    }
}

/// What the system says, in the middle of a sentence: without its number, and small.
#[must_use]
pub fn said(error: &io::Error) -> String {
    // What others wrapped repeats the path.
    let text = match (error.kind(), error.get_ref()) {
        (io::ErrorKind::NotFound, _) => "no such file or directory".to_owned(),
        (kind, Some(_)) if kind != io::ErrorKind::Other => kind.to_string(),
        _ => error.to_string(),
    };
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// Why a file is not read, as a clause.
#[must_use]
pub fn unreadable(error: &io::Error) -> String {
    format!("cannot be read: {}", said(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_and_keep_the_last_line() {
        let sources = Sources::new();
        let id = sources.add("a.yml", "é: x\nb: yy\n");
        let (start, end) = sources.positions(Span::new(id, 6..12));
        assert_eq!((start.line, start.column, start.offset), (2, 1, 6));
        assert_eq!((end.line, end.column, end.offset), (2, 7, 12));
        let (_, end) = sources.positions(Span::new(id, 0..4));
        assert_eq!((end.line, end.column), (1, 4), "é is one column, two bytes");
    }

    #[test]
    fn line_ranges_leave_out_carriage_returns() {
        let file = SourceFile::new("a".into(), "ab\r\ncd".into());
        assert_eq!(file.line_range(1), Some(0..2));
        assert_eq!(file.line_range(2), Some(4..6));
        assert_eq!(file.line_range(3), None);
        assert_eq!(file.line_of(4), 2);
    }
}
