//! Statements and declarations.

use super::ast::{Id, List, Node};
use super::parser::Parser;
use super::token::Kind;

/// Words before a declaration.
const MODIFIERS: &[&str] = &[
    "def",
    "final",
    "static",
    "public",
    "private",
    "protected",
    "abstract",
    "synchronized",
    "transient",
    "volatile",
    "native",
    "var",
];
/// Types that are written in lower case.
const PRIMITIVES: &[&str] = &["int", "long", "boolean", "void", "double", "float", "char", "byte", "short"];
/// The most words before a declaration.
const MAX_MODIFIERS: usize = 8;
/// The longest type that is looked at, in tokens.
const MAX_TYPE: usize = 64;

fn is_keyword(word: &str) -> bool {
    matches!(word, "in" | "instanceof" | "as" | "else" | "if" | "for" | "while" | "return" | "new")
}

impl Parser<'_> {
    /// Statements to the end of the group; of a `switch`, to the next case.
    pub(super) fn statements(&mut self, of_case: bool) -> List {
        let mut list = Vec::new();
        while let Some(token) = self.peek() {
            if self.take_sign(";") {
                continue;
            }
            if of_case && self.at_case() {
                break;
            }
            let before = self.at;
            if token.kind == Kind::Word && matches!(self.str_of(token), "import" | "package") {
                self.skip_line();
            } else {
                list.push(self.statement());
            }
            if self.at == before {
                self.at += 1;
            }
        }
        self.list(&list)
    }

    fn at_case(&self) -> bool {
        match self.word_at(self.at) {
            Some("case") => true,
            Some("default") => self.sign_at(self.at + 1) == Some(":"),
            _ => false,
        }
    }

    fn skip_line(&mut self) {
        self.at += 1;
        while self.same_line(self.at) && self.sign_at(self.at) != Some(";") {
            self.at += 1;
        }
    }

    fn statement(&mut self) -> Id {
        self.deeper(|p| {
            while matches!(p.peek().map(|t| t.kind), Some(Kind::Word)) && p.sign_at(p.at + 1) == Some(":") {
                p.at += 2;
            }
            if p.sign_at(p.at) == Some("@") && p.word_at(p.at + 1) != Some("interface") {
                return p.annotation();
            }
            let Some(word) = p.word_at(p.at) else { return p.plain() };
            match word {
                "if" => p.if_statement(),
                "for" | "while" => p.loop_statement(),
                "try" => p.try_statement(),
                "switch" => p.switch_statement(),
                "return" => p.jump(),
                "throw" => p.throw(),
                "assert" => {
                    p.at += 1;
                    p.command()
                }
                "break" | "continue" => {
                    let id = p.broken();
                    p.skip_line();
                    id
                }
                "class" | "interface" | "enum" | "trait" if p.word_at(p.at + 1).is_some() => p.class(),
                _ => p.declaration().unwrap_or_else(|| p.plain()),
            }
        })
    }

    /// A statement that is an expression.
    fn plain(&mut self) -> Id {
        self.command()
    }

    fn annotation(&mut self) -> Id {
        let start = self.start();
        self.at += 1;
        let name_start = self.start();
        self.at += 1;
        while self.sign_at(self.at) == Some(".") {
            self.at += 2;
        }
        let name = self.add(Node::Name, name_start);
        let args = if self.opens(self.at, b'(') && self.same_line(self.at) {
            let args = self.arguments();
            self.list(&args)
        } else {
            List::default()
        };
        self.add(Node::Annotation { name, args }, start)
    }

    /// `{ statements }`, or one statement.
    fn body(&mut self) -> Id {
        let start = self.start();
        let list = if self.opens(self.at, b'{') {
            self.group(|p| p.statements(false))
        } else {
            let one = self.statement();
            self.list(&[one])
        };
        self.add(Node::Block(list), start)
    }

    /// The expression in brackets behind a keyword.
    fn head(&mut self) -> Id {
        if self.opens(self.at, b'(') { self.group(Self::command) } else { self.broken() }
    }

    fn if_statement(&mut self) -> Id {
        let start = self.start();
        self.at += 1;
        let test = self.head();
        let then = self.body();
        let semicolon = self.sign_at(self.at) == Some(";") && self.word_at(self.at + 1) == Some("else");
        self.at += usize::from(semicolon);
        let other = self.take_word("else").then(|| self.body());
        self.add(Node::If { test, then, other }, start)
    }

    fn loop_statement(&mut self) -> Id {
        let start = self.start();
        self.at += 1;
        let header = if self.opens(self.at, b'(') {
            self.group(|p| {
                let mut header = Vec::new();
                while p.peek().is_some() {
                    if p.take_sign(";") || p.take_sign(":") || p.take_sign(",") || p.take_word("in") {
                        continue;
                    }
                    let before = p.at;
                    let part = p.declaration().unwrap_or_else(|| p.expression());
                    header.push(part);
                    if p.at == before {
                        p.at = p.beyond(before);
                    }
                }
                p.list(&header)
            })
        } else {
            List::default()
        };
        let body = self.body();
        self.add(Node::Loop { header, body }, start)
    }

    fn try_statement(&mut self) -> Id {
        let start = self.start();
        self.at += 1;
        let body = self.body();
        let mut catches = Vec::new();
        while self.word_at(self.at) == Some("catch") {
            let start = self.start();
            self.at += 1;
            let name = if self.opens(self.at, b'(') { self.group(Self::last_word) } else { None };
            let body = self.body();
            catches.push(self.add(Node::Catch { name, body }, start));
        }
        let catches = self.list(&catches);
        let last = self.take_word("finally").then(|| self.body());
        self.add(Node::Try { body, catches, last }, start)
    }

    fn last_word(&mut self) -> Option<Id> {
        let index = (self.at..self.end).rev().find(|i| self.word_at(*i).is_some())?;
        self.at = index;
        let start = self.start();
        self.at += 1;
        Some(self.add(Node::Name, start))
    }

    fn switch_statement(&mut self) -> Id {
        let start = self.start();
        self.at += 1;
        let subject = self.head();
        let mut cases = Vec::new();
        if self.opens(self.at, b'{') {
            self.group(|p| {
                while p.peek().is_some() {
                    let start = p.start();
                    let before = p.at;
                    if p.take_word("case") {
                        p.expression();
                    } else {
                        p.take_word("default");
                    }
                    p.take_sign(":");
                    let list = p.statements(true);
                    cases.push(p.add(Node::Block(list), start));
                    if p.at == before {
                        p.at += 1;
                    }
                }
            });
        }
        let cases = self.list(&cases);
        self.add(Node::Switch { subject, cases }, start)
    }

    /// Whether a value stands behind the word here.
    fn value_follows(&self) -> bool {
        self.same_line(self.at) && self.sign_at(self.at) != Some(";")
    }

    fn jump(&mut self) -> Id {
        let start = self.start();
        self.at += 1;
        let value = self.value_follows().then(|| self.command());
        self.add(Node::Return(value), start)
    }

    fn throw(&mut self) -> Id {
        let start = self.start();
        self.at += 1;
        let value = self.expression();
        self.add(Node::Throw(value), start)
    }

    fn class(&mut self) -> Id {
        let start = self.start();
        self.at += 1;
        let name_start = self.start();
        self.at += 1;
        let name = self.add(Node::Name, name_start);
        while self.peek().is_some() && !self.opens(self.at, b'{') {
            self.at += 1;
        }
        let members = if self.peek().is_some() { self.group(|p| p.statements(false)) } else { List::default() };
        self.add(Node::Class { name, members }, start)
    }

    /// A declaration of variables or of a method, if one starts here.
    fn declaration(&mut self) -> Option<Id> {
        let start = self.start();
        let mut at = self.at;
        while let Some(word) = self.word_at(at).filter(|w| at < self.at + MAX_MODIFIERS && MODIFIERS.contains(w)) {
            // `final` and kin may be names: `def` is the only one that never is.
            if word != "def" && !matches!(self.token(at + 1).map(|t| t.kind), Some(Kind::Word | Kind::Open(_))) {
                return None;
            }
            at += 1;
        }
        let modified = at > self.at;
        if modified && matches!(self.word_at(at), Some("class" | "interface" | "enum" | "trait")) {
            self.at = at;
            return Some(self.class());
        }
        if modified && self.opens(at, b'(') {
            return self.tuple(at, start);
        }
        let name_at = self.declared_name(at, modified)?;
        if self.opens(name_at + 1, b'(') && self.same_line(name_at + 1) {
            if let Some(body) = self.method_body(name_at + 1) {
                return Some(self.method(name_at, body, start));
            }
            if !modified {
                return None;
            }
        }
        self.at = name_at;
        Some(self.variables(start))
    }

    /// The index of the name that is declared, with or without a type before it.
    fn declared_name(&self, at: usize, modified: bool) -> Option<usize> {
        let first = self.token(at)?;
        if modified && matches!(first.kind, Kind::Text(_)) {
            return Some(at);
        }
        let word = self.word_at(at)?;
        let after_type = self.type_end(at)?;
        let named = match self.token(after_type) {
            Some(t) if !t.fresh => match t.kind {
                Kind::Word => !is_keyword(self.str_of(t)),
                Kind::Text(_) => modified,
                _ => false,
            },
            _ => false,
        };
        if !named {
            return modified.then_some(at);
        }
        if modified || PRIMITIVES.contains(&word) {
            return Some(after_type);
        }
        let last = (at..after_type).take_while(|i| self.sign_at(*i) != Some("<")).filter_map(|i| self.word_at(i)).last();
        let follows = match self.token(after_type + 1) {
            None => true,
            Some(t) if t.fresh => true,
            Some(t) => matches!(self.str_of(t), "=" | "," | ";" | "in" | ":" | "("),
        };
        (last.is_some_and(|w| w.starts_with(char::is_uppercase)) && follows).then_some(after_type)
    }

    /// One past the type that starts at an index: `a.b.Type<X, Y>[]`.
    pub(super) fn type_end(&self, index: usize) -> Option<usize> {
        self.word_at(index)?;
        let mut at = index + 1;
        while self.sign_at(at) == Some(".") && self.word_at(at + 1).is_some() && at < index + MAX_TYPE {
            at += 2;
        }
        if self.sign_at(at) == Some("<") {
            let mut depth = 0usize;
            loop {
                match self.token(at) {
                    Some(t) if t.kind == Kind::Sign => match self.str_of(t) {
                        "<" => depth += 1,
                        ">" => depth -= 1,
                        "," | "." | "?" | "&" => {}
                        _ => return None,
                    },
                    Some(t) if matches!(t.kind, Kind::Word | Kind::Open(b'[') | Kind::Close(b']')) => {}
                    _ => return None,
                }
                at += 1;
                if depth == 0 {
                    break;
                }
                if at > index + MAX_TYPE {
                    return None;
                }
            }
        }
        while self.opens(at, b'[') && self.partner(at) == Some(at + 1) && at < index + MAX_TYPE {
            at += 2;
        }
        Some(at)
    }

    /// The index of the `{` of a method whose parameters open at an index.
    fn method_body(&self, open: usize) -> Option<usize> {
        let mut at = self.partner(open)? + 1;
        if self.word_at(at) == Some("throws") {
            at += 1;
            while self.word_at(at).is_some() || matches!(self.sign_at(at), Some("," | ".")) {
                at += 1;
            }
        }
        self.opens(at, b'{').then_some(at)
    }

    fn method(&mut self, name_at: usize, body: usize, start: u32) -> Id {
        self.at = name_at;
        let name_start = self.start();
        let name = match self.peek().map(|t| t.kind) {
            Some(Kind::Text(index)) => self.text_literal(index),
            _ => {
                self.at += 1;
                self.add(Node::Name, name_start)
            }
        };
        let params = self.group(|p| p.params(p.end));
        self.at = body;
        let body = self.group(|p| p.statements(false));
        self.add(Node::Method { name, params, body }, start)
    }

    /// `def (a, b) = value`
    fn tuple(&mut self, open: usize, start: u32) -> Option<Id> {
        self.at = open;
        let names = self.group(|p| p.params(p.end));
        let value = self.take_sign("=").then(|| self.command());
        Some(self.add(Node::Declare { names, value }, start))
    }

    /// `a = x, b = y` behind the type.
    fn variables(&mut self, start: u32) -> Id {
        let mut list = Vec::new();
        loop {
            let name_start = self.start();
            self.at += 1;
            let name = self.add(Node::Name, name_start);
            let value = self.take_sign("=").then(|| self.command());
            let names = self.list(&[name]);
            list.push(self.add(Node::Declare { names, value }, if list.is_empty() { start } else { name_start }));
            if !(self.same_line(self.at) && self.sign_at(self.at) == Some(",") && self.word_at(self.at + 1).is_some()) {
                break;
            }
            self.at += 1;
        }
        match list[..] {
            [one] => one,
            _ => {
                let list = self.list(&list);
                self.add(Node::Block(list), start)
            }
        }
    }

    /// Parameters up to the token `end`.
    pub(super) fn params(&mut self, end: usize) -> List {
        let outer = std::mem::replace(&mut self.end, end);
        let mut list = Vec::new();
        let mut name = None;
        let mut angles = 0usize;
        while let Some(token) = self.peek() {
            match (token.kind, self.str_of(token)) {
                (Kind::Word, _) if angles == 0 => name = Some(self.at),
                (Kind::Sign, "<") => angles += 1,
                (Kind::Sign, ">") => angles = angles.saturating_sub(1),
                (Kind::Sign, ",") if angles == 0 => list.extend(name.take().map(|at| self.param(at, None))),
                (Kind::Sign, "=") => {
                    let Some(at) = name.take() else {
                        self.at += 1;
                        continue;
                    };
                    self.at += 1;
                    let default = self.expression();
                    list.push(self.param(at, Some(default)));
                    continue;
                }
                _ => {}
            }
            self.at = self.beyond(self.at);
        }
        list.extend(name.take().map(|at| self.param(at, None)));
        self.end = outer;
        self.list(&list)
    }

    fn param(&mut self, name_at: usize, default: Option<Id>) -> Id {
        let at = std::mem::replace(&mut self.at, name_at);
        let start = self.start();
        self.at += 1;
        let name = self.add(Node::Name, start);
        self.at = at;
        self.add(Node::Param { name, default }, start)
    }
}
