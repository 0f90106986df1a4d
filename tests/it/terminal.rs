//! What people see: lines that fit, and words for what they did wrong.

use crate::support::{copied, folders, repository, root, swaplint, swaplint_with, write};

const WORKFLOW: &str = ".github/workflows/x.yml";
const SIGNS: &str = "on: push\njobs:\n  a:\n    steps:\n      - run: cosign sign --key k ghcr.io/acme/app:1\n";

#[test]
fn lines_are_as_wide_as_the_terminal() {
    let (mut lines, mut long) = (0, Vec::new());
    for case in folders(&root().join("corpus/whole")) {
        let dir = copied(&case);
        let args = ["check", "--persona", "auditor", "--no-config"];
        let ran = swaplint_with(dir.path(), &args, &[("COLUMNS", "80")]);
        assert!(ran.code < 2, "{}", ran.err);
        for line in ran.out.lines().chain(ran.err.lines()) {
            lines += 1;
            // A word is never broken: somebody may want to copy it.
            let longest = line.split(' ').map(|word| word.chars().count()).max().unwrap_or_default();
            if line.chars().count() > 80 && longest < 60 {
                long.push(line.to_owned());
            }
        }
        let plain = ran.out.contains('\u{1b}');
        assert!(!plain, "colors where there is no terminal");
        let colored = swaplint_with(dir.path(), &[&args[..], &["--color", "always"]].concat(), &[("COLUMNS", "80")]).out;
        // Sixteen colors that the terminal chooses itself can be read on light and dark alike.
        let fixed = colored.contains("\u{1b}[38;") || colored.contains("\u{1b}[48;");
        assert!(!fixed, "a color that the terminal does not choose");
        let silent = swaplint_with(dir.path(), &args, &[("COLUMNS", "80"), ("NO_COLOR", "1")]).out;
        assert!(!silent.contains('\u{1b}'));
    }
    assert!(lines > 500, "{lines}");
    // Labels behind the second of two places in one line, which must both be seen.
    let labels = long.iter().all(|line| line.trim_start().starts_with('·'));
    assert!(labels && long.len() * 100 < lines, "{} of {lines} lines: {long:#?}", long.len());
}

#[test]
fn mistakes_are_told_in_words() {
    let dir = repository(&[(WORKFLOW, SIGNS), ("folder.yml/x", "")]);
    for (args, message) in [
        (&["--config", "nope.yml"][..], "nope.yml: the file cannot be read: no such file or directory"),
        (&["--config", ".github"], ".github: the file is not a regular file"),
        (&["--policy", "nope"], "nope: cannot be read: no such file or directory"),
        (&["--data", "nope"], "nope: cannot be read: no such file or directory"),
        (&["--baseline", "nope.json"], "nope.json: the file cannot be read: no such file or directory"),
        (&["--output", "sarif=nope/x.sarif"], "nope/x.sarif: cannot be written: no such file or directory"),
        (&["--output", "sarif=.github"], ".github: cannot be written: is a directory"),
        (&["--diff-base", "HEAD"], "no git repository to compare with"),
        (&["--diff-base", ""], "--diff-base is empty"),
        (&["--select", "sing-by-tag"], "there is no rule or family `sing-by-tag`, did you mean `sign-by-tag`?"),
        (&["nope.yml"], "nope.yml: no such file or directory"),
        (&["-"], "`-` needs --stdin-path"),
    ] {
        let ran = swaplint(dir.path(), &[&["check"], args].concat());
        assert_eq!(ran.code, 2, "{args:?}: {}", ran.err);
        assert!(ran.err.contains(message), "{args:?}: {}", ran.err);
        assert!(!ran.err.contains("os error") && !ran.err.contains("struct ") && !ran.err.contains("IO error"), "{}", ran.err);
    }
    let ran = swaplint(dir.path(), &["check", "folder.yml"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, "nothing to check: nothing here is a pipeline\n"));
    for bad in ["check --fromat json", "chekc", "check --format xml", "check -j 0", "check --persona x", "schema fact"] {
        let ran = swaplint(dir.path(), &bad.split(' ').collect::<Vec<_>>());
        assert!(ran.code == 2 && ran.err.starts_with("error: "), "{bad}: {}", ran.err);
    }
}

/// Windows editors write a byte order mark and `\r\n`.
#[test]
fn a_config_may_come_from_windows() {
    let dir = repository(&[(WORKFLOW, SIGNS)]);
    for (path, text) in [
        ("swaplint.yml", "\u{feff}rules:\r\n  sign-by-tag: off\r\n"),
        ("swaplint.toml", "\u{feff}[rules]\r\nsign-by-tag = \"off\"\r\n"),
    ] {
        write(dir.path(), path, text.as_bytes());
        assert_eq!(swaplint(dir.path(), &["check"]).code, 0, "{path}");
        std::fs::remove_file(dir.path().join(path)).expect("removed");
    }
}

/// `swaplint check | head -1`
#[cfg(unix)]
#[test]
fn a_reader_that_leaves_is_no_error() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    let signs = "      - run: cosign sign --key k ghcr.io/acme/app:1\n".repeat(400);
    let dir = repository(&[(WORKFLOW, &format!("on: push\njobs:\n  a:\n    steps:\n{signs}"))]);
    for form in ["concise", "json", "human"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_swaplint"));
        command.args(["check", "-q", "--format", form]).current_dir(dir.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let mut first = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut first).expect("a line");
        let ended = child.wait_with_output().expect("it ends");
        assert_eq!((ended.status.code(), ended.stderr.as_slice()), (Some(1), &b""[..]), "{form}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_text_are_borne() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let dir = repository(&[(WORKFLOW, SIGNS)]);
    let odd = dir.path().join(".github/workflows").join(OsStr::from_bytes(b"\xff\xfe.yml"));
    std::fs::write(&odd, SIGNS).expect("written");
    for form in ["human", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown"] {
        let ran = swaplint(dir.path(), &["check", "--format", form]);
        assert!(ran.code == 1 && ran.err.starts_with("2 findings"), "{form}: {}", ran.err);
    }
}

/// Neither `HOME` nor `PATH` is needed.
#[test]
fn the_environment_may_be_empty() {
    let dir = repository(&[(WORKFLOW, SIGNS)]);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_swaplint"));
    let output = command.env_clear().args(["check", "--format", "concise"]).current_dir(dir.path()).output().expect("it starts");
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn long_values_are_cut_where_people_read() {
    let image = format!("ghcr.io/acme/{}:1", "a".repeat(300));
    let dir = repository(&[(WORKFLOW, &SIGNS.replace("ghcr.io/acme/app:1", &image))]);
    for form in ["human", "concise", "github", "gitlab", "junit", "markdown", "sarif"] {
        let out = swaplint(dir.path(), &["check", "--format", form, "--select", "sign-by-tag"]).out;
        assert!(out.contains("signs `ghcr.io/acme/aaa") && out.contains("…"), "{form}: {out}");
        assert!(!out.contains(&format!("signs `ghcr.io/acme/{}", "a".repeat(80))), "{form}: {out}");
    }
    let json = swaplint(dir.path(), &["check", "--format", "json", "--select", "sign-by-tag"]).json();
    assert!(json["findings"][0]["message"].as_str().is_some_and(|m| m.contains(&"a".repeat(80))), "programs get more of it");
}
