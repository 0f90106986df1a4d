//! Text from files, made harmless: for terminals, for the logs of CI systems, for JSON. And lines that fit.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Quoted values longer than this, in characters, are shortened in messages for people.
const MAX_QUOTED: usize = 72;

/// A character that a terminal (or a reader) must not get from a file: controls, marks that reorder text, marks nobody sees.
fn is_hostile(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2064}' | '\u{206a}'..='\u{206f}')
        || matches!(c, '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Whether a `[` after this text makes a command of it: `##[add-mask]`, `##vso[..]`, `##teamcity[..]`. Runners obey these anywhere
/// in a line of the log (`ActionCommand.TryParse` in actions/runner), while `::add-mask::` has to be the line's beginning.
fn opens_command(before: &str) -> bool {
    before.trim_end_matches(|c: char| c.is_ascii_alphanumeric()).ends_with("##")
}

/// One line of text that is safe to print: hostile characters escaped.
#[must_use]
pub fn neutral(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => safe.push(' '),
            '[' if opens_command(&safe) => safe.extend(c.escape_unicode()),
            c if is_hostile(c) => safe.extend(c.escape_unicode()),
            c => safe.push(c),
        }
    }
    safe
}

/// The lines of a text that is safe to print: as [`neutral`], and none begins as a command to a runner does.
#[must_use]
pub fn neutral_lines(text: &str) -> String {
    let line = |line: &str| if line.trim_start().starts_with("::") { format!("| {}", neutral(line)) } else { neutral(line) };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The whole text with each hostile character replaced by a harmless one of as many bytes, so that offsets stay.
pub(super) fn neutral_in_place(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let line_break = c == '\r' && chars.peek() == Some(&'\n');
        safe.push(match c.len_utf8() {
            _ if c == '[' && opens_command(&safe) => '(',
            _ if line_break || !is_hostile(c) => c,
            1 => '?',
            2 => '¿',
            3 => '\u{fffd}',
            _ => '\u{1f6ab}',
        });
    }
    safe
}

/// A path at the beginning of a line, where `::` would be a command to a runner.
pub(super) fn leading_path(path: &str) -> String {
    let safe = neutral(path);
    if safe.trim_start().starts_with("::") { format!("./{safe}") } else { safe }
}

/// JSON that means the same, and does nothing to a terminal or a runner that prints it; also of a part of a string between escapes.
pub(super) fn harmless_json(json: &str) -> Cow<'_, str> {
    let is_harmless = |c: char| !is_hostile(c) && c != '[';
    if json.chars().all(is_harmless) {
        return Cow::Borrowed(json);
    }
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            // None of these stands outside of strings: `[` comes after letters nowhere else.
            c if is_hostile(c) || (c == '[' && opens_command(&safe)) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(safe, "\\u{unit:04x}");
                }
            }
            c => safe.push(c),
        }
    }
    Cow::Owned(safe)
}

/// The text between backquotes in turns: outside, inside, outside, and so on. A backquote without a partner stays outside.
pub(super) fn quoted(text: &str) -> impl Iterator<Item = (bool, &str)> {
    let pairs = text.matches('`').count() / 2;
    text.splitn(2 * pairs + 1, '`').enumerate().map(|(index, part)| (index % 2 == 1, part))
}

/// A message with its long quoted values cut in the middle: where a name begins and how it ends is what one knows it by.
pub(super) fn shortened(text: &str) -> String {
    cut_to(text, MAX_QUOTED)
}

/// The same for what somebody may want to copy.
pub(super) fn shortened_advice(text: &str) -> String {
    cut_to(text, 3 * MAX_QUOTED)
}

fn cut_to(text: &str, most: usize) -> String {
    let mut short = String::with_capacity(text.len());
    for (is_quoted, part) in quoted(text) {
        match is_quoted {
            true => {
                let _ = write!(short, "`{}`", middle_cut(part, most));
            }
            false => short.push_str(part),
        }
    }
    short
}

fn middle_cut(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most {
        return text.to_owned();
    }
    let tail = most / 3;
    let head: String = text.chars().take(most - tail - 1).collect();
    head + "…" + &text.chars().skip(length - tail).collect::<String>()
}

/// Breaks a line into lines of at most `width` characters, between words alone: a longer word (a path, a reference) stays whole, and
/// so does what is quoted, if a line can hold it. Lines after the first are indented; none begins with what a runner takes for a command.
pub(super) fn wrapped(text: &str, width: Option<usize>, first: usize, indent: usize) -> String {
    let Some(width) = width else { return text.to_owned() };
    let mut lines = String::with_capacity(text.len());
    let mut column = first;
    for (index, word) in words(text, width.saturating_sub(indent)).into_iter().enumerate() {
        let length = word.chars().count();
        if index > 0 && column + 1 + length > width && column > indent && !word.starts_with("::") {
            let _ = write!(lines, "\n{:indent$}", "");
            column = indent;
        } else if index > 0 {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += length;
    }
    lines
}

/// The words of a line; a quoted value of at most `most` characters is one.
fn words<'t>(text: &'t str, most: usize) -> Vec<&'t str> {
    let mut words = Vec::new();
    let (mut start, mut is_quoted) = (0, false);
    let end_of_quote = text.rfind('`').unwrap_or_default();
    for (at, c) in text.char_indices() {
        is_quoted ^= c == '`';
        if c == ' ' && !(is_quoted && at < end_of_quote) {
            words.push(&text[start..at]);
            start = at + 1;
        }
    }
    words.push(&text[start..]);
    let parts = |word: &'t str| if word.chars().count() <= most { vec![word] } else { word.split(' ').collect() };
    words.into_iter().flat_map(parts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_characters_keep_their_length() {
        let text = "a\u{1b}b\u{9b}c\u{202e}d\r\ne\rf";
        assert_eq!(neutral_in_place(text), "a?b¿c\u{fffd}d\r\ne?f");
        assert_eq!(neutral_in_place(text).len(), text.len());
    }

    #[test]
    fn commands_to_runners_are_none() {
        assert_eq!(neutral("x ##[add-mask]y ##vso[task] # [a] $#[1]"), "x ##\\u{5b}add-mask]y ##vso\\u{5b}task] # [a] $#[1]");
        assert_eq!(neutral_in_place("##[error]a"), "##(error]a");
        assert_eq!(leading_path("::stop-commands::x/a.yml"), "./::stop-commands::x/a.yml");
        assert_eq!(harmless_json(r###"["##[error]", "a[0]"]"###), r###"["##\u005berror]", "a[0]"]"###);
    }

    #[test]
    fn lines_are_broken_between_words() {
        let text = "download to a/very/long/path/that/is/longer, then run";
        assert_eq!(wrapped(text, Some(20), 8, 8), "download to\n        a/very/long/path/that/is/longer,\n        then run");
        assert_eq!(wrapped(text, None, 8, 8), text);
        assert_eq!(wrapped("copy it: `crane copy a b` at once", Some(18), 0, 2), "copy it:\n  `crane copy a b`\n  at once");
        assert_eq!(wrapped("`crane copy a b` ` c", Some(12), 0, 2), "`crane copy\n  a b` ` c");
        assert_eq!(wrapped("aaaa ::error::x", Some(6), 0, 2), "aaaa ::error::x");
    }

    #[test]
    fn long_values_are_cut_in_the_middle() {
        let long = format!("`{}` and `b`, and ` alone", "x".repeat(100));
        let expected = format!("`{}…{}` and `b`, and ` alone", "x".repeat(47), "x".repeat(24));
        assert_eq!(shortened(&long), expected);
    }
}
