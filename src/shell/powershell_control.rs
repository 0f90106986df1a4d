//! PowerShell's statements that decide what runs.

use super::bash::children;
use super::ir::*;
use super::powershell::{Power, named, node};
use tree_sitter::Node as Tree;

impl Power<'_> {
    /// `throw`, `exit`, `return`, `break`, `continue` as a command of that name.
    pub(super) fn flow(&mut self, tree: Tree<'_>) -> Command {
        let parts = children(tree).into_iter().filter(|child| child.kind() != "comment");
        let mut words: Vec<Word> = parts.map(|child| self.word(child)).collect();
        words.first_mut().into_iter().for_each(in_lower_case);
        Command { words, ..Command::default() }
    }

    pub(super) fn conditional(&mut self, tree: Tree<'_>) -> NodeKind {
        let mut arms = vec![(self.blocks_of_condition(tree), self.blocks(tree, "statement_block"))];
        let mut otherwise = None;
        for child in named(tree) {
            match child.kind() {
                "elseif_clauses" => {
                    for clause in named(child) {
                        arms.push((self.blocks_of_condition(clause), self.blocks(clause, "statement_block")));
                    }
                }
                "else_clause" => otherwise = Some(self.blocks(child, "statement_block")),
                _ => {}
            }
        }
        NodeKind::If { arms, otherwise }
    }

    fn blocks_of_condition(&mut self, tree: Tree<'_>) -> Vec<Node> {
        let mut out = Vec::new();
        if let Some(condition) = tree.child_by_field_name("condition") {
            self.statement(condition, &mut out);
        }
        out
    }

    pub(super) fn foreach(&mut self, tree: Tree<'_>) -> NodeKind {
        let parts = named(tree);
        let variable = parts.iter().find(|part| part.kind() == "variable");
        let variable = variable.map(|part| self.slice(part.byte_range()).trim_start_matches('$').to_owned()).unwrap_or_default();
        let words = parts.iter().find(|part| part.kind() == "pipeline").map(|part| vec![self.word(*part)]);
        NodeKind::For { variable, words, body: self.blocks(tree, "statement_block") }
    }

    pub(super) fn switch(&mut self, tree: Tree<'_>) -> NodeKind {
        let (mut word, mut arms) = (Word::default(), Vec::new());
        let mut stack: Vec<Tree<'_>> = named(tree).into_iter().rev().collect();
        while let Some(child) = stack.pop() {
            match child.kind() {
                "switch_condition" => word = self.word(child),
                "switch_body" | "switch_clauses" => stack.extend(named(child).into_iter().rev()),
                "switch_clause" => {
                    let patterns = named(child).first().map(|pattern| self.word(*pattern)).into_iter().collect();
                    arms.push(CaseArm { patterns, body: self.blocks(child, "statement_block"), falls_through: true });
                }
                _ => {}
            }
        }
        NodeKind::Case { word, arms }
    }

    pub(super) fn attempt(&mut self, tree: Tree<'_>) -> NodeKind {
        let (mut handler, mut last) = (None::<Vec<Node>>, Vec::new());
        for child in named(tree) {
            match child.kind() {
                "catch_clauses" => handler.get_or_insert_default().extend(self.block(child)),
                "finally_clause" => last = self.block(child),
                _ => {}
            }
        }
        NodeKind::Try { body: self.blocks(tree, "statement_block"), handler, last }
    }

    pub(super) fn function(&mut self, tree: Tree<'_>) -> NodeKind {
        let name = named(tree).into_iter().find(|child| child.kind() == "function_name");
        let name = name.map(|name| self.slice(name.byte_range()).to_owned()).unwrap_or_default();
        let body = self.blocks(tree, "script_block");
        NodeKind::Function { name, body: Box::new(node(tree.byte_range(), NodeKind::Group(body))) }
    }
}

/// Keywords are the same in capitals.
pub(super) fn in_lower_case(keyword: &mut Word) {
    if let [Part { kind: PartKind::Literal(text), .. }] = keyword.parts.as_mut_slice() {
        text.make_ascii_lowercase();
    }
}
