//! Scripts inside of commands: `bash -c ".."`, `eval`, here-documents into a shell, script files, `ssh host ..`.

use super::ir::{Command, RedirectKind, Word};
use super::wrappers::base_name;
use crate::pipeline::Dialect;
use std::ops::Range;

/// Options that a nested shell starts with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ShellOpts {
    /// `-e`
    pub errexit: bool,
    /// `-o pipefail`
    pub pipefail: bool,
    /// `-u`
    pub nounset: bool,
    /// `-x`
    pub xtrace: bool,
}

/// A script that a command runs. Word indices are into [`Command::words`].
#[derive(Debug, Clone, PartialEq)]
pub enum Nested {
    /// The text is in the command's words, which are joined by blanks: `bash -c WORD`, `eval WORDS`.
    Inline {
        /// The words.
        words: Range<usize>,
        /// The first of the words that become `$0`, `$1` ..
        args_from: usize,
        /// How the shell starts; of no meaning if it is the same one.
        options: ShellOpts,
        /// `eval`: variables, functions and options are shared.
        same_shell: bool,
        /// Its language.
        dialect: Dialect,
    },
    /// The text is a here-document or here-string: `bash <<EOF`, `bash -s <<< ".."`.
    HereDocument {
        /// Index into [`Command::redirects`].
        redirect: usize,
        /// The first of the words that become `$1` ..
        args_from: usize,
        /// How the shell starts.
        options: ShellOpts,
        /// Its language.
        dialect: Dialect,
    },
    /// A shell that reads its script from somewhere else: `curl .. | bash`, `bash < file`.
    Input {
        /// The first of the words that become `$1` ..
        args_from: usize,
        /// How the shell starts.
        options: ShellOpts,
        /// Its language.
        dialect: Dialect,
    },
    /// A file, which may or may not be a script of the repository: `bash x.sh`, `source x`, `./x`.
    File {
        /// The word that names it.
        word: usize,
        /// The first of the words that become `$1` ..
        args_from: usize,
        /// How the shell starts; for `./x` the file's first line says more.
        options: ShellOpts,
        /// `source`: the same shell goes on with it.
        sourced: bool,
        /// Its language; `None`: as its first line says.
        dialect: Option<Dialect>,
    },
    /// Another machine runs it.
    Remote {
        /// The word that names the machine.
        host: usize,
        /// The words of the command.
        words: Range<usize>,
    },
}

/// The script that a command runs, if any. `start` is where the command begins after its wrappers
/// ([`super::wrappers::normalise`]).
#[must_use]
pub fn nested(command: &Command, start: usize) -> Option<Nested> {
    let first = command.words.get(start)?;
    let name = base_name(first);
    let count = command.words.len();
    match name.as_deref() {
        Some("bash" | "zsh") if !is_script_path(first) => shell(command, start, Dialect::Bash),
        Some("sh" | "dash" | "ash" | "ksh") => shell(command, start, Dialect::Posix),
        Some("pwsh" | "powershell" | "pwsh.exe" | "powershell.exe") => powershell(command, start),
        Some("cmd" | "cmd.exe") => {
            let flag =
                (start + 1..count).find(|index| literal(command, *index).is_some_and(|text| text.eq_ignore_ascii_case("/c")))?;
            Some(inline(flag + 1..count, count, Dialect::Cmd))
        }
        Some("eval") if count > start + 1 => Some(Nested::Inline {
            words: start + 1..count,
            args_from: count,
            options: ShellOpts::default(),
            same_shell: true,
            dialect: Dialect::Bash,
        }),
        Some("su") => {
            let flag = (start + 1..count)
                .find(|index| matches!(literal(command, *index).as_deref(), Some("-c" | "-lc" | "--command")))?;
            (flag + 1 < count).then(|| inline(flag + 1..flag + 2, count, Dialect::Posix))
        }
        Some("source" | ".") if count > start + 1 => Some(file(start + 1, true, ShellOpts::default(), None)),
        Some("ssh") => remote(command, start),
        _ if is_script_path(first) => Some(file(start, false, ShellOpts::default(), None)),
        _ => None,
    }
}

fn literal(command: &Command, index: usize) -> Option<String> {
    command.words.get(index).and_then(Word::literal)
}

fn inline(words: Range<usize>, args_from: usize, dialect: Dialect) -> Nested {
    Nested::Inline { words, args_from, options: ShellOpts::default(), same_shell: false, dialect }
}

fn file(word: usize, sourced: bool, options: ShellOpts, dialect: Option<Dialect>) -> Nested {
    Nested::File { word, args_from: word + 1, options, sourced, dialect }
}

/// A relative path, or anything that ends like a script: `./x`, `ci/x`, `"$DIR"/x.sh`. Absolute paths are installed tools.
fn is_script_path(word: &Word) -> bool {
    let Some(last) = word.parts.last() else { return false };
    let super::ir::PartKind::Literal(last) = &last.kind else { return false };
    let ends = [".sh", ".bash", ".ps1", ".cmd", ".bat"].iter().any(|ending| last.ends_with(ending));
    let prefix = word.literal_prefix();
    ends || (prefix.contains('/') && !prefix.starts_with('/') && !prefix.contains("://"))
}

/// `bash [options] [script [args]]`
fn shell(command: &Command, start: usize, dialect: Dialect) -> Option<Nested> {
    let mut options = ShellOpts::default();
    let (mut at, mut inline, mut input) = (start + 1, false, false);
    while let Some(text) = literal(command, at).filter(|text| text.len() > 1 && text.starts_with(['-', '+'])) {
        at += 1;
        if text == "--" {
            break;
        }
        if text.starts_with("--") {
            at += usize::from(matches!(&*text, "--rcfile" | "--init-file"));
            continue;
        }
        let on = text.starts_with('-');
        for letter in text.chars().skip(1) {
            match letter {
                'c' => inline = true,
                's' => input = true,
                'e' => options.errexit = on,
                'u' => options.nounset = on,
                'x' => options.xtrace = on,
                'o' => {
                    named(&mut options, literal(command, at).as_deref(), on);
                    at += 1;
                }
                'O' => at += 1,
                _ => {}
            }
        }
    }
    if literal(command, at).as_deref() == Some("-") {
        at += 1;
    }
    if inline {
        command.words.get(at)?;
        return Some(Nested::Inline { words: at..at + 1, args_from: at + 1, options, same_shell: false, dialect });
    }
    if !input && command.words.get(at).is_some() {
        return Some(file(at, false, options, Some(dialect)));
    }
    let here = |kind: &RedirectKind| matches!(kind, RedirectKind::HereDocument { .. } | RedirectKind::HereString(_));
    Some(match command.redirects.iter().rposition(|redirect| here(&redirect.kind)) {
        Some(redirect) => Nested::HereDocument { redirect, args_from: at, options, dialect },
        None => Nested::Input { args_from: at, options, dialect },
    })
}

fn named(options: &mut ShellOpts, name: Option<&str>, on: bool) {
    match name {
        Some("errexit") => options.errexit = on,
        Some("pipefail") => options.pipefail = on,
        Some("nounset") => options.nounset = on,
        Some("xtrace") => options.xtrace = on,
        _ => {}
    }
}

/// `pwsh -NoProfile -Command ..`, `pwsh -File x.ps1`, `pwsh x.ps1`
fn powershell(command: &Command, start: usize) -> Option<Nested> {
    let count = command.words.len();
    let mut at = start + 1;
    while let Some(text) = literal(command, at).filter(|text| text.starts_with('-')) {
        at += 1;
        let option = text.trim_start_matches('-').to_ascii_lowercase();
        match &*option {
            "c" | "command" if at < count => return Some(inline(at..count, count, Dialect::PowerShell)),
            "f" | "file" if at < count => return Some(file(at, false, ShellOpts::default(), Some(Dialect::PowerShell))),
            "executionpolicy" | "ep" | "ex" | "version" | "outputformat" | "inputformat" | "windowstyle" | "workingdirectory"
            | "wd" => at += 1,
            _ => {}
        }
    }
    (at < count).then(|| file(at, false, ShellOpts::default(), Some(Dialect::PowerShell)))
}

/// `ssh [options] host command ..`
fn remote(command: &Command, start: usize) -> Option<Nested> {
    const WITH_VALUE: &str = "bcDEeFIiJLlmOopQRSWw";
    let mut at = start + 1;
    while let Some(text) = literal(command, at).filter(|text| text.starts_with('-')) {
        at += 1;
        let letters = text.trim_start_matches('-');
        let value = letters.char_indices().find(|(_, letter)| WITH_VALUE.contains(*letter));
        at += usize::from(value.is_some_and(|(index, letter)| index + letter.len_utf8() == letters.len()));
    }
    let count = command.words.len();
    (at < count).then(|| Nested::Remote { host: at, words: at + 1..count })
}
