//! String literals: quotes, escapes, interpolations.

use super::lexer::{Endless, Lexer, range, starts_name};
use super::token::{Kind, Literal, Piece, Quote, Token};
use std::ops::Range;

/// How many lines a pattern in `/` may have.
const MAX_PATTERN_LINES: usize = 40;

/// The pieces of the literal that is being read.
#[derive(Default)]
struct Pieces {
    list: Vec<Piece>,
    /// Where the verbatim run began that is not in the list yet.
    run: usize,
    /// An interpolation had no end, so no other is tried.
    plain: bool,
}

impl Pieces {
    /// Ends the verbatim run at `at`; the next one begins at `next`.
    fn cut(&mut self, at: usize, next: usize) {
        if at > self.run {
            self.list.push(Piece::Verbatim(range(self.run..at)));
        }
        self.run = next;
    }
}

/// What one look at the text of a literal found.
enum Seen {
    /// This many bytes that stand for themselves.
    Plain(usize),
    /// This many bytes that stand for a character, or for nothing.
    Escape(usize, Option<char>),
    /// An interpolation that ends here, and its stream.
    Hole(usize, u32),
    /// The literal is over: closed, or cut off.
    End(bool),
}

impl Lexer<'_> {
    /// A literal in `'` or `"`, single or triple.
    pub(super) fn quoted(&mut self, byte: u8) -> Kind {
        let triple = self.byte(1) == byte && self.byte(2) == byte;
        let quote = match (byte, triple) {
            (b'\'', true) => Quote::TripleSingle,
            (b'\'', false) => Quote::Single,
            (_, true) => Quote::TripleDouble,
            (_, false) => Quote::Double,
        };
        if triple && !self.text[self.at + 3..].contains(quote.closing()) {
            // It would swallow the rest of the file. One line is lost, the rest is read.
            let at = self.at;
            self.endless(at..at + 3, "this string has no end");
            let end = self.bytes[at..].iter().position(|b| *b == b'\n').map_or(self.bytes.len(), |n| at + n);
            return self.one_line_of(quote, end);
        }
        self.literal(quote)
    }

    fn one_line_of(&mut self, quote: Quote, end: usize) -> Kind {
        let mut pieces = Pieces { run: self.at + 3, ..Pieces::default() };
        pieces.cut(end, end);
        let start = std::mem::replace(&mut self.at, end);
        self.finish(quote, start, pieces)
    }

    /// A literal in `/`, if one ends on this line. A pattern may go on for some lines.
    pub(super) fn slashy(&mut self, pattern: bool) -> Option<Kind> {
        let mut lines = if pattern { MAX_PATTERN_LINES } else { 1 };
        let mut at = self.at + 1;
        loop {
            match self.bytes.get(at)? {
                b'/' => break,
                b'\n' => {
                    lines -= 1;
                    if lines == 0 {
                        return None;
                    }
                }
                b'\\' if self.bytes.get(at + 1) == Some(&b'/') => at += 1,
                _ => {}
            }
            at += 1;
        }
        let quote = if self.text[self.at..at].contains('\n') { Quote::LongSlash } else { Quote::Slash };
        Some(self.literal(quote))
    }

    /// A literal in `$/ .. /$`, if it ends.
    pub(super) fn dollar_slashy(&mut self) -> Option<Kind> {
        self.text.get(self.at + 2..)?.contains("/$").then(|| self.literal(Quote::DollarSlash))
    }

    fn literal(&mut self, quote: Quote) -> Kind {
        let mark = self.mark();
        let start = self.at;
        self.at += quote.opening().len();
        let mut pieces = Pieces { run: self.at, ..Pieces::default() };
        loop {
            let at = self.at;
            match self.look(quote, pieces.plain) {
                Ok(Seen::Plain(len)) => self.at += len,
                Ok(Seen::Escape(len, char)) => {
                    self.at += len;
                    pieces.cut(at, self.at);
                    pieces.list.extend(char.map(|c| Piece::Escape(range(at..at + len), c)));
                }
                Ok(Seen::Hole(end, stream)) => {
                    pieces.cut(at, end);
                    pieces.list.push(Piece::Hole(range(at..end), stream));
                    self.at = end;
                }
                Ok(Seen::End(false)) if !pieces.plain && self.text[start..at].contains('\n') && quote.one_line() => {
                    // What looked like an interpolation over several lines was none.
                    self.rewind(&mark);
                    self.at += quote.opening().len();
                    pieces = Pieces { run: self.at, plain: true, ..Pieces::default() };
                }
                Ok(Seen::End(closed)) => {
                    pieces.cut(at, at);
                    self.at += if closed { quote.closing().len() } else { 0 };
                    if !closed {
                        self.endless(start..start + quote.opening().len(), "this string has no end");
                    }
                    break;
                }
                Err(Endless) => {
                    self.endless(at..at + 2, "this `${` has no `}`");
                    pieces.plain = true;
                }
            }
        }
        self.finish(quote, start, pieces)
    }

    fn finish(&mut self, quote: Quote, start: usize, pieces: Pieces) -> Kind {
        let first = self.out.pieces.len();
        self.out.pieces.extend(pieces.list);
        let pieces = range(first..self.out.pieces.len());
        self.out.literals.push(Literal { quote, span: range(start..self.at), pieces });
        Kind::Text(range(0..self.out.literals.len() - 1).end)
    }

    fn look(&mut self, quote: Quote, plain: bool) -> Result<Seen, Endless> {
        let Some(&byte) = self.bytes.get(self.at) else { return Ok(Seen::End(false)) };
        if quote == Quote::DollarSlash && byte == b'$' && matches!(self.byte(1), b'$' | b'/') {
            return Ok(Seen::Escape(2, Some(char::from(self.byte(1)))));
        }
        if self.bytes[self.at..].starts_with(quote.closing().as_bytes()) {
            return Ok(Seen::End(true));
        }
        Ok(match byte {
            b'\n' | b'\r' if quote.one_line() => Seen::End(false),
            b'\r' => Seen::Escape(if self.byte(1) == b'\n' { 2 } else { 1 }, Some('\n')),
            b'\\' => self.escape(quote),
            b'$' if quote.interpolates() && !plain => self.dollar(quote)?,
            _ => {
                let rest = &self.bytes[self.at + 1..];
                let special = |b: &u8| matches!(b, b'\\' | b'$' | b'\n' | b'\r' | b'\'' | b'"' | b'/');
                Seen::Plain(1 + rest.iter().position(special).unwrap_or(rest.len()))
            }
        })
    }

    fn escape(&self, quote: Quote) -> Seen {
        let next = self.byte(1);
        if quote.slashy() {
            return match next {
                b'/' if quote != Quote::DollarSlash => Seen::Escape(2, Some('/')),
                b'u' => self.unicode(),
                _ => Seen::Plain(1),
            };
        }
        let char = match next {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'\\' | b'\'' | b'"' | b'$' => char::from(next),
            b'\n' => return Seen::Escape(2, None),
            b'\r' => return Seen::Escape(if self.byte(2) == b'\n' { 3 } else { 2 }, None),
            b'u' => return self.unicode(),
            b'0'..=b'7' => return self.octal(),
            _ => return Seen::Plain(1),
        };
        Seen::Escape(2, Some(char))
    }

    fn octal(&self) -> Seen {
        let most = if self.byte(1) <= b'3' { 3 } else { 2 };
        let digits = (1..=most).take_while(|n| matches!(self.byte(*n), b'0'..=b'7')).count();
        let value = (1..=digits).fold(0u32, |value, n| value * 8 + u32::from(self.byte(n) - b'0'));
        Seen::Escape(1 + digits, char::from_u32(value))
    }

    /// `\uXXXX`, or the two of them that stand for one character.
    fn unicode(&self) -> Seen {
        let Some((len, unit)) = self.unit(self.at) else { return Seen::Plain(1) };
        if let Some(c) = char::from_u32(unit) {
            return Seen::Escape(len, Some(c));
        }
        let low = self.unit(self.at + len).filter(|(_, low)| (0xdc00..0xe000).contains(low) && unit < 0xdc00);
        match low {
            Some((more, low)) => {
                let value = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                Seen::Escape(len + more, char::from_u32(value))
            }
            None => Seen::Escape(len, Some(char::REPLACEMENT_CHARACTER)),
        }
    }

    fn unit(&self, at: usize) -> Option<(usize, u32)> {
        let rest = self.bytes.get(at..)?.strip_prefix(b"\\u")?;
        let us = rest.iter().take_while(|b| **b == b'u').count();
        let digits = std::str::from_utf8(rest.get(us..us + 4)?).ok()?;
        let value = digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())??;
        Some((us + 6, value))
    }

    /// `${..}`, `$name.name`, or a `$` that stands for itself.
    fn dollar(&mut self, quote: Quote) -> Result<Seen, Endless> {
        let start = self.at;
        if self.byte(1) == b'{' {
            self.at += 1;
            let stream = self.interpolation();
            let end = std::mem::replace(&mut self.at, start);
            return stream.map(|stream| Seen::Hole(end, stream));
        }
        if self.char_at(start + 1).is_some_and(starts_name) {
            let (end, tokens) = self.path(start + 1);
            self.out.streams.push(tokens);
            return Ok(Seen::Hole(end, range(0..self.out.streams.len() - 1).end));
        }
        if !quote.slashy() {
            self.fault(start..start + 1, "a `$` that is meant as such must be written `\\$` here");
        }
        Ok(Seen::Plain(1))
    }

    /// `name.name`: where it ends, and its tokens.
    fn path(&self, start: usize) -> (usize, Vec<Token>) {
        let mut tokens = Vec::new();
        let mut at = start;
        loop {
            let end = self.name_end(at);
            tokens.push(token(Kind::Word, at..end));
            let dot = self.bytes.get(end) == Some(&b'.') && self.char_at(end + 1).is_some_and(starts_name);
            if !dot {
                return (end, tokens);
            }
            tokens.push(token(Kind::Sign, end..end + 1));
            at = end + 1;
        }
    }

    fn name_end(&self, at: usize) -> usize {
        let rest = &self.text[at..];
        at + rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len())
    }
}

fn token(kind: Kind, at: Range<usize>) -> Token {
    let at = range(at);
    Token { kind, start: at.start, end: at.end, fresh: false }
}
