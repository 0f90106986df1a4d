//! Expressions of the CI system to values.

use super::conditions::describe;
use super::env::{Env, bounded};
use super::interpret::Walk;
use super::joined::Joined;
use super::symbol::{Kind, Symbols};
use super::text::Text as Abstract;
use super::value::Value;
use crate::pipeline::{Binding, Expr, Format, Input, KnownKind, Op, Pipeline, Port, Text};
use crate::source::{Embedded, Span};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

/// What is said of a default.
pub(super) const DEFAULT: &str = "the default";
/// Inputs within the defaults of inputs that are looked up.
const MAX_DEFAULTS: usize = 24;

/// The names that expressions of one execution can use.
#[derive(Debug, Clone)]
pub(super) struct Scope<'p> {
    pub(super) pipeline: &'p Pipeline,
    /// Path of calls that led here, as a prefix of execution ids.
    pub(super) prefix: Rc<str>,
    /// Id of the execution, prefix included.
    pub(super) execution: Rc<str>,
    /// Values given by the caller.
    pub(super) inputs: Rc<BTreeMap<String, Value>>,
    /// Defaults of inputs that are made of others; `None` while one is being made.
    pub(super) defaults: Rc<RefCell<BTreeMap<String, Option<Value>>>>,
    /// Whether there is a caller, so that what it does not give is the default.
    pub(super) called: bool,
    pub(super) env: BTreeMap<String, Value>,
    pub(super) matrix: BTreeMap<String, Value>,
    /// Outputs of the steps so far, by step id.
    pub(super) steps: BTreeMap<String, BTreeMap<String, Value>>,
    /// Steps so far of which all outputs are known, and their places.
    pub(super) closed: BTreeMap<String, Span>,
    /// Outputs into which a verification has written what it found, with the name by which a path knows that.
    pub(super) verdicts: BTreeMap<String, Rc<str>>,
    /// Outputs of the execution as a whole, written by any of its steps so far.
    pub(super) written: BTreeMap<String, Value>,
    /// Variables that no level of the file gives another value.
    pub(super) fixed: Rc<BTreeMap<String, Value>>,
}

impl<'p> Scope<'p> {
    /// A scope in which nothing has run.
    pub(super) fn new(pipeline: &'p Pipeline, prefix: Rc<str>, execution: Rc<str>, inputs: Rc<BTreeMap<String, Value>>) -> Self {
        Scope {
            pipeline,
            prefix,
            execution,
            inputs,
            defaults: Rc::default(),
            called: true,
            env: BTreeMap::new(),
            matrix: BTreeMap::new(),
            steps: BTreeMap::new(),
            closed: BTreeMap::new(),
            verdicts: BTreeMap::new(),
            written: BTreeMap::new(),
            fixed: Rc::default(),
        }
    }

    /// The name by which the status of a step is known on a path.
    pub(super) fn status_of(&self, step: &str) -> Rc<str> {
        format!("{}.steps.{step}.status", self.execution).into()
    }

    /// The name by which it is known how a step has ended; `tolerated`: after what its own setting makes of a failure.
    pub(super) fn end_of(&self, step: &str, tolerated: bool) -> Rc<str> {
        format!("{}.steps.{step}.{}", self.execution, if tolerated { "conclusion" } else { "outcome" }).into()
    }
}

/// The places of a text, line by line: in the file lines may be indented.
fn places_of_lines(source: &Embedded) -> Vec<(Range<usize>, Span)> {
    if source.text.is_empty() {
        return vec![(0..0, source.whole())];
    }
    let mut end = 0;
    let place = |line: &str| {
        let at = end..end + line.len();
        end = at.end;
        (at.clone(), source.span(at))
    };
    source.text.split_inclusive('\n').map(place).collect()
}

impl Walk<'_> {
    /// The value of a text, with the places of its parts.
    pub(super) fn text(&mut self, text: &Text, scope: &Scope) -> Value {
        let source = &text.source;
        if text.holes.is_empty() {
            let mut value = Value::literal(&source.text);
            value.places = Some(Rc::new(places_of_lines(source)));
            return value;
        }
        let (mut joined, mut places, mut at) = (Joined::default(), Vec::new(), 0);
        let mut add = |next: &Value, range: Range<usize>, symbols: &mut Symbols| {
            places.push((joined.add(next, symbols), source.span(range)));
        };
        for hole in &text.holes {
            if let Some(part) = source.text.get(at..hole.range.start).filter(|p| !p.is_empty()) {
                add(&Value::literal(part), at..hole.range.start, &mut self.symbols);
            }
            let filled = self.expr(&hole.expr, scope);
            self.at_hand(&filled, source.span(hole.range.clone()));
            add(&filled, hole.range.clone(), &mut self.symbols);
            at = hole.range.end;
        }
        if let Some(part) = source.text.get(at..).filter(|p| !p.is_empty()) {
            add(&Value::literal(part), at..source.text.len(), &mut self.symbols);
        }
        joined.value().at(Some(Rc::new(places)))
    }

    /// The values of the holes of a script.
    pub(super) fn holes(&mut self, text: &Text, scope: &Scope) -> Vec<Value> {
        let mut values = Vec::with_capacity(text.holes.len());
        for hole in &text.holes {
            let value = self.expr(&hole.expr, scope);
            self.at_hand(&value, text.source.span(hole.range.clone()));
            values.push(value);
        }
        values
    }

    /// Notes a digest or checksum that is at hand here.
    pub(super) fn at_hand(&mut self, value: &Value, span: Span) {
        let Some(id) = value.single().and_then(Abstract::as_symbol) else { return };
        let symbol = self.symbols.get(id);
        let is_digest = matches!(symbol.kind, Kind::Digest | Kind::DigestReference);
        if is_digest || symbol.kind == Kind::Checksum && symbol.subject.is_some() {
            let place = self.place.clone();
            self.records.digest(id, &place, span);
        }
    }

    /// Adds variables of one level to an environment; later levels win.
    pub(super) fn bind(&mut self, bindings: &[Binding], scope: &mut Scope) {
        for binding in bindings {
            if scope.fixed.contains_key(&binding.name) {
                continue;
            }
            let value = self.text(&binding.value, scope).from(binding.value.span(), "set here");
            let variable = super::env::Variable::Scalar(value.clone());
            self.weak_environment(&binding.name, &variable, binding.name_span.to(self.with_quotes(binding.value.span())), true);
            scope.env.insert(binding.name.clone(), value);
        }
    }

    /// The place of a text with the quotes around it, if it stands in some.
    fn with_quotes(&self, text: Span) -> Span {
        let whole = &self.world.sources.get(text.file).text;
        let Range { start, end } = text.range();
        let before = whole[..start].chars().next_back().filter(|c| matches!(c, '"' | '\''));
        let is_quoted = before.is_some_and(|quote| whole[end..].starts_with(quote));
        if is_quoted { Span::new(text.file, start - 1..end + 1) } else { text }
    }

    pub(super) fn expr(&mut self, expr: &Expr, scope: &Scope) -> Value {
        match expr {
            Expr::Literal(text) => Value::literal(text),
            Expr::Bool(value) => Value::literal(if *value { "true" } else { "false" }),
            Expr::Null => Value::default(),
            Expr::Port(port) => self.port(port, scope),
            Expr::Ambient(name) => {
                let folder = if name == "github.action_path" { self.action_folder(scope) } else { None };
                folder.unwrap_or_else(|| self.ambient(name))
            }
            Expr::Call { function, args } => self.function_value(function, args, expr, scope),
            Expr::Binary { op: Op::Or, left, right } => {
                let first = self.expr(left, scope);
                let chooses = matches!(**left, Expr::Binary { op: Op::And, .. });
                let certain = first.known().is_some_and(|t| !t.is_empty() && t != "false");
                if certain && !chooses {
                    return first;
                }
                let second = self.expr(right, scope);
                if matches!(first.known(), Some("" | "false")) {
                    second
                } else {
                    bounded(first.or(&second), &mut self.symbols, "choice")
                }
            }
            Expr::Binary { op: Op::And, left, right } => {
                let first = self.expr(left, scope);
                if matches!(first.known(), Some("" | "false")) { first } else { self.expr(right, scope) }
            }
            Expr::Binary { .. } | Expr::Not(_) => self.unknown(describe(expr)),
            Expr::Any(all) => {
                let mut values = all.iter();
                let first = values.next().map(|e| self.expr(e, scope)).unwrap_or_default();
                let value = values.fold(first, |any, e| any.or(&self.expr(e, scope)));
                bounded(value, &mut self.symbols, "choice")
            }
            Expr::Known { kind, name } => {
                Value::symbol(self.symbols.named(format!("{}.{name}", scope.execution), kind_of(*kind)))
            }
            Expr::Declared { kind, value } => {
                let value = self.expr(value, scope);
                if let Some(id) = value.single().and_then(Abstract::as_symbol) {
                    let key = self.symbols.get(id).key.clone();
                    self.symbols.named(key, kind_of(*kind));
                }
                value
            }
            Expr::Words(words) => self.expr(words, scope),
            Expr::Opaque(text) => self.unknown(text.trim()),
        }
    }

    /// The folder in which an action of the repository stands, as an absolute path.
    pub(super) fn action_folder(&mut self, scope: &Scope) -> Option<Value> {
        if scope.pipeline.format != Format::GithubAction {
            return None;
        }
        let path = &self.world.sources.get(scope.pipeline.file).path;
        Some(self.folder(path.rsplit_once('/').map_or("", |(folder, _)| folder)))
    }

    pub(super) fn ambient(&mut self, name: &str) -> Value {
        let kind = match name {
            "github.repository" | "CI_PROJECT_PATH" => Kind::Repository,
            "github.repository_owner" | "CI_PROJECT_NAMESPACE" => Kind::Owner,
            "github.token" => Kind::Secret,
            _ => Kind::Unknown,
        };
        let id = self.symbols.named(name, kind);
        // What the event brings along (`github.event.inputs.x`) may be missing.
        if !name.contains(".event.") {
            self.symbols.say_set(id);
        }
        Value::symbol(id)
    }

    fn port(&mut self, port: &Port, scope: &Scope) -> Value {
        match port {
            Port::Step { step, output } => {
                match scope.steps.get(step).and_then(|outputs| output_of(outputs, output, scope.pipeline.format)) {
                    Some(value) => value.clone(),
                    None => {
                        let key = format!("{}.steps.{step}.outputs.{output}", scope.execution);
                        match scope.closed.get(step) {
                            Some(origin) => self.missing(
                                key,
                                super::model::RawMissing {
                                    name: format!("steps.{step}.outputs.{output}"),
                                    why: format!("step `{step}` has no output `{output}`"),
                                    origin: Some(*origin),
                                },
                            ),
                            None => self.unknown(key),
                        }
                    }
                }
            }
            Port::Execution { execution, output } => {
                let id = format!("{}{execution}", scope.prefix);
                let key = format!("{id}.outputs.{output}");
                match self.undefined_output(execution, output, scope) {
                    // What it does not wait for it does not get, even if it is there.
                    Some(missing) => self.missing(format!("{key} in {}", scope.execution), missing),
                    None => match self.execution_outputs.get(&id).and_then(|of| output_of(of, output, scope.pipeline.format)) {
                        Some(value) => value.clone(),
                        None => self.unknown(key),
                    },
                }
            }
            Port::Input(name) => self.input(name, scope),
            Port::Env(name)
                if scope.pipeline.format == Format::Jenkinsfile
                    && !scope.env.contains_key(name)
                    && scope.pipeline.inputs.iter().any(|i| i.name == *name) =>
            {
                self.input(name, scope)
            }
            Port::Env(name) => {
                scope.env.get(name).cloned().unwrap_or_else(|| Value::symbol(self.symbols.named(name.as_str(), Kind::Unknown)))
            }
            Port::Matrix(name) => match scope.matrix.get(name) {
                Some(value) => value.clone(),
                None => self.unknown(format!("matrix.{name}")),
            },
            Port::Secret(name) => Value::symbol(self.symbols.named(format!("secrets.{name}"), Kind::Secret)),
            Port::Variable(name) => self.unknown(format!("vars.{name}")),
            Port::StepStatus { step, tolerated } => self.status_symbol(scope.end_of(step, *tolerated).to_string()),
            Port::ExecutionStatus { execution } => self.unknown(format!("{}{execution}.result", scope.prefix)),
            Port::Written(name) => match scope.written.get(name) {
                Some(value) => value.clone(),
                None => self.unknown(format!("{}.results.{name}", scope.execution)),
            },
            Port::OutputPath(name) => Value::symbol(self.symbols.named(output_path_key(name), Kind::OutputPath)),
        }
    }

    /// A value that nothing defines.
    pub(super) fn missing(&mut self, key: String, what: super::model::RawMissing) -> Value {
        let id = self.symbols.named(key, Kind::Missing);
        self.records.missing.entry(id).or_insert(what);
        Value::symbol(id)
    }

    /// Why an execution has no such output, where the file says that it has none.
    fn undefined_output(&self, execution: &str, output: &str, scope: &Scope) -> Option<super::model::RawMissing> {
        let pipeline = scope.pipeline;
        if !matches!(pipeline.format, Format::GithubWorkflow | Format::Tekton) {
            return None;
        }
        let words = if pipeline.format == Format::Tekton { ("tasks", "results", "task") } else { ("needs", "outputs", "job") };
        let missing = |why: String, origin| {
            Some(super::model::RawMissing { name: format!("{}.{execution}.{}.{output}", words.0, words.1), why, origin })
        };
        let Some(from) = pipeline.executions.iter().find(|e| e.id == execution) else {
            return missing(format!("there is no {} `{execution}`", words.2), None);
        };
        let own = scope.execution.strip_prefix(&*scope.prefix).unwrap_or(&scope.execution);
        let own = pipeline.executions.iter().find(|e| e.id == own)?;
        if pipeline.format == Format::GithubWorkflow && !own.needs.iter().any(|n| n.execution == execution) {
            return missing(format!("job `{}` does not need `{execution}`", own.id), Some(from.id_span));
        }
        let id = format!("{}{execution}", scope.prefix);
        // Whatever a definition from elsewhere puts out.
        let elsewhere = self.records.executions.iter().any(|e| e.id == id && e.is_elsewhere);
        if elsewhere || self.execution_outputs.get(&id).is_none_or(|of| output_of(of, output, pipeline.format).is_some()) {
            return None;
        }
        missing(format!("{} `{execution}` has no {} `{output}`", words.2, words.1.trim_end_matches('s')), Some(from.id_span))
    }

    pub(super) fn input(&mut self, name: &str, scope: &Scope) -> Value {
        if let Some(value) = scope.inputs.get(name) {
            return value.clone();
        }
        let list = name.split_once('[').map(|(list, _)| format!("{list}[*]"));
        if list.is_some_and(|list| scope.inputs.contains_key(&list)) {
            // Of a list that is given nothing is left of the default.
            return self.unknown(format!("{}inputs.{name}", scope.prefix));
        }
        let declared: Option<&Input> = scope.pipeline.inputs.iter().find(|i| i.name == name);
        let default = declared.and_then(|i| i.default.as_ref());
        match default {
            // An empty default of a pipeline that people or others start means "to be given".
            Some(text) if scope.called || !text.raw().is_empty() => self.default_of(name, text, scope),
            _ => self.unknown(format!("{}inputs.{name}", scope.prefix)),
        }
    }

    /// The value of a default. One that is made of other inputs is made once, since they may name each other many times.
    fn default_of(&mut self, name: &str, text: &Text, scope: &Scope) -> Value {
        let made = scope.defaults.borrow().get(name).cloned();
        match made {
            Some(Some(value)) => return value,
            None if self.defaulting < MAX_DEFAULTS => {}
            _ => return self.unknown(format!("{}inputs.{name}", scope.prefix)),
        }
        if !text.holes.is_empty() {
            scope.defaults.borrow_mut().insert(name.to_owned(), None);
        }
        self.defaulting += 1;
        let value = self.text(text, scope).from(text.span(), DEFAULT);
        self.defaulting -= 1;
        if text.holes.is_empty() {
            return value;
        }
        let mut defaults = scope.defaults.borrow_mut();
        defaults.insert(name.to_owned(), Some(value.clone()));
        if self.defaulting == 0 && scope.pipeline.format == Format::Jenkinsfile {
            // There defaults may be made of variables, which change.
            defaults.clear();
        }
        value
    }

    fn function_value(&mut self, function: &str, args: &[Expr], whole: &Expr, scope: &Scope) -> Value {
        match (function, args) {
            ("content", [path]) => {
                let path = self.expr(path, scope);
                self.content(&path, &Env::default())
            }
            ("format", [template, rest @ ..]) => {
                let template = self.expr(template, scope);
                let Some(template) = template.known().map(str::to_owned) else { return self.unknown(describe(whole)) };
                let values: Vec<Value> = rest.iter().map(|a| self.expr(a, scope)).collect();
                bounded(format_text(&template, &values), &mut self.symbols, "format")
            }
            ("join" | "tojson" | "fromjson" | "tolower" | "toupper" | "trim", [one, ..]) => self.expr(one, scope),
            _ => self.unknown(describe(whole)),
        }
    }
}

fn kind_of(kind: KnownKind) -> Kind {
    match kind {
        KnownKind::Tag => Kind::Tag,
        KnownKind::Digest => Kind::Digest,
        KnownKind::Reference => Kind::DigestReference,
        KnownKind::File => Kind::Unknown,
    }
}

/// Key of the symbol for the file that becomes an output.
pub(super) fn output_path_key(name: &str) -> String {
    format!("results.{name}.path")
}

/// Name of the output that a file becomes.
pub(super) fn output_of_path(key: &str) -> &str {
    key.strip_prefix("results.").and_then(|k| k.strip_suffix(".path")).unwrap_or(key)
}

/// An output by its name, whose letters count in Tekton alone (GitHub compares names of outputs as names of variables of Windows,
/// `DictionaryContextData` of its runner).
fn output_of<'v>(outputs: &'v BTreeMap<String, Value>, name: &str, format: Format) -> Option<&'v Value> {
    let alike = || outputs.iter().find(|(own, _)| format != Format::Tekton && own.eq_ignore_ascii_case(name));
    outputs.get(name).or_else(|| alike().map(|(_, value)| value))
}

/// `format('{0}@{1}', a, b)`; `{{` and `}}` are braces.
fn format_text(template: &str, values: &[Value]) -> Value {
    let mut out = Value::default();
    let mut literal = String::new();
    let mut chars = template.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '{' | '}' if chars.peek() == Some(&c) => {
                chars.next();
                literal.push(c);
            }
            '{' => {
                let digits: String = std::iter::from_fn(|| chars.next_if(|c| *c != '}')).collect();
                chars.next();
                out = out.then(&Value::literal(&std::mem::take(&mut literal)));
                if let Some(value) = digits.trim().parse::<usize>().ok().and_then(|i| values.get(i)) {
                    out = out.then(value);
                }
            }
            c => literal.push(c),
        }
    }
    out.then(&Value::text(Abstract::literal(&literal)))
}
