//! Expressions, calls and their arguments.

use super::ast::{Id, List, Node, Operator};
use super::parser::Parser;
use super::token::Kind;

/// Words that are no operand and no argument.
const NO_OPERAND: &[&str] = &["in", "instanceof", "as", "else", "catch", "finally"];
/// Types that are often cast to.
const CAST_TYPES: &[&str] = &[
    "String", "List", "Map", "Integer", "Boolean", "Long", "Object", "int", "long", "boolean", "double", "float", "char", "byte",
];

/// Precedence and meaning of a binary operator.
fn binary(sign: &str) -> Option<(u8, Operator)> {
    Some(match sign {
        "||" => (1, Operator::Or),
        "&&" => (2, Operator::And),
        "|" => (3, Operator::Other),
        "^" => (4, Operator::Other),
        "&" => (5, Operator::Other),
        "==" => (6, Operator::Equal),
        "!=" => (6, Operator::Unequal),
        "<=>" | "===" | "!==" | "=~" | "==~" => (6, Operator::Other),
        "<" => (7, Operator::Less),
        "<=" => (7, Operator::AtMost),
        ">" => (7, Operator::Greater),
        ">=" => (7, Operator::AtLeast),
        "in" | "instanceof" | "as" => (7, Operator::Other),
        "<<" => (8, Operator::Append),
        ".." | "..<" => (8, Operator::Other),
        "+" => (9, Operator::Plus),
        "-" => (9, Operator::Other),
        "*" | "/" | "%" => (10, Operator::Other),
        "**" => (11, Operator::Other),
        _ => return None,
    })
}

fn assigns(sign: &str) -> bool {
    matches!(sign, "=" | "+=" | "-=" | "*=" | "/=" | "%=" | "**=" | "<<=" | ">>=" | ">>>=" | "&=" | "|=" | "^=")
}

impl Parser<'_> {
    /// An expression, or a call without brackets: what may be a statement or stand after `=`, `->` and `return`.
    pub(super) fn command(&mut self) -> Id {
        let start = self.start();
        let callee = self.expression();
        let path = matches!(self.node(callee), Node::Name | Node::Member { .. } | Node::Call { .. });
        if !path || !self.argument_follows() || self.ends_block(callee) {
            return callee;
        }
        let mut args = Vec::new();
        loop {
            args.push(self.argument());
            if !self.take_sign(",") {
                break;
            }
        }
        while self.opens(self.at, b'{') && self.same_line(self.at) {
            args.push(self.closure());
        }
        let args = self.list(&args);
        self.add(Node::Call { callee, args }, start)
    }

    /// Whether a call ends with a closure and another call follows on its line: `when { .. } steps { .. }`. Groovy takes the second
    /// for a method of the first's result, Jenkins for a section of its own.
    fn ends_block(&self, call: Id) -> bool {
        let Node::Call { args, .. } = self.node(call) else { return false };
        let closed = self.last_of(args).is_some_and(|last| matches!(self.node(last), Node::Closure { .. }));
        closed && self.word_at(self.at).is_some()
    }

    /// Whether an argument of a call without brackets starts here.
    fn argument_follows(&self) -> bool {
        let Some(token) = self.peek().filter(|t| !t.fresh) else { return false };
        match token.kind {
            Kind::Text(_) | Kind::Number => true,
            Kind::Word => !NO_OPERAND.contains(&self.str_of(token)),
            Kind::Sign => matches!(self.str_of(token), "!" | "~"),
            Kind::Open(_) | Kind::Close(_) => false,
        }
    }

    /// An argument or an item of a list: `key: value`, or an expression.
    fn argument(&mut self) -> Id {
        let start = self.start();
        let labelled = self.peek().is_some_and(|t| matches!(t.kind, Kind::Word | Kind::Text(_) | Kind::Number))
            && self.sign_at(self.at + 1) == Some(":");
        let key = if labelled { self.operand() } else { self.expression() };
        if !self.take_sign(":") {
            return key;
        }
        let value = self.expression();
        self.add(Node::Entry { key, value }, start)
    }

    /// Arguments between brackets; the opening one is next.
    pub(super) fn arguments(&mut self) -> Vec<Id> {
        self.group(|p| {
            let mut args = Vec::new();
            while p.peek().is_some() {
                if p.take_sign(",") {
                    continue;
                }
                let before = p.at;
                args.push(p.argument());
                // A closure behind an unclosed bracket still belongs to the call.
                while p.peek().is_some() && p.sign_at(p.at) != Some(",") && (p.at == before || !p.opens(p.at, b'{')) {
                    p.at = p.beyond(p.at);
                }
            }
            args
        })
    }

    /// An expression.
    pub(super) fn expression(&mut self) -> Id {
        self.deeper(|p| {
            let start = p.start();
            let target = p.choice(start);
            match p.sign_at(p.at).filter(|s| assigns(s)) {
                Some(sign) if p.same_line(p.at) => {
                    p.at += 1;
                    let value = p.command();
                    p.add(Node::Assign { plain: sign == "=", target, value }, start)
                }
                _ => target,
            }
        })
    }

    fn choice(&mut self, start: u32) -> Id {
        let test = self.binary(0, start);
        if self.take_sign("?:") {
            let other = self.expression();
            return self.add(Node::Choice { test, then: test, other }, start);
        }
        if !self.take_sign("?") {
            return test;
        }
        let then = self.expression();
        let other = if self.take_sign(":") { self.expression() } else { self.broken() };
        self.add(Node::Choice { test, then, other }, start)
    }

    /// The operator here: how many tokens, its precedence, its meaning. `>>` and `>>>` are several tokens.
    fn operator(&self) -> Option<(usize, u8, Operator)> {
        let token = self.peek()?;
        let text = match token.kind {
            Kind::Sign | Kind::Word => self.str_of(token),
            _ => return None,
        };
        if text == ">" && self.token(self.at + 1).is_some_and(|t| t.start == token.end && self.str_of(t) == ">") {
            let third = self.token(self.at + 2).is_some_and(|t| t.start == token.end + 1 && self.str_of(t) == ">");
            return Some((2 + usize::from(third), 8, Operator::Other));
        }
        // A line that starts with `+` or a word is a new statement; with the others Groovy sees a mistake.
        if token.fresh && !matches!(text, "&&" | "||" | "==" | "!=") {
            return None;
        }
        let negated = text == "!" && matches!(self.word_at(self.at + 1), Some("in" | "instanceof"));
        if negated {
            return Some((2, 7, Operator::Other));
        }
        binary(text).map(|(level, op)| (1, level, op))
    }

    fn binary(&mut self, least: u8, start: u32) -> Id {
        let mut left = self.prefixed();
        while let Some((len, level, op)) = self.operator().filter(|(_, level, _)| *level >= least) {
            if let Some(token) = self.peek().filter(|t| t.fresh) {
                self.fault(token, "a line cannot start with this operator; it belongs at the end of the line before");
            }
            let typed = matches!(self.word_at(self.at), Some("as" | "instanceof"));
            self.at += len;
            let right_start = self.start();
            match self.type_end(self.at).filter(|_| typed) {
                Some(end) => {
                    self.at = end;
                    // What a value is seen as makes no difference here.
                    continue;
                }
                None => {
                    let right = self.binary(level + 1, right_start);
                    left = self.add(Node::Binary { op, left, right }, start);
                }
            }
        }
        left
    }

    fn prefixed(&mut self) -> Id {
        let start = self.start();
        let mut prefixes = 0;
        let mut negations = 0;
        while let Some(sign) = self.sign_at(self.at).filter(|s| matches!(*s, "!" | "-" | "+" | "~" | "++" | "--" | "*")) {
            prefixes += 1;
            negations += usize::from(sign == "!");
            self.at += 1;
        }
        let operand = self.path(start);
        match (prefixes, negations) {
            (0, _) => operand,
            (1, 1) => self.add(Node::Not(operand), start),
            _ => self.add(Node::Other(operand), start),
        }
    }

    /// An operand with everything that is appended to it.
    fn path(&mut self, start: u32) -> Id {
        let mut id = self.operand();
        while let Some(token) = self.peek() {
            match token.kind {
                Kind::Sign if matches!(self.str_of(token), "." | "?." | "*." | ".&" | ".@" | "::") => {
                    self.at += 1;
                    id = self.member(id, start);
                }
                Kind::Sign if matches!(self.str_of(token), "++" | "--") && !token.fresh => {
                    self.at += 1;
                    id = self.add(Node::Other(id), start);
                }
                Kind::Open(b'(') if !token.fresh => {
                    let mut args = self.arguments();
                    self.closures(&mut args);
                    let args = self.list(&args);
                    id = self.add(Node::Call { callee: id, args }, start);
                }
                Kind::Open(b'[') if !token.fresh => {
                    let args = self.arguments();
                    let args = self.list(&args);
                    id = self.add(Node::Index { object: id, args }, start);
                }
                Kind::Open(b'{') if matches!(self.node(id), Node::Name | Node::Member { .. }) => {
                    let mut args = Vec::new();
                    self.closures(&mut args);
                    let args = self.list(&args);
                    id = self.add(Node::Call { callee: id, args }, start);
                }
                _ => break,
            }
        }
        id
    }

    /// The closures behind a call, also on the next line.
    fn closures(&mut self, args: &mut Vec<Id>) {
        while self.opens(self.at, b'{') {
            args.push(self.closure());
        }
    }

    fn member(&mut self, object: Id, start: u32) -> Id {
        self.take_sign("@");
        let name = match self.peek().map(|t| t.kind) {
            Some(Kind::Word | Kind::Text(_) | Kind::Open(b'(')) => self.operand(),
            _ => self.broken(),
        };
        self.add(Node::Member { object, name }, start)
    }

    fn operand(&mut self) -> Id {
        let Some(token) = self.peek() else { return self.broken() };
        match token.kind {
            Kind::Text(index) => self.text_literal(index),
            Kind::Number => {
                self.at += 1;
                self.add(Node::Number, token.start)
            }
            Kind::Word if self.str_of(token) == "new" => self.new_object(),
            Kind::Word => {
                self.at += 1;
                self.add(Node::Name, token.start)
            }
            Kind::Open(b'{') => self.closure(),
            Kind::Open(b'[') => self.collection(),
            Kind::Open(_) => self.bracketed(),
            Kind::Close(_) | Kind::Sign => self.broken(),
        }
    }

    /// `(expression)`, or `(Type) operand`.
    fn bracketed(&mut self) -> Id {
        let start = self.start();
        if let Some(close) = self.partner(self.at)
            && self.is_cast(self.at + 1, close)
        {
            self.at = close + 1;
            return self.deeper(|p| p.path(start));
        }
        self.group(Self::command)
    }

    fn is_cast(&self, first: usize, close: usize) -> bool {
        if self.type_end(first) != Some(close) || !self.same_line(close + 1) {
            return false;
        }
        let known = self.word_at(first).is_some_and(|w| CAST_TYPES.contains(&w));
        let upper = (first..close).any(|i| self.word_at(i).is_some_and(|w| w.starts_with(char::is_uppercase)));
        match self.token(close + 1).map(|t| (t.kind, self.str_of(t))) {
            Some((Kind::Open(b'(' | b'['), _)) => known,
            Some((Kind::Text(_) | Kind::Number, _)) => known || upper,
            Some((Kind::Word, word)) => (known || upper) && !NO_OPERAND.contains(&word),
            _ => false,
        }
    }

    fn collection(&mut self) -> Id {
        let start = self.start();
        let empty_map = self.sign_at(self.at + 1) == Some(":");
        let items = self.arguments();
        let map = empty_map || items.iter().any(|i| matches!(self.node(*i), Node::Entry { .. }));
        let items = if empty_map { List::default() } else { self.list(&items) };
        self.add(if map { Node::Map(items) } else { Node::Array(items) }, start)
    }

    /// `{ params -> statements }`
    pub(super) fn closure(&mut self) -> Id {
        let start = self.start();
        let arrow = self.arrow(self.at);
        self.deeper(|p| {
            let (params, body) = p.group(|p| {
                let params = match arrow.filter(|a| *a < p.end) {
                    Some(arrow) => {
                        let params = p.params(arrow);
                        p.at = arrow + 1;
                        params
                    }
                    None => List::default(),
                };
                (params, p.statements(false))
            });
            p.add(Node::Closure { params, body }, start)
        })
    }

    fn new_object(&mut self) -> Id {
        let start = self.start();
        self.at += 1;
        self.at = self.type_end(self.at).unwrap_or(self.at);
        let mut args = Vec::new();
        if self.same_line(self.at) && (self.opens(self.at, b'(') || self.opens(self.at, b'[')) {
            args = self.arguments();
        }
        if self.opens(self.at, b'{') && self.same_line(self.at) {
            args.push(self.closure());
        }
        let args = self.list(&args);
        self.add(Node::New { args }, start)
    }
}
