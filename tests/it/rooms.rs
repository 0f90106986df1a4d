//! Who may import whom. The table stands in `docs/architecture.md`, and is read from there: what it says is what holds.

use crate::support::{files, root};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// `use crate::a::{b, c};` as `a::b`, `a::c`; two parts are enough to know the room and, of `formats`, the format.
fn imports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let before = text[..at].chars().next_back();
        if !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
            tree(&text[at + "crate::".len()..], "", &mut found);
        }
    }
    found
}

/// Adds the paths of a use tree that starts at the beginning of `text`; gives what comes after it.
fn tree<'t>(text: &'t str, prefix: &str, found: &mut Vec<String>) -> &'t str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = rest.trim_start_matches([',', ' ', '\n']);
            if let Some(after) = rest.strip_prefix('}') {
                return after;
            }
            let after = tree(rest, prefix, found);
            if after.len() == rest.len() {
                return after;
            }
            rest = after;
        }
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '*').unwrap_or(text.len());
    let (part, rest) = text.split_at(end);
    let path = if prefix.is_empty() { part.to_owned() } else { format!("{prefix}::{part}") };
    match rest.strip_prefix("::") {
        Some(rest) => tree(rest, &path, found),
        None => {
            found.push(path.trim_end_matches("::self").to_owned());
            rest
        }
    }
}

#[test]
fn use_trees_are_read() {
    let text = "use crate::{suggest, a::{self, B}};\nfn f() { crate::formats::yaml::Yaml::parse(); mycrate::x(); }";
    assert_eq!(imports(text), ["suggest", "a", "a::B", "formats::yaml::Yaml::parse"]);
}

/// Code alone: without comments and without what stands in `mod tests`.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let without = |line: &str| line.split("//").next().unwrap_or_default().to_owned();
    text.lines().map(without).collect::<Vec<_>>().join("\n")
}

/// The room of a file, and of `formats` the format: `src/formats/github/job.rs` is `formats::github`.
fn room(path: &str) -> String {
    let parts: Vec<&str> = path.trim_end_matches(".rs").split('/').collect();
    match parts[..] {
        ["formats", format, ..] => format!("formats::{format}"),
        [room, ..] => room.to_owned(),
        [] => String::new(),
    }
}

/// The table of `docs/architecture.md`: a room and what it may import. `*` stands for everything, `formats/*` for each format.
fn allowed() -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(root().join("docs/architecture.md")).expect("docs/architecture.md");
    let rows = text.lines().skip_while(|l| !l.starts_with("| Room | May import |")).skip(2).take_while(|l| l.starts_with('|'));
    let mut table = BTreeMap::new();
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let names = |cell: &str| {
            cell.split(',').map(|n| n.trim().trim_matches('`').to_owned()).filter(|n| n != "-").collect::<BTreeSet<_>>()
        };
        for room in names(cells[0]) {
            table.insert(room, names(cells[1]));
        }
    }
    table
}

/// Whether a room may use a path.
fn permits(table: &BTreeMap<String, BTreeSet<String>>, room: &str, path: &str) -> bool {
    let inside = |outer: &str| path == outer || path.strip_prefix(outer).is_some_and(|rest| rest.starts_with("::"));
    let row = if room.starts_with("formats::") && !table.contains_key(room) { "formats::*" } else { room };
    let Some(allowed) = table.get(row) else { return false };
    inside(room) || allowed.iter().any(|a| a == "*" || inside(a))
}

#[test]
fn rooms_import_what_the_table_allows() {
    let table = allowed();
    assert!(table.len() > 10, "the table is not found");
    let mut wrong = Vec::new();
    for path in files(&root().join("src")).into_iter().filter(|p| p.ends_with(".rs") && !p.ends_with("tests.rs") && p != "lib.rs")
    {
        let text = code(&fs::read_to_string(root().join("src").join(&path)).expect("readable"));
        let text = if path == "main.rs" { text.replace("swaplint::", "crate::") } else { text };
        let room = room(&path);
        wrong.extend(
            imports(&text).into_iter().filter(|i| !permits(&table, &room, i)).map(|i| format!("src/{path}: {room} -> {i}")),
        );
    }
    assert!(wrong.is_empty(), "not in the table of docs/architecture.md:\n{}", wrong.join("\n"));
}

#[test]
fn every_room_is_in_the_table_and_on_the_map() {
    let table = allowed();
    let map = fs::read_to_string(root().join("src/lib.rs")).expect("readable");
    for line in map.lines() {
        let Some(room) = line.strip_prefix("pub mod ").and_then(|l| l.strip_suffix(';')) else { continue };
        assert!(table.contains_key(room), "docs/architecture.md: `{room}` is missing in the table");
    }
}
