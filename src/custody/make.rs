//! `make target`: the recipes of the repository's makefile, in the order in which they would run.

use super::command::Call;
use super::filepath::join;
use super::graph::NodeId;
use super::interpret::{Ctx, Env, Out, Variable, Walk};
use super::makefile::{Build, Recipe, Source, Spot, Target};
use super::nested::{Assembly, Started};
use super::value::Value;
use crate::facts::EffectCause;
use crate::make::Kind;
use crate::source::{FileId, Span};
use std::rc::Rc;

/// Targets that are being made within each other, over all runs of `make`.
const MAX_DEPTH: usize = 24;
/// Targets of one run.
const MAX_TARGETS: usize = 400;

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
struct Asked {
    directory: String,
    files: Vec<String>,
    goals: Vec<String>,
    overrides: Vec<(Rc<str>, Value)>,
    ignores: Option<Span>,
    /// `-n`, `-q`, `-t`, `-v`: nothing is run.
    only_looks: bool,
}

/// A run of `make` and how far it is.
struct Run {
    build: Build,
    made: Vec<String>,
    ignores: Option<Span>,
    fail: NodeId,
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
            ["GNUmakefile", "makefile", "Makefile"].map(str::to_owned).to_vec()
        } else {
            asked.files.clone()
        };
        let found = named.iter().find_map(|n| self.makefile(&join(&asked.directory, n)));
        let Some(source) = found else {
            self.opaque(call.span, super::unread::NO_MAKEFILE);
            return None;
        };
        if ctx.depth > 16 {
            self.opaque(call.span, "it is nested too deeply to be followed");
            return None;
        }
        let (ok, fail) = (self.point(), self.point());
        let mut build = Build::new(&asked.directory);
        build.overrides.extend(self.overrides.iter().cloned());
        build.overrides.extend(asked.overrides.iter().cloned());
        let mut own = env.clone();
        own.functions.clear();
        own.error_trap = None;
        own.stdin = None;
        own.directory = Rc::clone(&build.directory);
        for (name, value, _) in &call.environment {
            own.variables.insert(Rc::clone(name), Variable::Scalar(value.clone()));
        }
        let mut at = self.point();
        self.graph.ok(entry, at);
        let stack = self.enter_call(call.span, source.file);
        self.read_makefile(&source, &mut build, &mut Spot { at: &mut at, env: &mut own, ctx });
        let goals = if asked.goals.is_empty() { build.first.iter().cloned().collect() } else { asked.goals };
        let mut run = Run { build, made: Vec::new(), ignores: asked.ignores, fail, started: Started::default() };
        let shell = self.shell_of(&mut run, &mut Spot { at: &mut at, env: &mut own, ctx });
        let given = std::mem::replace(&mut self.overrides, run.build.overrides.clone().into_iter().collect());
        for goal in &goals {
            if shell.is_none() {
                self.opaque(call.span, "its recipes are not written for a shell");
            } else if run.build.target(goal).is_none() {
                let exists = self.world.files.read(&join(&run.build.directory, goal)).is_some();
                if !exists {
                    self.opaque(call.span, &format!("no rule of the makefile says how `{goal}` is made"));
                }
            }
            if shell.is_some() {
                at = self.goal(goal, &source, &mut run, at, &mut own, ctx);
            }
        }
        self.overrides = given;
        self.place.calls = stack;
        env.files = own.files;
        env.stdout = own.stdout;
        self.graph.ok(at, ok);
        Some(Out { ok: Some(ok), fail: Some(fail), quiet: None })
    }

    /// Reads the words; `None` if what is to be made is not known.
    fn asked(&mut self, call: &Call, skip: usize, env: &Env) -> Option<Asked> {
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

    /// How recipe lines are run: `SHELL` and `.SHELLFLAGS`; `None` if that is no shell.
    fn shell_of(&mut self, run: &mut Run, spot: &mut Spot) -> Option<()> {
        let given = spot.env.variables.remove("SHELL");
        let shell = self.make_variable("SHELL", &mut run.build, spot);
        let flags = self.make_variable(".SHELLFLAGS", &mut run.build, spot);
        spot.env.variables.extend(given.map(|g| (Rc::from("SHELL"), g)));
        let mut words: Vec<String> = Vec::new();
        if let Some(text) = shell.known().filter(|_| !shell.any(|t| t.as_symbol().is_some())) {
            words.extend(text.split_whitespace().map(str::to_owned));
        }
        let shells = ["sh", "bash", "dash", "ash", "zsh", "ksh", "env"];
        let program = words.first().map(|w| w.rsplit('/').next().unwrap_or(w).to_owned());
        if program.is_some_and(|p| !shells.contains(&p.as_str())) {
            return None;
        }
        words.extend(flags.known().unwrap_or("").split_whitespace().map(str::to_owned));
        run.started = Started::of(words.iter().map(String::as_str));
        run.started.posix = !words.iter().any(|w| w.ends_with("bash"));
        Some(())
    }

    /// Makes a target: what it needs, then its recipe. Gives the point behind it.
    fn goal(&mut self, name: &str, source: &Rc<Source>, run: &mut Run, entry: NodeId, env: &mut Env, ctx: &Ctx) -> NodeId {
        let key = (source.file, name.to_owned());
        if run.made.iter().any(|m| m == name) || self.making.contains(&key) {
            return entry;
        }
        if run.made.len() >= MAX_TARGETS || self.making.len() >= MAX_DEPTH {
            self.opaque(ctx.code.source.whole(), "more targets are made than are followed");
            return entry;
        }
        run.made.push(name.to_owned());
        let Some(target) = run.build.target(name) else { return entry };
        self.making.push(key);
        let before = run.build.enter(&target);
        let at = self.made(name, &target, source, run, entry, env, ctx);
        run.build.leave(before);
        self.making.pop();
        at
    }

    fn made(
        &mut self,
        name: &str,
        target: &Target,
        source: &Rc<Source>,
        run: &mut Run,
        entry: NodeId,
        env: &mut Env,
        ctx: &Ctx,
    ) -> NodeId {
        let mut at = entry;
        let mut needs = target.prerequisites.clone();
        for recipe in &target.recipes {
            needs.extend(self.pattern_needs(recipe, &mut run.build, &mut Spot { at: &mut at, env, ctx }));
        }
        for need in &needs {
            at = self.goal(need, source, run, at, env, ctx);
        }
        for recipe in &target.recipes {
            let automatic = [
                ('@', name.to_owned()),
                ('<', needs.first().cloned().unwrap_or_default()),
                ('^', needs.join(" ")),
                ('+', needs.join(" ")),
                ('*', recipe.stem.as_deref().unwrap_or("").to_owned()),
            ];
            run.build.automatic = automatic.into_iter().map(|(letter, text)| (letter, Value::literal(&text))).collect();
            at = self.recipe(name, recipe, run, at, env, ctx);
        }
        at
    }

    fn recipe(&mut self, name: &str, recipe: &Recipe, run: &mut Run, entry: NodeId, env: &mut Env, ctx: &Ctx) -> NodeId {
        let Some(rule) = recipe.rule() else { return entry };
        let source = &recipe.source;
        let mut at = entry;
        let one_shell = run.build.special(".ONESHELL", name);
        let ignored =
            run.build.special(".IGNORE", name).then(|| source.span(&rule.targets.parts.first().map_or(0..0, |p| p.at.clone())));
        let mut whole = Assembly::new(source.file);
        let mut first_sign = None;
        for line in &rule.recipe {
            let mut script = Assembly::new(source.file);
            let mut spot = Spot { at: &mut at, env, ctx };
            let Some(uncertain) = self.stands(&line.when, source, &mut run.build, &mut spot) else { continue };
            for part in &line.text.parts {
                if matches!(&part.kind, Kind::Call { function, .. } if function == "call") {
                    self.opaque(source.span(&part.at), "this function of make is not followed");
                }
                let value = self.make_part(&part.kind, &part.at, source, &mut run.build, &mut spot);
                script.push(&value, source.span(&part.at));
            }
            let sign = line.ignores.as_ref().map(|sign| source.span(sign)).or(ignored).or(run.ignores);
            if one_shell {
                script.push(&Value::literal("\n"), source.span(&(line.at.end..line.at.end)));
                whole.append(script);
                first_sign = first_sign.or(Some(sign));
            } else {
                at = self.recipe_line(script, sign, uncertain, run, at, env, ctx);
            }
        }
        if one_shell {
            at = self.recipe_line(whole, first_sign.flatten(), false, run, at, env, ctx);
        }
        at
    }

    /// Runs a line of a recipe in a shell of its own.
    fn recipe_line(
        &mut self,
        script: Assembly,
        ignored: Option<Span>,
        uncertain: bool,
        run: &mut Run,
        entry: NodeId,
        env: &mut Env,
        ctx: &Ctx,
    ) -> NodeId {
        let mut at = entry;
        let exports = self.make_exports(&mut run.build, &mut Spot { at: &mut at, env, ctx });
        let code = script.code(run.started.posix);
        let mut own = env.clone();
        own.variables.extend(exports.into_iter().map(|(name, value)| (name, Variable::Scalar(value))));
        own.positional = Rc::default();
        own.errexit = run.started.errexit;
        own.pipefail = run.started.pipefail;
        let (ok, fail) = self.script(&code, at, &mut own, ctx.depth + 1, ctx.branch || uncertain);
        env.files = own.files;
        env.stdout = own.stdout;
        if uncertain {
            self.graph.ok(at, ok);
        }
        match ignored {
            Some(sign) => self.graph.ok_caused(fail, ok, (EffectCause::MakeIgnores, sign)),
            None => self.graph.ok(fail, run.fail),
        }
        ok
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
