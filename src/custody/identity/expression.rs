//! An identity expression: compiled, and a sample of what its author meant.

use regex::{Regex, RegexBuilder};
use regex_syntax::hir::{Class, Hir, HirKind, Look, Repetition};

/// Longest expression that is looked at, in bytes.
const MAX_LENGTH: usize = 8 * 1024;
/// Bound of the compiled program, in bytes.
const MAX_PROGRAM: usize = 2 << 20;
/// Bounds of one sample.
const MAX_SAMPLE: usize = 2048;
const MAX_NODES: usize = 20_000;
/// How many alternatives are sampled.
const MAX_SAMPLES: usize = 6;

/// A compiled expression.
pub(super) struct Expression {
    pub(super) regex: Regex,
    /// One for each alternative, the first ones only.
    pub(super) samples: Vec<Sample>,
    /// `^` stands before everything.
    pub(super) starts: bool,
    /// `$` stands behind everything.
    pub(super) ends: bool,
}

/// Where a letter of a sample comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Written.
    Literal,
    /// A lone `.`, meant as a dot.
    LooseDot,
    /// Any of several letters, or of any number.
    Hole,
}

/// A text that the expression was written for. Its wildcards are filled with some letter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Sample {
    pub(super) letters: Vec<(char, Mark)>,
}

impl Expression {
    /// Compiles an expression of Go's `regexp`; the error says why that is not possible.
    pub(super) fn compile(go: &str) -> Result<Self, String> {
        if go.len() > MAX_LENGTH {
            return Err("the expression is too long".to_owned());
        }
        let text = from_go(go);
        let hir = regex_syntax::ParserBuilder::new().nest_limit(60).build().parse(&text).map_err(|error| reason(&error))?;
        let regex = RegexBuilder::new(&text).size_limit(MAX_PROGRAM).nest_limit(60).build().map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => "the expression is too big".to_owned(),
            _ => "the expression does not compile".to_owned(),
        })?;
        let mut samples: Vec<Sample> = Vec::new();
        for choice in 0..MAX_SAMPLES {
            let mut writer = Writer { sample: Sample::default(), choice, nodes: 0 };
            writer.write(&hir);
            if !samples.contains(&writer.sample) {
                samples.push(writer.sample);
            }
        }
        let properties = hir.properties();
        let starts = properties.look_set_prefix().contains(Look::Start);
        let ends = properties.look_set_suffix().contains(Look::End);
        Ok(Self { regex, samples, starts, ends })
    }
}

fn reason(error: &regex_syntax::Error) -> String {
    match error {
        regex_syntax::Error::Parse(error) => error.kind().to_string(),
        regex_syntax::Error::Translate(error) => error.kind().to_string(),
        _ => "the expression does not parse".to_owned(),
    }
}

/// Rewrites what Go's `regexp/syntax` reads otherwise than the `regex` crate: `\Q..\E`, escaped punctuation, a brace that
/// repeats nothing, and the brackets and operators that have no meaning inside Go's character classes.
fn from_go(go: &str) -> String {
    let mut text = String::with_capacity(go.len() + 8);
    let mut rest = go;
    while let Some(letter) = rest.chars().next() {
        let after = &rest[letter.len_utf8()..];
        rest = match letter {
            '\\' if after.starts_with('Q') => {
                let (inside, behind) = after[1..].split_once("\\E").unwrap_or((&after[1..], ""));
                text.push_str(&regex_syntax::escape(inside));
                behind
            }
            '\\' => push_escape(&mut text, after),
            '[' => push_class(&mut text, after),
            '{' if !is_count(after) => {
                text.push_str("\\{");
                after
            }
            _ => {
                text.push(letter);
                after
            }
        };
    }
    text
}

/// Takes what follows a backslash, and hands back the rest.
fn push_escape<'g>(text: &mut String, after: &'g str) -> &'g str {
    match after.chars().next() {
        Some(escaped) if escaped.is_ascii_punctuation() => push_literal(text, escaped),
        Some(escaped) => text.extend(['\\', escaped]),
        None => text.push('\\'),
    }
    after.get(after.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default()
}

/// Takes what follows an opening bracket up to the closing one, and hands back the rest. A `]` at the front closes nothing.
fn push_class<'g>(text: &mut String, after: &'g str) -> &'g str {
    text.push('[');
    let mut rest = after;
    if let Some(behind) = rest.strip_prefix('^') {
        text.push('^');
        rest = behind;
    }
    let mut empty = true;
    while let Some(letter) = rest.chars().next() {
        let behind = &rest[letter.len_utf8()..];
        rest = match letter {
            ']' if !empty => {
                text.push(']');
                return behind;
            }
            '\\' => push_escape(text, behind),
            '[' if behind.starts_with(':') && behind.contains(":]") => {
                let end = behind.find(":]").map_or(behind.len(), |end| end + 2);
                text.push('[');
                text.push_str(&behind[..end]);
                &behind[end..]
            }
            '[' | ']' | '&' | '~' => {
                push_literal(text, letter);
                behind
            }
            _ => {
                text.push(letter);
                behind
            }
        };
        empty = false;
    }
    rest
}

fn push_literal(text: &mut String, letter: char) {
    if letter == '<' || letter == '>' {
        text.push(letter);
    } else {
        text.push_str(&regex_syntax::escape(letter.encode_utf8(&mut [0; 4])));
    }
}

/// `3}`, `3,}` or `3,5}` follows.
fn is_count(after: &str) -> bool {
    after.split_once('}').is_some_and(|(inside, _)| {
        let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        !least.is_empty() && digits(least) && digits(most)
    })
}

/// Writes a sample; at alternatives it takes the `choice`th, counted round.
struct Writer {
    sample: Sample,
    choice: usize,
    nodes: usize,
}

impl Writer {
    fn write(&mut self, hir: &Hir) {
        self.nodes += 1;
        if self.nodes > MAX_NODES || self.sample.letters.len() > MAX_SAMPLE {
            return;
        }
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => {
                let text = String::from_utf8_lossy(&literal.0);
                self.sample.letters.extend(text.chars().map(|letter| (letter, Mark::Literal)));
            }
            HirKind::Class(class) => self.sample.letters.push(representative(class)),
            HirKind::Repetition(repetition) => self.repeat(repetition),
            HirKind::Capture(capture) => self.write(&capture.sub),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.write(part)),
            HirKind::Alternation(branches) => {
                if let Some(branch) = branches.get(self.choice % branches.len().max(1)) {
                    self.write(branch);
                }
            }
        }
    }

    fn repeat(&mut self, repetition: &Repetition) {
        let times = repetition.min.clamp(1, 64);
        let HirKind::Class(class) = repetition.sub.kind() else {
            for _ in 0..times {
                self.write(&repetition.sub);
            }
            return;
        };
        let (letter, mark) = representative(class);
        let letter = if mark == Mark::LooseDot { 'x' } else { letter };
        let mark = if mark == Mark::Literal { mark } else { Mark::Hole };
        self.sample.letters.extend((0..times).map(|_| (letter, mark)));
    }
}

/// A letter of a class. Upper and lower case of one letter count as that letter.
fn representative(class: &Class) -> (char, Mark) {
    let holds = |letter: char| match class {
        Class::Unicode(class) => class.iter().any(|range| (range.start()..=range.end()).contains(&letter)),
        Class::Bytes(class) => {
            class.iter().any(|range| letter.is_ascii() && (range.start()..=range.end()).contains(&(letter as u8)))
        }
    };
    let all: Vec<char> = (' '..='~').filter(|letter| holds(*letter)).collect();
    match all.as_slice() {
        [only] => (*only, Mark::Literal),
        [upper, lower] if upper.eq_ignore_ascii_case(lower) => (*lower, Mark::Literal),
        [first, ..] if all.len() < 90 => {
            (['x', '1', 'a'].into_iter().find(|letter| holds(*letter)).unwrap_or(*first), Mark::Hole)
        }
        [_, ..] if holds('.') && holds('/') => ('.', Mark::LooseDot),
        _ => ('x', Mark::Hole),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(go: &str) -> String {
        Expression::compile(go).map_or_else(
            |error| format!("error: {error}"),
            |expression| {
                let text = |sample: &Sample| -> String {
                    sample
                        .letters
                        .iter()
                        .map(|(letter, mark)| match mark {
                            Mark::Literal => *letter,
                            Mark::LooseDot => '?',
                            Mark::Hole => '*',
                        })
                        .collect()
                };
                expression.samples.iter().map(text).collect::<Vec<_>>().join(" ")
            },
        )
    }

    #[test]
    fn samples() {
        for (go, expected) in [
            (r"^https://github.com/acme\.x/.*$", "https://github?com/acme.x/*"),
            (r"\Qa.b*\E.c", "a.b*?c"),
            (r"(?i)^HTTPS?://Acme$", "https://acme"),
            (r"refs/(heads/main|tags/.+)", "refs/heads/main refs/tags/*"),
            (r"v[0-9]+\.[0-9]{2}", "v*.**"),
            (r"a{{ b }}", "a{{ b }}"),
            (r"\/\-\@\_\<", "/-@_<"),
            (r"x[[&&~~-]y", "x*y"),
            (r"x[]a]y", "x*y"),
            (r"x[^]]y", "x?y"),
            (r"[[:alpha:]]x", "*x"),
        ] {
            assert_eq!(shown(go), expected, "{go}");
        }
        for go in ["(", "(?=x)", "a**b)", "[", "\\", "*", "((a{1000}){1000}){1000}", &"(".repeat(200), &"x".repeat(9000)] {
            assert!(shown(go).starts_with("error: "), "{go}");
        }
        assert!(!shown(&format!("{}{}", "(".repeat(40), "){9}".repeat(40))).is_empty());
    }
}
