//! From clean bytes to statements, also where the text does not parse: errors are listed, and where one spoils the rest
//! of the tree, what follows is parsed again without it.

use super::bash::{Reader, language};
use super::guard;
use super::ir::*;
use tree_sitter::{Node as Tree, Tree as Parsed};

/// How often the rest is parsed again.
const ATTEMPTS: usize = 8;

/// Reads all statements; `tree` is that of `bytes`, `None` past the deadline.
pub(super) fn script(reader: &mut Reader<'_>, mut bytes: Vec<u8>, mut tree: Option<Parsed>) -> Vec<Node> {
    let language = language();
    let mut body = Vec::new();
    for attempt in 0.. {
        let Some(whole) = tree.take() else {
            reader.limit.get_or_insert(guard::too_slow(bytes.len()));
            return body;
        };
        let root = whole.root_node();
        if !root.has_error() {
            body.extend(reader.block(root));
            return body;
        }
        let Some(resume) = spoilt(&whole, &bytes).filter(|_| attempt < ATTEMPTS) else {
            list_errors(root, &mut reader.errors);
            body.extend(reader.block(root));
            return body;
        };
        // Keep what stands before the broken line, then go on behind it.
        let mut before = bytes.clone();
        blank(&mut before, resume.broken, bytes.len());
        if let Some(tree) = guard::tree(&before, &language) {
            list_errors(tree.root_node(), &mut reader.errors);
            body.extend(reader.block(tree.root_node()));
        }
        reader.errors.push(resume.broken..resume.next.saturating_sub(1).max(resume.broken));
        blank(&mut bytes, 0, resume.next);
        tree = guard::tree(&bytes, &language);
    }
    body
}

fn blank(bytes: &mut [u8], from: usize, to: usize) {
    let to = to.min(bytes.len());
    if let Some(bytes) = bytes.get_mut(from.min(to)..to) {
        bytes.iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
    }
}

/// Where a broken line starts and where the next one does.
struct Resume {
    broken: usize,
    next: usize,
}

/// Finds the line that spoils the rest of the text: an opened quote or bracket in an error that reaches the end.
fn spoilt(tree: &Parsed, bytes: &[u8]) -> Option<Resume> {
    let root = tree.root_node();
    let end = bytes.iter().rposition(|byte| !byte.is_ascii_whitespace()).map_or(0, |last| last + 1);
    let opening = opening_quote(root, end)?;
    let broken = bytes.get(..opening)?.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let next = bytes.get(opening..)?.iter().position(|byte| *byte == b'\n').map(|newline| opening + newline + 1)?;
    (next < end).then_some(Resume { broken, next })
}

/// The first quote that an error node holds without its partner.
fn opening_quote(root: Tree<'_>, end: usize) -> Option<usize> {
    let mut cursor = root.walk();
    loop {
        let node = cursor.node();
        let wreck = node.is_error() && !node.is_missing() && node.end_byte() >= end.saturating_sub(1).min(node.end_byte());
        if wreck {
            let mut inner = node.walk();
            let stray = node.children(&mut inner).find(|child| matches!(child.kind(), "\"" | "`" | "'" | "$'"));
            if let Some(stray) = stray {
                return Some(stray.start_byte());
            }
        }
        if node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return None;
            }
        }
    }
}

/// The places of all nodes of a kind, in order.
pub(super) fn all_of(kind: &str, root: Tree<'_>) -> Vec<At> {
    let (mut cursor, mut found) = (root.walk(), Vec::new());
    loop {
        if cursor.node().kind() == kind {
            found.push(cursor.node().byte_range());
        }
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return found;
            }
        }
    }
}

/// Lists the outermost error nodes, and what is missing.
pub(super) fn list_errors(root: Tree<'_>, errors: &mut Vec<At>) {
    let mut cursor = root.walk();
    loop {
        let node = cursor.node();
        let listed = node.is_error() || node.is_missing();
        if listed {
            errors.push(node.byte_range());
        }
        // The inside of `${ .. }` is read from the text: what the grammar makes of it does not matter.
        if !listed && node.has_error() && node.kind() != "expansion" && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}
