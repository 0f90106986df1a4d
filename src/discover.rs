//! Paths from the command line into candidate files.
//!
//! Files come from an [`Origin`]: the folder on disk, or a commit that is read from git's objects. In both, of hidden folders only
//! those of CI systems are entered, what is named explicitly is always taken, and nothing is opened that could block (FIFO,
//! device) or leads out of the repository.

mod commit;
mod folder;
mod git;
mod traced;

pub use commit::{Commit, GitObject};
pub use folder::{Folder, discover, kept_to_git, with_tracked};
pub use git::{Git, Tracked};
pub use traced::{Trace, Traced};

use crate::remote::Owner;
use crate::source::unreadable;
use std::collections::HashMap;
use std::fmt::Debug;
use std::fs;
use std::hash::Hash;
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Larger files are reported, not read.
pub const MAX_FILE: u64 = 4 * 1024 * 1024;
/// Hidden folders that hold pipelines.
const HIDDEN: &[&str] = &[
    ".github",
    ".gitlab",
    ".gitlab-ci",
    ".gitlab-ci.d",
    ".tekton",
    ".ci",
    ".circleci",
    ".jenkins",
    ".buildkite",
    ".azure-pipelines",
];
/// Other people's code, left out unless named.
const VENDORED: &[&str] = &["node_modules", "vendor", "third_party", "bower_components"];

/// The note on a search that found nothing.
/// Why a file is not read.
const LEADS_NOWHERE: &str = "is a symbolic link that leads nowhere, or in a circle";
const LEADS_OUT: &str = "is a symbolic link that leads out of the repository";
const NOT_REGULAR: &str = "is not a regular file";
const TOO_LARGE: &str = "is larger than 4 MiB";

/// Bad arguments.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// A named path that never was there.
    #[error("{0}: no such file or directory")]
    Missing(String),
    /// The working directory is gone.
    #[error("the working directory cannot be read: {0}")]
    WorkingDirectory(std::io::Error),
    /// A commit that is not to be had: why, and what to type.
    #[error("{0}")]
    Git(String),
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

/// What the name of a file says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// It is no pipeline.
    Otherwise,
    /// It may be one: its content decides.
    Perhaps,
    /// It is one.
    Pipeline,
}

/// Says what the path of a file, relative to the root, makes of it.
pub type Recognise<'r> = dyn Fn(&Path) -> Named + 'r;

/// Files by where they really lie, and whether the name that they were found under is one of a pipeline.
///
/// Of several names of one file (links) one counts: the first, unless a later one makes a pipeline of it that it was not before.
#[derive(Debug)]
struct Seen<K>(HashMap<K, Named>);

impl<K: Eq + Hash> Seen<K> {
    fn new() -> Self {
        Seen(HashMap::new())
    }

    /// Whether the file counts under this name.
    fn admits(&mut self, file: K, named: Named) -> bool {
        let known = self.0.get(&file);
        let is_news = known.is_none_or(|known| named == Named::Pipeline && *known != Named::Pipeline);
        if is_news {
            self.0.insert(file, named);
        }
        is_news
    }
}

/// Where the files of a repository come from. Paths are relative to its root, with `/`; the root itself is the empty path.
pub trait Origin: Debug + Send + Sync {
    /// The root on disk; of a repository without a working tree, its own folder.
    fn root(&self) -> &Path;

    /// Who owns the repository by its remote `origin`, if it is a clone of one.
    fn owner(&self) -> Option<Owner>;

    /// The candidates among `paths`: files, and what is below folders. A path that is not there holds none.
    fn candidates(&self, paths: &[String], recognises: &Recognise<'_>) -> Discovered;

    /// The text of a candidate.
    ///
    /// # Errors
    /// A clause that says why it cannot be read.
    fn text(&self, candidate: &Candidate) -> Result<Arc<str>, String>;

    /// The text of a regular file; links are followed inside of the repository.
    ///
    /// # Errors
    /// A clause that says why it cannot be read.
    fn read(&self, path: &str) -> Result<Arc<str>, String>;

    /// Whether there is a regular file.
    fn has(&self, path: &str) -> bool;

    /// The files below a folder, at most so many levels (1: those directly in it), sorted; links are not followed.
    fn below(&self, folder: &str, levels: usize) -> Vec<String>;
}

/// What was found.
#[derive(Debug, Clone)]
pub struct Discovered {
    /// Where.
    pub origin: Arc<dyn Origin>,
    /// What was asked for, relative to the root.
    pub asked: Vec<String>,
    /// Sorted by path.
    pub candidates: Vec<Candidate>,
    /// Files that look like pipelines and cannot be read, with the reason.
    pub unreadable: Vec<(String, String)>,
    /// For people, on stderr.
    pub notes: Vec<String>,
    /// Whether the whole repository was walked.
    pub whole: bool,
}

impl Discovered {
    /// Nothing yet.
    #[must_use]
    pub fn new(origin: Arc<dyn Origin>, asked: Vec<String>) -> Self {
        Discovered { origin, asked, candidates: Vec::new(), unreadable: Vec::new(), notes: Vec::new(), whole: false }
    }

    /// The root on disk.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.origin.root()
    }

    fn sorted(mut self) -> Self {
        self.candidates.sort();
        self.unreadable.sort();
        self
    }
}

/// Whether a walk goes on into a folder of this name.
fn enters(name: &str) -> bool {
    if name.starts_with('.') { HIDDEN.contains(&name) } else { !VENDORED.contains(&name) }
}

/// The text of a file on disk.
///
/// # Errors
/// A clause that says why it cannot be read.
pub fn read(file: &Path) -> Result<Arc<str>, String> {
    let metadata = fs::metadata(file).map_err(|e| unreadable(&e))?;
    if !metadata.is_file() {
        return Err(NOT_REGULAR.to_owned());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len().min(MAX_FILE)).unwrap_or_default() + 1);
    let opened = fs::File::open(file).map_err(|e| unreadable(&e))?;
    opened.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|e| unreadable(&e))?;
    text_of(bytes)
}

/// Bytes as text, if they are UTF-8 and not too many.
///
/// # Errors
/// A clause that says why not.
pub fn text_of(bytes: Vec<u8>) -> Result<Arc<str>, String> {
    if bytes.len() as u64 > MAX_FILE {
        return Err(TOO_LARGE.to_owned());
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
#[must_use]
pub fn normalised(path: &Path) -> PathBuf {
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

    fn yaml(path: &Path) -> Named {
        match path.file_name() {
            Some(name) if name == ".gitlab-ci.yml" => Named::Pipeline,
            _ if path.extension().is_some_and(|e| e == "yml") => Named::Perhaps,
            _ => Named::Otherwise,
        }
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
        assert_eq!(found.root(), dir.path());
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

    #[cfg(unix)]
    #[test]
    fn a_link_by_the_name_of_a_pipeline_makes_one_of_what_was_none() {
        use std::os::unix::fs::symlink;
        let dir = tree(&["ci/real.yml", "ci/other.yml", "a/.gitlab-ci.yml"]);
        fs::create_dir(dir.path().join(".git")).expect("git");
        for (target, link) in [
            ("ci/real.yml", ".gitlab-ci.yml"),
            ("../ci/real.yml", "ci/.gitlab-ci.yml"),
            ("../ci/other.yml", "ci/same.yml"),
            ("../a/.gitlab-ci.yml", "ci/again.yml"),
        ] {
            symlink(target, dir.path().join(link)).expect("link");
        }
        let found = discover(&[dir.path().to_owned()], &yaml).expect("found");
        assert_eq!(paths(&found), [".gitlab-ci.yml", "a/.gitlab-ci.yml", "ci/other.yml", "ci/real.yml"]);
        let both = [dir.path().join("ci/real.yml"), dir.path().join(".gitlab-ci.yml")];
        let found = discover(&both, &yaml).expect("found");
        assert_eq!(paths(&found), [".gitlab-ci.yml", "ci/real.yml"], "named one by one");
    }
}
