//! The values that texts of a makefile come to.

use super::build::Chunk;
use super::functions::{base_of, folder_of, replaced_word};
use super::{Run, Source};
use crate::custody::env::{Variable, bounded};
use crate::custody::interpret::Walk;
use crate::custody::text::Text;
use crate::custody::value::Value;
use crate::make::{Assignment, Kind, Text as Raw};
use std::rc::Rc;

/// References within references that are followed.
const MAX_DEPTH: u32 = 24;
/// Parts of texts that count as one command.
const PARTS_OF_A_COMMAND: usize = 32;
/// Words of a list that are told apart.
pub(super) const MAX_WORDS: usize = 512;
pub(super) const TOO_MANY_WORDS: &str = "a list of a makefile may have 512 words";

impl Walk<'_> {
    /// A text after expansion.
    pub(super) fn make_text(&mut self, text: &Raw, source: &Rc<Source>, run: &mut Run) -> Value {
        let mut value: Option<Value> = None;
        for part in &text.parts {
            let next = self.make_part(&part.kind, &part.at, source, run);
            value = Some(match value {
                None => next,
                Some(all) => bounded(all.then(&next), &mut self.symbols, "text"),
            });
        }
        value.unwrap_or_default()
    }

    /// The words of a text after expansion, those of every alternative.
    pub(super) fn make_words(&mut self, text: &Raw, source: &Rc<Source>, run: &mut Run) -> Vec<Text> {
        let mut all: Vec<Text> = Vec::new();
        for one in self.make_text(text, source, run).alternatives() {
            for word in one.split(|c| c.is_ascii_whitespace()) {
                if all.contains(&word) {
                    continue;
                }
                if all.len() == MAX_WORDS {
                    self.opaque(source.span_of(text), TOO_MANY_WORDS);
                    return all;
                }
                all.push(word);
            }
        }
        all
    }

    /// Counts a part of a text; whether no more are followed. Reading a makefile again for each run of `make` is quick beside what
    /// commands cost.
    pub(super) fn is_too_much(&mut self, run: &Run) -> bool {
        self.make_parts += 1;
        if self.make_parts.is_multiple_of(PARTS_OF_A_COMMAND) {
            self.budget = self.budget.saturating_sub(1);
        }
        run.depth >= MAX_DEPTH || self.budget == 0
    }

    /// A part of a text after expansion.
    pub(super) fn make_part(&mut self, kind: &Kind, at: &std::ops::Range<usize>, source: &Rc<Source>, run: &mut Run) -> Value {
        let written = || self.world.sources.text(source.span(at)).to_owned();
        if self.is_too_much(run) {
            let written = self.world.sources.text(source.span(at)).to_owned();
            return self.unknown(written);
        }
        run.depth += 1;
        let value = match kind {
            Kind::Literal(text) => Value::literal(text),
            Kind::Variable { name, replaces } => {
                let written = written();
                let name = self.make_text(name, source, run);
                match (name.known().map(str::to_owned), replaces) {
                    (Some(name), None) => self.make_variable(&name, run),
                    (Some(name), Some((from, to))) => {
                        let value = self.make_variable(&name, run);
                        let (from, to) = (self.make_text(from, source, run), self.make_text(to, source, run));
                        let each = match (from.single(), to.single()) {
                            (Some(from), Some(to)) => self.each_word(&value, &written, |word| replaced_word(word, from, to)),
                            _ => None,
                        };
                        each.unwrap_or_else(|| self.unknown(written))
                    }
                    (None, _) => self.unknown(written),
                }
            }
            Kind::Call { function, arguments } => {
                let written = written();
                match self.make_call(function, arguments, at, source, run) {
                    Some(value) => value,
                    None => self.unknown(written),
                }
            }
        };
        run.depth -= 1;
        value
    }

    /// The value of a variable.
    pub(super) fn make_variable(&mut self, name: &str, run: &mut Run) -> Value {
        let mut letters = name.chars();
        if let (Some(letter), rest) = (letters.next(), letters.as_str())
            && let Some(value) = run.build.automatic.get(&letter).cloned()
        {
            let part = match rest {
                "" => return value,
                "D" => self.each_word(&value, "folder", folder_of),
                "F" => self.each_word(&value, "file name", base_of),
                _ => None,
            };
            if let Some(part) = part {
                return part;
            }
        }
        if let Some(value) = run.build.overrides.get(name) {
            return value.clone();
        }
        let Some(definition) = run.build.variables.get(name).cloned() else {
            return match (run.env.variables.get(name), name) {
                (Some(Variable::Scalar(value)), _) => value.clone(),
                (Some(Variable::List(list)), _) => list.first().cloned().unwrap_or_default(),
                (None, "MAKE") => Value::literal("make"),
                (None, "MAKEFILE_LIST") => Value::text(Text::joined(&run.build.list)),
                (None, "CURDIR") => self.folder(&run.build.directory),
                (None, _) => self.unknown(name),
            };
        };
        if run.depth >= MAX_DEPTH {
            return self.unknown(name);
        }
        run.depth += 1;
        let mut all: Option<Value> = None;
        for way in &definition.ways {
            let mut value: Option<Value> = None;
            for chunk in way {
                let next = self.chunk(chunk, run);
                value = Some(value.map_or_else(|| next.clone(), |v| v.then(&Value::literal(" ")).then(&next)));
            }
            let value = value.unwrap_or_default();
            all = Some(all.map_or_else(|| value.clone(), |a| a.or(&value)));
        }
        run.depth -= 1;
        let value = bounded(all.unwrap_or_default(), &mut self.symbols, name);
        if definition.simple {
            run.build.hold(&name.into(), value.clone());
        }
        value
    }

    /// What is assigned; unknown of what is not followed.
    pub(super) fn assigned_text(&mut self, assignment: &Assignment, source: &Rc<Source>, run: &mut Run) -> Value {
        match &assignment.value {
            Some(text) => self.make_text(text, source, run).from(source.span(&assignment.at), "assigned here"),
            None => self.unknown(assignment.name.as_str()),
        }
    }

    fn chunk(&mut self, chunk: &Chunk, run: &mut Run) -> Value {
        match chunk {
            Chunk::Value(value) => value.clone(),
            Chunk::Text(item) => match item.assignment() {
                Some(assignment) => self.assigned_text(assignment, &item.source, run),
                None => Value::default(),
            },
        }
    }
}
