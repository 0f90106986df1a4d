//! Searches that compare: `sha256sum file | grep -q "$expected"`.

use super::command::Call;
use super::compare::side;
use super::env::Env;
use super::graph::NodeId;
use super::interpret::{Ctx, Walk};
use super::model::RawEvent;
use super::symbol::Kind;
use super::text::Text;
use super::value::Value;
use crate::facts::{EventKind, Shell};
use crate::shell::{Node, NodeKind, Part, PartKind, Word};

/// Hexadecimal digits of the shortest checksum (MD5).
const MIN_CHECKSUM: usize = 32;

impl Walk<'_> {
    /// `sha256sum file | grep -q "$expected"`, `certutil .. | findstr /i expected`, and the same with a pattern that only asks
    /// for the form.
    pub(super) fn matched(&mut self, name: &str, call: &Call, skip: usize, node: NodeId, env: &Env, ctx: &Ctx) {
        let is_grep = matches!(name, "grep" | "egrep" | "fgrep" | "rg");
        let is_findstr = name == "findstr" || name == "find" && self.place.shell == Shell::Cmd;
        self.tests |= is_findstr || is_test(name);
        if !is_grep && !is_findstr {
            return;
        }
        let arguments = &call.fields[skip + 1..];
        let texts: Vec<&str> = arguments.iter().map(|field| field.value.known().unwrap_or_default()).collect();
        let Some(asked) = Asked::of(&texts, is_findstr) else { return };
        let pattern = &arguments[asked.pattern];
        let input = match asked.file {
            Some(path) => self.content(&arguments[path].value, env),
            None => env.stdin.clone().unwrap_or_default(),
        };
        if pattern.value.known().is_some_and(super::filter::says_form) {
            self.form_checked(&input);
            return;
        }
        // A pattern with a digest in it picks one out of a list.
        let symbol = input.single().and_then(Text::as_symbol).map(|id| self.symbols.get(id));
        let is_typed = symbol.is_some_and(|symbol| matches!(symbol.kind, Kind::Digest | Kind::DigestReference | Kind::Checksum));
        let of_one = symbol.and_then(|symbol| symbol.subject.as_ref()?.known()).is_some_and(|file| !file.contains(['*', '?']));
        // A name, or what any checksum is made of, says nothing about this one.
        let decides = match pattern.value.known() {
            Some(known) => hexadecimal_run(known) >= MIN_CHECKSUM,
            None => is_findstr || asked.is_quiet || of_one,
        };
        if decides && is_typed {
            let (left, right) = (side(&input, call.at, ctx), side(&pattern.value, &pattern.at, ctx));
            self.digests_compared(left, right, ("=", false), node, call.span, ctx.branch);
        }
    }

    /// `sha256sum -c list | grep -q OK`: the search finds nothing where the check fails, if that is of one file or the search is for the
    /// line of one.
    pub(super) fn says_ok(&self, checks: &[RawEvent], rest: &[Node]) -> bool {
        let [Node { kind: NodeKind::Command(search), .. }] = rest else { return false };
        let word = |word: &Word| {
            let part = |part: &Part| match &part.kind {
                PartKind::Literal(text) => text.clone(),
                _ => "$".to_owned(),
            };
            word.parts.iter().map(part).collect::<String>()
        };
        let words: Vec<String> = search.words.iter().map(word).collect();
        let Some((name, arguments)) = words.split_first() else { return false };
        let texts: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let asked = matches!(name.as_str(), "grep" | "egrep" | "fgrep" | "rg").then(|| Asked::of(&texts, false)).flatten();
        let Some(asked) = asked.filter(|asked| asked.file.is_none()) else { return false };
        let line = texts[asked.pattern].trim_start_matches('^').trim_end_matches('$').replace('\\', "");
        let Some(of) = line.strip_suffix("OK").filter(|of| !of.contains(['|', '*', '?'])) else { return false };
        let names_file = of.trim_end().strip_suffix(':').is_some_and(|file| !file.is_empty());
        let lists = |check: &&RawEvent| check.kind == EventKind::Verify && check.list.is_some();
        let mut lists = checks.iter().filter(lists).peekable();
        let is_known = |check: &RawEvent| check.list.as_ref().is_some_and(|list| list.unread.is_none());
        let only = |check: &RawEvent| is_known(check) && check.reference.as_ref().is_some_and(|of| of.value.single().is_some());
        match (lists.next(), lists.next()) {
            (Some(_), _) if names_file => true,
            (Some(check), None) => only(check),
            _ => false,
        }
    }

    /// `$hash -notmatch 'ab12..'`: whether it holds where what is looked for is not in there; none if no checksum is looked for.
    pub(super) fn sought_in(&self, operator: &str, text: &Value, pattern: &Value) -> Option<bool> {
        let differs = match operator {
            "-match" | "=~" => false,
            "-notmatch" => true,
            _ => return None,
        };
        let is_one = pattern.all(|pattern| match pattern.known() {
            Some(known) => !super::filter::says_form(known) && hexadecimal_run(known) >= MIN_CHECKSUM,
            None => self.kind_of(text) == Kind::Checksum,
        });
        is_one.then_some(differs)
    }
}

/// Whether a program's status says what it found.
pub(super) fn is_test(name: &str) -> bool {
    matches!(name, "jq" | "diff" | "cmp" | "grep" | "egrep" | "fgrep" | "rg" | "test" | "[")
}

/// What a search looks for, and where: places among its arguments.
struct Asked {
    pattern: usize,
    file: Option<usize>,
    is_quiet: bool,
}

impl Asked {
    /// As the arguments say, the options of which stand anywhere (grep(1)) or before the rest (`findstr`). None if it succeeds for
    /// every other line, or reads what it looks for from a file.
    fn of(arguments: &[&str], is_findstr: bool) -> Option<Self> {
        let (mut given, mut operands, mut is_quiet) = (None, Vec::new(), false);
        let mut rest = 0..arguments.len();
        while let Some(at) = rest.next() {
            let text = arguments[at];
            if is_findstr {
                match text.to_ascii_lowercase().strip_prefix('/') {
                    Some(option) if option.contains('v') && !option.starts_with("c:") => return None,
                    Some(option) if !option.starts_with("c:") && operands.is_empty() => {}
                    _ => operands.push(at),
                }
                continue;
            }
            match text {
                "--invert-match" => return None,
                "--quiet" | "--silent" => is_quiet = true,
                "--" => operands.extend(rest.by_ref()),
                "-e" | "--regexp" => given = rest.next(),
                long if long.starts_with("--file") => return None,
                long if long.starts_with("--") => {}
                short if short.starts_with('-') && short.len() > 1 => {
                    if short.contains(['v', 'f']) {
                        return None;
                    }
                    is_quiet |= short.contains('q');
                    match short.chars().last() {
                        Some('e') => given = rest.next(),
                        // How many lines.
                        Some('m' | 'A' | 'B' | 'C') => drop(rest.next()),
                        _ => {}
                    }
                }
                _ => operands.push(at),
            }
        }
        let mut operands = operands.into_iter();
        let pattern = given.or_else(|| operands.next())?;
        Some(Asked { pattern, file: operands.next(), is_quiet })
    }
}

/// The plain text that a line has to hold to be among what a search prints, if it looks for one.
pub(super) fn sought(name: &str, arguments: &[String]) -> Option<String> {
    if !matches!(name, "grep" | "egrep" | "fgrep" | "rg") {
        return None;
    }
    let texts: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let pattern = texts[Asked::of(&texts, false)?.pattern].trim_matches(['"', '\'', '^', '$', ' ']).replace('\\', "");
    (!pattern.contains(['*', '[', '(', '|', '?', '+', '{', '$'])).then_some(pattern)
}

/// Digits of the longest hexadecimal number in a text.
pub(super) fn hexadecimal_run(text: &str) -> usize {
    text.split(|c: char| !c.is_ascii_hexdigit()).map(str::len).max().unwrap_or_default()
}
