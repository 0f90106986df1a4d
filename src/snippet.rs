//! Programs within pipelines that are no shell scripts: which commands they start, as far as that stands there literally.
//!
//! This is no parser. It reads strings, names and brackets of JavaScript and Python, and looks for calls that are known to
//! start a command (`child_process` of Node.js, `@actions/exec`, `subprocess` and `os.system` of Python). What is put into
//! a text (`${x}`) is unknown, unless it is a constant whose text stands in the program, or a variable of the environment.

mod lexer;

use lexer::{Token, TokenKind};
use std::collections::HashMap;
use std::ops::Range;

/// Languages that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// JavaScript, as Node.js runs it.
    JavaScript,
    /// Python
    Python,
}

impl Language {
    /// The language of an interpreter, by its name.
    #[must_use]
    pub fn of(interpreter: &str) -> Option<Self> {
        let base = interpreter.rsplit('/').next().unwrap_or(interpreter);
        match base.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.') {
            "node" | "nodejs" => Some(Language::JavaScript),
            "python" => Some(Language::Python),
            _ => None,
        }
    }
}

/// What is known of a program.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// Commands that it starts, in the order in which they stand there.
    pub commands: Vec<Command>,
    /// Places that switch the verification of certificates off (`verify=False`, `rejectUnauthorized: false`).
    pub insecure: Vec<Range<usize>>,
}

/// A command that a program starts.
#[derive(Debug, PartialEq, Eq)]
pub struct Command {
    /// Its words.
    pub form: Form,
    /// Whether its failure ends the program; false where that is not known.
    pub stops: bool,
    /// The whole call.
    pub at: Range<usize>,
}

/// How a command is given.
#[derive(Debug, PartialEq, Eq)]
pub enum Form {
    /// As text for a shell.
    Text(Vec<Piece>),
    /// Word by word.
    Words(Vec<Vec<Piece>>),
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What it is.
    pub kind: PieceKind,
    /// Where it stands.
    pub at: Range<usize>,
}

/// What a piece is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PieceKind {
    /// Text.
    Literal(String),
    /// A variable of the environment.
    Environment(String),
    /// What the CI system fills in, by index.
    Hole(usize),
    /// Anything else, as it is written.
    Unknown(String),
}

/// Larger programs are not read.
pub const MAX_BYTES: usize = 1 << 18;
/// Constants that refer to constants.
const MAX_DEPTH: usize = 8;
/// Pieces that one text comes from, those of constants each time; constants can double at each level.
const MAX_PIECES: usize = 1_000;
/// Tokens between the brackets of a call that starts a command: calls can stand in calls, and each is looked at.
const MAX_ARGUMENTS: usize = 4_000;

/// Reads a program. `holes` are the sorted ranges of the text that the CI system fills in.
#[must_use]
pub fn read(text: &str, holes: &[Range<usize>], language: Language) -> Program {
    if text.len() > MAX_BYTES {
        return Program::default();
    }
    let tokens = lexer::tokens(text, holes, language);
    let partners = partners(text, &tokens);
    let mut reader = Reader { text, tokens, partners, language, constants: HashMap::new(), out: Program::default() };
    reader.constants();
    reader.run();
    reader.out
}

/// For each bracket that opens, the token that closes it; brackets of all kinds are alike.
fn partners(text: &str, tokens: &[Token]) -> HashMap<usize, usize> {
    let (mut open, mut partners) = (Vec::new(), HashMap::new());
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| matches!(token.kind, TokenKind::Mark)) {
        match &text[token.at.clone()] {
            "(" | "[" | "{" => open.push(at),
            ")" | "]" | "}" => partners.extend(open.pop().map(|opening| (opening, at))),
            _ => {}
        }
    }
    partners
}

/// A function that starts a command.
struct Starter {
    /// Whether the first argument is a text for a shell, or for something that splits it like one.
    takes_text: bool,
    stops: bool,
}

struct Reader<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    partners: HashMap<usize, usize>,
    language: Language,
    constants: HashMap<String, Option<Vec<Piece>>>,
    out: Program,
}

impl Reader<'_> {
    fn word(&self, at: usize) -> &str {
        match self.tokens.get(at) {
            Some(token) if matches!(token.kind, TokenKind::Word | TokenKind::Mark) => &self.text[token.at.clone()],
            _ => "",
        }
    }

    /// `const NAME = "text"`: nothing can assign to it again.
    fn constants(&mut self) {
        if self.language != Language::JavaScript {
            return;
        }
        for at in 0..self.tokens.len() {
            if !matches!(self.word(at), "const" | "let" | "var") {
                continue;
            }
            let name = self.word(at + 1).to_owned();
            let constant = self.word(at) == "const" && self.word(at + 2) == "=";
            let value = self.value(at + 3).filter(|_| constant);
            let value = value.and_then(|(pieces, end)| self.ends_statement(end).then_some(pieces));
            // A name that is declared twice is known nowhere.
            self.constants.entry(name).and_modify(|known| *known = None).or_insert(value);
        }
    }

    fn ends_statement(&self, at: usize) -> bool {
        let Some(next) = self.tokens.get(at) else { return true };
        match self.word(at) {
            ";" | "}" => true,
            "." | "+" | "(" | "[" | "?" | "|" | "&" | "," | "-" | "*" | "/" => false,
            _ => self.text[self.tokens[at - 1].at.end..next.at.start].contains('\n'),
        }
    }

    /// A text, `process.env.NAME`, or a name; and the token behind it.
    fn value(&self, at: usize) -> Option<(Vec<Piece>, usize)> {
        let token = self.tokens.get(at)?;
        if let TokenKind::Text(pieces) = &token.kind {
            return Some((pieces.clone(), at + 1));
        }
        if self.word(at) == "process" && self.word(at + 1) == "." && self.word(at + 2) == "env" && self.word(at + 3) == "." {
            let end = self.tokens.get(at + 4)?.at.end;
            let kind = PieceKind::Environment(self.word(at + 4).to_owned());
            return Some((vec![Piece { kind, at: token.at.start..end }], at + 5));
        }
        let name = self.word(at);
        let is_name = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
        is_name.then(|| (vec![Piece { kind: PieceKind::Unknown(name.to_owned()), at: token.at.clone() }], at + 1))
    }

    /// Pieces with constants put in.
    fn resolved(&self, pieces: &[Piece]) -> Vec<Piece> {
        let mut left = MAX_PIECES;
        let all = self.put_in(pieces, 0, &mut left);
        if left > 0 { all } else { pieces.to_vec() }
    }

    fn put_in(&self, pieces: &[Piece], depth: usize, left: &mut usize) -> Vec<Piece> {
        let mut all: Vec<Piece> = Vec::new();
        for piece in pieces {
            *left = left.saturating_sub(1);
            if *left == 0 {
                break;
            }
            let PieceKind::Unknown(written) = &piece.kind else {
                all.push(piece.clone());
                continue;
            };
            let name = written.trim();
            if let Some(variable) =
                name.strip_prefix("process.env.").filter(|v| v.chars().all(|c| c.is_alphanumeric() || c == '_'))
            {
                all.push(Piece { kind: PieceKind::Environment(variable.to_owned()), at: piece.at.clone() });
                continue;
            }
            match self.constants.get(name) {
                Some(Some(value)) if depth < MAX_DEPTH => {
                    // It stands where it is used, as a whole.
                    let value = self.put_in(value, depth + 1, left).into_iter();
                    all.extend(value.map(|p| Piece { at: piece.at.clone(), ..p }));
                }
                _ => all.push(piece.clone()),
            }
        }
        all
    }

    fn run(&mut self) {
        let mut tries: Vec<usize> = Vec::new();
        let mut depth = 0_usize;
        let tries_in_python = self.language == Language::Python && (0..self.tokens.len()).any(|at| self.word(at) == "try");
        for at in 0..self.tokens.len() {
            match self.word(at) {
                "{" => {
                    if at > 0 && self.word(at - 1) == "try" {
                        tries.push(depth);
                    }
                    depth += 1;
                }
                "}" => {
                    depth = depth.saturating_sub(1);
                    while tries.last().is_some_and(|open| *open >= depth) {
                        tries.pop();
                    }
                }
                "(" => {
                    let may_catch = !tries.is_empty() || tries_in_python;
                    self.call(at, may_catch);
                }
                "verify" if self.language == Language::Python && self.word(at + 1) == "=" && self.word(at + 2) == "False" => {
                    self.out.insecure.push(self.tokens[at].at.start..self.tokens[at + 2].at.end);
                }
                "rejectUnauthorized" if self.word(at + 1) == ":" && self.word(at + 2) == "false" => {
                    self.out.insecure.push(self.tokens[at].at.start..self.tokens[at + 2].at.end);
                }
                _ => {}
            }
        }
    }

    /// A call whose arguments open at a token.
    fn call(&mut self, open: usize, may_catch: bool) {
        let Some(close) = self.closing(open).filter(|close| close - open <= MAX_ARGUMENTS) else { return };
        let Some((starter, first)) = self.starter(open, close) else { return };
        let Some((program, mut next)) = self.argument(open + 1, close) else { return };
        let mut stops = starter.stops && !may_catch;
        stops &= !(self.word(close + 1) == "." && self.word(close + 2) == "catch");
        let mut words = match program {
            Argument::Words(words) => words,
            Argument::Text(text) => vec![text],
        };
        let is_text = starter.takes_text && words.len() == 1;
        let mut given = None;
        if self.word(next) == "," && self.language == Language::JavaScript && self.word(next + 1) == "[" {
            let Some((Argument::Words(arguments), after)) = self.argument(next + 1, close) else { return };
            given = Some(arguments);
            next = after;
        }
        let _ = next;
        let form = match (given, is_text) {
            (None, true) => Form::Text(words.remove(0)),
            (Some(arguments), _) => {
                words.extend(arguments);
                Form::Words(words)
            }
            (None, false) => Form::Words(words),
        };
        let is_known = |pieces: &[Piece]| pieces.first().is_some_and(|p| matches!(p.kind, PieceKind::Literal(_)));
        let starts_known = match &form {
            Form::Text(pieces) => is_known(pieces),
            Form::Words(words) => words.first().is_some_and(|w| is_known(w)),
        };
        if starts_known {
            let at = self.tokens[first].at.start..self.tokens[close].at.end;
            self.out.commands.push(Command { form, stops, at });
        }
    }

    /// What the name in front of a bracket is, and its first token.
    fn starter(&self, open: usize, close: usize) -> Option<(Starter, usize)> {
        let name = self.word(open.checked_sub(1)?);
        let owner = (open >= 3 && self.word(open - 2) == ".").then(|| self.word(open - 3));
        let first = if owner.is_some() { open - 3 } else { open - 1 };
        let waits = first > 0 && self.word(first - 1) == "await";
        let says = |key: &str, value: &str| {
            (open + 1..close)
                .any(|at| self.word(at) == key && matches!(self.word(at + 1), "=" | ":") && self.word(at + 2) == value)
        };
        let (takes_text, stops) = match (self.language, owner, name) {
            (Language::JavaScript, _, "execSync") => (true, true),
            (Language::JavaScript, _, "execFileSync") => (false, true),
            (Language::JavaScript, _, "spawnSync") => (false, false),
            (Language::JavaScript, Some("exec"), "exec" | "getExecOutput") => (true, waits && !says("ignoreReturnCode", "true")),
            (Language::JavaScript, Some("child_process" | "cp"), "exec" | "spawn" | "execFile") => (name == "exec", false),
            (Language::Python, Some("subprocess"), "check_call" | "check_output") => (true, true),
            (Language::Python, Some("subprocess"), "run") => (true, says("check", "True")),
            (Language::Python, Some("subprocess"), "call" | "Popen" | "getoutput" | "getstatusoutput") => (true, false),
            (Language::Python, Some("os"), "system" | "popen") => (true, false),
            _ => return None,
        };
        Some((Starter { takes_text, stops }, first))
    }

    fn closing(&self, open: usize) -> Option<usize> {
        self.partners.get(&open).copied()
    }

    /// An argument that is a text or a list of texts, and the token behind it.
    fn argument(&self, at: usize, end: usize) -> Option<(Argument, usize)> {
        if self.word(at) == "[" {
            let close = self.closing(at)?;
            let mut words = Vec::new();
            let mut from = at + 1;
            while from < close {
                let to = (from..close).find(|i| self.word(*i) == ",").unwrap_or(close);
                words.push(self.element(from, to));
                from = to + 1;
            }
            return Some((Argument::Words(words), close + 1));
        }
        let to = (at..end).find(|i| self.word(*i) == ",").unwrap_or(end);
        (at < to).then(|| (Argument::Text(self.element(at, to)), to))
    }

    /// One element: what it comes to if it is a text or a name, else unknown.
    fn element(&self, from: usize, to: usize) -> Vec<Piece> {
        if let Some((pieces, after)) = self.value(from)
            && after == to
        {
            return self.resolved(&pieces);
        }
        let range = match (self.tokens.get(from), self.tokens.get(to.saturating_sub(1))) {
            (Some(first), Some(last)) if from < to => first.at.start..last.at.end,
            _ => return Vec::new(),
        };
        vec![Piece { kind: PieceKind::Unknown(self.text[range.clone()].to_owned()), at: range }]
    }
}

enum Argument {
    Text(Vec<Piece>),
    Words(Vec<Vec<Piece>>),
}

#[cfg(test)]
mod tests;
