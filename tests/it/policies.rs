//! The built-in rules: their own tests, their pages, their metadata.

use crate::support::{catalogue, folders, name, root, said};
use std::fs;

/// Rules whose findings the linter makes itself; their Rego holds metadata alone.
const OWN_FAMILY: &str = "linter";
const SECTIONS: &[&str] = &["## What it is", "## Why it is bad", "## What to do"];

#[test]
fn rego_tests_pass() {
    let report = swaplint::policy::test_builtin().expect("the policies load");
    let failed: Vec<_> = report.tests.iter().filter(|t| t.failure.is_some()).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn every_rule_is_tested_in_rego() {
    let report = swaplint::policy::test_builtin().expect("the policies load");
    for rule in catalogue().iter().filter(|r| said(r, "family") != OWN_FAMILY) {
        let folder = format!("policies/{}/{}/", said(rule, "family"), said(rule, "id"));
        let tests = report.tests.iter().filter(|t| t.path == format!("{folder}rule_test.rego")).count();
        assert!(tests >= 2, "{folder}rule_test.rego: {tests} tests; at least one fires and one stays silent");
    }
}

#[test]
fn every_page_has_all_sections() {
    for rule in catalogue() {
        let (id, family) = (said(&rule, "id"), said(&rule, "family"));
        let path = format!("policies/{family}/{id}/rule.md");
        let page = fs::read_to_string(root().join(&path)).expect("a page");
        assert_eq!(page.lines().next(), Some(format!("# {id}").as_str()), "{path}");
        let more = if family == OWN_FAMILY { &[][..] } else { &["## Examples", "## References"] };
        let mut at = 0;
        for section in SECTIONS.iter().chain(more) {
            let found = page[at..].find(&format!("\n{section}\n"));
            at += found.unwrap_or_else(|| panic!("{path}: `{section}` is missing or out of order"));
        }
    }
}

#[test]
fn metadata_is_complete_and_the_name_is_the_same_everywhere() {
    let catalogue = catalogue();
    for rule in &catalogue {
        let id = said(rule, "id");
        assert!(id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{id}");
        assert!(!said(rule, "title").ends_with('.') && !said(rule, "title").is_empty(), "{id}: a title is a heading");
        assert!(said(rule, "description").ends_with('.'), "{id}: a description is a sentence");
        assert!(said(rule, "url").ends_with(&format!("/{id}.md")), "{id}");
        let package = format!("package swaplint.{}.{}\n", said(rule, "family"), id.replace('-', "_"));
        let text = fs::read_to_string(root().join(format!("policies/{}/{id}/rule.rego", said(rule, "family")))).expect("a rule");
        assert!(text.contains(&package), "{id}: {package}");
    }
    let known = |family: &str, id: &str| catalogue.iter().any(|r| said(r, "family") == family && said(r, "id") == id);
    for family in folders(&root().join("policies")).iter().filter(|f| name(f) != "lib") {
        for rule in folders(family) {
            assert!(known(&name(family), &name(&rule)), "{}: not in the catalogue", rule.display());
        }
    }
}
