//! What an interpreter executes: text among its words, a file, or what it reads.

use super::command::Call;
use std::ops::Range;

/// Interpreters, and their options whose value is the next word.
const WITH_VALUE: &[(&str, &[&str])] = &[
    ("python", &["-W", "-X", "--check-hash-based-pycs"]),
    ("node", &["-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions"]),
    ("ruby", &["-r", "-I", "-C", "-E"]),
    ("perl", &["-I"]),
    ("php", &["-d", "-c"]),
    ("pwsh", POWERSHELL),
    ("powershell", POWERSHELL),
];

const POWERSHELL: &[&str] = &[
    "-executionpolicy",
    "-exec",
    "-ep",
    "-ex",
    "-version",
    "-workingdirectory",
    "-wd",
    "-windowstyle",
    "-inputformat",
    "-outputformat",
];

const SHELLS: &[&str] = &["bash", "sh", "zsh", "dash", "ksh", "ash"];

/// Index of the word that an interpreter executes: the first that is no option and no option's value.
pub(super) fn script(name: &str, call: &Call, skip: usize) -> Option<usize> {
    let mut at = skip + 1;
    while at < call.fields.len() {
        match call.text(at).filter(|word| word.starts_with('-')) {
            Some(option) => at += if takes_value(name, option) { 2 } else { 1 },
            None => return Some(at),
        }
    }
    None
}

/// Whether a shell, or what executes text itself, is told to execute one of its words; the words that it takes for that.
pub(super) fn code(name: &str, call: &Call, skip: usize) -> Range<usize> {
    let (first, end) = (skip + 1, call.fields.len());
    if matches!(name, "eval" | "iex" | "Invoke-Expression") {
        return first..end;
    }
    let flags = first..script(name, call, skip).unwrap_or(end);
    let asks = |at: &usize| call.text(*at).is_some_and(|option| is_followed_by_code(name, option));
    match flags.into_iter().find(asks) {
        Some(at) if is_powershell(name) => at + 1..end,
        Some(at) => at + 1..end.min(at + 2),
        None => end..end,
    }
}

/// Whether it executes what it reads: no word says what else, or `-s` that words are arguments of that.
pub(super) fn reads_code(name: &str, call: &Call, skip: usize) -> bool {
    if !code(name, call, skip).is_empty() {
        return false;
    }
    let Some(file) = script(name, call, skip) else { return !matches!(name, "eval" | "source" | ".") };
    let says_so = |option: &str| option.starts_with('-') && !option.starts_with("--") && option.contains('s');
    call.text(file) == Some("/dev/stdin")
        || SHELLS.contains(&name) && (skip + 1..file).any(|at| call.text(at).is_some_and(says_so))
}

fn is_followed_by_code(name: &str, option: &str) -> bool {
    let ends_with = |letters: &[char]| !option.starts_with("--") && option.len() > 1 && option.ends_with(letters);
    match without_version(name) {
        _ if SHELLS.contains(&name) || name == "fish" => !option.starts_with("--") && option.contains('c'),
        "python" => ends_with(&['c']),
        "perl" | "ruby" | "groovy" => ends_with(&['e', 'E']),
        "node" => ends_with(&['e', 'p']) || matches!(option, "--eval" | "--print"),
        "php" => ends_with(&['r']),
        "pwsh" | "powershell" => ["-c", "-command"].iter().any(|known| known.eq_ignore_ascii_case(option)),
        _ => false,
    }
}

fn is_powershell(name: &str) -> bool {
    matches!(name, "pwsh" | "powershell")
}

/// `python3.11` is `python`.
fn without_version(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.')
}

fn takes_value(name: &str, option: &str) -> bool {
    if SHELLS.contains(&name) {
        // `-euo pipefail`
        return !option.starts_with("--") && option.contains(['o', 'O']) || matches!(option, "--rcfile" | "--init-file");
    }
    let name = without_version(name);
    let same = |known: &&str| if is_powershell(name) { known.eq_ignore_ascii_case(option) } else { *known == option };
    WITH_VALUE.iter().any(|(of, options)| *of == name && options.iter().any(&same))
}

#[cfg(test)]
mod tests {
    use super::{is_followed_by_code, takes_value};

    #[test]
    fn options_with_code() {
        for (name, option, want) in [
            ("bash", "-c", true),
            ("bash", "-euxc", true),
            ("bash", "-e", false),
            ("bash", "--rcfile", false),
            ("python3", "-c", true),
            ("perl", "-ne", true),
            ("node", "-r", false),
            ("node", "--eval", true),
            ("php", "-r", true),
            ("powershell", "-Command", true),
            ("pwsh", "-File", false),
        ] {
            assert_eq!(is_followed_by_code(name, option), want, "{name} {option}");
        }
    }

    #[test]
    fn options_with_values() {
        for (name, option, want) in [
            ("bash", "-euo", true),
            ("bash", "-c", false),
            ("bash", "--norc", false),
            ("python3", "-W", true),
            ("python3", "-m", false),
            ("pwsh", "-ExecutionPolicy", true),
            ("pwsh", "-File", false),
        ] {
            assert_eq!(takes_value(name, option), want, "{name} {option}");
        }
    }
}
