//! Tokens of batch files: words with `%VAR%` and `!VAR!`, operators, redirections; comments are left out.

use super::ir::*;
use super::word::push;
use std::ops::Range;

/// A token of a batch file.
pub(super) enum Token {
    Word(Word),
    /// `\n`, `&`, `&&`, `|`, `||`, `(`, `)`
    Sign(&'static str, At),
    Redirect(Redirect),
}

impl Token {
    pub(super) fn at(&self) -> At {
        match self {
            Token::Word(word) => word.at.clone(),
            Token::Sign(_, at) => at.clone(),
            Token::Redirect(redirect) => redirect.at.clone(),
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    holes: &'a [Range<usize>],
    at: usize,
    out: Vec<Token>,
    /// Blocks that are open.
    open: usize,
    /// The first word since the last sign, in lower case.
    head: String,
}

/// Splits a batch file into tokens.
pub(super) fn tokens(text: &str, holes: &[Range<usize>]) -> Vec<Token> {
    let mut lexer = Lexer { text, holes, at: 0, out: Vec::new(), open: 0, head: String::new() };
    while lexer.at < text.len() {
        let before = lexer.at;
        lexer.step();
        lexer.at = lexer.at.max(before + 1);
        while !text.is_char_boundary(lexer.at.min(text.len())) {
            lexer.at += 1;
        }
    }
    lexer.out
}

/// Longest text between the marks of a variable.
const MAX_NAME: usize = 256;

const SIGNS: &[&str] = &["&&", "||", "\n", "&", "|"];

impl Lexer<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or("")
    }

    /// Whether a command may begin here.
    fn at_command(&self) -> bool {
        match self.out.last() {
            None => true,
            Some(Token::Sign(sign, _)) => *sign != ")",
            // `do (`, `else (`, and the end of an `if` condition, which only the parser knows.
            Some(_) => false,
        }
    }

    fn step(&mut self) {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        if self.hole().is_some() {
            return self.word();
        }
        if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            self.out.push(Token::Sign(sign, self.at..self.at + sign.len()));
            self.at += sign.len();
            return;
        }
        match bytes {
            [b'^', b'\n', ..] => self.at += 2,
            [b'^', b'\r', b'\n', ..] => self.at += 3,
            [b' ' | b'\t' | b'\r' | b';' | b',', ..] => self.at += 1,
            [b'@', ..] if self.at_command() => self.at += 1,
            [b':', ..] if self.at_command() => self.skip_line(),
            [b'(', ..] if self.opens() => self.one("("),
            [b')', ..] if self.open > 0 => self.one(")"),
            [b'=', b'=', ..] => {
                let at = self.at..self.at + 2;
                let part = Part { at: at.clone(), quoted: false, kind: PartKind::Literal(String::from("==")) };
                self.out.push(Token::Word(Word { at, parts: vec![part] }));
                self.at += 2;
            }
            [b'>' | b'<', ..] => self.redirect(None),
            [digit @ b'0'..=b'9', b'>' | b'<', ..] => {
                let descriptor = i32::from(digit - b'0');
                self.redirect(Some(descriptor));
            }
            _ => self.word(),
        }
    }

    fn one(&mut self, sign: &'static str) {
        self.open = if sign == "(" { self.open + 1 } else { self.open.saturating_sub(1) };
        self.out.push(Token::Sign(sign, self.at..self.at + 1));
        self.at += 1;
    }

    fn skip_line(&mut self) {
        self.at += self.rest().find('\n').unwrap_or(self.rest().len());
    }

    /// A `(` is a block where a command may begin, and behind the words of `if`, `else`, `in` and `do`.
    fn opens(&self) -> bool {
        self.at_command() || matches!(&*self.head, "if" | "for" | "else" | "do")
    }

    fn hole(&self) -> Option<(usize, Range<usize>)> {
        let index = self.holes.partition_point(|hole| hole.end <= self.at);
        self.holes.get(index).filter(|hole| hole.start <= self.at && !hole.is_empty()).map(|hole| (index, hole.clone()))
    }

    fn redirect(&mut self, descriptor: Option<i32>) {
        let start = self.at;
        self.at += usize::from(descriptor.is_some());
        let rest: Vec<u8> = self.rest().bytes().take(3).collect();
        let sign = if rest.starts_with(b">>") { 2 } else { 1 };
        let duplicates = rest.get(sign) == Some(&b'&');
        self.at += sign + usize::from(duplicates);
        while matches!(self.rest().as_bytes().first(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        let before = self.out.len();
        if !matches!(self.rest().as_bytes().first(), None | Some(b'\n' | b'\r' | b'&' | b'|' | b'<' | b'>')) {
            self.word();
        }
        let target = match self.out.pop() {
            Some(Token::Word(word)) if self.out.len() == before => word,
            other => {
                self.out.extend(other);
                Word { at: self.at..self.at, parts: Vec::new() }
            }
        };
        let at = start..target.at.end;
        let kind = match (rest.first(), duplicates) {
            (_, true) => RedirectKind::Duplicate(target),
            (Some(b'<'), _) => RedirectKind::Read(target),
            _ if sign == 2 => RedirectKind::Append(target),
            _ => RedirectKind::Write(target),
        };
        self.out.push(Token::Redirect(Redirect { at, descriptor, kind }));
    }

    fn word(&mut self) {
        let start = self.at;
        let mut parts = Vec::new();
        let mut quoted = false;
        while let Some(byte) = self.rest().as_bytes().first().copied() {
            if let Some((index, hole)) = self.hole() {
                push(&mut parts, Part { at: self.at..hole.end, quoted, kind: PartKind::Hole(index) });
                self.at = hole.end;
                continue;
            }
            match byte {
                b'\n' | b'\r' => break,
                b'"' => {
                    quoted = !quoted;
                    self.at += 1;
                    if quoted && self.rest().starts_with('"') {
                        push(&mut parts, Part { at: self.at..self.at, quoted: true, kind: PartKind::Literal(String::new()) });
                    }
                }
                b' ' | b'\t' | b'&' | b'|' | b'<' | b'>' | b';' | b',' if !quoted => break,
                b')' if !quoted && self.open > 0 => break,
                b'=' if !quoted && self.rest().starts_with("==") => break,
                b'%' | b'!' => self.variable(&mut parts, quoted),
                b'^' if !quoted && matches!(self.rest().as_bytes(), [_, b'\n', ..] | [_, b'\r', b'\n', ..]) => {
                    self.at += self.rest().find('\n').unwrap_or(0) + 1;
                }
                b'^' if !quoted => {
                    let from = self.at;
                    self.at += 1;
                    self.character(from, &mut parts, quoted);
                }
                _ => self.character(self.at, &mut parts, quoted),
            }
        }
        let word = Word { at: start..self.at, parts };
        if self.at_command() || matches!(self.out.last(), Some(Token::Sign(..))) {
            self.head = word.literal().unwrap_or_default().to_ascii_lowercase();
            if self.head == "rem" {
                return self.skip_line();
            }
        }
        self.out.push(Token::Word(word));
    }

    fn character(&mut self, from: usize, parts: &mut Vec<Part>, quoted: bool) {
        let Some(c) = self.rest().chars().next() else { return };
        self.at += c.len_utf8();
        push(parts, Part { at: from..self.at, quoted, kind: PartKind::Literal(String::from(c)) });
    }

    /// `%NAME%`, `!NAME!`, `%1`, `%~dp0`; anything else is literal.
    fn variable(&mut self, parts: &mut Vec<Part>, quoted: bool) {
        let rest = self.rest();
        let mark = rest.get(..1).unwrap_or("%").to_owned();
        // A name is short; a bound keeps a line of nothing but marks linear.
        let end = rest.char_indices().take(MAX_NAME).find(|(_, c)| matches!(c, '\n' | ' ' | '"'));
        let end =
            end.map_or_else(|| rest.char_indices().nth(MAX_NAME).map_or(rest.len(), |(index, _)| index), |(index, _)| index);
        let line = rest.get(1..end).unwrap_or("").to_owned();
        let name = line.split_once(&*mark).map(|(name, _)| name).filter(|name| !name.is_empty() && !name.starts_with('%'));
        let positional = line.as_bytes().first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'*') && mark == "%";
        let (name, length) = match name {
            _ if positional => (line.get(..1).unwrap_or("").to_owned(), 2),
            Some(name) => (name.to_owned(), name.len() + 2),
            None if mark == "%" && line.starts_with('~') => {
                let length = line.find(|c: char| c.is_ascii_digit()).map_or(1, |digit| digit + 1);
                (line.get(..length).unwrap_or("").to_owned(), length + 1)
            }
            None => return self.character(self.at, parts, quoted),
        };
        let (name, modifier) = match name.split_once(':') {
            Some((name, edit)) => (name.to_owned(), Modifier::Other(edit.to_owned())),
            None => (name, Modifier::None),
        };
        push(parts, Part { at: self.at..self.at + length, quoted, kind: PartKind::Variable { name, modifier } });
        self.at += length;
    }
}
