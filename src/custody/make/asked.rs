//! The command line of `make`.

use super::makefile::plain;
use crate::custody::command::Call;
use crate::custody::env::Env;
use crate::custody::filepath::join;
use crate::custody::interpret::Walk;
use crate::custody::text::Text;
use crate::custody::value::Value;
use crate::source::Span;
use std::rc::Rc;

/// Long options by the letters that mean the same (GNU make, "Summary of Options").
const LONG: &[(&str, char)] = &[
    ("directory", 'C'),
    ("file", 'f'),
    ("makefile", 'f'),
    ("include-dir", 'I'),
    ("old-file", 'o'),
    ("assume-old", 'o'),
    ("what-if", 'W'),
    ("new-file", 'W'),
    ("assume-new", 'W'),
    ("eval", 'E'),
    ("jobs", 'j'),
    ("load-average", 'l'),
    ("max-load", 'l'),
    ("ignore-errors", 'i'),
    ("dry-run", 'n'),
    ("just-print", 'n'),
    ("recon", 'n'),
    ("question", 'q'),
    ("touch", 't'),
    ("version", 'v'),
    ("help", 'h'),
];
/// Options with a value, which is the next word where nothing of this one is left.
const WITH_VALUE: &str = "CfIoWE";
/// Options of which the value may be left out. If the next word is a number, it is the value of the first two.
const WITH_OPTIONAL: &str = "jlO";

/// The command line of `make`.
#[derive(Default)]
pub(super) struct Asked {
    /// Folder that it runs in, relative to the repository.
    pub(super) directory: String,
    /// Makefiles, the same way; none where the usual names are tried.
    pub(super) files: Vec<String>,
    pub(super) goals: Vec<Text>,
    /// Some goals are not known.
    pub(super) has_unknown: bool,
    pub(super) overrides: Vec<(Rc<str>, Value)>,
    /// What says that no failure counts.
    pub(super) ignores: Option<Span>,
    /// `-n`, `-q`, `-t`, `-v`: nothing is run.
    pub(super) only_looks: bool,
}

impl Asked {
    /// A word that is neither an option nor an assignment.
    fn goal(&mut self, word: &Text) {
        if word.known().is_none() && (word.literal_len() == 0 || word.masked().contains('=')) {
            self.has_unknown = true;
        } else if !word.atoms().is_empty() {
            self.goals.push(plain(word.clone()));
        }
    }
}

impl Walk<'_> {
    /// Reads the words; `None` if what is to be made is not known.
    pub(super) fn asked(&mut self, call: &Call, skip: usize, env: &Env) -> Option<Asked> {
        let mut asked = Asked { directory: env.folder.directory.to_string(), ..Asked::default() };
        let mut fields = call.fields.get(skip + 1..).unwrap_or_default().iter().peekable();
        let (mut files, mut doubtful) = (Vec::new(), false);
        while let Some(field) = fields.next() {
            if let Some((name, value)) = assignment(&field.value) {
                asked.overrides.push((name, value.from(call.span, "given here")));
                continue;
            }
            let Some(word) = field.value.single() else {
                // Any of several targets, or nothing.
                let is_goal = |text: &&Text| !text.masked().starts_with('-') && !text.masked().contains('=');
                field.value.alternatives().iter().filter(is_goal).for_each(|text| asked.goal(text));
                continue;
            };
            if !word.masked().starts_with('-') {
                asked.goal(word);
                continue;
            }
            for (letter, given) in options(word) {
                let value = match given {
                    Some(given) => Some(Value::text(given)),
                    None if WITH_VALUE.contains(letter) => Some(fields.next()?.value.clone()),
                    None => None,
                };
                match (letter, value) {
                    ('C', Some(folder)) => asked.directory = self.path_of(&folder, &asked.directory)?,
                    ('f', Some(file)) => files.push(file),
                    ('j' | 'l', None) => {
                        if let Some(number) = fields.next_if(|field| field.value.all(may_be_number)) {
                            doubtful |= !self.is_number(&number.value);
                        }
                    }
                    ('i', _) => asked.ignores = Some(call.span),
                    ('n' | 'q' | 't' | 'v' | 'h', _) => asked.only_looks = true,
                    _ => {}
                }
            }
        }
        let within = |file: &Value| {
            let path = self.path_of(file, &asked.directory);
            path.or_else(|| file.known().map(|file| join(&asked.directory, file)))
        };
        asked.files = files.iter().map(within).collect::<Option<_>>()?;
        (!asked.goals.is_empty() || !asked.has_unknown && !doubtful).then_some(asked)
    }

    /// Whether a value is a number: written out, or what a command counts.
    fn is_number(&self, value: &Value) -> bool {
        value.all(|text| text.symbols().all(|id| self.symbols.get(id).key.starts_with("$(")))
    }
}

/// A number in a word, or nothing that is known.
fn may_be_number(text: &Text) -> bool {
    text.masked().chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '\u{FFFC}'))
}

/// The options in a word, each with its value as far as that is in the word too: `-sj4`, `--jobs=4`.
fn options(word: &Text) -> Vec<(char, Option<Text>)> {
    let masked = word.masked();
    let rest = |from: usize| Some(word.slice_masked(from..masked.len())).filter(|rest| !rest.atoms().is_empty());
    if let Some(long) = masked.strip_prefix("--") {
        let (name, value) = match long.find('=') {
            Some(at) => (&long[..at], Some(rest(at + 3).unwrap_or_default())),
            None => (long, None),
        };
        return LONG.iter().filter(|(long, _)| *long == name).map(|(_, letter)| (*letter, value.clone())).collect();
    }
    let mut all = Vec::new();
    for (at, letter) in masked.char_indices().skip(1).take_while(|(_, letter)| letter.is_ascii_alphanumeric()) {
        if WITH_VALUE.contains(letter) || WITH_OPTIONAL.contains(letter) {
            all.push((letter, rest(at + 1)));
            break;
        }
        all.push((letter, None));
    }
    all
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

    #[test]
    fn options_with_their_values() {
        let read = |word: &str| {
            let all = options(&Text::literal(word)).into_iter();
            let shown = |(letter, value): (char, Option<Text>)| {
                format!("{letter}{}", value.map_or("".into(), |v| format!("={}", v.masked())))
            };
            all.map(shown).collect::<Vec<_>>().join(" ")
        };
        for (word, want) in [
            ("-C", "C"),
            ("-Cdir", "C=dir"),
            ("-kC", "k C"),
            ("-sij4", "s i j=4"),
            ("--jobs=4", "j=4"),
            ("--directory=", "C="),
            ("--just-print", "n"),
            ("--no-print-directory", ""),
        ] {
            assert_eq!(read(word), want, "{word}");
        }
    }
}
