//! Recipes that have a name: `define` and `$(call name,arguments)` (GNU make manual, "Canned Recipes", "The call Function").

use super::build::{Chunk, Definition, Item};
use super::{Run, Source};
use crate::custody::assembly::Assembly;
use crate::custody::interpret::Walk;
use crate::custody::value::Value;
use crate::make::{Kind, Part, Text as Raw};
use std::rc::Rc;

/// Arguments that a call gives at least; those that it does not name are empty.
const ARGUMENTS: usize = 9;

/// What a call gives to `$(0)`, `$(1)`, ..
type Given = Vec<(Rc<str>, Value)>;

impl Walk<'_> {
    /// `$(call name,arguments)`; `None` if nothing of that name is known.
    pub(super) fn make_called(&mut self, arguments: &[Raw], source: &Rc<Source>, run: &mut Run) -> Option<Value> {
        let (name, given) = self.make_given(arguments, source, run)?;
        let before = hold(&given, run);
        let value = self.make_variable(&name, run);
        restore(before, run);
        Some(value)
    }

    fn make_given(&mut self, arguments: &[Raw], source: &Rc<Source>, run: &mut Run) -> Option<(Rc<str>, Given)> {
        let (name, rest) = arguments.split_first()?;
        let name: Rc<str> = self.make_text(name, source, run).known()?.trim().into();
        run.build.held(&name)?;
        let mut given = vec![("0".into(), Value::literal(&name))];
        given.extend(rest.iter().enumerate().map(|(at, text)| ((at + 1).to_string().into(), self.make_text(text, source, run))));
        given.extend((given.len()..=ARGUMENTS).map(|at| (at.to_string().into(), Value::default())));
        Some((name, given))
    }

    /// Adds a part of a recipe to its script; what has lines of its own, line by line, each where it is written. `is_own`: it stands in
    /// such a text.
    pub(super) fn push_part(&mut self, script: &mut Assembly, part: &Part, source: &Rc<Source>, is_own: bool, run: &mut Run) {
        let span = source.span(&part.at);
        let (name, given) = match &part.kind {
            Kind::Literal(text) if is_own && text.len() == part.at.len() => {
                return push_lines(script, text, source, part.at.start);
            }
            Kind::Variable { name, replaces: None } => (name.literal().map(Rc::from), Vec::new()),
            Kind::Call { function, arguments } if function == "call" => match self.make_given(arguments, source, run) {
                Some((name, given)) => (Some(name), given),
                None => {
                    self.opaque(span, "this function of make is not followed");
                    (None, Vec::new())
                }
            },
            _ => (None, Vec::new()),
        };
        let before = hold(&given, run);
        let lines = name.as_ref().filter(|_| !self.is_too_much(run)).and_then(|name| lines_of(name, run));
        let lines = lines.filter(|item| item.source.file == source.file);
        match lines.as_ref().and_then(|item| Some((item, item.assignment()?.value.as_ref()?))) {
            Some((item, lines)) => {
                run.depth += 1;
                for part in &lines.parts {
                    self.push_part(script, part, &item.source, true, run);
                }
                run.depth -= 1;
            }
            None => {
                let value = match name.filter(|_| !given.is_empty()) {
                    Some(name) => self.make_variable(&name, run),
                    None => self.make_part(&part.kind, &part.at, source, run),
                };
                script.push(&value, span);
            }
        }
        restore(before, run);
    }
}

/// The `define` of a name, if that is all that is known of it.
fn lines_of(name: &str, run: &Run) -> Option<Item> {
    let definition = run.build.held(name).filter(|_| !run.build.overrides.contains_key(name))?;
    only_text(&definition).filter(|item| item.assignment().is_some_and(|assignment| assignment.has_lines))
}

fn only_text(definition: &Definition) -> Option<Item> {
    let [way] = &definition.ways[..] else { return None };
    let [Chunk::Text(item)] = &way[..] else { return None };
    Some(item.clone())
}

fn hold(given: &Given, run: &mut Run) -> Vec<(Rc<str>, Option<Definition>)> {
    let hold = |(name, value): &(Rc<str>, Value)| {
        let before = run.build.held(name);
        run.build.hold(name, value.clone());
        (Rc::clone(name), before)
    };
    given.iter().map(hold).collect()
}

fn restore(before: Vec<(Rc<str>, Option<Definition>)>, run: &mut Run) {
    before.into_iter().for_each(|(name, before)| run.build.restore(name, before));
}

/// Adds lines of a recipe, without what tells `make` to be silent, to go on, or to run them in any case.
fn push_lines(script: &mut Assembly, text: &str, source: &Rc<Source>, start: usize) {
    let mut at = start;
    for line in text.split_inclusive('\n') {
        let kept = if script.begins_line() { line.trim_start_matches([' ', '\t', '@', '-', '+']) } else { line };
        let end = at + line.len();
        script.push(&Value::literal(kept), source.span(&(end - kept.len()..end)));
        at = end;
    }
}
