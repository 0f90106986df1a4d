//! The tree of a file: flat lists, so that no tree is too deep to be dropped.

use super::token::{Fault, Literal, Piece};
use std::ops::Range;

/// A node, by its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Id(pub(super) u32);

/// Nodes in a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct List {
    pub(super) first: u32,
    pub(super) len: u32,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    /// What could not be read.
    Broken,
    /// A string literal.
    Text(u32),
    /// A number.
    Number,
    /// A name, or one of `true`, `false`, `null`, `this`, `super`.
    Name,
    /// `[a, b]`
    Array(List),
    /// `[a: b]`; all items are [`Node::Entry`].
    Map(List),
    /// `key: value`, also as an argument.
    Entry { key: Id, value: Id },
    /// `{ params -> body }`
    Closure { params: List, body: List },
    /// `callee(args)`, `callee args`, with the closures that follow.
    Call { callee: Id, args: List },
    /// `object.name`
    Member { object: Id, name: Id },
    /// `object[args]`
    Index { object: Id, args: List },
    /// `left op right`
    Binary { op: Operator, left: Id, right: Id },
    /// `target = value`, `target += value` ..
    Assign { plain: bool, target: Id, value: Id },
    /// `!x`
    Not(Id),
    /// `-x`, `x++`, `*list`, `~/x/` ..
    Other(Id),
    /// `test ? then : other`; for `test ?: other` `then` is `test`.
    Choice { test: Id, then: Id, other: Id },
    /// `new Type(args)`
    New { args: List },
    /// `def a = x`, `String a = x`; several for `def (a, b) = x`.
    Declare { names: List, value: Option<Id> },
    /// `if`
    If { test: Id, then: Id, other: Option<Id> },
    /// `for`, `while`; `header` are the expressions in the brackets.
    Loop { header: List, body: Id },
    /// `try`
    Try { body: Id, catches: List, last: Option<Id> },
    /// `catch (e) {}`
    Catch { name: Option<Id>, body: Id },
    /// `switch`, with a [`Node::Block`] a case.
    Switch { subject: Id, cases: List },
    /// `return x`
    Return(Option<Id>),
    /// `throw x`
    Throw(Id),
    /// `assert x`
    Assert(Id),
    /// `{ .. }` that is no closure, or one statement in its place.
    Block(List),
    /// `def name(params) { body }`
    Method { name: Id, params: List, body: List },
    /// A parameter.
    Param { name: Id, default: Option<Id> },
    /// A class.
    Class { name: Id, members: List },
    /// `@Name(args)`
    Annotation { name: Id, args: List },
}

/// Operators that matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    /// `+`
    Plus,
    /// `||`
    Or,
    /// `&&`
    And,
    /// `==`
    Equal,
    /// `!=`
    Unequal,
    /// `<<`
    Append,
    /// `>`
    Greater,
    /// `<`
    Less,
    /// `>=`
    AtLeast,
    /// `<=`
    AtMost,
    /// Any other.
    Other,
}

/// A parsed file.
#[derive(Debug)]
pub(super) struct Tree<'s> {
    pub(super) text: &'s str,
    pub(super) nodes: Vec<(Node, Range<u32>)>,
    pub(super) lists: Vec<Id>,
    pub(super) literals: Vec<Literal>,
    pub(super) pieces: Vec<Piece>,
    /// The expressions of each interpolation, by stream.
    pub(super) holes: Vec<Option<Id>>,
    /// The statements of the file.
    pub(super) root: List,
    pub(super) faults: Vec<Fault>,
    /// What was passed over first because it is nested too deeply.
    pub(super) too_deep: Option<Id>,
}

impl<'s> Tree<'s> {
    pub(super) fn node(&self, id: Id) -> Node {
        self.nodes.get(id.0 as usize).map_or(Node::Broken, |n| n.0)
    }

    /// Bytes of a node.
    pub(super) fn range(&self, id: Id) -> Range<usize> {
        self.nodes.get(id.0 as usize).map_or(0..0, |n| n.1.start as usize..n.1.end as usize)
    }

    /// A node as it is written.
    pub(super) fn source(&self, id: Id) -> &'s str {
        self.text.get(self.range(id)).unwrap_or("")
    }

    pub(super) fn list(&self, list: List) -> &[Id] {
        self.lists.get(list.first as usize..(list.first + list.len) as usize).unwrap_or(&[])
    }

    pub(super) fn literal(&self, index: u32) -> Option<(&Literal, &[Piece])> {
        let literal = self.literals.get(index as usize)?;
        Some((literal, self.pieces.get(literal.pieces.start as usize..literal.pieces.end as usize)?))
    }

    /// The name that a node is.
    pub(super) fn name(&self, id: Id) -> Option<&'s str> {
        (self.node(id) == Node::Name).then(|| self.source(id))
    }

    /// The value of a literal without interpolation.
    pub(super) fn constant(&self, id: Id) -> Option<String> {
        let Node::Text(index) = self.node(id) else { return None };
        let (_, pieces) = self.literal(index)?;
        let mut value = String::new();
        for piece in pieces {
            match piece {
                Piece::Verbatim(at) => value.push_str(self.text.get(at.start as usize..at.end as usize)?),
                Piece::Escape(_, c) => value.push(*c),
                Piece::Hole(..) => return None,
            }
        }
        Some(value)
    }

    /// A name or a literal: what a key or a property is called.
    pub(super) fn word(&self, id: Id) -> Option<String> {
        self.name(id).map(str::to_owned).or_else(|| self.constant(id))
    }

    /// The variable of `for (x in list)`; `part` is a part of the loop's head.
    pub(super) fn loop_variable(&self, part: Id) -> Option<&'s str> {
        match self.node(part) {
            Node::Binary { left, .. } => self.name(left),
            Node::Declare { names, .. } => self.list(names).first().and_then(|name| self.name(*name)),
            _ => self.name(part),
        }
    }
}
