//! The files of a commit, read from git's objects without a checkout.

use super::git::REFETCH;
use super::{Candidate, Discovered, Git, LEADS_NOWHERE, LEADS_OUT, MAX_FILE, NOT_REGULAR, Named, Origin, Recognise, Seen};
use super::{TOO_LARGE, enters, text_of};
use crate::remote::Owner;
use gix::bstr::{BStr, ByteSlice};
use gix::objs::tree::EntryKind;
use gix::{ObjectId, Repository};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Links that are followed one after the other.
const MAX_LINKS: usize = 40;
/// Entries that one walk looks at: a few objects can name the same tree again and again.
const MAX_ENTRIES: usize = 2_000_000;

/// A commit of a repository. Git's ignores say nothing about it: what it has, it has. Submodules are other repositories.
#[derive(Debug, Clone)]
pub struct Commit {
    git: Git,
    id: ObjectId,
    tree: ObjectId,
    /// Folders that were read, by object id: most questions are about the same few.
    folders: Arc<Mutex<HashMap<ObjectId, Arc<Folder>>>>,
    /// Files and links that were read.
    blobs: Arc<Mutex<BTreeSet<ObjectId>>>,
}

/// An object of git.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GitObject {
    /// `blob`, `commit`, `tree`.
    pub kind: String,
    /// Its id, in hexadecimal digits.
    pub id: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// What is directly in a folder, by name.
type Folder = BTreeMap<String, (EntryKind, ObjectId)>;

/// What a path is.
enum Entry {
    File(ObjectId),
    Folder(ObjectId),
}

impl Commit {
    pub(super) fn new(git: Git, id: ObjectId, tree: ObjectId) -> Self {
        Commit { git, id, tree, folders: Arc::default(), blobs: Arc::default() }
    }

    /// Its object id.
    #[must_use]
    pub fn id(&self) -> ObjectId {
        self.id
    }

    /// The object id of a regular file; links are followed.
    ///
    /// # Errors
    /// A clause that says why there is none.
    pub fn id_of(&self, path: &str) -> Result<ObjectId, String> {
        match self.find(&self.git.local(), path)? {
            Entry::File(id) => Ok(id),
            Entry::Folder(_) => Err(NOT_REGULAR.to_owned()),
        }
    }

    /// Whether an object is in this clone; partial ones leave some out.
    #[must_use]
    pub fn holds(&self, id: ObjectId) -> bool {
        self.git.local().has_object(id)
    }

    /// The objects that were read up to now, the commit's own among them; sorted. Those that are too large to be read are left out.
    #[must_use]
    pub fn objects(&self) -> Vec<GitObject> {
        let repository = self.git.local();
        let folders: Vec<ObjectId> = self.folders.lock().unwrap_or_else(PoisonError::into_inner).keys().copied().collect();
        let blobs = self.blobs.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let all = [self.id, self.tree].into_iter().chain(folders).chain(blobs);
        let is_read = |id: &ObjectId| repository.find_header(*id).is_ok_and(|header| header.size() <= MAX_FILE);
        let read = |id: ObjectId| {
            let object = repository.find_object(id).ok()?.detach();
            Some(GitObject { kind: object.kind.to_string(), id: id.to_string(), bytes: object.data })
        };
        all.filter(is_read).filter_map(read).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The bytes of a file, if they are there and not too many.
    fn blob(&self, repository: &Repository, id: ObjectId) -> Result<Vec<u8>, String> {
        let header = repository.try_find_header(id).ok().flatten().ok_or_else(missing)?;
        self.blobs.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        if header.size() > MAX_FILE {
            return Err(TOO_LARGE.to_owned());
        }
        let mut blob = repository.find_blob(id).map_err(|e| format!("is broken in git: {e}"))?;
        Ok(blob.take_data())
    }

    /// The files that a walk of the whole commit takes, with their object ids, sorted; and what could not be walked.
    #[must_use]
    pub fn listing(&self, recognises: &dyn Fn(&Path) -> bool) -> (Vec<(String, ObjectId)>, Vec<String>) {
        let mut files = Vec::new();
        let problems =
            self.walk(&self.git.local(), (String::new(), self.tree), &|name, _| enters(name), &mut |path, kind, id| {
                // A link counts by where it leads.
                if recognises(Path::new(&path)) {
                    files.push((if kind == EntryKind::Link { format!("{path}@") } else { path }, id));
                }
            });
        files.sort();
        (files, problems)
    }

    /// Follows a path through folders and links; a clause that says why it leads nowhere.
    fn find(&self, repository: &Repository, path: &str) -> Result<Entry, String> {
        let mut parts: VecDeque<String> = path.split('/').map(str::to_owned).collect();
        let (mut folders, mut links) = (vec![self.tree], 0);
        while let Some(part) = parts.pop_front() {
            let here = *folders.last().unwrap_or(&self.tree);
            match part.as_str() {
                "" | "." => continue,
                ".." if folders.len() == 1 => return Err(LEADS_OUT.to_owned()),
                ".." => {
                    folders.pop();
                    continue;
                }
                _ => {}
            }
            let (kind, id) = self
                .entries(repository, here)?
                .get(&part)
                .copied()
                .ok_or_else(|| if links > 0 { LEADS_NOWHERE } else { "is not in this commit" }.to_owned())?;
            match kind {
                EntryKind::Tree => folders.push(id),
                EntryKind::Blob | EntryKind::BlobExecutable if parts.is_empty() => return Ok(Entry::File(id)),
                EntryKind::Link if links < MAX_LINKS => {
                    links += 1;
                    let target = String::from_utf8(self.blob(repository, id)?).map_err(|_| LEADS_NOWHERE)?;
                    if target.starts_with('/') {
                        return Err(LEADS_OUT.to_owned());
                    }
                    target.split('/').rev().for_each(|part| parts.push_front(part.to_owned()));
                }
                EntryKind::Link => return Err(LEADS_NOWHERE.to_owned()),
                _ => return Err(NOT_REGULAR.to_owned()),
            }
        }
        Ok(Entry::Folder(*folders.last().unwrap_or(&self.tree)))
    }

    /// What is directly in a folder.
    fn entries(&self, repository: &Repository, tree: ObjectId) -> Result<Arc<Folder>, String> {
        let known = || self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = known().get(&tree) {
            return Ok(Arc::clone(folder));
        }
        let read = repository.find_tree(tree).map_err(|_| missing())?;
        let entry = |entry: gix::objs::tree::EntryRef<'_>| (lossy(entry.filename), (entry.mode.kind(), entry.oid.to_owned()));
        let decoded = read.decode().map_err(|e| format!("is broken in git: {e}"))?;
        let folder: Arc<Folder> = Arc::new(decoded.entries.into_iter().map(entry).collect());
        known().insert(tree, Arc::clone(&folder));
        Ok(folder)
    }

    /// Visits what is below a folder and no folder itself; `goes_on` says whether a folder of a name, so many levels down, is entered.
    /// Gives what could not be visited.
    fn walk(
        &self,
        repository: &Repository,
        folder: (String, ObjectId),
        goes_on: &dyn Fn(&str, usize) -> bool,
        visit: &mut dyn FnMut(String, EntryKind, ObjectId),
    ) -> Vec<String> {
        let (mut open, mut seen, mut problems) = (vec![(folder, 1)], 0, Vec::new());
        while let Some(((path, tree), level)) = open.pop() {
            let entries = self.entries(repository, tree).unwrap_or_else(|why| {
                problems.push(format!("the folder `{path}` {why}"));
                Arc::default()
            });
            seen += entries.len();
            if seen > MAX_ENTRIES {
                problems.push(format!("more than {MAX_ENTRIES} files: not all were looked at"));
                break;
            }
            for (name, (kind, id)) in &*entries {
                let (kind, id) = (*kind, *id);
                let below = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
                match kind {
                    EntryKind::Tree if goes_on(name, level) => open.push(((below, id), level + 1)),
                    EntryKind::Tree | EntryKind::Commit => {}
                    kind => visit(below, kind, id),
                }
            }
        }
        problems
    }

    fn candidate(&self, path: String) -> Candidate {
        Candidate { file: self.root().join(&path), path, explicit: false, recognised: true }
    }
}

impl Origin for Commit {
    fn root(&self) -> &Path {
        self.git.root()
    }

    fn owner(&self) -> Option<Owner> {
        self.git.owner()
    }

    fn candidates(&self, paths: &[String], recognises: &Recognise<'_>) -> Discovered {
        let repository = self.git.local();
        let mut found = Discovered::new(Arc::new(self.clone()), paths.to_vec());
        let (mut seen, mut links) = (Seen::new(), Vec::new());
        for path in paths {
            let recognised = recognises(Path::new(path)) != Named::Otherwise;
            match self.find(&repository, path) {
                Ok(Entry::Folder(tree)) => {
                    found.whole |= path.is_empty();
                    let mut visit = |path: String, kind, id| match kind {
                        _ if recognises(Path::new(&path)) == Named::Otherwise => {}
                        EntryKind::Link => match self.find(&repository, &path) {
                            Ok(Entry::File(id)) => links.push((path, id)),
                            Ok(Entry::Folder(_)) => {}
                            Err(why) => found.unreadable.push((path, why)),
                        },
                        _ => {
                            seen.admits(id, recognises(Path::new(&path)));
                            found.candidates.push(self.candidate(path));
                        }
                    };
                    let problems = self.walk(&repository, (path.clone(), tree), &|name, _| enters(name), &mut visit);
                    found.notes.extend(problems);
                }
                Ok(Entry::File(_)) => {
                    let candidate = Candidate { path: path.clone(), file: self.root().join(path), explicit: true, recognised };
                    found.candidates.push(candidate);
                }
                Err(_) => {}
            }
        }
        // A link counts where what it leads to is not found as what the link makes of it.
        links.retain(|(path, id)| seen.admits(*id, recognises(Path::new(path))));
        found.candidates.extend(links.into_iter().map(|(path, _)| self.candidate(path)));
        let mut found = found.sorted();
        found.candidates.dedup_by(|a, b| a.path == b.path);
        found
    }

    fn text(&self, candidate: &Candidate) -> Result<Arc<str>, String> {
        self.read(&candidate.path)
    }

    fn read(&self, path: &str) -> Result<Arc<str>, String> {
        let repository = self.git.local();
        match self.find(&repository, path)? {
            Entry::File(id) => text_of(self.blob(&repository, id)?),
            Entry::Folder(_) => Err(NOT_REGULAR.to_owned()),
        }
    }

    fn has(&self, path: &str) -> bool {
        matches!(self.find(&self.git.local(), path), Ok(Entry::File(_)))
    }

    fn below(&self, folder: &str, levels: usize) -> Vec<String> {
        let repository = self.git.local();
        let Ok(Entry::Folder(tree)) = self.find(&repository, folder) else { return Vec::new() };
        let mut files = Vec::new();
        self.walk(&repository, (folder.trim_matches('/').to_owned(), tree), &|_, level| level < levels, &mut |path, _, _| {
            files.push(path)
        });
        files.sort();
        files
    }
}

fn lossy(name: &BStr) -> String {
    name.to_str_lossy().into_owned()
}

fn missing() -> String {
    format!("is not in this clone, which is a partial one: {REFETCH} gets it")
}
