//! Batch files of `cmd.exe`: a small hand-written splitter. Every line stands alone, so an error never spreads; blocks
//! in parentheses are followed for their commands.

use super::cmd_word::{Token, inner_tokens, tokens};
use super::guard::MAX_DEPTH;
use super::ir::*;
use std::iter::Peekable;
use std::ops::Range;
use std::vec::IntoIter;

/// Parses a batch file.
pub(super) fn parse(text: &str, holes: &[Range<usize>]) -> Script {
    let mut reader = Batch { text, holes, tokens: tokens(text, holes).into_iter().peekable(), limit: None };
    let mut body = Vec::new();
    while reader.tokens.peek().is_some() {
        body.extend(reader.block(0));
        // A `)` without a block: cmd ignores what follows it on the line; here the next line goes on.
        reader.tokens.next();
    }
    Script { body, limit: reader.limit, ..Script::default() }
}

struct Batch<'a> {
    text: &'a str,
    holes: &'a [Range<usize>],
    tokens: Peekable<IntoIter<Token>>,
    limit: Option<Limit>,
}

/// Comparisons (<https://learn.microsoft.com/windows-server/administration/windows-commands/if>), and what other shells call them.
const SIGNS: &[(&str, &str)] =
    &[("==", "=="), ("equ", "=="), ("neq", "!="), ("lss", "-lt"), ("leq", "-le"), ("gtr", "-gt"), ("geq", "-ge")];

/// Commands of cmd's own that later parts know by their names in lower case.
const OWN: &[&str] = &["call", "cd", "echo", "goto", "mkdir", "popd", "pushd", "setlocal", "endlocal", "title", "cls"];

/// Says what cmd's own commands do as other shells do: `exit /b 1` leaves the script, `goto :eof` too, `set NAME=value` assigns.
fn settle(command: &mut Command) {
    part_name(&mut command.words);
    let text = |index: usize| command.words.get(index).and_then(Word::literal).map(|text| text.to_ascii_lowercase());
    match (text(0).as_deref(), text(1).as_deref()) {
        (Some("exit"), second) => {
            if second == Some("/b") {
                command.words.remove(1);
            }
            rename(&mut command.words[0], "exit");
        }
        (Some("goto"), Some(":eof" | "eof")) => {
            command.words.truncate(1);
            rename(&mut command.words[0], "exit");
        }
        (Some(name), _) if OWN.contains(&name) => rename(&mut command.words[0], name),
        (Some("set"), second) => {
            let assigned = if second == Some("/a") { calculation(&command.words[2..]) } else { assignment(&command.words[1..]) };
            let Some(assignment) = assigned else { return };
            command.words.clear();
            command.assignments.push(assignment);
        }
        _ => {}
    }
}

/// `goto:eof`, `exit/b`, `echo.` and the like: the name ends in front of the mark.
fn part_name(words: &mut Vec<Word>) {
    let Some(Part { at, quoted: false, kind: PartKind::Literal(text) }) = words.first().and_then(|word| word.parts.first())
    else {
        return;
    };
    let Some(mark) = text.find([':', '/', '.']).filter(|mark| *mark > 0 && at.len() == text.len()) else { return };
    let name = text[..mark].to_ascii_lowercase();
    if name == "echo" || matches!(&*name, "goto" | "exit" | "call" | "cd") && !text[mark..].starts_with('.') {
        // What follows `echo` is nothing but a line.
        let rest = if name == "echo" { mark + 1 } else { mark };
        let (at, rest) = (at.clone(), text[rest..].to_owned());
        let mut parts = words[0].parts.split_off(1);
        let from = at.end - rest.len();
        if !rest.is_empty() {
            parts.insert(0, Part { at: from..at.end, quoted: false, kind: PartKind::Literal(rest) });
        }
        if !parts.is_empty() {
            words.insert(1, Word { at: from..words[0].at.end, parts });
        }
        words[0].at = at.start..at.start + mark;
        rename(&mut words[0], &name);
    }
}

/// `set /a NAME=1+2`: a number that is not followed.
fn calculation(words: &[Word]) -> Option<Assignment> {
    let (first, last) = (words.first()?, words.last()?);
    let at = first.at.start..last.at.end;
    let name: String = first.literal_prefix().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    let value = Word { at: at.clone(), parts: vec![Part { at: at.clone(), quoted: true, kind: PartKind::Arithmetic }] };
    let assigns = |part: &Part| matches!(&part.kind, PartKind::Literal(text) if text.contains('='));
    let is_one = !name.is_empty() && words.iter().flat_map(|word| &word.parts).any(assigns);
    is_one.then_some(Assignment { at, name, index: None, appends: false, value: Some(AssignedValue::Word(value)) })
}

fn rename(word: &mut Word, name: &str) {
    word.parts = vec![Part { at: word.at.clone(), quoted: false, kind: PartKind::Literal(String::from(name)) }];
}

/// `NAME=value`, of which the value may have blanks in it.
fn assignment(words: &[Word]) -> Option<Assignment> {
    let (first, rest) = words.split_first()?;
    let [Part { at, quoted, kind: PartKind::Literal(text) }, more @ ..] = &first.parts[..] else { return None };
    let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty() && !name.starts_with('/'))?;
    let start = if at.len() == text.len() { at.start + name.len() + 1 } else { at.start };
    let mut parts = Vec::new();
    let literal = |at: At, text: &str| Part { at, quoted: *quoted, kind: PartKind::Literal(String::from(text)) };
    if !value.is_empty() || more.is_empty() {
        parts.push(literal(start..at.end, value));
    }
    parts.extend_from_slice(more);
    for word in rest {
        parts.push(literal(word.at.start..word.at.start, " "));
        parts.extend_from_slice(&word.parts);
    }
    let end = words.last().map_or(at.end, |word| word.at.end);
    let value = Word { at: start..end, parts };
    let name = String::from(name);
    Some(Assignment { at: first.at.start..end, name, index: None, appends: false, value: Some(AssignedValue::Word(value)) })
}

fn node(at: At, kind: NodeKind) -> Node {
    Node { at, kind, redirects: Vec::new() }
}

impl Batch<'_> {
    fn sign(&mut self, sign: &str) -> Option<At> {
        match self.tokens.next_if(|token| matches!(token, Token::Sign(found, _) if *found == sign)) {
            Some(Token::Sign(_, at)) => Some(at),
            _ => None,
        }
    }

    /// Statements up to a `)` or the end.
    fn block(&mut self, depth: usize) -> Vec<Node> {
        let mut out = Vec::new();
        loop {
            while self.sign("\n").is_some() || self.sign("&").is_some() {}
            if matches!(self.tokens.peek(), None | Some(Token::Sign(")", _))) {
                return out;
            }
            match self.chain(depth) {
                Some(node) => out.push(node),
                // Nothing that starts a command: skip it, so that every round takes a token.
                None => drop(self.tokens.next()),
            }
        }
    }

    /// `a | b && c || d`; `&` and the line's end separate.
    fn chain(&mut self, depth: usize) -> Option<Node> {
        let mut left = self.pipe(depth)?;
        for _ in 0..MAX_DEPTH {
            let is_or = self.sign("||").is_some();
            if !is_or && self.sign("&&").is_none() {
                break;
            }
            let Some(right) = self.pipe(depth) else { break };
            let at = left.at.start..right.at.end;
            let (a, b) = (Box::new(left), Box::new(right));
            left = node(at, if is_or { NodeKind::Or(a, b) } else { NodeKind::And(a, b) });
        }
        Some(left)
    }

    /// `a & b`: what an `if`, `else` or `do` is about goes on up to the line's end.
    fn rest_of_line(&mut self, depth: usize) -> Vec<Node> {
        let mut out: Vec<Node> = self.chain(depth).into_iter().collect();
        while self.sign("&").is_some() {
            out.extend(self.chain(depth));
        }
        out
    }

    fn pipe(&mut self, depth: usize) -> Option<Node> {
        let first = self.one(depth)?;
        let mut stages = vec![first];
        while self.sign("|").is_some() {
            stages.extend(self.one(depth));
        }
        let at = stages.first()?.at.start..stages.last()?.at.end;
        if stages.len() == 1 { stages.pop() } else { Some(node(at, NodeKind::Pipe(stages))) }
    }

    /// A command, a block, `if` or `for`.
    fn one(&mut self, depth: usize) -> Option<Node> {
        if depth > MAX_DEPTH {
            let at = self.tokens.peek().map_or(0..0, Token::at);
            self.limit.get_or_insert(Limit { at, what: String::from("200 constructs may be nested") });
            return None;
        }
        if let Some(open) = self.sign("(") {
            let body = self.block(depth + 1);
            let end = self.sign(")").map_or(body.last().map_or(open.end, |node| node.at.end), |at| at.end);
            let mut group = node(open.start..end, NodeKind::Group(body));
            while let Some(Token::Redirect(_)) = self.tokens.peek() {
                if let Some(Token::Redirect(redirect)) = self.tokens.next() {
                    group.redirects.push(redirect);
                }
            }
            return Some(group);
        }
        match self.keyword().as_deref() {
            Some("if") => self.conditional(depth),
            Some("for") => self.repeat(depth),
            _ => self.command(),
        }
    }

    /// The next token as a lower-case word, if it is one without expansions.
    fn keyword(&mut self) -> Option<String> {
        match self.tokens.peek() {
            Some(Token::Word(word)) => word.literal().map(|text| text.to_ascii_lowercase()),
            _ => None,
        }
    }

    fn command(&mut self) -> Option<Node> {
        let mut command = Command::default();
        let (mut start, mut end) = (usize::MAX, 0);
        while let Some(token) = self.tokens.next_if(|token| !matches!(token, Token::Sign(..))) {
            let at = token.at();
            (start, end) = (start.min(at.start), end.max(at.end));
            match token {
                Token::Word(word) => command.words.push(word),
                Token::Redirect(redirect) => command.redirects.push(redirect),
                Token::Sign(..) => {}
            }
        }
        settle(&mut command);
        (start <= end).then(|| node(start..end, NodeKind::Command(command)))
    }

    /// `if [not] a==b command [else command]`: the condition's words end where a command or a block begins.
    fn conditional(&mut self, depth: usize) -> Option<Node> {
        let start = self.tokens.next()?.at().start;
        let mut negated = false;
        while let Some(word) = self.keyword().filter(|word| matches!(&**word, "/i" | "not")) {
            negated |= word == "not";
            self.tokens.next();
        }
        let test = self.condition();
        let condition_at = test.1;
        let test = if negated { Test::Not(Box::new(test.0)) } else { test.0 };
        let condition = vec![node(condition_at.clone(), NodeKind::Test(test))];
        let body = self.rest_of_line(depth + 1);
        let mut end = body.last().map_or(condition_at.end, |node| node.at.end);
        let mut otherwise = None;
        if self.keyword().as_deref() == Some("else") {
            self.tokens.next();
            let body = self.rest_of_line(depth + 1);
            end = body.last().map_or(end, |node| node.at.end);
            otherwise = Some(body);
        }
        Some(node(start..end.max(start), NodeKind::If { arms: vec![(condition, body)], otherwise }))
    }

    fn condition(&mut self) -> (Test, At) {
        let Some(first) = self.word() else { return (Test::Unary { operator: String::new(), operand: Word::default() }, 0..0) };
        let at = first.at.clone();
        let name = first.literal().unwrap_or_default().to_ascii_lowercase();
        if matches!(&*name, "exist" | "defined" | "errorlevel" | "cmdextversion") {
            let operand = self.word().unwrap_or_default();
            let end = operand.at.end.max(at.end);
            if name == "errorlevel" {
                // It holds from this status on.
                let kind = PartKind::Variable { name: name.clone(), modifier: Modifier::None };
                let left = Word { at: at.clone(), parts: vec![Part { at: at.clone(), quoted: true, kind }] };
                return (Test::Binary { operator: String::from("-ge"), left, right: operand }, at.start..end);
            }
            return (Test::Unary { operator: name, operand }, at.start..end);
        }
        let operator = self.keyword().and_then(|word| SIGNS.iter().find(|(name, _)| *name == word));
        match operator {
            Some((_, sign)) => {
                self.tokens.next();
                let right = self.word().unwrap_or_default();
                let end = right.at.end.max(at.end);
                (Test::Binary { operator: String::from(*sign), left: first, right }, at.start..end)
            }
            None => (Test::Unary { operator: String::new(), operand: first }, at),
        }
    }

    fn word(&mut self) -> Option<Word> {
        match self.tokens.next_if(|token| matches!(token, Token::Word(_)))? {
            Token::Word(word) => Some(word),
            _ => None,
        }
    }

    /// `for [/f "options"] %%x in (words) do command`
    fn repeat(&mut self, depth: usize) -> Option<Node> {
        let start = self.tokens.next()?.at().start;
        let (mut variable, mut words) = (String::new(), Vec::new());
        let (mut computes, mut marks) = (false, "'");
        while let Some(word) = self.word() {
            match &word.parts[..] {
                [Part { kind: PartKind::Variable { name, .. }, .. }] if name.starts_with('%') => variable.clone_from(name),
                _ => {}
            }
            let text = word.literal().unwrap_or_default().to_ascii_lowercase();
            match &*text {
                "in" => break,
                "/f" | "/l" => computes = true,
                options if options.contains("usebackq") => marks = "`",
                _ => {}
            }
        }
        if let Some(open) = self.sign("(") {
            let mut end = open.end;
            while let Some(token) = self.tokens.next_if(|token| !matches!(token, Token::Sign(")", _))) {
                end = token.at().end;
                if let Token::Word(word) = token {
                    words.push(word);
                }
            }
            if computes {
                words = vec![self.lines(open.start..end, marks, depth)];
            }
            self.sign(")");
        }
        if self.keyword().as_deref() == Some("do") {
            self.tokens.next();
        }
        let body = self.rest_of_line(depth + 1);
        let end = body.last().map_or(start, |node| node.at.end);
        Some(node(start..end.max(start), NodeKind::For { variable, words: Some(words), body }))
    }

    /// What `for /f` goes through: the lines that a command in `marks` prints; those of a file or text, and the numbers of a
    /// `for /l`, are not known. `at` begins with the parenthesis.
    fn lines(&mut self, at: At, marks: &str, depth: usize) -> Word {
        let text = self.text.get(at.start + 1..at.end).unwrap_or("");
        let command = text.trim().strip_prefix(marks).and_then(|text| text.strip_suffix(marks)).filter(|_| depth < MAX_DEPTH);
        let kind = match command.and_then(|command| Some(at.start + 1 + text.find(marks)? + 1).zip(Some(command.len()))) {
            Some((from, length)) => {
                let tokens = inner_tokens(self.text, from..from + length, self.holes).into_iter().peekable();
                let mut inner = Batch { text: self.text, holes: self.holes, tokens, limit: None };
                let body = inner.block(depth + 1);
                self.limit = self.limit.take().or(inner.limit);
                PartKind::Command(body)
            }
            None => PartKind::Arithmetic,
        };
        Word { at: at.clone(), parts: vec![Part { at, quoted: true, kind }] }
    }
}
