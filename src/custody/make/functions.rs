//! The functions of `make`: `$(foreach ..)`, `$(shell ..)`, `$(patsubst ..)` and what else makes values of values
//! (GNU make manual, "Functions for Transforming Text").

use super::build::stem;
use super::expansion::{MAX_WORDS, TOO_MANY_WORDS};
use super::{Run, Source};
use crate::custody::interpret::{Ctx, Walk, bounded};
use crate::custody::nested::Assembly;
use crate::custody::text::{Atom, Text};
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
            "call" | "let" | "value" | "origin" | "flavor" | "file" | "guile" | "wildcard" => return None,
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
                return if from.contains(' ') { None } else { self.each_word(text, function, |word| word.replace(from, to)) };
            }
            ("patsubst", [from, to, text]) => {
                let (from, to) = (from.known()?.trim(), to.known()?.trim());
                return self.each_word(text, function, |word| replaced_word(word, from, to));
            }
            ("notdir", [text]) => return self.each_word(text, function, |w| w.rsplit('/').next().unwrap_or(w).to_owned()),
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
            ("firstword", _, Some([text])) => Some(Value::literal(text.split_whitespace().next().unwrap_or(""))),
            ("lastword", _, Some([text])) => Some(Value::literal(text.split_whitespace().last().unwrap_or(""))),
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

    /// The words of a text, each made into another one; `how`: what is done to those that are not known.
    pub(super) fn each_word(&mut self, text: &Value, how: &str, make: impl Fn(&str) -> String) -> Option<Value> {
        let mut all: Option<Value> = None;
        for one in text.alternatives() {
            let mut line = Text::default();
            for word in one.split(|c| c.is_ascii_whitespace()) {
                let made = match word.known() {
                    Some(word) => Text::literal(&make(word)),
                    None => self.unknown(format!("{how} of {}", word.display(&self.symbols))).single()?.clone(),
                };
                add_word(&mut line, [&made]);
            }
            let line = Value::text(line);
            all = Some(all.map_or_else(|| line.clone(), |all| all.or(&line)));
        }
        let mut all = all?;
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

/// Adds a word made of these parts to a line.
fn add_word<'t>(line: &mut Text, parts: impl IntoIterator<Item = &'t Text>) {
    if !line.atoms().is_empty() {
        line.push(Atom::Literal(" ".into()));
    }
    parts.into_iter().flat_map(Text::atoms).for_each(|atom| line.push(atom.clone()));
}

/// `$(addprefix prefix,text)`, `$(addsuffix suffix,text)`; of a word that is not known the rest is.
fn around(prefix: Option<&Value>, text: &Value, suffix: Option<&Value>) -> Option<Value> {
    let one = |side: Option<&Value>| side.map_or_else(|| Some(Text::default()), |value| value.single().cloned());
    let (prefix, suffix) = (one(prefix)?, one(suffix)?);
    Some(text.map(|line| {
        let mut all = Text::default();
        line.split(|c| c.is_ascii_whitespace()).iter().for_each(|word| add_word(&mut all, [&prefix, word, &suffix]));
        all
    }))
}

/// A word of `$(patsubst from,to,text)`, `$(text:from=to)`.
pub(super) fn replaced_word(word: &str, from: &str, to: &str) -> String {
    if from.contains('%') {
        return stem(from, word).map_or_else(|| word.to_owned(), |s| to.replacen('%', s, 1));
    }
    word.strip_suffix(from).map_or_else(|| word.to_owned(), |start| format!("{start}{to}"))
}
