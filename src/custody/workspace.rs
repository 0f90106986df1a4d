//! Where the repository's files lie for the steps of an execution: a checkout may put them into a folder.

use super::Files;
use super::filepath::join;
use super::interpret::Walk;
use super::scope::Scope;
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
    /// Whether it is one of the repository itself.
    is_own: bool,
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
    fn add(&self, folder: String, mut is_own: bool, may_stay: bool) {
        let mut checkouts = self.checkouts.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = checkouts.iter().position(|c| c.folder == folder) {
            let was_own = checkouts.remove(before).is_own;
            is_own |= may_stay && was_own;
        }
        checkouts.push(Checkout { folder, is_own });
    }

    /// A path of the repository; `None` for one of another repository.
    fn within(&self, path: &str) -> Option<String> {
        let checkouts = self.checkouts.read().unwrap_or_else(PoisonError::into_inner);
        if checkouts.is_empty() {
            return Some(path.to_owned());
        }
        let path = join("", path);
        let innermost = checkouts.iter().filter(|c| c.strip(&path).is_some()).max_by_key(|c| c.folder.len());
        match innermost {
            Some(checkout) => checkout.strip(&path).filter(|_| checkout.is_own).map(str::to_owned),
            None => Some(path),
        }
    }

    /// Whether what lies at a path is another repository's.
    pub(super) fn is_elsewhere(&self, path: &str) -> bool {
        self.within(path).is_none()
    }
}

impl Files for Workspace<'_> {
    fn read(&self, path: &str) -> Option<(FileId, Arc<str>)> {
        self.files.read(&self.within(path)?)
    }

    fn pipeline(&self, path: &str) -> Option<Arc<Pipeline>> {
        self.files.pipeline(&self.within(path)?)
    }

    fn merged(&self, paths: &[String]) -> Option<Arc<Pipeline>> {
        self.files.merged(paths)
    }

    fn named(&self, kind: &str, name: &str) -> Option<Arc<Pipeline>> {
        self.files.named(kind, name)
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
        let is_own = repository.is_none_or(|repository| {
            repository.any(|text| match text.as_symbol() {
                Some(id) => spec.own.0.contains(&self.symbols.get(id).key),
                None => text.known().is_some_and(str::is_empty),
            })
        });
        self.workspace.add(folder, is_own, self.place.conditional);
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

        fn named(&self, _: &str, _: &str) -> Option<Arc<Pipeline>> {
            None
        }
    }

    #[test]
    fn the_innermost_checkout_counts() {
        let files = Everything(Sources::default());
        let workspace = Workspace::new(&files);
        let read = |path: &str| workspace.read(path).map(|(_, text)| text.to_string());
        assert_eq!(read("p/x.sh").as_deref(), Some("p/x.sh"));
        workspace.add("p".into(), true, false);
        workspace.add("p/other".into(), false, false);
        workspace.add("q".into(), false, false);
        for (path, want) in [
            ("x.sh", Some("x.sh")),
            ("p/x.sh", Some("x.sh")),
            ("./p/ci/x.sh", Some("ci/x.sh")),
            ("pp/x.sh", Some("pp/x.sh")),
            ("p/other/x.sh", None),
            ("q/x.sh", None),
            ("q/../x.sh", Some("x.sh")),
        ] {
            assert_eq!(read(path).as_deref(), want, "{path}");
        }
        workspace.add("q".into(), true, false);
        assert_eq!(read("q/x.sh").as_deref(), Some("x.sh"), "the later one");
        workspace.add("q".into(), false, true);
        assert_eq!(read("q/x.sh").as_deref(), Some("x.sh"), "the later one may not run");
        workspace.clear();
        assert_eq!(read("q/x.sh").as_deref(), Some("q/x.sh"), "another execution");
    }
}
