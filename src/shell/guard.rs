//! What stands between a script and the generated parsers: fuzzing found inputs of a few bytes that crash them, and
//! inputs of a few kilobytes that take seconds or gigabytes. Every bound is checked before the parse, because the
//! progress callback comes too late for some of them.

use super::ir::Limit;
use std::cell::RefCell;
use std::ops::{ControlFlow, Range};
use std::time::{Duration, Instant};
use tree_sitter::{Language, ParseOptions, Parser, Point, Tree};

/// Largest script that is looked at.
pub(super) const MAX_BYTES: usize = 1 << 20;
/// Deepest nesting that is followed, and longest chain of `&&` and `||`.
pub(super) const MAX_DEPTH: usize = 200;
/// Pipes in one statement; the parser's memory is quadratic in it.
const MAX_PIPES: usize = 300;
/// Brackets, `<`, `>` and `&` in one logical line.
const MAX_BRACKETS: usize = 2_000;
/// Here-documents begun in one logical line.
const MAX_HEREDOCS: usize = 20;
/// Brackets that are open at once.
const MAX_OPEN: usize = 200;
/// Steps of the parser for one byte: five times what the worst of 27,000 real scripts takes. Counted in calls of the progress
/// callback, which come every hundred steps, so that the answer does not depend on how busy the machine is.
const BYTES_PER_CALL: usize = 10;
/// Calls that even the shortest script may take.
const MIN_CALLS: usize = 1_000;
/// Wall time for one parse and for each of its bytes: some inputs take long without many steps. Far beyond what any other script
/// takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(2);
const DEADLINE_PER_BYTE: Duration = Duration::from_micros(10);

/// The holes that lie in the text, on character boundaries, in order and not empty. Anything else is a caller's mistake
/// and is left out, under its own index, as an empty range at the end.
pub(super) fn usable_holes(text: &str, holes: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut last = 0;
    let mut usable = Vec::with_capacity(holes.len());
    for hole in holes {
        if hole.start >= last && hole.start < hole.end && text.get(hole.clone()).is_some() {
            last = hole.end;
            usable.push(hole.clone());
        } else {
            usable.push(text.len()..text.len());
        }
    }
    usable.sort_by_key(|hole| hole.start);
    usable
}

/// The text that the parser sees: as long as `text`, ASCII without NUL, holes filled with `_`, lines that end in `\n`
/// alone, no backslash at the end.
pub(super) fn clean(text: &str, holes: &[Range<usize>]) -> Vec<u8> {
    let mut bytes: Vec<u8> = text.bytes().map(|byte| if byte >= 0x80 || byte == 0 { b'x' } else { byte }).collect();
    for index in 1..bytes.len() {
        if bytes[index] == b'\n' && bytes[index - 1] == b'\r' {
            bytes[index - 1] = b' ';
        }
    }
    for hole in holes {
        if let Some(hole) = bytes.get_mut(hole.clone()) {
            hole.fill(b'_');
        }
    }
    if let Some(end) = open_end(&bytes) {
        bytes[end] = b' ';
    }
    bytes
}

/// The backslash that would continue the last line.
fn open_end(bytes: &[u8]) -> Option<usize> {
    let last = bytes.iter().rposition(|byte| !byte.is_ascii_whitespace())?;
    let escapes = bytes[..=last].iter().rev().take_while(|byte| **byte == b'\\').count();
    let is_open =
        escapes % 2 == 1 && bytes.get(last + 1).is_none_or(|byte| *byte == b'\n') || escapes > 0 && last + 1 == bytes.len();
    is_open.then_some(last)
}

/// Spells things differently that the grammar for bash does not get right, without changing a place.
pub(super) fn ease(bytes: &mut [u8]) {
    plain_escapes(bytes);
    blank_bangs(bytes);
    plain_tests(bytes);
    double_signs(bytes);
    plain_expressions(bytes);
    part_loops(bytes);
    blank_times(bytes);
}

/// A `\` before a carriage return that ends no line: the grammar takes a byte of what follows with it, which may be half a character.
fn plain_escapes(bytes: &mut [u8]) {
    for index in 1..bytes.len() {
        if bytes[index] == b'\r' && bytes[index - 1] == b'\\' && bytes.get(index + 1) != Some(&b'\n') {
            bytes[index] = b'x';
        }
    }
}

/// `[[ a =~ .*" ".* ]]`: the grammar takes no quotes within an expression. Words are read from the text as it was.
fn plain_expressions(bytes: &mut [u8]) {
    let mut index = 0;
    while let Some(found) = bytes[index..].windows(4).position(|four| four == b" =~ ") {
        index += found + 4;
        let line = bytes[..index].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        // Perl has the operator too.
        if !bytes[line..index].windows(3).any(|three| three == b"[[ ") {
            continue;
        }
        let begins_quoted = matches!(bytes.get(index), Some(b'"' | b'\''));
        while let Some(byte) = bytes.get(index).copied().filter(|byte| !begins_quoted && !byte.is_ascii_whitespace()) {
            let inner = bytes[index + 1..].iter().take_while(|inner| **inner != byte && **inner != b'\n');
            let end = index + 1 + inner.count();
            let is_plain = matches!(byte, b'"' | b'\'') && bytes.get(end) == Some(&byte) && !bytes[index..end].contains(&b'$');
            if is_plain {
                bytes[index..=end].fill(b'x');
            }
            index = if is_plain { end + 1 } else { index + 1 };
        }
    }
}

/// Blanks the `time` of `time { ..; }` and of `time for ..`, which the grammar does not know.
fn blank_times(bytes: &mut [u8]) {
    for index in 0..bytes.len() {
        if !bytes[index..].starts_with(b"time") || !may_start_command(&bytes[..index]) {
            continue;
        }
        let (keyword, next) = (next_word(bytes, index), next_word(bytes, index + 4));
        let opens = matches!(bytes.get(next.start..next.start + 2), Some([b'{', blank]) if blank.is_ascii_whitespace());
        let is_compound = matches!(&bytes[next.clone()], b"for" | b"while" | b"until" | b"if" | b"case");
        if &bytes[keyword.clone()] == b"time" && next.start > keyword.end && (opens || is_compound) {
            bytes[keyword].fill(b' ');
        }
    }
}

/// `[[ a = *b ]]` is `[[ a == *b ]]`; the grammar takes no pattern with quotes behind the one sign.
fn double_signs(bytes: &mut [u8]) {
    let mut is_inside = false;
    for index in 0..bytes.len() {
        match &bytes[index..] {
            [b'[', b'[', b' ', ..] => is_inside = true,
            [b']', b']', ..] | [b'\n', ..] => is_inside = false,
            [b' ', b'=', b' ', b'*', ..] if is_inside => bytes[index] = b'=',
            _ => {}
        }
    }
}

/// `[ a == b ]` is a command like any other; the grammar takes its words for an expression, in which `== ""` can swallow
/// the following lines. With another letter for the bracket it is a command for the grammar as well.
fn plain_tests(bytes: &mut [u8]) {
    for index in 0..bytes.len() {
        let opens = bytes[index] == b'[' && matches!(bytes.get(index + 1), Some(b' ' | b'\t'));
        if opens && index.checked_sub(1).is_none_or(|before| b" \t\n;(&|`{".contains(&bytes[before])) {
            bytes[index] = b'x';
        }
    }
}

/// Puts a `;` into `for name do`, which loops over the arguments: the grammar does not know it without.
fn part_loops(bytes: &mut [u8]) {
    for index in 0..bytes.len() {
        if !bytes[index..].starts_with(b"for") || !may_start_command(&bytes[..index]) {
            continue;
        }
        let keyword = next_word(bytes, index);
        let name = next_word(bytes, keyword.end);
        let last = next_word(bytes, name.end);
        if &bytes[keyword] == b"for" && !name.is_empty() && &bytes[last] == b"do" {
            bytes[name.end] = b';';
        }
    }
}

/// The letters that come next, behind blanks.
fn next_word(bytes: &[u8], from: usize) -> Range<usize> {
    let count = |at: usize, fits: fn(&u8) -> bool| bytes[at..].iter().take_while(|byte| fits(byte)).count();
    let start = from + count(from, |byte| matches!(byte, b' ' | b'\t'));
    start..start + count(start, |byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

/// Whether the word behind this text may be a keyword.
fn may_start_command(before: &[u8]) -> bool {
    let blanks = before.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let (before, blanks) = before.split_at(before.len() - blanks);
    let follows = |word: &str| !blanks.is_empty() && before.ends_with(word.as_bytes());
    before.last().is_none_or(|byte| b"\n;&|(){`".contains(byte)) || ["then", "do", "else", "!"].into_iter().any(follows)
}

/// Blanks the `!` of `! {`, which the grammar does not know.
fn blank_bangs(bytes: &mut [u8]) {
    for index in 0..bytes.len() {
        if bytes[index] != b'!' || index.checked_sub(1).is_some_and(|before| !b" \t\n;(&|".contains(&bytes[before])) {
            continue;
        }
        let mut rest = bytes[index + 1..].iter().skip_while(|byte| matches!(byte, b' ' | b'\t'));
        if rest.next() == Some(&b'{') && rest.next().is_some_and(u8::is_ascii_whitespace) {
            bytes[index] = b' ';
        }
    }
}

/// Counts of one logical line (lines joined by a trailing `\`, `|` or `&` are one).
#[derive(Default, Clone, Copy)]
struct Load {
    pipes: usize,
    brackets: usize,
    heredocs: usize,
}

impl Load {
    fn excess(self) -> Option<&'static str> {
        if self.pipes > MAX_PIPES {
            Some("a statement may have 300 pipes")
        } else if self.brackets > MAX_BRACKETS {
            Some("a line may have 2000 brackets and operators")
        } else if self.heredocs > MAX_HEREDOCS {
            Some("a line may begin 20 here-documents")
        } else {
            None
        }
    }
}

/// Blanks the logical lines that would take the parser too long, and says what the first of them was.
pub(super) fn blank_hopeless(bytes: &mut [u8]) -> Option<Limit> {
    let mut limit: Option<Limit> = None;
    let (mut start, mut load, mut open) = (0, Load::default(), 0usize);
    for index in 0..=bytes.len() {
        let byte = bytes.get(index).copied();
        let here = count(bytes, index, byte, &mut load, &mut open);
        if byte.is_some() && !here {
            continue;
        }
        let too_deep = (open > MAX_OPEN).then_some("200 brackets may be open at once");
        if let Some(what) = load.excess().or(too_deep) {
            // What is nested too deep goes on being so: then nothing is left to look at.
            let index = if too_deep.is_some() { bytes.len() } else { index };
            bytes[start..index].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
            limit.get_or_insert(Limit { at: start..index, what: what.to_owned() });
            open = 0;
        }
        (start, load) = (index + 1, Load::default());
    }
    limit
}

/// Counts one byte; true where a logical line ends.
fn count(bytes: &[u8], index: usize, byte: Option<u8>, load: &mut Load, open: &mut usize) -> bool {
    match byte {
        Some(b'|') => load.pipes += 1,
        Some(b'(' | b'{') => {
            load.brackets += 1;
            *open += 1;
        }
        Some(b'<') if index > 0 && bytes[index - 1] == b'<' => load.heredocs += 1,
        Some(b'[' | b'<' | b'>' | b'&') => load.brackets += 1,
        Some(b')' | b'}') => {
            load.brackets += 1;
            *open = open.saturating_sub(1);
        }
        Some(b'\n') => {
            let before = bytes[..index].iter().rev().find(|byte| !matches!(byte, b' ' | b'\t'));
            return !matches!(before, Some(b'\\' | b'|' | b'&'));
        }
        _ => {}
    }
    false
}

thread_local! {
    static PARSER: RefCell<Option<Parser>> = const { RefCell::new(None) };
}

/// Parses clean bytes; `None` if it took too many steps or too long (or the grammar cannot be loaded).
pub(super) fn tree(bytes: &[u8], language: &Language) -> Option<Tree> {
    run(bytes, 0, &[], language)
}

/// Parses clean bytes that stand at `start` of a text: the places in the tree are those of the text.
pub(super) fn tree_at(bytes: &[u8], start: usize, language: &Language) -> Option<Tree> {
    let range = tree_sitter::Range {
        start_byte: start,
        end_byte: start + bytes.len(),
        start_point: Point::new(0, 0),
        end_point: Point::new(usize::from(u16::MAX), 0),
    };
    run(bytes, start, &[range], language)
}

fn run(bytes: &[u8], start: usize, ranges: &[tree_sitter::Range], language: &Language) -> Option<Tree> {
    PARSER.with(|slot| {
        let mut slot = slot.try_borrow_mut().ok()?;
        let parser = slot.get_or_insert_with(Parser::new);
        parser.set_language(language).ok()?;
        parser.set_included_ranges(ranges).ok()?;
        let mut calls = MIN_CALLS + bytes.len() / BYTES_PER_CALL;
        let deadline = Instant::now() + DEADLINE + DEADLINE_PER_BYTE * u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let mut watch = |_: &tree_sitter::ParseState| {
            calls = calls.saturating_sub(1);
            if calls == 0 || Instant::now() > deadline { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let options = ParseOptions::new().progress_callback(&mut watch);
        let mut read = |at: usize, _: Point| at.checked_sub(start).and_then(|at| bytes.get(at..)).unwrap_or(&[]);
        let tree = parser.parse_with_options(&mut read, None, Some(options));
        if tree.is_none() {
            parser.reset();
        }
        tree
    })
}

/// The limit to report where [`tree`] gave up.
pub(super) fn too_slow(length: usize) -> Limit {
    Limit { at: 0..length, what: String::from("it takes the parser too long") }
}
