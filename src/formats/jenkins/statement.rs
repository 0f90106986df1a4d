//! Statements. [`super::declaration`] has those that declare something.

use super::ast::{Id, List, Node};
use super::parser::Parser;
use super::token::Kind;

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
            let Some(word) = p.word_at(p.at) else { return p.command() };
            match word {
                "if" => p.if_statement(),
                "for" | "while" => p.loop_statement(),
                "try" => p.try_statement(),
                "switch" => p.switch_statement(),
                "return" => p.jump(),
                "throw" => p.throw(),
                "assert" => {
                    let start = p.start();
                    p.at += 1;
                    let what = p.command();
                    p.add(Node::Assert(what), start)
                }
                "break" | "continue" => {
                    let id = p.broken();
                    p.skip_line();
                    id
                }
                "class" | "interface" | "enum" | "trait" if p.word_at(p.at + 1).is_some() => p.class(),
                _ => p.declaration().unwrap_or_else(|| p.command()),
            }
        })
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

    pub(super) fn class(&mut self) -> Id {
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
}
