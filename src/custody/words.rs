//! The words of a command as the tools see them.

use super::text::Text;
use super::value::Value;
use crate::source::Span;
use crate::tools::{Match, Slice, UNKNOWN};
use std::ops::Range;
use std::rc::Rc;

type Places = Rc<Vec<(Range<usize>, Span)>>;

/// The words of a command (or inputs of an action) as the tools see them, with what they really hold.
pub(super) struct Words {
    pub(super) masked: Vec<String>,
    pub(super) values: Vec<Value>,
    places: Vec<Places>,
    whole: Vec<Span>,
    /// Which of them may be no word at all, or several.
    pub(super) elastic: Vec<bool>,
    /// Whether some were left out that may hold options.
    pub(super) spared: bool,
    /// The registry and folder that a variable gives the command, which its words do not name.
    pub(super) repository: Option<Value>,
}

impl Words {
    pub(super) fn new() -> Self {
        Words {
            masked: Vec::new(),
            values: Vec::new(),
            places: Vec::new(),
            whole: Vec::new(),
            elastic: Vec::new(),
            spared: false,
            repository: None,
        }
    }

    pub(super) fn push(&mut self, value: Value, places: Places, whole: Span) {
        self.masked.push(masked(&value));
        self.values.push(value);
        self.places.push(places);
        self.whole.push(whole);
        self.elastic.push(false);
    }

    /// Says of the last word that it may be none. One that is some flag or nothing (`$retry` with `--retry 3` or empty) is no operand.
    pub(super) fn last_is_elastic(&mut self, elastic: bool) {
        if let Some(last) = self.elastic.last_mut() {
            *last = elastic;
        }
        let is_flag = |t: &Text| t.known().is_some_and(|k| k.is_empty() || k.starts_with('-'));
        if let (true, Some(value), Some(masked)) = (elastic, self.values.last(), self.masked.last_mut())
            && value.alternatives().len() > 1
            && value.all(is_flag)
        {
            "-\u{FFFC}".clone_into(masked);
        }
    }

    /// Puts another value in the place of a word. Where it stands stays the same.
    pub(super) fn replace(&mut self, arg: usize, value: Value) {
        self.masked[arg] = masked(&value);
        self.values[arg] = value;
        self.places[arg] = Rc::default();
    }

    /// Leaves out words that are most likely flags or nothing: expansions in no quotes that are not known, where without them
    /// there are as many operands as the command takes.
    pub(super) fn leave_out_spare<'t>(&mut self, recognise: impl Fn(&[&str]) -> Option<Match<'t>>) {
        while self.elastic.iter().skip(1).any(|e| *e) {
            let argv = self.argv();
            let vanishes = |arg: usize| self.values[arg].any(|t| t.known() == Some(""));
            let spare = recognise(&argv).and_then(|found| found.spare_operand(&argv, |arg| self.elastic[arg], vanishes));
            let Some(spare) = spare else {
                break;
            };
            self.masked.remove(spare);
            self.values.remove(spare);
            self.places.remove(spare);
            self.whole.remove(spare);
            self.elastic.remove(spare);
            self.spared = true;
        }
    }

    /// Adds a part of other words.
    pub(super) fn take(&mut self, other: &Words, slice: &Slice) {
        let whole = slice.range == (0..other.masked[slice.arg].len());
        let places = if whole { Rc::clone(&other.places[slice.arg]) } else { Rc::default() };
        self.push(other.value(slice), places, other.span(slice));
        self.last_is_elastic(whole && other.elastic[slice.arg]);
    }

    pub(super) fn argv(&self) -> Vec<&str> {
        self.masked.iter().map(String::as_str).collect()
    }

    /// The value of a slice.
    pub(super) fn value(&self, slice: &Slice) -> Value {
        let Some(value) = self.values.get(slice.arg) else { return Value::default() };
        let whole = slice.range == (0..self.masked[slice.arg].len());
        if whole {
            return value.clone();
        }
        let to_end = slice.range.end == self.masked[slice.arg].len();
        value.map(|text| {
            let end = if to_end { usize::MAX } else { slice.range.end };
            text.slice_masked(slice.range.start..end)
        })
    }

    /// Where the text of a slice was written, which may be the assignment of the variable that holds it.
    pub(super) fn written(&self, slice: &Slice) -> Span {
        let Some(value) = self.values.get(slice.arg) else { return self.span(slice) };
        match (&value.places, value.origins.first()) {
            (Some(places), _) => narrow(places, &slice.range).unwrap_or_else(|| self.span(slice)),
            (None, Some(origin)) => origin.span,
            (None, None) => self.span(slice),
        }
    }

    /// Whether a word is written nowhere in its command.
    pub(super) fn is_given(&self, slice: &Slice) -> bool {
        self.places.get(slice.arg).is_some_and(|places| places.is_empty())
    }

    /// Whether a word is one of several that one expansion gave (`$CMD`, `"$@"`): what stands in the command says nothing of it.
    pub(super) fn is_one_of_several(&self, slice: &Slice) -> bool {
        let span = self.whole_span(slice.arg);
        span != Span::default() && self.whole.iter().filter(|other| **other == span).nth(1).is_some()
    }

    /// A word as it is written in its command: what a variable or another command gives is unknown. `source`: the text of a place.
    pub(super) fn literally<'t>(&self, arg: usize, source: impl Fn(Span) -> &'t str) -> String {
        let (masked, places) = (&self.masked[arg], &self.places[arg]);
        let literal = |(range, span): &(Range<usize>, Span)| masked.get(range.clone()).filter(|text| *text == source(*span));
        places.iter().map(|place| literal(place).map_or_else(|| UNKNOWN.to_string(), str::to_owned)).collect()
    }

    /// The place of a whole word.
    pub(super) fn whole_span(&self, index: usize) -> Span {
        self.whole.get(index).copied().unwrap_or_default()
    }

    pub(super) fn span(&self, slice: &Slice) -> Span {
        let whole = self.whole_span(slice.arg);
        let places = self.places.get(slice.arg).map(|places| places.as_slice()).unwrap_or_default();
        let Some(found) = narrow(places, &slice.range).filter(|found| whole.contains(*found)) else {
            return narrow(places, &slice.range).unwrap_or(whole);
        };
        if found.start == whole.start && slice.range == (0..self.masked[slice.arg].len()) {
            // The whole word, with the quotes in it: `--flag="value"`.
            return whole;
        }
        if self.values.get(slice.arg).is_some_and(|v| v.single().is_none()) {
            // Alternatives have different lengths: all that is sure is where the slice starts. It ends without the quote that closes the word.
            let end = places.last().filter(|(_, last)| whole.contains(*last)).map_or(whole.end, |(_, last)| last.end);
            return Span { end: end.max(found.end), ..found };
        }
        found
    }
}

/// The place of a range of masked text.
pub(super) fn narrow(places: &[(Range<usize>, Span)], range: &Range<usize>) -> Option<Span> {
    let mut found: Option<Span> = None;
    for (decoded, span) in places {
        if decoded.end <= range.start || decoded.start >= range.end {
            continue;
        }
        let source = span.range();
        let exact = decoded.len() == source.len();
        let start = if exact { source.start + range.start.saturating_sub(decoded.start) } else { source.start };
        let end = if exact { source.end - decoded.end.saturating_sub(range.end) } else { source.end };
        let part = Span::new(span.file, start..end);
        found = Some(found.map_or(part, |f| f.to(part)));
    }
    found
}

/// A value as the tools see it: what differs between alternatives is unknown.
fn masked(value: &Value) -> String {
    if let Some(text) = value.single() {
        return text.masked();
    }
    let mut texts = value.alternatives().iter().map(Text::masked);
    let mut prefix = texts.next().unwrap_or_default();
    for text in texts {
        let common = prefix.char_indices().zip(text.chars()).take_while(|((_, a), b)| a == b).last();
        let end = common.map_or(0, |((i, c), _)| i + c.len_utf8());
        prefix.truncate(end);
    }
    prefix.push('\u{FFFC}');
    prefix
}
