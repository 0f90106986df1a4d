//! What the names of a pipeline stand for, as far as it can be known without running it.

use super::ast::Id;
use crate::pipeline::{Expr, Text};
use std::collections::HashMap;

/// The largest expression that is kept; what is larger is known by its text only.
const MAX_EXPRESSION: usize = 64;

/// The neutral name of what a file of the repository holds.
pub(super) const CONTENT: &str = "content";

/// A value.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// A string.
    Text(Text),
    /// A value known as an expression.
    Expr(Expr),
    /// `docker.image(..)`, `docker.build(..)`: the image's name.
    Image(Text),
    /// A map with known keys.
    Record(Vec<(String, Value)>),
    /// A list.
    List(Vec<Value>),
    /// A closure.
    Closure(Id),
    /// A parameter of a library's method, by its position.
    Param(usize),
    /// `load 'x.groovy'`: the file, whose methods can be called.
    Loaded(String),
    /// Nothing that is known.
    Unknown,
}

/// Names that one block declares.
#[derive(Debug, Default)]
struct Frame {
    names: HashMap<String, Value>,
    /// Whether the block may not run: what it assigns is unknown behind it.
    conditional: bool,
    /// What it assigns to names of outer blocks, with their values before.
    touched: Vec<(String, Option<Value>)>,
}

/// A name that a block assigns to, which may not run.
#[derive(Debug)]
pub(super) struct Lost {
    pub(super) name: String,
    pub(super) before: Option<Value>,
    pub(super) after: Value,
}

/// Names by block.
#[derive(Debug)]
pub(super) struct Scope {
    frames: Vec<Frame>,
}

impl Scope {
    pub(super) fn new() -> Self {
        Scope { frames: vec![Frame::default()] }
    }

    pub(super) fn enter(&mut self, conditional: bool) {
        self.frames.push(Frame { conditional, ..Frame::default() });
    }

    /// Ends a block. Gives back what is not known any more.
    pub(super) fn leave(&mut self) -> Vec<Lost> {
        let mut lost = Vec::new();
        let Some(frame) = self.frames.pop() else { return lost };
        if frame.conditional {
            for (name, before) in frame.touched {
                let Some(after) = self.get(&name).cloned() else { continue };
                self.put_back(&name, before.clone());
                self.set(&name, Value::Unknown);
                lost.push(Lost { name, before, after });
            }
        } else if let Some(outer) = self.frames.last_mut() {
            let known = |o: &Frame, name: &String| o.names.contains_key(name) || o.touched.iter().any(|(n, _)| n == name);
            let new: Vec<_> = frame.touched.into_iter().filter(|(n, _)| !known(outer, n)).collect();
            outer.touched.extend(new);
        }
        lost
    }

    /// Gives a name the value that it had.
    fn put_back(&mut self, name: &str, value: Option<Value>) {
        let Some(frame) = self.frames.iter_mut().rev().find(|f| f.names.contains_key(name)) else { return };
        match value {
            Some(value) => drop(frame.names.insert(name.to_owned(), value)),
            None => drop(frame.names.remove(name)),
        }
    }

    pub(super) fn declare(&mut self, name: &str, value: Value) {
        if let Some(frame) = self.frames.last_mut() {
            frame.names.insert(name.to_owned(), value);
        }
    }

    /// Assigns to the nearest declaration; what nobody declared belongs to the whole file.
    pub(super) fn set(&mut self, name: &str, value: Value) {
        let at = self.frames.iter().rposition(|f| f.names.contains_key(name)).unwrap_or(0);
        let inner = self.frames.len() > at + 1;
        let before = self.frames.get_mut(at).and_then(|frame| frame.names.insert(name.to_owned(), value));
        if let Some(last) = self.frames.last_mut().filter(|_| inner)
            && !last.touched.iter().any(|(n, _)| n == name)
        {
            last.touched.push((name.to_owned(), before));
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.frames.iter().rev().find_map(|f| f.names.get(name))
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.frames.iter_mut().rev().find_map(|f| f.names.get_mut(name))
    }
}

/// A text as an expression: `format` puts it together from its parts. `None` if it would be too large.
pub(super) fn expression_of(text: &Text) -> Option<Expr> {
    match &text.holes[..] {
        [] => Some(Expr::Literal(text.raw().to_owned())),
        [one] if one.range == (0..text.raw().len()) => small(&one.expr).then(|| (*one.expr).clone()),
        holes => {
            if !holes.iter().all(|h| small(&h.expr)) {
                return None;
            }
            let mut pattern = String::new();
            let mut at = 0;
            for (index, hole) in holes.iter().enumerate() {
                pattern.push_str(&braced(&text.raw()[at..hole.range.start]));
                pattern.push_str(&format!("{{{index}}}"));
                at = hole.range.end;
            }
            pattern.push_str(&braced(&text.raw()[at..]));
            let args = std::iter::once(Expr::Literal(pattern)).chain(holes.iter().map(|h| (*h.expr).clone())).collect();
            let call = Expr::Call { function: "format".to_owned(), args };
            small(&call).then_some(call)
        }
    }
}

fn braced(literal: &str) -> String {
    literal.replace('{', "{{").replace('}', "}}")
}

/// Whether an expression is small enough to be repeated wherever it is used.
pub(super) fn small(expr: &Expr) -> bool {
    let mut left = MAX_EXPRESSION;
    let mut open = vec![expr];
    while let Some(expr) = open.pop() {
        if left == 0 {
            return false;
        }
        left -= 1;
        match expr {
            Expr::Call { args, .. } | Expr::Any(args) => open.extend(args),
            Expr::Not(inner) => open.push(inner),
            Expr::Binary { left, right, .. } => open.extend([&**left, &**right]),
            _ => {}
        }
    }
    true
}
