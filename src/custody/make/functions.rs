//! The functions of `make`: `$(foreach ..)`, `$(shell ..)`, `$(patsubst ..)` and what else makes values of values
//! (GNU make manual, "Functions for Transforming Text").

use super::build::{filled, stem};
use super::expansion::{MAX_WORDS, TOO_MANY_WORDS};
use super::{Run, Source};
use crate::custody::assembly::Assembly;
use crate::custody::env::bounded;
use crate::custody::interpret::{Ctx, Walk};
use crate::custody::text::Text;
use crate::custody::value::Value;
use crate::facts::EffectCause;
use crate::make::Text as Raw;
use std::collections::BTreeSet;
use std::rc::Rc;

impl Walk<'_> {
    /// What a function gives; `None` if that is not followed.
    pub(super) fn make_call(
        &mut self,
        function: &str,
        arguments: &[Raw],
        at: &std::ops::Range<usize>,
        source: &Rc<Source>,
        run: &mut Run,
    ) -> Option<Value> {
        match function {
            "shell" => return Some(self.make_shell(arguments.first()?, at, source, run)),
            "info" | "warning" | "error" | "eval" => return Some(Value::default()),
            "foreach" => return self.make_each(arguments, at, source, run),
            "call" => return self.make_called(arguments, source, run),
            "let" | "value" | "origin" | "flavor" | "file" | "guile" | "wildcard" => return None,
            _ => {}
        }
        let values: Vec<Value> = arguments.iter().map(|a| self.make_text(a, source, run)).collect();
        match (function, values.as_slice()) {
            ("addprefix", [prefix, text]) => return around(Some(prefix), text, None),
            ("addsuffix", [suffix, text]) => return around(None, text, Some(suffix)),
            ("subst", [from, to, text]) => {
                let (from, to) = (from.known()?, to.known()?);
                if text.all(|one| one.known().is_some()) {
                    return Some(text.map(|one| Text::literal(&one.known().unwrap_or_default().replace(from, to))));
                }
                let replaced = |word: &Text| Some(Text::literal(&word.known()?.replace(from, to)));
                return if from.contains(' ') { None } else { self.each_word(text, function, replaced) };
            }
            ("patsubst", [from, to, text]) => {
                let (from, to) = (from.single()?.trim(), to.single()?.trim());
                return self.each_word(text, function, |word| replaced_word(word, &from, &to));
            }
            ("abspath" | "realpath", [text]) => {
                let path = |walk: &mut Walk, word: &Text| {
                    let path = walk.path_of(&Value::text(word.clone()), &run.build.directory)?;
                    walk.folder(&path).single().cloned()
                };
                return self.each_word_by(text, function, path);
            }
            ("dir", [text]) => return self.each_word(text, function, with_slash),
            ("firstword", [text]) => return end_of(text, |words| words.first().cloned()),
            ("lastword", [text]) => return end_of(text, |words| words.last().cloned()),
            ("notdir", [text]) => return self.each_word(text, function, base_of),
            _ => {}
        }
        let known: Option<Vec<&str>> = values.iter().map(Value::known).collect();
        match (function, &values[..], known.as_deref()) {
            ("strip", [one], _) => Some(one.map(|text| text.trim().into_owned())),
            ("if", [condition, then, ..], _) => {
                let otherwise = values.get(2).cloned().unwrap_or_default();
                Some(match condition.known() {
                    Some(text) if text.trim().is_empty() => otherwise,
                    Some(_) => then.clone(),
                    None => then.or(&otherwise),
                })
            }
            ("or", [first, rest @ ..], _) => Some(match first.known() {
                Some("") => rest.first().cloned().unwrap_or_default(),
                Some(_) => first.clone(),
                None => rest.iter().fold(first.clone(), |all, v| all.or(v)),
            }),
            ("sort", _, Some([text])) => {
                let words: BTreeSet<&str> = text.split_whitespace().collect();
                Some(Value::literal(&words.into_iter().collect::<Vec<_>>().join(" ")))
            }
            _ => None,
        }
    }

    /// `$(foreach name,words,text)`: the text for each word, with the variable holding it.
    fn make_each(&mut self, arguments: &[Raw], at: &std::ops::Range<usize>, source: &Rc<Source>, run: &mut Run) -> Option<Value> {
        let [name, list, text] = arguments else { return None };
        let name: Rc<str> = self.make_text(name, source, run).known()?.trim().into();
        let list = self.make_text(list, source, run);
        let before = run.build.held(&name);
        let (mut all, mut left): (Option<Value>, usize) = (None, MAX_WORDS);
        for one in list.alternatives() {
            let mut line: Option<Value> = None;
            for word in one.split(|c| c.is_ascii_whitespace()) {
                if left == 0 {
                    self.opaque(source.span(at), TOO_MANY_WORDS);
                    break;
                }
                left -= 1;
                run.build.hold(&name, Value::text(word));
                let next = self.make_text(text, source, run);
                let next = line.map_or_else(|| next.clone(), |line| line.then(&Value::literal(" ")).then(&next));
                line = Some(bounded(next, &mut self.symbols, "text"));
            }
            let line = line.unwrap_or_default();
            all = Some(all.map_or_else(|| line.clone(), |all| all.or(&line)));
        }
        run.build.restore(name, before);
        let mut all = bounded(all.unwrap_or_default(), &mut self.symbols, "text");
        all.origins.clone_from(&list.origins);
        Some(all)
    }

    /// The words of a text, each made into another one; `how`: what is done to those of which that is not known.
    pub(super) fn each_word(&mut self, text: &Value, how: &str, make: impl Fn(&Text) -> Option<Text>) -> Option<Value> {
        self.each_word_by(text, how, |_, word| make(word))
    }

    fn each_word_by(&mut self, text: &Value, how: &str, make: impl Fn(&mut Self, &Text) -> Option<Text>) -> Option<Value> {
        let mut lines = Vec::new();
        for one in text.alternatives() {
            let mut words = Vec::new();
            for word in one.split(|c| c.is_ascii_whitespace()) {
                words.push(match make(self, &word) {
                    Some(word) => word,
                    None => self.unknown(format!("{how} of {}", word.display(&self.symbols))).single()?.clone(),
                });
            }
            lines.push(Value::text(Text::joined(&words)));
        }
        let mut all = Value::one_of(lines)?;
        all.origins.clone_from(&text.origins);
        Some(all)
    }

    /// `$(shell command)`: what the command prints, with line breaks as blanks; its failure is not looked at.
    fn make_shell(&mut self, command: &Raw, at: &std::ops::Range<usize>, source: &Rc<Source>, run: &mut Run) -> Value {
        let mut script = Assembly::new(source.file);
        for part in &command.parts {
            let value = self.make_part(&part.kind, &part.at, source, run);
            script.push(&value, source.span(&part.at));
        }
        let code = script.code(true);
        let inner = Ctx { code: Rc::clone(&code), depth: run.ctx.depth + 1, ..run.ctx.clone() };
        let (out, value) = self.captured(&code.script.body, run.at, run.env, &inner);
        self.swallow(out, &mut run.at, EffectCause::Substitution, source.span(at));
        match value.known() {
            Some(text) if text.contains('\n') => Value::literal(&text.replace('\n', " ")),
            _ => value,
        }
    }
}

/// `$(addprefix prefix,text)`, `$(addsuffix suffix,text)`; of a word that is not known the rest is.
fn around(prefix: Option<&Value>, text: &Value, suffix: Option<&Value>) -> Option<Value> {
    let one = |side: Option<&Value>| side.map_or_else(|| Some(Text::default()), |value| value.single().cloned());
    let (prefix, suffix) = (one(prefix)?, one(suffix)?);
    let with_both = |word: &Text| {
        let mut whole = prefix.clone();
        whole.extend(word);
        whole.extend(&suffix);
        whole
    };
    Some(text.map(|line| Text::joined(&line.split(|c| c.is_ascii_whitespace()).iter().map(with_both).collect::<Vec<_>>())))
}

/// A word of `$(patsubst from,to,text)`, `$(text:from=to)`; `None` if it is not known whether it fits.
pub(super) fn replaced_word(word: &Text, from: &Text, to: &Text) -> Option<Text> {
    let has_stem = from.masked().contains('%');
    let mut pattern = Text::literal(if has_stem { "" } else { "%" });
    pattern.extend(from);
    match stem(&pattern, word) {
        Some(stem) if has_stem => Some(filled(to, &stem)),
        Some(mut start) => {
            start.extend(to);
            Some(start)
        }
        None if word.known().is_some() && from.known().is_some() => Some(word.clone()),
        None => None,
    }
}

/// What stands behind the last `/`; `None` if it is not known where that is.
pub(super) fn base_of(word: &Text) -> Option<Text> {
    let masked = word.masked();
    match masked.rfind('/') {
        Some(at) => Some(word.slice_masked(at + 1..masked.len())),
        None => word.known().is_some().then(|| word.clone()),
    }
}

/// `$(dir word)`; `None` if it is not known where its name starts.
fn with_slash(word: &Text) -> Option<Text> {
    match word.masked().rfind('/') {
        Some(at) => Some(word.slice_masked(0..at + 1)),
        None => word.known().is_some().then(|| Text::literal("./")),
    }
}

/// One of the words of a text; `None` if that may be a list.
fn end_of(text: &Value, which: impl Fn(&[Text]) -> Option<Text>) -> Option<Value> {
    let word = which(&text.single()?.split(|c| c.is_ascii_whitespace())).unwrap_or_default();
    (word.literal_len() > 0 || word.atoms().is_empty()).then(|| Value::text(word))
}

/// What stands before the last `/`, as `$(@D)` has it; `None` if it is not known where that is.
pub(super) fn folder_of(word: &Text) -> Option<Text> {
    match word.masked().rfind('/') {
        Some(at) => Some(word.slice_masked(0..at)),
        None => word.known().is_some().then(|| Text::literal(".")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::custody::symbol::{Kind, Symbols};
    use crate::custody::text::Atom;

    #[test]
    fn words_are_replaced_symbols_included() {
        let mut symbols = Symbols::default();
        let id = symbols.named("x", Kind::Unknown);
        let text = |text: &str| {
            let mut all = Text::default();
            for (i, piece) in text.split('$').enumerate() {
                if i > 0 {
                    all.push(Atom::Symbol(id));
                }
                all.push(Atom::Literal(piece.into()));
            }
            all
        };
        for (word, from, to, want) in [
            ("a.c", "%.c", "%.o", Some("a.o")),
            ("a.c", ".c", ".o", Some("a.o")),
            ("a.h", "%.c", "%.o", Some("a.h")),
            (".c", "%.c", "%.o", Some(".o")),
            ("a", "%", "$/%", Some("$/a")),
            ("$/a.c", "$/%.c", "%", Some("a")),
            ("$/a.c", ".c", ".o", Some("$/a.o")),
            ("$", "%", "b/%", Some("b/$")),
            ("$", "%.c", "%.o", None),
            ("b/$", "a/%", "%", None),
            ("$é$", "$%$", "<%>", Some("<é>")),
        ] {
            assert_eq!(replaced_word(&text(word), &text(from), &text(to)), want.map(text), "{word} {from} {to}");
        }
        assert_eq!(base_of(&text("$/a")), Some(text("a")));
        assert_eq!(folder_of(&text("$/b/a")), Some(text("$/b")));
        assert_eq!((base_of(&text("$")), folder_of(&text("$"))), (None, None));
    }
}
