//! GitHub's expressions: from tokens to the common model's [`Expr`].
//!
//! Names that lead to other parts of the pipeline become [`Port`]s. A property of anything else, and an index that is only
//! known at run time, becomes a call of the neutral function `index`, so that what it depends on stays visible.

use super::lexer::{Token, TokenKind, tokens};
use crate::pipeline::{Expr, Op, Port};
use std::ops::Range;

/// The runner's own limits are a depth of 50 and 21,000 characters (`ExpressionConstants.cs`).
const MAX_DEPTH: usize = 50;
/// See [`MAX_DEPTH`].
const MAX_LENGTH: usize = 21_000;
/// Operands of one chain of `&&`, `||` or postfix operators: bounds the depth of the tree that later rooms walk.
const MAX_CHAIN: usize = 200;

/// Why an expression cannot be read, and where in it.
pub(super) type Unreadable = (Range<usize>, String);

/// Reads the text between `${{` and `}}`, or of an `if:`.
pub(super) fn parse(text: &str) -> Result<Expr, Unreadable> {
    if text.len() > MAX_LENGTH {
        return Err((0..text.len(), format!("the expression is longer than {MAX_LENGTH} characters")));
    }
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0, end: text.len() };
    if parser.tokens.is_empty() {
        return Err((0..text.len(), "the expression is empty".to_owned()));
    }
    let expr = parser.or()?;
    match parser.tokens.get(parser.at) {
        None => Ok(expr),
        Some(_) => Err(parser.unexpected()),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    end: usize,
}

/// A step of a path: `.name`, `['name']`, `.*`, `[expr]`.
enum Segment {
    Name(String),
    Star,
    Index(Expr),
}

impl Parser {
    fn peek(&self) -> Option<&TokenKind> {
        self.tokens.get(self.at).map(|t| &t.kind)
    }

    fn take(&mut self, kind: &TokenKind) -> bool {
        let found = self.peek() == Some(kind);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, kind: &TokenKind) -> Result<(), Unreadable> {
        if self.take(kind) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> Unreadable {
        match self.tokens.get(self.at) {
            Some(token) => (token.range.clone(), "this does not fit here".to_owned()),
            None => (self.end..self.end, "the expression ends too early".to_owned()),
        }
    }

    fn too_deep(&self) -> Unreadable {
        (0..self.end, format!("the expression is nested more than {MAX_DEPTH} deep or too long to follow"))
    }

    /// A chain of left-associative operators, weakest first.
    fn chain(
        &mut self,
        operand: fn(&mut Self) -> Result<Expr, Unreadable>,
        op: fn(&TokenKind) -> Option<Op>,
    ) -> Result<Expr, Unreadable> {
        let mut left = operand(self)?;
        let mut length = 0;
        while let Some(op) = self.peek().and_then(op) {
            self.at += 1;
            length += 1;
            if length > MAX_CHAIN {
                return Err(self.too_deep());
            }
            let right = operand(self)?;
            left = Expr::Binary { op, left: Box::new(left), right: Box::new(right) };
        }
        Ok(left)
    }

    fn or(&mut self) -> Result<Expr, Unreadable> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.too_deep());
        }
        let expr = self.chain(Self::and, |t| (*t == TokenKind::Or).then_some(Op::Or))?;
        self.depth -= 1;
        Ok(expr)
    }

    fn and(&mut self) -> Result<Expr, Unreadable> {
        self.chain(Self::equality, |t| (*t == TokenKind::And).then_some(Op::And))
    }

    fn equality(&mut self) -> Result<Expr, Unreadable> {
        self.chain(Self::order, |t| match t {
            TokenKind::Equal => Some(Op::Eq),
            TokenKind::NotEqual => Some(Op::Ne),
            _ => None,
        })
    }

    fn order(&mut self) -> Result<Expr, Unreadable> {
        self.chain(Self::unary, |t| (*t == TokenKind::Order).then_some(Op::Order))
    }

    fn unary(&mut self) -> Result<Expr, Unreadable> {
        if !self.take(&TokenKind::Not) {
            return self.postfix();
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.too_deep());
        }
        let inner = self.unary()?;
        self.depth -= 1;
        Ok(Expr::Not(Box::new(inner)))
    }

    fn postfix(&mut self) -> Result<Expr, Unreadable> {
        let Some(token) = self.tokens.get(self.at) else { return Err(self.unexpected()) };
        let kind = token.kind.clone();
        self.at += 1;
        let base = match kind {
            TokenKind::Text(text) | TokenKind::Number(text) => return Ok(Expr::Literal(text)),
            TokenKind::True => return Ok(Expr::Bool(true)),
            TokenKind::False => return Ok(Expr::Bool(false)),
            TokenKind::Null => return Ok(Expr::Null),
            TokenKind::Open => {
                let inner = self.or()?;
                self.expect(&TokenKind::Close)?;
                inner
            }
            TokenKind::Name(name) if self.peek() == Some(&TokenKind::Open) => {
                Expr::Call { function: name.to_ascii_lowercase(), args: self.arguments()? }
            }
            TokenKind::Name(root) => return Ok(path(&root.to_ascii_lowercase(), self.segments()?)),
            _ => {
                self.at -= 1;
                return Err(self.unexpected());
            }
        };
        Ok(self.segments()?.into_iter().fold(base, index))
    }

    fn arguments(&mut self) -> Result<Vec<Expr>, Unreadable> {
        self.expect(&TokenKind::Open)?;
        let mut args = Vec::new();
        if self.take(&TokenKind::Close) {
            return Ok(args);
        }
        loop {
            args.push(self.or()?);
            if self.take(&TokenKind::Close) {
                return Ok(args);
            }
            self.expect(&TokenKind::Comma)?;
        }
    }

    fn segments(&mut self) -> Result<Vec<Segment>, Unreadable> {
        let mut segments = Vec::new();
        loop {
            if segments.len() > MAX_CHAIN {
                return Err(self.too_deep());
            }
            if self.take(&TokenKind::Dot) {
                match self.peek().cloned() {
                    Some(TokenKind::Name(name)) => segments.push(Segment::Name(name)),
                    Some(TokenKind::Star) => segments.push(Segment::Star),
                    _ => return Err(self.unexpected()),
                }
                self.at += 1;
            } else if self.take(&TokenKind::OpenIndex) {
                if self.take(&TokenKind::Star) {
                    segments.push(Segment::Star);
                } else {
                    segments.push(match self.or()? {
                        Expr::Literal(name) => Segment::Name(name),
                        other => Segment::Index(other),
                    });
                }
                self.expect(&TokenKind::CloseIndex)?;
            } else {
                return Ok(segments);
            }
        }
    }
}

fn index(base: Expr, segment: Segment) -> Expr {
    let key = match segment {
        Segment::Name(name) => Expr::Literal(name),
        Segment::Star => Expr::Literal("*".to_owned()),
        Segment::Index(expr) => expr,
    };
    Expr::Call { function: "index".to_owned(), args: vec![base, key] }
}

/// A path from a context: a port as far as one is named, an ambient name otherwise, `index` for what is left.
fn path(root: &str, segments: Vec<Segment>) -> Expr {
    let names: Vec<&str> =
        segments.iter().map_while(|s| if let Segment::Name(n) = s { Some(n.as_str()) } else { None }).collect();
    if let Some((port, used)) = port(root, &names) {
        return segments.into_iter().skip(used).fold(Expr::Port(port), index);
    }
    let mut dotted = root.to_owned();
    let mut rest = segments.into_iter().peekable();
    while let Some(segment) = rest.next_if(|s| !matches!(s, Segment::Index(_))) {
        dotted.push('.');
        match segment {
            Segment::Name(name) => dotted.push_str(&name),
            _ => dotted.push('*'),
        }
    }
    rest.fold(Expr::Ambient(dotted), index)
}

/// The port that a path names, and how many of its names that takes.
fn port(root: &str, names: &[&str]) -> Option<(Port, usize)> {
    let is = |name: &str, wanted: &str| name.eq_ignore_ascii_case(wanted);
    let owned = |name: &str| name.to_owned();
    Some(match (root, names) {
        ("steps", [step, what, output, ..]) if is(what, "outputs") => {
            (Port::Step { step: owned(step), output: owned(output) }, 3)
        }
        ("steps", [step, what, ..]) if is(what, "outcome") || is(what, "conclusion") => {
            (Port::StepStatus { step: owned(step), tolerated: is(what, "conclusion") }, 2)
        }
        ("needs" | "jobs", [job, what, output, ..]) if is(what, "outputs") => {
            (Port::Execution { execution: owned(job), output: owned(output) }, 3)
        }
        ("needs" | "jobs", [job, what, ..]) if is(what, "result") => (Port::ExecutionStatus { execution: owned(job) }, 2),
        ("inputs", [name, ..]) => (Port::Input(owned(name)), 1),
        ("github", [event, inputs, name, ..]) if is(event, "event") && is(inputs, "inputs") => (Port::Input(owned(name)), 3),
        ("env", [name, ..]) => (Port::Env(owned(name)), 1),
        ("secrets", [name, ..]) => (Port::Secret(owned(name)), 1),
        ("vars", [name, ..]) => (Port::Variable(owned(name)), 1),
        ("matrix", [_, ..]) => (Port::Matrix(names.join(".")), names.len()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expr(text: &str) -> Expr {
        parse(text).expect(text)
    }

    fn call(function: &str, args: Vec<Expr>) -> Expr {
        Expr::Call { function: function.into(), args }
    }

    fn binary(op: Op, left: Expr, right: Expr) -> Expr {
        Expr::Binary { op, left: Box::new(left), right: Box::new(right) }
    }

    #[test]
    fn paths_become_ports() {
        let step = || Expr::Port(Port::Step { step: "b-1".into(), output: "digest".into() });
        for text in ["steps.b-1.outputs.digest", "steps['b-1'].outputs['digest']", " Steps.b-1.Outputs.digest "] {
            assert_eq!(expr(text), step(), "{text}");
        }
        assert_eq!(expr("steps.x.outcome"), Expr::Port(Port::StepStatus { step: "x".into(), tolerated: false }));
        let output = Port::Execution { execution: "j".into(), output: "o".into() };
        assert_eq!(expr("needs.j.outputs.o"), Expr::Port(output.clone()));
        assert_eq!(expr("jobs.j.outputs.o"), Expr::Port(output));
        assert_eq!(expr("needs.j.result"), Expr::Port(Port::ExecutionStatus { execution: "j".into() }));
        assert_eq!(expr("github.event.inputs.tag"), expr("inputs.tag"));
        assert_eq!(expr("env.A"), Expr::Port(Port::Env("A".into())));
        assert_eq!(expr("matrix.a.b"), Expr::Port(Port::Matrix("a.b".into())));
        assert_eq!(expr("secrets.T"), Expr::Port(Port::Secret("T".into())));
        assert_eq!(expr("vars.V"), Expr::Port(Port::Variable("V".into())));
        assert_eq!(expr("github.sha"), Expr::Ambient("github.sha".into()));
        assert_eq!(expr("github.event.commits.*.id"), Expr::Ambient("github.event.commits.*.id".into()));
        assert_eq!(expr("needs.*.result"), Expr::Ambient("needs.*.result".into()));
        assert_eq!(expr("job.services.db.ports[5432]"), Expr::Ambient("job.services.db.ports.5432".into()));
    }

    #[test]
    fn what_an_index_depends_on_stays_visible() {
        let input = || Expr::Port(Port::Input("x".into()));
        assert_eq!(expr("matrix[inputs.x]"), call("index", vec![Expr::Ambient("matrix".into()), input()]));
        let json = call("fromjson", vec![input()]);
        assert_eq!(expr("fromJSON(inputs.x).a[0]"), {
            let a = call("index", vec![json, Expr::Literal("a".into())]);
            call("index", vec![a, Expr::Literal("0".into())])
        });
    }

    #[test]
    fn precedence_is_githubs() {
        let (a, b, c) = (|| Expr::Ambient("a".into()), || Expr::Ambient("b".into()), || Expr::Ambient("c".into()));
        assert_eq!(expr("a || b && c"), binary(Op::Or, a(), binary(Op::And, b(), c())));
        assert_eq!(expr("(a || b) && !c"), binary(Op::And, binary(Op::Or, a(), b()), Expr::Not(Box::new(c()))));
        assert_eq!(expr("a == b != c"), binary(Op::Ne, binary(Op::Eq, a(), b()), c()));
        assert_eq!(expr("!a == 1 <= c"), {
            binary(Op::Eq, Expr::Not(Box::new(a())), binary(Op::Order, Expr::Literal("1".into()), c()))
        });
        assert_eq!(expr("Format('{0}', null)"), call("format", vec![Expr::Literal("{0}".into()), Expr::Null]));
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        for (text, range) in
            [("a b", 2..3), ("a &&", 4..4), ("(a", 2..2), ("f(a b)", 4..5), ("a.", 2..2), ("== a", 0..2), ("a[]", 2..3)]
        {
            assert_eq!(parse(text).expect_err(text).0, range, "{text}");
        }
        assert!(parse("").is_err());
        for deep in ["(".repeat(20_000), "!".repeat(20_000), "a[".repeat(9_000), "f(".repeat(9_000)] {
            assert!(parse(&deep).is_err());
        }
        for long in ["a&&".repeat(6_000) + "a", "a".to_owned() + &".b".repeat(9_000)] {
            assert!(parse(&long).is_err());
        }
    }
}
