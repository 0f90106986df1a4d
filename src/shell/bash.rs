//! Statements of POSIX shells and bash: sequences, chains of `|`, `&&` and `||`, and what is chained.
//!
//! The grammar nests chains by where here-documents and redirections happen to stand, so a chain is flattened first and
//! built again by the shell's own precedence.

use super::guard::{self, MAX_DEPTH};
use super::heredoc::{self, HereDoc};
use super::ir::*;
use super::recover;
use std::ops::Range;
use tree_sitter::{Node as Tree, TreeCursor};

pub(super) fn language() -> tree_sitter::Language {
    tree_sitter_bash::LANGUAGE.into()
}

/// How often a script is read, with what was run together taken apart in between.
const ROUNDS: usize = 3;

/// Parses a script of a POSIX shell or bash.
pub(super) fn parse(text: &str, holes: &[Range<usize>]) -> Script {
    let mut bytes = guard::clean(text, holes);
    let limit = guard::blank_hopeless(&mut bytes);
    guard::ease(&mut bytes);
    let original = bytes.clone();
    let (heredocs, mut tree) = heredoc::take_out(text, &mut bytes, &language());
    let mut reader =
        Reader { text, holes, original: &original, heredocs, misjoined: Vec::new(), errors: Vec::new(), limit, depth: 0 };
    let with_comments = tree.as_ref().filter(|_| text.contains('#'));
    let comments = with_comments.map(|tree| recover::all_of("comment", tree.root_node())).unwrap_or_default();
    let mut body = Vec::new();
    for _ in 0..ROUNDS {
        reader.errors.clear();
        body = recover::script(&mut reader, bytes.clone(), tree.take());
        if !separate(&mut bytes, &std::mem::take(&mut reader.misjoined)) {
            break;
        }
        tree = guard::tree(&bytes, &language());
    }
    if body.is_empty() && !reader.errors.is_empty() && bytes.len() <= MAX_PIECEWISE {
        body = piecewise(&mut reader, &bytes);
    }
    reader.errors.retain(|at| !(text.get(at.clone()) == Some("<<") && text.as_bytes().get(at.end) == Some(&b'<')));
    Script { body, errors: reader.errors, comments, limit: reader.limit }
}

/// Lines that may belong to one statement where the whole script is not understood.
const PIECE_LINES: usize = 10;
/// Pieces that are tried.
const MAX_PIECES: usize = 120;
/// Longer texts, in bytes, are not tried: each piece costs a parse of the whole length.
const MAX_PIECEWISE: usize = 16 * 1024;

/// Where the grammar misreads a script as a whole (it takes it for one error), runs of lines that make sense by themselves
/// are read one after the other; the rest of the text is blank then, so that all places stay right.
fn piecewise(reader: &mut Reader<'_>, bytes: &[u8]) -> Vec<Node> {
    let mut starts: Vec<usize> = vec![0];
    starts.extend(bytes.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(i, _)| i + 1));
    starts.push(bytes.len());
    let (mut body, mut errors, mut line, mut tried) = (Vec::new(), Vec::new(), 0, 0);
    while line + 1 < starts.len() {
        let last = (line + PIECE_LINES).min(starts.len() - 1);
        let mut read = None;
        for end in line + 1..=last {
            tried += 1;
            if tried > MAX_PIECES {
                errors.push(starts[line]..bytes.len());
                reader.errors = errors;
                return body;
            }
            let blank = |(i, b): (usize, &u8)| if (starts[line]..starts[end]).contains(&i) || *b == b'\n' { *b } else { b' ' };
            let piece: Vec<u8> = bytes.iter().enumerate().map(blank).collect();
            reader.errors.clear();
            let tree = guard::tree(&piece, &language());
            let found = recover::script(reader, piece, tree);
            if reader.errors.is_empty() {
                read = Some((found, end));
                break;
            }
        }
        match read {
            Some((found, end)) => {
                body.extend(found);
                line = end;
            }
            None => {
                errors.push(starts[line]..starts[line + 1]);
                line += 1;
            }
        }
    }
    reader.errors = errors;
    body
}

/// Puts a `;` at places where the grammar ran two lines together; false if there is nothing to separate.
fn separate(bytes: &mut [u8], places: &[usize]) -> bool {
    let mut changed = false;
    for place in places {
        if let Some(byte) = bytes.get_mut(*place).filter(|byte| byte.is_ascii_whitespace()) {
            *byte = b';';
            changed = true;
        }
    }
    changed
}

/// Turns trees into statements; words are read from the original text.
pub(super) struct Reader<'a> {
    /// The original text.
    pub(super) text: &'a str,
    pub(super) holes: &'a [Range<usize>],
    /// The text as the parser may see it, with its here-documents.
    pub(super) original: &'a [u8],
    /// The here-documents, by place.
    pub(super) heredocs: Vec<HereDoc>,
    /// Ends of assignments that the grammar ran together with the next line.
    pub(super) misjoined: Vec<usize>,
    pub(super) errors: Vec<At>,
    pub(super) limit: Option<Limit>,
    pub(super) depth: usize,
}

/// How a link of a chain hangs on the one before it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Pipe,
    And,
    Or,
}

/// One link of a flattened chain.
pub(super) struct Link {
    pub(super) op: Op,
    /// Start of the `!` in front of it.
    pub(super) negated: Option<usize>,
    pub(super) node: Node,
}

pub(super) const STATEMENTS: &[&str] = &[
    "redirected_statement",
    "variable_assignment",
    "variable_assignments",
    "command",
    "declaration_command",
    "unset_command",
    "test_command",
    "negated_command",
    "for_statement",
    "c_style_for_statement",
    "while_statement",
    "if_statement",
    "case_statement",
    "pipeline",
    "list",
    "compound_statement",
    "function_definition",
    "subshell",
];

pub(super) fn children(node: Tree<'_>) -> Vec<Tree<'_>> {
    let mut cursor: TreeCursor<'_> = node.walk();
    node.children(&mut cursor).collect()
}

pub(super) fn is_statement(node: Tree<'_>) -> bool {
    node.is_named() && STATEMENTS.contains(&node.kind())
}

impl Reader<'_> {
    /// The original text of a range; ranges that cut a character are widened to its boundaries.
    pub(super) fn slice(&self, mut at: Range<usize>) -> &str {
        at.end = at.end.min(self.text.len());
        while at.end < self.text.len() && !self.text.is_char_boundary(at.end) {
            at.end += 1;
        }
        at.start = at.start.min(at.end);
        while !self.text.is_char_boundary(at.start) {
            at.start -= 1;
        }
        self.text.get(at).unwrap_or("")
    }

    /// Runs `read` one level deeper; at the bound nothing is read and the limit is noted.
    pub(super) fn deeper<T: Default>(&mut self, node: Tree<'_>, read: impl FnOnce(&mut Self) -> T) -> T {
        if self.depth >= MAX_DEPTH {
            self.note_limit(node.byte_range(), "200 constructs may be nested");
            return T::default();
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    pub(super) fn note_limit(&mut self, at: At, what: &str) {
        self.limit.get_or_insert(Limit { at, what: what.to_owned() });
    }

    /// The statements among the children of a node.
    pub(super) fn block(&mut self, node: Tree<'_>) -> Vec<Node> {
        let mut out = Vec::new();
        for child in children(node) {
            self.statement_into(child, &mut out);
        }
        out
    }

    /// Appends what one child of a statement list stands for: a statement, the `&` behind one, or what is left of a
    /// piece that did not parse.
    pub(super) fn statement_into(&mut self, child: Tree<'_>, out: &mut Vec<Node>) {
        if is_statement(child) {
            match self.statement(child) {
                // A group without braces is made up: several statements that the grammar took for one.
                Some(Node { at, kind: NodeKind::Group(body), .. }) if !self.slice(at.clone()).starts_with(['{', '!']) => {
                    out.extend(body)
                }
                Some(node) => out.push(node),
                None => {}
            }
        } else if child.kind() == "&" {
            if let Some(last) = out.pop() {
                let at = last.at.start..child.end_byte();
                out.push(Node { at, kind: NodeKind::Background(Box::new(last)), redirects: Vec::new() });
            }
        } else if child.is_error() {
            let salvaged = self.deeper(child, |reader| reader.salvage(child));
            out.extend(salvaged);
        } else if child.kind() == "file_redirect" || child.kind() == "herestring_redirect" {
            let mut command = Command::default();
            self.redirect_into(child, &mut command);
            out.push(Node { at: child.byte_range(), kind: NodeKind::Command(command), redirects: Vec::new() });
        }
    }

    /// One statement; `None` only past a bound.
    pub(super) fn statement(&mut self, node: Tree<'_>) -> Option<Node> {
        let links = self.deeper(node, |reader| {
            let mut links = Vec::new();
            reader.chain(node, Op::And, &mut links);
            links
        });
        if links.len() > MAX_DEPTH {
            self.note_limit(node.byte_range(), "a chain may have 200 commands");
        }
        build(links)
    }

    /// Flattens a statement into links; the first one hangs by `op`.
    pub(super) fn chain(&mut self, node: Tree<'_>, op: Op, links: &mut Vec<Link>) {
        match node.kind() {
            "list" => self.list(node, op, links),
            "pipeline" => {
                let mut op = op;
                for child in children(node) {
                    if is_statement(child) {
                        self.deeper(child, |reader| reader.chain(child, op, links));
                        op = Op::Pipe;
                    } else if child.kind().starts_with('|') {
                        op = Op::Pipe;
                    }
                }
            }
            "redirected_statement" => self.redirected(node, op, links),
            "negated_command" => {
                let first = links.len();
                for child in children(node).into_iter().filter(|child| is_statement(*child)) {
                    self.deeper(child, |reader| reader.chain(child, op, links));
                }
                if let Some(link) = links.get_mut(first) {
                    link.negated = Some(node.start_byte());
                }
            }
            _ => {
                let negated = self.bang_before(node);
                if let Some(node) = self.single(node) {
                    links.push(Link { op, negated, node });
                }
            }
        }
    }

    /// The `!` in front of a group: the grammar knows none there, so it was blanked (see [`guard::clean`]).
    fn bang_before(&self, node: Tree<'_>) -> Option<usize> {
        if node.kind() != "compound_statement" {
            return None;
        }
        let before = self.text.get(..node.start_byte())?.trim_end_matches([' ', '\t']);
        before.ends_with('!').then(|| before.len() - 1)
    }

    /// `a && b || c` is nested to the left: walk down that spine in a loop, so that a long chain takes no stack.
    fn list(&mut self, node: Tree<'_>, op: Op, links: &mut Vec<Link>) {
        let mut spine = Vec::new();
        let mut left = Some(node);
        while let Some(node) = left.filter(|node| node.kind() == "list") {
            let parts = children(node);
            left = parts.iter().copied().find(|child| is_statement(*child));
            spine.push(parts);
        }
        if let Some(left) = left {
            self.deeper(left, |reader| reader.chain(left, op, links));
        }
        for parts in spine.into_iter().rev() {
            let op = if parts.iter().any(|child| child.kind() == "||") { Op::Or } else { Op::And };
            for right in parts.into_iter().filter(|child| is_statement(*child)).skip(1) {
                self.deeper(right, |reader| reader.chain(right, op, links));
            }
        }
    }

    /// A statement that is no chain.
    fn single(&mut self, node: Tree<'_>) -> Option<Node> {
        let kind = match node.kind() {
            "command" => return self.command(node),
            "declaration_command" | "unset_command" => NodeKind::Command(self.declaration(node)),
            "variable_assignment" | "variable_assignments" => NodeKind::Command(self.assignments(node)),
            "test_command" => self.test_command(node),
            "for_statement" => self.for_statement(node),
            "c_style_for_statement" => NodeKind::Count { body: self.do_bodies(node) },
            "while_statement" => self.while_statement(node),
            "if_statement" => self.if_statement(node),
            "case_statement" => self.case_statement(node),
            "compound_statement" => self.compound(node),
            "subshell" => NodeKind::Subshell(self.block(node)),
            "function_definition" => return self.function(node),
            _ => return None,
        };
        Some(Node { at: node.byte_range(), kind, redirects: Vec::new() })
    }

    /// What is left of a piece that did not parse: its well-formed statements.
    fn salvage(&mut self, node: Tree<'_>) -> Vec<Node> {
        self.block(node)
    }
}

/// Builds links by the shell's precedence: `|` binds tightest, `!` covers a whole pipe, `&&` and `||` go left to right.
pub(super) fn build(links: Vec<Link>) -> Option<Node> {
    let mut chain: Option<Node> = None;
    let mut pending: Option<(Op, Option<usize>, Vec<Node>)> = None;
    for link in links.into_iter().take(MAX_DEPTH) {
        match &mut pending {
            Some((_, _, stages)) if link.op == Op::Pipe => stages.push(link.node),
            _ => {
                chain = join(chain, pending.take());
                pending = Some((link.op, link.negated, vec![link.node]));
            }
        }
    }
    join(chain, pending)
}

fn join(left: Option<Node>, right: Option<(Op, Option<usize>, Vec<Node>)>) -> Option<Node> {
    let Some((op, negated, mut stages)) = right else { return left };
    let start = stages.iter().map(|node| node.at.start).min()?;
    let end = stages.iter().map(|node| node.at.end).max()?;
    let mut node = if stages.len() == 1 { stages.pop()? } else { plain(start..end, NodeKind::Pipe(stages)) };
    if let Some(bang) = negated {
        node = plain(bang.min(start)..end, NodeKind::Not(Box::new(node)));
    }
    let Some(left) = left else { return Some(node) };
    let at = left.at.start.min(node.at.start)..left.at.end.max(node.at.end);
    let kind = match op {
        Op::Or => NodeKind::Or(Box::new(left), Box::new(node)),
        Op::And | Op::Pipe => NodeKind::And(Box::new(left), Box::new(node)),
    };
    Some(plain(at, kind))
}

pub(super) fn plain(at: At, kind: NodeKind) -> Node {
    Node { at, kind, redirects: Vec::new() }
}
