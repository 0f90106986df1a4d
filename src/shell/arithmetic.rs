//! Tests: `[ .. ]` as the command that it is, `[[ .. ]]` as an expression, and the words in `(( .. ))`.

use super::bash::{Reader, children};
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
        let mut tokens = Vec::new();
        self.test_tokens(node, &mut tokens);
        let mut tokens = tokens.into_iter().peekable();
        NodeKind::Test(either(&mut tokens, 0))
    }

    /// The words and operators of `[[ .. ]]` in order. The grammar's own nesting is not to be trusted: for it `=~` binds
    /// looser than `||`.
    fn test_tokens(&mut self, node: Tree<'_>, tokens: &mut Vec<Token>) {
        for child in children(node) {
            match child.kind() {
                "unary_expression"
                | "binary_expression"
                | "parenthesized_expression"
                | "ternary_expression"
                | "postfix_expression" => {
                    self.deeper(child, |reader| reader.test_tokens(child, tokens));
                }
                "comment" | "[[" | "]]" => {}
                _ if child.is_error() => self.deeper(child, |reader| reader.test_tokens(child, tokens)),
                kind @ ("&&" | "||" | "!" | "(" | ")") => tokens.push(Token::Sign(kind.to_owned())),
                "==" | "=" | "!=" | "=~" | "<" | ">" | "test_operator" => {
                    tokens.push(Token::Operator(self.slice(child.byte_range()).to_owned()));
                }
                _ => {
                    let is_regex = matches!(tokens.last(), Some(Token::Operator(operator)) if operator == "=~");
                    let word = self.word_as(child, if is_regex { Quoting::Regex } else { Quoting::Bare });
                    match tokens.last_mut() {
                        Some(Token::Word(last)) if last.at.end == word.at.start => {
                            last.at.end = word.at.end;
                            word.parts.into_iter().for_each(|part| super::word::push(&mut last.parts, part));
                        }
                        _ => tokens.push(Token::Word(word)),
                    }
                }
            }
        }
    }

    /// The words of `[ .. ]`: leaves of the expression that the grammar sees in them.
    fn test_words(&mut self, node: Tree<'_>, command: &mut Command) {
        for child in children(node) {
            match child.kind() {
                "unary_expression"
                | "binary_expression"
                | "parenthesized_expression"
                | "ternary_expression"
                | "postfix_expression"
                | "redirected_statement"
                | "command"
                | "command_name" => {
                    self.deeper(child, |reader| reader.test_words(child, command));
                }
                "comment" => {}
                kind if kind.ends_with("_redirect") => self.redirect_into(child, command),
                _ if child.is_error() => self.deeper(child, |reader| reader.test_words(child, command)),
                _ => {
                    let word = self.word(child);
                    glue(self.text, &mut command.words, word);
                }
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
}

/// A piece of `[[ .. ]]`.
enum Token {
    Sign(String),
    Operator(String),
    Word(Word),
}

type Tokens = std::iter::Peekable<std::vec::IntoIter<Token>>;

fn take_sign(tokens: &mut Tokens, sign: &str) -> bool {
    tokens.next_if(|token| matches!(token, Token::Sign(found) if found == sign)).is_some()
}

fn either(tokens: &mut Tokens, depth: usize) -> Test {
    let mut test = both(tokens, depth);
    while take_sign(tokens, "||") {
        test = Test::Or(Box::new(test), Box::new(both(tokens, depth)));
    }
    test
}

fn both(tokens: &mut Tokens, depth: usize) -> Test {
    let mut test = primary(tokens, depth);
    while take_sign(tokens, "&&") {
        test = Test::And(Box::new(test), Box::new(primary(tokens, depth)));
    }
    test
}

fn primary(tokens: &mut Tokens, depth: usize) -> Test {
    if depth > 50 {
        return word_test(Word::default());
    }
    if take_sign(tokens, "!") {
        return Test::Not(Box::new(primary(tokens, depth + 1)));
    }
    if take_sign(tokens, "(") {
        let test = either(tokens, depth + 1);
        take_sign(tokens, ")");
        return test;
    }
    match tokens.next_if(|token| !matches!(token, Token::Sign(_))) {
        Some(Token::Operator(operator)) => Test::Unary { operator, operand: next_word(tokens) },
        Some(Token::Word(left)) => match tokens.next_if(|token| matches!(token, Token::Operator(_))) {
            Some(Token::Operator(operator)) => Test::Binary { operator, left, right: next_word(tokens) },
            _ => word_test(left),
        },
        _ => word_test(Word::default()),
    }
}

fn next_word(tokens: &mut Tokens) -> Word {
    match tokens.next_if(|token| matches!(token, Token::Word(_))) {
        Some(Token::Word(word)) => word,
        _ => Word::default(),
    }
}

fn word_test(operand: Word) -> Test {
    Test::Unary { operator: String::new(), operand }
}
