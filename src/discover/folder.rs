//! The working tree: files on disk, walked with git's ignores.

use super::{
    Candidate, DiscoverError, Discovered, Git, LEADS_NOWHERE, LEADS_OUT, MAX_FILE, NOT_REGULAR, Named, Origin, Recognise, Seen,
    TOO_LARGE, Tracked,
};
use super::{enters, normalised, read, relative_to, root_of};
use crate::remote::Owner;
use crate::source::unreadable;
use ignore::{DirEntry, WalkBuilder};
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// A repository's folder on disk.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The folder of this root.
    #[must_use]
    pub fn new(root: PathBuf) -> Self {
        Folder { root }
    }

    /// Where a path leads, if that is a file of the repository.
    fn real(&self, path: &str) -> Result<PathBuf, String> {
        let relative = Path::new(path);
        if path.is_empty() || relative.components().any(|c| !matches!(c, Component::Normal(_))) {
            return Err("is not in the repository".to_owned());
        }
        let real = self.root.join(relative).canonicalize().map_err(|e| unreadable(&e))?;
        let root = self.root.canonicalize().unwrap_or_else(|_| self.root.clone());
        if real.starts_with(root) { Ok(real) } else { Err(LEADS_OUT.to_owned()) }
    }
}

impl Origin for Folder {
    fn root(&self) -> &Path {
        &self.root
    }

    fn owner(&self) -> Option<Owner> {
        Git::open(&self.root).ok()?.owner()
    }

    fn candidates(&self, paths: &[String], recognises: &Recognise<'_>) -> Discovered {
        let mut finder = Finder::new(self.root.clone(), paths.to_vec(), recognises);
        for path in paths.iter().map(|p| self.root.join(p)) {
            match path.metadata() {
                Ok(metadata) if metadata.is_dir() => finder.walk(&normalised(&path)),
                Ok(_) => finder.take(&path, true),
                Err(_) => {}
            }
        }
        finder.done(&[])
    }

    fn text(&self, candidate: &Candidate) -> Result<Arc<str>, String> {
        read(&candidate.file)
    }

    fn read(&self, path: &str) -> Result<Arc<str>, String> {
        read(&self.real(path)?)
    }

    fn has(&self, path: &str) -> bool {
        self.real(path).is_ok_and(|file| file.is_file())
    }

    fn below(&self, folder: &str, levels: usize) -> Vec<String> {
        let leads_out = || !folder.is_empty() && self.real(folder).is_err();
        if !Path::new(folder).components().all(|c| matches!(c, Component::Normal(_))) || leads_out() {
            return Vec::new();
        }
        let top = self.root.join(folder);
        let mut walk = WalkBuilder::new(&top);
        walk.standard_filters(false).follow_links(false).max_depth(Some(levels)).filter_entry(|e| e.file_name() != ".git");
        let walk = walk.build();
        let files = walk.flatten().filter(|entry| !is_folder(entry) && entry.path() != top);
        let mut files: Vec<String> = files.map(|entry| relative_to(&self.root, entry.path())).collect();
        files.sort();
        files
    }
}

/// Finds the candidates among `paths`: those files that `recognises` accepts by their path relative to the root.
///
/// # Errors
/// If a path does not exist and was not deleted from a list of files.
pub fn discover(paths: &[PathBuf], recognises: &Recognise<'_>) -> Result<Discovered, DiscoverError> {
    let here = std::env::current_dir().map_err(DiscoverError::WorkingDirectory)?;
    let absolute: Vec<PathBuf> = paths.iter().map(|p| normalised(&here.join(p))).collect();
    let root = root_of(absolute.first().unwrap_or(&here), &here);
    let asked = absolute.iter().map(|p| relative_to(&root, p)).collect();
    let mut finder = Finder::new(root, asked, recognises);
    let existing = absolute.iter().filter(|p| p.symlink_metadata().is_ok()).count();
    for (given, path) in paths.iter().zip(&absolute) {
        match path.metadata() {
            Ok(metadata) if metadata.is_dir() => finder.walk(path),
            Ok(_) => finder.take(path, true),
            Err(_) if path.symlink_metadata().is_ok() => finder.unreadable(path, LEADS_NOWHERE),
            Err(_) if existing > 0 || git_knew(finder.found.root(), path) => {
                finder.found.notes.push(format!("{}: deleted, skipped", given.display()));
            }
            Err(_) => return Err(DiscoverError::Missing(given.display().to_string())),
        }
    }
    Ok(finder.done(&[]))
}

struct Finder<'a> {
    found: Discovered,
    /// Where the candidates lie.
    seen: Seen<PathBuf>,
    /// Links by the names of pipelines to files of the repository.
    links: Vec<Candidate>,
    recognises: &'a Recognise<'a>,
}

impl<'a> Finder<'a> {
    fn new(root: PathBuf, asked: Vec<String>, recognises: &'a Recognise<'a>) -> Self {
        Finder { found: Discovered::new(Arc::new(Folder::new(root)), asked), seen: Seen::new(), links: Vec::new(), recognises }
    }

    fn walk(&mut self, folder: &Path) {
        self.found.whole |= folder == self.found.root();
        let top = folder.to_owned();
        let walk = WalkBuilder::new(folder)
            .hidden(false)
            .ignore(false)
            .follow_links(false)
            .sort_by_file_name(Ord::cmp)
            .filter_entry(move |entry| entry.path() == top || !is_folder(entry) || enters(&entry.file_name().to_string_lossy()))
            .build();
        for entry in walk {
            match entry {
                Ok(entry) if is_folder(&entry) => {}
                Ok(entry) => self.take(entry.path(), false),
                Err(e) => {
                    let why = e.io_error().map_or_else(|| e.to_string(), unreadable);
                    self.found.notes.push(format!("{}: {why}", folder_of(&e).unwrap_or(folder).display()));
                }
            }
        }
    }

    fn take(&mut self, path: &Path, explicit: bool) {
        let relative = relative_to(self.found.root(), path);
        let named = (self.recognises)(Path::new(&relative));
        if named == Named::Otherwise && !explicit {
            return;
        }
        let Ok(real) = path.canonicalize() else {
            return self.unreadable(path, LEADS_NOWHERE);
        };
        let is_link = path.symlink_metadata().is_ok_and(|m| m.file_type().is_symlink());
        if is_link && !explicit {
            let root = self.found.root();
            if !real.starts_with(root.canonicalize().unwrap_or_else(|_| root.to_owned())) {
                return self.unreadable(path, LEADS_OUT);
            }
        }
        match real.metadata() {
            Ok(metadata) if !metadata.is_file() => self.unreadable(path, NOT_REGULAR),
            Ok(metadata) if metadata.len() > MAX_FILE => self.unreadable(path, TOO_LARGE),
            Err(e) => self.unreadable(path, &unreadable(&e)),
            Ok(_) => {
                let recognised = named != Named::Otherwise;
                let candidate = Candidate { path: relative, file: path.to_owned(), explicit, recognised };
                if is_link && !explicit {
                    self.links.push(candidate);
                } else if self.seen.admits(real, named) {
                    self.found.candidates.push(candidate);
                }
            }
        }
    }

    /// What was found, sorted. A link counts where the file that it leads to is not found as what the link makes of it, here or
    /// among the `others`.
    fn done(mut self, others: &[Candidate]) -> Discovered {
        if !self.links.is_empty() {
            for other in others {
                let named = (self.recognises)(Path::new(&other.path));
                if let Ok(real) = other.file.canonicalize() {
                    self.seen.admits(real, named);
                }
            }
        }
        for link in self.links {
            let named = (self.recognises)(Path::new(&link.path));
            if link.file.canonicalize().is_ok_and(|real| self.seen.admits(real, named)) {
                self.found.candidates.push(link);
            }
        }
        self.found.sorted()
    }

    /// Of a list of all changed files, only what is named like a pipeline has to be readable.
    fn unreadable(&mut self, path: &Path, why: &str) {
        let relative = relative_to(self.found.root(), path);
        if (self.recognises)(Path::new(&relative)) != Named::Otherwise {
            self.found.unreadable.push((relative, why.to_owned()));
        } else {
            self.found.notes.push(format!("{relative}: {why}, skipped"));
        }
    }
}

/// Makes of a walk of the disk what it would be of git's: [`with_tracked`], and submodules are other repositories.
#[must_use]
pub fn kept_to_git(mut found: Discovered, tracked: &Tracked, recognises: &Recognise<'_>) -> Discovered {
    for module in &tracked.submodules {
        let inside = |path: &str| path.strip_prefix(module.as_str()).is_some_and(|rest| rest.starts_with('/'));
        let before = found.candidates.len();
        found.candidates.retain(|c| !inside(&c.path));
        found.unreadable.retain(|(path, _)| !inside(path));
        if found.candidates.len() < before {
            found.notes.push(format!("{module}: a submodule, skipped: check it by itself"));
        }
    }
    with_tracked(found, tracked, recognises)
}

/// Adds what git has and a walk left out, because git's ignores name it: they are for files that git does not have.
#[must_use]
pub fn with_tracked(mut found: Discovered, tracked: &Tracked, recognises: &Recognise<'_>) -> Discovered {
    let known: BTreeSet<String> =
        found.candidates.iter().map(|c| &c.path).chain(found.unreadable.iter().map(|(path, _)| path)).cloned().collect();
    let mut finder = Finder::new(found.root().to_owned(), Vec::new(), recognises);
    for path in tracked.files.iter().filter(|path| !known.contains(*path) && reaches(&found.asked, path)) {
        let file = found.root().join(path);
        if file.symlink_metadata().is_ok() {
            finder.take(&file, false);
        }
    }
    let mut more = finder.done(&found.candidates);
    found.candidates.append(&mut more.candidates);
    found.unreadable.append(&mut more.unreadable);
    found.sorted()
}

/// Whether a walk of one of the folders reaches a file.
fn reaches(folders: &[String], path: &str) -> bool {
    let below = |folder: &String| match folder.as_str() {
        "" => Some(path),
        folder => path.strip_prefix(folder)?.strip_prefix('/'),
    };
    let parents = |rest: &str| rest.rsplit_once('/').is_none_or(|(parents, _)| parents.split('/').all(enters));
    folders.iter().filter_map(below).any(parents)
}

/// Where a walk stumbled.
fn folder_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => folder_of(err),
        _ => None,
    }
}

fn is_folder(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|t| t.is_dir())
}

/// Whether the last commit or the index has the path: it was deleted, not misspelt.
fn git_knew(root: &Path, path: &Path) -> bool {
    let Ok(git) = Git::open(root) else { return false };
    let relative = relative_to(root, path);
    let below = format!("{relative}/");
    let had = || git.files(git.head().ok()??).ok().map(|commit| commit.has(&relative) || !commit.below(&relative, 1).is_empty());
    git.tracked().files.iter().any(|file| *file == relative || file.starts_with(&below)) || had().unwrap_or(false)
}
