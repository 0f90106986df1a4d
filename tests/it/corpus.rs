//! The corpus: miniature repositories that say on each line what is to be found there, and the examples of the rules' pages.
//!
//! `# expect: rule, ..` stands on the offending line (`//` in Groovy), `# expect-next:` above it, `# expect-prev:` below it, where
//! the line itself bears no comment. A finding that is missing and one that nobody expects both fail.

use crate::support::{Place, catalogue, copied, files, folders, name, places, repository, root, said, swaplint};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use swaplint::formats;
use swaplint::source::Sources;

/// Rules that report on the run rather than on a pipeline: they are tested in `cli`.
const OWN_FAMILY: &str = "linter";

/// What the comments in the files of a case expect.
fn expected(case: &Path) -> Vec<Place> {
    let comment = Regex::new(r"(?:#|//)\s*expect(-next|-prev)?:\s*([a-z0-9-]+(?:\s*,\s*[a-z0-9-]+)*)").expect("an expression");
    let mut places = Vec::new();
    for path in files(case) {
        let bytes = fs::read(case.join(&path)).expect("readable");
        for (index, line) in String::from_utf8_lossy(&bytes).lines().enumerate() {
            let Some(found) = comment.captures(line) else { continue };
            let number = index as u64 + 1;
            let number = match found.get(1).map(|m| m.as_str()) {
                Some("-next") => number + 1,
                Some(_) => number - 1,
                None => number,
            };
            places.extend(found[2].split(',').map(|rule| (path.clone(), number, rule.trim().to_owned())));
        }
    }
    places.sort();
    places
}

/// What the linter finds in a case.
fn found(case: &Path, options: &[&str]) -> Vec<Place> {
    let repository = copied(case);
    let ran = swaplint(repository.path(), &[&["check", "--format", "json", "--no-config"], options].concat());
    assert!(ran.code < 2, "{}: {}", case.display(), ran.err);
    places(&ran.json())
}

/// The elements of `all` that `without` lacks, each as often as it is missing.
fn beyond(all: &[Place], without: &[Place]) -> Vec<Place> {
    let mut left = without.to_vec();
    let absent = |place: &&Place| left.iter().position(|p| p == *place).map(|at| left.swap_remove(at)).is_none();
    all.iter().filter(absent).cloned().collect()
}

/// Adds to `report` how a case differs from what it expects.
fn compare(report: &mut String, case: &Path, options: &[&str]) {
    let (expected, found) = (expected(case), found(case, options));
    let (missing, unexpected) = (beyond(&expected, &found), beyond(&found, &expected));
    if missing.is_empty() && unexpected.is_empty() {
        return;
    }
    let shown = case.strip_prefix(root()).unwrap_or(case).display();
    let _ = writeln!(report, "\n{shown}");
    for (word, places) in [("missing   ", missing), ("unexpected", unexpected)] {
        for (path, line, rule) in places {
            let text = fs::read_to_string(case.join(&path)).unwrap_or_default();
            let text =
                text.lines().nth(usize::try_from(line).unwrap_or(1).saturating_sub(1)).unwrap_or_default().trim().to_owned();
            let _ = writeln!(report, "  {word} {path}:{line} {rule}: {text}");
        }
    }
}

/// Folders of `corpus` that are named after a rule.
fn rules_with_cases() -> Vec<(String, Vec<std::path::PathBuf>)> {
    let all = folders(&root().join("corpus")).into_iter().map(|f| (name(&f), folders(&f)));
    all.filter(|(rule, _)| rule != "whole").collect()
}

#[test]
fn each_rule_says_what_its_cases_expect() {
    let mut report = String::new();
    for (rule, cases) in rules_with_cases() {
        for case in cases {
            compare(&mut report, &case, &["--persona", "auditor", "--select", &rule]);
        }
    }
    assert!(report.is_empty(), "{report}");
}

#[test]
fn whole_repositories_give_what_they_expect() {
    let mut report = String::new();
    for case in folders(&root().join("corpus/whole")) {
        compare(&mut report, &case, &[]);
    }
    assert!(report.is_empty(), "{report}");
}

#[test]
fn every_rule_has_a_case_that_fires_and_one_that_stays_silent() {
    let cases: BTreeMap<_, _> = rules_with_cases().into_iter().collect();
    let rules: BTreeMap<String, String> =
        catalogue().iter().map(|r| (said(r, "id").to_owned(), said(r, "family").to_owned())).collect();
    let mut wrong: Vec<String> =
        cases.keys().filter(|c| !rules.contains_key(*c)).map(|c| format!("corpus/{c}: no such rule")).collect();
    for (rule, _) in rules.iter().filter(|(_, family)| *family != OWN_FAMILY) {
        let cases = cases.get(rule).map(Vec::as_slice).unwrap_or_default();
        let fires: BTreeSet<bool> = cases.iter().map(|c| expected(c).iter().any(|(_, _, r)| r == rule)).collect();
        for (kind, word) in [(true, "fires"), (false, "stays silent")] {
            if !fires.contains(&kind) {
                wrong.push(format!("corpus/{rule}: no case in which it {word}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A fenced example of a rule's page.
struct Example<'a> {
    is_bad: bool,
    format: &'a str,
    text: String,
    line: usize,
}

/// Where an example of a format stands in a repository.
fn file_of(format: &str) -> Option<&'static str> {
    Some(match format {
        "github" => ".github/workflows/x.yml",
        "action" => ".github/actions/x/action.yml",
        "tekton" => ".tekton/x.yaml",
        "jenkins" => "Jenkinsfile",
        "gitlab" => ".gitlab-ci.yml",
        "in-toto" => "root.layout",
        "admission" => "deploy/policy.yaml",
        _ => return None,
    })
}

fn examples(page: &str) -> Vec<Example<'_>> {
    let mut found: Vec<Example<'_>> = Vec::new();
    let mut inside: Option<bool> = None;
    for (index, line) in page.lines().enumerate() {
        match (inside, line.strip_prefix("```")) {
            (Some(_), Some(_)) => inside = None,
            (None, Some(info)) => {
                let words: Vec<&str> = info.split_whitespace().collect();
                inside = Some(matches!(words[..], [_, "bad" | "good", _]));
                if let [_, grade @ ("bad" | "good"), format] = words[..] {
                    found.push(Example { is_bad: grade == "bad", format, text: String::new(), line: index + 1 });
                }
            }
            (Some(true), None) => {
                let text = &mut found.last_mut().expect("opened").text;
                text.push_str(line);
                text.push('\n');
            }
            _ => {}
        }
    }
    found
}

/// Why an example is wrong, if it is.
fn judged(rule: &str, page: &str, example: &Example<'_>, file: &str) -> Option<String> {
    let repository = repository(&[(file, &example.text)]);
    let ran =
        swaplint(repository.path(), &["check", "--format", "json", "--no-config", "--persona", "auditor", "--select", rule]);
    let report = ran.json();
    let rules: Vec<String> = places(&report).into_iter().map(|(_, _, rule)| rule).collect();
    let fires = rules.iter().any(|r| r == rule);
    let broken = rules.iter().any(|r| r != rule);
    let why = match (broken, example.is_bad, fires) {
        (true, ..) => format!("cannot be judged: {}", report["findings"]),
        (_, true, false) => "bad, but not found".to_owned(),
        (_, false, true) => format!("good, but found: {}", report["findings"][0]["message"]),
        _ => return None,
    };
    Some(format!("{page}:{} ({}): {why}", example.line, example.format))
}

#[test]
fn the_examples_of_the_pages_hold() {
    let (mut wrong, mut skipped, mut run) = (Vec::new(), BTreeMap::new(), 0);
    for rule in catalogue() {
        let (id, family) = (said(&rule, "id"), said(&rule, "family"));
        let page = format!("policies/{family}/{id}/rule.md");
        let text = fs::read_to_string(root().join(&page)).expect("a page");
        for example in examples(&text) {
            let Some(file) = file_of(example.format) else {
                wrong.push(format!("{page}:{}: no such format `{}`", example.line, example.format));
                continue;
            };
            if formats::recognise(file, Some(&example.text)).is_none() {
                *skipped.entry(example.format.to_owned()).or_insert(0) += 1;
                continue;
            }
            run += 1;
            wrong.extend(judged(id, &page, &example, file));
        }
    }
    let _ = writeln!(std::io::stderr(), "examples: {run} run, skipped because the format is not loaded yet: {skipped:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(run > 40);
}

#[test]
fn every_loaded_case_is_a_pipeline() {
    let sources = Sources::new();
    for (rule, cases) in rules_with_cases() {
        for case in cases {
            let loads = files(&case).iter().any(|path| {
                let text = fs::read_to_string(case.join(path)).unwrap_or_default();
                let Some(format) = formats::recognise(path, Some(&text)) else { return false };
                let file = sources.add(path.clone(), text.as_str());
                !formats::load(format, file, path, &text).pipelines.is_empty()
            });
            assert!(loads, "corpus/{rule}/{}: nothing in it is a pipeline, so its silence proves nothing", name(&case));
        }
    }
}
