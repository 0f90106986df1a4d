//! Tokens of batch files: words with `%VAR%`, `!VAR!` and `%%x`, labels, operators, redirections; comments are left out.

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
    /// Whether something that has a status stands before this command in its line.
    follows: bool,
    /// Whether a `for` has been seen, of whose variables `%%x` is one.
    has_for: bool,
    /// Whether operators are written with a `^` in front: in the command of a `for /f`.
    escapes: bool,
}

/// Splits a batch file into tokens.
pub(super) fn tokens(text: &str, holes: &[Range<usize>]) -> Vec<Token> {
    split(Lexer {
        text,
        holes,
        at: 0,
        out: Vec::new(),
        open: 0,
        head: String::new(),
        follows: false,
        has_for: false,
        escapes: false,
    })
}

/// Splits the command of a `for /f`, which stands at `at` of the text.
pub(super) fn inner_tokens(text: &str, at: Range<usize>, holes: &[Range<usize>]) -> Vec<Token> {
    let text = text.get(..at.end).unwrap_or("");
    let out = Vec::new();
    split(Lexer { text, holes, at: at.start, out, open: 0, head: String::new(), follows: true, has_for: true, escapes: true })
}

fn split(mut lexer: Lexer<'_>) -> Vec<Token> {
    let text = lexer.text;
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
            let leaves_status = self.head == "set" || self.head.starts_with("echo");
            self.follows = self.escapes || *sign != "\n" && (self.follows || !leaves_status);
            return;
        }
        match bytes {
            [b'^', b'|' | b'&' | b'<' | b'>', ..] if self.escapes => self.at += 1,
            [digit @ b'0'..=b'9', b'^', b'<' | b'>', ..] if self.escapes => {
                let descriptor = i32::from(digit - b'0');
                self.at += 1;
                self.redirect(Some(descriptor));
            }
            [b'^', b'\n', ..] => self.at += 2,
            [b'^', b'\r', b'\n', ..] => self.at += 3,
            [b' ' | b'\t' | b'\r' | b';' | b',', ..] => self.at += 1,
            [b'@', ..] if self.at_command() => self.at += 1,
            [b':', ..] if self.at_command() => self.label(),
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

    /// `:name` is where a `goto` leads, whatever follows it on the line; `::` and the like are comments.
    fn label(&mut self) {
        let rest = self.rest();
        let ends = |c: char| c.is_whitespace() || ":+&|<>()=,;".contains(c);
        let name = rest.get(1..).unwrap_or("");
        let name = name.get(..name.find(ends).unwrap_or(name.len())).unwrap_or("");
        if !name.is_empty() {
            let at = self.at..self.at + 1 + name.len();
            let part = Part { at: at.clone(), quoted: false, kind: PartKind::Literal(format!(":{name}")) };
            self.out.push(Token::Word(Word { at, parts: vec![part] }));
        }
        self.skip_line();
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
                b'^' if !quoted && self.escapes && matches!(self.rest().as_bytes(), [_, b'|' | b'&' | b'<' | b'>', ..]) => break,
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
        self.has_for |= word.parts.len() == 1 && word.literal().is_some_and(|text| text.eq_ignore_ascii_case("for"));
        self.out.push(Token::Word(word));
    }

    fn character(&mut self, from: usize, parts: &mut Vec<Part>, quoted: bool) {
        let Some(c) = self.rest().chars().next() else { return };
        self.at += c.len_utf8();
        push(parts, Part { at: from..self.at, quoted, kind: PartKind::Literal(String::from(c)) });
    }

    /// `%NAME%`, `!NAME!`, `%1`, `%~dp0`, `%%x`, `%%~nx`; anything else is literal.
    fn variable(&mut self, parts: &mut Vec<Part>, quoted: bool) {
        let rest = self.rest();
        let mark = rest.get(..1).unwrap_or("%").to_owned();
        // A name is short; a bound keeps a line of nothing but marks linear.
        let mut edits = false;
        let end = rest.char_indices().take(MAX_NAME).find(|(_, c)| {
            edits |= *c == ':';
            matches!(c, '\n' | '"') || *c == ' ' && !edits
        });
        let end =
            end.map_or_else(|| rest.char_indices().nth(MAX_NAME).map_or(rest.len(), |(index, _)| index), |(index, _)| index);
        let line = rest.get(1..end).unwrap_or("").to_owned();
        let name = line.split_once(&*mark).map(|(name, _)| name).filter(|name| !name.is_empty() && !name.starts_with(['%', ':']));
        let positional = line.as_bytes().first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'*') && mark == "%";
        let (name, length) = match name {
            _ if mark == "%" && line.starts_with('%') => match loop_variable(&line[1..]).filter(|_| self.has_for) {
                Some((name, length)) => (name, length + 2),
                // `%%` is a percent sign.
                None => {
                    push(parts, Part { at: self.at..self.at + 2, quoted, kind: PartKind::Literal(String::from("%")) });
                    self.at += 2;
                    return;
                }
            },
            _ if positional => (line.get(..1).unwrap_or("").to_owned(), 2),
            _ if mark == "%" && line.starts_with('~') => {
                let length = line.find(|c: char| c.is_ascii_digit()).map_or(1, |digit| digit + 1);
                let name = line.get(..length).unwrap_or("");
                (name.strip_prefix('~').filter(|name| name.len() == 1).unwrap_or(name).to_owned(), length + 1)
            }
            Some(name) => (name.to_owned(), name.len() + 2),
            None => return self.character(self.at, parts, quoted),
        };
        let (name, modifier) = match name.split_once(':') {
            // A text with its blanks taken out is the same for what is asked of it.
            Some((name, " =")) => (name.to_owned(), Modifier::None),
            Some((name, edit)) => (name.to_owned(), Modifier::Other(edit.to_owned())),
            // A line or block is expanded as it is read, before anything of it runs.
            None if mark == "%" && (self.open > 0 || self.follows) && name.eq_ignore_ascii_case("errorlevel") => {
                (name, Modifier::Other(String::from("read")))
            }
            None => (name, Modifier::None),
        };
        push(parts, Part { at: self.at..self.at + length, quoted, kind: PartKind::Variable { name, modifier } });
        self.at += length;
    }
}

/// `x` of `%%x` as the variable `%x`, and its length; `%%~nx` asks for a part of it, `%%~x` for it without quotes.
fn loop_variable(text: &str) -> Option<(String, usize)> {
    let Some(edited) = text.strip_prefix('~') else {
        let name = text.chars().next().filter(char::is_ascii_graphic).filter(|c| !c.is_ascii_digit())?;
        return Some((format!("%{name}"), 1));
    };
    let letters = edited.bytes().take_while(u8::is_ascii_alphabetic).count();
    let parts = edited.bytes().take(letters).take_while(|byte| b"fdpnxsatz".contains(&byte.to_ascii_lowercase())).count();
    // All of them may be letters that ask for a part: then the last is the name.
    let parts = parts.min(letters.checked_sub(1)?);
    let name = edited.get(parts..=parts)?;
    let edit = if parts == 0 { String::new() } else { format!(":~{}", &edited[..parts]) };
    Some((format!("%{name}{edit}"), parts + 2))
}
