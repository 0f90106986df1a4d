//! Does a failing verification stop the use? What the analysis says of small scripts, against the shell itself.
//!
//! Scripts are put together from what people write around a command. Each runs in bash with stand-ins for the tools, the
//! verification failing; where the use is reached all the same, or the script succeeds, the analysis must not say otherwise.
#![cfg(unix)]

use crate::support::{repository, swaplint, write};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

const DIGEST: &str = "r.io/a@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// What stands around a command; `@` is the command.
const AROUND: &[&str] = &[
    "{ @; true; }",
    "(@; true)",
    "(set +e; @; true)",
    "{ ! { @; }; }",
    "{ @ | cat; }",
    "{ echo x | @; }",
    "{ @ && echo ok; }",
    "{ @ || true; }",
    "{ @ || false; }",
    "{ @ || { echo no; exit 1; }; }",
    "{ @ || exit 0; }",
    "{ @ || fail; }",
    "{ @ && echo ok || exit 1; }",
    "{ maybe && @; }",
    "{ maybe || @; }",
    "{ @ || maybe; }",
    "{ @ & wait; }",
    "{ @ & wait $!; }",
    "{ @ & p=$!; wait \"$p\" || exit 1; }",
    "{ pids=(); @ & pids+=($!); for p in \"${pids[@]}\"; do wait \"$p\"; done; }",
    "{ f#() { @; echo ok; }; f#; }",
    "{ f#() { @ || return 1; echo ok; }; f#; }",
    "{ f#() { @; return $?; }; f#; }",
    "{ f#() { local r=$(@); echo \"$r\"; }; f#; }",
    "{ f#() { for i in 1 2; do @ && return 0; done; return 1; }; f#; }",
    "{ x=$(@); }",
    "{ export x=$(@); }",
    "{ echo \"$(@)\"; }",
    "{ x=$(@; true); }",
    "{ x=$(@) || exit 1; }",
    "{ if x=$(@); then echo ok; else exit 1; fi; }",
    "bash -c '@; true'",
    "bash -ec '@; true'",
    "eval '@'",
    "if @; then true; fi",
    "if ! @; then exit 1; fi",
    "if @; then echo ok; else echo no; fi",
    "if maybe; then @; else exit 1; fi",
    "while ! @; do exit 1; done",
    "until @; do exit 1; done",
    "until @; do break; done",
    "for i in 1 2; do @; done",
    "for i in 1 2; do @ && break; done",
    "for i in 1 2; do @ || continue; echo $i; done",
    "for i in 1 2; do if @; then break; fi; [ $i = 2 ] && exit 1; done",
    "for ((i=1; i<=2; i++)); do if @; then break; elif [ $i -eq 2 ]; then exit 1; fi; done",
    "{ ok=0; for i in $(seq 2); do @ && ok=1 && break; done; [ \"$ok\" = 1 ] || exit 1; }",
    "{ ok=false; if @; then ok=true; fi; $ok || exit 1; }",
    "{ bad=; @ || bad=1; if [[ -n $bad ]]; then exit 1; fi; }",
    "{ n=0; for i in 1 2; do @ || n=$((n+1)); done; if (( n > 0 )); then exit 1; fi; }",
    "{ n=0; echo a | while read -r l; do @ || n=$((n+1)); done; [ $n -eq 0 ] || exit 1; }",
    "{ n=0; while read -r l; do @ || n=$((n+1)); done < <(echo a); [ $n -eq 0 ] || exit 1; }",
    "{ n=0; while [ $n -lt 3 ]; do @ && break; n=$((n+1)); done; [ $n -lt 3 ] || exit 1; }",
    "{ n=0; until @; do n=$((n+1)); if [ $n -ge 3 ]; then break; fi; done; }",
    "{ errs=(); @ || errs+=(x); [ ${#errs[@]} -eq 0 ] || exit 1; }",
    "{ echo a | while read -r l; do @ || exit 1; done; }",
    "{ set +e; @; set -e; }",
    "{ set +e; @; rc=$?; set -e; [ $rc -eq 0 ] || exit $rc; }",
    "{ set +e; @; rc=$?; set -e; case $rc in 0) true;; *) exit 1;; esac; }",
    "{ set +e; @; rc=$?; set -e; echo \"rc=$rc\"; }",
    "{ rc=0; @ || rc=$?; exit $rc; }",
    "{ set +e; @ | cat; rc=${PIPESTATUS[0]}; set -e; [ $rc = 0 ] || exit 1; }",
    "{ set +e; @ | cat; rc=${PIPESTATUS[1]}; set -e; [ $rc = 0 ] || exit 1; }",
    "{ @; echo done; if [ $? -ne 0 ]; then exit 1; fi; }",
    "{ trap 'exit 0' ERR; @; }",
    "{ trap 'exit 1' ERR; set +e; @; true; }",
    "{ trap 'exit 0' EXIT; @; }",
    "{ set -o pipefail; @ | cat; }",
    "{ cat <(@); }",
    "[[ -n x ]] && @",
];

/// What stands between the command and the use, `U`.
const SCRIPTS: &[&str] = &[
    "@\nU",
    "@ && U",
    "if @; then U; fi",
    "set +e\n@\nset -e\nU",
    "g() { @; U; }\ng || true",
    "if maybe; then @; fi\nU",
    "for i in 1 2; do @ || continue; U; done",
    "ok=true\n@ || ok=false\nif [ \"$ok\" = true ]; then U; fi",
];

/// Options of bash, as GitHub gives them for the value of `shell`.
const SHELLS: &[(&str, &[&str])] = &[("", &["-e"]), ("bash", &["--noprofile", "--norc", "-eo", "pipefail"]), ("bash {0}", &[])];

/// Scripts that are put together at random, beside each of [`AROUND`] alone.
const MIXED: usize = 180;

struct Script {
    shell: usize,
    text: String,
}

/// A generator that gives the same numbers each time (Knuth's).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % end
    }
}

fn filled(template: &str, command: &str, number: usize) -> Option<String> {
    if template.contains("'@") && command.contains('\'') {
        return None;
    }
    let is_one = command.starts_with("cosign") || command.starts_with("{ ");
    let command = if is_one { command.to_owned() } else { format!("{{ {command}; }}") };
    let kept = template.replace("[@]", "\u{1}").replace("f#", &format!("f{number}"));
    Some(kept.replace('@', &command).replace('\u{1}', "[@]"))
}

fn scripts() -> Vec<Script> {
    let command = format!("cosign verify --key k {DIGEST}");
    let mut numbers = Numbers(42);
    let mut found = Vec::new();
    let mut add = |shell: usize, script: &str, inner: &str, number: usize| {
        let Some(text) = filled(script, inner, number) else { return };
        let text = text.replace('U', "\u{2}").replace("PIPESTAT\u{2}S", "PIPESTATUS");
        let text = text.replace('\u{2}', &format!("kubectl set image deploy/a a={DIGEST}"));
        found.push(Script { shell, text: format!("fail() {{ echo no; exit 1; }}\n{text}") });
    };
    for (i, around) in AROUND.iter().enumerate() {
        let inner = filled(around, &command, 0).expect("no quotes");
        add(i % SHELLS.len(), SCRIPTS[0], &inner, 0);
    }
    for number in 1..=MIXED {
        let first = filled(AROUND[numbers.below(AROUND.len())], &command, number).expect("no quotes");
        let second = filled(AROUND[numbers.below(AROUND.len())], &first, number + MIXED);
        add(numbers.below(SHELLS.len()), SCRIPTS[numbers.below(SCRIPTS.len())], &second.unwrap_or(first), number + 2 * MIXED);
    }
    found
}

/// What a script did.
#[derive(Clone, Copy, Default)]
struct Seen {
    verified: bool,
    used: bool,
    succeeded: bool,
}

/// Runs a script with the verification failing or not, and `maybe` doing as it is told.
fn observed(script: &Script, tools: &Path, fails: bool, maybe: bool) -> Seen {
    let dir = tempfile::tempdir().expect("a folder");
    write(dir.path(), "script", script.text.as_bytes());
    let status = Command::new("bash")
        .args(SHELLS[script.shell].1)
        .arg("script")
        .current_dir(dir.path())
        .env("PATH", format!("{}:/usr/bin:/bin", tools.display()))
        .env("FAILS", if fails { "1" } else { "0" })
        .env("MAYBE", if maybe { "0" } else { "1" })
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .status()
        .expect("bash");
    let there = |name: &str| dir.path().join(name).exists();
    Seen { verified: there("verified"), used: there("used"), succeeded: status.success() }
}

/// Stand-ins for the tools. A verification that is tried without end ends its script.
fn tools() -> TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let cosign = "echo x >> verified\n[ $(wc -l < verified) -gt 9 ] && kill -9 0\nexit $FAILS";
    for (name, body) in [("cosign", cosign), ("kubectl", ": > used"), ("maybe", "exit $MAYBE")] {
        write(dir.path(), name, format!("#!/bin/sh\n{body}\n").as_bytes());
        fs::set_permissions(dir.path().join(name), fs::Permissions::from_mode(0o755)).expect("executable");
    }
    dir
}

/// What the analysis says of each script: whether the use is guarded, and whether the failure stops the script.
fn said(scripts: &[Script]) -> Vec<(bool, bool)> {
    let mut text = String::from("on: push\njobs:\n");
    for (i, script) in scripts.iter().enumerate() {
        text +=
            &format!("  j{i}:\n    runs-on: x\n    steps:\n      - shell: {}\n        run: |\n", quoted(SHELLS[script.shell].0));
        for line in script.text.lines() {
            text += &format!("          {line}\n");
        }
    }
    let text = text.replace("      - shell: \"\"\n        run", "      - run");
    let path = ".github/workflows/x.yml";
    let facts = swaplint(repository(&[(path, &text)]).path(), &["facts", path]).json();
    let of = |kind: &str, i: usize| -> Vec<Value> {
        let all = facts["events"][kind].as_array().expect("events");
        all.iter().filter(|e| e["execution_index"] == i).cloned().collect()
    };
    (0..scripts.len())
        .map(|i| {
            let (uses, verifications) = (of("deploy", i), of("verify", i));
            assert!(!verifications.is_empty(), "no verification seen in\n{}", scripts[i].text);
            let guarded = uses.iter().any(|u| u["guards"].as_array().is_some_and(|g| !g.is_empty()));
            (guarded, verifications.iter().all(|v| v["effect"]["stops"] == true))
        })
        .collect()
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

#[test]
fn the_analysis_agrees_with_the_shell() {
    let (scripts, tools) = (scripts(), tools());
    let said: Vec<(bool, bool)> = scripts.chunks(25).flat_map(said).collect();
    let pairs: Vec<(&Script, (bool, bool))> = scripts.iter().zip(said).collect();
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let (mut wrong, mut cautious) = (Vec::new(), Vec::new());
    std::thread::scope(|scope| {
        let judged = |part: &[(&Script, (bool, bool))]| -> Vec<(bool, String)> {
            part.iter().flat_map(|p| judge(p, tools.path())).collect()
        };
        let handles: Vec<_> = pairs.chunks(pairs.len().div_ceil(workers)).map(|part| scope.spawn(move || judged(part))).collect();
        for (is_wrong, what) in handles.into_iter().flat_map(|h| h.join().expect("no panic")) {
            if is_wrong { wrong.push(what) } else { cautious.push(what) }
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Saying too often that a failure is lost would be false alarms.
    assert!(cautious.len() * 50 <= pairs.len(), "{}", cautious.join("\n"));
}

/// Where the analysis and the shell differ; true: the analysis promises what does not hold.
fn judge((script, (guarded, stops)): &(&Script, (bool, bool)), tools: &Path) -> Vec<(bool, String)> {
    let ways: &[bool] = if script.text.contains("maybe") { &[true, false] } else { &[true] };
    let failed: Vec<Seen> = ways.iter().map(|maybe| observed(script, tools, true, *maybe)).collect();
    let used = failed.iter().any(|s| s.used);
    let goes_on = failed.iter().any(|s| s.verified && s.succeeded);
    let shown = |what: &str| format!("{what}: shell `{}`\n{}\n", SHELLS[script.shell].0, script.text.replace(DIGEST, "IMAGE"));
    let mut found = Vec::new();
    if used && *guarded {
        found.push((true, shown("the use is reached, and was called guarded")));
    }
    if goes_on && *stops {
        found.push((true, shown("the script succeeds, and was said to stop")));
    }
    if !used && !guarded && ways.iter().any(|maybe| observed(script, tools, false, *maybe).used) {
        found.push((false, shown("the use is guarded, and was not called so")));
    }
    found
}
