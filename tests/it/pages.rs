//! `docs/rules`: a page a rule and their index, made of metadata and `rule.md`.
//!
//! `SWAPLINT_BLESS=1 cargo test --test it pages` writes them.

use crate::support::{catalogue, files, root, said};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

/// What is said on top of each file.
const MADE: &str = "<!-- Made of the rule's metadata and rule.md; see tests/it/pages.rs. -->\n";

/// All files of the folder, by name.
fn pages() -> BTreeMap<String, String> {
    let catalogue = catalogue();
    let mut pages = BTreeMap::new();
    let mut index = format!("{MADE}# Rules\n\nWhat `swaplint rules` lists; `swaplint explain RULE` shows the same pages.\n");
    let mut family = "";
    for rule in &catalogue {
        let (id, title) = (said(rule, "id"), said(rule, "title"));
        if family != said(rule, "family") {
            family = said(rule, "family");
            let _ = write!(index, "\n## {family}\n\n| Rule | | Severity | Confidence | Persona |\n|---|---|---|---|---|\n");
        }
        let grades = ["severity", "confidence", "persona"].map(|grade| said(rule, grade));
        let _ = writeln!(index, "| [{id}]({id}.md) | {} | {} |", title.replace('|', "\\|"), grades.join(" | "));
        pages.insert(format!("{id}.md"), page(rule));
    }
    pages.insert("README.md".to_owned(), index);
    pages
}

fn page(rule: &serde_json::Value) -> String {
    let (id, family) = (said(rule, "id"), said(rule, "family"));
    let text = fs::read_to_string(root().join(format!("policies/{family}/{id}/rule.md"))).expect("a page");
    let (heading, rest) = text.split_once('\n').expect("a heading");
    let [severity, confidence, persona, title] = ["severity", "confidence", "persona", "title"].map(|key| said(rule, key));
    let grades =
        format!("{severity} severity, {confidence} confidence, {persona} persona, family [{family}](README.md#{family})");
    format!("{MADE}{heading}\n\n**{title}**: {grades}.\n{rest}{}", options(rule))
}

/// What the config can say to a rule.
fn options(rule: &serde_json::Value) -> String {
    let options = rule["options"].as_array().expect("a list");
    let mut section = String::new();
    if !options.is_empty() {
        section =
            format!("\n## Options\n\nIn the [config](../configuration.md), below `rules: {}: options:`.\n\n", said(rule, "id"));
        section += "| Option | Kind | Default | |\n|---|---|---|---|\n";
    }
    for option in options {
        let [name, kind, description] = ["name", "kind", "description"].map(|key| said(option, key));
        let _ = writeln!(section, "| `{name}` | {kind} | `{}` | {description} |", option["default"]);
    }
    section
}

#[test]
fn pages_are_what_the_rules_say() {
    let folder = root().join("docs/rules");
    let pages = pages();
    if std::env::var_os("SWAPLINT_BLESS").is_some() {
        fs::create_dir_all(&folder).expect("created");
        for stale in files(&folder).iter().filter(|name| !pages.contains_key(*name)) {
            fs::remove_file(folder.join(stale)).expect("removed");
        }
        pages.iter().for_each(|(name, text)| fs::write(folder.join(name), text).expect("written"));
    }
    let there: Vec<String> = files(&folder);
    assert_eq!(there, pages.keys().cloned().collect::<Vec<_>>(), "run it with SWAPLINT_BLESS=1");
    for (name, text) in &pages {
        let shown = fs::read_to_string(folder.join(name)).expect("readable");
        assert!(shown == *text, "docs/rules/{name} lags behind its rule: run it with SWAPLINT_BLESS=1");
    }
}
