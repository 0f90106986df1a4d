//! Many repositories: each gets exactly one record whatever happens, and the result does not depend on how it came about.

mod fetched;
mod killed;

use crate::support::{Ran, git, swaplint, swaplint_reading, write};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const WORKFLOW: &str = ".github/workflows/x.yml";
const SIGNS: &str = "on: push\njobs:\n  j:\n    runs-on: x\n    steps:\n      - uses: acme/build@v1\n      - run: cosign sign --key k ghcr.io/acme/app:1.2.3\n";
const TODAY: &str = "2026-11-20";

/// Commits files into a repository, and makes it if it is not there.
fn commit(repository: &Path, files: &[(&str, &str)]) {
    if !repository.join(".git").exists() {
        fs::create_dir_all(repository).expect("created");
        git(repository, &["init", "-q"]);
    }
    for (path, text) in files {
        write(repository, path, text.as_bytes());
    }
    git(repository, &["add", "-A"]);
    git(repository, &["commit", "-q", "--allow-empty", "-m", "x"]);
}

/// Repositories of every kind, below `mirrors`.
fn mirrors() -> TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let of = |name: &str| dir.path().join("mirrors").join(name);
    commit(&of("acme/app"), &[(WORKFLOW, SIGNS)]);
    commit(&of("acme/site"), &[("README.md", "# hello\n")]);
    commit(&of("acme/torn"), &[(WORKFLOW, SIGNS), (".github/workflows/y.yml", "on: push\njobs: [\n")]);
    fs::create_dir_all(of("acme/young")).expect("created");
    git(&of("acme/young"), &["init", "-q"]);
    write(&of("other/broken.git"), "HEAD", b"nonsense");
    let bare = of("other/bare.git");
    git(dir.path(), &["clone", "-q", "--bare", &of("acme/app").to_string_lossy(), &bare.to_string_lossy()]);
    dir
}

fn run(folder: &Path, args: &[&str]) -> Ran {
    let common = ["audit", "run", "--today", TODAY, "--progress", "none"];
    let cache = if args.contains(&"--no-cache") { &[][..] } else { &["--cache", "cache.sqlite"] };
    swaplint(folder, &[&common, cache, args].concat())
}

/// The records of a result.
fn records(folder: &Path, out: &str) -> Vec<Value> {
    let file = fs::File::open(folder.join(out).join("records.ndjson.zst")).expect("records");
    lines(&String::from_utf8(zstd::decode_all(file).expect("zstd")).expect("UTF-8"))
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Repositories and what became of them.
fn statuses(records: &[Value]) -> Vec<(String, String)> {
    let word = |r: &Value, key: &str| r[key].as_str().expect("a text").to_owned();
    records.iter().filter(|r| r["record"] == "repo").map(|r| (word(r, "repository"), word(r, "status"))).collect()
}

fn bytes(folder: &Path, out: &str, file: &str) -> Vec<u8> {
    fs::read(folder.join(out).join(file)).expect("readable")
}

#[test]
fn every_repository_has_one_record() {
    let dir = mirrors();
    let ran = run(dir.path(), &["mirrors", "--out", "a"]);
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    let all = records(dir.path(), "a");
    let wanted = [
        ("acme/app", "ok"),
        ("acme/site", "no_pipelines"),
        ("acme/torn", "partial"),
        ("acme/young", "empty"),
        ("other/bare", "ok"),
        ("other/broken", "unreadable"),
    ];
    assert_eq!(statuses(&all), wanted.map(|(name, status)| (name.to_owned(), status.to_owned())));
    assert!(all.iter().all(|r| r["schema"] == "swaplint.audit.v1"));
    let of_app: Vec<&str> = all.iter().filter(|r| r["repository"] == "acme/app").filter_map(|r| r["record"].as_str()).collect();
    assert_eq!(of_app, ["repo", "finding", "finding", "handoff", "use"]);
    let used = all.iter().find(|r| r["record"] == "use").expect("a use");
    assert_eq!(
        (&used["name"], &used["version"], &used["pin"], &used["pinned"]),
        (&json!("acme/build"), &json!("v1"), &json!("tag"), &json!(false))
    );
    assert!(ran.out.starts_with("6 repositories, 83.3 % audited"), "{}", ran.out);
    assert!(ran.out.contains("unreadable   other/broken: "), "{}", ran.out);
    assert_eq!(run(dir.path(), &["mirrors", "--out", "a", "--min-coverage", "80"]).code, 1);
    assert_eq!(run(dir.path(), &["mirrors", "--out", "a", "--min-coverage", "80", "--fail-on", "never"]).code, 0);
    assert_eq!(run(dir.path(), &["nowhere"]).code, 2);
    write(dir.path(), "none.json", b"[]");
    assert!(run(dir.path(), &["none.json"]).err.contains("none.json: no repository is named here"));
    for (args, why) in [
        (&["--since", "nowhere"][..], "nowhere/audit.json"),
        (&["--since", "a"], "would replace the one that it compares with"),
        (&["--min-coverage", "101"], "write a number from 0 to 100"),
    ] {
        let ran = run(dir.path(), &[&["mirrors", "--out", "a"], args].concat());
        assert!(ran.code == 2 && ran.err.contains(why), "{}", ran.err);
    }
}

#[cfg(unix)]
#[test]
fn a_link_makes_a_pipeline_of_a_file_that_is_named_like_none() {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().expect("a folder");
    let repository = dir.path().join("mirrors/acme/app");
    fs::create_dir_all(repository.join(".github/workflows")).expect("a folder");
    symlink("../../shared/wf.yml", repository.join(WORKFLOW)).expect("linked");
    symlink("y.yml", repository.join(".github/workflows/again.yml")).expect("linked");
    let signs = SIGNS.replace("acme/build", "acme/other");
    commit(&repository, &[("shared/wf.yml", SIGNS), (".github/workflows/y.yml", &signs)]);
    assert_eq!(run(dir.path(), &["mirrors", "--out", "a", "--fail-on", "never"]).code, 0);
    let all = records(dir.path(), "a");
    let files: Vec<_> = all.iter().filter(|r| r["record"] == "finding").map(|r| r["path"].as_str().expect("a path")).collect();
    let wanted = [WORKFLOW, ".github/workflows/y.yml"];
    assert!(wanted.iter().all(|path| files.contains(path)) && files.iter().all(|path| wanted.contains(path)), "{files:?}");
}

#[test]
fn the_result_does_not_depend_on_threads_shards_or_cache() {
    let dir = mirrors();
    run(dir.path(), &["mirrors", "--out", "a", "-j", "1", "--no-cache"]);
    for (out, args) in [("b", &["-j", "4"][..]), ("c", &["-j", "2"]), ("d", &["--memory", "4096", "--timeout", "77"])] {
        run(dir.path(), &[&["mirrors", "--out", out], args].concat());
        for file in [
            "records.ndjson.zst",
            "audit.json",
            "repos.parquet",
            "findings.parquet",
            "handoffs.parquet",
            "uses.parquet",
            "report.html",
        ] {
            assert!(bytes(dir.path(), "a", file) == bytes(dir.path(), out, file), "{out}: {file}");
        }
    }
    run(dir.path(), &["mirrors", "--out", "e", "--shard-size", "2"]);
    assert_eq!(records(dir.path(), "a"), records(dir.path(), "e"));
    assert_eq!(fs::read_dir(dir.path().join("e/shards")).expect("shards").count(), 3);
    // The steps by themselves say the same.
    let plan = swaplint(dir.path(), &["audit", "plan", "mirrors", "--today", TODAY]);
    let mapped = swaplint_reading(dir.path(), &["audit", "map"], &plan.out);
    assert_eq!(lines(&mapped.out), records(dir.path(), "a"));
}

/// What is packed is analysed as the repository itself, without any repository there.
#[test]
fn packed_repositories_give_the_same_records() {
    let dir = mirrors();
    let app = dir.path().join("mirrors/acme/app");
    let runs = SIGNS.replace("cosign sign --key k ghcr.io/acme/app:1.2.3", "ci/sign.sh && make sign");
    let script = "#!/bin/sh\ncosign sign --key k ghcr.io/acme/app:1.2.3\n";
    commit(&app, &[(WORKFLOW, &runs), ("ci/sign.sh", script), ("Makefile", "sign:\n\tci/sign.sh\n"), ("unread.bin", "secret")]);
    git(&app, &["remote", "add", "origin", "git@git.example.com:acme/app.git"]);
    let plan = swaplint(dir.path(), &["audit", "plan", "mirrors", "--today", TODAY]).out;
    assert_eq!(lines(&plan)[1]["web"], "https://git.example.com/acme/app");
    let mapped = swaplint_reading(dir.path(), &["audit", "map"], &plan);
    assert!(
        mapped.out.contains("\"web\":\"https://git.example.com/acme/app\"") && mapped.out.contains("ci/sign.sh"),
        "{}",
        mapped.out
    );
    let packed = swaplint_reading(dir.path(), &["audit", "pack", "-"], &plan);
    assert_eq!(packed.code, 0, "{}", packed.err);
    fs::remove_dir_all(dir.path().join("mirrors")).expect("removed");
    let elsewhere = swaplint_reading(dir.path(), &["audit", "map"], &packed.out);
    assert_eq!(elsewhere.out, mapped.out);
    let of_app = &lines(&packed.out)[1];
    let blobs = of_app["objects"].as_array().expect("objects").iter().filter(|o| o["kind"] == "blob").count();
    assert_eq!((blobs, &of_app["git_dir"]), (3, &Value::Null), "only what is read");
    let tampered = packed.out.replacen("\"bytes\":\"b24", "\"bytes\":\"b25", 1);
    assert_ne!(tampered, packed.out);
    let refused = swaplint_reading(dir.path(), &["audit", "map"], &tampered);
    assert!(refused.out.contains("unreadable") && refused.out.contains(" is another: "), "{}", refused.out);
}

/// How the verdicts about entries came about.
fn served(dir: &Path, plan: &str, args: &[&str]) -> Vec<String> {
    let flags = [&["audit", "map", "--frames", "--cache", "map.sqlite"], args].concat();
    let ran = swaplint_reading(dir, &flags, plan);
    let done = ran.out.lines().filter(|line| line.starts_with("{\"done\""));
    let word = |line: &str| lines(line)[0]["done"]["served"].as_str().expect("a word").to_owned();
    done.map(word).collect()
}

#[test]
fn what_nobody_changed_is_not_analysed_again() {
    let dir = tempfile::tempdir().expect("a folder");
    let app = dir.path().join("app");
    let calls = SIGNS.replace("cosign sign --key k ghcr.io/acme/app:1.2.3", "./ci/sign.sh");
    let script = "cosign sign --key k ghcr.io/acme/app:1.2.3\n";
    commit(&app, &[(WORKFLOW, &calls), ("ci/sign.sh", script)]);
    let plan = || swaplint(dir.path(), &["audit", "plan", "app", "--today", TODAY]).out;
    let now = |args: &[&str]| served(dir.path(), &plan(), args);
    assert_eq!(now(&[]), ["new"]);
    assert_eq!(now(&[]), ["head"]);
    commit(&app, &[("README.md", "changed"), ("src/main.c", "int main;")]);
    assert_eq!(now(&[]), ["content"], "nothing that is read changed");
    assert_eq!(now(&[]), ["head"], "now this commit is known too");
    commit(&app, &[("ci/sign.sh", &format!("{script}true\n"))]);
    assert_eq!(now(&[]), ["new"], "a script that the pipeline runs");
    commit(&app, &[("ci/sign.sh", script)]);
    assert_eq!(now(&[]), ["content"], "as it was before");
    // What decides.
    assert_eq!(now(&["--select", "signing"]), ["new"]);
    write(dir.path(), "config.yml", b"references:\n  owners: [acme]\n");
    assert_eq!(now(&["--config", "config.yml"]), ["new"]);
    write(dir.path(), "config.yml", b"references:\n  owners: [others]\n");
    assert_eq!(now(&["--config", "config.yml"]), ["new"]);
    assert_eq!(now(&["--config", "config.yml"]), ["head"]);
    let rule = "# METADATA\n# title: t\n# description: d\n# custom:\n#  severity: low\n#  confidence: high\n#  persona: regular\npackage acme.mine\n\nfinding contains result if {\n\tfalse\n\tresult := {}\n}\n";
    write(dir.path(), "rules/mine.rego", rule.as_bytes());
    assert_eq!(now(&["--policy", "rules"]), ["new"]);
    write(dir.path(), "rules/mine.rego", rule.replace("\tfalse", "\t1 == 2").as_bytes());
    assert_eq!(now(&["--policy", "rules"]), ["new"]);
    assert_eq!(now(&[]), ["head"], "and the first ones are still known");
}

#[test]
fn a_day_changes_only_what_is_accepted_until_some_day() {
    let dir = tempfile::tempdir().expect("a folder");
    commit(&dir.path().join("all/plain"), &[(WORKFLOW, SIGNS)]);
    let dated = SIGNS.replace("1.2.3", "1.2.3 # swaplint: ignore[sign-by-tag] until=2026-12-01 reviewed");
    commit(&dir.path().join("all/dated"), &[(WORKFLOW, &dated)]);
    let plan = |day: &str| swaplint(dir.path(), &["audit", "plan", "all", "--today", day]).out;
    assert_eq!(served(dir.path(), &plan(TODAY), &[]), ["new", "new"]);
    assert_eq!(served(dir.path(), &plan("2026-11-30"), &[]), ["new", "head"]);
    let ended = swaplint_reading(dir.path(), &["audit", "map"], &plan("2026-12-02"));
    assert!(ended.out.contains("expired-ignore"), "{}", ended.out);
    let waived = swaplint_reading(dir.path(), &["audit", "map"], &plan(TODAY));
    let finding = lines(&waived.out).into_iter().find(|r| r["rule"] == "sign-by-tag").expect("a finding");
    assert_eq!(
        (&finding["accepted"], &finding["accepted_reason"], &finding["accepted_until"]),
        (&json!("inline"), &json!("reviewed"), &json!("2026-12-01"))
    );
}

#[test]
fn records_are_put_together_once_and_whole() {
    let dir = mirrors();
    let plan = swaplint(dir.path(), &["audit", "plan", "mirrors", "--today", TODAY]).out;
    write(dir.path(), "plan.ndjson", plan.as_bytes());
    let mapped = swaplint_reading(dir.path(), &["audit", "map"], &plan).out;
    let (first, rest) = mapped.split_at(mapped.match_indices("{\"record\":\"repo\"").nth(2).expect("a third").0);
    write(dir.path(), "parts/2", rest.as_bytes());
    write(dir.path(), "parts/3", mapped.as_bytes());
    write(dir.path(), "parts/_SUCCESS", b"");
    let merge =
        |args: &[&str]| swaplint(dir.path(), &[&["audit", "merge", "--plan", "plan.ndjson", "--out", "m"], args].concat());
    let ran = merge(&["parts/2"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("the plan is not covered: there is no record of: acme/app, acme/site"), "{}", ran.err);
    write(dir.path(), "parts/1", first.as_bytes());
    assert_eq!(merge(&["parts"]).code, 3);
    assert_eq!(lines(&mapped), records(dir.path(), "m"));
    run(dir.path(), &["mirrors", "--out", "r"]);
    for file in ["records.ndjson.zst", "findings.parquet", "uses.parquet"] {
        assert!(bytes(dir.path(), "r", file) == bytes(dir.path(), "m", file), "{file}");
    }
    write(dir.path(), "mixed", first.replace("\"policy\":\"", "\"policy\":\"0").as_bytes());
    let ran = merge(&["mixed", "parts/2"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("different programs, policies or configs"), "{}", ran.err);
    assert_eq!(merge(&["mixed", "parts/2", "--allow-mixed"]).code, 3);
    write(dir.path(), "strange", first.replace("acme/app", "acme/other").as_bytes());
    assert!(merge(&["strange", "parts/3"]).err.contains("not of the plan: acme/other"));
    write(dir.path(), "junk", b"{\"record\":\"finding\"}\n");
    assert!(merge(&["junk", "parts/3"]).err.contains("no records of an audit"));
}

#[test]
fn what_was_not_seen_again_is_not_fixed() {
    let dir = tempfile::tempdir().expect("a folder");
    let of = |name: &str| dir.path().join("all").join(name);
    let deploys = "on: push\njobs:\n  d:\n    runs-on: x\n    steps:\n      - run: curl https://example.com/i.sh | sh\n";
    commit(&of("fixes"), &[(WORKFLOW, SIGNS)]);
    commit(&of("keeps"), &[(WORKFLOW, SIGNS)]);
    commit(&of("accepts"), &[(WORKFLOW, deploys)]);
    commit(&of("breaks"), &[(WORKFLOW, deploys)]);
    commit(&of("goes"), &[(WORKFLOW, deploys)]);
    run(dir.path(), &["all", "--out", "base"]);
    commit(&of("fixes"), &[(WORKFLOW, "on: push\njobs: {j: {runs-on: x, steps: [{run: make}]}}\n")]);
    commit(&of("keeps"), &[(WORKFLOW, &format!("# moved\n\n{SIGNS}")), (".github/workflows/new.yml", deploys)]);
    commit(&of("accepts"), &[(WORKFLOW, &deploys.replace("| sh", "| sh # swaplint: ignore[pipe-to-shell] known"))]);
    commit(&of("breaks"), &[(WORKFLOW, "on: push\njobs: [\n")]);
    fs::remove_dir_all(of("goes")).expect("removed");
    let ran = run(dir.path(), &["all", "--out", "head", "--since", "base"]);
    let diff = swaplint(dir.path(), &["audit", "diff", "base", "head"]);
    assert!(diff.err.contains("2 new, 2 fixed, 2 persisting, 2 unknown, 1 accepted since"), "{}{}", diff.out, diff.err);
    assert!(ran.out.contains("2 new, 2 fixed, 2 persisting, 2 unknown, 1 accepted since 2026-11-20"), "{}", ran.out);
    assert_eq!(diff.code, 1);
    assert!(diff.out.contains("new        keeps .github/workflows/new.yml:6: high pipe-to-shell"), "{}", diff.out);
    let states = swaplint(dir.path(), &["audit", "diff", "base", "head", "--format", "json"]);
    assert_eq!(lines(&states.out).iter().filter(|f| f["state"] == "unknown").count(), 2);
    assert_eq!(swaplint(dir.path(), &["audit", "diff", "head", "head"]).code, 0);
}

#[test]
fn reports_hold_what_repositories_say_as_text() {
    let dir = tempfile::tempdir().expect("a folder");
    let evil = "</script><img src=x onerror=alert(1)>";
    let hostile = SIGNS.replace("1.2.3", "1.2.3 '' # </script>").replace("  j:", "  \"</script><b>\":");
    commit(&dir.path().join(format!("all/{}", evil.replace('/', "_"))), &[(WORKFLOW, &hostile)]);
    commit(&dir.path().join("all/=cmd"), &[(WORKFLOW, SIGNS)]);
    run(dir.path(), &["all", "--out", "a"]);
    let page = String::from_utf8(bytes(dir.path(), "a", "report.html")).expect("UTF-8");
    assert_eq!(page.matches("<script").count(), 2, "the data and the script");
    assert!(!page.contains("onerror=alert(1)>\"]") && page.contains("\\u003cimg src=x"));
    assert!(page.contains("default-src 'none'") && !page.contains("http://") && !page.contains("src=\"http"));
    let report = |args: &[&str]| swaplint(dir.path(), &[&["audit", "report", "a"], args].concat());
    assert_eq!(report(&["--format", "csv", "-o", "csv"]).code, 0);
    let csv = fs::read_to_string(dir.path().join("csv/repos.csv")).expect("a table");
    assert!(csv.starts_with("repository,owner,head,status") && csv.contains("\"'=cmd\""), "{csv}");
    assert_eq!(report(&["--format", "sarif", "-o", "sarif"]).code, 0);
    let sarif = fs::read_to_string(dir.path().join("sarif/_cmd.sarif")).expect("a file");
    let sarif: Value = serde_json::from_str(&sarif).expect("JSON");
    let schema = include_str!("../schemas/sarif-schema-2.1.0.json").replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}?$");
    let schema = serde_json::from_str(&schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    assert_eq!(validator.iter_errors(&sarif).map(|e| e.to_string()).collect::<Vec<_>>(), Vec::<String>::new());
    assert_eq!(sarif["runs"][0]["results"].as_array().map(Vec::len), Some(2));
    assert!(report(&[]).out.contains("sign-by-tag"));
    assert_eq!(report(&["--format", "html"]).code, 2, "where to?");
}
