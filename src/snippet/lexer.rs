//! Strings, names and marks of a program; comments are left out.

use super::{Language, Piece, PieceKind};
use std::ops::Range;

pub(super) struct Token {
    pub(super) at: Range<usize>,
    pub(super) kind: TokenKind,
}

pub(super) enum TokenKind {
    /// A name or number.
    Word,
    /// One character.
    Mark,
    /// A string.
    Text(Vec<Piece>),
}

pub(super) fn tokens(text: &str, holes: &[Range<usize>], language: Language) -> Vec<Token> {
    let mut lexer = Lexer { text, bytes: text.as_bytes(), holes, language, at: 0, out: Vec::new() };
    while lexer.at < text.len() {
        lexer.next();
    }
    lexer.out
}

struct Lexer<'t> {
    text: &'t str,
    bytes: &'t [u8],
    holes: &'t [Range<usize>],
    language: Language,
    at: usize,
    out: Vec<Token>,
}

impl Lexer<'_> {
    fn starts(&self, prefix: &str) -> bool {
        self.text[self.at..].starts_with(prefix)
    }

    fn skip_to(&mut self, end: &str) {
        self.at = self.text[self.at..].find(end).map_or(self.text.len(), |i| self.at + i + end.len());
    }

    fn hole(&self) -> Option<usize> {
        self.holes.binary_search_by_key(&self.at, |hole| hole.start).ok()
    }

    fn next(&mut self) {
        let start = self.at;
        let Some(c) = self.text[start..].chars().next() else { return };
        let is_js = self.language == Language::JavaScript;
        if let Some(hole) = self.hole() {
            self.at = self.holes[hole].end.max(start + 1);
            let pieces = vec![Piece { kind: PieceKind::Unknown(self.text[start..self.at].to_owned()), at: start..self.at }];
            self.out.push(Token { at: start..self.at, kind: TokenKind::Text(pieces) });
        } else if c.is_whitespace() {
            self.at += c.len_utf8();
        } else if is_js && self.starts("//") || !is_js && c == '#' {
            self.skip_to("\n");
        } else if is_js && self.starts("/*") {
            self.skip_to("*/");
        } else if is_js && c == '/' && self.expects_value() {
            self.regex();
        } else if matches!(c, '"' | '\'') || is_js && c == '`' {
            self.string(c, false);
        } else if c.is_alphanumeric() || matches!(c, '_' | '$') {
            let rest = &self.text[start..];
            let len = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$'))).unwrap_or(rest.len());
            let word = &rest[..len];
            self.at += len;
            let is_prefix = !is_js && len <= 2 && word.chars().all(|c| "rRbBfFuU".contains(c));
            match rest[len..].chars().next() {
                Some(quote @ ('"' | '\'')) if is_prefix => self.string(quote, word.contains(['f', 'F'])),
                _ => self.out.push(Token { at: start..self.at, kind: TokenKind::Word }),
            }
        } else {
            self.at += c.len_utf8();
            self.out.push(Token { at: start..self.at, kind: TokenKind::Mark });
        }
    }

    /// Whether a slash starts a regular expression here: a value cannot stand next to a value.
    fn expects_value(&self) -> bool {
        match self.out.last() {
            None => true,
            Some(Token { kind: TokenKind::Mark, at }) => !matches!(&self.text[at.clone()], ")" | "]" | "}"),
            Some(Token { kind: TokenKind::Word, at }) => matches!(&self.text[at.clone()], "return" | "typeof" | "case"),
            Some(_) => false,
        }
    }

    fn regex(&mut self) {
        let mut in_class = false;
        self.at += 1;
        while let Some(byte) = self.bytes.get(self.at) {
            self.at += 1;
            match byte {
                b'\\' => self.at += 1,
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => break,
                b'\n' => break,
                _ => {}
            }
        }
        while !self.text.is_char_boundary(self.at.min(self.text.len())) {
            self.at += 1;
        }
        self.at = self.at.min(self.text.len());
        self.out.push(Token { at: self.at..self.at, kind: TokenKind::Text(Vec::new()) });
    }

    fn string(&mut self, quote: char, formatted: bool) {
        let start = self.at;
        let triple: String = std::iter::repeat_n(quote, 3).collect();
        let end = if self.language == Language::Python && self.starts(&triple) { triple } else { quote.to_string() };
        self.at += end.len();
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut from = self.at;
        while self.at < self.text.len() && !self.starts(&end) {
            let here = self.at;
            let Some(c) = self.text[here..].chars().next() else { break };
            let placeholder = if quote == '`' && self.starts("${") {
                Some(2)
            } else {
                (formatted && c == '{' && !self.starts("{{")).then_some(1)
            };
            if let Some(hole) = self.hole() {
                flush(&mut pieces, &mut literal, from..here);
                self.at = self.holes[hole].end.max(here + 1);
                pieces.push(Piece { kind: PieceKind::Hole(hole), at: here..self.at });
                from = self.at;
            } else if let Some(opening) = placeholder {
                flush(&mut pieces, &mut literal, from..here);
                self.at += opening;
                self.placeholder();
                let inner = here + opening..self.at.saturating_sub(1).max(here + opening);
                let written = self.text.get(inner).unwrap_or("").to_owned();
                pieces.push(Piece { kind: PieceKind::Unknown(written), at: here..self.at });
                from = self.at;
            } else if c == '\\' {
                self.at += 1;
                let Some(escaped) = self.text[self.at..].chars().next() else { break };
                self.at += escaped.len_utf8();
                match escaped {
                    'n' => literal.push('\n'),
                    't' => literal.push('\t'),
                    '\n' => {}
                    other => literal.push(other),
                }
            } else {
                if c == '\n' && end.len() == 1 && quote != '`' {
                    break;
                }
                literal.push(c);
                self.at += c.len_utf8();
            }
        }
        flush(&mut pieces, &mut literal, from..self.at);
        if self.starts(&end) {
            self.at += end.len();
        }
        self.out.push(Token { at: start..self.at, kind: TokenKind::Text(pieces) });
    }

    /// Goes behind the bracket that closes a placeholder.
    fn placeholder(&mut self) {
        let mut depth = 1_usize;
        let mut quote: Option<u8> = None;
        while let Some(byte) = self.bytes.get(self.at).copied() {
            self.at += 1;
            match (quote, byte) {
                (Some(open), _) if open == byte => quote = None,
                (Some(_), _) => {}
                (None, b'"' | b'\'' | b'`') => quote = Some(byte),
                (None, b'{') => depth += 1,
                (None, b'}') => {
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                }
                _ => {}
            }
        }
    }
}

fn flush(pieces: &mut Vec<Piece>, literal: &mut String, at: Range<usize>) {
    if !literal.is_empty() {
        pieces.push(Piece { kind: PieceKind::Literal(std::mem::take(literal)), at });
    }
}
