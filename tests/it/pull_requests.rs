//! `--diff-base` and `--trusted-ref` on real git repositories.

use crate::support::{Ran, git, swaplint, write};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const WORKFLOW: &str = ".github/workflows/release.yml";

/// A workflow that runs these commands, a step each.
fn workflow(commands: &[&str]) -> String {
    let steps: String = commands.iter().map(|command| format!("      - run: {command}\n")).collect();
    format!("on: push\njobs:\n  release:\n    runs-on: ubuntu-latest\n    steps:\n{steps}")
}

const SHOP: &str = "cosign sign --yes ghcr.io/acme/shop:1";
const CART: &str = "cosign sign --yes ghcr.io/acme/cart:1";
const ACCEPTED: &str = "cosign sign --yes ghcr.io/acme/shop:1 # swaplint: ignore[sign-by-tag] tags are kept";

/// A repository with a branch `main`, where the first commit holds some files, and a branch `change`, which is checked out.
struct Repository {
    dir: TempDir,
}

/// Runs the `git fetch` that a message tells to type.
fn follow(folder: &Path, message: &str) {
    let command = message.split('`').find(|part| part.starts_with("git fetch")).expect("a command");
    git(folder, &command.split_whitespace().skip(1).collect::<Vec<_>>());
}

impl Repository {
    fn new(files: &[(&str, &str)]) -> Repository {
        let repository = Repository { dir: tempfile::tempdir().expect("a folder") };
        git(repository.path(), &["init", "-q"]);
        repository.commit(files);
        git(repository.path(), &["checkout", "-q", "-b", "change"]);
        repository
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn write(&self, path: &str, text: &str) {
        write(self.path(), path, text.as_bytes());
    }

    fn commit(&self, files: &[(&str, &str)]) {
        files.iter().for_each(|(path, text)| self.write(path, text));
        git(self.path(), &["add", "-A"]);
        git(self.path(), &["commit", "-q", "--allow-empty", "-m", "x"]);
    }

    fn check(&self, args: &[&str]) -> Ran {
        check(self.path(), args)
    }
}

fn check(folder: &Path, args: &[&str]) -> Ran {
    swaplint(folder, &[&["check", "--format", "concise", "--today", "2026-11-20"], args].concat())
}

/// Path, line and rule of each line of a concise report.
fn told(ran: &Ran) -> Vec<String> {
    let short = |line: &str| {
        let (place, rest) = line.split_once(": ").expect("a place");
        let place: Vec<&str> = place.rsplitn(2, ':').collect();
        format!("{} {}", place[1], rest.split(' ').nth(1).expect("a rule"))
    };
    ran.out.lines().map(short).collect()
}

#[test]
fn only_what_is_new_counts() {
    let repository = Repository::new(&[(WORKFLOW, &workflow(&[SHOP]))]);
    repository.write(WORKFLOW, &workflow(&["make", "make test", SHOP]));
    let moved = repository.check(&["--diff-base", "main"]);
    assert_eq!((moved.code, moved.out.as_str()), (0, ""), "moved lines are not new");
    assert_eq!(moved.err, "no new findings in 1 file, 1 not new; handoffs: 0 closed, 1 open, 0 unknown\n");
    repository.write(WORKFLOW, &workflow(&["make", CART, SHOP]));
    let new = repository.check(&["--diff-base", "main"]);
    assert_eq!((new.code, told(&new)), (1, vec![format!("{WORKFLOW}:7 sign-by-tag")]));
    assert!(new.err.starts_with("1 new finding (1 high) in 1 file, 1 not new;"), "{}", new.err);
    let json = swaplint(repository.path(), &["check", "--format", "json", "--diff-base", "main"]).json();
    assert_eq!((json["findings"].as_array().map(Vec::len), &json["summary"]["not_new"]), (Some(1), &1.into()));
    repository.write(WORKFLOW, &workflow(&[SHOP, SHOP]));
    assert_eq!(repository.check(&["--diff-base", "main"]).code, 1, "two equal ones are two");
    repository.write(WORKFLOW, &workflow(&["make"]));
    let fixed = repository.check(&["--diff-base", "main"]);
    assert_eq!((fixed.code, fixed.err.as_str()), (0, "no new findings in 1 file, 0 not new\n"));
    fs::remove_file(repository.path().join(WORKFLOW)).expect("removed");
    assert_eq!(repository.check(&["--diff-base", "main"]).code, 0);
}

#[test]
fn a_file_of_another_name_is_the_same_file() {
    let repository = Repository::new(&[(WORKFLOW, &workflow(&["make", SHOP])), ("README.md", "x\n")]);
    fs::remove_file(repository.path().join(WORKFLOW)).expect("removed");
    repository.write(".github/workflows/publish.yml", &workflow(&["make", SHOP, CART]));
    let ran = repository.check(&["--diff-base", "main"]);
    assert_eq!(told(&ran), [".github/workflows/publish.yml:8 sign-by-tag"], "{}", ran.err);
}

#[test]
fn an_effect_may_be_new_where_nothing_is_changed() {
    let called = "on:\n  workflow_call:\n    inputs:\n      image: {type: string}\njobs:\n  sign:\n    runs-on: x\n    steps:\n      - run: cosign sign --yes ${{ inputs.image }}\n";
    let digest = format!("ghcr.io/acme/shop@sha256:{}", "0123456789abcdef".repeat(4));
    let caller = |image: &str| {
        format!("on: push\njobs:\n  call:\n    uses: ./.github/workflows/sign.yml\n    with:\n      image: {image}\n")
    };
    let repository = Repository::new(&[(".github/workflows/sign.yml", called), (".github/workflows/call.yml", &caller(&digest))]);
    assert_eq!(repository.check(&["--diff-base", "main"]).code, 0);
    repository.write(".github/workflows/call.yml", &caller("ghcr.io/acme/shop:1"));
    let ran = repository.check(&["--diff-base", "main"]);
    assert_eq!(told(&ran), [".github/workflows/sign.yml:9 sign-by-tag"]);
    let only = repository.check(&["--diff-base", "main", ".github/workflows/sign.yml"]);
    assert_eq!(told(&only), [".github/workflows/sign.yml:9 sign-by-tag"], "with what is around it, in both");
}

#[test]
fn the_base_is_where_the_history_left_it() {
    let repository = Repository::new(&[(WORKFLOW, &workflow(&[SHOP]))]);
    git(repository.path(), &["checkout", "-q", "main"]);
    repository.commit(&[(WORKFLOW, &workflow(&["make"]))]);
    git(repository.path(), &["checkout", "-q", "change"]);
    repository.commit(&[("README.md", "x\n")]);
    assert_eq!(repository.check(&["--diff-base", "main"]).code, 0, "repaired in main meanwhile");
}

#[test]
fn a_gate_is_not_switched_off_by_what_it_judges() {
    let repository = Repository::new(&[
        (WORKFLOW, &workflow(&[SHOP])),
        ("swaplint.yml", "baseline: swaplint-baseline.json\npolicies: [ci]\n"),
        ("ci/none.rego", POLICY),
        ("swaplint-baseline.json", "{\"schema\": \"swaplint.baseline.v1\", \"findings\": []}\n"),
    ]);
    let trusted = &["--diff-base", "main", "--trusted-ref", "main"];
    assert_eq!(repository.check(trusted).code, 0);
    repository.write(WORKFLOW, &workflow(&[SHOP, CART]));
    let new = format!("{WORKFLOW}:7 sign-by-tag");
    repository.write("swaplint.yml", "rules:\n  sign-by-tag: off\npolicies: [ci]\n");
    assert_eq!(repository.check(&["--diff-base", "main"]).code, 0, "without trust it is");
    assert_eq!(told(&repository.check(trusted)), [new.as_str(), "swaplint.yml:1 gate-changed"]);
    repository.write(".github/swaplint.yml", "rules: {signing: off, linter: off}\n");
    assert_eq!(told(&repository.check(trusted)), [".github/swaplint.yml:1 gate-changed", &new, "swaplint.yml:1 gate-changed"]);
    git(repository.path(), &["clean", "-qfd"]);
    git(repository.path(), &["checkout", "-q", "."]);

    repository.write(WORKFLOW, &workflow(&[SHOP, CART]));
    let created = swaplint(repository.path(), &["baseline", "update", "--accept-new"]);
    assert_eq!(created.code, 0, "{}", created.err);
    assert_eq!(repository.check(&[]).code, 0);
    assert_eq!(told(&repository.check(trusted)), [new.as_str(), "swaplint-baseline.json:1 gate-changed"]);
    fs::remove_file(repository.path().join("swaplint-baseline.json")).expect("removed");
    fs::remove_file(repository.path().join("ci/none.rego")).expect("removed");
    repository.write("ci/other.rego", &POLICY.replace("none", "other"));
    let removed = repository.check(trusted);
    let wanted = [&new, "ci/none.rego:1 gate-changed", "ci/other.rego:1 gate-changed", "swaplint-baseline.json:1 gate-changed"];
    assert_eq!(told(&removed), wanted, "{}", removed.err);
    assert!(removed.out.contains("`ci/none.rego` is removed here"), "{}", removed.out);
}

const POLICY: &str = "# METADATA\n# title: None\n# description: None.\n# custom:\n#   severity: low\npackage ours.none\n\nfinding contains found if {\n\tfalse\n\tfound := {}\n}\n";

#[test]
fn an_ignore_counts_if_the_trusted_commit_has_it() {
    let repository = Repository::new(&[(WORKFLOW, &workflow(&[ACCEPTED]))]);
    let trusted = &["--trusted-ref", "main"];
    repository.write(WORKFLOW, &workflow(&["make", ACCEPTED]));
    assert_eq!(repository.check(trusted).code, 0, "moved along");
    repository.write(WORKFLOW, &workflow(&[ACCEPTED, &ACCEPTED.replace("shop", "cart")]));
    assert_eq!(repository.check(&[]).code, 0);
    let added = repository.check(trusted);
    assert_eq!(told(&added), [format!("{WORKFLOW}:7 sign-by-tag"), format!("{WORKFLOW}:7 gate-changed")]);
    assert!(added.out.contains("`main` does not accept `sign-by-tag` here, so this ignore does not count"), "{}", added.out);
    let on_itself = "rules: {} # swaplint: ignore[gate-changed] nothing to see\n";
    repository.write(WORKFLOW, &workflow(&[ACCEPTED]));
    repository.write("swaplint.yml", on_itself);
    assert_eq!(told(&repository.check(trusted)), ["swaplint.yml:1 gate-changed", "swaplint.yml:1 gate-changed"]);
}

#[test]
fn what_main_changed_meanwhile_is_no_change_of_the_branch() {
    let repository = Repository::new(&[(WORKFLOW, &workflow(&["make"])), ("swaplint.yml", "rules: {}\n")]);
    git(repository.path(), &["checkout", "-q", "main"]);
    repository.commit(&[("swaplint.yml", "require-reason: true\n")]);
    git(repository.path(), &["checkout", "-q", "change"]);
    let ran = repository.check(&["--trusted-ref", "main"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""));
}

#[test]
fn what_git_has_is_checked_whatever_is_ignored() {
    let repository = Repository::new(&[("README.md", "x\n")]);
    repository.commit(&[(WORKFLOW, &workflow(&[SHOP]))]);
    repository.commit(&[(".gitignore", ".github/\n")]);
    assert_eq!(told(&repository.check(&[])), [format!("{WORKFLOW}:6 sign-by-tag")]);
    git(repository.path(), &["rm", "-q", "-r", "--cached", ".github"]);
    assert_eq!(repository.check(&[]).code, 0, "git has it no more");
    git(repository.path(), &["reset", "-q", "--hard"]);
    assert_eq!(told(&repository.check(&["--diff-base", "main"])), [format!("{WORKFLOW}:6 sign-by-tag")]);
    assert_eq!(repository.check(&["--trusted-ref", "main", ".github"]).code, 1);
    assert_eq!(repository.check(&["--trusted-ref", "main", "README.md"]).code, 0, "what was asked for alone");
}

#[test]
fn repositories_with_sha256_ids_are_read() {
    let dir = tempfile::tempdir().expect("a folder");
    let repository = Repository { dir };
    git(repository.path(), &["init", "-q", "--object-format=sha256"]);
    repository.commit(&[(WORKFLOW, &workflow(&[SHOP]))]);
    git(repository.path(), &["gc", "-q"]);
    repository.write(WORKFLOW, &workflow(&[SHOP, CART]));
    assert_eq!(told(&repository.check(&["--diff-base", "HEAD", "--trusted-ref", "HEAD"])), [format!("{WORKFLOW}:7 sign-by-tag")]);
}

#[test]
fn a_detached_head_has_a_history() {
    let repository = Repository::new(&[(WORKFLOW, &workflow(&[SHOP]))]);
    repository.commit(&[(WORKFLOW, &workflow(&[SHOP, CART]))]);
    git(repository.path(), &["checkout", "-q", "--detach"]);
    assert_eq!(told(&repository.check(&["--diff-base", "main"])), [format!("{WORKFLOW}:7 sign-by-tag")]);
}

/// A shallow clone of a repository's branch.
fn shallow(repository: &Repository, branch: &str, depth: &str) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a folder");
    let url = format!("file://{}", repository.path().display());
    git(dir.path(), &["clone", "-q", "--depth", depth, "--branch", branch, &url, "clone"]);
    let clone = dir.path().join("clone");
    (dir, clone)
}

#[test]
fn a_shallow_clone_is_told_what_to_fetch() {
    let repository = Repository::new(&[(WORKFLOW, &workflow(&[SHOP]))]);
    repository.commit(&[(WORKFLOW, &workflow(&[SHOP, CART]))]);
    let base = git(repository.path(), &["rev-parse", "main"]);
    for (name, wanted) in [
        ("origin/main", "`git fetch --depth=1 origin main:refs/remotes/origin/main`"),
        ("main", "`git fetch --depth=1 origin main:main`"),
        ("HEAD^1", "`git fetch --deepen=1`"),
        (base.as_str(), "`git fetch --depth=1 origin"),
    ] {
        let (_dir, clone) = shallow(&repository, "change", "1");
        let ran = check(&clone, &["--diff-base", name]);
        assert_eq!((ran.code, ran.err.contains(wanted)), (2, true), "{name}: {}", ran.err);
        follow(&clone, &ran.err);
        let ran = check(&clone, &["--diff-base", name]);
        assert_eq!(told(&ran), [format!("{WORKFLOW}:7 sign-by-tag")], "{name}: {}", ran.err);
    }
}

#[test]
fn the_merge_of_a_pull_request_is_compared_with_its_first_parent() {
    let repository = Repository::new(&[(WORKFLOW, &workflow(&[SHOP])), ("a", "1\n")]);
    repository.commit(&[(WORKFLOW, &workflow(&[SHOP, CART]))]);
    git(repository.path(), &["checkout", "-q", "main"]);
    repository.commit(&[("a", "2\n")]);
    git(repository.path(), &["merge", "-q", "--no-ff", "-m", "x", "change"]);
    git(repository.path(), &["update-ref", "refs/pull/7/merge", "HEAD"]);
    git(repository.path(), &["reset", "-q", "--hard", "HEAD^1"]);
    let dir = tempfile::tempdir().expect("a folder");
    git(dir.path(), &["init", "-q"]);
    git(dir.path(), &["remote", "add", "origin", &format!("file://{}", repository.path().display())]);
    git(dir.path(), &["fetch", "-q", "--depth=2", "origin", "+refs/pull/7/merge:refs/remotes/pull/7/merge"]);
    git(dir.path(), &["checkout", "-q", "--detach", "refs/remotes/pull/7/merge"]);
    for base in ["HEAD^1", "HEAD^"] {
        let ran = check(dir.path(), &["--diff-base", base, "--trusted-ref", base]);
        assert_eq!(told(&ran), [format!("{WORKFLOW}:7 sign-by-tag")], "{}", ran.err);
    }
}

#[test]
fn worktrees_and_submodules_are_repositories() {
    let repository = Repository::new(&[(WORKFLOW, &workflow(&[SHOP]))]);
    let dir = tempfile::tempdir().expect("a folder");
    let linked = dir.path().join("linked");
    git(repository.path(), &["worktree", "add", "-q", "--detach", &linked.display().to_string(), "main"]);
    write(&linked, WORKFLOW, workflow(&[SHOP, CART]).as_bytes());
    assert!(linked.join(".git").is_file());
    let ran = check(&linked, &["--diff-base", "main"]);
    assert_eq!(told(&ran), [format!("{WORKFLOW}:7 sign-by-tag")], "{}", ran.err);

    let outer = Repository::new(&[("ci/deploy.yml", "a: 1\n")]);
    let url = format!("file://{}", repository.path().display());
    git(outer.path(), &["submodule", "--quiet", "add", "-b", "main", &url, "inner"]);
    outer.commit(&[]);
    let inner = outer.path().join("inner");
    assert!(inner.join(".git").is_file());
    write(&inner, ".tekton/sign.yml", SIGNS.as_bytes());
    let ran = outer.check(&["--diff-base", "HEAD"]);
    assert_eq!((ran.code, ran.err.contains("inner: a submodule, skipped")), (0, true), "{}{}", ran.out, ran.err);
    let ran = check(&inner, &["--diff-base", "origin/main"]);
    assert_eq!(told(&ran), [".tekton/sign.yml:8 sign-by-tag"], "{}", ran.err);
}

const SIGNS: &str = "apiVersion: tekton.dev/v1\nkind: Task\nmetadata:\n  name: sign\nspec:\n  steps:\n    - image: x@sha256:4b7ce07002c69e8f3d704a9c5d6fd3053be500b7f1c69fc0d80990c2ad8dd412\n      script: cosign sign --yes ghcr.io/acme/shop:1\n";

#[test]
fn what_cannot_be_compared_says_what_to_type() {
    let dir = tempfile::tempdir().expect("a folder");
    git(dir.path(), &["init", "-q"]);
    write(dir.path(), WORKFLOW, workflow(&[SHOP]).as_bytes());
    let ran = check(dir.path(), &["--diff-base", "HEAD"]);
    assert_eq!((ran.code, ran.err.contains("commit first")), (2, true), "{}", ran.err);
    let repository = Repository::new(&[(WORKFLOW, &workflow(&[SHOP]))]);
    for (name, wanted) in [
        ("HEAD~5", "there is no `HEAD~5` in the history here"),
        ("mian", "there is no `mian` here: `git branch` and `git log` show what there is"),
        ("HEAD:README.md", "there is no"),
        ("", "--diff-base is empty"),
    ] {
        let ran = repository.check(&["--diff-base", name]);
        assert_eq!((ran.code, ran.err.contains(wanted)), (2, true), "{name}: {}", ran.err);
    }
    let bare = tempfile::tempdir().expect("a folder");
    write(bare.path(), WORKFLOW, workflow(&[SHOP]).as_bytes());
    let ran = check(bare.path(), &["--diff-base", "main"]);
    assert_eq!((ran.code, ran.err.contains("no git repository")), (2, true), "{}", ran.err);
}

#[test]
fn what_a_partial_clone_left_out_is_told_file_by_file() {
    let repository = Repository::new(&[(WORKFLOW, &workflow(&[SHOP]))]);
    repository.commit(&[(WORKFLOW, &workflow(&[SHOP, CART])), (".github/workflows/b.yml", &workflow(&["make", SHOP]))]);
    git(repository.path(), &["config", "uploadpack.allowFilter", "true"]);
    let dir = tempfile::tempdir().expect("a folder");
    let url = format!("file://{}", repository.path().display());
    git(dir.path(), &["clone", "-q", "--filter=blob:none", "--branch", "change", &url, "clone"]);
    let clone = dir.path().join("clone");
    let ran = check(&clone, &["--diff-base", "origin/main"]);
    assert_eq!((ran.code, told(&ran).len()), (1, 3), "{}{}", ran.out, ran.err);
    assert!(ran.err.contains(&format!("note: {WORKFLOW} could not be checked in `origin/main`")), "{}", ran.err);
    git(&clone, &["fetch", "-q", "--refetch", "--no-filter"]);
    assert_eq!(told(&check(&clone, &["--diff-base", "origin/main"])).len(), 2);
}

#[cfg(unix)]
#[test]
fn links_of_a_commit_lead_nowhere_else() {
    use std::os::unix::fs::symlink;
    let repository = Repository::new(&[("shared/steps.yml", &workflow(&[SHOP]))]);
    fs::create_dir_all(repository.path().join(".github/workflows")).expect("a folder");
    symlink("/etc/hostname", repository.path().join(".github/workflows/out.yml")).expect("a link");
    symlink("../../../../../../../../etc/hostname", repository.path().join(".github/workflows/up.yml")).expect("a link");
    symlink("circle.yml", repository.path().join(".github/workflows/circle.yml")).expect("a link");
    repository.commit(&[]);
    git(repository.path(), &["branch", "-f", "main"]);
    let here = repository.check(&[]);
    let ran = repository.check(&["--diff-base", "main"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "what is wrong with them is not new: {}", here.out);
}
