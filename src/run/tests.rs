use super::*;
use clap::Parser;
use std::fs;

/// A workflow that signs by tag.
const SIGNS: &str =
    "on: push\njobs:\n  j:\n    runs-on: x\n    steps:\n      - run: cosign sign --key k ghcr.io/acme/app:1.2.3\n";
/// No workflow.
const BROKEN: &str = "on: push\njobs: [\n";

/// Exit code, stdout and stderr.
fn swaplint(args: &[&str], stdin: &str) -> (u8, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let cli = Cli::try_parse_from(std::iter::once(&"swaplint").chain(args)).expect("arguments");
    let mut streams =
        Streams { input: &mut stdin.as_bytes(), out: &mut out, err: &mut err, out_is_terminal: false, out_width: None };
    let code = run(cli, &mut streams);
    let (out, mut err) = (String::from_utf8_lossy(&out).into_owned(), String::from_utf8_lossy(&err).into_owned());
    let code = code.unwrap_or_else(|e| {
        err.push_str(&e.to_string());
        2
    });
    (code, out, err)
}

fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("dir");
    fs::create_dir(dir.path().join(".git")).expect("git");
    let folder = dir.path().join(".github/workflows");
    fs::create_dir_all(&folder).expect("folder");
    for (path, text) in files {
        fs::write(folder.join(path), text).expect("file");
    }
    dir
}

#[test]
fn one_bad_file_does_not_stop_the_others() {
    let dir = tree(&[("a.yml", BROKEN), ("b.yml", SIGNS), ("c.yml", "# nothing\n")]);
    let root = dir.path().display().to_string();
    let (code, out, err) = swaplint(&["check", &root, "--format", "concise", "--select", "signing"], "");
    assert_eq!(code, 1);
    let lines: Vec<_> = out.lines().collect();
    assert!(lines[0].starts_with(".github/workflows/a.yml:") && lines[0].contains("high unparsable-pipeline"), "{out}");
    assert!(lines[1].starts_with(".github/workflows/b.yml:6:34: high sign-by-tag"), "{out}");
    assert_eq!(err, "2 findings (2 high) in 3 files, 1 of them unparsable; handoffs: 0 closed, 1 open, 0 unknown\n");
    let (_, json, _) = swaplint(&["check", &root, "--format", "json", "-q"], "");
    let value: serde_json::Value = serde_json::from_str(&json).expect("json");
    let wanted = serde_json::json!({"path": ".github/workflows/b.yml", "format": "github-workflow", "status": "checked"});
    assert_eq!(value["files"][1], wanted);
}

#[test]
fn exit_codes_follow_the_contract() {
    let fine = "on: push # swaplint: ignore[sign-by-tag] x\njobs: {j: {runs-on: x, steps: [{run: make}]}}\n";
    let dir = tree(&[("a.yml", SIGNS), ("c.yml", fine)]);
    let path = |name: &str| dir.path().join(".github/workflows").join(name).display().to_string();
    assert_eq!(swaplint(&["check", &path("a.yml"), "--fail-on", "never"], "").0, 0);
    assert_eq!(swaplint(&["check", &path("c.yml"), "--no-ignores"], "").0, 0);
    let (code, out, _) = swaplint(&["check", &path("c.yml"), "--format", "concise"], "");
    assert_eq!(code, 1);
    assert!(out.contains("low unused-ignore"), "{out}");
    assert_eq!(swaplint(&["check", &path("c.yml"), "--fail-on", "high"], "").0, 0);
    let (code, _, err) = swaplint(&["check", &path("gone.yml")], "");
    assert_eq!((code, err.ends_with("gone.yml: no such file or directory")), (2, true), "{err}");
    let (code, _, err) = swaplint(&["check", &path("c.yml"), "--select", "sing-by-tag"], "");
    assert_eq!((code, err.as_str()), (2, "there is no rule or family `sing-by-tag`, did you mean `sign-by-tag`?"));
}

#[test]
fn the_config_is_found_and_checked() {
    let dir = tree(&[("a.yml", BROKEN)]);
    let config = dir.path().join("swaplint.toml");
    fs::write(&config, "ignore-paths = [\"a.yml\"]\n").expect("written");
    let root = dir.path().display().to_string();
    assert_eq!(swaplint(&["check", &root], "").0, 0);
    assert_eq!(swaplint(&["check", &root, "--no-config"], "").0, 1);
    fs::write(&config, "\n[rules]\nsing-by-tag = \"off\"\n").expect("written");
    let (code, _, err) = swaplint(&["check", &root], "");
    assert_eq!(code, 2);
    assert!(err.ends_with("swaplint.toml:3:1: there is no rule or family `sing-by-tag`, did you mean `sign-by-tag`?"), "{err}");
}

/// With many files, pipelines that nobody calls are let go and loaded again: that changes nothing.
#[test]
fn many_files_are_judged_like_few() {
    let called = "on:\n  workflow_call:\n    inputs:\n      tag: {type: string}\njobs:\n  j:\n    runs-on: x\n    steps:\n      \
                  - run: cosign sign --key k ghcr.io/acme/app:${{ inputs.tag }}\n";
    let caller = "on: push\njobs:\n  c:\n    uses: ./.github/workflows/called.yml\n    with: {tag: main}\n";
    let fillers: Vec<String> = (0..600).map(|i| format!("filler-{i}.yml")).collect();
    let filler = "on: push\njobs: {j: {runs-on: x, steps: [{run: echo}]}}\n";
    let few = [("a.yml", SIGNS), ("called.yml", called), ("caller.yml", caller)];
    let many: Vec<_> = few.iter().copied().chain(fillers.iter().map(|name| (name.as_str(), filler))).collect();
    let findings = |files: &[(&str, &str)]| {
        let dir = tree(files);
        let root = dir.path().display().to_string();
        swaplint(&["check", &root, "--format", "concise", "--persona", "auditor", "--no-config"], "").1
    };
    let expected = findings(&few);
    assert!(expected.contains("a.yml:6:34: high sign-by-tag") && expected.contains("called.yml"), "{expected}");
    assert_eq!(findings(&many), expected);
}

#[test]
fn stdin_is_a_file_by_its_path() {
    let (code, out, _) = swaplint(&["check", "-", "--stdin-path", ".github/workflows/y.yml", "--format", "concise"], SIGNS);
    assert_eq!(code, 1);
    assert!(out.contains("y.yml:6:34: high sign-by-tag"), "{out}");
}

#[test]
fn the_other_commands_answer() {
    let (code, out, _) = swaplint(&["explain", "sign-by-tag"], "");
    assert_eq!(code, 0);
    assert!(out.contains("## Why it is bad"));
    assert_eq!(swaplint(&["explain", "sing-by-tag"], "").2, "there is no rule `sing-by-tag`, did you mean `sign-by-tag`?");
    assert!(swaplint(&["rules"], "").1.contains("plain-http-download"));
    let rules: serde_json::Value = serde_json::from_str(&swaplint(&["rules", "--format", "json"], "").1).expect("json");
    assert!(rules.as_array().is_some_and(|r| r.iter().any(|r| r["id"] == "sign-by-tag" && r["severity"] == "high")));
    assert!(swaplint(&["schema", "facts"], "").1.contains("\"executions\""));
    assert!(swaplint(&["policy", "test"], "").1.contains(" 0 failed"));
}

/// A task whose only caller in the repository is its own test.
#[test]
fn what_only_tests_call_is_judged_by_itself() {
    const TASK: &str = "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {name: sign}\nspec:\n  params: [{name: tag}]\n  steps:\n    \
                        - name: sign\n      image: quay.io/acme/tools\n      script: cosign sign --key k quay.io/acme/app:$(params.tag)\n";
    const TRIES: &str = "apiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {name: try}\nspec:\n  tasks:\n    - name: try\n\
                         \x20     taskRef: {name: sign}\n      params: [{name: tag, value: v1}]\n";
    let dir = tree(&[]);
    let write = |path: &str, text: &str| {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().expect("folder")).expect("folder");
        fs::write(path, text).expect("file");
    };
    let root = dir.path().display().to_string();
    let graded = || swaplint(&["check", &root, "--format", "concise", "--select", "sign-by-tag"], "").1;
    write("tasks/sign/tests/try.yaml", TRIES);
    write("tasks/sign/sign.yaml", TASK);
    assert!(graded().starts_with("tasks/sign/sign.yaml:9:35: high sign-by-tag"), "{}", graded());
    fs::rename(dir.path().join("tasks/sign/sign.yaml"), dir.path().join("tasks/sign/tests/sign.yaml")).expect("moved");
    assert_eq!(graded(), "");
}
