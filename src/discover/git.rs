//! A repository's commits: names into commits, and what to type where one is not to be had. Objects are only read, and nothing is
//! fetched.

use super::{Commit, DiscoverError, GitObject};
use crate::remote::{Owner, Remote};
use gix::bstr::ByteSlice;
use gix::objs::{Kind, Write as _};
use gix::{ObjectId, ThreadSafeRepository};
use std::path::{Path, PathBuf};

/// A git repository: a working tree (`.git` a folder or, as in linked worktrees and submodules, a file) or a bare one.
#[derive(Clone)]
pub struct Git {
    root: PathBuf,
    repository: ThreadSafeRepository,
}

/// What git has.
#[derive(Debug, Clone, Default)]
pub struct Tracked {
    /// Files and links.
    pub files: Vec<String>,
    /// Folders of other repositories.
    pub submodules: Vec<String>,
}

impl std::fmt::Debug for Git {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Git").field(&self.root).finish()
    }
}

impl Git {
    /// Opens the repository whose root this is. Of git's configuration only the repository's own is read, and no environment.
    ///
    /// # Errors
    /// If it is none, or of a kind that cannot be read.
    pub fn open(root: &Path) -> Result<Git, DiscoverError> {
        let repository = ThreadSafeRepository::open_opts(root, gix::open::Options::isolated()).map_err(|e| {
            let causes = std::iter::successors(Some(&e as &dyn std::error::Error), |e| e.source()).map(ToString::to_string);
            let why: Vec<String> = causes.collect();
            DiscoverError::Git(format!("{}: no git repository to compare with: {}", root.display(), why.join(": ")))
        })?;
        Ok(Git { root: root.to_owned(), repository })
    }

    /// Makes a bare repository of objects, without any branch, in an empty folder. `origin`: the URL of its remote.
    ///
    /// # Errors
    /// A clause that says why it cannot be made; an object whose id is another than it says is such a reason.
    pub fn make(root: &Path, objects: &[GitObject], origin: Option<&str>) -> Result<(), String> {
        let long = objects.first().is_some_and(|o| o.id.len() > 40);
        let format = if long { "1\n[extensions]\n\tobjectFormat = sha256\n" } else { "0\n" };
        let mut config = format!("[core]\n\tbare = true\n\trepositoryformatversion = {format}");
        if let Some(url) = origin.filter(|url| !url.contains(char::is_control)) {
            let url = url.replace('\\', "\\\\").replace('"', "\\\"");
            config.push_str(&format!("[remote \"origin\"]\n\turl = \"{url}\"\n"));
        }
        let written = ["objects", "refs"].iter().try_for_each(|folder| std::fs::create_dir(root.join(folder)));
        let written = written.and_then(|()| std::fs::write(root.join("HEAD"), "ref: refs/heads/none\n"));
        written.and_then(|()| std::fs::write(root.join("config"), config)).map_err(|e| e.to_string())?;
        let repository = Git::open(root).map_err(|e| e.to_string())?.local();
        objects.iter().try_for_each(|object| {
            let kind = Kind::from_bytes(object.kind.as_bytes()).map_err(|e| e.to_string())?;
            let made = repository.objects.write_buf(kind, &object.bytes).map_err(|e| e.to_string())?.to_string();
            if made == object.id { Ok(()) } else { Err(format!("the object {} is another: {made}", object.id)) }
        })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn local(&self) -> gix::Repository {
        self.repository.to_thread_local()
    }

    /// The commit of a name: a branch, a tag, an object id, `HEAD^1` ..
    ///
    /// # Errors
    /// If it is not in this clone: what to type.
    pub fn resolve(&self, name: &str) -> Result<ObjectId, DiscoverError> {
        let repository = self.local();
        let found = repository.rev_parse_single(name.as_bytes().as_bstr()).ok();
        let commit = found.and_then(|id| id.object().ok()).and_then(|object| object.peel_to_kind(Kind::Commit).ok());
        commit.map(|c| c.id).ok_or_else(|| DiscoverError::Git(self.advice(&repository, name)))
    }

    /// The commit of `HEAD`; `None` if there is none yet.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn head(&self) -> Result<Option<ObjectId>, DiscoverError> {
        let repository = self.local();
        if repository.head().is_ok_and(|head| head.is_unborn()) {
            return Ok(None);
        }
        self.resolve("HEAD").map(Some)
    }

    /// Who owns the repository by its remote `origin`.
    #[must_use]
    pub fn owner(&self) -> Option<Owner> {
        Remote::parse(&self.origin()?)?.owner()
    }

    /// The URL of its remote `origin`, by its own configuration.
    #[must_use]
    pub fn origin(&self) -> Option<String> {
        self.local().config_snapshot().string("remote.origin.url").map(|url| url.to_str_lossy().into_owned())
    }

    /// Where the history of `HEAD` left that of another commit; the other commit where that is not known (as in a shallow clone).
    #[must_use]
    pub fn fork_point(&self, other: ObjectId) -> ObjectId {
        let repository = self.local();
        let head = repository.head_id().ok().map(gix::Id::detach);
        let base = head.and_then(|head| repository.merge_base(head, other).ok().flatten().map(gix::Id::detach));
        base.filter(|id| repository.find_commit(*id).is_ok()).unwrap_or(other)
    }

    /// The files of a commit.
    ///
    /// # Errors
    /// If its tree is not in this clone.
    pub fn files(&self, commit: ObjectId) -> Result<Commit, DiscoverError> {
        let repository = self.local();
        let tree = repository.find_commit(commit).and_then(|commit| Ok(commit.tree()?.id));
        let tree =
            tree.map_err(|_| DiscoverError::Git(format!("the files of {commit} are not in this clone: {REFETCH} gets them")))?;
        Ok(Commit::new(self.clone(), commit, tree))
    }

    /// What git has, by its index: files, and the folders of submodules. Empty without an index.
    #[must_use]
    pub fn tracked(&self) -> Tracked {
        let mut tracked = Tracked::default();
        let Ok(index) = self.local().index_or_empty() else { return tracked };
        for entry in index.entries() {
            let list = if entry.mode.is_submodule() { &mut tracked.submodules } else { &mut tracked.files };
            list.push(entry.path(&index).to_str_lossy().into_owned());
        }
        tracked
    }

    /// Why a name means no commit here, and what to type.
    fn advice(&self, repository: &gix::Repository, name: &str) -> String {
        let exists = |name: &str| repository.rev_parse_single(name.as_bytes().as_bstr()).is_ok();
        let is_shallow = repository.is_shallow().unwrap_or(false);
        let head = repository.head();
        if head.is_err() {
            return "the branches of this repository cannot be read: `git refs migrate --ref-format=files` stores them as files"
                .to_owned();
        }
        if head.is_ok_and(|head| head.is_unborn()) && (name.starts_with("HEAD") || name.starts_with('@')) {
            return format!(
                "there is no `{name}`: this branch has no commit yet, so there is nothing to compare with; commit first"
            );
        }
        if let Some(at) = name.find(['^', '~']).filter(|at| *at > 0 && exists(&name[..*at])) {
            let all = if is_shallow { "`git fetch --unshallow` gets all of it" } else { "it has too few commits or parents" };
            return match &name[at..] {
                "^" | "^1" | "^2" | "~" | "~1" if is_shallow => {
                    format!("there is no `{name}` in this shallow clone: `git fetch --deepen=1` gets it")
                }
                _ => format!("there is no `{name}` in the history here: {all}"),
            };
        }
        let remotes: Vec<String> = repository.remote_names().iter().map(|name| name.to_str_lossy().into_owned()).collect();
        let remotes = || remotes.iter();
        if let Some(remote) = remotes().find(|remote| exists(&format!("{remote}/{name}"))) {
            return format!("there is no `{name}` here, but `{remote}/{name}`: name that");
        }
        let short = name.strip_prefix("refs/remotes/").unwrap_or(name);
        let tracking = remotes().find_map(|remote| Some((remote, short.strip_prefix(remote.as_str())?.strip_prefix('/')?)));
        let is_id = name.len() >= 40 && name.bytes().all(|b| b.is_ascii_hexdigit());
        let wanted = match tracking {
            Some((remote, branch)) => format!("{remote} {branch}:refs/remotes/{remote}/{branch}"),
            None => match remotes().find(|r| *r == "origin").or(remotes().next()) {
                Some(remote) if is_id => format!("{remote} {name}"),
                Some(remote) => format!("{remote} {name}:{name}"),
                None => return format!("there is no `{name}` here: `git branch` and `git log` show what there is"),
            },
        };
        let depth = if is_shallow { "--depth=1 " } else { "" };
        format!("there is no `{name}` in this clone: `git fetch {depth}{wanted}` gets it")
    }
}

/// What brings the objects that a partial clone left out.
pub(super) const REFETCH: &str = "`git fetch --refetch --no-filter`";
