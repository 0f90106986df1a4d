//! What users install and copy: hooks, the action, examples for CI systems, the man page.

use crate::support::{copied, files, repository, root, swaplint, write};
use regex::Regex;
use std::fs;

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect("readable")
}

/// For the strictest reader, with nothing accepted.
const STRICT: &[&str] = &["check", "--persona", "auditor", "--no-config", "--no-ignores", "--format", "concise"];

#[test]
fn our_own_pipelines_are_clean() {
    let dir = copied(&root().join("docs/integrations"));
    // GitHub looks for workflows at the root alone, and a Dockerfile is looked at where a pipeline builds it.
    write(dir.path(), "action.yml", read("action.yml").as_bytes());
    for path in files(&root().join("docs/integrations/github")) {
        write(dir.path(), &path, read(&format!("docs/integrations/github/{path}")).as_bytes());
    }
    let image =
        "on: push\npermissions:\n  contents: read\njobs:\n  image:\n    steps:\n      - run: docker build --file Dockerfile .\n";
    write(dir.path(), ".github/workflows/image.yml", image.as_bytes());
    let ran = swaplint(dir.path(), STRICT);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    let report = swaplint(dir.path(), &["check", "--format", "json"]).json();
    let formats: Vec<_> = report["files"].as_array().expect("a list").iter().map(|f| f["format"].as_str()).collect();
    for format in ["github-workflow", "github-action", "tekton", "jenkinsfile", "gitlab-ci"] {
        assert!(formats.contains(&Some(format)), "{format}: {formats:?}");
    }
    // The base images of the Dockerfile were seen.
    write(dir.path(), "Dockerfile", b"FROM debian:latest\n");
    assert_eq!(swaplint(dir.path(), STRICT).code, 1);
}

#[test]
fn what_is_installed_is_this_version() {
    let version = env!("CARGO_PKG_VERSION");
    assert!(read("action.yml").contains(&format!("default: {version}\n")));
    let pinned = Regex::new(r"swaplint==([0-9.]+)").expect("an expression");
    for path in files(&root().join("docs")).iter().map(|p| format!("docs/{p}")) {
        for found in pinned.captures_iter(&read(&path)) {
            assert_eq!(&found[1], version, "{path}");
        }
    }
}

/// `SECURITY.md`: no network in `check`. Nothing of ours names a socket, and no dependency brings a client; `git` has its own.
#[test]
fn checks_open_no_connection() {
    let socket = Regex::new(r"std::net|TcpStream|UdpSocket|UnixStream|::net::").expect("an expression");
    for path in files(&root().join("src")).iter().map(|p| format!("src/{p}")).filter(|p| p.ends_with(".rs")) {
        assert!(!socket.is_match(&read(&path)), "{path}");
    }
    let client = Regex::new(
        r#"(?m)^name = "(async-std|attohttpc|curl|curl-sys|h2|hyper|isahc|mio|native-tls|openssl|quinn|reqwest|rustls|socket2|tokio|ureq)"$"#,
    );
    let found = client.expect("an expression").find(&read("Cargo.lock")).map(|m| m.as_str().to_owned());
    assert_eq!(found, None);
}

#[test]
fn hooks_take_what_may_be_a_pipeline() {
    let hooks = read(".pre-commit-hooks.yaml");
    let block = hooks.lines().skip_while(|l| !l.contains("(?x)(")).take_while(|l| !l.starts_with('-'));
    let block: Vec<&str> = block.map(str::trim).collect();
    let files = Regex::new(&block.join("\n")).expect("an expression");
    for path in [
        ".github/workflows/a.yml",
        "action.yaml",
        ".tekton/pull.yaml",
        "Jenkinsfile",
        "ci/Jenkinsfile.release",
        "a.jenkinsfile",
        "vars/deploy.groovy",
        ".gitlab-ci.yml",
        "ci/build.gitlab-ci.yml",
        ".goreleaser.yaml",
    ] {
        assert!(files.is_match(path), "{path}");
    }
    for path in ["README.md", "src/main.rs", "JenkinsfileTest.java", "a.yml.orig"] {
        assert!(!files.is_match(path), "{path}");
    }
}

#[test]
fn one_file_is_judged_as_part_of_its_repository() {
    let build = "on: push\njobs:\n  build:\n    steps:\n      - run: |\n          docker push ghcr.io/acme/app:main\n          \
                 cosign sign --yes ghcr.io/acme/app:main\n";
    let deploy =
        "on: push\njobs:\n  deploy:\n    steps:\n      - run: kubectl set image deployment/app app=ghcr.io/acme/app:main\n";
    let path = ".github/workflows/deploy.yml";
    let dir = repository(&[(".github/workflows/build.yml", build), (path, deploy), ("other.yaml", "a: 1\n")]);
    let findings = |args: &[&str]| {
        let ran = swaplint(dir.path(), &[&["check", "--format", "json", "--persona", "pedantic"], args].concat());
        let mut findings = ran.json()["findings"].as_array().expect("a list").clone();
        findings.retain(|f| f["path"] == path);
        findings
    };
    let (whole, alone) = (findings(&[]), findings(&[path]));
    assert!(whole.iter().any(|f| f["message"].as_str().is_some_and(|m| m.ends_with("although this repository signs"))));
    assert_eq!(whole, alone);
    let report = swaplint(dir.path(), &["check", "--format", "json", path, "other.yaml"]).json();
    assert_eq!(report["summary"]["pipelines"], 1);
    assert_eq!(report["files"].as_array().expect("a list").len(), 1, "{report}");
}

#[test]
fn the_man_page_names_every_command_and_option() {
    let man = swaplint(root(), &["man"]);
    assert_eq!(man.code, 0, "{}", man.err);
    let text = man.out.replace("\\-", "-").replace("\\fB", "").replace("\\fR", "");
    assert!(text.contains(".TH swaplint 1"), "{}", &man.out[..200]);
    for said in
        ["SWAPLINT CHECK", "SWAPLINT BASELINE CREATE", "SWAPLINT POLICY TEST", "--min-severity", "--accept-new", "Exit code"]
    {
        assert!(text.contains(said), "{said}");
    }
}

#[test]
fn shells_complete() {
    for (shell, said) in [("bash", "complete -F _swaplint"), ("zsh", "#compdef swaplint"), ("fish", "complete -c swaplint")] {
        let ran = swaplint(root(), &["completions", shell]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(ran.out.contains(said) && ran.out.contains("min-severity"), "{shell}");
    }
    assert_eq!(swaplint(root(), &["completions", "tcsh"]).code, 2);
}

#[test]
fn a_runaway_policy_is_stopped_and_named() {
    let policy = "# METADATA\n# title: Runs away\npackage ours.runaway\n\nfinding contains {\"span\": 0} if {\n\
                  \tsome a in numbers.range(1, 3000)\n\tsome b in numbers.range(1, 3000)\n\tsome c in numbers.range(1, 3000)\n\
                  \ta + b + c < 0\n}\n";
    let dir = repository(&[
        (".github/workflows/a.yml", "on: push\njobs:\n  a:\n    steps:\n      - run: cosign sign --yes ghcr.io/acme/app:main\n"),
        ("ours/runaway.rego", policy),
        ("ours/runaway_test.rego", "package ours.runaway_test\n\ntest_it if count(data.ours.runaway.finding) == 0\n"),
    ]);
    let ran = swaplint(dir.path(), &["check", "--policy", "ours", "--format", "concise"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out.contains("rule `runaway` failed, its findings are missing: it did not end within 5 seconds\n"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("sign-by-tag"), "the others are heard: {}", ran.out);
    let ran = swaplint(dir.path(), &["policy", "test", "ours"]);
    assert!(ran.code == 1 && ran.out.contains("test_it: it did not end within 5 seconds"), "{}", ran.out);

    let endless = "# METADATA\n# title: Has no end\npackage ours.endless\n\nfinding contains {\"span\": 0} if f(1) == 2\n\nf(x) := f(x + 1)\n";
    let dir = repository(&[(".github/workflows/a.yml", "on: push\njobs: {}\n"), ("ours/endless.rego", endless)]);
    for args in [&["check", "--policy", "ours"][..], &["policy", "test", "ours"]] {
        let ran = swaplint(dir.path(), args);
        assert!(ran.code == 2 && ran.err.contains("ours/endless.rego:7:1: the function `f` calls itself"), "{}", ran.err);
    }
    let fine = endless.replace("f(x + 1)", "x + 1");
    let dir = repository(&[("ours/endless.rego", fine.as_str())]);
    let ran = swaplint(dir.path(), &["policy", "test", "ours"]);
    assert!(ran.code == 2 && ran.err.contains("no test found"), "{}", ran.err);
}

#[test]
fn a_policy_that_misspells_a_fact_does_not_load() {
    let policy =
        "# METADATA\n# title: A\npackage ours.a\n\nfinding contains {\"span\": e.spam} if some e in input.events.deploy\n";
    let dir = repository(&[("ours/a.rego", policy), (".github/workflows/a.yml", "on: push\njobs: {}\n")]);
    for args in [&["check", "--policy", "ours"][..], &["policy", "test", "ours"]] {
        let ran = swaplint(dir.path(), args);
        let message = "swaplint: error: ours/a.rego:5:29: `e` has no field `spam`, did you mean `span`?\n";
        assert_eq!((ran.code, ran.err.as_str()), (2, message));
    }
}
