//! Miniature repositories, and runs of the linter on them.

use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// The folder of this repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A repository of its own: `.git` says where its root is, so the one around it does not count.
pub(crate) fn repository(files: &[(&str, &str)]) -> TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    fs::create_dir(dir.path().join(".git")).expect("created");
    for (path, text) in files {
        write(dir.path(), path, text.as_bytes());
    }
    dir
}

/// Writes a file and its folders.
pub(crate) fn write(root: &Path, path: &str, bytes: &[u8]) {
    let file = root.join(path);
    fs::create_dir_all(file.parent().expect("a folder")).expect("created");
    fs::write(file, bytes).expect("written");
}

/// A copy of a folder as a repository of its own.
pub(crate) fn copied(folder: &Path) -> TempDir {
    let dir = repository(&[]);
    for path in files(folder) {
        write(dir.path(), &path, &fs::read(folder.join(&path)).expect("readable"));
    }
    dir
}

/// All files below a folder, by their path relative to it with `/`, sorted.
pub(crate) fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(below) = folders.pop() {
        for entry in fs::read_dir(folder.join(&below)).expect("a folder").flatten() {
            let path = below.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(path);
            } else {
                found.push(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}

/// The folders directly in a folder, sorted.
pub(crate) fn folders(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries.flatten().map(|e| e.path()).filter(|p| p.is_dir()).collect();
    found.sort();
    found
}

/// The last part of a path.
pub(crate) fn name(path: &Path) -> String {
    path.file_name().expect("a name").to_string_lossy().into_owned()
}

/// What a run gave.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Stdout as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("no JSON ({e}): {}\n{}", self.out, self.err))
    }
}

/// Runs the linter in a folder.
pub(crate) fn swaplint(folder: &Path, args: &[&str]) -> Ran {
    swaplint_reading(folder, args, "")
}

/// The same with variables of the environment.
pub(crate) fn swaplint_with(folder: &Path, args: &[&str], set: &[(&str, &str)]) -> Ran {
    ran(folder, args, "", set)
}

/// The same with something on stdin.
pub(crate) fn swaplint_reading(folder: &Path, args: &[&str], stdin: &str) -> Ran {
    ran(folder, args, stdin, &[])
}

fn ran(folder: &Path, args: &[&str], stdin: &str, set: &[(&str, &str)]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swaplint"));
    for (name, _) in std::env::vars_os().filter(|(n, _)| n.to_string_lossy().starts_with("SWAPLINT_")) {
        command.env_remove(name);
    }
    for name in ["GIT_DIR", "NO_COLOR", "COLUMNS", "GITHUB_STEP_SUMMARY"] {
        command.env_remove(name);
    }
    command.envs(set.iter().copied()).current_dir(folder).args(args);
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().expect("it starts");
    let _ = child.stdin.take().expect("piped").write_all(stdin.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().expect("it ends");
    Ran { code: status.code().expect("no signal"), out: text(stdout), err: text(stderr) }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("UTF-8")
}

/// Runs git in a folder, whatever the machine's configuration says; gives what it prints.
pub(crate) fn git(folder: &Path, args: &[&str]) -> String {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
        command.env_remove(name);
    }
    let who = [
        "-c",
        "user.name=x",
        "-c",
        "user.email=x@example.com",
        "-c",
        "protocol.file.allow=always",
        "-c",
        "init.defaultBranch=main",
    ];
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").current_dir(folder).args(who).args(args);
    let output = command.output().expect("git starts");
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Where rules spoke: path, line, rule.
pub(crate) type Place = (String, u64, String);

/// The places of a JSON report, sorted.
pub(crate) fn places(report: &Value) -> Vec<Place> {
    let place = |f: &Value| {
        let text = |key: &str| f[key].as_str().expect("a text").to_owned();
        (text("path"), f["span"]["start"]["line"].as_u64().expect("a line"), text("rule"))
    };
    let mut places: Vec<Place> = report["findings"].as_array().expect("a list").iter().map(place).collect();
    places.sort();
    places
}

/// The catalogue, as `rules --format json` prints it.
pub(crate) fn catalogue() -> Vec<Value> {
    let ran = swaplint(root(), &["rules", "--format", "json"]);
    ran.json().as_array().expect("a list").clone()
}

/// What a catalogue entry says.
pub(crate) fn said<'a>(rule: &'a Value, key: &str) -> &'a str {
    rule[key].as_str().expect("a text")
}
