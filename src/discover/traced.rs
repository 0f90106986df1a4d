//! A commit that writes down what it is asked, so that the answers can be compared with another commit's: where they are the same,
//! so is everything that was made of them.

use super::{Candidate, Commit, Discovered, Origin, Recognise};
use crate::remote::Owner;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// What was asked beside the candidates, and what the answer was: an object id, or why there is none.
pub type Trace = BTreeMap<String, String>;

/// A commit that remembers. Clones remember together.
#[derive(Debug, Clone)]
pub struct Traced {
    commit: Commit,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    trace: Trace,
    /// Files that the commit has and this clone has not.
    missing: BTreeSet<String>,
}

impl Traced {
    /// Nothing asked yet.
    #[must_use]
    pub fn new(commit: Commit) -> Self {
        Traced { commit, seen: Arc::default() }
    }

    /// What was asked so far.
    #[must_use]
    pub fn trace(&self) -> Trace {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).trace.clone()
    }

    /// The files that were wanted, and are not in this clone.
    #[must_use]
    pub fn missing(&self) -> BTreeSet<String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).missing.clone()
    }

    /// Whether a commit answers alike.
    #[must_use]
    pub fn is_same(commit: &Commit, trace: &Trace) -> bool {
        trace.iter().all(|(question, answer)| answered(commit, question).is_some_and(|a| a == *answer))
    }

    fn note(&self, question: String) {
        if let Some(answer) = answered(&self.commit, &question) {
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).trace.insert(question, answer);
        }
    }

    fn checked(&self, path: &str, text: Result<Arc<str>, String>) -> Result<Arc<str>, String> {
        if text.is_err() && self.commit.id_of(path).is_ok_and(|id| !self.commit.holds(id)) {
            self.note(format!("gone {path}"));
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).missing.insert(path.to_owned());
        }
        text
    }
}

/// The answer to a question as it stands in a trace; `None` if it is none.
fn answered(commit: &Commit, question: &str) -> Option<String> {
    let (kind, of) = question.split_once(' ')?;
    match kind {
        "file" => Some(commit.id_of(of).map_or_else(|why| why, |id| id.to_string())),
        "gone" => Some(commit.id_of(of).is_ok_and(|id| !commit.holds(id)).to_string()),
        "below" => {
            let (levels, folder) = of.split_once(' ')?;
            Some(commit.below(folder, levels.parse().ok()?).join("\n"))
        }
        "owner" => Some(commit.owner().map_or_else(String::new, |owner| owner.to_string())),
        _ => None,
    }
}

impl Origin for Traced {
    fn root(&self) -> &Path {
        self.commit.root()
    }

    fn owner(&self) -> Option<Owner> {
        self.note("owner ".to_owned());
        self.commit.owner()
    }

    /// The candidates themselves are not written down: [`Commit::listing`] has them.
    fn candidates(&self, paths: &[String], recognises: &Recognise<'_>) -> Discovered {
        Discovered { origin: Arc::new(self.clone()), ..self.commit.candidates(paths, recognises) }
    }

    fn text(&self, candidate: &Candidate) -> Result<Arc<str>, String> {
        self.checked(&candidate.path, self.commit.text(candidate))
    }

    fn read(&self, path: &str) -> Result<Arc<str>, String> {
        self.note(format!("file {path}"));
        self.checked(path, self.commit.read(path))
    }

    fn has(&self, path: &str) -> bool {
        self.note(format!("file {path}"));
        self.commit.has(path)
    }

    fn below(&self, folder: &str, levels: usize) -> Vec<String> {
        self.note(format!("below {levels} {folder}"));
        self.commit.below(folder, levels)
    }
}
