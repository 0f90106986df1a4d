//! Here-documents, taken out of the text before it is parsed for good. The grammar knows only the simplest ones: it
//! loses expansions behind leading blanks, takes a first line that starts with a backslash for arguments, and refuses
//! two on a line or a `;` behind one. So each `<<EOF` becomes `< xxxx` of the same length, its body is blanked, and the
//! expansions of the body are parsed apart, as those of a quoted string.

use super::bash::Reader;
use super::guard;
use super::ir::*;
use super::recover;
use super::word::{Quoting, push};
use std::ops::Range;
use tree_sitter::{Language, Tree as Parsed};

/// How often the text is searched again: a here-document can hide the next one from the grammar.
const PASSES: usize = 5;

/// A here-document that was taken out.
#[derive(Debug, Clone)]
pub(super) struct HereDoc {
    /// From `<<` to the end of the delimiter.
    pub(super) at: Range<usize>,
    /// Its lines.
    body: Range<usize>,
    /// The delimiter was quoted.
    literal: bool,
    /// `<<-`
    strips: bool,
}

/// Takes all here-documents out of `bytes`; returns them by place, and the tree of what is left (`None` past the deadline).
pub(super) fn take_out(text: &str, bytes: &mut [u8], language: &Language) -> (Vec<HereDoc>, Option<Parsed>) {
    let mut taken: Vec<HereDoc> = Vec::new();
    for pass in 0.. {
        let tree = guard::tree(bytes, language);
        let known = taken.len();
        if let Some(tree) = tree.as_ref().filter(|_| pass < PASSES && contains(bytes, b"<<")) {
            for delimiter in recover::all_of("heredoc_start", tree.root_node()) {
                if let Some(found) = locate(text, bytes, delimiter, &taken) {
                    blank(bytes, &found);
                    taken.push(found);
                }
            }
        }
        if taken.len() == known {
            taken.sort_by_key(|found| found.at.start);
            return (taken, tree);
        }
    }
    (taken, None)
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// Where the here-document of a delimiter stands; `None` if it does not end, or lies in one that was taken out.
fn locate(text: &str, bytes: &[u8], delimiter: Range<usize>, taken: &[HereDoc]) -> Option<HereDoc> {
    let before = bytes.get(..delimiter.start)?.trim_ascii_end();
    let strips = before.ends_with(b"<<-");
    let start = before.len().checked_sub(if strips { 3 } else { 2 })?;
    if bytes.get(start..start + 2) != Some(b"<<") || taken.iter().any(|other| other.body.contains(&start)) {
        return None;
    }
    let written = delimiter_word(text.get(delimiter.clone())?);
    let literal = written.contains(['\'', '"', '\\']);
    let word: String = written.chars().filter(|c| !matches!(c, '\'' | '"' | '\\')).collect();
    let line = logical_line_end(bytes, delimiter.start + written.len())?;
    // Those on one line follow each other.
    let begin = taken.iter().filter(|other| other.at.end <= line && other.body.start >= line).map(|other| other.body.end);
    let begin = begin.max().map_or(line, |end| next_line(bytes, end));
    let mut position = begin;
    for row in text.get(begin..)?.split_inclusive('\n') {
        let content = row.trim_end_matches(['\n', '\r']);
        if word == if strips { content.trim_start_matches('\t') } else { content } {
            return Some(HereDoc {
                at: start..start + (delimiter.start - start) + written.len(),
                body: begin..position,
                literal,
                strips,
            });
        }
        position += row.len();
    }
    None
}

/// The delimiter without what the grammar takes along (`E;`, `E)`).
fn delimiter_word(written: &str) -> &str {
    let (mut quote, mut escaped) = (None, false);
    for (index, c) in written.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (None, '\\') => escaped = true,
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            (None, ';' | '&' | '|' | '(' | ')' | '<' | '>') => return written.get(..index).unwrap_or(written),
            (None, _) if c.is_whitespace() => return written.get(..index).unwrap_or(written),
            _ => {}
        }
    }
    written
}

/// The start of the line behind the logical line at a position.
fn logical_line_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut position = from;
    loop {
        let newline = position + bytes.get(position..)?.iter().position(|byte| *byte == b'\n')?;
        if bytes.get(newline.checked_sub(1)?) != Some(&b'\\') {
            return Some(newline + 1);
        }
        position = newline + 1;
    }
}

fn next_line(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |newline| newline + 1)
}

fn blank(bytes: &mut [u8], found: &HereDoc) {
    if let Some(operator) = bytes.get_mut(found.at.clone()) {
        operator.fill(b'x');
        if let [first, second, ..] = operator {
            (*first, *second) = (b'<', b' ');
        }
    }
    let end = next_line(bytes, found.body.end);
    if let Some(body) = bytes.get_mut(found.body.start..end) {
        body.iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
    }
}

impl Reader<'_> {
    /// The here-document whose operator starts at a position.
    pub(super) fn heredoc_at(&self, start: usize) -> Option<HereDoc> {
        let index = self.heredocs.binary_search_by_key(&start, |found| found.at.start).ok()?;
        self.heredocs.get(index).cloned()
    }

    /// Its body as one word.
    pub(super) fn heredoc_body(&mut self, found: &HereDoc) -> Word {
        let at = found.body.clone();
        let tree = if found.literal { None } else { self.body_tree(&at) };
        let lines = if found.strips { stripped_lines(self.slice(at.clone()), at.start) } else { vec![at.clone()] };
        let mut word = Word { at, parts: Vec::new() };
        for line in lines {
            let mut parts = Vec::new();
            match &tree {
                Some(tree) => parts = self.fragment(tree.root_node(), line, Quoting::HereDocument, true).parts,
                None if found.literal => self.literal_into(line, Quoting::Verbatim, true, &mut parts),
                None => self.literal_into(line, Quoting::HereDocument, true, &mut parts),
            }
            parts.into_iter().for_each(|part| push(&mut word.parts, part));
        }
        word
    }

    /// The body parsed as a quoted string; `None` if nothing expands in it.
    fn body_tree(&mut self, at: &Range<usize>) -> Option<Parsed> {
        if !self.slice(at.clone()).contains(['$', '`']) || at.start == 0 || self.depth >= guard::MAX_DEPTH {
            return None;
        }
        let mut bytes = vec![b'"'];
        bytes.extend_from_slice(self.original.get(at.clone())?);
        hide_quotes(bytes.get_mut(1..)?);
        bytes.push(b'"');
        guard::tree_at(&bytes, at.start - 1, &super::bash::language())
    }
}

/// Replaces the double quotes of a body that stand outside of its expansions: there they are plain text.
fn hide_quotes(bytes: &mut [u8]) {
    let (mut depth, mut backtick, mut position) = (0usize, false, 0);
    while let Some(byte) = bytes.get(position).copied() {
        match byte {
            b'\\' => position += 1,
            b'`' => backtick = !backtick,
            b'$' if matches!(bytes.get(position + 1), Some(b'(' | b'{')) => {
                depth += 1;
                position += 1;
            }
            b'(' | b'{' if depth > 0 => depth += 1,
            b')' | b'}' => depth = depth.saturating_sub(1),
            b'"' if depth == 0 && !backtick => {
                if let Some(byte) = bytes.get_mut(position) {
                    *byte = b'x';
                }
            }
            _ => {}
        }
        position += 1;
    }
}

/// The lines of a `<<-` body, each without its leading tabs and with its line break.
fn stripped_lines(text: &str, start: usize) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut position = start;
    for line in text.split_inclusive('\n') {
        let tabs = line.bytes().take_while(|byte| *byte == b'\t').count();
        lines.push(position + tabs..position + line.len());
        position += line.len();
    }
    lines
}
