//! Settings that a script writes into the files from which tools read them.

use super::interpret::Walk;
use super::model::RawWeakness;
use super::text::Text;
use super::value::{Origins, Value};
use crate::source::Span;

/// How much longer than what it writes a command's text may be, for its indentation and quotes.
const AROUND: usize = 400;

impl Walk<'_> {
    /// Records what weakens the tools that read a file into which a text is written; `span`: the command.
    pub(super) fn writes_settings(&mut self, path: &str, text: &Value, span: Span) {
        let toolbox = self.world.toolbox;
        for spec in toolbox.settings(path) {
            let Some((line, before, host)) = text.alternatives().iter().find_map(|text| {
                let masked = text.masked();
                spec.find(&masked).map(|(line, host)| {
                    let until = line.as_ptr() as usize - masked.as_ptr() as usize;
                    (line.to_owned(), masked[..until].matches(line).count(), host)
                })
            }) else {
                continue;
            };
            let longest = text.alternatives().iter().map(Text::literal_len).max().unwrap_or_default();
            self.records.weaknesses.push(RawWeakness {
                kind: spec.weakness.clone(),
                origins: Origins::default(),
                is_asked_for: self.is_asked_for,
                tool: spec.tool.as_str().into(),
                host,
                event: None,
                span: self.line_within(&line, before, span, 2 * longest + AROUND),
                text: line,
                place: self.place.clone(),
            });
        }
    }

    /// Where a line stands that a command writes, in its words or in the here-document behind them; else the command. `before`: how many like
    /// it stand before.
    fn line_within(&self, line: &str, before: usize, command: Span, further: usize) -> Span {
        let text = &self.world.sources.get(command.file).text;
        let range = command.range();
        let mut end = (range.end + further).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let found = text.get(range.start..end).and_then(|text| text.match_indices(line).nth(before));
        found.map_or(command, |(at, _)| Span::new(command.file, range.start + at..range.start + at + line.len()))
    }
}
