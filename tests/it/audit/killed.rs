//! Workers that die, and audits that are killed.

use super::{SIGNS, TODAY, WORKFLOW, bytes, commit, mirrors, records, run, statuses};
use crate::support::write;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program that stands in for the worker, and does something at the repositories of some names.
#[cfg(unix)]
fn worker(dir: &Path, cases: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let program = env!("CARGO_BIN_EXE_swaplint");
    let script = format!(
        "#!/usr/bin/env bash\nwhile IFS= read -r line; do\n  case $line in\n{cases}\n  esac\n  printf '%s\\n' \"$line\" | {program} \"$@\" || exit\ndone\n"
    );
    let path = dir.join("worker");
    fs::write(&path, script).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("set");
    path
}

#[cfg(unix)]
#[test]
fn a_repository_that_kills_the_analysis_takes_nothing_with_it() {
    let dir = mirrors();
    commit(&dir.path().join("mirrors/bad/poison"), &[(WORKFLOW, SIGNS)]);
    commit(&dir.path().join("mirrors/bad/slow"), &[(WORKFLOW, SIGNS)]);
    let worker = worker(dir.path(), "    *bad/poison*) kill -SEGV $$ ;;\n    *bad/slow*) sleep 60 ;;");
    let ran = run(dir.path(), &["mirrors", "--out", "a", "--worker", &worker.to_string_lossy(), "--timeout", "8", "-j", "2"]);
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    let all = records(dir.path(), "a");
    let of = |name: &str| all.iter().find(|r| r["record"] == "repo" && r["repository"] == name).expect("a record").clone();
    assert_eq!(of("bad/poison")["status"], "crashed");
    assert!(of("bad/poison")["reason"].as_str().expect("a reason").contains("killed by signal 11"), "{}", of("bad/poison"));
    assert_eq!(
        (&of("bad/slow")["status"], &of("bad/slow")["reason"]),
        (&json!("timeout"), &json!("the analysis took more than 8 s"))
    );
    assert_eq!((&of("acme/app")["status"], &of("other/bare")["status"]), (&json!("ok"), &json!("ok")));
    assert_eq!(statuses(&all).len(), 8);
    // What could not be audited is tried again by the next one.
    run(dir.path(), &["mirrors", "--out", "a"]);
    let again = statuses(&records(dir.path(), "a"));
    assert_eq!(again.iter().filter(|(name, status)| name.starts_with("bad/") && status == "ok").count(), 2, "{again:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn memory_is_bounded() {
    let dir = tempfile::tempdir().expect("a folder");
    commit(&dir.path().join("all/small"), &[(WORKFLOW, SIGNS)]);
    let step = "      - run: docker push ghcr.io/acme/app:$TAG && cosign sign ghcr.io/acme/app:$TAG\n";
    let huge = format!("on: push\njobs:\n  j:\n    runs-on: x\n    steps:\n{}", step.repeat(20_000));
    commit(&dir.path().join("all/huge"), &[(WORKFLOW, &huge)]);
    let ran = run(dir.path(), &["all", "--out", "a", "--memory", "100", "-j", "1"]);
    let all = records(dir.path(), "a");
    assert_eq!(statuses(&all), [("huge", "crashed"), ("small", "ok")].map(|(n, s)| (n.to_owned(), s.to_owned())), "{}", ran.err);
    assert_eq!(all[0]["reason"], "the analysis died: it needs more memory than it may take");
}

#[test]
fn policies_of_ones_own_judge_within_the_memory() {
    let dir = tempfile::tempdir().expect("a folder");
    for pipeline in 0..20 {
        commit(&dir.path().join("all/app"), &[(&format!(".github/workflows/{pipeline}.yml"), SIGNS)]);
    }
    for rule in ["one", "two"] {
        let text = format!(
            "# METADATA\n# title: {rule}\n# description: {rule}\n# custom:\n#   severity: low\n#   confidence: high\n#   persona: regular\n\
             package custom.{rule}\n\nfinding contains {{\"span\": e.span, \"message\": \"m\", \"help\": \"h\"}} if some e in input.events.sign\n"
        );
        write(dir.path(), &format!("ours/{rule}.rego"), text.as_bytes());
    }
    let ran = run(dir.path(), &["all", "--out", "a", "--policy", "ours", "--memory", "250"]);
    let all = records(dir.path(), "a");
    let of = |rule: &str| all.iter().filter(|r| r["record"] == "finding" && r["rule"] == rule).count();
    assert_eq!([of("one"), of("two"), of("policy-error")], [20, 20, 0], "{}", ran.err);
}

#[cfg(unix)]
#[test]
fn an_audit_that_is_killed_goes_on() {
    let dir = mirrors();
    let whole = run(dir.path(), &["mirrors", "--out", "whole", "--shard-size", "1", "--no-cache"]);
    assert_eq!(whole.code, 3);
    let stuck = worker(dir.path(), "    *acme/torn*) sleep 60 ;;");
    let mut child = Command::new(env!("CARGO_BIN_EXE_swaplint"))
        .args([
            "audit",
            "run",
            "mirrors",
            "--out",
            "a",
            "--shard-size",
            "1",
            "--today",
            TODAY,
            "--progress",
            "none",
            "--no-cache",
            "-j",
            "1",
            "--worker",
        ])
        .arg(&stuck)
        .current_dir(dir.path())
        .spawn()
        .expect("it starts");
    let shards = || {
        fs::read_dir(dir.path().join("a/shards"))
            .into_iter()
            .flatten()
            .flatten()
            .filter(|e| !e.file_name().to_string_lossy().starts_with('.'))
    };
    for _ in 0..600 {
        if shards().count() >= 2 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    child.kill().expect("killed");
    child.wait().expect("gone");
    let before: Vec<_> = shards().map(|e| (e.path(), e.metadata().and_then(|m| m.modified()).expect("a time"))).collect();
    assert_eq!(before.len(), 2, "two were done");
    assert!(!dir.path().join("a/audit.json").exists());
    let ran = run(dir.path(), &["mirrors", "--out", "a", "--shard-size", "1", "--no-cache"]);
    assert!(ran.err.contains("going on with the plan of 2026-11-20"), "{}", ran.err);
    for (path, modified) in before {
        assert_eq!(fs::metadata(path).and_then(|m| m.modified()).expect("still there"), modified);
    }
    for file in ["records.ndjson.zst", "audit.json", "findings.parquet"] {
        assert!(bytes(dir.path(), "whole", file) == bytes(dir.path(), "a", file), "{file}");
    }
    assert!(
        fs::read_dir(dir.path().join("a/shards"))
            .expect("shards")
            .flatten()
            .all(|e| !e.file_name().to_string_lossy().ends_with(".tmp"))
    );
}
