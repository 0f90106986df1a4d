//! Declarations: variables, methods, parameters, and the types before them.

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
    /// A declaration of variables or of a method, if one starts here.
    pub(super) fn declaration(&mut self) -> Option<Id> {
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
