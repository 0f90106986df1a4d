//! Reads makefiles: what their assignments and rules define, in the branches that are taken.

use super::build::{Chunk, Definition, Item, Need, Recipe, stem};
use super::{Run, Source};
use crate::custody::env::Variable;
use crate::custody::interpret::Walk;
use crate::custody::text::Text;
use crate::custody::value::Value;
use crate::make::{self, Assignment, Branch, Condition, Flavor, ItemKind, Rule};
use crate::source::Span;
use std::collections::BTreeSet;
use std::rc::Rc;

/// Files that one run includes.
const MAX_INCLUDES: usize = 64;

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
    pub(super) fn read_makefile(&mut self, source: &Rc<Source>, run: &mut Run) {
        if run.build.included.contains(&source.file) {
            return;
        }
        if run.build.included.len() >= MAX_INCLUDES {
            return self.opaque(Span::new(source.file, 0..0), "a makefile may include 64 files");
        }
        run.build.included.push(source.file);
        for (index, item) in source.makefile.items.iter().enumerate() {
            let Some(uncertain) = self.stands(&item.when, source, run) else { continue };
            let here = Item { source: Rc::clone(source), index };
            match &item.kind {
                ItemKind::Assign(assignment) => self.assign_in(assignment, &here, uncertain, run),
                ItemKind::Rule(rule) => self.rule_in(rule, &here, run),
                ItemKind::Include(files) => {
                    for name in self.make_words(files, source, run) {
                        let path = self.path_of(&Value::text(name.clone()), &run.build.directory);
                        if let Some(inner) = path.and_then(|path| self.makefile(&path)) {
                            run.build.list.push(name);
                            self.read_makefile(&inner, run);
                        }
                    }
                }
                ItemKind::Computed(at) => self.noted(source.span(at), "the rules and variables that it defines are not read"),
                ItemKind::Export(names) => {
                    run.build.exports_all |= names.is_empty();
                    run.build.exported.extend(names.iter().map(|n| Rc::from(n.as_str())));
                }
            }
        }
    }

    /// Whether something stands in branches that are taken: `None` if not, true if that is not known.
    pub(super) fn stands(&mut self, when: &[Branch], source: &Rc<Source>, run: &mut Run) -> Option<bool> {
        let mut uncertain = false;
        for branch in when {
            match self.make_holds(branch.condition, source, run) {
                Some(outcome) if outcome != branch.holds => return None,
                Some(_) => {}
                None => uncertain = true,
            }
        }
        Some(uncertain)
    }

    fn make_holds(&mut self, index: usize, source: &Rc<Source>, run: &mut Run) -> Option<bool> {
        let key = (source.file, index);
        if let Some(known) = run.build.conditions.get(&key) {
            return *known;
        }
        let outcome = match source.makefile.conditions.get(index)? {
            Condition::Equal(a, b, equal) => {
                let (a, b) = (self.make_text(a, source, run), self.make_text(b, source, run));
                match (a.known(), b.known()) {
                    (Some(a), Some(b)) => Some((a.trim() == b.trim()) == *equal),
                    _ => None,
                }
            }
            Condition::Defined(name, defined) => {
                let value = self.make_variable(name, run);
                match value.known() {
                    Some(text) => Some(text.is_empty() != *defined),
                    None if value.all(|t| t.literal_len() > 0) => Some(*defined),
                    None => None,
                }
            }
        };
        run.build.conditions.insert(key, outcome);
        outcome
    }

    fn assign_in(&mut self, assignment: &Assignment, item: &Item, uncertain: bool, run: &mut Run) {
        let name: Rc<str> = assignment.name.as_str().into();
        if assignment.exported {
            run.build.exported.insert(Rc::clone(&name));
        }
        if assignment.overrides {
            run.build.overrides.remove(&name);
        }
        match assignment.flavor {
            Flavor::Default if run.env.variables.contains_key(&name) || run.build.variables.contains_key(&name) => return,
            Flavor::Append if !run.build.variables.contains_key(&name) => {
                if let Some(Variable::Scalar(given)) = run.env.variables.get(&name) {
                    let ways = vec![vec![Chunk::Value(given.clone())]];
                    run.build.variables.insert(Rc::clone(&name), Definition { ways, simple: false });
                }
            }
            _ => {}
        }
        // What a command prints is asked for where it is used first; most is never used.
        let expands_here = assignment.flavor == Flavor::Simple
            || assignment.flavor == Flavor::Append && run.build.variables.get(&name).is_some_and(|d| d.simple);
        let lazy = assignment.value.as_ref().is_none_or(|v| v.calls("shell"));
        let value = (expands_here && !lazy).then(|| self.assigned_text(assignment, &item.source, run));
        if !run.build.define(item, uncertain) {
            self.opaque(item.source.span(&assignment.at), "a variable of a makefile may be defined in 4 ways");
        }
        let Some(value) = value else { return };
        if let Some(chunk) = run.build.variables.get_mut(&name).and_then(|d| d.ways.last_mut()).and_then(|way| way.last_mut()) {
            *chunk = Chunk::Value(value);
        }
    }

    fn rule_in(&mut self, rule: &Rule, item: &Item, run: &mut Run) {
        let source = &item.source;
        let targets = self.make_words(&rule.targets, source, run);
        let pattern = rule.pattern.as_ref().map(|p| self.make_text(p, source, run));
        let needs = self.needs_of(rule, source, run);
        for target in targets.into_iter().map(plain) {
            let masked = target.masked();
            if masked.contains('%') {
                if rule.has_recipe {
                    run.build.patterns.push((target, item.clone()));
                }
                continue;
            }
            let stem = match pattern
                .as_ref()
                .map(|p| p.single().and_then(|p| stem(&p.trim(), &target)).filter(|s| !s.atoms().is_empty()))
            {
                Some(None) => continue,
                Some(stem) => stem,
                None => None,
            };
            // `$(VERBOSE).SILENT` is a special target as well.
            let is_special = masked.trim_start_matches('\u{FFFC}').starts_with('.');
            if !is_special && run.build.first.is_none() && rule.variable.is_none() {
                run.build.first = Some(target.clone());
            }
            let known = run.build.targets.entry(target).or_default();
            if rule.variable.is_some() {
                known.variables.push(item.clone());
                continue;
            }
            known.needs.extend(needs.iter().map(|need| stem.as_ref().map_or_else(|| need.clone(), |s| need.filled(s))));
            if rule.has_recipe {
                if !rule.double_colon {
                    known.recipes.clear();
                }
                known.recipes.push(Recipe { item: item.clone(), stem });
            }
        }
    }

    /// What a rule needs, order-only ones included.
    fn needs_of(&mut self, rule: &Rule, source: &Rc<Source>, run: &mut Run) -> Vec<Need> {
        let span = source.span_of(&rule.prerequisites);
        let words = self.make_words(&rule.prerequisites, source, run).into_iter();
        words.filter(|word| word.known() != Some("|")).map(|word| Need { name: plain(word), span }).collect()
    }

    /// Prerequisites that a pattern rule adds.
    pub(super) fn pattern_needs(&mut self, recipe: &Recipe, run: &mut Run) -> Vec<Need> {
        let (Some(rule), Some(stem)) = (recipe.item.rule(), &recipe.stem) else { return Vec::new() };
        if rule.pattern.is_some() {
            return Vec::new();
        }
        self.needs_of(rule, &recipe.item.source, run).iter().map(|need| need.filled(stem)).collect()
    }

    /// The environment that recipes get beside what `make` itself was given.
    pub(super) fn make_exports(&mut self, run: &mut Run) -> Vec<(Rc<str>, Value)> {
        let given = |name: &Rc<str>| run.env.variables.contains_key(name);
        let mut names: BTreeSet<Rc<str>> = run.build.exported.iter().chain(run.build.overrides.keys()).cloned().collect();
        names.extend(run.build.variables.keys().filter(|n| run.build.exports_all || given(n)).cloned());
        names.into_iter().map(|name| (Rc::clone(&name), self.make_variable(&name, run))).collect()
    }
}

/// A name as `make` takes it: without `./` in front.
pub(super) fn plain(name: Text) -> Text {
    let masked = name.masked();
    let rest = masked.trim_start_matches("./");
    if rest.is_empty() || rest.len() == masked.len() { name } else { name.slice_masked(masked.len() - rest.len()..masked.len()) }
}
