//! Where the repository's files lie for the steps of an execution: a checkout may put them into a folder.

use super::Files;
use super::filepath::join;
use super::interpret::Walk;
use super::scope::Scope;
use super::text::Text;
use super::value::Value;
use crate::pipeline::{Call, Pipeline};
use crate::source::FileId;
use crate::tools::CheckoutSpec;
use std::sync::{Arc, PoisonError, RwLock};

/// The repository's files, by the paths that the steps of the execution that is walked know them by.
pub(super) struct Workspace<'a> {
    files: &'a dyn Files,
    checkouts: RwLock<Vec<Checkout>>,
}

/// A checkout in a folder of its own.
struct Checkout {
    /// The folder, relative to where steps start.
    folder: String,
    whose: Whose,
}

/// Of which repository a checkout is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// The pipeline's own.
    Own,
    /// One that may be the own or not: the name of the own is not known here.
    Unknown,
    /// Another one.
    Other,
}

impl Checkout {
    /// What is left of a path below the folder.
    fn strip<'p>(&self, path: &'p str) -> Option<&'p str> {
        let rest = path.strip_prefix(self.folder.as_str())?;
        if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
    }
}

impl<'a> Workspace<'a> {
    /// Nothing is checked out yet but the repository itself, where steps start.
    pub(super) fn new(files: &'a dyn Files) -> Self {
        Workspace { files, checkouts: RwLock::default() }
    }

    /// Another execution begins.
    pub(super) fn clear(&self) {
        self.checkouts.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Puts a repository into a folder; `may_stay`: what lay there before may still do so.
    fn add(&self, folder: String, mut whose: Whose, may_stay: bool) {
        let mut checkouts = self.checkouts.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = checkouts.iter().position(|c| c.folder == folder) {
            let was = checkouts.remove(before).whose;
            if may_stay && was == Whose::Own {
                whose = was;
            }
        }
        checkouts.push(Checkout { folder, whose });
    }

    /// A path of the repository; `None` for one of another repository, or of one that may be another.
    fn within(&self, path: &str) -> Option<String> {
        match self.innermost(path) {
            Some((Whose::Own, path)) => Some(path),
            Some(_) => None,
            None => Some(path.to_owned()),
        }
    }

    /// Whether what lies at a path is another repository's.
    pub(super) fn is_elsewhere(&self, path: &str) -> bool {
        matches!(self.innermost(path), Some((Whose::Other, _)))
    }

    /// The innermost checkout that a path lies in, and the path there.
    fn innermost(&self, path: &str) -> Option<(Whose, String)> {
        let checkouts = self.checkouts.read().unwrap_or_else(PoisonError::into_inner);
        if checkouts.is_empty() {
            return None;
        }
        let path = join("", path);
        let within = checkouts.iter().filter_map(|c| Some((c, c.strip(&path)?)));
        within.max_by_key(|(c, _)| c.folder.len()).map(|(c, rest)| (c.whose, rest.to_owned()))
    }
}

impl Files for Workspace<'_> {
    fn read(&self, path: &str) -> Option<(FileId, Arc<str>)> {
        self.files.read(&self.within(path)?)
    }

    fn has(&self, path: &str) -> bool {
        self.within(path).is_some_and(|path| self.files.has(&path))
    }

    fn pipeline(&self, path: &str) -> Option<Arc<Pipeline>> {
        self.files.pipeline(&self.within(path)?)
    }

    fn merged(&self, paths: &[String]) -> Option<Arc<Pipeline>> {
        self.files.merged(paths)
    }

    fn named(&self, kind: &str, name: &str, by: FileId) -> Option<Arc<Pipeline>> {
        self.files.named(kind, name, by)
    }
}

impl Walk<'_> {
    /// A step checks a repository out.
    pub(super) fn checked_out(&mut self, spec: &CheckoutSpec, call: &Call, scope: &Scope) {
        if self.records.is_idle() {
            return;
        }
        let mut input = |name: &str| {
            let binding = call.inputs.iter().find(|b| b.name.eq_ignore_ascii_case(name))?;
            Some(self.text(&binding.value, scope))
        };
        let (folder, repository) = (input(&spec.folder), input(&spec.repository));
        let Some(folder) = folder.and_then(|f| self.path_of(&f, "")).filter(|f| !f.is_empty()) else { return };
        let whose = repository.map_or(Whose::Own, |repository| self.whose(&repository, spec));
        self.workspace.add(folder, whose, self.place.conditional);
    }

    /// Of whom only the owner is known, a repository of that owner may be the one that the pipeline stands in.
    fn whose(&self, repository: &Value, spec: &CheckoutSpec) -> Whose {
        let is_own = |text: &Text| match text.as_symbol() {
            Some(id) => spec.own.0.contains(&self.symbols.get(id).key),
            None => text.known() == Some(""),
        };
        if repository.any(is_own) {
            return Whose::Own;
        }
        let owner = repository.known().and_then(|name| name.split_once('/')).map(|(owner, _)| owner);
        match (owner, &self.world.knowledge.owner) {
            (Some(owner), Some(own)) if !owner.eq_ignore_ascii_case(&own.name) => Whose::Other,
            _ => Whose::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    /// A repository in which every path is a file.
    struct Everything(Sources);

    impl Files for Everything {
        fn read(&self, path: &str) -> Option<(FileId, Arc<str>)> {
            Some((self.0.add(path, path), path.into()))
        }

        fn pipeline(&self, _: &str) -> Option<Arc<Pipeline>> {
            None
        }

        fn named(&self, _: &str, _: &str, _: FileId) -> Option<Arc<Pipeline>> {
            None
        }
    }

    #[test]
    fn the_innermost_checkout_counts() {
        let files = Everything(Sources::default());
        let workspace = Workspace::new(&files);
        let read = |path: &str| workspace.read(path).map(|(_, text)| text.to_string());
        assert_eq!(read("p/x.sh").as_deref(), Some("p/x.sh"));
        workspace.add("p".into(), Whose::Own, false);
        workspace.add("p/other".into(), Whose::Other, false);
        workspace.add("q".into(), Whose::Unknown, false);
        for (path, want) in [
            ("x.sh", Some("x.sh")),
            ("p/x.sh", Some("x.sh")),
            ("./p/ci/x.sh", Some("ci/x.sh")),
            ("pp/x.sh", Some("pp/x.sh")),
            ("p/other/x.sh", None),
            ("q/x.sh", None),
        ] {
            assert_eq!(read(path).as_deref(), want, "{path}");
        }
        assert!(workspace.is_elsewhere("p/other/x.sh") && !workspace.is_elsewhere("q/x.sh"), "it may be the own");
        workspace.add("q".into(), Whose::Own, false);
        assert_eq!(read("q/x.sh").as_deref(), Some("x.sh"), "the later one");
        workspace.add("q".into(), Whose::Other, true);
        assert_eq!(read("q/x.sh").as_deref(), Some("x.sh"), "the later one may not run");
        workspace.clear();
        assert_eq!(read("q/x.sh").as_deref(), Some("q/x.sh"), "another execution");
    }
}
