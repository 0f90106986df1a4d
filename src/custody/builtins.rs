//! What the shell does itself: options, exits, reading and printing.

use super::command::{Call, MAX_ELEMENTS};
use super::env::{Env, Folder, Variable, bounded};
use super::expand::Field;
use super::graph::{NodeId, Operand, Predicate, STATUS, Small};
use super::interpret::{Ctx, Out, Walk};
use super::leavers::Leaving;
use super::symbol::Kind;
use super::text::Text;
use super::value::Value;
use crate::facts::Shell;
use crate::shell::{Node, NodeKind};
use std::rc::Rc;

/// Folders to which a script may come back with `popd`.
const MAX_FOLDERS: usize = 32;

impl Walk<'_> {
    /// A command whose name is an alias: what it stands for, word by word. Its own name in there is the command (`ls='ls -l'`).
    pub(super) fn alias(&mut self, name: &str, call: &Call, skip: usize, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Option<Out> {
        if !self.has_aliases {
            return None;
        }
        let variable = alias(name);
        let Variable::Scalar(text) = env.variables.get(&variable)? else { return None };
        let first = call.fields.get(skip)?;
        let word = |text: &str| Field {
            value: Value::literal(text).from(call.span, "an alias stands for it"),
            at: first.at.clone(),
            pieces: Rc::default(),
            printed: Rc::default(),
            variable: None,
            elastic: false,
        };
        let words: Vec<Field> = text.known()?.split_whitespace().map(word).collect();
        let fields = words.into_iter().chain(call.fields[skip + 1..].iter().cloned()).collect();
        let longer = Call { fields, environment: call.environment.clone(), ..*call };
        let held = env.variables.remove(&variable);
        let out = self.call(&longer, 0, entry, env, ctx);
        env.variables.extend(held.map(|held| (variable, held)));
        Some(out)
    }

    fn define_aliases(&mut self, call: &Call, skip: usize, entry: NodeId, env: &mut Env) -> Out {
        self.has_aliases = true;
        for (name, text) in call.fields[skip + 1..].iter().filter_map(|f| f.value.known()?.split_once('=')) {
            env.variables.insert(alias(name), Variable::Scalar(Value::literal(text)));
        }
        Out::ok(self.succeeded(entry))
    }

    pub(super) fn builtin(
        &mut self,
        name: &str,
        call: &Call,
        skip: usize,
        entry: NodeId,
        env: &mut Env,
        ctx: &Ctx,
    ) -> Option<Out> {
        match name {
            "cd" | "pushd" | "popd" => {
                self.changes_folder(name, call, skip, env);
                Some(Out::ok(self.succeeded(entry)))
            }
            "pwd" => {
                let folder = self.folder(&env.folder.directory);
                self.print(&folder, env);
                Some(Out::ok(self.succeeded(entry)))
            }
            "dirname" | "realpath" | "readlink" if self.path_computed(name, call, skip, env) => {
                Some(Out::ok(self.succeeded(entry)))
            }
            "true" | ":" | "umask" | "sleep" | "logout" | "mkdir" | "rm" => Some(Out::ok(self.succeeded(entry))),
            "alias" => Some(self.define_aliases(call, skip, entry, env)),
            "unset" => {
                let at = self.unset_variables(call, skip, entry, env);
                Some(Out::ok(self.succeeded(at)))
            }
            "shopt" => {
                if call.fields.iter().any(|f| f.value.known() == Some("inherit_errexit")) {
                    env.inherits_errexit = call.text(skip + 1) == Some("-s");
                }
                Some(Out::ok(self.succeeded(entry)))
            }
            "wait" => Some(self.wait(call, skip, entry, env)),
            "false" => Some(Out { ok: None, fail: Some(self.failed(entry)), quiet: None }),
            "set" => {
                self.set(call, skip, env);
                Some(Out::ok(self.succeeded(entry)))
            }
            "trap" => {
                self.trap(call, skip, env);
                Some(Out::ok(self.succeeded(entry)))
            }
            "exit" | "return" | "throw" => Some(self.leave(name, call, skip, entry, env, ctx)),
            "goto" if self.place.shell == Shell::Cmd => self.goto(call.text(skip + 1)?, entry, env, ctx),
            label if self.place.shell == Shell::Cmd && label.starts_with(':') => Some(self.label(label, entry, env, ctx)),
            "setlocal" | "endlocal" | "title" | "cls" if self.place.shell == Shell::Cmd => Some(Out::ok(entry)),
            name if self.place.shell == Shell::PowerShell && name.eq_ignore_ascii_case("Write-Error") => {
                Some(self.write_error(call, skip, entry, env, ctx))
            }
            "break" | "continue" => {
                let (after, next) = ctx.loops?;
                let entry = self.succeeded(entry);
                self.leaves(Leaving::Round, env, true);
                self.graph.ok(entry, if name == "break" { after } else { next });
                Some(Out::default())
            }
            "shift" => {
                let mut rest: Vec<Value> = env.positional.iter().skip(1).cloned().collect();
                if rest.len() > MAX_ELEMENTS {
                    self.noted(call.span, "a script may shift 1000 arguments");
                    rest = vec![self.unknown("arguments…"); MAX_ELEMENTS];
                }
                env.positional = Rc::new(rest);
                Some(Out::ok(self.succeeded(entry)))
            }
            "echo" | "printf" | "cat" | "tee" | "Write-Output" | "Write-Host" => {
                self.printing(name, call, skip, entry, env, ctx);
                Some(Out::ok(self.succeeded(entry)))
            }
            "seq" => {
                let numbers: Option<Vec<u32>> = (skip + 1..call.fields.len()).map(|i| call.text(i)?.parse().ok()).collect();
                let (first, last) = match numbers?.as_slice() {
                    [last] => (1, *last),
                    [first, last] => (*first, *last),
                    _ => return None,
                };
                if last.saturating_sub(first) >= super::expand::MAX_RANGE {
                    return None;
                }
                let lines: String = (first..=last).map(|n| format!("{n}\n")).collect();
                self.print(&Value::literal(&lines), env);
                Some(Out::ok(self.succeeded(entry)))
            }
            "export" | "readonly" | "local" | "declare" => Some(Out::ok(entry)),
            "read" => {
                let entry = self.read(call, skip, entry, env, ctx);
                Some(self.outcome(entry, env, ctx).1)
            }
            "mapfile" | "readarray" => {
                let lines = env.stdin.clone().unwrap_or_default();
                let list = lines
                    .single()
                    .map_or_else(|| vec![lines.clone()], |t| t.split(|c| c == '\n').into_iter().map(Value::text).collect());
                let target = call.fields[skip + 1..]
                    .iter()
                    .rev()
                    .find_map(|f| f.value.known().filter(|n| !n.starts_with('-')))
                    .unwrap_or("MAPFILE");
                env.variables.insert(target.into(), Variable::List(Rc::new(list)));
                Some(Out::ok(self.succeeded(entry)))
            }
            "[" | "test" => Some(self.bracket(call, skip, entry, env, ctx)),
            _ => None,
        }
    }

    /// To a folder that is not known it stays where it is.
    fn changes_folder(&mut self, name: &str, call: &Call, skip: usize, env: &mut Env) {
        let is_option = |f: &&Field| f.value.known().is_some_and(|word| word != "-" && word.starts_with('-'));
        let operand = call.fields.iter().skip(skip + 1).find(|f| !is_option(f));
        let before = env.folder.clone();
        match (name, operand.map(|f| &f.value)) {
            ("popd", _) => env.folder = env.folders.pop().unwrap_or_else(|| before.clone()),
            ("cd", Some(to)) if to.known() == Some("-") => env.folder.clone_from(&env.left_folder),
            (_, Some(to)) => env.folder = self.folder_of(to, &before),
            ("cd", None) => env.folder = Folder { directory: Rc::clone(&before.directory), key: super::filepath::HOME.into() },
            _ => {}
        }
        if name == "pushd" && env.folders.len() < MAX_FOLDERS {
            env.folders.push(before.clone());
        }
        env.left_folder = before;
    }

    fn unset_variables(&mut self, call: &Call, skip: usize, mut at: NodeId, env: &mut Env) -> NodeId {
        for name in call.fields[skip + 1..].iter().filter_map(|f| f.value.known()) {
            env.variables.remove(name);
            let var = self.path_var(name, env);
            at = self.graph.assign(at, var, Small::Constant("".into()));
        }
        at
    }

    pub(super) fn set(&mut self, call: &Call, skip: usize, env: &mut Env) {
        let mut words = call.fields[skip + 1..].iter().filter_map(|f| f.value.known().map(str::to_owned));
        while let Some(word) = words.next() {
            let on = word.starts_with('-');
            if word == "--" || !(on || word.starts_with('+')) {
                let values = call
                    .fields
                    .iter()
                    .skip(skip + 1)
                    .skip_while(|f| f.value.known() != Some(&word))
                    .skip(usize::from(word == "--"));
                env.positional = Rc::new(values.map(|f| f.value.clone()).collect());
                return;
            }
            let letters = word.trim_start_matches(['-', '+']);
            if letters.contains('e') {
                env.errexit = on;
            }
            if letters.contains('E') {
                env.errtrace = on;
            }
            if letters.ends_with('o') {
                match words.next().as_deref() {
                    Some("errexit") => env.errexit = on,
                    Some("pipefail") => env.pipefail = on,
                    Some("errtrace") => env.errtrace = on,
                    _ => {}
                }
            }
        }
    }

    /// `trap 'exit 0' ERR`, `trap '..; true; exit 0' EXIT` turn every failure into success; `trap 'exit 1' ERR` ends the
    /// script without errexit.
    pub(super) fn trap(&mut self, call: &Call, skip: usize, env: &mut Env) {
        let action = call.text(skip + 1).unwrap_or("");
        let ends = |command: &str| match command.split_whitespace().next()? {
            "exit" => Some(command.to_owned()),
            name => exit_in(&env.functions.get(name)?.body),
        };
        let exits = action.split([';', '\n']).map(str::trim).find_map(ends);
        let swallows = exits.as_deref() == Some("exit 0");
        for signal in (skip + 2..call.fields.len()).filter_map(|i| call.text(i)) {
            match signal {
                "ERR" => env.error_trap = exits.as_ref().map(|_| (call.span, swallows)),
                "EXIT" | "0" => env.exit_trap = swallows.then_some(call.span),
                _ => {}
            }
        }
    }

    pub(super) fn leave(&mut self, name: &str, call: &Call, skip: usize, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        let to = ctx.returns.filter(|_| name == "return");
        if name == "throw" {
            self.graph.ok(entry, ctx.exit_fail);
            return Out::default();
        }
        if name == "return" && self.place.shell == Shell::PowerShell {
            // It prints, and has no status.
            self.print(&call.value(skip + 1), env);
            self.leaves(if to.is_some() { Leaving::Function } else { Leaving::Script }, env, true);
            match to {
                Some((to_ok, _)) => self.graph.ok(entry, to_ok),
                None => self.exit(entry, true, env, ctx),
            }
            return Out::default();
        }
        if name == "return" && to.is_none() {
            // Outside of a function it is an error.
            return Out { ok: None, fail: Some(self.failed(entry)), quiet: None };
        }
        let given = call.fields.get(skip + 1);
        let operand = match given {
            Some(field) => self.operand(&field.value, field.variable.as_deref(), env),
            None => Operand::Variable(STATUS),
        };
        // `exit "${2:-1}"` in a branch: nobody ends a script early, with a status of his own, to say that all is well.
        let says_failure = name == "exit" && ctx.branch && given.is_some_and(|f| !f.value.any(|t| t.known() == Some("0")));
        let succeeds = match says_failure {
            true => Predicate::Success(operand),
            false => Predicate::Equal(operand, Operand::Constant("0".into())),
        };
        let out = self.decided_by(succeeds, entry).1;
        let fails = says_failure || given.is_some_and(|f| f.value.all(|t| t.known().is_some_and(|status| status != "0")));
        self.leaves(if to.is_some() { Leaving::Function } else { Leaving::Script }, env, !fails);
        match (to, out.ok, out.fail) {
            (Some((to_ok, to_fail)), Some(ok), Some(fail)) => {
                self.graph.ok(ok, to_ok);
                self.graph.ok(fail, to_fail);
            }
            (_, ok, fail) => {
                ok.into_iter().for_each(|ok| self.exit(ok, true, env, ctx));
                fail.into_iter().for_each(|fail| self.exit(fail, false, env, ctx));
            }
        }
        Out::default()
    }

    /// The letters at which the shell splits: `IFS` before the command, or as it was set.
    fn separators(call: &Call, env: &Env) -> Rc<str> {
        let before = call.environment.iter().rev().find(|(name, ..)| &**name == "IFS").map(|(_, value, _)| value);
        let set = match env.variables.get("IFS") {
            Some(Variable::Scalar(value)) => Some(value),
            _ => None,
        };
        before.or(set).and_then(Value::known).map_or_else(|| " \t\n".into(), Rc::from)
    }

    /// `read a b` takes fields of its input; the last name takes all that is left.
    pub(super) fn read(&mut self, call: &Call, skip: usize, entry: NodeId, env: &mut Env, ctx: &Ctx) -> NodeId {
        let input = env.stdin.clone().unwrap_or_default();
        let separators = Self::separators(call, env);
        let separates = |c: char| separators.contains(c);
        let mut names: Vec<&str> = Vec::new();
        let mut words = call.fields[skip + 1..].iter().filter_map(|f| f.value.known());
        while let Some(word) = words.next() {
            match word {
                "-p" | "-d" | "-n" | "-N" | "-t" | "-u" | "-i" => {
                    words.next();
                }
                "-a" => {
                    if let Some(name) = words.next() {
                        let list = input.single().map_or_else(
                            || vec![input.clone()],
                            |t| t.split(|c| separates(c) || c == '\n').into_iter().map(Value::text).collect(),
                        );
                        env.variables.insert(name.into(), Variable::List(Rc::new(list)));
                    }
                }
                flag if flag.starts_with('-') => {}
                name => names.push(name),
            }
        }
        let mut at = entry;
        for (i, name) in names.iter().enumerate() {
            let var = self.path_var(name, env);
            at = self.graph.assign(at, var, Small::Unknown);
            let last = i + 1 == names.len();
            let mut value: Option<Value> = None;
            for line in input.alternatives().iter().flat_map(|t| t.split(|c| c == '\n')) {
                let fields = line.split(separates);
                let part = if fields.iter().take(i).any(|field| self.may_hold_several(field)) {
                    self.unknown(format!("{} | read {}", line.display(&self.symbols), i + 1))
                } else {
                    let part = if last { rest_of(&line, i, separates) } else { fields.get(i).cloned() };
                    Value::text(part.unwrap_or_default())
                };
                value = Some(value.map_or_else(|| part.clone(), |v| v.or(&part)));
            }
            let mut value = bounded(value.unwrap_or_default(), &mut self.symbols, name);
            value.origins.clone_from(&input.origins);
            if ctx.loops.is_some() {
                value = value.from(call.span, "read here, line by line");
                self.graph.loops(call.span, var);
            }
            env.variables.insert((*name).into(), Variable::Scalar(value));
        }
        at
    }

    /// Whether a field may be more than one, since something unknown in it may hold what separates them.
    fn may_hold_several(&self, field: &Text) -> bool {
        let may = |id| matches!(self.symbols.get(id).kind, Kind::Unknown | Kind::Fetched | Kind::Metadata);
        field.symbols().any(may)
    }
}

/// The `exit` that the body of a function comes to in any case.
fn exit_in(body: &Node) -> Option<String> {
    match &body.kind {
        NodeKind::Group(list) => list.iter().find_map(exit_in),
        NodeKind::Command(command) => {
            let words: Vec<String> = command.words.iter().map(|word| word.literal().unwrap_or_else(|| "$".to_owned())).collect();
            words.first().filter(|name| *name == "exit").map(|_| words.join(" "))
        }
        _ => None,
    }
}

/// What is left of a line after its first `fields`.
fn rest_of(line: &Text, fields: usize, separates: impl Fn(char) -> bool) -> Option<Text> {
    let masked = line.masked();
    let mut at = 0;
    for _ in 0..fields {
        at += masked[at..].find(|c| !separates(c))?;
        at += masked[at..].find(&separates)?;
    }
    let rest = masked[at..].trim_matches(|c| separates(c) || c == ' ');
    let start = at + masked[at..].find(rest)?;
    Some(line.slice_masked(start..start + rest.len()))
}

/// The variable that holds what an alias stands for; no name of a variable has a space.
fn alias(name: &str) -> Rc<str> {
    format!("alias {name}").into()
}
