//! What a makefile defines in one run of `make`: variables, rules, and the values that their texts come to.

use super::filepath::join;
use super::graph::NodeId;
use super::interpret::{Ctx, Env, Variable, Walk, bounded};
use super::makefile_functions::replaced_word;
use super::value::Value;
use crate::make::{self, Assignment, Branch, Condition, Flavor, ItemKind, Kind, Makefile, Rule, Text as Raw};
use crate::source::{FileId, Span};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// References within references that are followed.
const MAX_DEPTH: u32 = 24;
/// Files that one run includes.
const MAX_INCLUDES: usize = 64;
/// Ways to define one variable, where conditions are not known.
const MAX_WAYS: usize = 4;
/// Parts of texts that count as one command.
const PARTS_OF_A_COMMAND: usize = 32;
/// Words of a list that are told apart.
pub(super) const MAX_WORDS: usize = 512;
pub(super) const TOO_MANY_WORDS: &str = "a list of a makefile may have 512 words";

/// A makefile of the repository.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) file: FileId,
    pub(super) makefile: Makefile,
}

impl Source {
    pub(super) fn span(&self, at: &std::ops::Range<usize>) -> Span {
        Span::new(self.file, at.clone())
    }
}

/// A piece of a variable's value: made already, or to be expanded where it is used.
#[derive(Debug, Clone)]
enum Chunk {
    Value(Value),
    Text { source: Rc<Source>, item: ItemRef, span: Span },
}

/// Where the text of an assignment stands.
#[derive(Debug, Clone, Copy)]
struct ItemRef(usize);

#[derive(Debug, Clone)]
pub(super) struct Definition {
    /// Alternatives, each a list joined by blanks.
    ways: Vec<Vec<Chunk>>,
    /// Expanded once, where it stands.
    simple: bool,
}

/// What is known of a target.
#[derive(Debug, Clone, Default)]
pub(super) struct Target {
    pub(super) prerequisites: Vec<String>,
    pub(super) recipes: Vec<Recipe>,
    /// `target: NAME = value`
    variables: Vec<(Rc<Source>, ItemRef)>,
}

/// A recipe of a rule.
#[derive(Debug, Clone)]
pub(super) struct Recipe {
    pub(super) source: Rc<Source>,
    item: ItemRef,
    pub(super) stem: Option<Rc<str>>,
}

impl Recipe {
    pub(super) fn rule(&self) -> Option<&Rule> {
        rule_of(&self.source, self.item)
    }
}

fn rule_of(source: &Source, item: ItemRef) -> Option<&Rule> {
    match &source.makefile.items.get(item.0)?.kind {
        ItemKind::Rule(rule) => Some(rule),
        _ => None,
    }
}

fn assignment_of(source: &Source, item: ItemRef) -> Option<&Assignment> {
    match &source.makefile.items.get(item.0)?.kind {
        ItemKind::Assign(assignment) => Some(assignment),
        ItemKind::Rule(rule) => rule.variable.as_ref(),
        _ => None,
    }
}

/// One run of `make`.
#[derive(Debug, Clone, Default)]
pub(super) struct Build {
    /// Folder that it runs in, relative to the repository.
    pub(super) directory: Rc<str>,
    /// `NAME=value` of the command line.
    pub(super) overrides: BTreeMap<Rc<str>, Value>,
    variables: BTreeMap<Rc<str>, Definition>,
    pub(super) automatic: BTreeMap<char, Value>,
    exported: BTreeSet<Rc<str>>,
    exports_all: bool,
    targets: BTreeMap<String, Target>,
    patterns: Vec<(String, Rc<Source>, ItemRef)>,
    pub(super) first: Option<String>,
    conditions: HashMap<(FileId, usize), Option<bool>>,
    included: Vec<FileId>,
    depth: u32,
}

/// Where texts are expanded: the point in the flow, and what the shell knows there.
pub(super) struct Spot<'s> {
    pub(super) at: &'s mut NodeId,
    pub(super) env: &'s mut Env,
    pub(super) ctx: &'s Ctx,
}

impl Build {
    /// Nothing read yet, in a folder of the repository.
    pub(super) fn new(directory: &str) -> Self {
        Build { directory: directory.into(), ..Build::default() }
    }

    /// How a target is made: by a rule of its own, by one for its pattern; `None` if no rule speaks of it.
    pub(super) fn target(&self, name: &str) -> Option<Target> {
        let own = self.targets.get(name);
        if let Some(own) = own.filter(|t| !t.recipes.is_empty()) {
            return Some(own.clone());
        }
        let by_pattern = self.patterns.iter().find_map(|(pattern, source, item)| {
            let stem = stem(pattern, name)?;
            Some(Recipe { source: Rc::clone(source), item: *item, stem: Some(stem.into()) })
        });
        let mut target = own.cloned();
        if let Some(recipe) = by_pattern {
            let target = target.get_or_insert_with(Target::default);
            target.recipes.push(recipe);
        }
        target
    }

    /// Whether `.ONESHELL:`, `.IGNORE:` and their kin name it, or everything.
    pub(super) fn special(&self, special: &str, target: &str) -> bool {
        self.targets.get(special).is_some_and(|t| t.prerequisites.is_empty() || t.prerequisites.iter().any(|p| p == target))
    }

    /// Sets the variables of one target; what they were before is in the result.
    pub(super) fn enter(&mut self, target: &Target) -> Build {
        let before = self.clone();
        for (source, item) in &target.variables {
            if let Some(assignment) = assignment_of(source, *item) {
                self.define(assignment, source, *item, false);
                if assignment.exported {
                    self.exported.insert(assignment.name.as_str().into());
                }
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

    /// Gives the assignment to a variable; `false` if it has too many already.
    fn define(&mut self, assignment: &Assignment, source: &Rc<Source>, item: ItemRef, uncertain: bool) -> bool {
        let name: Rc<str> = assignment.name.as_str().into();
        let chunk = Chunk::Text { source: Rc::clone(source), item, span: source.span(&assignment.at) };
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

impl Walk<'_> {
    /// A makefile of the repository, parsed.
    pub(super) fn makefile(&mut self, path: &str) -> Option<Rc<Source>> {
        let (file, text) = self.world.files.read(path)?;
        if let Some(known) = self.makefiles.get(&file) {
            return Some(Rc::clone(known));
        }
        if text.len() > make::MAX_BYTES {
            self.opaque(Span::new(file, 0..0), "a makefile may have 1 MiB");
        }
        let source = Rc::new(Source { file, makefile: make::parse(&text) });
        if let Some(unread) = &source.makefile.unread {
            self.opaque(source.span(unread), "a line of a makefile may stand in 200 conditions");
        }
        self.makefiles.insert(file, Rc::clone(&source));
        Some(source)
    }

    /// Reads a makefile in order.
    pub(super) fn read_makefile(&mut self, source: &Rc<Source>, build: &mut Build, spot: &mut Spot) {
        if build.included.contains(&source.file) {
            return;
        }
        if build.included.len() >= MAX_INCLUDES {
            return self.opaque(Span::new(source.file, 0..0), "a makefile may include 64 files");
        }
        build.included.push(source.file);
        for (index, item) in source.makefile.items.iter().enumerate() {
            let Some(uncertain) = self.stands(&item.when, source, build, spot) else { continue };
            let item_ref = ItemRef(index);
            match &item.kind {
                ItemKind::Assign(assignment) => self.assign_in(assignment, source, item_ref, uncertain, build, spot),
                ItemKind::Rule(rule) => self.rule_in(rule, source, item_ref, build, spot),
                ItemKind::Include(files) => {
                    for name in self.make_words(files, source, build, spot) {
                        let path = join(&build.directory, &name);
                        if let Some(inner) = self.makefile(&path) {
                            self.read_makefile(&inner, build, spot);
                        }
                    }
                }
                ItemKind::Export(names) => {
                    build.exports_all |= names.is_empty();
                    build.exported.extend(names.iter().map(|n| Rc::from(n.as_str())));
                }
            }
        }
    }

    /// Whether something stands in branches that are taken: `None` if not, true if that is not known.
    pub(super) fn stands(&mut self, when: &[Branch], source: &Rc<Source>, build: &mut Build, spot: &mut Spot) -> Option<bool> {
        let mut uncertain = false;
        for branch in when {
            match self.make_holds(branch.condition, source, build, spot) {
                Some(outcome) if outcome != branch.holds => return None,
                Some(_) => {}
                None => uncertain = true,
            }
        }
        Some(uncertain)
    }

    fn make_holds(&mut self, index: usize, source: &Rc<Source>, build: &mut Build, spot: &mut Spot) -> Option<bool> {
        let key = (source.file, index);
        if let Some(known) = build.conditions.get(&key) {
            return *known;
        }
        let outcome = match source.makefile.conditions.get(index)? {
            Condition::Equal(a, b, equal) => {
                let (a, b) = (self.make_text(a, source, build, spot), self.make_text(b, source, build, spot));
                match (a.known(), b.known()) {
                    (Some(a), Some(b)) => Some((a.trim() == b.trim()) == *equal),
                    _ => None,
                }
            }
            Condition::Defined(name, defined) => {
                let value = self.make_variable(name, build, spot);
                match value.known() {
                    Some(text) => Some(text.is_empty() != *defined),
                    None if value.all(|t| t.literal_len() > 0) => Some(*defined),
                    None => None,
                }
            }
        };
        build.conditions.insert(key, outcome);
        outcome
    }

    fn assign_in(
        &mut self,
        assignment: &Assignment,
        source: &Rc<Source>,
        item: ItemRef,
        uncertain: bool,
        build: &mut Build,
        spot: &mut Spot,
    ) {
        let name: Rc<str> = assignment.name.as_str().into();
        if assignment.exported {
            build.exported.insert(Rc::clone(&name));
        }
        if assignment.overrides {
            build.overrides.remove(&name);
        }
        match assignment.flavor {
            Flavor::Default if spot.env.variables.contains_key(&name) || build.variables.contains_key(&name) => return,
            Flavor::Append if !build.variables.contains_key(&name) => {
                if let Some(Variable::Scalar(given)) = spot.env.variables.get(&name) {
                    let ways = vec![vec![Chunk::Value(given.clone())]];
                    build.variables.insert(Rc::clone(&name), Definition { ways, simple: false });
                }
            }
            _ => {}
        }
        // What a command prints is asked for where it is used first; most is never used.
        let expands_here = assignment.flavor == Flavor::Simple
            || assignment.flavor == Flavor::Append && build.variables.get(&name).is_some_and(|d| d.simple);
        let lazy = assignment.value.as_ref().is_none_or(|v| v.calls("shell"));
        let value = (expands_here && !lazy).then(|| self.assigned_text(assignment, source, build, spot));
        if !build.define(assignment, source, item, uncertain) {
            self.opaque(source.span(&assignment.at), "a variable of a makefile may be defined in 4 ways");
        }
        let Some(value) = value else { return };
        if let Some(chunk) = build.variables.get_mut(&name).and_then(|d| d.ways.last_mut()).and_then(|way| way.last_mut()) {
            *chunk = Chunk::Value(value);
        }
    }

    fn assigned_text(&mut self, assignment: &Assignment, source: &Rc<Source>, build: &mut Build, spot: &mut Spot) -> Value {
        match &assignment.value {
            Some(text) => self.make_text(text, source, build, spot).from(source.span(&assignment.at), "assigned here"),
            None => self.unknown(assignment.name.as_str()),
        }
    }

    fn rule_in(&mut self, rule: &Rule, source: &Rc<Source>, item: ItemRef, build: &mut Build, spot: &mut Spot) {
        let targets = self.make_words(&rule.targets, source, build, spot);
        let pattern = rule.pattern.as_ref().map(|p| self.make_text(p, source, build, spot));
        let needs = self.make_words(&rule.prerequisites, source, build, spot);
        for target in targets {
            if target.contains('%') {
                if rule.variable.is_none() && !rule.recipe.is_empty() {
                    build.patterns.push((target, Rc::clone(source), item));
                }
                continue;
            }
            let stem = match pattern.as_ref().map(|p| p.known().and_then(|p| stem(p.trim(), &target))) {
                Some(None) => continue,
                Some(Some(stem)) => Some(stem),
                None => None,
            };
            if !target.starts_with('.') && build.first.is_none() && rule.variable.is_none() {
                build.first = Some(target.clone());
            }
            let stem = stem.map(str::to_owned);
            let known = build.targets.entry(target).or_default();
            if rule.variable.is_some() {
                known.variables.push((Rc::clone(source), item));
                continue;
            }
            let filled = |need: &String| stem.as_deref().map_or_else(|| need.clone(), |s| need.replacen('%', s, 1));
            known.prerequisites.extend(needs.iter().filter(|n| *n != "|").map(filled));
            if !rule.recipe.is_empty() {
                if !rule.double_colon {
                    known.recipes.clear();
                }
                known.recipes.push(Recipe { source: Rc::clone(source), item, stem: stem.map(Rc::from) });
            }
        }
    }

    /// Prerequisites that a pattern rule adds.
    pub(super) fn pattern_needs(&mut self, recipe: &Recipe, build: &mut Build, spot: &mut Spot) -> Vec<String> {
        let (Some(rule), Some(stem)) = (recipe.rule(), recipe.stem.as_deref()) else { return Vec::new() };
        if rule.pattern.is_some() {
            return Vec::new();
        }
        let needs = self.make_words(&rule.prerequisites, &recipe.source, build, spot);
        needs.into_iter().filter(|n| n != "|").map(|n| n.replacen('%', stem, 1)).collect()
    }

    /// The environment that recipes get beside what `make` itself was given.
    pub(super) fn make_exports(&mut self, build: &mut Build, spot: &mut Spot) -> Vec<(Rc<str>, Value)> {
        let given = |name: &Rc<str>| spot.env.variables.contains_key(name);
        let mut names: BTreeSet<Rc<str>> = build.exported.iter().chain(build.overrides.keys()).cloned().collect();
        names.extend(build.variables.keys().filter(|n| build.exports_all || given(n)).cloned());
        names.into_iter().map(|name| (Rc::clone(&name), self.make_variable(&name, build, spot))).collect()
    }

    /// A text after expansion.
    pub(super) fn make_text(&mut self, text: &Raw, source: &Rc<Source>, build: &mut Build, spot: &mut Spot) -> Value {
        let mut value: Option<Value> = None;
        for part in &text.parts {
            let next = self.make_part(&part.kind, &part.at, source, build, spot);
            value = Some(match value {
                None => next,
                Some(all) => bounded(all.then(&next), &mut self.symbols, "text"),
            });
        }
        value.unwrap_or_default()
    }

    /// The words of a text after expansion, those of every alternative; unknown ones are left out.
    fn make_words(&mut self, text: &Raw, source: &Rc<Source>, build: &mut Build, spot: &mut Spot) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for one in self.make_text(text, source, build, spot).alternatives() {
            for word in one.split(|c| c.is_ascii_whitespace()) {
                let Some(word) = word.known().filter(|w| !all.iter().any(|a| a == w)) else { continue };
                if all.len() == MAX_WORDS {
                    let (first, last) = (text.parts.first(), text.parts.last());
                    let at = first.map_or(0, |p| p.at.start)..last.map_or(0, |p| p.at.end);
                    self.opaque(source.span(&at), TOO_MANY_WORDS);
                    return all;
                }
                all.push(word.to_owned());
            }
        }
        all
    }

    /// A part of a text after expansion.
    pub(super) fn make_part(
        &mut self,
        kind: &Kind,
        at: &std::ops::Range<usize>,
        source: &Rc<Source>,
        build: &mut Build,
        spot: &mut Spot,
    ) -> Value {
        // Reading a makefile again for each run of `make` is quick beside what commands cost.
        self.make_parts += 1;
        if self.make_parts.is_multiple_of(PARTS_OF_A_COMMAND) {
            self.budget = self.budget.saturating_sub(1);
        }
        let written = || self.world.sources.text(source.span(at)).to_owned();
        if build.depth >= MAX_DEPTH || self.budget == 0 {
            let written = written();
            return self.unknown(written);
        }
        build.depth += 1;
        let value = match kind {
            Kind::Literal(text) => Value::literal(text),
            Kind::Variable { name, replaces } => {
                let written = written();
                let name = self.make_text(name, source, build, spot);
                match (name.known().map(str::to_owned), replaces) {
                    (Some(name), None) => self.make_variable(&name, build, spot),
                    (Some(name), Some((from, to))) => {
                        let value = self.make_variable(&name, build, spot);
                        let (from, to) = (self.make_text(from, source, build, spot), self.make_text(to, source, build, spot));
                        let each = match (from.known(), to.known()) {
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
                match self.make_call(function, arguments, at, source, build, spot) {
                    Some(value) => value,
                    None => self.unknown(written),
                }
            }
        };
        build.depth -= 1;
        value
    }

    /// The value of a variable.
    pub(super) fn make_variable(&mut self, name: &str, build: &mut Build, spot: &mut Spot) -> Value {
        let mut letters = name.chars();
        if let (Some(letter), rest) = (letters.next(), letters.as_str())
            && let Some(value) = build.automatic.get(&letter)
        {
            match (rest, value.known()) {
                ("", _) => return value.clone(),
                ("F", Some(text)) => return Value::literal(text.rsplit('/').next().unwrap_or(text)),
                ("D", Some(text)) => return Value::literal(text.rsplit_once('/').map_or(".", |(folder, _)| folder)),
                _ => {}
            }
        }
        if let Some(value) = build.overrides.get(name) {
            return value.clone();
        }
        let Some(definition) = build.variables.get(name).cloned() else {
            return match (spot.env.variables.get(name), name) {
                (Some(Variable::Scalar(value)), _) => value.clone(),
                (Some(Variable::List(list)), _) => list.first().cloned().unwrap_or_default(),
                (None, "MAKE") => Value::literal("make"),
                (None, "CURDIR") => self.folder(&build.directory),
                (None, _) => self.unknown(name),
            };
        };
        if build.depth >= MAX_DEPTH {
            return self.unknown(name);
        }
        build.depth += 1;
        let mut all: Option<Value> = None;
        for way in &definition.ways {
            let mut value: Option<Value> = None;
            for chunk in way {
                let next = self.chunk(chunk, build, spot);
                value = Some(value.map_or_else(|| next.clone(), |v| v.then(&Value::literal(" ")).then(&next)));
            }
            let value = value.unwrap_or_default();
            all = Some(all.map_or_else(|| value.clone(), |a| a.or(&value)));
        }
        build.depth -= 1;
        let value = bounded(all.unwrap_or_default(), &mut self.symbols, name);
        if definition.simple {
            build.hold(&name.into(), value.clone());
        }
        value
    }

    fn chunk(&mut self, chunk: &Chunk, build: &mut Build, spot: &mut Spot) -> Value {
        match chunk {
            Chunk::Value(value) => value.clone(),
            Chunk::Text { source, item, span } => match assignment_of(source, *item) {
                Some(assignment) => self.assigned_text(assignment, source, build, spot),
                None => self.unknown(self.world.sources.text(*span)),
            },
        }
    }
}

/// What `%` stands for.
pub(super) fn stem<'n>(pattern: &str, name: &'n str) -> Option<&'n str> {
    let (prefix, suffix) = pattern.split_once('%')?;
    name.strip_prefix(prefix)?.strip_suffix(suffix).filter(|s| !s.is_empty())
}
