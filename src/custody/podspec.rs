//! The containers of a pod that is described in JSON on a command line (`kubectl run --overrides`).
//!
//! What is found there need not be JSON yet: unknown parts stand in it, or it is the program with which `jq -n` makes it, with bare
//! keys and variables. So it is read leniently.

use super::effects::At;
use super::env::Env;
use super::interpret::Walk;
use super::model::{RawEvent, Subject};
use super::words::Words;
use crate::facts::{Artifact, EventKind, Origin};
use crate::tools::Slice;
use std::ops::Range;
use std::rc::Rc;

/// Lists and maps within each other that are followed.
const MAX_DEPTH: usize = 32;

/// A container, by bytes of the text.
#[derive(Debug, PartialEq, Eq)]
struct Container {
    image: Range<usize>,
    /// `command` and `args`.
    words: Vec<Range<usize>>,
}

impl Walk<'_> {
    /// What the containers of a pod do. `first`: the first event of the command that starts it.
    pub(super) fn pod(&mut self, pod: &Slice, first: usize, words: &Words, at: &At, env: &mut Env) {
        let Some(text) = words.value(pod).single().map(super::text::Text::masked) else { return };
        let started = self.records.events.get(first..).and_then(|e| e.iter().find(|e| e.kind == EventKind::Deploy)).cloned();
        for container in containers(&text) {
            let slice = |r: &Range<usize>| Slice { range: pod.range.start + r.start..pod.range.start + r.end, ..pod.clone() };
            let image = slice(&container.image);
            let (value, span) = (words.value(&image), words.span(&image));
            let name = value.display(&self.symbols);
            if let Some(started) = &started {
                let text = name.clone();
                let subject = Subject { artifact: Artifact::Image, value, text, span, is_local: false, is_default: false };
                self.records.event(RawEvent { reference: Some(subject), ..started.clone() });
            }
            let mut inner = Words::new();
            for word in &container.words {
                match text[word.clone()].strip_prefix('$') {
                    // A variable of `jq`.
                    Some(name) => inner.push(self.unknown(name.to_owned()), Rc::default(), words.span(&slice(word))),
                    None => inner.take(words, &slice(word)),
                }
            }
            let argv = inner.argv();
            if let Some(found) = self.world.toolbox.recognise_image(&name, &argv) {
                let at = At { origin: Origin::Container, ..at.clone() };
                self.apply(&found, &inner, &argv, &at, env);
            }
        }
    }
}

/// A value.
enum Node {
    Map(Vec<(Range<usize>, Node)>),
    List(Vec<Node>),
    Word(Range<usize>),
}

/// Every map that has an `image`, in order.
fn containers(text: &str) -> Vec<Container> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(node) = node(text, &mut at, 0) {
        collect(text, &node, &mut found);
    }
    found
}

fn collect(text: &str, node: &Node, found: &mut Vec<Container>) {
    match node {
        Node::Word(_) => {}
        Node::List(items) => items.iter().for_each(|item| collect(text, item, found)),
        Node::Map(entries) => {
            let get = |key: &str| entries.iter().find(|(k, _)| &text[k.clone()] == key).map(|(_, value)| value);
            if let Some(Node::Word(image)) = get("image").filter(|n| !matches!(n, Node::Word(r) if r.is_empty())) {
                let lists = ["command", "args"].into_iter().filter_map(get);
                let items = lists.flat_map(|n| if let Node::List(items) = n { items.as_slice() } else { &[] });
                let words = items.filter_map(|n| if let Node::Word(range) = n { Some(range.clone()) } else { None }).collect();
                found.push(Container { image: image.clone(), words });
            }
            entries.iter().for_each(|(_, value)| collect(text, value, found));
        }
    }
}

/// The value at `at`, which moves behind it; `None` at a closing bracket, which it moves behind as well, and at the end.
fn node(text: &str, at: &mut usize, depth: usize) -> Option<Node> {
    loop {
        let rest = &text[*at..];
        let first = rest.chars().next()?;
        match first {
            '{' | '[' if depth < MAX_DEPTH => {
                *at += 1;
                let mut items = Vec::new();
                while let Some(item) = node(text, at, depth + 1) {
                    items.push(item);
                }
                return Some(if first == '[' { Node::List(items) } else { Node::Map(pairs(items)) });
            }
            '}' | ']' if depth > 0 => {
                *at += 1;
                return None;
            }
            '"' => {
                let end = closing(&rest[1..]);
                let range = *at + 1..*at + 1 + end;
                *at = (range.end + 1).min(text.len());
                return Some(Node::Word(range));
            }
            _ if is_mark(first) => *at += first.len_utf8(),
            _ => {
                let end = rest.find(|c: char| is_mark(c) || c == '"').unwrap_or(rest.len());
                let range = *at..*at + end;
                *at = range.end;
                return Some(Node::Word(range));
            }
        }
    }
}

fn is_mark(c: char) -> bool {
    c.is_whitespace() || matches!(c, '{' | '}' | '[' | ']' | ',' | ':')
}

/// Keys and values by turns: what is no word cannot be a key.
fn pairs(items: Vec<Node>) -> Vec<(Range<usize>, Node)> {
    let mut entries = Vec::new();
    let mut items = items.into_iter();
    while let Some(key) = items.next() {
        if let Node::Word(key) = key
            && let Some(value) = items.next()
        {
            entries.push((key, value));
        }
    }
    entries
}

/// Where a string ends whose opening quote stands before `text`.
fn closing(text: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match letter {
            '"' if !escaped => return at,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<(&str, Vec<&str>)> {
        let found = containers(text);
        found.iter().map(|c| (&text[c.image.clone()], c.words.iter().map(|w| &text[w.clone()]).collect())).collect()
    }

    #[test]
    fn pods() {
        let json = r#"{"spec": {"hostPID": true, "containers": [{"name": "a", "image": "x:1", "command": ["sh", "-c"], "args": ["a \"b\""]}], "initContainers": [{"image": "y"}]}}"#;
        assert_eq!(of(json), [("x:1", vec!["sh", "-c", r#"a \"b\""#]), ("y", vec![])]);
        let program = "{ spec: { containers: [{ name: \"a\", image: $image, command: [\"cosign\", \"copy\"], args: [$from, $to], env: [{name: \"A\", value: \"b\"}] }] } }";
        assert_eq!(of(program), [("$image", vec!["cosign", "copy", "$from", "$to"])]);
    }

    #[test]
    fn what_is_none() {
        for text in [
            "",
            "}",
            "{",
            "[[[",
            "{\"image\"",
            "{\"image\": \"",
            "{\"image\": {\"a\": \"b\"}}",
            "plain",
            "]]}}{\"",
            "{\"image\": \"\"}",
        ] {
            assert_eq!(of(text), [], "{text}");
        }
        assert_eq!(of(&"[".repeat(100_000)), []);
    }
}
