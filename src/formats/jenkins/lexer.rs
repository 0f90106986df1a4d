//! One pass over the text: tokens, with the interpolations of strings lexed as streams of their own.
//!
//! `>>` is never a token of its own: types end in it (`Map<String, List<String>>`), so the parser joins two `>`.

use super::token::{Fault, Kind, OPERATORS, Token, Tokens, expects_operand};
use std::ops::Range;

/// How deep strings nest in interpolations of strings.
const MAX_NESTING: u32 = 30;
/// Bytes that may be lexed in vain, in interpolations that turn out to have no end.
const MAX_WASTE: usize = 1 << 20;

/// The state of lexing.
pub(super) struct Lexer<'s> {
    pub(super) text: &'s str,
    pub(super) bytes: &'s [u8],
    pub(super) at: usize,
    pub(super) out: Tokens,
    /// Things without an end so far.
    pub(super) broken: u32,
    depth: u32,
    wasted: usize,
}

/// That an interpolation has no end, or something in it has none.
pub(super) struct Endless;

/// A state to go back to.
pub(super) struct Mark {
    at: usize,
    lens: [usize; 4],
}

/// Lexes a file. Never fails: what cannot be read is left out and noted as a fault.
pub(super) fn lex(text: &str) -> Tokens {
    let mut lexer = Lexer { text, bytes: text.as_bytes(), at: 0, out: Tokens::default(), broken: 0, depth: 0, wasted: 0 };
    lexer.out.streams.push(Vec::new());
    if text.starts_with('\u{feff}') {
        lexer.at = 3;
    }
    if text[lexer.at..].starts_with("#!") {
        lexer.skip_line();
    }
    let tokens = lexer.stream(false).unwrap_or_default();
    lexer.out.streams[0] = tokens;
    lexer.out
}

/// Whether a character starts a name.
pub(super) fn starts_name(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// A range as it is kept.
pub(super) fn range(range: Range<usize>) -> Range<u32> {
    offset(range.start)..offset(range.end)
}

impl Lexer<'_> {
    pub(super) fn byte(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    pub(super) fn char_at(&self, at: usize) -> Option<char> {
        self.text.get(at..)?.chars().next()
    }

    pub(super) fn fault(&mut self, at: Range<usize>, message: &'static str) {
        self.out.faults.push(Fault { at: range(at), message });
    }

    /// Something has no end: an interpolation in which it stands is given up.
    pub(super) fn endless(&mut self, at: Range<usize>, message: &'static str) {
        self.broken += 1;
        self.fault(at, message);
    }

    fn skip_line(&mut self) {
        while self.at < self.bytes.len() && self.bytes[self.at] != b'\n' {
            self.at += 1;
        }
    }

    /// Skips blanks and comments; whether there was a line break. In `/* */` none counts.
    fn skip_blank(&mut self) -> bool {
        let mut fresh = false;
        loop {
            match (self.byte(0), self.byte(1)) {
                (b'\n' | b'\r', _) => {
                    fresh = true;
                    self.at += 1;
                }
                (b'\\', b'\n') => self.at += 2,
                (b'\\', b'\r') => self.at += if self.byte(2) == b'\n' { 3 } else { 2 },
                (b' ' | b'\t' | 0x0c, _) => self.at += 1,
                (b'/', b'/') => self.skip_line(),
                (b'/', b'*') => self.skip_comment(),
                _ => return fresh,
            }
        }
    }

    fn skip_comment(&mut self) {
        match self.text.get(self.at + 2..).and_then(|rest| rest.find("*/")) {
            Some(end) => self.at += end + 4,
            None => {
                let at = self.at;
                self.endless(at..at + 2, "this comment has no end");
                self.skip_line();
            }
        }
    }

    /// Tokens to the end of the file, or of an interpolation: to the `}` that opens nothing here.
    fn stream(&mut self, interpolation: bool) -> Result<Vec<Token>, Endless> {
        let mut tokens: Vec<Token> = Vec::new();
        let mut open = 0usize;
        loop {
            let fresh = self.skip_blank();
            let start = self.at;
            if start >= self.bytes.len() {
                return if interpolation { Err(Endless) } else { Ok(tokens) };
            }
            let byte = self.bytes[start];
            match byte {
                b'{' => open += 1,
                b'}' if interpolation && open == 0 => return Ok(tokens),
                b'}' => open = open.saturating_sub(1),
                _ => {}
            }
            let broken = self.broken;
            let pattern = byte == b'/' && self.pattern_starts(start);
            let Some(kind) = self.token(byte, self.operand_ended(tokens.last(), fresh), pattern) else { continue };
            if interpolation && self.broken > broken {
                return Err(Endless);
            }
            tokens.push(Token { kind, start: offset(start), end: offset(self.at), fresh });
        }
    }

    /// Whether the `/` here surely starts a pattern: behind `~`, or behind `=` at the end of a line.
    fn pattern_starts(&self, at: usize) -> bool {
        let before = self.bytes[..at].trim_ascii_end();
        before.ends_with(b"~") || (before.ends_with(b"=") && matches!(self.bytes.get(at + 1), Some(b'\n' | b'\r')))
    }

    fn operand_ended(&self, last: Option<&Token>, fresh: bool) -> bool {
        let Some(last) = last.filter(|_| !fresh) else { return false };
        match last.kind {
            Kind::Word => !expects_operand(&self.text[last.start as usize..last.end as usize]),
            Kind::Number | Kind::Text(_) | Kind::Close(_) => true,
            Kind::Open(_) | Kind::Sign => false,
        }
    }

    /// One token; `None` for a byte that starts none. Always moves on. `pattern`: a `/` may reach over lines.
    fn token(&mut self, byte: u8, operand_ended: bool, pattern: bool) -> Option<Kind> {
        match byte {
            b'(' | b'[' | b'{' => {
                self.at += 1;
                Some(Kind::Open(byte))
            }
            b')' | b']' | b'}' => {
                self.at += 1;
                Some(Kind::Close(byte))
            }
            b'\'' | b'"' => Some(self.quoted(byte)),
            b'/' if !operand_ended => Some(self.slashy(pattern).unwrap_or_else(|| self.sign())),
            b'$' if !operand_ended && self.byte(1) == b'/' => Some(self.dollar_slashy().unwrap_or_else(|| self.sign())),
            b'0'..=b'9' => Some(self.number()),
            _ => self.word_or_sign(),
        }
    }

    fn word_or_sign(&mut self) -> Option<Kind> {
        let start = self.at;
        let rest = self.text.get(start..)?;
        let first = rest.chars().next()?;
        if starts_name(first) || first == '$' {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(rest.len());
            self.at += end;
            return Some(Kind::Word);
        }
        if first.is_ascii_punctuation() {
            return Some(self.sign());
        }
        self.at += first.len_utf8();
        None
    }

    fn sign(&mut self) -> Kind {
        let rest = &self.bytes[self.at..];
        let long = OPERATORS.iter().find(|op| rest.starts_with(op.as_bytes()));
        self.at += long.map_or(1, |op| op.len());
        Kind::Sign
    }

    fn number(&mut self) -> Kind {
        while self.byte(0).is_ascii_alphanumeric()
            || self.byte(0) == b'_'
            || (self.byte(0) == b'.' && self.byte(1).is_ascii_digit())
            || (matches!(self.byte(0), b'+' | b'-') && self.exponent())
        {
            self.at += 1;
        }
        Kind::Number
    }

    /// Whether the sign here belongs to `1e-3`.
    fn exponent(&self) -> bool {
        let before = |n: usize| self.at.checked_sub(n).and_then(|at| self.bytes.get(at)).copied().unwrap_or(0);
        matches!(before(1), b'e' | b'E') && before(2).is_ascii_digit() && self.byte(1).is_ascii_digit()
    }

    /// The tokens of a `${..}` whose `{` stands here. Leaves the lexer behind the `}`, or where it was.
    pub(super) fn interpolation(&mut self) -> Result<u32, Endless> {
        if self.depth >= MAX_NESTING || self.wasted > MAX_WASTE {
            return Err(Endless);
        }
        let mark = self.mark();
        self.at += 1;
        self.depth += 1;
        let tokens = self.stream(true);
        self.depth -= 1;
        match tokens {
            Ok(tokens) => {
                self.at += 1;
                self.out.streams.push(tokens);
                Ok(offset(self.out.streams.len() - 1))
            }
            Err(Endless) => {
                self.rewind(&mark);
                Err(Endless)
            }
        }
    }

    pub(super) fn mark(&self) -> Mark {
        let out = &self.out;
        Mark { at: self.at, lens: [out.literals.len(), out.pieces.len(), out.streams.len(), out.faults.len()] }
    }

    /// Forgets what was lexed since the mark.
    pub(super) fn rewind(&mut self, mark: &Mark) {
        self.wasted += self.at - mark.at;
        self.at = mark.at;
        self.out.literals.truncate(mark.lens[0]);
        self.out.pieces.truncate(mark.lens[1]);
        self.out.streams.truncate(mark.lens[2]);
        self.out.faults.truncate(mark.lens[3]);
    }
}
