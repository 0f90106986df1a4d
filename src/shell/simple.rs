//! Simple commands of bash: words, assignments, declarations, redirections and here-documents.

use super::bash::{Link, Op, Reader, children, is_statement, plain};
use super::compound::glue;
use super::expansion::name_len;
use super::ir::*;
use super::word::Quoting;
use std::ops::Range;
use tree_sitter::Node as Tree;

impl Reader<'_> {
    /// A simple command; with what the grammar wrongly took into it, a group.
    pub(super) fn command(&mut self, node: Tree<'_>) -> Option<Node> {
        let mut command = Command::default();
        let (mut start, mut end) = (node.start_byte(), node.start_byte());
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for child in children(node) {
            if child.kind() == "comment" {
                continue;
            }
            // `A=1 B=2` and the command on the next line are one for the grammar.
            if child.start_byte() > end && self.breaks(end..child.start_byte()) {
                self.misjoined.push(end);
                before.push(plain(start..end, NodeKind::Command(std::mem::take(&mut command))));
                start = child.start_byte();
            }
            end = child.end_byte();
            match child.kind() {
                "variable_assignment" => command.assignments.extend(self.assignment(child)),
                "subshell" => after.push(plain(child.byte_range(), NodeKind::Subshell(self.block(child)))),
                kind if kind.ends_with("_redirect") => self.redirect_into(child, &mut command),
                // A statement in the wreck (a substitution, a group) may still run.
                _ if child.is_error() => self.statement_into(child, &mut after),
                _ => {
                    let word = self.word(child);
                    glue(self.text, &mut command.words, word);
                }
            }
        }
        let name = command.words.first().and_then(Word::literal);
        if is_closing(name.as_deref()) {
            self.errors.push(start..end);
        } else if after.is_empty() || name.as_deref() != Some("time") {
            before.push(plain(start..end, NodeKind::Command(command)));
        }
        before.append(&mut after);
        if before.len() > 1 {
            return Some(plain(node.byte_range(), NodeKind::Group(before)));
        }
        before.pop()
    }

    /// Whether the blank space between two words ends a line.
    fn breaks(&self, gap: Range<usize>) -> bool {
        let gap = self.slice(gap);
        gap.bytes().enumerate().any(|(index, byte)| {
            byte == b'\n' && !gap.get(..index).is_some_and(|text| text.trim_end_matches('\r').ends_with('\\'))
        })
    }

    pub(super) fn assignments(&mut self, node: Tree<'_>) -> Command {
        let mut command = Command::default();
        if node.kind() == "variable_assignment" {
            command.assignments.extend(self.assignment(node));
        }
        for child in children(node).into_iter().filter(|child| child.kind() == "variable_assignment") {
            command.assignments.extend(self.assignment(child));
        }
        command
    }

    fn assignment(&mut self, node: Tree<'_>) -> Option<Assignment> {
        let name_node = node.child_by_field_name("name")?;
        let parts = children(node);
        let appends = parts.iter().any(|child| child.kind() == "+=");
        let operator = parts.iter().find(|child| matches!(child.kind(), "=" | "+="))?;
        let (name, index) = match name_node.kind() {
            "subscript" => self.subscript(name_node),
            _ => (self.slice(name_node.byte_range()).to_owned(), None),
        };
        let value = match node.child_by_field_name("value") {
            Some(array) if array.kind() == "array" => AssignedValue::Array(self.array(array)),
            // Everything behind the operator is one word, whatever the grammar made of it.
            _ => AssignedValue::Word(self.fragment(node, operator.end_byte()..node.end_byte(), Quoting::Bare, false)),
        };
        Some(Assignment { at: node.byte_range(), name, index, appends, value: Some(value) })
    }

    fn subscript(&mut self, node: Tree<'_>) -> (String, Option<Word>) {
        let name = node.child_by_field_name("name").map(|name| self.slice(name.byte_range()).to_owned()).unwrap_or_default();
        let index = node.child_by_field_name("index").map(|index| self.word(index));
        (name, index)
    }

    fn array(&mut self, node: Tree<'_>) -> Vec<Word> {
        let mut words = Vec::new();
        for child in children(node).into_iter().filter(|child| child.is_named() && child.kind() != "comment") {
            let word = self.word(child);
            glue(self.text, &mut words, word);
        }
        words
    }

    /// `export`, `local` and kin, and `unset`.
    pub(super) fn declaration(&mut self, node: Tree<'_>) -> Command {
        let mut command = Command { declares: node.kind() == "declaration_command", ..Command::default() };
        let mut arguments = Vec::new();
        for (index, child) in children(node).into_iter().enumerate() {
            match child.kind() {
                _ if index == 0 => command.words.push(self.word(child)),
                "comment" => {}
                "variable_assignment" => {
                    self.declare(&mut arguments, &mut command);
                    command.assignments.extend(self.assignment(child));
                }
                kind if kind.ends_with("_redirect") => self.redirect_into(child, &mut command),
                _ => {
                    let word = self.word(child);
                    glue(self.text, &mut arguments, word);
                }
            }
        }
        self.declare(&mut arguments, &mut command);
        command
    }

    /// Sorts words of a declaration into names, `NAME=value` in quotes, and options.
    fn declare(&self, arguments: &mut Vec<Word>, command: &mut Command) {
        for word in arguments.drain(..) {
            match as_assignment(&word).filter(|_| command.declares) {
                Some(assignment) => command.assignments.push(assignment),
                None => command.words.push(word),
            }
        }
    }

    /// `body > f`: the redirections belong to the last command of the body.
    pub(super) fn redirected(&mut self, node: Tree<'_>, op: Op, links: &mut Vec<Link>) {
        let first = links.len();
        let mut command = Command::default();
        for child in children(node) {
            match child.kind() {
                kind if kind.ends_with("_redirect") => self.redirect_into(child, &mut command),
                _ if is_statement(child) => self.deeper(child, |reader| reader.chain(child, op, links)),
                _ => {}
            }
        }
        if links.len() == first {
            let start = command.redirects.first().map_or(node.start_byte(), |redirect| redirect.at.start);
            links.push(Link { op, negated: None, node: plain(start..start, NodeKind::Command(Command::default())) });
        }
        if let Some(last) = links.last_mut() {
            hang(self.text, &mut last.node, command);
        }
    }

    /// A redirection. The grammar takes all words behind a file for files: the others are arguments.
    pub(super) fn redirect_into(&mut self, node: Tree<'_>, command: &mut Command) {
        let (mut descriptor, mut operator) = (None, "");
        let mut words: Vec<Word> = Vec::new();
        let mut heredoc = None;
        for child in children(node) {
            match child.kind() {
                "<" if operator.is_empty() => {
                    heredoc = self.heredoc_at(child.start_byte());
                    operator = "<";
                }
                // What a delimiter was replaced by, which is no word.
                _ if heredoc.as_ref().is_some_and(|found| child.start_byte() < found.at.end) => {}
                "file_descriptor" => descriptor = self.slice(child.byte_range()).parse().ok(),
                "comment" => {}
                kind if !child.is_named() && operator.is_empty() => operator = kind,
                _ => {
                    let word = self.word(child);
                    glue(self.text, &mut words, word);
                }
            }
        }
        if let Some(found) = heredoc {
            let body = self.heredoc_body(&found);
            let at = node.start_byte()..found.at.end;
            command.redirects.push(Redirect { at, descriptor, kind: RedirectKind::HereDocument { body } });
            command.words.extend(words);
            return;
        }
        let extra = words.split_off(words.len().min(1));
        let target = words.pop().unwrap_or_else(|| Word { at: node.end_byte()..node.end_byte(), parts: Vec::new() });
        let mut at = node.start_byte()..target.at.end.max(node.start_byte());
        // `<<<` behind another redirection: the grammar sees an error and a `<`.
        if operator == "<" && self.text.get(..at.start).is_some_and(|before| before.ends_with("<<")) {
            at.start -= 2;
            operator = "<<<";
        }
        command.redirects.push(redirect(at, descriptor, operator, target));
        command.words.extend(extra);
    }
}

fn redirect(at: At, descriptor: Option<i32>, operator: &str, target: Word) -> Redirect {
    let (descriptor, kind) = match operator {
        "<" => (descriptor, RedirectKind::Read(target)),
        "<<<" => (descriptor, RedirectKind::HereString(target)),
        ">>" => (descriptor, RedirectKind::Append(target)),
        "&>" => (Some(-1), RedirectKind::Write(target)),
        "&>>" => (Some(-1), RedirectKind::Append(target)),
        ">&" if duplicates(&target) => (descriptor, RedirectKind::Duplicate(target)),
        // `>& file` is the old spelling of `&> file`.
        ">&" => (Some(-1), RedirectKind::Write(target)),
        "<&" | "<&-" | ">&-" => (descriptor, RedirectKind::Duplicate(target)),
        _ => (descriptor, RedirectKind::Write(target)),
    };
    Redirect { at, descriptor, kind }
}

fn duplicates(target: &Word) -> bool {
    target.literal().is_none_or(|text| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-'))
}

/// A keyword that closes something which was never opened: the trace of an error before it.
fn is_closing(name: Option<&str>) -> bool {
    matches!(name, Some("}" | "fi" | "done" | "esac" | "then" | "do" | "else" | "elif"))
}

/// Hangs redirections, and words that stood behind them, on the last command of what they follow.
fn hang(text: &str, node: &mut Node, mut more: Command) {
    let end = more.redirects.iter().map(|redirect| redirect.at.end).chain(more.words.iter().map(|word| word.at.end)).max();
    node.at.end = node.at.end.max(end.unwrap_or(0));
    match &mut node.kind {
        NodeKind::Command(command) => {
            command.redirects.append(&mut more.redirects);
            more.words.drain(..).for_each(|word| glue(text, &mut command.words, word));
        }
        _ => node.redirects.append(&mut more.redirects),
    }
}

/// A declaration's argument that is a name, or `NAME=value` in quotes.
pub(super) fn as_assignment(word: &Word) -> Option<Assignment> {
    let first = word.parts.first()?;
    let PartKind::Literal(text) = &first.kind else { return None };
    let length = name_len(text);
    let name = text.get(..length).filter(|name| !name.is_empty())?;
    if text.len() == length && word.parts.len() == 1 {
        return Some(Assignment { at: word.at.clone(), name: name.to_owned(), index: None, appends: false, value: None });
    }
    let rest = text.get(length..)?.strip_prefix('=')?;
    let mut parts = word.parts.clone();
    if let Some(part) = parts.first_mut() {
        part.at.start = (part.at.start + length + 1).min(part.at.end);
        part.kind = PartKind::Literal(rest.to_owned());
    }
    if rest.is_empty() && parts.len() > 1 {
        parts.remove(0);
    }
    let at = parts.first().map_or(word.at.end, |part| part.at.start)..word.at.end;
    let value = Some(AssignedValue::Word(Word { at, parts }));
    Some(Assignment { at: word.at.clone(), name: name.to_owned(), index: None, appends: false, value })
}
