//! The semantics sentence by sentence: what the analysis must get right, each case with the name of what a reader of words
//! gets wrong. Control flow inside scripts is compared with the shell itself in [`crate::effects`].

mod commands;
mod copies;
mod unpacked;
mod verified;

use self::commands::{SECTION_5, SECTION_5_SILENT};
use self::copies::{SECTION_7, SECTION_8};
use self::verified::SECTION_4;
use crate::support::{repository, swaplint};
use serde_json::Value;

const HEX64: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// What stands around a script.
type Around = fn(&str) -> String;

/// Does a failure stop the pipeline? The place, its file, whether the shell there has errexit and pipefail; `None` where a pipe is
/// not what it is elsewhere.
const SECTION_3: &[(&str, &str, Around, bool, Option<bool>)] = &[
    ("GitHub run without shell", GITHUB, |s| github(s, "", "", ""), true, Some(false)),
    ("GitHub shell: bash", GITHUB, |s| github(s, "shell: bash", "", ""), true, Some(true)),
    ("GitHub defaults of the workflow", GITHUB, |s| github(s, "", "", "defaults: { run: { shell: bash } }"), true, Some(true)),
    ("GitHub defaults of the job", GITHUB, |s| github(s, "", "defaults: { run: { shell: bash } }", ""), true, Some(true)),
    ("GitHub shell: sh", GITHUB, |s| github(s, "shell: sh", "", ""), true, Some(false)),
    ("GitHub job in a container", GITHUB, |s| github(s, "", "container: x", ""), true, Some(false)),
    ("GitHub shell: bash {0}", GITHUB, |s| github(s, "shell: bash {0}", "", ""), false, Some(false)),
    ("GitHub shell: bash -eo pipefail {0}", GITHUB, |s| github(s, "shell: bash -eo pipefail {0}", "", ""), true, Some(true)),
    ("GitHub shell: bash -l {0}", GITHUB, |s| github(s, "shell: bash -l {0}", "", ""), false, Some(false)),
    ("GitHub shell: bash -el {0}", GITHUB, |s| github(s, "shell: bash -el {0}", "", ""), true, Some(false)),
    ("GitHub shell: pwsh", GITHUB, |s| github(s, "shell: pwsh", "", ""), false, None),
    ("GitHub shell: cmd", GITHUB, |s| github(s, "shell: cmd", "", ""), false, None),
    ("GitHub on Windows", GITHUB, |s| github(s, "", "", "").replace("ubuntu", "windows"), false, None),
    ("Tekton without shebang", TEKTON, |s| tekton("script: |", s), true, Some(false)),
    ("Tekton with a shebang", TEKTON, |s| tekton("script: |", &format!("#!/bin/bash\n{s}")), false, Some(false)),
    ("Tekton with bash -e", TEKTON, |s| tekton("script: |", &format!("#!/bin/bash -e\n{s}")), true, Some(false)),
    ("Tekton with set", TEKTON, |s| tekton("script: |", &format!("#!/bin/sh\nset -eo pipefail\n{s}")), true, Some(true)),
    ("Tekton sh -c", TEKTON, |s| tekton("command: [sh, -c]\n      args:\n      - |", s), false, Some(false)),
    ("Tekton sh -ec", TEKTON, |s| tekton("command: [sh, -ec]\n      args:\n      - |", s), true, Some(false)),
    (
        "Tekton bash -euo pipefail -c",
        TEKTON,
        |s| tekton("command: [bash, -euo, pipefail, -c]\n      args:\n      - |", s),
        true,
        Some(true),
    ),
    ("Jenkins sh", "Jenkinsfile", |s| jenkins("sh", s), true, Some(false)),
    ("Jenkins sh with a shebang", "Jenkinsfile", |s| jenkins("sh", &format!("#!/bin/bash\n{s}")), false, Some(false)),
    ("Jenkins sh with bash -e", "Jenkinsfile", |s| jenkins("sh", &format!("#!/bin/bash -e\n{s}")), true, Some(false)),
    ("Jenkins bat", "Jenkinsfile", |s| jenkins("bat", s), false, None),
    ("GitLab script", ".gitlab-ci.yml", |s| format!("a:\n  script:\n    - |\n{}", indented(s, 6)), true, Some(true)),
    (
        "GitLab before_script",
        ".gitlab-ci.yml",
        |s| format!("a:\n  script: [date]\n  before_script:\n    - |\n{}", indented(s, 6)),
        true,
        Some(true),
    ),
];

const GITHUB: &str = ".github/workflows/ci.yml";
const TEKTON: &str = ".tekton/task.yaml";

fn github(script: &str, step: &str, job: &str, top: &str) -> String {
    format!(
        "on: push\npermissions: {{}}\n{top}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    {job}\n    steps:\n      - run: |\n{}\n        {step}\n",
        indented(script, 10)
    )
}

fn tekton(field: &str, script: &str) -> String {
    format!(
        "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {{ name: a }}\nspec:\n  steps:\n    - image: x\n      {field}\n{}\n",
        indented(script, 10)
    )
}

fn jenkins(step: &str, script: &str) -> String {
    format!("pipeline {{\n  agent any\n  stages {{ stage('a') {{ steps {{\n    {step} '''{script}'''\n  }} }} }}\n}}\n")
}

fn indented(script: &str, by: usize) -> String {
    script.lines().map(|line| format!("{}{line}\n", " ".repeat(by))).collect()
}

/// The rules that fire on a repository of one file.
fn fired(path: &str, text: &str) -> Vec<String> {
    let text = text.replace("DIGEST", &format!("sha256:{HEX64}")).replace("HEX64", HEX64);
    let dir = repository(&[(path, &text)]);
    let ran =
        swaplint(dir.path(), &["check", "--format", "json", "--no-config", "--persona", "auditor", "--fail-on", "never", "."]);
    let report = ran.json();
    assert_eq!(report["summary"]["pipelines"], 1, "{text}\n{}", ran.err);
    let findings = report["findings"].as_array().into_iter().flatten();
    findings.filter_map(|f: &Value| f["rule"].as_str().map(str::to_owned)).collect()
}

fn in_bash(script: &str) -> String {
    github(script, "shell: bash", "", "")
}

fn judge(section: &str, cases: &[(&str, &str, &str, bool)]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter(|(_, script, rule, fires)| fired(GITHUB, &in_bash(script)).iter().any(|r| r == rule) != *fires)
        .map(|(name, script, rule, fires)| {
            format!("{section}, {name}: {rule} {}\n{script}", if *fires { "is silent" } else { "fires" })
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn each_place_has_its_errexit_and_its_pipefail() {
    let mut wrong = Vec::new();
    for (name, path, around, errexit, pipefail) in SECTION_3 {
        let next = fired(path, &around("cosign verify --key k r.io/a@DIGEST\ndocker run r.io/a@DIGEST"));
        if next.iter().any(|r| r == "verify-failure-ignored") == *errexit {
            wrong.push(format!("{name}: errexit"));
        }
        let Some(pipefail) = pipefail else { continue };
        let piped = fired(path, &around("cosign verify --key k r.io/a@DIGEST | tee log\ndocker run r.io/a@DIGEST"));
        let stops = *errexit && *pipefail;
        if piped.iter().any(|r| r == "verify-masked-by-pipe" || r == "verify-failure-ignored") == stops {
            wrong.push(format!("{name}: pipefail"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn verified_means_this_content_before_the_use_and_with_effect() {
    judge("section 4", SECTION_4);
}

#[test]
fn commands_are_seen_however_they_are_written() {
    let signs = |script: &&&str| fired(GITHUB, &in_bash(script)).iter().any(|r| r == "sign-by-tag");
    let missed: Vec<&&str> = SECTION_5.iter().filter(|s| !signs(s)).collect();
    assert!(missed.is_empty(), "not seen: {missed:#?}");
    let imagined: Vec<&&str> = SECTION_5_SILENT.iter().filter(signs).collect();
    assert!(imagined.is_empty(), "seen, but not there: {imagined:#?}");
}

#[test]
fn copies_are_checked_against_what_was_meant() {
    judge("section 7", SECTION_7);
}

#[test]
fn checksums_and_keys_come_from_elsewhere() {
    judge("section 8", SECTION_8);
}
