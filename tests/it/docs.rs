//! What the documents show is real: their paths exist, their commands print what stands there.

use crate::support::{files, git, repository, root, swaplint, write};
use regex::Regex;
use std::fs;
use std::path::Path;

/// The documents, by path.
fn documents() -> Vec<(String, String)> {
    let docs = files(&root().join("docs")).into_iter().filter(|p| p.ends_with(".md")).map(|p| format!("docs/{p}"));
    let all = ["README.md", "CHANGELOG.md"].map(str::to_owned).into_iter().chain(docs);
    all.map(|path| (fs::read_to_string(root().join(&path)).expect("readable"), path)).map(|(text, path)| (path, text)).collect()
}

/// Text outside of fenced blocks.
fn prose(text: &str) -> String {
    let mut fenced = false;
    let outside = |line: &&str| {
        let is_fence = line.starts_with("```");
        fenced ^= is_fence;
        !fenced && !is_fence
    };
    text.lines().filter(outside).collect::<Vec<_>>().join("\n")
}

#[test]
fn links_lead_somewhere() {
    let link = Regex::new(r"\]\(([^)#:]+)(?:#[^)]*)?\)").expect("an expression");
    for (path, text) in documents() {
        let folder = root().join(&path).parent().expect("a folder").to_owned();
        for found in link.captures_iter(&prose(&text)) {
            assert!(folder.join(&found[1]).exists(), "{path}: the link to `{}` leads nowhere", &found[1]);
        }
    }
}

#[test]
fn paths_of_the_repository_exist() {
    let path_like =
        Regex::new(r"`((?:src|policies|corpus|tests|docs|\.ci|\.github)(?:/[A-Za-z0-9_.-]+)*/?)`").expect("an expression");
    let mut named = 0;
    for (path, text) in documents() {
        for found in path_like.captures_iter(&prose(&text)) {
            named += 1;
            let is_pattern = found[1].chars().filter(char::is_ascii_uppercase).count() > 2; // `corpus/RULE/CASE`
            assert!(is_pattern || root().join(&found[1]).exists(), "{path}: there is no `{}`", &found[1]);
        }
    }
    assert!(named > 30, "{named}");
}

/// A fenced block: the words after the fence, and what is in it.
struct Block<'a> {
    info: Vec<&'a str>,
    lines: Vec<&'a str>,
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut found: Vec<Block<'_>> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if let Some(info) = line.strip_prefix("```") {
            inside = !inside;
            if inside {
                found.push(Block { info: info.split_whitespace().collect(), lines: Vec::new() });
            }
        } else if inside {
            found.last_mut().expect("opened").lines.push(line);
        }
    }
    found
}

/// Commands of a console block and what is shown below each.
fn commands<'a>(block: &Block<'a>) -> Vec<(&'a str, String)> {
    let mut found: Vec<(&str, String)> = Vec::new();
    for line in &block.lines {
        if let Some(command) = line.strip_prefix("$ ") {
            found.push((command, String::new()));
        } else if let Some((_, output)) = found.last_mut() {
            output.push_str(line);
            output.push('\n');
        }
    }
    found
}

fn trimmed(text: &str) -> String {
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_matches('\n').to_owned()
}

/// Writes the files of a page (` ```yaml path `) and runs its consoles, in order; gives the page as it should be.
fn replayed(text: &str) -> String {
    let repository = repository(&[]);
    let mut page = text.to_owned();
    for block in blocks(text) {
        match block.info[..] {
            ["console"] => {
                for (command, shown) in commands(&block) {
                    let printed = printed(repository.path(), command);
                    page = page.replacen(&format!("$ {command}\n{shown}"), &format!("$ {command}\n{printed}"), 1);
                }
            }
            [_, path] => write(repository.path(), path, format!("{}\n", block.lines.join("\n")).as_bytes()),
            _ => {}
        }
    }
    page
}

/// What a terminal shows for a command.
fn printed(folder: &Path, command: &str) -> String {
    let args: Vec<&str> = command.split_whitespace().collect();
    let text = match args[..] {
        ["git", ref args @ ..] => git(folder, args),
        ["swaplint", ref args @ ..] => {
            let ran = swaplint(folder, args);
            format!("{}{}", ran.out, ran.err)
        }
        _ => panic!("{command}"),
    };
    let text = trimmed(&text);
    if text.is_empty() { text } else { format!("{text}\n") }
}

#[test]
fn consoles_show_what_is_printed() {
    let mut wrong = Vec::new();
    for (path, text) in documents() {
        let page = replayed(&text);
        if trimmed(&text) != trimmed(&page) {
            let there = std::env::temp_dir().join(path.replace('/', "-"));
            fs::write(&there, &page).expect("written");
            let differs = text.lines().zip(page.lines()).find(|(shown, printed)| trimmed(shown) != trimmed(printed));
            wrong.push(format!("{path}: as it should be: {}\n{differs:#?}", there.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_readme_names_the_commands_of_the_project() {
    let readme = fs::read_to_string(root().join("README.md")).expect("readable");
    let ci = fs::read_to_string(root().join(".ci/run")).expect("readable");
    assert!(readme.contains("cargo run --release -- check PATH"));
    assert!(readme.contains("\ncargo test ") && ci.contains("cargo test"));
}

#[test]
fn the_architecture_fits_a_page() {
    let text = fs::read_to_string(root().join("docs/architecture.md")).expect("readable");
    assert!(text.lines().count() <= 80);
}
