//! Values of expressions. Steps that stand in an expression are emitted on the way, in order, and once.

use super::ast::{Id, List, Node, Operator};
use super::load::is_installed;
use super::loader::Loader;
use super::rope::{Rope, filled};
use super::token::Piece;
use super::value::{Value, expression_of, small};
use crate::pipeline::{Expr, Op, Port, Text};

/// Of more values than this nothing is known.
const MAX_ANY: usize = 24;

impl Loader<'_> {
    /// The value of an expression.
    pub(super) fn eval(&mut self, id: Id) -> Value {
        self.deeper(id, Value::Unknown, |l| l.eval_node(id))
    }

    fn eval_node(&mut self, id: Id) -> Value {
        match self.node(id) {
            Node::Text(index) => self.literal(index),
            Node::Number => Value::Expr(Expr::Literal(self.tree.source(id).to_owned())),
            Node::Name => self.name(id),
            Node::Array(items) => Value::List(self.list(items).iter().map(|i| self.eval(*i)).collect()),
            Node::Map(entries) => self.record(entries),
            Node::Entry { key, value } => {
                let name = self.tree.word(key).unwrap_or_default();
                Value::Record(vec![(name, self.eval(value))])
            }
            Node::Closure { .. } => {
                self.stored.push(id);
                Value::Closure(id)
            }
            Node::Call { callee, args } => self.call(id, callee, args, true),
            Node::Member { object, name } => self.member(id, object, name),
            Node::Index { object, args } => self.index(id, object, args),
            Node::Binary { op: Operator::Plus, .. } => self.sum(id),
            Node::Binary { op, left, right } => self.binary(id, op, left, right),
            Node::Assign { plain, target, value } => {
                let value = self.assign(plain, target, value);
                self.read(&value);
                value
            }
            Node::Not(inner) => {
                let value = self.eval(inner);
                self.bounded(Expr::Not(Box::new(self.to_expr(&value, inner))), id)
            }
            Node::Other(inner) => {
                self.eval(inner);
                Value::Unknown
            }
            Node::Choice { test, then, other } => self.choice(id, test, then, other),
            Node::New { args } => {
                for arg in self.list(args) {
                    self.eval(*arg);
                }
                self.object(id)
            }
            _ => self.walk(id),
        }
    }

    /// An object of a class of the repository: what its methods do stands in another file.
    fn object(&self, id: Id) -> Value {
        let name = self.tree.source(id).trim_start_matches("new").trim_start();
        let name = name.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '.').next().unwrap_or_default();
        let path = match (self.classes.get(name), self.classes.get("")) {
            _ if is_installed(name) => return Value::Unknown,
            (Some(path), _) if path.is_empty() => return Value::Unknown,
            (Some(path), _) => path.clone(),
            (None, _) if name.contains('.') => format!("src/{}.groovy", name.replace('.', "/")),
            (None, Some(folder)) if !name.is_empty() => format!("{folder}/{name}.groovy"),
            _ => return Value::Unknown,
        };
        Value::Loaded(path)
    }

    /// A string literal with everything that is filled in.
    fn literal(&mut self, index: u32) -> Value {
        let tree = self.tree;
        let Some((_, pieces)) = tree.literal(index) else { return Value::Unknown };
        let mut rope = Rope::new(self.file);
        for piece in pieces {
            match piece {
                Piece::Verbatim(at) => {
                    let at = at.start as usize..at.end as usize;
                    rope.push(&tree.text[at.clone()], at);
                }
                Piece::Escape(at, char) => {
                    let at = at.start as usize..at.end as usize;
                    rope.push(char.encode_utf8(&mut [0; 4]), at);
                }
                Piece::Hole(at, stream) => {
                    let at = at.start as usize..at.end as usize;
                    let expr = match tree.holes.get(*stream as usize).copied().flatten() {
                        Some(inner) => {
                            let value = self.eval(inner);
                            self.to_expr(&value, inner)
                        }
                        None => Expr::Opaque(tree.text[at.clone()].to_owned()),
                    };
                    rope.hole(&tree.text[at.clone()], at, expr);
                }
            }
        }
        Value::Text(rope.build())
    }

    fn name(&mut self, id: Id) -> Value {
        let name = self.tree.source(id);
        match name {
            "true" => return Value::Expr(Expr::Bool(true)),
            "false" => return Value::Expr(Expr::Bool(false)),
            "null" => return Value::Expr(Expr::Null),
            _ => {}
        }
        let known = self.scope.get(name).cloned();
        if let Some(value) = &known {
            self.read(value);
        }
        match known {
            Some(Value::Unknown) => Value::Expr(self.opaque_of(id)),
            Some(value) => value,
            None if self.matrix.iter().any(|k| k == name) => Value::Expr(Expr::Port(Port::Matrix(name.to_owned()))),
            None if self.inputs.iter().any(|i| i.name == name) => Value::Expr(Expr::Port(Port::Input(name.to_owned()))),
            None if self.declared.contains(name) => Value::Expr(self.opaque_of(id)),
            None => Value::Expr(Expr::Port(Port::Env(name.to_owned()))),
        }
    }

    /// What `env.X`, `params.X` or a key of a map stands for.
    fn property(&mut self, object: Id, key: &str) -> Option<Value> {
        let port = |port: Port| Some(Value::Expr(Expr::Port(port)));
        match self.tree.name(object) {
            Some("env") if self.matrix.iter().any(|k| k == key) => return port(Port::Matrix(key.to_owned())),
            Some("env") => return port(Port::Env(key.to_owned())),
            Some("params") => return port(Port::Input(key.to_owned())),
            _ => {}
        }
        match self.eval(object) {
            Value::Param(_) => {
                self.input(key, object);
                port(Port::Input(key.to_owned()))
            }
            Value::Record(entries) => entries.into_iter().rev().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    fn member(&mut self, id: Id, object: Id, name: Id) -> Value {
        let Some(key) = self.tree.word(name) else {
            self.eval(object);
            return Value::Expr(self.opaque_of(id));
        };
        if matches!(self.tree.name(object), Some("this" | "script" | "steps")) && key == "env" {
            return Value::Unknown;
        }
        if let Node::Member { name: inner, .. } = self.node(object)
            && let Some(inner @ ("env" | "params")) = self.tree.name(inner)
        {
            let port = if inner == "env" { Port::Env(key) } else { Port::Input(key) };
            return Value::Expr(Expr::Port(port));
        }
        self.property(object, &key).unwrap_or_else(|| Value::Expr(self.opaque_of(id)))
    }

    fn index(&mut self, id: Id, object: Id, args: List) -> Value {
        let [key] = *self.list(args) else { return Value::Expr(self.opaque_of(id)) };
        match self.tree.constant(key) {
            Some(key) => self.property(object, &key).unwrap_or_else(|| Value::Expr(self.opaque_of(id))),
            None => {
                self.eval(object);
                self.eval(key);
                Value::Expr(self.opaque_of(id))
            }
        }
    }

    /// `map.get('key')` and kin.
    pub(super) fn lookup(&mut self, object: Id, key: Id) -> Option<Value> {
        let key = self.tree.constant(key)?;
        self.property(object, &key)
    }

    fn record(&mut self, entries: List) -> Value {
        let mut record = Vec::new();
        for entry in self.list(entries) {
            if let Node::Entry { key, value } = self.node(*entry) {
                let name = self.tree.word(key).unwrap_or_else(|| self.tree.source(key).to_owned());
                record.push((name, self.eval(value)));
            } else {
                self.eval(*entry);
            }
        }
        Value::Record(record)
    }

    /// `a + b + c`: a text, if any part is one.
    fn sum(&mut self, id: Id) -> Value {
        let mut operands = Vec::new();
        let mut rest = id;
        while let Node::Binary { op: Operator::Plus, left, right } = self.node(rest) {
            operands.push(right);
            rest = left;
        }
        operands.push(rest);
        operands.reverse();
        let values: Vec<(Value, Id)> = operands.into_iter().map(|o| (self.eval(o), o)).collect();
        let mut lists = values.iter().map(|(v, _)| v);
        if lists.all(|v| matches!(v, Value::Record(_))) {
            let all = values.into_iter().flat_map(|(v, _)| if let Value::Record(entries) = v { entries } else { Vec::new() });
            return Value::Record(all.collect());
        }
        if !values.iter().any(|(v, _)| matches!(v, Value::Text(_))) {
            return Value::Expr(self.opaque_of(id));
        }
        let mut rope = Rope::new(self.file);
        for (value, operand) in &values {
            match value {
                Value::Text(text) => rope.append(text),
                other => {
                    let expr = self.to_expr(other, *operand);
                    rope.hole(self.tree.source(*operand), self.tree.range(*operand), expr);
                }
            }
        }
        Value::Text(rope.build())
    }

    fn binary(&mut self, id: Id, op: Operator, left: Id, right: Id) -> Value {
        let (a, b) = (self.eval(left), self.eval(right));
        let op = match op {
            Operator::Or => Op::Or,
            Operator::And => Op::And,
            Operator::Equal => Op::Eq,
            Operator::Unequal => Op::Ne,
            Operator::Greater | Operator::Less | Operator::AtLeast | Operator::AtMost => {
                return self.order(id, op, (&a, left), (&b, right));
            }
            Operator::Plus | Operator::Append | Operator::Other => return Value::Expr(self.opaque_of(id)),
        };
        let (left, right) = (Box::new(self.to_expr(&a, left)), Box::new(self.to_expr(&b, right)));
        self.bounded(Expr::Binary { op, left, right }, id)
    }

    fn choice(&mut self, id: Id, test: Id, then: Id, other: Id) -> Value {
        let value = self.eval(test);
        if then == test {
            let default = self.eval(other);
            return self.or_else((&value, test), (&default, other), id);
        }
        let (a, b) = (self.eval(then), self.eval(other));
        self.any(&[a, b], id)
    }

    /// A value, or where there is none another one, each with where it stands; `id` is where that is made.
    pub(super) fn or_else(&self, value: (&Value, Id), default: (&Value, Id), id: Id) -> Value {
        let (left, right) = (Box::new(self.to_expr(value.0, value.1)), Box::new(self.to_expr(default.0, default.1)));
        self.bounded(Expr::Binary { op: Op::Or, left, right }, id)
    }

    /// One of several values, `id` being where it is made.
    pub(super) fn any(&self, values: &[Value], id: Id) -> Value {
        let records: Vec<&Vec<(String, Value)>> =
            values.iter().filter_map(|v| if let Value::Record(r) = v { Some(r) } else { None }).collect();
        if let Some(first) = records.first().filter(|_| records.len() == values.len()) {
            let field = |key: &str| -> Option<Vec<Value>> {
                records.iter().map(|r| r.iter().rev().find(|(k, _)| k == key).map(|(_, v)| v.clone())).collect()
            };
            let fields = first.iter().filter_map(|(key, _)| Some((key.clone(), self.any(&field(key)?, id))));
            return Value::Record(fields.collect());
        }
        let expr = |value: &Value| match value {
            Value::Text(text) => expression_of(text),
            Value::Expr(expr) => Some(expr.clone()),
            _ => None,
        };
        match values.iter().map(expr).collect::<Option<Vec<Expr>>>() {
            Some(all) if !all.is_empty() && all.len() <= MAX_ANY => self.bounded(Expr::Any(all), id),
            _ => Value::Expr(self.opaque_of(id)),
        }
    }

    /// An expression, unless it is too large.
    fn bounded(&self, expr: Expr, id: Id) -> Value {
        Value::Expr(if small(&expr) { expr } else { self.opaque_of(id) })
    }

    /// A list of texts joined by another: `['a', 'b'].join(' && ')`.
    pub(super) fn join(&mut self, items: &[Value], separator: Option<&Text>, id: Id) -> Option<Value> {
        let mut rope = Rope::new(self.file);
        for (index, item) in items.iter().enumerate() {
            if let Some(separator) = separator.filter(|_| index > 0) {
                rope.append(separator);
            }
            match item {
                Value::Text(text) => rope.append(text),
                Value::Expr(expr @ (Expr::Port(_) | Expr::Literal(_))) => {
                    rope.append(&filled(self.file, "$", self.tree.range(id), expr.clone()));
                }
                _ => return None,
            }
        }
        Some(Value::Text(rope.build()))
    }
}
