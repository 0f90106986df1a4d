//! The steps of scripts, and the wrappers that change what surrounds them.

use super::ast::{Id, Node};
use super::call::Args;
use super::flow::Label;
use super::interpreter::interpreter;
use super::loader::Loader;
use super::rope::{Rope, filled};
use super::status::STATUS;
use super::value::{CONTENT, Value};
use crate::pipeline::{Action, Binding, Caught, Expr, Port, Script, ShellOptions, Step, Text, Tolerance};

impl Loader<'_> {
    /// `sh` and kin. The value is what the script writes, or its exit status.
    pub(super) fn script(&mut self, id: Id, name: &str, args: &Args, used: bool) -> Value {
        let Some(script_id) = args.or_first("script") else { return Value::Unknown };
        let value = self.eval(script_id);
        let is_file = name == "sh" && matches!(&value, Value::Expr(Expr::Call { function, .. }) if function == CONTENT);
        if !is_file && !matches!(value, Value::Text(_)) {
            self.unfollowed(script_id, "the script is put together at run time");
        }
        let text = self.to_text(&value, script_id);
        let flag = |name: &str| args.get(name).is_some_and(|v| self.tree.source(v) == "true");
        let (status, stdout) = (flag("returnStatus"), flag("returnStdout"));
        let title = args.get("label").map(|l| self.text(l)).map(|t| self.title(&t));
        let span = self.span(id);
        let (dialect, options) = interpreter(name, text.raw());
        let mut step = Step::new(span, Action::Script(Script { text, dialect, options }));
        step.name = title;
        if status {
            let place = args.get("returnStatus").map_or(span, |v| self.span(v));
            step.tolerance = Some(Tolerance { span: place, how: "returnStatus: true".to_owned(), certain: true });
        }
        let output = match (used, stdout, status) {
            (true, true, _) => "stdout",
            (true, _, true) => STATUS,
            _ => {
                self.emit(step);
                return Value::Unknown;
            }
        };
        let step_id = self.flow.step_id(name, span);
        step.id = Some(step_id.clone());
        self.emit(step);
        let value = Value::Expr(Expr::Port(Port::Step { step: step_id, output: output.to_owned() }));
        self.read(&value);
        value
    }

    /// `readFile 'x'`, as the script that writes the same.
    pub(super) fn read_file(&mut self, id: Id, args: &Args) -> Value {
        let Some(file) = args.or_first("file") else { return Value::Unknown };
        let file = self.text(file);
        let span = self.span(id);
        let start = span.start as usize;
        let mut rope = Rope::new(self.file);
        rope.push("cat ", start..start + "readFile".len());
        rope.append(&file);
        let (dialect, options) = interpreter("sh", "");
        let mut step = Step::new(span, Action::Script(Script { text: rope.build(), dialect, options }));
        let step_id = self.flow.step_id("readFile", span);
        step.id = Some(step_id.clone());
        self.emit(step);
        Value::Expr(Expr::Port(Port::Step { step: step_id, output: "stdout".to_owned() }))
    }

    /// `evaluate(x)`: a script of which nothing is known but where it is fetched, `new URL('x').text`, as the script that does the same.
    pub(super) fn evaluated(&mut self, id: Id, args: &Args) {
        let Some(script) = args.positional.first().copied() else { return };
        let Some(url) = self.answer_of(script) else {
            self.evaluate(args);
            return self.unfollowed(id, "the script is put together at run time");
        };
        let url = self.text(url);
        let span = self.span(id);
        let start = span.start as usize;
        let place = start..start + "evaluate".len();
        let mut rope = Rope::new(self.file);
        rope.push("curl -f '", place.clone());
        rope.append(&url);
        rope.push("' | groovy", place);
        let (dialect, options) = interpreter("sh", "");
        let options = ShellOptions { pipefail: true, ..options };
        self.emit(Step::new(span, Action::Script(Script { text: rope.build(), dialect, options })));
    }

    /// The address whose content an expression is: `new URL('x').text`, `'x'.toURL().text`.
    fn answer_of(&self, id: Id) -> Option<Id> {
        let (object, method) = match self.node(id) {
            Node::Member { object, name } => (object, self.tree.word(name)?),
            Node::Call { callee, .. } => match self.node(callee) {
                Node::Member { object, name } => (object, self.tree.word(name)?),
                _ => return None,
            },
            _ => return None,
        };
        if !matches!(&*method, "text" | "getText") {
            return None;
        }
        match self.node(object) {
            Node::New { args } if self.tree.source(object).trim_start_matches("new").trim_start().starts_with("URL") => {
                self.args(args).positional.first().copied()
            }
            Node::Call { callee, .. } => match self.node(callee) {
                Node::Member { object, name } if matches!(self.tree.word(name).as_deref(), Some("toURL" | "toURI")) => {
                    Some(object)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// `writeFile file: 'x', text: '..'`, as the script that does the same.
    pub(super) fn write_file(&mut self, id: Id, args: &Args) {
        self.evaluate(args);
        let (Some(file), Some(text)) = (args.get("file"), args.get("text")) else { return };
        let (file, text) = (self.text(file), self.text(text));
        let span = self.span(id);
        let start = span.start as usize;
        let place = start..start + "writeFile".len();
        let mut rope = Rope::new(self.file);
        rope.push("cat > '", place.clone());
        rope.append(&file);
        rope.push("' <<'END-OF-writeFile'\n", place.clone());
        rope.append(&text);
        rope.push("\nEND-OF-writeFile\n", place);
        let (dialect, options) = interpreter("sh", "");
        self.emit(Step::new(span, Action::Script(Script { text: rope.build(), dialect, options })));
    }

    /// Runs the closures of a wrapper.
    pub(super) fn run_body(&mut self, id: Id, args: &Args) -> Value {
        let mut value = Value::Unknown;
        for closure in &args.closures {
            value = self.wrapped(id, |l| l.closure(*closure, &[]));
        }
        if args.closures.is_empty()
            && let Some(last) = args.positional.last()
            && let Some(Value::Closure(closure)) = self.tree.name(*last).and_then(|n| self.scope.get(n)).cloned()
            && !self.active.contains(&closure)
        {
            self.active.push(closure);
            value = self.wrapped(id, |l| l.closure(closure, &[]));
            self.active.pop();
        }
        value
    }

    /// A wrapper that changes nothing that matters. Its value is that of what is in it.
    pub(super) fn wrapper(&mut self, id: Id, args: &Args) -> Value {
        self.evaluate(args);
        self.run_body(id, args)
    }

    /// `node {}` and `podTemplate {}`: a machine of its own.
    pub(super) fn machine(&mut self, id: Id, name: &str, args: &Args) {
        let pod = self.pod.len();
        let outer = self.flow.template.clone();
        if name == "podTemplate" {
            self.pod_template(args);
        }
        self.machines += 1;
        self.flow.template.machine = Some(format!("machine {}", self.machines));
        self.evaluate(args);
        let outside = self.flow.open.is_none();
        let label = self.flow.label.clone();
        if outside && name == "node" && matches!(&*label.name, "pipeline") {
            self.flow.label = Label { name: "node".to_owned(), span: self.span(id) };
        }
        if outside {
            for closure in &args.closures {
                let value = self.closure(*closure, &[]);
                self.settle(&value);
            }
            if name == "podTemplate" || self.flow.label.name != label.name {
                self.flow.finish();
            }
        } else {
            let value = self.run_body(id, args);
            self.settle(&value);
        }
        self.flow.label = label;
        self.flow.template = outer;
        self.pod.truncate(pod);
    }

    /// `withEnv(['A=b']) {}`
    pub(super) fn with_env(&mut self, id: Id, args: &Args) -> Value {
        let before = self.env.len();
        for arg in &args.positional {
            match self.node(*arg) {
                Node::Array(items) => {
                    for item in self.list(items) {
                        let text = self.text(*item);
                        self.env.extend(assignment(&text));
                    }
                }
                _ => match self.eval(*arg) {
                    Value::List(items) => {
                        let texts = items.iter().filter_map(|i| if let Value::Text(t) = i { assignment(t) } else { None });
                        self.env.extend(texts);
                    }
                    _ => self.unfollowed(*arg, "the variables are put together at run time"),
                },
            }
        }
        let value = self.run_body(id, args);
        self.forget(before, args);
        value
    }

    /// Ends the reach of variables, but not of what was assigned to `env` within.
    fn forget(&mut self, before: usize, args: &Args) {
        let inside = args.closures.first().map(|c| self.span(*c));
        let mut index = 0;
        self.env.retain(|b| {
            index += 1;
            index <= before || inside.is_some_and(|span| span.contains(b.name_span))
        });
    }

    /// `withCredentials([string(credentialsId: .., variable: ..)]) {}`
    pub(super) fn with_credentials(&mut self, id: Id, args: &Args) -> Value {
        let before = self.env.len();
        let mut items = args.positional.clone();
        for arg in &args.positional {
            if let Node::Array(list) = self.node(*arg) {
                items.extend_from_slice(self.list(list));
            }
        }
        for item in items {
            if let Node::Call { args, .. } = self.node(item) {
                let args = self.args(args);
                self.credentials(item, &args);
            } else if let Node::Map(list) = self.node(item) {
                let args = self.args(list);
                self.credentials(item, &args);
            }
        }
        let value = self.run_body(id, args);
        self.forget(before, args);
        value
    }

    fn credentials(&mut self, item: Id, args: &Args) {
        let secret = args.or_first("credentialsId").map(|s| self.text(s));
        let secret = secret.as_ref().and_then(Text::literal).unwrap_or_else(|| self.tree.source(item)).to_owned();
        for (name, _, value) in &args.named {
            if !name.to_ascii_lowercase().ends_with("variable") {
                continue;
            }
            let variable = self.text(*value);
            let Some(variable_name) = variable.literal().map(str::to_owned) else { continue };
            let port = Expr::Port(Port::Secret(secret.clone()));
            let bound = filled(self.file, self.tree.source(*value), self.tree.range(*value), port);
            self.env.push(Binding { name: variable_name, name_span: self.span(*value), value: bound });
        }
    }

    /// `container('x') {}`, `withDockerContainer('image') {}`
    pub(super) fn in_container(&mut self, id: Id, name: &str, args: &Args) -> Value {
        let argument = args.or_first(if name == "container" { "name" } else { "image" }).map(|a| self.text(a));
        let image = match (name, argument) {
            ("container", Some(text)) => {
                let found = text.literal().and_then(|n| self.pod.iter().rev().find(|(p, _)| p == n));
                found.map(|(_, image)| image.clone())
            }
            (_, image) => image,
        };
        self.with_image(image, |l| l.run_body(id, args))
    }

    /// Runs something in another image, if one is known.
    pub(super) fn with_image<T>(&mut self, image: Option<Text>, run: impl FnOnce(&mut Self) -> T) -> T {
        let Some(image) = image else { return run(self) };
        let outer = self.image.replace(image);
        let result = run(self);
        self.image = outer;
        result
    }

    /// `catchError {}`, `warnError('..') {}`
    pub(super) fn tolerating(&mut self, id: Id, name: &str, args: &Args) {
        self.evaluate(args);
        let start = self.tree.range(id).start;
        let place = crate::source::Span::new(self.file, start..start + name.len());
        // `catchError` marks the build as failed unless told otherwise, `warnError` as unstable.
        let result = args.get("buildResult").and_then(|v| self.tree.constant(v));
        let caught = Caught { span: place, reported: name == "catchError" && result.is_none_or(|r| r == "FAILURE") };
        for closure in &args.closures {
            self.tolerated(id, caught, |l| {
                let value = l.closure(*closure, &[]);
                l.settle(&value);
            });
        }
    }

    /// `input 'Deploy?'`: what follows in the execution waits for a person.
    pub(super) fn input_step(&mut self, id: Id, args: &Args) {
        self.evaluate(args);
        let start = self.tree.range(id).start;
        let text = super::rope::fixed(self.file, "input", start..start + "input".len());
        let span = self.span(id);
        self.flow.current(span).environment = Some(text);
    }
}

/// `NAME=value` as a binding.
fn assignment(text: &Text) -> Option<Binding> {
    let at = text.raw().find('=')?;
    if at == 0 || text.holes.iter().any(|h| h.range.start < at) {
        return None;
    }
    let name = text.raw()[..at].split('+').next().unwrap_or_default().to_owned();
    Some(Binding { name, name_span: text.source.span(0..at), value: text.slice(at + 1..text.raw().len()) })
}

/// A text that is `host/name` where a registry is set.
pub(super) fn qualified(name: &Text, registry: Option<&Text>) -> Text {
    let Some(registry) = registry else { return name.clone() };
    let raw = registry.raw();
    let start = raw.find("://").map_or(0, |at| at + 3);
    let end = raw[start..].find('/').map_or(raw.len(), |at| start + at);
    let inside = registry.holes.iter().find(|h| h.range.contains(&end) || h.range.contains(&start));
    let host = match inside {
        Some(hole) => registry.slice(hole.range.start.min(start)..hole.range.end.max(end)),
        None => registry.slice(start..end),
    };
    let known = host.raw().is_empty() || host.raw().ends_with("docker.io") || name.raw().starts_with(host.raw());
    if known {
        return name.clone();
    }
    // The host may stand anywhere, in another file even: the name is what stands for the whole.
    let start = name.span().range().start;
    let mut rope = Rope::new(name.source.file);
    rope.append_at(&host, start..start);
    rope.push("/", start..start);
    rope.append(name);
    rope.build()
}
