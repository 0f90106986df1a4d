//! Where the text of a value stands that was written in the code, with escapes and indentation in between.

use super::interpret::Ctx;
use crate::source::Span;
use std::ops::Range;

impl Ctx {
    /// The places of a piece of a value that was written at bytes `at` of the code: one a line, since in the file lines are
    /// indented, and one for what stands between two escapes.
    pub(super) fn places(&self, piece: &Range<usize>, at: &Range<usize>) -> Vec<(Range<usize>, Span)> {
        let whole = || vec![(piece.clone(), self.span(at))];
        let Some(written) = self.code.source.text.get(at.clone()) else { return whole() };
        let runs = match written.len() == piece.len() {
            true => lines(written),
            false => unescaped(written, piece.len()),
        };
        let mut places = Vec::with_capacity(runs.len());
        let mut from = piece.start;
        for run in runs {
            let code = at.start + run.written.start..at.start + run.written.end;
            if run.written.len() == run.len {
                for part in self.code.source.runs(code) {
                    places.push((from..from + part.len(), self.span(&part)));
                    from += part.len();
                }
            } else {
                places.push((from..from + run.len, self.span(&code)));
                from += run.len;
            }
        }
        if from == piece.end && !places.is_empty() { places } else { whole() }
    }
}

/// A part of a written text, and how many bytes of the value it stands for.
struct Run {
    written: Range<usize>,
    len: usize,
}

/// The lines of a text without escapes.
fn lines(written: &str) -> Vec<Run> {
    let mut end = 0;
    let line = |line: &str| {
        let start = end;
        end += line.len();
        Run { written: start..end, len: line.len() }
    };
    written.split_inclusive('\n').map(line).collect()
}

/// What stands between the escapes of a text, in double quotes or in none; nothing if that does not come to `len` bytes.
fn unescaped(written: &str, len: usize) -> Vec<Run> {
    let quoted: fn(u8) -> bool = |byte| matches!(byte, b'"' | b'$' | b'`' | b'\\');
    let plain: fn(u8) -> bool = |byte| byte.is_ascii();
    let ways = [quoted, plain].map(|escapes| between_escapes(written, escapes));
    ways.into_iter().find(|runs| runs.iter().map(|run| run.len).sum::<usize>() == len).unwrap_or_default()
}

fn between_escapes(written: &str, escapes: fn(u8) -> bool) -> Vec<Run> {
    let bytes = written.as_bytes();
    let (mut runs, mut start, mut at) = (Vec::new(), 0, 0);
    while at < bytes.len() {
        match bytes[at..] {
            [b'\\', escaped, ..] if escaped == b'\n' || escapes(escaped) => {
                runs.push(Run { written: start..at, len: at - start });
                if escaped != b'\n' {
                    runs.push(Run { written: at..at + 2, len: 1 });
                }
                at += 2;
                start = at;
            }
            _ => at += 1,
        }
    }
    runs.push(Run { written: start..at, len: at - start });
    runs.retain(|run| run.len > 0);
    runs
}
