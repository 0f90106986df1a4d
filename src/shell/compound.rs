//! Compound commands of bash: loops, conditions, `case`, groups, functions.

use super::bash::{Reader, children, plain};
use super::ir::*;
use tree_sitter::Node as Tree;

impl Reader<'_> {
    /// `if`: the children are one flat row, in which the keywords switch between condition and body.
    pub(super) fn if_statement(&mut self, node: Tree<'_>) -> NodeKind {
        let mut arms = Vec::new();
        let mut otherwise = None;
        let (mut condition, mut body, mut in_body) = (Vec::new(), Vec::new(), false);
        for child in children(node) {
            match child.kind() {
                "then" => in_body = true,
                "elif_clause" => {
                    if let NodeKind::If { arms: mut more, .. } = self.deeper_kind(child, Reader::if_statement) {
                        arms.append(&mut more);
                    }
                }
                "else_clause" => otherwise = Some(self.deeper(child, |reader| reader.block(child))),
                _ => self.statement_into(child, if in_body { &mut body } else { &mut condition }),
            }
        }
        arms.insert(0, (condition, body));
        NodeKind::If { arms, otherwise }
    }

    fn deeper_kind(&mut self, node: Tree<'_>, read: impl FnOnce(&mut Self, Tree<'_>) -> NodeKind) -> NodeKind {
        self.deeper(node, |reader| Some(read(reader, node))).unwrap_or(NodeKind::Group(Vec::new()))
    }

    pub(super) fn while_statement(&mut self, node: Tree<'_>) -> NodeKind {
        let (mut until, mut condition, mut body) = (false, Vec::new(), Vec::new());
        for child in children(node) {
            match child.kind() {
                "until" => until = true,
                "do_group" => body.extend(self.deeper(child, |reader| reader.block(child))),
                _ => self.statement_into(child, &mut condition),
            }
        }
        NodeKind::While { until, condition, body }
    }

    pub(super) fn for_statement(&mut self, node: Tree<'_>) -> NodeKind {
        let (mut variable, mut words, mut body) = (String::new(), None::<Vec<Word>>, Vec::new());
        for child in children(node) {
            match child.kind() {
                "for" | "select" | "comment" => {}
                "in" => words = Some(Vec::new()),
                "do_group" => body.extend(self.deeper(child, |reader| reader.block(child))),
                "variable_name" if words.is_none() => variable = self.slice(child.byte_range()).to_owned(),
                _ if child.is_error() => self.statement_into(child, &mut body),
                _ => {
                    if let Some(words) = words.as_mut().filter(|_| child.is_named()) {
                        let word = self.word(child);
                        glue(self.text, words, word);
                    }
                }
            }
        }
        NodeKind::For { variable, words, body }
    }

    /// The statements of the `do` groups and braces of a loop.
    pub(super) fn do_bodies(&mut self, node: Tree<'_>) -> Vec<Node> {
        let mut body = Vec::new();
        for child in children(node) {
            if matches!(child.kind(), "do_group" | "compound_statement") {
                body.extend(self.deeper(child, |reader| reader.block(child)));
            }
        }
        body
    }

    pub(super) fn case_statement(&mut self, node: Tree<'_>) -> NodeKind {
        let (mut word, mut arms) = (None, Vec::new());
        let mut seen_in = false;
        for child in children(node) {
            match child.kind() {
                "case_item" => {
                    let arm = self.deeper(child, |reader| Some(reader.case_arm(child)));
                    arms.extend(arm);
                }
                "in" => seen_in = true,
                _ if child.is_error() => {
                    // What could not be placed in an arm still runs in some case.
                    let mut body = Vec::new();
                    self.statement_into(child, &mut body);
                    if !body.is_empty() {
                        arms.push(CaseArm { patterns: Vec::new(), body, falls_through: false });
                    }
                }
                _ if child.is_named() && !seen_in && word.is_none() && child.kind() != "comment" => word = Some(self.word(child)),
                _ => {}
            }
        }
        NodeKind::Case { word: word.unwrap_or_default(), arms }
    }

    fn case_arm(&mut self, node: Tree<'_>) -> CaseArm {
        let mut arm = CaseArm { patterns: Vec::new(), body: Vec::new(), falls_through: false };
        let mut in_body = false;
        for child in children(node) {
            match child.kind() {
                ")" if !in_body => in_body = true,
                ";&" | ";;&" => arm.falls_through = true,
                "comment" => {}
                _ if in_body => self.statement_into(child, &mut arm.body),
                _ if child.is_named() => {
                    let word = self.word(child);
                    glue(self.text, &mut arm.patterns, word);
                }
                _ => {}
            }
        }
        arm
    }

    /// `{ ..; }` or `(( .. ))`
    pub(super) fn compound(&mut self, node: Tree<'_>) -> NodeKind {
        match node.child(0).map(|child| child.kind()) {
            Some("((") => NodeKind::Test(Test::Arithmetic(self.arithmetic_words(node))),
            _ => NodeKind::Group(self.block(node)),
        }
    }

    pub(super) fn function(&mut self, node: Tree<'_>) -> Option<Node> {
        let name = node.child_by_field_name("name").map(|name| self.slice(name.byte_range()).to_owned())?;
        let body = node.child_by_field_name("body")?;
        let mut body_node = self.statement(body)?;
        for child in children(node).into_iter().filter(|child| child.kind().ends_with("_redirect")) {
            let mut command = Command::default();
            self.redirect_into(child, &mut command);
            body_node.redirects.append(&mut command.redirects);
        }
        Some(plain(node.byte_range(), NodeKind::Function { name, body: Box::new(body_node) }))
    }
}

/// Appends a word; one that touches the word before it, or is only a line continuation apart, belongs to it (the grammar
/// splits some words).
pub(super) fn glue(text: &str, words: &mut Vec<Word>, word: Word) {
    match words.last_mut() {
        Some(last) if !word.at.is_empty() && continues(text, last.at.end, word.at.start) => {
            last.at.end = word.at.end;
            for part in word.parts {
                super::word::push(&mut last.parts, part);
            }
        }
        _ => words.push(word),
    }
}

fn continues(text: &str, end: usize, start: usize) -> bool {
    let gap = text.as_bytes().get(end..start);
    gap.is_some_and(|gap| gap.is_empty() || matches!(gap, [b'\\', b'\n'] | [b'\\', b'\r', b'\n']))
}
