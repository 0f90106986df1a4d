//! The command line of `make`.

use crate::custody::command::Call;
use crate::custody::interpret::{Env, Walk};
use crate::custody::value::Value;
use crate::source::Span;
use std::rc::Rc;

/// Options that take the next word as their value (GNU make, "Summary of Options").
const WITH_VALUE: &[&str] = &[
    "-C",
    "--directory",
    "-f",
    "--file",
    "--makefile",
    "-I",
    "--include-dir",
    "-o",
    "--old-file",
    "-W",
    "--what-if",
    "-E",
    "--eval",
];

/// The command line of `make`.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) directory: String,
    pub(super) files: Vec<String>,
    pub(super) goals: Vec<String>,
    pub(super) overrides: Vec<(Rc<str>, Value)>,
    pub(super) ignores: Option<Span>,
    /// `-n`, `-q`, `-t`, `-v`: nothing is run.
    pub(super) only_looks: bool,
}

impl Walk<'_> {
    /// Reads the words; `None` if what is to be made is not known.
    pub(super) fn asked(&mut self, call: &Call, skip: usize, env: &Env) -> Option<Asked> {
        let mut asked = Asked { directory: env.directory.to_string(), ..Asked::default() };
        let mut at = skip + 1;
        while let Some(field) = call.fields.get(at) {
            at += 1;
            if let Some((name, value)) = assignment(&field.value) {
                asked.overrides.push((name, value.from(call.span, "given here")));
                continue;
            }
            let Some(word) = field.value.known() else {
                // Any of several targets, or unknown flags.
                let all: Option<Vec<&str>> = field.value.alternatives().iter().map(|t| t.known()).collect();
                match all {
                    Some(all) if all.iter().all(|w| !w.starts_with('-')) => {
                        asked.goals.extend(all.into_iter().filter(|w| !w.is_empty() && !w.contains('=')).map(str::to_owned));
                        continue;
                    }
                    _ if field.elastic && field.value.any(|t| t.masked().starts_with('-')) => continue,
                    _ => return None,
                }
            };
            if !word.starts_with('-') {
                asked.goals.push(word.to_owned());
                continue;
            }
            let (flag, mut value) = match word.split_once('=') {
                Some((flag, value)) => (flag, Some(value.to_owned())),
                None if !word.starts_with("--")
                    && word.len() > 2
                    && WITH_VALUE.contains(&&word[..word.char_indices().nth(2)?.0]) =>
                {
                    (&word[..2], Some(word[2..].to_owned()))
                }
                None => (word, None),
            };
            if value.is_none() && WITH_VALUE.contains(&flag) {
                value = Some(call.text(at)?.to_owned());
                at += 1;
            }
            match flag {
                "-C" | "--directory" => asked.directory = self.path_of(&Value::literal(&value?), &asked.directory)?,
                "-f" | "--file" | "--makefile" => asked.files.push(value?),
                "-i" | "--ignore-errors" => asked.ignores = Some(call.span),
                "-n" | "--dry-run" | "--just-print" | "--recon" | "-q" | "--question" | "-v" | "--version" | "-h" | "--help" => {
                    asked.only_looks = true;
                }
                "-j" | "-l" if call.text(at).is_some_and(|w| w.parse::<f64>().is_ok()) => at += 1,
                // `-sk`, `-ij4`
                flags if !flags.starts_with("--") && flags.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') => {
                    if flags.contains('i') {
                        asked.ignores = Some(call.span);
                    }
                    asked.only_looks |= flags.contains('n') || flags.contains('q');
                }
                _ => {}
            }
        }
        Some(asked)
    }
}

/// `NAME=value` as a word of the command line.
fn assignment(value: &Value) -> Option<(Rc<str>, Value)> {
    let masked = value.alternatives().first()?.masked();
    let equals = masked.find('=')?;
    let name = masked[..equals].trim_end_matches([':', '?', '+']);
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    if name.is_empty() || name.starts_with('-') || !name.chars().all(fits) {
        return None;
    }
    if !value.all(|t| t.masked().get(..=equals) == Some(&masked[..=equals])) {
        return None;
    }
    let mut given = value.map(|text| text.slice_masked(equals + 1..usize::MAX));
    given.origins.clone_from(&value.origins);
    Some((name.into(), given))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_set_variables() {
        let set = |text: &str| assignment(&Value::literal(text)).map(|(n, v)| (n.to_string(), v.known().unwrap().to_owned()));
        assert_eq!(set("A=b=c"), Some(("A".into(), "b=c".into())));
        assert_eq!(set("A:=b"), Some(("A".into(), "b".into())));
        assert_eq!(set("--file=x"), None);
    }
}
