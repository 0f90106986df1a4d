//! Tests: `[ .. ]` as the command that it is, `[[ .. ]]` as an expression, and the words in `(( .. ))`.

use super::bash::{Reader, children, plain};
use super::compound::glue;
use super::ir::*;
use super::word::{ISLANDS, Quoting};
use tree_sitter::Node as Tree;

impl Reader<'_> {
    pub(super) fn test_command(&mut self, node: Tree<'_>) -> NodeKind {
        let parts = children(node);
        if parts.first().is_none_or(|open| open.kind() != "[[") {
            let mut command = Command::default();
            self.test_words(node, &mut command);
            return NodeKind::Command(command);
        }
        let inner = parts.into_iter().find(|child| child.is_named() && !child.is_error() && child.kind() != "comment");
        let test = inner.map(|inner| self.test(inner));
        NodeKind::Test(test.unwrap_or_else(|| Test::Unary { operator: String::new(), operand: Word::default() }))
    }

    /// The words of `[ .. ]`: leaves of the expression that the grammar sees in them.
    fn test_words(&mut self, node: Tree<'_>, command: &mut Command) {
        for child in children(node) {
            match child.kind() {
                "unary_expression" | "binary_expression" | "parenthesized_expression" | "ternary_expression"
                | "postfix_expression" | "redirected_statement" | "command" | "command_name" => {
                    self.deeper(child, |reader| reader.test_words(child, command));
                }
                "comment" => {}
                kind if kind.ends_with("_redirect") => self.redirect_into(child, command),
                _ if child.is_error() => self.deeper(child, |reader| reader.test_words(child, command)),
                _ => {
                    let word = self.word(child);
                    glue(&mut command.words, word);
                }
            }
        }
    }

    fn test(&mut self, node: Tree<'_>) -> Test {
        let read = self.deeper(node, |reader| {
            Some(match node.kind() {
                "binary_expression" => reader.binary(node),
                "unary_expression" => reader.unary(node),
                "parenthesized_expression" => {
                    let inner = children(node).into_iter().find(|child| child.is_named() && !child.is_error());
                    inner.map_or_else(|| word_test(Word::default()), |inner| reader.test(inner))
                }
                _ => word_test(reader.word(node)),
            })
        });
        read.unwrap_or_else(|| word_test(Word::default()))
    }

    fn unary(&mut self, node: Tree<'_>) -> Test {
        let operator = node.child_by_field_name("operator");
        let operand = children(node).into_iter().rev().find(|child| child.is_named() && Some(child.id()) != operator.map(|op| op.id()));
        let (Some(operator), Some(operand)) = (operator, operand) else { return word_test(self.word(node)) };
        if operator.kind() == "!" {
            return Test::Not(Box::new(self.test(operand)));
        }
        Test::Unary { operator: self.slice(operator.byte_range()).to_owned(), operand: self.word(operand) }
    }

    fn binary(&mut self, node: Tree<'_>) -> Test {
        let (left, operator) = (node.child_by_field_name("left"), node.child_by_field_name("operator"));
        let (Some(left), Some(operator)) = (left, operator) else { return word_test(self.word(node)) };
        let Some(right) = node.child_by_field_name("right") else { return word_test(self.word(node)) };
        match operator.kind() {
            "&&" | "||" => {
                let (left, right) = (Box::new(self.test(left)), Box::new(self.test(right)));
                if operator.kind() == "&&" { Test::And(left, right) } else { Test::Or(left, right) }
            }
            kind => {
                let quoting = if kind == "=~" { Quoting::Regex } else { Quoting::Bare };
                let left = self.word(left);
                // The right side may be several nodes (an extended glob); it ends where the expression ends.
                let right = self.fragment(node, right.start_byte()..node.end_byte(), quoting, false);
                Test::Binary { operator: self.slice(operator.byte_range()).to_owned(), left, right }
            }
        }
    }

    /// The operands in `(( .. ))`; a bare name is the variable.
    pub(super) fn arithmetic_words(&mut self, node: Tree<'_>) -> Vec<Word> {
        let mut words = Vec::new();
        let mut stack: Vec<Tree<'_>> = children(node);
        stack.reverse();
        while let Some(child) = stack.pop() {
            let at = child.byte_range();
            if child.kind() == "variable_name" || (child.kind() == "word" && child.child_count() == 0) {
                let name = self.slice(at.clone()).to_owned();
                let holds_hole = self.holes.iter().any(|hole| hole.start < at.end && at.start < hole.end);
                let kind = PartKind::Variable { name, modifier: Modifier::None };
                let part = Part { at: at.clone(), quoted: true, kind };
                words.push(if holds_hole { self.word(child) } else { Word { at, parts: vec![part] } });
            } else if child.kind() == "number" || ISLANDS.contains(&child.kind()) {
                words.push(self.word(child));
            } else {
                stack.extend(children(child).into_iter().rev());
            }
        }
        words
    }

    /// A test that stands alone, for callers outside of `[[ ]]`.
    pub(super) fn arithmetic_node(&mut self, node: Tree<'_>) -> Node {
        let words = self.arithmetic_words(node);
        plain(node.byte_range(), NodeKind::Test(Test::Arithmetic(words)))
    }
}

fn word_test(operand: Word) -> Test {
    Test::Unary { operator: String::new(), operand }
}
