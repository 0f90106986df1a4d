//! Simple commands: assignments, builtins, functions, scripts within scripts; everything else goes to the tools.

use super::expand::{Field, trim_end};
use super::graph::{NodeAction, NodeId, Operand, Predicate, Small};
use super::interpret::{Ctx, Env, Function, Out, Variable, Walk, bounded};
use super::value::{Kind, Text, Value};
use crate::shell::{AssignedValue, Assignment, Command, PartKind, Redirect, RedirectKind};
use crate::source::Span;
use std::ops::Range;
use std::rc::Rc;

/// Where a command's streams lead.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub(super) stdin: Option<Value>,
    /// Target of standard output, and whether it is appended to.
    stdout: Option<(Value, bool)>,
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
        let out = self.call(&call, 0, point, env, ctx);
        if files.takes_stdout() {
            let printed = std::mem::replace(&mut env.stdout, stdout).unwrap_or_default();
            self.write(&files, &printed, call.span, env);
        }
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
                        files.stdout = Some((path, matches!(redirect.kind, RedirectKind::Append(_))));
                    }
                }
                RedirectKind::Duplicate(_) => {}
            }
        }
        files
    }

    /// What a file holds.
    pub(super) fn content(&mut self, path: &Value, env: &Env) -> Value {
        if let Some(id) = path.single().and_then(Text::as_symbol)
            && self.symbols.get(id).kind == Kind::OutputPath
        {
            let name = self.symbols.get(id).key.clone();
            let written = self.outputs.get(&name).or_else(|| self.written.get(super::scope::output_of_path(&name)));
            return match written {
                Some(value) => value.clone(),
                None => self.unknown(format!("content of {name}")),
            };
        }
        let key = path.display(&self.symbols);
        let key = key.strip_prefix("./").unwrap_or(&key);
        if let Some(content) = env.files.get(key) {
            return content.clone();
        }
        self.unknown(format!("content of {key}"))
    }

    /// Writes what was printed where the redirection leads.
    pub(super) fn write(&mut self, files: &Files, printed: &Value, span: Span, env: &mut Env) {
        if let Some((path, append)) = &files.stdout {
            self.store(path, printed, *append, span, env);
        }
    }

    /// Puts text into a file, an output or the environment of later steps.
    pub(super) fn store(&mut self, path: &Value, text: &Value, append: bool, span: Span, env: &mut Env) {
        let kind = self.kind_of(path);
        match kind {
            Kind::OutputsFile | Kind::EnvFile => {
                for (name, value) in assigned_lines(text) {
                    let value = value.from(
                        span,
                        if kind == Kind::EnvFile { "set for later steps here" } else { "written to the step's outputs here" },
                    );
                    let target = if kind == Kind::EnvFile { &mut self.exported } else { &mut self.outputs };
                    let joined = match target.get(&name) {
                        Some(before) if *before != value => before.or(&value),
                        _ => value,
                    };
                    target.insert(name, joined);
                }
            }
            Kind::OutputPath => {
                if let Some(id) = path.single().and_then(Text::as_symbol) {
                    let name = self.symbols.get(id).key.clone();
                    self.outputs.insert(name, text.map(trim_end).from(span, "written to the result here"));
                }
            }
            Kind::SummaryFile => {}
            _ => {
                let key = path.display(&self.symbols);
                if key != "/dev/null" {
                    let key = key.strip_prefix("./").unwrap_or(&key).to_owned();
                    let text = match env.files.get(&key) {
                        Some(before) if append => bounded(before.then(text), &mut self.symbols, &key),
                        _ => text.clone(),
                    };
                    env.files.insert(key, text);
                }
            }
        }
    }

    /// Adds to what the command prints.
    pub(super) fn print(&mut self, value: &Value, env: &mut Env) {
        if let Some(before) = env.stdout.take() {
            env.stdout = Some(bounded(before.then(value), &mut self.symbols, "output"));
        }
    }

    /// A command node; its success and failure.
    pub(super) fn outcome(&mut self, entry: NodeId, env: &mut Env, ctx: &Ctx) -> (NodeId, Out) {
        let node = self.graph.add(NodeAction::Command { branches: ctx.ignored });
        self.graph.ok(entry, node);
        let (ok, fail) = (self.point(), self.point());
        self.graph.ok(node, ok);
        self.graph.fail(node, fail, None);
        env.last = Some(node);
        (node, Out { ok: Some(ok), fail: Some(fail), quiet: None })
    }

    fn assignments(&mut self, command: &Command, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        let (mut at, mut fails) = (entry, Vec::new());
        let exports = command.words.iter().any(|w| w.literal().as_deref() == Some("export"));
        for assignment in &command.assignments {
            let Some(value) = self.assigned(assignment, &mut at, &mut fails, command.declares, env, ctx) else { continue };
            let span = ctx.span(&assignment.at);
            self.weak_environment(&assignment.name, &value, span, exports || !command.declares);
            let small = self.small(&value);
            let node = self.graph.add(NodeAction::Assign(assignment.name.as_str().into(), small));
            self.graph.ok(at, node);
            at = node;
            self.assign(&assignment.name, assignment, value, span, env, ctx);
        }
        let files = self.open(&command.redirects, &mut at, env, ctx);
        if let Some(content) = files.stdin.as_ref().filter(|_| command.assignments.is_empty()) {
            // `$(< file)`
            self.print(content, env);
        }
        self.write(&files, &Value::default(), ctx.span(&(0..0)), env);
        let fail = self.meet(&fails);
        Out { ok: Some(at), fail, quiet: None }
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
                    let places = field.pieces.iter().map(|(range, at)| (range.clone(), ctx.span(at))).collect();
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
            Variable::Scalar(value) => Variable::Scalar(value.from(span, "assigned here")),
            list => list,
        };
        env.variables.insert(key, value);
    }

    /// The command whose status a symbol is.
    fn status_node(&self, id: super::value::SymbolId) -> Option<NodeId> {
        let symbol = self.symbols.get(id);
        symbol.node.filter(|_| symbol.kind == Kind::Status)
    }

    /// What a path through the graph remembers of a value.
    pub(super) fn small(&self, value: &Variable) -> Small {
        let Variable::Scalar(value) = value else { return Small::Unknown };
        match value.single() {
            Some(text) => match (text.known(), text.as_symbol()) {
                (Some(known), _) if known.len() <= 24 => Small::Constant(known.into()),
                (_, Some(id)) if self.symbols.get(id).key.contains('+') => Small::NonEmpty,
                (_, Some(id)) => self.status_node(id).map_or(Small::Unknown, Small::Status),
                _ if text.literal_len() > 0 => Small::NonEmpty,
                _ => Small::Unknown,
            },
            None if value.all(|t| t.literal_len() > 0 && t.known().is_none()) => Small::NonEmpty,
            None => Small::Unknown,
        }
    }

    /// A command from its `skip`-th word on.
    pub(super) fn call(&mut self, call: &Call, skip: usize, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        self.budget = self.budget.saturating_sub(1);
        let Some(first) = call.fields.get(skip) else { return Out::ok(entry) };
        let truths = first.value.all(|t| matches!(t.known(), Some("true" | "false")));
        if let Some(variable) = first.variable.as_deref().filter(|_| truths && call.fields.len() == skip + 1) {
            // `$ok` as a command.
            let truth = Predicate::Truth(self.operand(&first.value, Some(variable)));
            let node = self.graph.add(NodeAction::Test(Rc::new(truth)));
            self.graph.ok(entry, node);
            let (ok, fail) = (self.point(), self.point());
            self.graph.ok(node, ok);
            self.graph.fail(node, fail, None);
            return Out { ok: Some(ok), fail: Some(fail), quiet: None };
        }
        let Some(name) = first.value.known().map(str::to_owned) else {
            return self.program(call, skip, entry, env, ctx);
        };
        if let Some(function) = env.functions.get(name.as_str()).cloned() {
            return self.function(&function, call, skip, entry, env, ctx);
        }
        if let Some(out) = self.builtin(&name, call, skip, entry, env, ctx) {
            return out;
        }
        if let Some(next) = wrapped(call, skip) {
            return self.call(call, next, entry, env, ctx);
        }
        if let Some(out) = self.nested(&name, call, skip, entry, env, ctx) {
            return out;
        }
        self.program(call, skip, entry, env, ctx)
    }

    fn function(&mut self, function: &Rc<Function>, call: &Call, skip: usize, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        if ctx.depth > 16 {
            self.opaque(call.span, "functions call each other too deeply to be followed");
            return Out::ok(entry);
        }
        let (ok, fail) = (self.point(), self.point());
        let arguments = call.fields[skip + 1..].iter().map(|f| f.value.clone()).collect();
        let before = std::mem::replace(&mut env.positional, Rc::new(arguments));
        let inner =
            Ctx { code: Rc::clone(&function.code), returns: Some((ok, fail)), loops: None, depth: ctx.depth + 1, ..ctx.clone() };
        let out = self.list(std::slice::from_ref(&function.body), entry, env, &inner);
        env.positional = before;
        for (from, to) in [(out.ok, ok), (out.fail, fail), (out.quiet, fail)] {
            if let Some(from) = from {
                self.graph.ok(from, to);
            }
        }
        Out { ok: Some(ok), fail: Some(fail), quiet: None }
    }

    fn builtin(&mut self, name: &str, call: &Call, skip: usize, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Option<Out> {
        match name {
            "true" | ":" | "cd" | "pushd" | "popd" | "umask" | "shopt" | "wait" | "sleep" | "logout" | "alias" | "mkdir"
            | "unset" | "rm" | "ls" => {
                if name == "unset" {
                    for field in &call.fields[skip + 1..] {
                        field.value.known().map(|n| env.variables.remove(n));
                    }
                }
                Some(Out::ok(entry))
            }
            "false" => Some(Out { ok: None, fail: Some(entry), quiet: None }),
            "set" => {
                self.set(call, skip, env);
                Some(Out::ok(entry))
            }
            "trap" => {
                self.trap(call, skip, env);
                Some(Out::ok(entry))
            }
            "exit" | "return" | "throw" => Some(self.leave(name, call, skip, entry, env, ctx)),
            "break" | "continue" => {
                let (after, next) = ctx.loops?;
                self.graph.ok(entry, if name == "break" { after } else { next });
                Some(Out::default())
            }
            "shift" => {
                let rest = env.positional.iter().skip(1).cloned().collect();
                env.positional = Rc::new(rest);
                Some(Out::ok(entry))
            }
            "echo" | "printf" | "cat" | "tee" | "Write-Output" | "Write-Host" => {
                self.printing(name, call, skip, env);
                Some(Out::ok(entry))
            }
            "export" | "readonly" | "local" | "declare" => Some(Out::ok(entry)),
            "read" => {
                self.read(call, skip, env);
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
                Some(Out::ok(entry))
            }
            "[" | "test" => Some(self.bracket(call, skip, entry, env, ctx)),
            _ => None,
        }
    }

    fn set(&mut self, call: &Call, skip: usize, env: &mut Env) {
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
            if letters.ends_with('o') {
                match words.next().as_deref() {
                    Some("errexit") => env.errexit = on,
                    Some("pipefail") => env.pipefail = on,
                    _ => {}
                }
            }
        }
    }

    /// `trap 'exit 0' ERR`, `trap '..; true; exit 0' EXIT` turn every failure into success.
    fn trap(&mut self, call: &Call, skip: usize, env: &mut Env) {
        let action = call.text(skip + 1).unwrap_or("");
        let signals: Vec<&str> = (skip + 2..call.fields.len()).filter_map(|i| call.text(i)).collect();
        if signals.iter().any(|s| matches!(*s, "ERR" | "EXIT" | "0")) {
            let swallows = action.split(';').map(str::trim).any(|c| c == "exit 0");
            env.swallowing_trap = swallows.then_some(call.span);
        }
    }

    fn leave(&mut self, name: &str, call: &Call, skip: usize, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        let (ok, fail) = match (name, ctx.returns) {
            ("return", Some(targets)) => targets,
            _ => (ctx.exit_ok, ctx.exit_fail),
        };
        if name == "throw" {
            self.graph.ok(entry, fail);
            return Out::default();
        }
        let status = call.fields.get(skip + 1).map(|f| f.value.clone());
        let operand = match &status {
            Some(value) => self.operand(value, call.fields[skip + 1].variable.as_deref().filter(|v| *v != "?")),
            None => env.last.map_or(Operand::Constant("0".into()), Operand::Status),
        };
        match &operand {
            Operand::Constant(text) => self.graph.ok(entry, if &**text == "0" { ok } else { fail }),
            Operand::Unknown if status.is_some() => {
                // `exit $rc` of something not followed: it is there to carry a failure on.
                self.graph.ok(entry, fail);
                self.graph.ok(entry, ok);
            }
            _ => {
                if let Operand::Variable(name) = &operand {
                    self.graph.watch(name);
                }
                let node = self.graph.add(NodeAction::ExitWith(operand));
                self.graph.ok(entry, node);
                self.graph.ok(node, ok);
                self.graph.fail(node, fail, None);
            }
        }
        Out::default()
    }

    /// `read a b` takes fields of its input.
    fn read(&mut self, call: &Call, skip: usize, env: &mut Env) {
        let input = env.stdin.clone().unwrap_or_default();
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
                            |t| t.split(|c| c.is_ascii_whitespace()).into_iter().map(Value::text).collect(),
                        );
                        env.variables.insert(name.into(), Variable::List(Rc::new(list)));
                    }
                }
                flag if flag.starts_with('-') => {}
                name => names.push(name),
            }
        }
        for (i, name) in names.iter().enumerate() {
            let last = i + 1 == names.len();
            let mut value: Option<Value> = None;
            for line in input.alternatives().iter().flat_map(|t| t.split(|c| c == '\n')) {
                let parts = line.split(|c| c == ' ' || c == '\t');
                let part = if last && i == 0 { Some(line.trim()) } else { parts.get(i).cloned() };
                let part = Value::text(part.unwrap_or_default());
                value = Some(value.map_or_else(|| part.clone(), |v| v.or(&part)));
            }
            let mut value = bounded(value.unwrap_or_default(), &mut self.symbols, name);
            value.origins.clone_from(&input.origins);
            env.variables.insert((*name).into(), Variable::Scalar(value));
        }
    }

    fn printing(&mut self, name: &str, call: &Call, skip: usize, env: &mut Env) {
        let arguments = &call.fields[skip + 1..];
        match name {
            "cat" => {
                let mut value = Value::default();
                for field in arguments.iter().filter(|f| f.value.known().is_none_or(|t| !t.starts_with('-'))) {
                    value = value.then(&self.content(&field.value, env));
                }
                if arguments.iter().all(|f| f.value.known().is_some_and(|t| t.starts_with('-'))) {
                    value = env.stdin.clone().unwrap_or_default();
                }
                self.print(&value, env);
            }
            "tee" => {
                let input = env.stdin.clone().unwrap_or_default();
                let append = arguments.iter().any(|f| f.value.known() == Some("-a") || f.value.known() == Some("--append"));
                for field in arguments.iter().filter(|f| f.value.known().is_none_or(|t| !t.starts_with('-'))) {
                    let path = field.value.clone();
                    self.store(&path, &input, append, call.span, env);
                }
                self.print(&input, env);
            }
            "printf" => {
                let text = self.formatted(arguments);
                self.print(&text, env);
            }
            _ => {
                let mut value = Value::default();
                let skipped = arguments
                    .iter()
                    .take_while(|f| f.value.known().is_some_and(|t| matches!(t, "-n" | "-e" | "-ne" | "-en" | "-E")))
                    .count();
                for (i, field) in arguments.iter().skip(skipped).enumerate() {
                    if i > 0 {
                        value = value.then(&Value::literal(" "));
                    }
                    value = value.then(&field.value);
                }
                self.command_file(&value, call.span);
                let newline =
                    skipped == 0 || arguments.iter().take(skipped).all(|f| !f.value.known().is_some_and(|t| t.contains('n')));
                let end = if newline { Value::literal("\n") } else { Value::default() };
                self.print(&value.then(&end), env);
            }
        }
    }

    /// `echo "::set-output name=x::value"`, GitHub's older way to set an output.
    fn command_file(&mut self, value: &Value, span: Span) {
        for text in value.alternatives() {
            let masked = text.masked();
            let Some(rest) = masked.strip_prefix("::set-output name=") else { continue };
            let Some(end) = rest.find("::") else { continue };
            let start = masked.len() - rest.len() + end + 2;
            let result = Value::text(text.slice_masked(start..masked.len())).from(span, "written to the step's outputs here");
            self.outputs.insert(rest[..end].to_owned(), result);
        }
    }

    /// `printf format args..`: `%s` and `%q` take an argument; the format is used again while arguments are left.
    fn formatted(&mut self, arguments: &[Field]) -> Value {
        let skip = usize::from(arguments.first().is_some_and(|f| f.value.known() == Some("--")));
        let Some(format) = arguments.get(skip) else { return Value::default() };
        let Some(format) = format.value.known().map(str::to_owned) else { return format.value.clone() };
        let mut rest = arguments[skip + 1..].iter();
        let mut out = Value::default();
        for _ in 0..32 {
            let mut took = false;
            let mut chars = format.chars().peekable();
            let mut literal = String::new();
            while let Some(c) = chars.next() {
                match c {
                    '%' if chars.peek() == Some(&'%') => {
                        chars.next();
                        literal.push('%');
                    }
                    '%' => {
                        while chars.next_if(|c| !c.is_ascii_alphabetic()).is_some() {}
                        chars.next();
                        out = out.then(&Value::literal(&std::mem::take(&mut literal)));
                        if let Some(field) = rest.next() {
                            out = out.then(&field.value);
                            took = true;
                        }
                    }
                    '\\' => match chars.next() {
                        Some('n') => literal.push('\n'),
                        Some('t') => literal.push('\t'),
                        Some(other) => literal.push(other),
                        None => {}
                    },
                    c => literal.push(c),
                }
            }
            out = out.then(&Value::literal(&literal));
            if !took || rest.len() == 0 {
                break;
            }
        }
        bounded(out, &mut self.symbols, "printf")
    }

    /// What a test looks at: a constant, a variable, a status.
    pub(super) fn operand(&mut self, value: &Value, variable: Option<&str>) -> Operand {
        if let Some(name) = variable {
            let name: Rc<str> = name.into();
            self.graph.watch(&name);
            return Operand::Variable(name);
        }
        match value.single() {
            Some(text) => match (text.known(), text.as_symbol()) {
                (Some(known), _) => Operand::Constant(known.into()),
                (_, Some(id)) => self.status_node(id).map_or(Operand::Unknown, Operand::Status),
                _ => Operand::Unknown,
            },
            None => Operand::Unknown,
        }
    }
}

/// `name=value` and `name<<EOF` lines of a text that sets outputs or environment variables.
pub(super) fn assigned_lines(text: &Value) -> Vec<(String, Value)> {
    let mut found: Vec<(String, Value)> = Vec::new();
    let mut add = |name: String, value: Value| match found.iter_mut().find(|(n, _)| *n == name) {
        Some((_, before)) => *before = before.or(&value),
        None => found.push((name, value)),
    };
    for alternative in text.alternatives() {
        let masked = alternative.masked();
        let mut at = 0;
        let mut open: Option<(String, String, usize)> = None;
        for line in masked.split_inclusive('\n') {
            let (start, end) = (at, at + line.trim_end_matches(['\n', '\r']).len());
            at += line.len();
            let line = &masked[start..end];
            if let Some((name, delimiter, from)) = &open {
                if line.trim() == delimiter {
                    let value = alternative.slice_masked(*from..start.saturating_sub(1).max(*from));
                    add(name.clone(), Value::text(value));
                    open = None;
                }
                continue;
            }
            match (line.find('='), line.find("<<")) {
                (equals, Some(here)) if equals.is_none_or(|e| here < e) => {
                    open = Some((line[..here].trim().to_owned(), line[here + 2..].trim().to_owned(), at));
                }
                (Some(equals), _) => {
                    add(line[..equals].trim().to_owned(), Value::text(alternative.slice_masked(start + equals + 1..end)))
                }
                _ => {}
            }
        }
    }
    for (_, value) in &mut found {
        value.origins.clone_from(&text.origins);
    }
    found
}

/// Index of the word that a wrapper (`sudo`, `timeout 5m`, `env A=b` ..) runs.
fn wrapped(call: &Call, skip: usize) -> Option<usize> {
    let name = call.text(skip)?.rsplit('/').next()?;
    let takes_value: &[&str] = match name {
        "sudo" => &["-u", "-g", "-h", "-p", "-C", "-r", "-t", "--user", "--group"],
        "doas" => &["-u", "-C"],
        "env" => &["-u", "--unset", "-C", "--chdir", "-S"],
        "nice" | "ionice" => &["-n", "--adjustment", "-c", "-p"],
        "timeout" => &["-k", "-s", "--kill-after", "--signal"],
        "stdbuf" => &["-i", "-o", "-e"],
        "exec" => &["-a"],
        "time" | "nohup" | "command" | "builtin" | "chronic" | "unbuffer" | "setsid" | "retry" | "winpty" => {
            &["-n", "-t", "-d", "--times", "--delay", "-f", "-o"]
        }
        _ => return None,
    };
    let mut at = skip + 1;
    while let Some(word) = call.text(at) {
        if word == "--" {
            at += 1;
            break;
        }
        if name == "command" && matches!(word, "-v" | "-V") {
            return None;
        }
        let assigns = name == "env" && word.contains('=') && !word.starts_with('-');
        if !word.starts_with('-') && !assigns {
            break;
        }
        at += 1 + usize::from(takes_value.contains(&word));
    }
    // `env NAME=$value cmd`
    while name == "env"
        && call.fields.get(at).is_some_and(|f| {
            f.value.any(|t| {
                t.masked().split('=').next().is_some_and(|n| {
                    n.len() < t.masked().len() && !n.is_empty() && n.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                })
            })
        })
    {
        at += 1;
    }
    let counted = matches!(name, "timeout") || name == "retry" && call.text(at).is_some_and(|w| w.parse::<u32>().is_ok());
    let at = at + usize::from(counted);
    (at < call.fields.len()).then_some(at)
}
