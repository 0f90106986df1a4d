//! Words as a script to parse again, with exact places.

use super::ir::{Part, PartKind, Word};
use crate::source::OffsetMap;
use std::ops::Range;

/// A script text made of words.
#[derive(Debug, Clone, PartialEq)]
pub struct InlineText {
    /// The text.
    pub text: String,
    /// Leads from its bytes to bytes of the script that the words stand in.
    pub map: OffsetMap,
    /// Where holes stand in it, in order: what to give to [`crate::shell::parse`].
    pub holes: Vec<Range<usize>>,
    /// For each of `holes` its index among the holes of the script that the words stand in.
    pub outer: Vec<usize>,
}

/// Joins words by blanks into the text that a nested shell sees: literals decoded, expansions as they are written (the
/// outer shell's value of a variable takes the same name), holes kept. `script` is the text that the words were parsed from.
#[must_use]
pub fn inline_text(script: &str, words: &[&Word]) -> InlineText {
    let mut inline = InlineText { text: String::new(), map: OffsetMap::default(), holes: Vec::new(), outer: Vec::new() };
    let mut last_end = None;
    for word in words {
        if let Some(end) = last_end {
            inline.text.push(' ');
            inline.map.push(1, end..word.at.start.max(end));
        }
        last_end = Some(word.at.end);
        for part in &word.parts {
            append(&mut inline, script, part);
        }
    }
    inline
}

fn append(inline: &mut InlineText, script: &str, part: &Part) {
    let source = script.get(part.at.clone()).unwrap_or("");
    match &part.kind {
        PartKind::Literal(text) => {
            inline.text.push_str(text);
            align(&mut inline.map, source, text, part.at.start);
        }
        PartKind::Hole(index) => {
            inline.holes.push(inline.text.len()..inline.text.len() + source.len());
            inline.outer.push(*index);
            inline.text.push_str(source);
            inline.map.push(source.len(), part.at.clone());
        }
        _ => {
            inline.text.push_str(source);
            inline.map.push(source.len(), part.at.clone());
        }
    }
}

/// Maps decoded text to the source that it was decoded from: escapes map as a whole, quotes and continuations vanish.
fn align(map: &mut OffsetMap, source: &str, text: &str, start: usize) {
    let (source, text) = (source.as_bytes(), text.as_bytes());
    let (mut from, mut to) = (0, 0);
    while to < text.len() {
        let (left, wanted) = (source.get(from..).unwrap_or_default(), text.get(to..).unwrap_or_default());
        if left == wanted {
            map.push(wanted.len(), start + from..start + source.len());
            return;
        }
        let here = start + from;
        match (left, wanted) {
            ([b'\\', b'\n', ..], _) => from += 2,
            ([b'\\', next, ..], [byte, ..]) if next == byte => {
                map.push(1, here..here + 2);
                (from, to) = (from + 2, to + 1);
            }
            ([first, ..], [byte, ..]) if first == byte => {
                map.push(1, here..here + 1);
                (from, to) = (from + 1, to + 1);
            }
            ([b'\'' | b'"', ..], _) => from += 1,
            // An escape of `$'..'`: the rest maps as a whole.
            _ => {
                map.push(wanted.len(), here..start + source.len());
                return;
            }
        }
    }
}
