//! The parser against Groovy's own, and against broken files. Both need files that are not here, so they run on demand:
//!
//! - `GROOVY_FILES`: a folder of Jenkinsfiles and library files, without subfolders
//! - `GROOVY_TRUTH`: JSON lines, one a file: `{"file", "steps": [{"name", "at", "lits": [[start, end, quote, holes]], "ints": [[[start, end]]], "parts":
//!   [[text]]}]}`, as Groovy's syntax tree says of each `sh`, `bat`, `powershell` and `pwsh`: the literals of the script in order, with byte
//!   offsets, the text between the interpolations decoded.
//!
//! `cargo test --release --lib oracle -- --ignored --nocapture`

use super::ast::{Id, Node, Operator, Tree};
use super::parser::parse;
use super::token::{Piece, Quote};
use super::{load_jenkinsfile, load_library};
use crate::source::FileId;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Longest that a file of any content may take, in an optimised build.
const MOST: Duration = Duration::from_millis(100);
/// Mutants of each file.
const MUTANTS: usize = 25;

fn folder() -> PathBuf {
    PathBuf::from(std::env::var("GROOVY_FILES").expect("GROOVY_FILES"))
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).expect("a file")).into_owned()
}

/// What is said of one literal, in the form of the truth.
fn literal(tree: &Tree<'_>, index: u32) -> (Value, Value, Value) {
    let (literal, pieces) = tree.literal(index).expect("a literal");
    let quote = match literal.quote {
        Quote::LongSlash => "/",
        other => other.opening(),
    };
    let (mut holes, mut parts) = (Vec::new(), vec![String::new()]);
    for piece in pieces {
        let last = parts.last_mut().expect("a part");
        match piece {
            Piece::Verbatim(at) => last.push_str(&tree.text[at.start as usize..at.end as usize]),
            Piece::Escape(_, c) => last.push(*c),
            Piece::Hole(at, _) => {
                holes.push(json!([at.start, at.end]));
                parts.push(String::new());
            }
        }
    }
    (json!([literal.span.start, literal.span.end, quote, holes.len()]), json!(holes), json!(parts))
}

/// The literals of a script: of both sides of a `+`, and of what a method is called of.
fn literals(tree: &Tree<'_>, id: Id, found: &mut Vec<u32>) {
    match tree.node(id) {
        Node::Text(index) => found.push(index),
        Node::Binary { op: Operator::Plus, left, right } => {
            literals(tree, left, found);
            literals(tree, right, found);
        }
        Node::Call { callee, .. } => {
            if let Node::Member { object, .. } = tree.node(callee)
                && matches!(tree.node(object), Node::Text(_))
            {
                literals(tree, object, found);
            }
        }
        _ => {}
    }
}

/// The script of a call: `script:`, or the first argument without a name.
fn script(tree: &Tree<'_>, args: &[Id]) -> Option<Id> {
    let mut named = None;
    let mut first = None;
    let mut waiting: Vec<Id> = args.iter().rev().copied().collect();
    while let Some(id) = waiting.pop() {
        match tree.node(id) {
            Node::Entry { key, value } if tree.word(key).as_deref() == Some("script") => named = named.or(Some(value)),
            Node::Entry { .. } => {}
            Node::Map(entries) => waiting.extend(tree.list(entries).iter().rev()),
            _ => first = first.or(Some(id)),
        }
    }
    named.or(first)
}

/// Each step with its literals.
fn steps(tree: &Tree<'_>) -> Vec<Value> {
    let mut all = Vec::new();
    for (node, _) in &tree.nodes {
        let Node::Call { callee, args } = *node else { continue };
        let name = match tree.node(callee) {
            Node::Name => Some(tree.source(callee).to_owned()),
            Node::Member { name, .. } => tree.word(name),
            _ => None,
        };
        let Some(name) = name.filter(|n| matches!(n.as_str(), "sh" | "bat" | "powershell" | "pwsh")) else { continue };
        let mut found = Vec::new();
        if let Some(script) = script(tree, tree.list(args)) {
            literals(tree, script, &mut found);
        }
        let read: Vec<(Value, Value, Value)> = found.into_iter().map(|index| literal(tree, index)).collect();
        let column = |of: fn(&(Value, Value, Value)) -> Value| read.iter().map(of).collect::<Vec<_>>();
        all.push(json!([name, column(|r| r.0.clone()), column(|r| r.1.clone()), column(|r| r.2.clone())]));
    }
    all
}

#[test]
#[ignore = "needs files, and what Groovy says of them"]
fn steps_are_those_that_groovy_sees() {
    let (folder, truth) =
        (folder(), std::fs::read_to_string(std::env::var("GROOVY_TRUTH").expect("GROOVY_TRUTH")).expect("the truth"));
    let (mut files, mut wanted, mut missed, mut added) = (0, 0, Vec::new(), Vec::new());
    for line in truth.lines() {
        let truth: Value = serde_json::from_str(line).expect("JSON");
        let file = truth["file"].as_str().expect("a name");
        let text = read(&folder.join(file));
        let mut ours = steps(&parse(&text));
        let mut seen = HashSet::new();
        files += 1;
        // Groovy's tree holds the left side of `?:` twice.
        for step in truth["steps"].as_array().expect("steps").iter().filter(|step| seen.insert(step["at"].as_u64())) {
            wanted += 1;
            let step = json!([step["name"], step["lits"], step["ints"], step["parts"]]);
            match ours.iter().position(|one| *one == step) {
                Some(found) => drop(ours.swap_remove(found)),
                None => missed.push(format!("{file}: {step}")),
            }
        }
        added.extend(ours.into_iter().map(|step| format!("{file}: {step}")));
    }
    let report = format!("{files} files, {wanted} steps, {} missed, {} that are none", missed.len(), added.len());
    assert!(
        missed.len() * 1000 <= wanted && added.len() * 1000 <= wanted,
        "{report}\n{}\n\n{}",
        missed.join("\n"),
        added.join("\n")
    );
    std::fs::write(folder.with_extension("report"), format!("{report}\n{}\n\n{}\n", missed.join("\n"), added.join("\n")))
        .expect("a report");
}

/// Numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end.max(1) as u64).unwrap_or(0)
    }
}

/// A text with some parts taken away, doubled, or put where they do not belong.
fn mutant(text: &str, numbers: &mut Numbers) -> String {
    const SIGNS: &[&str] =
        &["{", "}", "(", ")", "[", "]", "'", "\"", "'''", "\"\"\"", "${", "/", "$/", "/*", "*/", "\\", "->", "\n", "é", "="];
    let mut text = text.to_owned();
    let place = |text: &str, numbers: &mut Numbers| {
        let at = numbers.below(text.len() + 1);
        (0..=at).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0)
    };
    for _ in 0..=numbers.below(4) {
        let (a, b) = (place(&text, numbers), place(&text, numbers));
        let (start, end) = (a.min(b), a.max(b));
        match numbers.below(5) {
            0 => {
                let near = (start..=(start + 40).min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(start);
                text.replace_range(start..near, "");
            }
            1 => text.truncate(end),
            2 => {
                let part = text[start..end].chars().take(2000).collect::<String>();
                text.insert_str(start, &part);
            }
            3 => text.insert_str(start, &SIGNS[numbers.below(SIGNS.len())].repeat(1 + numbers.below(200))),
            _ => text.insert_str(start, SIGNS[numbers.below(SIGNS.len())]),
        }
    }
    text
}

/// For how long this thread has had a processor so far: what others do on the machine does not count.
fn worked() -> Duration {
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    Duration::from_nanos(said.split(' ').next().and_then(|n| n.parse().ok()).expect("a number"))
}

#[test]
#[ignore = "needs files, and an optimised build"]
fn mutants_are_read_in_no_time() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let (mut count, mut slowest_parse, mut slowest) = (0, Duration::ZERO, Vec::new());
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder()).expect("a folder").map(|e| e.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        let text = read(&path);
        for _ in 0..MUTANTS {
            let mutant = mutant(&text, &mut numbers);
            let start = worked();
            parse(&mutant);
            let parsed = worked() - start;
            load_jenkinsfile(FileId(0), "Jenkinsfile", &mutant);
            load_library(FileId(0), "vars/a.groovy", &mutant);
            count += 1;
            slowest_parse = parsed.max(slowest_parse);
            slowest.push((parsed, (worked() - start - parsed) / 2, path.display().to_string(), mutant));
            slowest.sort_by_key(|(parsed, loaded, ..)| std::cmp::Reverse((*parsed).max(*loaded)));
            slowest.truncate(8);
        }
    }
    let shown: Vec<String> =
        slowest.iter().map(|(p, l, path, text)| format!("parsed {p:?}, loaded {l:?}, {} bytes: {path}", text.len())).collect();
    std::fs::write(
        folder().with_extension("mutants"),
        format!("{count} mutants, none parsed in more than {slowest_parse:?}\n{}\n", shown.join("\n")),
    )
    .expect("a report");
    if let Some((parsed, loaded, path, text)) = slowest.iter().find(|s| s.0.max(s.1) > MOST) {
        std::fs::write(folder().with_extension("slow"), text).expect("a report");
        panic!("parsed {parsed:?}, loaded {loaded:?}: {path}");
    }
}
