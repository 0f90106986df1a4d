//! Text of a makefile with references to variables and functions in it.

use super::{Flavor, trim};
use std::ops::Range;

/// Text before expansion.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    /// Its parts, in order.
    pub parts: Vec<Part>,
}

/// A part of a text, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its place.
    pub at: Range<usize>,
    /// What it is.
    pub kind: Kind,
}

/// What a part is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Text as it is.
    Literal(String),
    /// `$(NAME)`, `${NAME}`, `$x`, `$(NAME:a=b)`
    Variable {
        /// The name, which may itself refer to variables.
        name: Text,
        /// What is replaced at the end of each word.
        replaces: Option<(Text, Text)>,
    },
    /// `$(function a,b)`
    Call {
        /// The function.
        function: String,
        /// Its arguments.
        arguments: Vec<Text>,
    },
}

/// GNU make's functions; anything else with a blank in it is no name of a variable either.
const FUNCTIONS: &[&str] = &[
    "abspath",
    "addprefix",
    "addsuffix",
    "and",
    "basename",
    "call",
    "dir",
    "error",
    "eval",
    "file",
    "filter",
    "filter-out",
    "findstring",
    "firstword",
    "flavor",
    "foreach",
    "guile",
    "if",
    "info",
    "intcmp",
    "join",
    "lastword",
    "let",
    "notdir",
    "or",
    "origin",
    "patsubst",
    "realpath",
    "shell",
    "sort",
    "strip",
    "subst",
    "suffix",
    "value",
    "warning",
    "wildcard",
    "word",
    "wordlist",
    "words",
];

impl Text {
    /// Reads text outside of recipes: a continuation and the blanks around it are one blank.
    pub(super) fn read(text: &str, range: Range<usize>) -> Text {
        read(text, range, false, 0)
    }

    /// Reads a line of a recipe: continuations are the shell's; a tab behind one is make's.
    pub(super) fn read_recipe(text: &str, range: Range<usize>) -> Text {
        read(text, range, true, 0)
    }

    /// The text, if nothing in it is to be expanded.
    #[must_use]
    pub fn literal(&self) -> Option<String> {
        let mut out = String::new();
        for part in &self.parts {
            match &part.kind {
                Kind::Literal(text) => out.push_str(text),
                _ => return None,
            }
        }
        Some(out)
    }

    /// Whether some part calls this function, however deep.
    #[must_use]
    pub fn calls(&self, name: &str) -> bool {
        self.parts.iter().any(|part| match &part.kind {
            Kind::Literal(_) => false,
            Kind::Variable { name: inner, .. } => inner.calls(name),
            Kind::Call { function, arguments } => function == name || arguments.iter().any(|a| a.calls(name)),
        })
    }

    fn push(&mut self, literal: &str, at: Range<usize>) {
        if !literal.is_empty() {
            self.parts.push(Part { at, kind: Kind::Literal(literal.to_owned()) });
        }
    }
}

/// References nested deeper than this are text.
const MAX_DEPTH: usize = 16;

fn read(text: &str, range: Range<usize>, recipe: bool, depth: usize) -> Text {
    let mut out = Text::default();
    let (mut at, mut from) = (range.start, range.start);
    let bytes = text.as_bytes();
    while at < range.end {
        match bytes[at] {
            b'\\' if at + 1 < range.end && bytes[at + 1] == b'\n' => {
                if recipe {
                    if bytes.get(at + 2) == Some(&b'\t') && at + 2 < range.end {
                        out.push(&text[from..at + 2], from..at + 2);
                        from = at + 3;
                        at = from;
                    } else {
                        at += 2;
                    }
                    continue;
                }
                let kept = text[from..at].trim_end_matches([' ', '\t']).len();
                out.push(&text[from..from + kept], from..from + kept);
                let blank = from + kept;
                at += 2;
                while at < range.end && matches!(bytes[at], b' ' | b'\t') {
                    at += 1;
                }
                out.push(" ", blank..at);
                from = at;
            }
            b'$' if at + 1 < range.end => {
                out.push(&text[from..at], from..at);
                at = reference(text, at, range.end, recipe, depth, &mut out);
                from = at;
            }
            _ => at += 1,
        }
    }
    out.push(&text[from..range.end], from..range.end);
    out
}

/// Reads what starts with the dollar at `at`; gives what comes after it.
fn reference(text: &str, at: usize, end: usize, recipe: bool, depth: usize, out: &mut Text) -> usize {
    let open = text.as_bytes()[at + 1];
    if open == b'$' {
        out.push("$", at..at + 2);
        return at + 2;
    }
    if !matches!(open, b'(' | b'{') {
        let len = text[at + 1..].chars().next().map_or(1, char::len_utf8);
        let mut name = Text::default();
        name.push(&text[at + 1..at + 1 + len], at + 1..at + 1 + len);
        out.parts.push(Part { at: at..at + 1 + len, kind: Kind::Variable { name, replaces: None } });
        return at + 1 + len;
    }
    let Some(close) = closing(text, at + 1, end).filter(|_| depth < MAX_DEPTH) else {
        out.push(&text[at..end], at..end);
        return end;
    };
    let inner = at + 2..close;
    let body = &text[inner.clone()];
    let word = body.find([' ', '\t', '\n']).map_or("", |i| &body[..i]);
    let kind = if FUNCTIONS.contains(&word) {
        let arguments = trim_start(text, inner.start + word.len()..inner.end);
        let mut ranges = vec![arguments.clone()];
        if word != "shell" {
            ranges = split(text, arguments, b',');
        }
        let arguments = ranges.into_iter().map(|r| read(text, r, recipe && word == "shell", depth + 1)).collect();
        Kind::Call { function: word.to_owned(), arguments }
    } else {
        let pieces = split(text, inner.clone(), b':');
        let replaces = pieces.get(1).and_then(|_| {
            let rest = pieces[1].start..inner.end;
            let sides = split(text, rest, b'=');
            let right = sides.get(1)?.start..inner.end;
            Some((read(text, sides[0].clone(), false, depth + 1), read(text, right, false, depth + 1)))
        });
        Kind::Variable { name: read(text, pieces[0].clone(), false, depth + 1), replaces }
    };
    out.parts.push(Part { at: at..close + 1, kind });
    close + 1
}

fn trim_start(text: &str, range: Range<usize>) -> Range<usize> {
    let slice = &text[range.clone()];
    range.start + (slice.len() - slice.trim_start().len())..range.end
}

/// The bracket that closes the one at `open`.
fn closing(text: &str, open: usize, end: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let (opening, closing) = if bytes[open] == b'(' { (b'(', b')') } else { (b'{', b'}') };
    let mut depth = 0;
    for (at, byte) in bytes.iter().enumerate().take(end).skip(open) {
        if *byte == opening {
            depth += 1;
        } else if *byte == closing {
            depth -= 1;
            if depth == 0 {
                return Some(at);
            }
        }
    }
    None
}

/// Calls `found` with every byte that stands in no brackets of a reference, until it says stop.
fn outside(text: &str, range: Range<usize>, mut found: impl FnMut(usize, u8) -> bool) {
    let bytes = text.as_bytes();
    let mut at = range.start;
    let mut depth = 0_usize;
    while at < range.end {
        if bytes[at] == b'$' && at + 1 < range.end && matches!(bytes[at + 1], b'(' | b'{') {
            at = closing(text, at + 1, range.end).map_or(range.end, |c| c + 1);
            continue;
        }
        match bytes[at] {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            byte if depth == 0 && found(at, byte) => return,
            _ => {}
        }
        at += 1;
    }
}

fn split(text: &str, range: Range<usize>, separator: u8) -> Vec<Range<usize>> {
    let mut cuts = Vec::new();
    outside(text, range.clone(), |at, byte| {
        if byte == separator {
            cuts.push(at);
        }
        false
    });
    let mut parts = Vec::new();
    let mut from = range.start;
    for cut in cuts {
        parts.push(from..cut);
        from = cut + 1;
    }
    parts.push(from..range.end);
    parts
}

/// The end of the line that starts at `start`, its continuations included; the line break is not.
pub(super) fn logical_end(text: &str, start: usize) -> usize {
    let mut at = start;
    loop {
        let Some(end) = text[at..].find('\n').map(|i| at + i) else { return text.len() };
        let backslashes = text[start..end].bytes().rev().take_while(|b| *b == b'\\').count();
        if backslashes % 2 == 0 {
            return end;
        }
        at = end + 1;
    }
}

/// The line up to a `#` that is not escaped.
pub(super) fn without_comment(line: &str) -> &str {
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        match c {
            '#' if !escaped => return &line[..at],
            _ => escaped = c == '\\' && !escaped,
        }
    }
    line
}

/// `(a,b)`, `"a" "b"` of a condition.
pub(super) fn two(text: &str, range: Range<usize>) -> (Range<usize>, Range<usize>) {
    let slice = &text[range.clone()];
    if slice.starts_with('(') {
        let end = range.start + slice.rfind(')').unwrap_or(slice.len()).max(1);
        let parts = split(text, range.start + 1..end, b',');
        let right = parts.get(1).map_or(end..end, |p| p.start..end);
        return (trim(text, parts[0].clone()), trim(text, right));
    }
    let quoted = |from: usize| -> (Range<usize>, usize) {
        let rest = &text[from..range.end];
        match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let len = rest[1..].find(quote).unwrap_or(rest.len() - 1);
                (from + 1..from + 1 + len, (from + 2 + len).min(range.end))
            }
            _ => (from..range.end, range.end),
        }
    };
    let (left, after) = quoted(range.start);
    let next = trim_start(text, after..range.end).start;
    (left, quoted(next).0)
}

/// What a line is.
pub(super) enum Logical {
    /// `name = value`; no flavor of one that runs a command (`!=`).
    Assign { name: Range<usize>, flavor: Option<Flavor>, value: Range<usize> },
    /// `targets: rest`
    Rule { targets: Range<usize>, double_colon: bool, rest: Range<usize> },
    /// Neither.
    Other,
}

pub(super) fn shape(text: &str, range: Range<usize>) -> Logical {
    let bytes = text.as_bytes();
    let mut found = Logical::Other;
    let value = |from: usize| trim(text, from..range.end);
    outside(text, range.clone(), |at, byte| {
        match byte {
            b'=' => {
                let before = if at > range.start { bytes[at - 1] } else { b' ' };
                let (flavor, len) = match before {
                    b'?' => (Some(Flavor::Default), 1),
                    b'+' => (Some(Flavor::Append), 1),
                    b'!' => (None, 1),
                    _ => (Some(Flavor::Recursive), 0),
                };
                found = Logical::Assign { name: trim(text, range.start..at - len), flavor, value: value(at + 1) };
            }
            b':' => {
                let colons = bytes[at..range.end].iter().take_while(|b| **b == b':').count();
                let next = at + colons;
                found = if bytes.get(next) == Some(&b'=') && next < range.end {
                    Logical::Assign { name: trim(text, range.start..at), flavor: Some(Flavor::Simple), value: value(next + 1) }
                } else {
                    let end = if bytes[..at].last() == Some(&b'&') { at - 1 } else { at };
                    let targets = trim(text, range.start..end.max(range.start));
                    Logical::Rule { targets, double_colon: colons > 1, rest: value(next) }
                };
            }
            _ => return false,
        }
        true
    });
    found
}

/// The part before a `;`, and the recipe behind it.
pub(super) fn split_at_semicolon(text: &str, range: Range<usize>) -> (Range<usize>, Option<Range<usize>>) {
    let mut cut = None;
    outside(text, range.clone(), |at, byte| {
        cut = (byte == b';').then_some(at);
        cut.is_some()
    });
    match cut {
        Some(at) => (trim(text, range.start..at), Some(trim(text, at + 1..range.end))),
        None => (range, None),
    }
}
