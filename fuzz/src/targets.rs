//! What is run. No target may panic, and what they give must stand in the file that it is of.

use crate::spans;
use clap::Parser;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::sync::LazyLock;
use swaplint::cli::Cli;
use swaplint::config::Config;
use swaplint::custody::identity::{Context, Hint, Subject, judge_exact, judge_glob, judge_regexp};
use swaplint::custody::{dockerfile, manifest, reference};
use swaplint::date::Date;
use swaplint::finding::Finding;
use swaplint::formats;
use swaplint::formats::yaml::Yaml;
use swaplint::pipeline::{Dialect, Format};
use swaplint::policy::Policies;
use swaplint::run::{Streams, run};
use swaplint::snippet::{self, Language};
use swaplint::source::{FileId, Sources, Span};
use swaplint::suppress::{self, Known};
use swaplint::{make, shell};

const FILE: FileId = FileId(0);

static POLICIES: LazyLock<Policies> = LazyLock::new(|| Policies::none().expect("the built-in policies load"));

pub fn yaml(text: &str) {
    let yaml = Yaml::parse_with_comments(FILE, text);
    spans::of_yaml(&yaml, text);
    for error in &yaml.errors {
        spans::within(error.span, text);
    }
}

fn format(format: Format, path: &str, text: &str) {
    let loaded = formats::load(format, FILE, path, text);
    spans::of_loaded(&loaded, text);
}

pub fn github(text: &str) {
    match text.len() % 4 {
        0 => format(Format::GithubAction, "action.yml", text),
        _ => format(Format::GithubWorkflow, ".github/workflows/x.yml", text),
    }
}

pub fn gitlab(text: &str) {
    format(Format::GitlabCi, ".gitlab-ci.yml", text);
}

pub fn tekton(text: &str) {
    format(Format::Tekton, if text.len().is_multiple_of(4) { ".tekton/x.yaml" } else { "x.yaml" }, text);
}

pub fn jenkins(text: &str) {
    format(Format::Jenkinsfile, "Jenkinsfile", text);
}

pub fn groovy(text: &str) {
    format(Format::JenkinsLibrary, if text.len().is_multiple_of(4) { "src/org/acme/A.groovy" } else { "vars/a.groovy" }, text);
}

pub fn policies(text: &str) {
    match text.len() % 3 {
        0 => format(Format::AdmissionPolicy, "x.yaml", text),
        1 => format(Format::Goreleaser, ".goreleaser.yml", text),
        _ => format(Format::InTotoLayout, "root.layout", text),
    }
}

/// A script, of which an expression of the CI system fills in what looks like one.
fn script(text: &str, dialect: &Dialect) {
    let holes: Vec<_> = text.match_indices("${{").filter_map(|(at, _)| Some(at..at + text[at..].find("}}")? + 2)).collect();
    spans::of_script(&shell::parse(text, &holes, dialect), text);
}

pub fn bash(text: &str) {
    script(text, if text.len().is_multiple_of(4) { &Dialect::Posix } else { &Dialect::Bash });
}

pub fn powershell(text: &str) {
    script(text, &Dialect::PowerShell);
}

pub fn batch(text: &str) {
    script(text, &Dialect::Cmd);
}

pub fn makefile(text: &str) {
    let _ = make::parse(text);
    for base in dockerfile::base_images(text) {
        assert!(text.get(base.range.clone()).is_some(), "{:?}", base.range);
    }
}

pub fn program(text: &str) {
    let _ = snippet::read(text, &[], if text.len().is_multiple_of(2) { Language::JavaScript } else { Language::Python });
    for image in manifest::images(text) {
        assert!(text.get(image.clone()).is_some(), "{image:?}");
    }
}

/// What stands in an expression, in the smallest file of each format that has it.
pub fn expression(text: &str) {
    let quoted = serde_json::Value::from(text).to_string();
    match text.len() % 3 {
        0 => github_expression(&quoted, text),
        1 => {
            let file = format!(
                "a:\n  rules:\n    - if: {quoted}\n  variables: {{X: {quoted}}}\n  script: [{quoted}]\n  image: {quoted}\n"
            );
            format(Format::GitlabCi, ".gitlab-ci.yml", &file);
        }
        _ => {
            let file = format!(
                "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {{name: a}}\nspec:\n  steps:\n    - image: {quoted}\n      script: {quoted}\n"
            );
            format(Format::Tekton, "x.yaml", &file);
        }
    }
}

fn github_expression(quoted: &str, text: &str) {
    let held = serde_json::Value::from(format!("${{{{ {text} }}}}")).to_string();
    let file = format!(
        "on: push\njobs:\n  a:\n    if: {quoted}\n    steps:\n      - if: {held}\n        run: {quoted}\n        env: {{A: {held}}}\n"
    );
    format(Format::GithubWorkflow, ".github/workflows/x.yml", &file);
}

pub fn reference(text: &str) {
    let name = reference::parse(text);
    let _ = (name.registry_in(text), name.repository_in(text));
    let _ = reference::tag_kind(text);
    let _ = reference::is_local_registry(text);
}

pub fn identity(text: &str) {
    let subject = if text.len().is_multiple_of(2) { Subject::Identity } else { Subject::Issuer };
    let context = Context { subject, hints: &[Hint::Repository, Hint::Name], repository: Some("acme/app") };
    let _ = judge_regexp(text, &context);
    let _ = judge_glob(text, &context);
    let _ = judge_exact(text);
}

pub fn config(text: &str) {
    let path = if text.contains(" = ") { "swaplint.toml" } else { "swaplint.yml" };
    match Config::parse(path, text) {
        Ok(config) => {
            config.is_checked()("a/b.yml");
            config.ignore.iter().for_each(|accepted| assert!(accepted.paths.is_empty() <= accepted.is_about()("a/b.yml")));
            let _ = config.tools(&|_| false);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

pub fn ignores(text: &str) {
    let sources = Sources::new();
    let file = sources.add("x.yml", text);
    let config = Config::default();
    let own = |rule: &str, message: String, help: String, span: Span| POLICIES.own_finding(rule, message, help, span);
    let lines = || text.split_inclusive('\n').step_by(3).map(|line| line.as_ptr() as usize - text.as_ptr() as usize);
    let places = || lines().map(|at| Span::new(file, at..at + text[at..].find('\n').unwrap_or(text.len() - at)));
    let steps: Vec<Span> = places().collect();
    let mut findings: Vec<Finding> = places().map(|span| own("sign-by-tag", "a".into(), "b".into(), span)).collect();
    let known = Known {
        sources: &sources,
        rules: vec![("sign-by-tag", "sign"), ("copy-by-tag", "copy")],
        ran: &|_| true,
        own: &own,
        checked: BTreeSet::from([file]),
        whole: true,
        steps: &steps,
        today: "2026-11-20".parse::<Date>().expect("a day"),
        config: &config,
        config_file: FileId(1),
        trust: None,
    };
    suppress::apply(&mut findings, &known);
    findings.iter().for_each(|finding| spans::within(finding.span, text));
}

/// A folder of its own for each process.
static FOLDER: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let memory = PathBuf::from("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    let folder = folder.expect("a folder");
    std::env::set_current_dir(folder.path()).expect("entered");
    folder
});

const FORMS: &[&str] = &["json", "human", "concise", "sarif", "github", "gitlab", "junit", "markdown", "ndjson"];

fn swaplint(args: &[&str], stdin: &str) {
    let cli =
        Cli::try_parse_from([&["swaplint", "check", "-j", "1", "--persona", "auditor", "--today", "2026-11-20"], args].concat());
    let (mut out, mut err, mut input) = (Vec::new(), Vec::new(), stdin.as_bytes());
    let mut streams = Streams { input: &mut input, out: &mut out, err: &mut err, out_is_terminal: false, out_width: Some(80) };
    let done = run(cli.expect("arguments"), &mut streams).map_err(|e| e.to_string());
    assert!(!String::from_utf8_lossy(&out).contains("our bug"), "{}", String::from_utf8_lossy(&out));
    // Only a config that was made up may be wrong.
    assert!(done.is_ok() || stdin.is_empty(), "{done:?}");
}

const PATHS: &[&str] = &[
    ".github/workflows/x.yml",
    ".gitlab-ci.yml",
    "x.yaml",
    "Jenkinsfile",
    "action.yml",
    ".goreleaser.yml",
    "vars/a.groovy",
    "root.layout",
    ".tekton/x.yaml",
    ".github/workflows/y.yml",
];

pub fn check(text: &str) {
    LazyLock::force(&FOLDER);
    let form = FORMS[text.len() / PATHS.len() % FORMS.len()];
    let path = PATHS
        .iter()
        .find(|path| formats::recognise(path, Some(text)).is_some() && text.len() % PATHS.len() == path.len() % PATHS.len());
    let guessed = if text.contains("pipeline {") || text.contains("node(") {
        "Jenkinsfile"
    } else if text.contains("apiVersion:") {
        "x.yaml"
    } else if text.contains("jobs:") {
        ".github/workflows/x.yml"
    } else if text.contains("runs:") {
        "action.yml"
    } else {
        ".gitlab-ci.yml"
    };
    swaplint(&["--format", form, "--stdin-path", path.unwrap_or(&guessed), "-"], if text.is_empty() { "\n" } else { text });
}

const FILES: &[&str] = &[
    ".github/workflows/a.yml",
    ".github/workflows/b.yml",
    ".github/actions/x/action.yml",
    ".gitlab-ci.yml",
    "inc.yml",
    "x.yaml",
    "x.sh",
    "Makefile",
    "Jenkinsfile",
    "vars/a.groovy",
    "swaplint.yml",
    "Dockerfile",
];

/// The parts of a text as files of a repository.
pub fn repository(text: &str) {
    let root = FOLDER.path().join("r");
    let _ = std::fs::remove_dir_all(&root);
    for (index, part) in text.split("\n#####\n").take(FILES.len()).enumerate() {
        let file = root.join(FILES[(index * 5 + text.len()) % FILES.len()]);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("created");
        std::fs::File::create(file).and_then(|mut file| file.write_all(part.as_bytes())).expect("written");
    }
    std::fs::create_dir_all(root.join(".git")).expect("created");
    swaplint(&["--format", FORMS[text.len() % FORMS.len()], "r"], "");
}
