//! What is known in one run of `make`: variables, targets, and how they are made.

use super::Source;
use crate::custody::text::Text;
use crate::custody::value::Value;
use crate::make::{Assignment, Flavor, ItemKind, Rule};
use crate::source::{FileId, Span};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// Ways to define one variable, where conditions are not known.
const MAX_WAYS: usize = 4;

/// Something that stands in a makefile.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) source: Rc<Source>,
    pub(super) index: usize,
}

impl Item {
    /// The rule that it is.
    pub(super) fn rule(&self) -> Option<&Rule> {
        match &self.source.makefile.items.get(self.index)?.kind {
            ItemKind::Rule(rule) => Some(rule),
            _ => None,
        }
    }

    /// The assignment that it is, for everything or for one target.
    pub(super) fn assignment(&self) -> Option<&Assignment> {
        match &self.source.makefile.items.get(self.index)?.kind {
            ItemKind::Assign(assignment) => Some(assignment),
            ItemKind::Rule(rule) => rule.variable.as_ref(),
            _ => None,
        }
    }
}

/// A piece of a variable's value: made already, or to be expanded where it is used.
#[derive(Debug, Clone)]
pub(super) enum Chunk {
    Value(Value),
    Text(Item),
}

/// How a variable is defined.
#[derive(Debug, Clone)]
pub(super) struct Definition {
    /// Alternatives, each a list joined by blanks.
    pub(super) ways: Vec<Vec<Chunk>>,
    /// Expanded once, where it stands.
    pub(super) simple: bool,
}

/// What is known of a target.
#[derive(Debug, Clone, Default)]
pub(super) struct Target {
    pub(super) needs: Vec<Need>,
    pub(super) recipes: Vec<Recipe>,
    /// `target: NAME = value`
    pub(super) variables: Vec<Item>,
}

/// A prerequisite.
#[derive(Debug, Clone)]
pub(super) struct Need {
    pub(super) name: Text,
    /// Where a rule says so.
    pub(super) span: Span,
}

impl Need {
    /// The same with its `%` filled in.
    pub(super) fn filled(&self, stem: &Text) -> Need {
        Need { name: filled(&self.name, stem), span: self.span }
    }
}

/// A recipe of a rule.
#[derive(Debug, Clone)]
pub(super) struct Recipe {
    /// The rule.
    pub(super) item: Item,
    /// What `%` stands for.
    pub(super) stem: Option<Text>,
}

/// What the makefiles of one run define.
#[derive(Debug, Clone, Default)]
pub(super) struct Build {
    /// Folder that it runs in, relative to the repository.
    pub(super) directory: Rc<str>,
    /// `NAME=value` of the command line.
    pub(super) overrides: BTreeMap<Rc<str>, Value>,
    pub(super) variables: BTreeMap<Rc<str>, Definition>,
    /// `$@` and its kin.
    pub(super) automatic: BTreeMap<char, Value>,
    pub(super) exported: BTreeSet<Rc<str>>,
    pub(super) exports_all: bool,
    pub(super) targets: BTreeMap<Text, Target>,
    pub(super) patterns: Vec<(Text, Item)>,
    /// What is made where nothing is asked for.
    pub(super) first: Option<Text>,
    /// What is known of the conditions so far.
    pub(super) conditions: HashMap<(FileId, usize), Option<bool>>,
    pub(super) included: Vec<FileId>,
    /// The names of the makefiles that were read so far.
    pub(super) list: Vec<Text>,
}

impl Build {
    /// Nothing read yet, in a folder of the repository.
    pub(super) fn new(directory: &str) -> Self {
        Build { directory: directory.into(), ..Build::default() }
    }

    /// The rules for patterns that a name fits, in order.
    pub(super) fn by_pattern(&self, name: &Text) -> Vec<Recipe> {
        let fitting = self.patterns.iter().filter_map(|(pattern, item)| {
            let stem = stem(pattern, name).filter(|stem| !stem.atoms().is_empty())?;
            Some(Recipe { item: item.clone(), stem: Some(stem) })
        });
        fitting.collect()
    }

    /// Whether `.ONESHELL:`, `.IGNORE:` and their kin name it, or everything.
    pub(super) fn special(&self, special: &str, target: &Text) -> bool {
        self.targets.get(&Text::literal(special)).is_some_and(|t| t.needs.is_empty() || t.needs.iter().any(|n| n.name == *target))
    }

    /// Whether it is said to be no file.
    pub(super) fn is_phony(&self, target: &Text) -> bool {
        self.targets.get(&Text::literal(".PHONY")).is_some_and(|t| t.needs.iter().any(|n| n.name == *target))
    }

    /// Sets the variables of one target; what they were before is in the result.
    pub(super) fn enter(&mut self, target: &Target) -> Build {
        let before = self.clone();
        for item in &target.variables {
            self.define(item, false);
            if let Some(assignment) = item.assignment().filter(|a| a.exported) {
                self.exported.insert(assignment.name.as_str().into());
            }
        }
        before
    }

    /// Goes back to the variables of before.
    pub(super) fn leave(&mut self, before: Build) {
        self.variables = before.variables;
        self.automatic = before.automatic;
        self.exported = before.exported;
    }

    /// What a variable is now, for `restore`.
    pub(super) fn held(&self, name: &str) -> Option<Definition> {
        self.variables.get(name).cloned()
    }

    /// Gives a value that needs no expansion to a variable.
    pub(super) fn hold(&mut self, name: &Rc<str>, value: Value) {
        self.variables.insert(Rc::clone(name), Definition { ways: vec![vec![Chunk::Value(value)]], simple: true });
    }

    /// Makes a variable again what it was.
    pub(super) fn restore(&mut self, name: Rc<str>, before: Option<Definition>) {
        match before {
            Some(before) => drop(self.variables.insert(name, before)),
            None => drop(self.variables.remove(&name)),
        }
    }

    /// Gives an assignment to its variable; `false` if that has too many already.
    pub(super) fn define(&mut self, item: &Item, uncertain: bool) -> bool {
        let Some(assignment) = item.assignment() else { return true };
        let name: Rc<str> = assignment.name.as_str().into();
        let chunk = Chunk::Text(item.clone());
        let old = self.variables.get(&name).cloned();
        let new = match (&old, assignment.flavor) {
            (Some(old), Flavor::Append) => {
                let append = |way: &Vec<Chunk>| way.iter().cloned().chain([chunk.clone()]).collect();
                Definition { ways: old.ways.iter().map(append).collect(), simple: old.simple }
            }
            (_, flavor) => Definition { ways: vec![vec![chunk]], simple: flavor == Flavor::Simple },
        };
        let mut new = match old {
            Some(old) if uncertain => Definition { ways: [old.ways, new.ways].concat(), simple: new.simple },
            _ => new,
        };
        let fits = new.ways.len() <= MAX_WAYS;
        new.ways.truncate(MAX_WAYS);
        self.variables.insert(name, new);
        fits
    }
}

/// What `%` of a pattern stands for in a name.
pub(super) fn stem(pattern: &Text, name: &Text) -> Option<Text> {
    let (masked, length) = (pattern.masked(), name.masked().len());
    let from = masked.find('%')?;
    let to = (length + from + 1).checked_sub(masked.len()).filter(|to| from <= *to)?;
    let fits = name.slice_masked(0..from) == pattern.slice_masked(0..from)
        && name.slice_masked(to..length) == pattern.slice_masked(from + 1..masked.len());
    fits.then(|| name.slice_masked(from..to))
}

/// A pattern with its `%` filled in.
pub(super) fn filled(pattern: &Text, stem: &Text) -> Text {
    let masked = pattern.masked();
    let Some(at) = masked.find('%') else { return pattern.clone() };
    let mut all = pattern.slice_masked(0..at);
    all.extend(stem);
    all.extend(&pattern.slice_masked(at + 1..masked.len()));
    all
}
