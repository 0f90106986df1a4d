//! `make target`: the recipes of the repository's makefile, in the order in which they would run.

mod asked;
mod build;
mod canned;
mod expansion;
mod functions;
mod makefile;

use self::build::{Build, Need, Recipe, Target};
use super::assembly::Assembly;
use super::command::Call;
use super::env::{Env, Folder, Variable};
use super::filepath::join;
use super::graph::NodeId;
use super::interpret::{Ctx, Out, Walk};
use super::nested::Started;
use super::text::Text;
use super::value::Value;
use crate::facts::EffectCause;
use crate::make::{self, Makefile};
use crate::source::{FileId, Span};
use std::rc::Rc;

/// Targets that are being made within each other, over all runs of `make`.
const MAX_DEPTH: usize = 24;
/// Targets of one run.
const MAX_TARGETS: usize = 400;

/// A makefile of the repository.
#[derive(Debug)]
pub(super) struct Source {
    file: FileId,
    makefile: Makefile,
}

impl Source {
    fn span(&self, at: &std::ops::Range<usize>) -> Span {
        Span::new(self.file, at.clone())
    }

    /// Where a text stands.
    fn span_of(&self, text: &make::Text) -> Span {
        let (first, last) = (text.parts.first(), text.parts.last());
        Span::new(self.file, first.map_or(0, |p| p.at.start)..last.map_or(0, |p| p.at.end))
    }
}

/// One run of `make`: what is known of the makefile, how far it is, and what the shell knows there.
struct Run<'s> {
    build: Build,
    /// The command.
    call: Span,
    /// The point in the flow.
    at: NodeId,
    env: &'s mut Env,
    ctx: &'s Ctx,
    /// The makefile that it starts with.
    file: FileId,
    /// References within references that are being expanded.
    depth: u32,
    made: Vec<Text>,
    /// What says that no failure counts.
    ignores: Option<Span>,
    /// Something that a target needs is not followed, and said so.
    has_gap: bool,
    /// Where it ends by a failure.
    fail: NodeId,
    /// How the lines of recipes are run.
    started: Started,
}

impl Walk<'_> {
    /// Runs what a call of `make` makes; `None` (and a note) if that cannot be read.
    pub(super) fn make(&mut self, call: &Call, skip: usize, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Option<Out> {
        let Some(asked) = self.asked(call, skip, env) else {
            self.opaque(call.span, super::unread::NO_TARGET);
            return None;
        };
        if asked.only_looks {
            return None;
        }
        let named = if asked.files.is_empty() {
            ["GNUmakefile", "makefile", "Makefile"].map(|name| join(&asked.directory, name)).to_vec()
        } else {
            asked.files
        };
        let found = named.iter().find_map(|path| Some((path, self.makefile(path)?)));
        let Some((path, source)) = found else {
            self.opaque(call.span, super::unread::NO_MAKEFILE);
            return None;
        };
        if ctx.depth > 16 {
            self.opaque(call.span, "it is nested too deeply to be followed");
            return None;
        }
        let (ok, fail) = (self.point(), self.point());
        let mut build = Build::new(&asked.directory);
        let below =
            if asked.directory.is_empty() { Some(path.as_str()) } else { path.strip_prefix(&format!("{}/", asked.directory)) };
        build.list.extend(below.map_or_else(|| self.folder(path), Value::literal).single().cloned());
        build.overrides.extend(self.overrides.iter().cloned());
        build.overrides.extend(asked.overrides.iter().cloned());
        let mut own = env.clone();
        own.functions.clear();
        own.error_trap = None;
        own.stdin = None;
        own.folder = Folder::of(&build.directory);
        for (name, value, _) in &call.environment {
            own.variables.insert(Rc::clone(name), Variable::Scalar(value.clone()));
        }
        let at = self.point();
        self.graph.ok(entry, at);
        let stack = self.enter_call(call.span, source.file);
        let mut run = Run {
            build,
            call: call.span,
            at,
            env: &mut own,
            ctx,
            file: source.file,
            depth: 0,
            made: Vec::new(),
            ignores: asked.ignores,
            has_gap: false,
            fail,
            started: Started::default(),
        };
        self.read_makefile(&source, &mut run);
        let goals = if asked.goals.is_empty() { run.build.first.iter().cloned().collect() } else { asked.goals };
        let has_shell = self.start_shell(&mut run);
        let given = std::mem::replace(&mut self.overrides, run.build.overrides.clone().into_iter().collect());
        if asked.has_unknown {
            self.opaque(call.span, super::unread::NO_TARGET);
        }
        for goal in &goals {
            if has_shell {
                self.goal(goal, call.span, &mut run);
            } else {
                self.opaque(call.span, "its recipes are not written for a shell");
            }
        }
        let end = run.at;
        self.overrides = given;
        self.place.calls = stack;
        env.files = own.files;
        env.stdout = own.stdout;
        self.graph.ok(end, ok);
        Some(Out { ok: Some(ok), fail: Some(fail), quiet: None })
    }

    /// Finds out how recipe lines are run, by `SHELL` and `.SHELLFLAGS`; false if that is no shell.
    fn start_shell(&mut self, run: &mut Run) -> bool {
        let given = run.env.variables.remove("SHELL");
        let shell = self.make_variable("SHELL", run);
        let flags = self.make_variable(".SHELLFLAGS", run);
        run.env.variables.extend(given.map(|g| (Rc::from("SHELL"), g)));
        let mut words: Vec<String> = Vec::new();
        if let Some(text) = shell.known().filter(|_| !shell.any(|t| t.as_symbol().is_some())) {
            words.extend(text.split_whitespace().map(str::to_owned));
        }
        let shells = ["sh", "bash", "dash", "ash", "zsh", "ksh", "env"];
        let program = words.first().map(|w| w.rsplit('/').next().unwrap_or(w).to_owned());
        if program.is_some_and(|p| !shells.contains(&p.as_str())) {
            return false;
        }
        words.extend(flags.known().unwrap_or("").split_whitespace().map(str::to_owned));
        run.started = Started::of(words.iter().map(String::as_str));
        run.started.posix = !words.iter().any(|w| w.ends_with("bash"));
        true
    }

    /// Makes a target, if it is not made yet: what it needs, then its recipe. `from`: what asks for it.
    fn goal(&mut self, name: &Text, from: Span, run: &mut Run) {
        let key = (run.file, name.clone());
        if run.made.contains(name) || self.making.contains(&key) {
            return;
        }
        if run.made.len() >= MAX_TARGETS || self.making.len() >= MAX_DEPTH {
            return self.opaque(run.ctx.code.source.whole(), "more targets are made than are followed");
        }
        run.made.push(name.clone());
        let Some(target) = self.target(name, run) else { return self.unmade(name, from, run) };
        self.making.push(key);
        let before = run.build.enter(&target);
        self.made(name, &target, run);
        run.build.leave(before);
        self.making.pop();
    }

    /// How a target is made: by a rule of its own, by one for its pattern; `None` if no rule speaks of it.
    fn target(&mut self, name: &Text, run: &mut Run) -> Option<Target> {
        let own = run.build.targets.get(name).cloned();
        if own.as_ref().is_some_and(|own| !own.recipes.is_empty()) {
            return own;
        }
        let by_pattern = run.build.by_pattern(name).into_iter().find(|recipe| self.applies(recipe, name, run));
        let Some(recipe) = by_pattern else { return own };
        let mut target = own.unwrap_or_default();
        target.recipes.push(recipe);
        Some(target)
    }

    /// Whether a rule whose pattern a name fits makes it: one for `%` makes what is no file yet, of what is there or has rules.
    fn applies(&mut self, recipe: &Recipe, name: &Text, run: &mut Run) -> bool {
        if recipe.stem.as_ref() != Some(name) {
            return true;
        }
        let needs = self.pattern_needs(recipe, run);
        let has_rule = |name: &Text| {
            run.build.targets.contains_key(name) || run.build.by_pattern(name).iter().any(|r| r.stem.as_ref() != Some(name))
        };
        let is_known = |need: &Need| has_rule(&need.name) || self.is_there(&need.name, run);
        !self.is_there(name, run) && needs.iter().all(is_known)
    }

    /// Whether the repository has a file or folder of that name.
    fn is_there(&self, name: &Text, run: &Run) -> bool {
        let path = self.path_of(&Value::text(name.clone()), &run.build.directory);
        path.is_some_and(|path| self.world.files.has(&path))
    }

    /// Notes a target that no rule makes and that is no file either. Of what others need one is said, since most of that is
    /// left behind by something that ran before; and nothing of a list that is not known, which is one of files mostly.
    fn unmade(&mut self, name: &Text, from: Span, run: &mut Run) {
        if self.is_there(name, run) {
            return;
        }
        let why = format!("no rule of the makefile says how `{}` is made", name.display(&self.symbols));
        if from == run.call {
            return self.opaque(from, if name.known().is_some() { &why } else { super::unread::NO_TARGET });
        }
        let is_elsewhere = name.known().is_some_and(|name| name.starts_with(['/', '~']) || name.starts_with("../"));
        let is_list = name.literal_len() == 0 || name.masked().contains(['*', '?', '[']);
        if !(run.has_gap || is_elsewhere || is_list || run.build.is_phony(name)) {
            run.has_gap = true;
            self.opaque(from, &why);
        }
    }

    fn made(&mut self, name: &Text, target: &Target, run: &mut Run) {
        let mut needs = target.needs.clone();
        for recipe in &target.recipes {
            needs.extend(self.pattern_needs(recipe, run));
        }
        for need in &needs {
            self.goal(&need.name, need.span, run);
        }
        for recipe in &target.recipes {
            let all = Text::joined(needs.iter().map(|need| &need.name));
            let automatic = [
                ('@', name.clone()),
                ('<', needs.first().map(|need| need.name.clone()).unwrap_or_default()),
                ('^', all.clone()),
                ('+', all),
                ('*', recipe.stem.clone().unwrap_or_default()),
            ];
            run.build.automatic = automatic.into_iter().map(|(letter, text)| (letter, Value::text(text))).collect();
            self.recipe(name, recipe, run);
        }
    }

    fn recipe(&mut self, name: &Text, recipe: &Recipe, run: &mut Run) {
        let Some(rule) = recipe.item.rule() else { return };
        let source = &recipe.item.source;
        let one_shell = run.build.special(".ONESHELL", name);
        let ignored = run.build.special(".IGNORE", name).then(|| source.span_of(&rule.targets));
        let mut whole = Assembly::new(source.file);
        let mut first_sign = None;
        for line in &rule.recipe {
            let mut script = Assembly::new(source.file);
            let Some(uncertain) = self.stands(&line.when, source, run) else { continue };
            for part in &line.text.parts {
                self.push_part(&mut script, part, source, false, run);
            }
            let sign = line.ignores.as_ref().map(|sign| source.span(sign)).or(ignored).or(run.ignores);
            if one_shell {
                script.push(&Value::literal("\n"), source.span(&(line.at.end..line.at.end)));
                whole.append(script);
                first_sign = first_sign.or(Some(sign));
            } else {
                self.recipe_line(script, sign, uncertain, run);
            }
        }
        if one_shell {
            self.recipe_line(whole, first_sign.flatten(), false, run);
        }
    }

    /// Runs a line of a recipe in a shell of its own; `ignored`: what says that its failure does not count.
    fn recipe_line(&mut self, script: Assembly, ignored: Option<Span>, uncertain: bool, run: &mut Run) {
        let exports = self.make_exports(run);
        let has_lines = script.has_lines();
        let code = script.code(run.started.posix);
        let mut own = run.env.clone();
        own.variables.extend(exports.into_iter().map(|(name, value)| (name, Variable::Scalar(value))));
        own.positional = Rc::default();
        // Of several lines that come out of one each has a shell of its own, and none runs after one that failed.
        own.errexit = run.started.errexit || has_lines;
        own.pipefail = run.started.pipefail;
        let (ok, fail) = self.script(&code, run.at, &mut own, run.ctx.depth + 1, run.ctx.branch || uncertain);
        run.env.files = own.files;
        run.env.stdout = own.stdout;
        if uncertain {
            self.graph.ok(run.at, ok);
        }
        match ignored {
            Some(sign) => self.graph.ok_caused(fail, ok, (EffectCause::MakeIgnores, sign)),
            None => self.graph.ok(fail, run.fail),
        }
        run.at = ok;
    }

    /// Notes that what follows stands in another file, started by a command; gives the commands that led here before.
    pub(super) fn enter_call(&mut self, span: Span, file: FileId) -> Rc<Vec<Span>> {
        let before = Rc::clone(&self.place.calls);
        if span.file != file {
            let calls = before.iter().copied().chain([span]).collect();
            self.place.calls = Rc::new(calls);
        }
        before
    }
}
