//! What an execution has fetched so far, and the paths at which that lies.

use super::filepath::base;
use super::model::{Fetched, RawMove};
use std::collections::HashMap;

/// Paths that a file had before.
const MAX_EARLIER: usize = 16;

/// The files that one execution has fetched from an address.
#[derive(Debug, Default)]
pub(super) struct Arrivals {
    pub(super) files: Vec<Fetched>,
    /// Their keys, each with how many commands that may make files had run before.
    keys: HashMap<String, usize>,
    /// The keys that something was put at a key from.
    from: HashMap<String, Vec<String>>,
    /// How many commands that may make files have run.
    makers: usize,
}

impl Arrivals {
    pub(super) fn arrive(&mut self, file: Fetched, keys: Vec<String>) {
        self.files.push(file);
        self.keys.extend(keys.into_iter().map(|key| (key, self.makers)));
    }

    pub(super) fn is_moved(&mut self, moved: &RawMove) {
        for to in [moved.to.clone(), format!("{}/{}", moved.to, base(&moved.from))] {
            self.from.entry(to).or_default().push(moved.from.clone());
        }
    }

    /// Something runs that may make files.
    pub(super) fn makes_files(&mut self) {
        self.makers += 1;
    }

    /// Whether what lies at a key was fetched, there or where it was put there from.
    pub(super) fn has(&self, key: &str) -> bool {
        let mut keys = vec![key];
        let mut at = 0;
        while let Some(key) = keys.get(at).copied().filter(|_| at < MAX_EARLIER) {
            if self.keys.contains_key(key) {
                return true;
            }
            for from in self.from.get(key).into_iter().flatten() {
                if !keys.contains(&from.as_str()) {
                    keys.push(from);
                }
            }
            at += 1;
        }
        false
    }

    /// Whether a key leads into a folder that was fetched and to which nothing may have been added since.
    pub(super) fn has_around(&self, key: &str) -> bool {
        key.match_indices('/').any(|(at, _)| self.keys.get(&key[..at]) == Some(&self.makers))
    }
}
