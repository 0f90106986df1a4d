//! Calls: which step, wrapper, method or definition a call is.

use super::ast::{Id, List, Node};
use super::loader::Loader;
use super::names::{LOOPS, SCRIPT_RECEIVERS, SILENT, WRAPPERS};
use super::rope::{strip_indent, strip_margin, trim};
use super::status::TELLING;
use super::value::Value;
use crate::pipeline::{Expr, Port};

/// How many methods deep a call is followed.
const MAX_METHODS: usize = 12;
/// The arguments of a call.
#[derive(Debug, Default)]
pub(super) struct Args {
    /// `key: value`: the key's name, the key, the value.
    pub(super) named: Vec<(String, Id, Id)>,
    /// Any other, closures excepted.
    pub(super) positional: Vec<Id>,
    pub(super) closures: Vec<Id>,
}

impl Args {
    /// The value of a named argument.
    pub(super) fn get(&self, name: &str) -> Option<Id> {
        self.named.iter().find(|(n, ..)| n == name).map(|(.., value)| *value)
    }

    /// A named argument, or else the first one.
    pub(super) fn or_first(&self, name: &str) -> Option<Id> {
        self.get(name).or_else(|| self.positional.first().copied())
    }
}

impl Loader<'_> {
    pub(super) fn args(&self, list: List) -> Args {
        let mut args = Args::default();
        for id in self.list(list) {
            self.argument(*id, &mut args);
        }
        args
    }

    fn argument(&self, id: Id, args: &mut Args) {
        match self.node(id) {
            Node::Entry { key, value } => args.named.push((self.tree.word(key).unwrap_or_default(), key, value)),
            Node::Map(entries) if entries.len > 0 => {
                for entry in self.list(entries) {
                    if matches!(self.node(*entry), Node::Entry { .. }) {
                        self.argument(*entry, args);
                    }
                }
            }
            Node::Closure { .. } => args.closures.push(id),
            _ => args.positional.push(id),
        }
    }

    /// A call. `used`: whether something becomes of its result.
    pub(super) fn call(&mut self, id: Id, callee: Id, list: List, used: bool) -> Value {
        let args = self.args(list);
        match self.node(callee) {
            Node::Name => {
                let name = self.tree.source(callee);
                self.named_call(id, name, &args, used)
            }
            Node::Member { object, name } => {
                let Some(method) = self.tree.word(name) else {
                    self.eval(object);
                    self.follow_arguments(id, &args);
                    return Value::Unknown;
                };
                let script = matches!(&*method, "sh" | "bat" | "powershell" | "pwsh") && list.len > 0;
                if script || self.is_script(object) {
                    return self.named_call(id, &method, &args, used);
                }
                self.method_call(id, object, &method, &args, used)
            }
            _ => {
                let value = self.eval(callee);
                self.follow_arguments(id, &args);
                match value {
                    Value::Closure(closure) => self.run_closure(closure, &args),
                    _ => Value::Unknown,
                }
            }
        }
    }

    /// Whether an object is the pipeline itself.
    fn is_script(&self, object: Id) -> bool {
        match self.node(object) {
            Node::Name => SCRIPT_RECEIVERS.contains(&self.tree.source(object)),
            Node::Member { object, name } => {
                self.tree.name(object) == Some("this") && self.tree.name(name).is_some_and(|n| SCRIPT_RECEIVERS.contains(&n))
            }
            _ => false,
        }
    }

    fn named_call(&mut self, id: Id, name: &str, args: &Args, used: bool) -> Value {
        match name {
            "sh" | "bat" | "powershell" | "pwsh" => return self.script(id, name, args, used),
            "pipeline" if args.closures.len() == 1 && args.positional.is_empty() => self.declarative(args.closures[0]),
            "stage" => self.stage(id, args),
            "parallel" => self.parallel(id, args),
            "node" | "podTemplate" if self.at_top() => self.machine(id, name, args),
            "withEnv" => return self.with_env(id, args),
            "withCredentials" => return self.with_credentials(id, args),
            "container" | "withDockerContainer" => return self.in_container(id, name, args),
            "catchError" | "warnError" => self.tolerating(id, name, args),
            "error" => {
                self.evaluate(args);
                self.fail(id);
            }
            "input" => self.input_step(id, args),
            "load" | "library" => return self.handoff(id, name, args),
            // Without a job it is the library's own.
            "build" if args.or_first("job").is_some() => self.other_job(id, args),
            "step" if self.step_of_class(id, args) => {}
            "writeFile" => self.write_file(id, args),
            "evaluate" if !self.methods.contains_key(name) => self.evaluated(id, args),
            "properties" => self.properties(args),
            // It runs what is in it until that is true.
            "waitUntil" => drop(self.wrapper(id, args)),
            "isUnix" => return Value::Expr(Expr::Ambient("isUnix".to_owned())),
            "readFile" if used => return self.read_file(id, args),
            "libraryResource" | "readTrusted" => return self.repository_content(id, name, args),
            _ if WRAPPERS.contains(&name) => return self.wrapper(id, args),
            _ => return self.other_call(id, name, args, used),
        }
        Value::Unknown
    }

    /// A method of this file, a closure in a variable, a step that does nothing here, or a definition of the repository.
    fn other_call(&mut self, id: Id, name: &str, args: &Args, used: bool) -> Value {
        if TELLING.contains(&name) && args.closures.is_empty() && !self.methods.contains_key(name) {
            for said in args.named.iter().map(|(.., value)| value).chain(&args.positional) {
                let value = self.eval(*said);
                self.settle(&value);
            }
            return Value::Unknown;
        }
        if let Some(Value::Closure(closure)) = self.scope.get(name).cloned() {
            return self.run_closure(closure, args);
        }
        if let Some(Value::Loaded(path)) = self.scope.get(name).cloned() {
            return self.definition(id, &path, "call", args, used);
        }
        if let Some(method) = self.methods.get(name).and_then(|all| self.meant(all, args)) {
            return self.run_method(method, args);
        }
        if let Some(parameter) = matches!(name, "string" | "text").then(|| self.parameter_value(id, args)).flatten() {
            return parameter;
        }
        if SILENT.contains(&name) || self.scope.get(name).is_some() || name.starts_with(char::is_uppercase) {
            self.follow_arguments(id, args);
            return Value::Unknown;
        }
        self.definition(id, &format!("vars/{name}.groovy"), name, args, used)
    }

    fn method_call(&mut self, id: Id, object: Id, method: &str, args: &Args, used: bool) -> Value {
        if self.tree.name(object) == Some("docker") {
            return self.docker(id, method, args);
        }
        if LOOPS.contains(&method) && !args.closures.is_empty() {
            return self.each(id, object, args);
        }
        if matches!(method, "get" | "getOrDefault" | "getProperty") && !args.positional.is_empty() {
            return self.keyed(id, object, args);
        }
        if self.is_foreign(object) {
            let name = self.tree.source(object);
            return self.definition(id, &format!("vars/{name}.groovy"), method, args, used);
        }
        let value = self.eval(object);
        if let Value::Loaded(path) = &value {
            return self.definition(id, path, method, args, used);
        }
        if let Value::Image(name) = value {
            return self.image_method(id, &name, method, args);
        }
        if let (Value::Closure(closure), "call") = (&value, method) {
            return self.run_closure(*closure, args);
        }
        let result = self.text_method(id, &value, method, args);
        if result.is_none() {
            self.follow_arguments(id, args);
        }
        result.unwrap_or_else(|| Value::Expr(self.opaque_of(id)))
    }

    /// Whether an object is a file of the library, not a value of this one.
    fn is_foreign(&self, object: Id) -> bool {
        let Some(name) = self.tree.name(object) else { return false };
        let known =
            matches!(name, "env" | "params" | "currentBuild" | "scm" | "manager" | "super" | "build" | "out" | "it" | "log");
        !known
            && name.starts_with(char::is_lowercase)
            && self.scope.get(name).is_none()
            && !self.declared.contains(name)
            && !self.inputs.iter().any(|i| i.name == name)
    }

    /// Methods of texts that matter.
    fn text_method(&mut self, id: Id, value: &Value, method: &str, args: &Args) -> Option<Value> {
        match (value, method) {
            (Value::Text(text), "trim" | "strip") => Some(Value::Text(trim(text))),
            (Value::Text(text), "stripIndent") => Some(Value::Text(strip_indent(text))),
            (Value::Text(text), "stripMargin") if args.positional.is_empty() => Some(Value::Text(strip_margin(text))),
            (Value::Text(text), "toString") => Some(Value::Text(text.clone())),
            (Value::Expr(expr @ Expr::Port(_)), "trim" | "toString" | "strip") => Some(Value::Expr(expr.clone())),
            (Value::Param(index), "trim" | "toString" | "strip") => Some(Value::Expr(Expr::Port(Port::Input(index.to_string())))),
            (Value::List(items), "join") => {
                let separator = args.positional.first().map(|a| self.text(*a));
                self.join(items, separator.as_ref(), id)
            }
            _ => None,
        }
    }

    /// `map.get('key')`, `map.get('key', 'default')`
    fn keyed(&mut self, id: Id, object: Id, args: &Args) -> Value {
        let value = args.positional.first().and_then(|key| self.lookup(object, *key));
        let defaults: Vec<(Value, Id)> = args.positional.iter().skip(1).map(|more| (self.eval(*more), *more)).collect();
        match (value, &defaults[..]) {
            // Whether a parameter is given is known to the caller alone.
            (Some(given @ Value::Expr(Expr::Port(_))), [(default, place)]) => {
                self.or_else((&given, object), (default, *place), id)
            }
            (Some(value), _) => value,
            (None, _) => Value::Expr(self.opaque_of(id)),
        }
    }

    /// `list.each { .. }`: the closure runs any number of times. The value is that of its last statement.
    fn each(&mut self, id: Id, object: Id, args: &Args) -> Value {
        let list = self.eval(object);
        self.evaluate(args);
        let element = self.element(&list, id);
        let mut value = Value::Unknown;
        for closure in &args.closures {
            self.conditional(|l| l.wrapped(id, |l| value = l.closure(*closure, std::slice::from_ref(&element))));
        }
        value
    }

    /// Evaluates the arguments that are no closures.
    pub(super) fn evaluate(&mut self, args: &Args) {
        for id in args.named.iter().map(|(.., value)| value).chain(&args.positional) {
            if !matches!(self.node(*id), Node::Closure { .. }) {
                self.eval(*id);
            }
        }
    }

    /// Evaluates all arguments, and follows closures where they stand.
    pub(super) fn follow_arguments(&mut self, id: Id, args: &Args) {
        self.evaluate(args);
        let named = args.named.iter().map(|(.., value)| value).filter(|v| matches!(self.tree.node(**v), Node::Closure { .. }));
        let closures: Vec<Id> = named.chain(&args.closures).copied().collect();
        for closure in closures {
            self.wrapped(id, |l| drop(l.closure(closure, &[])));
        }
    }

    /// A closure out of a variable.
    fn run_closure(&mut self, closure: Id, args: &Args) -> Value {
        let values: Vec<Value> = args.positional.iter().chain(&args.closures).map(|a| self.eval(*a)).collect();
        if self.active.contains(&closure) || self.active.len() >= MAX_METHODS {
            return Value::Unknown;
        }
        self.active.push(closure);
        let value = self.closure(closure, &values);
        self.active.pop();
        value
    }

    /// Of several methods with one name the first that takes so many arguments, or else the first.
    fn meant(&self, methods: &[Id], args: &Args) -> Option<Id> {
        let given = usize::from(!args.named.is_empty()) + args.positional.len() + args.closures.len();
        let fits = |method: &Id| {
            let Node::Method { params, .. } = self.node(*method) else { return false };
            let params = self.list(params);
            let is_required = |param: &&Id| matches!(self.node(**param), Node::Param { default: None, .. });
            given <= params.len() && params.iter().filter(is_required).count() <= given
        };
        methods.iter().copied().find(fits).or_else(|| methods.first().copied())
    }

    /// A method of this file, followed in place.
    fn run_method(&mut self, method: Id, args: &Args) -> Value {
        let Node::Method { params, body, .. } = self.node(method) else { return Value::Unknown };
        let mut values: Vec<Value> = Vec::new();
        if !args.named.is_empty() {
            let named: Vec<_> = args.named.iter().map(|(name, _, value)| (name.clone(), self.eval(*value))).collect();
            values.push(Value::Record(named));
        }
        let rest: Vec<Value> = args.positional.iter().chain(&args.closures).map(|a| self.eval(*a)).collect();
        values.extend(rest);
        if self.active.contains(&method) || self.active.len() >= MAX_METHODS {
            return Value::Unknown;
        }
        self.followed.insert(method);
        self.active.push(method);
        self.scope.enter(false);
        for (index, param) in self.list(params).iter().enumerate() {
            let Node::Param { name, default } = self.node(*param) else { continue };
            let value = match (values.get(index), default) {
                (Some(value), _) => value.clone(),
                (None, Some(default)) => self.eval(default),
                (None, None) => Value::Unknown,
            };
            self.scope.declare(self.tree.source(name), value);
        }
        let value = self.statements(body);
        let value = self.returned(body, value);
        self.scope.leave();
        self.active.pop();
        value
    }

    /// What a method gives: the value of its last statement, unless it may return before that.
    pub(super) fn returned(&self, body: List, value: Value) -> Value {
        let Some((last, before)) = self.list(body).split_last() else { return value };
        let Some(first) = before.first() else { return value };
        let (start, end) = (self.tree.range(*first).start, self.tree.range(*last).start);
        if self.returns_between(start, end) { Value::Unknown } else { value }
    }

    /// Whether a `return` stands in a statement that is not one itself.
    pub(super) fn returns_within(&self, statement: Id) -> bool {
        let range = self.tree.range(statement);
        !matches!(self.node(statement), Node::Return(_)) && self.returns_between(range.start, range.end)
    }

    fn returns_between(&self, start: usize, end: usize) -> bool {
        let next = self.returns.partition_point(|r| (*r as usize) < start);
        self.returns.get(next).is_some_and(|r| (*r as usize) < end)
    }
}
