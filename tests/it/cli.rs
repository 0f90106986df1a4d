//! The command line as a contract: exit codes, forms, options, and inputs that nobody should give it.

use crate::support::{Ran, places, repository, swaplint, swaplint_reading, swaplint_with, write};
use serde_json::Value;
use std::fs;
use tempfile::TempDir;

pub(super) const WORKFLOW: &str = ".github/workflows/x.yml";
/// `sign-by-tag` at 6 (high), `unchecked-copy` at 7 (medium), `copy-by-tag` at 7 (high), `unpinned-ci-image` at 4 (pedantic).
pub(super) const OPEN: &str = "on: push
jobs:
  release:
    container: ghcr.io/acme/ci:1.2.3
    steps:
      - run: cosign sign --yes ghcr.io/acme/app:main
      - run: crane copy ghcr.io/acme/app:main prod.example.com/app:main
";
const CLEAN: &str = "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make test\n";

pub(super) fn open() -> TempDir {
    repository(&[(WORKFLOW, OPEN)])
}

pub(super) fn check(dir: &TempDir, args: &[&str]) -> Ran {
    swaplint(dir.path(), &[&["check"], args].concat())
}

/// The rules that are reported, in order.
pub(super) fn rules(dir: &TempDir, args: &[&str]) -> Vec<String> {
    let report = check(dir, &[&["--format", "json"], args].concat()).json();
    report["findings"].as_array().expect("a list").iter().map(|f| f["rule"].as_str().expect("a rule").to_owned()).collect()
}

#[test]
fn exit_codes() {
    let (open, clean) = (open(), repository(&[(WORKFLOW, CLEAN)]));
    for form in ["human", "concise", "json", "ndjson", "sarif", "github", "gitlab", "junit", "markdown"] {
        assert_eq!(check(&open, &["--format", form]).code, 1, "{form}");
        assert_eq!(check(&clean, &["--format", form]).code, 0, "{form}");
    }
    assert_eq!(check(&open, &["--fail-on", "never"]).code, 0);
    assert_eq!(check(&open, &["--fail-on", "high"]).code, 1);
    assert_eq!(check(&open, &["--fail-on", "high", "--select", "unchecked-copy"]).code, 0);
    for wrong in [
        &["--no-such-option"][..],
        &["missing.yml"],
        &["--format", "xml"],
        &["--select", "no-such-rule"],
        &["--config", "missing"],
    ] {
        let ran = check(&open, wrong);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{wrong:?}");
        assert!(!ran.err.is_empty(), "{wrong:?}");
    }
    assert_eq!(swaplint(open.path(), &["chekc"]).code, 2);
    assert_eq!(swaplint(open.path(), &["--version"]).code, 0);
}

#[test]
fn nothing_to_check_is_no_failure() {
    let dir = repository(&[("README.md", "text\n")]);
    let ran = check(&dir, &[]);
    assert_eq!(ran.code, 0);
    assert_eq!(ran.err, "nothing to check: nothing here is a pipeline\n");
    let ran = check(&dir, &["README.md"]);
    assert_eq!((ran.code, ran.err.lines().count()), (0, 1), "a hook hands over any file");
}

#[test]
fn rules_are_chosen() {
    let dir = open();
    assert_eq!(rules(&dir, &["--select", "sign-by-tag"]), ["sign-by-tag"]);
    assert_eq!(rules(&dir, &["--select", "signing,copy-by-tag"]), ["sign-by-tag", "copy-by-tag"]);
    assert_eq!(rules(&dir, &["--persona", "pedantic", "--select", "copy", "--ignore", "copy-by-tag"]), ["unchecked-copy"]);
    assert!(!rules(&dir, &["--ignore", "copy"]).iter().any(|r| r == "copy-by-tag"));
    let ran = check(&dir, &["--select", "sing-by-tag"]);
    assert_eq!(ran.err, "swaplint: error: there is no rule or family `sing-by-tag`, did you mean `sign-by-tag`?\n");
}

#[test]
fn grades_filter() {
    let dir = open();
    let high = rules(&dir, &["--min-severity", "high"]);
    assert!(high.contains(&"copy-by-tag".to_owned()) && !high.contains(&"unchecked-copy".to_owned()), "{high:?}");
    let (regular, pedantic) = (rules(&dir, &[]), rules(&dir, &["--persona", "pedantic"]));
    assert!(!regular.contains(&"unpinned-ci-image".to_owned()), "{regular:?}");
    assert!(pedantic.contains(&"unpinned-ci-image".to_owned()), "{pedantic:?}");
    assert!(regular.iter().all(|r| pedantic.contains(r)), "each persona sees what the ones before see");
}

#[test]
fn stdin_is_one_file() {
    let dir = repository(&[]);
    let ran = swaplint_reading(dir.path(), &["check", "-", "--stdin-path", WORKFLOW, "--format", "json"], OPEN);
    assert_eq!(ran.code, 1);
    assert!(places(&ran.json()).contains(&(WORKFLOW.to_owned(), 6, "sign-by-tag".to_owned())), "{}", ran.out);
    assert_eq!(swaplint_reading(dir.path(), &["check", "-"], OPEN).code, 2);
}

#[test]
fn deleted_files_of_a_list_are_skipped() {
    let dir = open();
    let ran = check(&dir, &[WORKFLOW, ".github/workflows/deleted.yml", "--format", "concise"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("deleted.yml: deleted, skipped"), "{}", ran.err);
    assert!(ran.out.contains("sign-by-tag"));
}

#[test]
fn what_the_ci_system_refuses_is_found_in_every_format() {
    let dir = repository(&[
        (".gitlab-ci.yml", "include: [{local: ci/a.yml}]\nj: {extends: .t}\n"),
        ("ci/a.yml", ".t:\n  script:\n    - echo \"a: b\"\n"),
        (".tekton/t.yaml", "apiVersion: tekton.dev/v1\nkind: Task\nspec: {steps: {a: b}}\n"),
        ("Jenkinsfile", "node { sh 'a\n}\n"),
        // Others fill these in: they are no pipelines yet, and no pipelines at all.
        ("chart/templates/t.yaml", "apiVersion: tekton.dev/v1\nkind: Task\n{{- if .Values.x }}\nspec: [\n"),
        ("deploy/a.yaml", "apiVersion: apps/v1\nkind: Deployment\nspec: {steps: {a: b}}\n"),
    ]);
    let report = check(&dir, &["--format", "json"]).json();
    let mut found = places(&report);
    found.sort();
    let one = |path: &str, line| (path.to_owned(), line, "unparsable-pipeline".to_owned());
    assert_eq!(found, [one(".tekton/t.yaml", 3), one("Jenkinsfile", 1), one("ci/a.yml", 3)]);
    let named = check(&dir, &["--format", "json", "chart/templates/t.yaml"]).json();
    assert!(places(&named).iter().all(|(.., rule)| rule == "unparsable-pipeline") && !places(&named).is_empty());
}

#[test]
fn a_broken_file_is_a_finding_and_the_others_run() {
    let dir = open();
    write(dir.path(), ".github/workflows/broken.yml", b"on: push\njobs: [\n");
    let ran = check(&dir, &["--format", "json", "--select", "signing", "--min-severity", "high"]);
    let report = ran.json();
    let rules: Vec<String> = places(&report).into_iter().map(|(path, _, rule)| format!("{path} {rule}")).collect();
    assert_eq!(ran.code, 1);
    assert!(rules.contains(&".github/workflows/broken.yml unparsable-pipeline".to_owned()), "{rules:?}");
    assert!(rules.contains(&format!("{WORKFLOW} sign-by-tag")), "{rules:?}");
    assert_eq!(report["summary"]["unparsable"], 1);
    let status =
        report["files"].as_array().expect("a list").iter().find(|f| f["path"] == ".github/workflows/broken.yml").expect("listed");
    assert_eq!(status["status"], "unparsable");
}

#[test]
fn the_json_report_has_its_shape() {
    let dir = open();
    let report = check(&dir, &["--format", "json"]).json();
    let keys = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!(sorted(keys(&report)), ["files", "findings", "handoffs", "schema", "summary", "tool"]);
    assert_eq!(report["schema"], "swaplint.report.v1");
    assert_eq!(report["tool"]["name"], "swaplint");
    assert_eq!(sorted(keys(&report["summary"])), ["files", "findings", "handoffs", "pipelines", "suppressed", "unparsable"]);
    assert_eq!(report["files"][0], serde_json::json!({"path": WORKFLOW, "format": "github-workflow", "status": "checked"}));
    let finding = report["findings"].as_array().expect("a list").iter().find(|f| f["rule"] == "sign-by-tag").expect("found");
    let expected =
        "confidence context evidence family fingerprint help message path persona related rule severity span suppressed url";
    assert_eq!(sorted(keys(finding)).join(" "), expected);
    assert_eq!(finding["context"]["execution"], "release");
    assert_eq!(finding["suppressed"], Value::Null);
    assert_eq!(finding["fingerprint"].as_str().map(str::len), Some(64));
    let (start, end) = (&finding["span"]["start"], &finding["span"]["end"]);
    assert_eq!((&start["line"], &end["line"]), (&6.into(), &6.into()));
    let offsets = [start, end].map(|p| usize::try_from(p["offset"].as_u64().expect("bytes")).expect("small"));
    assert_eq!(&OPEN[offsets[0]..offsets[1]], "ghcr.io/acme/app:main");
}

fn sorted(mut words: Vec<String>) -> Vec<String> {
    words.sort();
    words
}

#[test]
fn lines_are_the_findings_of_the_document() {
    let dir = open();
    let document = check(&dir, &["--format", "json"]).json();
    let lines = check(&dir, &["--format", "ndjson"]).out;
    let lines: Vec<Value> = lines.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    assert_eq!(Value::Array(lines), document["findings"]);
}

#[test]
fn sarif_is_as_code_scanning_wants_it() {
    let dir = open();
    let sarif = check(&dir, &["--format", "sarif"]).json();
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    assert!(rules.len() > 20, "all rules that ran are listed");
    for rule in rules {
        assert!(rule["id"].as_str().expect("an id").starts_with("swaplint/"), "{rule}");
        assert!(rule["help"]["markdown"].is_string() && rule["properties"]["security-severity"].is_string(), "{rule}");
    }
    for result in run["results"].as_array().expect("results") {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], WORKFLOW);
        assert!(place["region"]["startLine"].is_u64());
        assert!(!result["partialFingerprints"].as_object().expect("fingerprints").is_empty());
    }
}

#[test]
fn several_reports_in_one_run() {
    let dir = open();
    let ran = check(&dir, &["--format", "concise", "--output", "sarif=out.sarif", "--output", "json=out.json"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.starts_with(WORKFLOW));
    for file in ["out.sarif", "out.json"] {
        let text = fs::read_to_string(dir.path().join(file)).expect("written");
        serde_json::from_str::<Value>(&text).expect("JSON");
    }
}

#[test]
fn two_runs_print_the_same() {
    let dir = open();
    for name in ["a", "b", "c", "d"] {
        write(dir.path(), &format!(".github/workflows/{name}.yml"), OPEN.as_bytes());
    }
    let first = check(&dir, &["--format", "json", "--persona", "auditor", "-j", "1"]).out;
    for jobs in ["1", "4"] {
        assert_eq!(check(&dir, &["--format", "json", "--persona", "auditor", "-j", jobs]).out, first);
    }
}

#[test]
fn comments_accept_and_idle_ones_are_told() {
    let accepted = OPEN
        .replace("app:main\n      - run: crane", "app:main # swaplint: ignore[sign-by-tag] tags are fixed\n      - run: crane");
    let idle = accepted.replace("on: push", "on: push # swaplint: ignore[sign-by-tag] nothing here");
    let dir = repository(&[(WORKFLOW, &idle)]);
    let found = rules(&dir, &[]);
    assert!(!found.contains(&"sign-by-tag".to_owned()) && found.contains(&"unused-ignore".to_owned()), "{found:?}");
    assert!(rules(&dir, &["--no-ignores"]).contains(&"sign-by-tag".to_owned()));
    assert!(rules(&dir, &["--show-suppressed"]).contains(&"sign-by-tag".to_owned()));
    let dir = repository(&[(WORKFLOW, &OPEN.replace("on: push", "on: push # swaplint: ignore[sing-by-tag] x"))]);
    assert!(rules(&dir, &[]).contains(&"unknown-ignore".to_owned()));
}

#[test]
fn a_config_counts_and_its_mistakes_are_told() {
    let dir = open();
    write(dir.path(), "swaplint.yml", b"rules:\n  sign-by-tag: off\n  copy-by-tag: {severity: low}\n");
    let report = check(&dir, &["--format", "json"]).json();
    let grades: Vec<_> =
        report["findings"].as_array().expect("a list").iter().map(|f| (f["rule"].clone(), f["severity"].clone())).collect();
    assert!(grades.contains(&("copy-by-tag".into(), "low".into())), "{grades:?}");
    assert!(!rules(&dir, &[]).contains(&"sign-by-tag".to_owned()));
    assert!(rules(&dir, &["--no-config"]).contains(&"sign-by-tag".to_owned()));
    write(dir.path(), "swaplint.yml", b"rules:\n  sing-by-tag: off\n");
    let ran = check(&dir, &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("swaplint.yml:2") && ran.err.contains("did you mean `sign-by-tag`?"), "{}", ran.err);
}

#[test]
fn the_other_commands() {
    let dir = open();
    let page = swaplint(dir.path(), &["explain", "copy-by-tag"]);
    assert_eq!(page.code, 0);
    assert!(page.out.contains("## What to do"));
    let ran = swaplint(dir.path(), &["explain", "copy-by-tagg"]);
    assert_eq!((ran.code, ran.err.contains("did you mean `copy-by-tag`?")), (2, true), "{}", ran.err);
    let catalogue = swaplint(dir.path(), &["rules", "--format", "json"]).json();
    for key in ["id", "family", "severity", "confidence", "persona", "formats", "title"] {
        assert!(catalogue.as_array().expect("a list").iter().all(|r| !r[key].is_null()), "{key}");
    }
    let facts = swaplint(dir.path(), &["facts", WORKFLOW]).json();
    assert_eq!(facts["schema"], "swaplint.facts.v1");
    assert_eq!(facts["events"]["sign"][0]["tool"], "cosign");
    assert_eq!(swaplint(dir.path(), &["facts", "missing.yml"]).code, 2);
}

#[test]
fn a_policy_that_does_not_load_is_an_error_and_one_that_fails_is_a_finding() {
    let dir = open();
    let metadata = "# METADATA\n# title: T\n# description: D.\n";
    write(dir.path(), "broken/a.rego", format!("{metadata}package a\n\nfinding contains x if {{\n").as_bytes());
    assert_eq!(check(&dir, &["--policy", "broken"]).code, 2);
    write(
        dir.path(),
        "failing/b.rego",
        format!("{metadata}package b\n\nfinding contains {{\"span\": 99999, \"message\": \"m\"}}\n").as_bytes(),
    );
    let found = rules(&dir, &["--policy", "failing"]);
    assert!(found.contains(&"policy-error".to_owned()) && found.contains(&"copy-by-tag".to_owned()), "{found:?}");
}

#[test]
fn the_job_summary_is_appended_to() {
    let dir = open();
    let file = dir.path().join("summary.md");
    fs::write(&file, "before\n").expect("written");
    let set = [("GITHUB_STEP_SUMMARY", file.to_str().expect("text"))];
    let ran = swaplint_with(dir.path(), &["check", "--format", "concise"], &set);
    assert_eq!((ran.code, fs::read_to_string(&file).expect("there").as_str()), (1, "before\n"), "only for `github`");
    let ran = swaplint_with(dir.path(), &["check", "--format", "github"], &set);
    assert!(ran.out.starts_with("::error file=.github/workflows/x.yml,line=6,endLine=6,col="), "{}", ran.out);
    let text = fs::read_to_string(&file).expect("there");
    assert!(text.starts_with("before\n## swaplint\n\n") && text.contains("### High") && text.contains("### Handoffs"), "{text}");
}

#[test]
fn fingerprints_follow_the_finding() {
    let dir = open();
    let prints = |text: &str| -> Vec<(String, String)> {
        write(dir.path(), WORKFLOW, text.as_bytes());
        let report = check(&dir, &["--format", "json"]).json();
        let said = |f: &Value, key: &str| f[key].as_str().expect("a text").to_owned();
        report["findings"].as_array().expect("a list").iter().map(|f| (said(f, "rule"), said(f, "fingerprint"))).collect()
    };
    let before = prints(OPEN);
    let moved =
        format!("# a comment\n\n{}", OPEN.replace("    steps:\n", "    steps:\n      - run: make\n\n      - run: make test\n"));
    assert_eq!(prints(&moved), before, "lines and steps were put before");
    let renamed = OPEN.replace("- run: crane", "- name: Promote\n        run: crane");
    let after = prints(&renamed);
    let of = |prints: &[(String, String)], rule: &str| prints.iter().find(|p| p.0 == rule).expect("found").1.clone();
    assert_eq!(of(&after, "sign-by-tag"), of(&before, "sign-by-tag"), "another step got a name");
    let twice = OPEN.replace(
        "run: cosign sign --yes ghcr.io/acme/app:main\n",
        "run: |\n          cosign sign --yes ghcr.io/acme/app:main\n          cosign sign --yes ghcr.io/acme/app:main\n",
    );
    let signed: Vec<_> = prints(&twice).into_iter().filter(|p| p.0 == "sign-by-tag").collect();
    assert_eq!(signed.len(), 2);
    assert_ne!(signed[0], signed[1]);
}
