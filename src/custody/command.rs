//! Simple commands: assignments, builtins, functions, scripts within scripts; everything else goes to the tools.

use super::env::{Env, Function, Variable, bounded};
use super::expand::{Field, arguments};
use super::filepath::base;
use super::graph::{NodeAction, NodeId, Predicate};
use super::interpret::{Ctx, Out, Walk};
use super::leavers::Leaving;
use super::text::{Atom, Text};
use super::value::{ASKED_FOR, Value};
use crate::facts::Shell;
use crate::shell::{AssignedValue, Assignment, Command, PartKind, Redirect, RedirectKind};
use crate::source::Span;
use std::ops::Range;
use std::rc::Rc;

/// Names that a command in a variable is followed for.
const MAX_NAMES: usize = 4;
/// Elements of an array that grows one by one, and arguments of which one after the other is taken off.
pub(super) const MAX_ELEMENTS: usize = 1_000;
/// Commands that run each other (`sudo env timeout 5m x`), those that functions and scripts in there run included.
const MAX_CALLS: usize = 64;

/// Where a command's streams lead.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub(super) stdin: Option<Value>,
    /// Target of standard output, where it is written, and whether it is appended to.
    pub(super) stdout: Option<(Value, Span, bool)>,
}

impl Files {
    pub(super) fn takes_stdout(&self) -> bool {
        self.stdout.is_some()
    }
}

/// A command whose words are expanded.
pub(super) struct Call<'c> {
    pub(super) fields: Vec<Field>,
    /// Place of the command in the script.
    pub(super) at: &'c Range<usize>,
    pub(super) span: Span,
    /// `A=b` in front of it.
    pub(super) environment: Vec<(Rc<str>, Value, Span)>,
}

impl Call<'_> {
    /// The known text of a field.
    pub(super) fn text(&self, index: usize) -> Option<&str> {
        self.fields.get(index).and_then(|f| f.value.known())
    }

    pub(super) fn value(&self, index: usize) -> Value {
        self.fields.get(index).map(|f| f.value.clone()).unwrap_or_default()
    }
}

impl Walk<'_> {
    pub(super) fn command(&mut self, command: &Command, at: &Range<usize>, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        let mut point = entry;
        if let Some(out) = self.put_in(command, at, point, env, ctx) {
            return out;
        }
        if command.words.is_empty() || command.declares {
            return self.assignments(command, point, env, ctx);
        }
        let mut environment = Vec::new();
        for assignment in &command.assignments {
            let Some(AssignedValue::Word(word)) = &assignment.value else { continue };
            let value = self.word(word, &mut point, env, ctx);
            environment.push((Rc::from(assignment.name.as_str()), value, ctx.span(&assignment.at)));
        }
        let files = self.open(&command.redirects, &mut point, env, ctx);
        let fields = self.fields(&command.words, &mut point, env, ctx);
        let call = Call { fields, at, span: ctx.span(at), environment };
        let (stdin, stdout) = (env.stdin.clone(), env.stdout.clone());
        if files.stdin.is_some() {
            env.stdin.clone_from(&files.stdin);
        }
        if files.takes_stdout() {
            env.stdout = Some(Value::default());
        }
        let first = self.records.events.len();
        let folder = std::mem::replace(&mut self.place.folder, Rc::clone(&env.folder.key));
        let mut out = self.call(&call, 0, point, env, ctx);
        if self.place.shell == Shell::PowerShell {
            out = self.of_program(&call, out, env, ctx);
        }
        if files.takes_stdout() {
            self.downloads_to(first, &files, call.span);
            let mut printed = std::mem::replace(&mut env.stdout, stdout).unwrap_or_default();
            if call.text(0) == Some("echo") {
                // What is used of it is used where the file is read; a here-document is a text of its own.
                printed.places = None;
            }
            self.write(&files, &printed, (point, call.span), env);
        }
        self.place.folder = folder;
        env.stdin = stdin;
        out
    }

    /// Opens redirections.
    pub(super) fn open(&mut self, redirects: &[Redirect], at: &mut NodeId, env: &mut Env, ctx: &Ctx) -> Files {
        let mut files = Files::default();
        for redirect in redirects {
            match &redirect.kind {
                RedirectKind::HereDocument { body } | RedirectKind::HereString(body) => {
                    files.stdin = Some(self.placed_word(body, at, env, ctx));
                }
                RedirectKind::Read(word) => {
                    let path = self.word(word, at, env, ctx);
                    files.stdin = Some(self.content(&path, env));
                }
                RedirectKind::Write(word) | RedirectKind::Append(word) => {
                    let path = self.word(word, at, env, ctx);
                    if !matches!(redirect.descriptor, Some(2..)) && path.known() != Some("/dev/stderr") {
                        files.stdout = Some((path, ctx.span(&word.at), matches!(redirect.kind, RedirectKind::Append(_))));
                    }
                }
                RedirectKind::Duplicate(_) => {}
            }
        }
        files
    }

    /// A command node; its success and failure.
    pub(super) fn outcome(&mut self, entry: NodeId, env: &mut Env, ctx: &Ctx) -> (NodeId, Out) {
        let node = self.graph.add(NodeAction::Command { branches: ctx.ignored || !env.errexit });
        self.graph.ok(entry, node);
        let (ok, fail) = (self.point(), self.point());
        self.graph.ok(node, ok);
        self.graph.fail(node, fail, None);
        (node, Out { ok: Some(ok), fail: Some(fail), quiet: None })
    }

    fn assignments(&mut self, command: &Command, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        let (mut at, mut fails) = (entry, Vec::new());
        let exports = command.words.iter().any(|w| w.literal().as_deref() == Some("export"));
        let is_local = super::statuses::is_local(command, ctx);
        for assignment in &command.assignments {
            let value = self.assigned(assignment, &mut at, &mut fails, command.declares, env, ctx);
            if value.is_some() || is_local {
                at = self.remember(assignment, value.as_ref(), is_local, at, env, ctx);
            }
            let Some(value) = value else { continue };
            let span = ctx.span(&assignment.at);
            if let ("PATH", Variable::Scalar(folders)) = (assignment.name.as_str(), &value) {
                self.looks_into_unpacked(folders, env);
            }
            self.weak_environment(&assignment.name, &value, span, exports || !command.declares);
            self.assign(&assignment.name, assignment, value, span, env, ctx);
        }
        let files = self.open(&command.redirects, &mut at, env, ctx);
        if let Some(content) = files.stdin.as_ref().filter(|_| command.assignments.is_empty()) {
            // `$(< file)`
            self.print(content, env);
        }
        self.write(&files, &Value::default(), (at, ctx.span(&(0..0))), env);
        let fail = self.meet(&fails).map(|fail| self.forget(&command.assignments, fail, env));
        Out { ok: Some(self.succeeded(at)), fail, quiet: None }
    }

    /// The value of an assignment; failures of its command substitutions go to `fails`, unless a declaration hides them.
    fn assigned(
        &mut self,
        assignment: &Assignment,
        at: &mut NodeId,
        fails: &mut Vec<Option<NodeId>>,
        hides: bool,
        env: &mut Env,
        ctx: &Ctx,
    ) -> Option<Variable> {
        let word = match assignment.value.as_ref()? {
            AssignedValue::Array(words) => {
                let fields = self.fields(words, at, env, ctx);
                let placed = |field: Field| {
                    let places = field.pieces.iter().flat_map(|(range, at)| ctx.places(range, at)).collect();
                    let mut value = field.value.from(ctx.span(&field.at), "assigned here");
                    value.places.get_or_insert(Rc::new(places));
                    value
                };
                return Some(Variable::List(Rc::new(fields.into_iter().map(placed).collect())));
            }
            AssignedValue::Word(word) => word,
        };
        if hides || !word.parts.iter().any(|p| matches!(p.kind, PartKind::Command(_))) {
            return Some(Variable::Scalar(self.word(word, at, env, ctx)));
        }
        let mut value = Value::default();
        for part in &word.parts {
            let next = match &part.kind {
                PartKind::Command(body) => {
                    let (out, text) = self.captured(body, *at, env, ctx);
                    fails.extend([out.fail, out.quiet]);
                    *at = match out.ok {
                        Some(ok) => ok,
                        None => self.point(),
                    };
                    text
                }
                _ => {
                    let single = crate::shell::Word { at: part.at.clone(), parts: vec![part.clone()] };
                    self.word(&single, at, env, ctx)
                }
            };
            value = value.then(&next);
        }
        Some(Variable::Scalar(bounded(value, &mut self.symbols, &assignment.name)))
    }

    fn assign(&mut self, name: &str, assignment: &Assignment, value: Variable, span: Span, env: &mut Env, _ctx: &Ctx) {
        let key: Rc<str> = name.into();
        if let Variable::Scalar(value) = &value {
            self.at_hand(value, span);
        }
        let place = (self.place.execution, Rc::clone(&self.place.step), span);
        self.records.assigned.entry(Rc::clone(&key)).or_default().push(place);
        let value = match (value, env.variables.get(&key)) {
            (Variable::Scalar(new), Some(Variable::Scalar(old))) if assignment.appends => {
                Variable::Scalar(bounded(old.then(&new), &mut self.symbols, name))
            }
            (Variable::List(new), Some(Variable::List(old))) if assignment.appends => {
                Variable::List(Rc::new(old.iter().chain(new.iter()).cloned().collect()))
            }
            (Variable::Scalar(new), Some(Variable::List(old))) if assignment.index.is_some() || assignment.appends => {
                Variable::List(Rc::new(old.iter().cloned().chain([new]).collect()))
            }
            (Variable::Scalar(new), None) if assignment.index.is_some() => Variable::List(Rc::new(vec![new])),
            (value, _) => value,
        };
        let value = match value {
            Variable::List(list) if list.len() > MAX_ELEMENTS && (assignment.appends || assignment.index.is_some()) => {
                self.noted(span, "an array that grows may have 1000 elements");
                Variable::List(Rc::new(vec![self.unknown(format!("{name}…"))]))
            }
            value => value,
        };
        let value = match value {
            Variable::Scalar(value) if self.is_asked_for => Variable::Scalar(value.from(span, ASKED_FOR)),
            Variable::Scalar(value) => Variable::Scalar(value.from(span, "assigned here")),
            Variable::List(list) if self.is_asked_for => {
                Variable::List(Rc::new(list.iter().map(|value| value.clone().from(span, ASKED_FOR)).collect()))
            }
            list => list,
        };
        env.variables.insert(key, value);
    }

    /// A command from its `skip`-th word on.
    pub(super) fn call(&mut self, call: &Call, skip: usize, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        let why = match self.nesting {
            MAX_CALLS.. => "64 commands may run each other",
            _ if self.budget == 0 => super::unread::TOO_MANY,
            _ => {
                self.budget -= 1;
                self.nesting += 1;
                let out = self.followed(call, skip, entry, env, ctx);
                self.nesting -= 1;
                return out;
            }
        };
        self.opaque(call.span, why);
        self.outcome(entry, env, ctx).1
    }

    fn followed(&mut self, call: &Call, skip: usize, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        let Some(first) = call.fields.get(skip) else { return Out::ok(entry) };
        let truths = first.value.all(|t| matches!(t.known(), Some("true" | "false")));
        if let Some(variable) = first.variable.as_deref().filter(|_| truths && call.fields.len() == skip + 1) {
            // `$ok` as a command.
            let truth = Predicate::Truth(self.operand(&first.value, Some(variable), env));
            return self.decided_by(truth, entry).1;
        }
        let Some(name) = first.value.known().map(str::to_owned) else {
            if self.path_of(&first.value, "").is_some()
                && let Some(out) = self.file(call, skip, super::nested::Started::default(), entry, env, ctx)
            {
                return out;
            }
            if let Some(found) = self.found_program(&first.value) {
                let field = Field { value: found, elastic: false, ..first.clone() };
                let fields = [&[field], &call.fields[skip + 1..]].concat();
                let call = Call { fields, at: call.at, span: call.span, environment: call.environment.clone() };
                return self.call(&call, 0, entry, env, ctx);
            }
            if let Some(out) = self.either(call, skip, entry, env, ctx) {
                return out;
            }
            return self.program(call, skip, entry, env, ctx);
        };
        if let Some(out) = self.alias(&name, call, skip, entry, env, ctx) {
            return out;
        }
        let is_program = (0..skip).filter_map(|at| call.text(at)).any(super::wrappers::knows_no_functions);
        let function = env.functions.get(name.as_str()).filter(|_| !is_program);
        if let Some(function) = function.cloned() {
            return self.function(&function, call, skip, entry, env, ctx);
        }
        if let Some(out) = self.builtin(&name, call, skip, entry, env, ctx) {
            return out;
        }
        if let Some(out) = self.wrapper(&name, call, skip, entry, env, ctx) {
            return if name == "exec" { self.replaces(out, env, ctx) } else { out };
        }
        if let Some(out) = self.nested(&name, call, skip, entry, env, ctx) {
            return out;
        }
        if let Some(out) = self.in_container(call, skip, entry, env, ctx) {
            return out;
        }
        self.program(call, skip, entry, env, ctx)
    }

    /// The name of the program whose path a value holds: `docker=$(which docker); $docker push ..`.
    fn found_program(&self, value: &Value) -> Option<Value> {
        let name = |text: &Text| {
            let (Atom::Symbol(path), rest) = text.atoms().split_first()? else { return None };
            let key = self.symbols.get(*path).key.strip_prefix("$(")?.strip_suffix(')')?;
            let name = ["which ", "command -v ", "type -P "].iter().find_map(|asked| key.strip_prefix(asked))?;
            // `$(command -v tool || echo tool)`: where it is not found, nothing stands before its name.
            let is_name = |atom: &Atom| matches!(atom, Atom::Literal(text) if text.trim() == name);
            (!name.contains([' ', '$']) && rest.iter().all(is_name)).then(|| Text::literal(name))
        };
        let found: Vec<Option<Text>> = value.alternatives().iter().map(name).collect();
        let any_found = found.iter().any(Option::is_some);
        // `$(command -v tool || echo /usr/local/bin/tool)`
        let as_found = |text: &Text| {
            let name = text.known().filter(|name| !name.is_empty() && !name.contains(char::is_whitespace))?;
            let found = found.iter().flatten().find(|found| found.known() == Some(base(name)));
            Some(found.unwrap_or(text).clone()).filter(|_| any_found)
        };
        let names = found.iter().zip(value.alternatives()).map(|(found, text)| found.clone().or_else(|| as_found(text)));
        let names: Vec<Value> = names.map(|name| name.map(Value::text)).collect::<Option<_>>()?;
        let mut found = Value::one_of(names)?;
        found.origins.clone_from(&value.origins);
        Some(found)
    }

    /// A command whose name is one of a few (`$TOOL copy a b`): each of them, as either may run.
    fn either(&mut self, call: &Call, skip: usize, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Option<Out> {
        let first = call.fields.get(skip)?;
        let names = first.value.alternatives();
        // Without quotes a word that is empty is none, so that the next one names the command.
        let is_name = |text: &Text| text.literal_len() > 0 || first.elastic && text.known() == Some("");
        if !(2..=MAX_NAMES).contains(&names.len()) || !first.value.all(is_name) {
            return None;
        }
        // What is seen through makes no difference: `$SUDO curl ..`.
        let starts_others = |text: &Text| match text.known().map(|text| text.split_ascii_whitespace().next()) {
            Some(Some(name)) => super::wrappers::knows_no_functions(name),
            Some(None) => true,
            None => false,
        };
        let seen_through = first.value.all(starts_others).then(|| names.iter().max_by_key(|text| text.literal_len())).flatten();
        let names: Vec<&Text> = names.iter().filter(|name| seen_through.is_none_or(|one| one == *name)).collect();
        self.one_of_ways(&names, env, |walk, name, own| {
            let word = |text: Text| {
                let mut value = Value::text(text);
                value.origins.clone_from(&first.value.origins);
                Field {
                    value,
                    elastic: false,
                    variable: None,
                    pieces: Rc::default(),
                    printed: Rc::default(),
                    at: first.at.clone(),
                }
            };
            let words = if first.elastic { name.split(|c| c.is_ascii_whitespace()) } else { vec![(*name).clone()] };
            let words = words.into_iter().filter(|word| !first.elastic || word.known() != Some(""));
            let fields = words.map(word).chain(call.fields[skip + 1..].iter().cloned()).collect();
            let one = Call { fields, environment: call.environment.clone(), ..*call };
            walk.call(&one, 0, entry, own, &ctx.branching())
        })
    }

    fn function(&mut self, function: &Rc<Function>, call: &Call, skip: usize, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        if ctx.depth > 16 {
            self.opaque(call.span, "functions call each other too deeply to be followed");
            return Out::ok(entry);
        }
        let (ok, fail) = (self.point(), self.point());
        let before = std::mem::replace(&mut env.positional, arguments(&call.fields[skip + 1..], ctx));
        let trap = if env.errtrace { env.error_trap } else { env.error_trap.take() };
        let locals = env.owners.enter();
        let outer = self.begins(Leaving::Function);
        let inner = Ctx {
            code: Rc::clone(&function.code),
            ignored_by: ctx.ignored_by.or(ctx.ignored.then_some(call.span)),
            returns: Some((ok, fail)),
            loops: None,
            depth: ctx.depth + 1,
            ..ctx.clone()
        };
        let calls = self.enter_call(call.span, function.code.source.file);
        let out = self.list(std::slice::from_ref(&function.body), entry, env, &inner);
        self.ends(Leaving::Function, outer, env, !out.diverges());
        self.place.calls = calls;
        env.positional = before;
        env.error_trap = env.error_trap.or(trap);
        env.owners.leave(locals);
        for (from, to) in [(out.ok, ok), (out.fail, fail), (out.quiet, fail)] {
            if let Some(from) = from {
                self.graph.ok(from, to);
            }
        }
        Out { ok: Some(ok), fail: Some(fail), quiet: None }
    }
}
