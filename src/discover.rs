//! Paths from the command line into candidate files.
//!
//! Folders are walked with git's ignores; of hidden folders only those of CI systems are entered. What is named explicitly is
//! always taken. Nothing here opens a file that could block (FIFO, device) or lead out of the repository.

use ignore::{DirEntry, WalkBuilder};
use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// Larger files are reported, not read.
pub const MAX_FILE: u64 = 4 * 1024 * 1024;
/// Hidden folders that hold pipelines.
const HIDDEN: &[&str] =
    &[".github", ".gitlab", ".gitlab-ci", ".tekton", ".ci", ".circleci", ".jenkins", ".buildkite", ".azure-pipelines"];
/// Other people's code, left out unless named.
const VENDORED: &[&str] = &["node_modules", "vendor", "third_party", "bower_components"];

/// Bad arguments.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// A named path that never was there.
    #[error("{0}: no such file or directory")]
    Missing(String),
    /// The working directory is gone.
    #[error("the working directory cannot be read: {0}")]
    WorkingDirectory(std::io::Error),
}

/// A file that may be a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// Relative to the root, with `/`.
    pub path: String,
    /// Where to read it.
    pub file: PathBuf,
    /// Whether the user named this very file.
    pub explicit: bool,
    /// Whether its path says that it is a pipeline; else only its content can.
    pub recognised: bool,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Discovered {
    /// The repository's root.
    pub root: PathBuf,
    /// Sorted by path.
    pub candidates: Vec<Candidate>,
    /// Files that look like pipelines and cannot be read, with the reason.
    pub unreadable: Vec<(String, String)>,
    /// For people, on stderr.
    pub notes: Vec<String>,
    /// Whether the whole repository was walked.
    pub whole: bool,
}

/// Finds the candidates among `paths`: those files that `recognises` accepts by their path relative to the root.
///
/// # Errors
/// If a path does not exist and was not deleted from a list of files.
pub fn discover(paths: &[PathBuf], recognises: &dyn Fn(&Path) -> bool) -> Result<Discovered, DiscoverError> {
    let here = std::env::current_dir().map_err(DiscoverError::WorkingDirectory)?;
    let absolute: Vec<PathBuf> = paths.iter().map(|p| normalised(&here.join(p))).collect();
    let root = root_of(absolute.first().unwrap_or(&here), &here);
    let mut finder = Finder { found: Discovered { root, ..Discovered::default() }, seen: BTreeSet::new(), recognises };
    let existing = absolute.iter().filter(|p| p.symlink_metadata().is_ok()).count();
    for (given, path) in paths.iter().zip(&absolute) {
        match path.metadata() {
            Ok(metadata) if metadata.is_dir() => finder.walk(path),
            Ok(_) => finder.take(path, true),
            Err(_) if path.symlink_metadata().is_ok() => finder.unreadable(path, "is a symbolic link that leads nowhere"),
            Err(_) if existing > 0 || git_knew(&finder.found.root, path) => {
                finder.found.notes.push(format!("{}: deleted, skipped", given.display()));
            }
            Err(_) => return Err(DiscoverError::Missing(given.display().to_string())),
        }
    }
    let mut found = finder.found;
    found.candidates.sort();
    found.unreadable.sort();
    Ok(found)
}

struct Finder<'a> {
    found: Discovered,
    seen: BTreeSet<PathBuf>,
    recognises: &'a dyn Fn(&Path) -> bool,
}

impl Finder<'_> {
    fn walk(&mut self, folder: &Path) {
        self.found.whole |= folder == self.found.root;
        let top = folder.to_owned();
        let walk = WalkBuilder::new(folder)
            .hidden(false)
            .ignore(false)
            .follow_links(false)
            .sort_by_file_name(Ord::cmp)
            .filter_entry(move |entry| entry.path() == top || enters(entry))
            .build();
        for entry in walk {
            match entry {
                Ok(entry) if entry.file_type().is_some_and(|t| t.is_dir()) => {}
                Ok(entry) => self.take(entry.path(), false),
                Err(e) => self.found.notes.push(e.to_string()),
            }
        }
    }

    fn take(&mut self, path: &Path, explicit: bool) {
        let relative = relative_to(&self.found.root, path);
        let recognised = (self.recognises)(Path::new(&relative));
        if !recognised && !explicit {
            return;
        }
        let Ok(real) = path.canonicalize() else {
            return self.unreadable(path, "is a symbolic link that leads nowhere, or in a circle");
        };
        let is_link = path.symlink_metadata().is_ok_and(|m| m.file_type().is_symlink());
        if is_link && !explicit {
            let root = self.found.root.canonicalize().unwrap_or_else(|_| self.found.root.clone());
            if !real.starts_with(root) {
                self.unreadable(path, "is a symbolic link that leads out of the repository");
            }
            return; // a link to a file of the repository: that file is found by itself
        }
        match real.metadata() {
            Ok(metadata) if !metadata.is_file() => self.unreadable(path, "is not a regular file"),
            Ok(metadata) if metadata.len() > MAX_FILE => self.unreadable(path, "is larger than 4 MiB"),
            Err(e) => self.unreadable(path, &e.to_string()),
            Ok(_) => {
                if self.seen.insert(real) {
                    self.found.candidates.push(Candidate { path: relative, file: path.to_owned(), explicit, recognised });
                }
            }
        }
    }

    /// Of a list of all changed files, only what is named like a pipeline has to be readable.
    fn unreadable(&mut self, path: &Path, why: &str) {
        let relative = relative_to(&self.found.root, path);
        if (self.recognises)(Path::new(&relative)) {
            self.found.unreadable.push((relative, why.to_owned()));
        } else {
            self.found.notes.push(format!("{relative}: {why}, skipped"));
        }
    }
}

/// Whether the walk goes on into a folder (or looks at a file).
fn enters(entry: &DirEntry) -> bool {
    let is_dir = entry.file_type().is_some_and(|t| t.is_dir());
    let name = entry.file_name().to_string_lossy();
    !is_dir || if name.starts_with('.') { HIDDEN.contains(&&*name) } else { !VENDORED.contains(&&*name) }
}

/// The text of a candidate.
///
/// # Errors
/// A clause that says why it cannot be read.
pub fn read(file: &Path) -> Result<Arc<str>, String> {
    let metadata = fs::metadata(file).map_err(|e| e.to_string())?;
    if !metadata.is_file() {
        return Err("is not a regular file".to_owned());
    }
    let mut bytes = Vec::new();
    let opened = fs::File::open(file).map_err(|e| e.to_string())?;
    opened.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    text_of(bytes)
}

/// Bytes as text, if they are UTF-8 and not too many.
///
/// # Errors
/// A clause that says why not.
pub fn text_of(bytes: Vec<u8>) -> Result<Arc<str>, String> {
    if bytes.len() as u64 > MAX_FILE {
        return Err("is larger than 4 MiB".to_owned());
    }
    let text = String::from_utf8(bytes).map_err(|e| format!("is not UTF-8 text (byte {})", e.utf8_error().valid_up_to()))?;
    Ok(text.into())
}

/// The repository of a path: the nearest ancestor with `.git` (a folder, or a file as in worktrees and submodules). Without
/// one: the parent of a CI folder in the path, else the working directory if the path is in it, else the folder itself.
#[must_use]
pub fn root_of(path: &Path, here: &Path) -> PathBuf {
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
    if let Some(root) = folder.ancestors().find(|a| a.join(".git").symlink_metadata().is_ok()) {
        return root.to_owned();
    }
    let holds_pipelines = |a: &&Path| a.file_name().is_some_and(|n| HIDDEN.iter().any(|h| n == *h));
    if let Some(parent) = folder.ancestors().find(holds_pipelines).and_then(Path::parent) {
        return parent.to_owned();
    }
    if !path.is_dir() && path.starts_with(here) { here.to_owned() } else { folder.to_owned() }
}

/// The path seen from the root, with `/`; `..` where it lies outside.
fn relative_to(root: &Path, path: &Path) -> String {
    let common = root.components().zip(path.components()).take_while(|(a, b)| a == b).count();
    let up = root.components().count() - common;
    let mut parts: Vec<String> = std::iter::repeat_n("..".to_owned(), up).collect();
    parts.extend(path.components().skip(common).map(|c| c.as_os_str().to_string_lossy().into_owned()));
    parts.join("/")
}

/// Without `.` and `..`, by the letters of the path alone.
fn normalised(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(clean.pop()),
            other => clean.push(other),
        }
    }
    clean
}

/// Whether the last commit or the index has the path: it was deleted, not misspelt.
fn git_knew(root: &Path, path: &Path) -> bool {
    let relative = relative_to(root, path);
    let git = |args: &[&str]| {
        let output = Command::new("git")
            .arg("-C")
            .arg(root)
            .args(args)
            .args(["--", &relative])
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .output();
        output.is_ok_and(|o| o.status.success() && !o.stdout.is_empty())
    };
    root.join(".git").symlink_metadata().is_ok()
        && (git(&["-c", "core.fsmonitor=false", "ls-tree", "--name-only", "HEAD"])
            || git(&["-c", "core.fsmonitor=false", "ls-files", "--cached"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("dir");
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().expect("parent")).expect("folder");
            fs::write(path, "a: 1\n").expect("file");
        }
        dir
    }

    fn yaml(path: &Path) -> bool {
        path.extension().is_some_and(|e| e == "yml")
    }

    fn paths(found: &Discovered) -> Vec<&str> {
        found.candidates.iter().map(|c| c.path.as_str()).collect()
    }

    #[test]
    fn hidden_pipelines_are_found_and_others_code_is_not() {
        let dir =
            tree(&[".github/workflows/b.yml", ".hidden/c.yml", "vendor/d.yml", "a.yml", ".gitlab-ci.yml", "x.txt", "out/e.yml"]);
        fs::create_dir(dir.path().join(".git")).expect("git");
        fs::write(dir.path().join(".gitignore"), "out/\n").expect("ignore");
        let found = discover(&[dir.path().to_owned()], &yaml).expect("found");
        assert_eq!(paths(&found), [".github/workflows/b.yml", ".gitlab-ci.yml", "a.yml"]);
        let found = discover(&[dir.path().join("vendor"), dir.path().join("out/e.yml")], &yaml).expect("found");
        assert_eq!(paths(&found), ["out/e.yml", "vendor/d.yml"], "what is named is taken");
        assert_eq!(found.root, dir.path());
    }

    #[test]
    fn missing_paths_are_errors_unless_others_of_a_list_exist() {
        let dir = tree(&["a.yml"]);
        let (there, gone) = (dir.path().join("a.yml"), dir.path().join("gone.yml"));
        assert!(matches!(discover(std::slice::from_ref(&gone), &yaml), Err(DiscoverError::Missing(_))));
        let found = discover(&[gone, there], &yaml).expect("found");
        assert_eq!((found.candidates.len(), found.notes.len()), (1, 1));
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_nowhere_else() {
        use std::os::unix::fs::symlink;
        let (dir, other) = (tree(&["a.yml"]), tree(&["secret.yml"]));
        fs::create_dir(dir.path().join(".git")).expect("git");
        symlink(other.path().join("secret.yml"), dir.path().join("out.yml")).expect("link");
        symlink(dir.path().join("loop.yml"), dir.path().join("loop.yml")).expect("link");
        symlink(dir.path().join("a.yml"), dir.path().join("same.yml")).expect("link");
        let found = discover(&[dir.path().to_owned()], &yaml).expect("found");
        assert_eq!(paths(&found), ["a.yml"]);
        let unreadable: Vec<_> = found.unreadable.iter().map(|(p, _)| p.as_str()).collect();
        assert_eq!(unreadable, ["loop.yml", "out.yml"]);
    }
}
