//! Files that one execution leaves in the run's store and a later one takes: what is known of their content goes with them.

use super::env::{Env, bounded};
use super::filepath::{file_key, is_inside, join_key, written_key};
use super::interpret::Walk;
use super::model::{RawEvent, Subject};
use super::value::Value;
use crate::facts::{Artifact, EventKind};
use crate::tools::glob::{Glob, Truth};
use std::collections::BTreeMap;

impl Walk<'_> {
    /// Follows the events from `first` on.
    pub(super) fn through_stores(&mut self, first: usize, env: &mut Env) {
        for index in first..self.records.events.len() {
            let event = &self.records.events[index];
            match (event.kind, &event.source, &event.destination) {
                (EventKind::Upload, Some(files), Some(store)) if store.artifact == Artifact::Stored => {
                    let (patterns, name) = (self.patterns(&files.value, &event.place.folder), shown(self, store));
                    let kept = env.files.iter().filter(|(path, _)| patterns.iter().any(|pattern| matches(path, pattern)));
                    let kept: BTreeMap<String, Value> =
                        kept.map(|(path, content)| (written_key(path, &self.symbols), content.clone())).collect();
                    if !is_cache(event) {
                        kept.iter().for_each(|(path, content)| self.hand_file(path, content));
                    }
                    self.stores.entry(name).or_default().extend(kept);
                }
                (EventKind::Download, Some(store), folder) if store.artifact == Artifact::Stored && !of_another_run(event) => {
                    let own = &event.place.folder;
                    let given = folder.as_ref().and_then(|folder| folder.value.single());
                    let folder = given.map_or_else(|| own.to_string(), |given| file_key(given, own, &self.symbols));
                    let name = shown(self, store);
                    self.take_stored(&name, &folder, env);
                }
                _ => {}
            }
        }
    }

    /// The keys of what may be several paths, in a list or one in a line.
    fn patterns(&self, paths: &Value, folder: &str) -> Vec<String> {
        let parts = paths.alternatives().iter().flat_map(|text| text.split(|c| matches!(c, ',' | '\n')));
        let parts = parts.filter(|part| part.trim().known() != Some(""));
        parts.map(|part| file_key(&part, folder, &self.symbols)).collect()
    }

    /// Brings what lies in the store under a name (`*`: under any) to where it was, and into a folder, which is named by its key.
    pub(super) fn take_stored(&mut self, name: &str, folder: &str, env: &mut Env) {
        let taken: Vec<(String, Value)> = self
            .stores
            .iter()
            .filter(|(n, _)| *n == name || name == "*")
            .flat_map(|(_, files)| files.iter().map(|(p, v)| (p.clone(), v.clone())))
            .collect();
        for (path, content) in taken {
            let base = path.rsplit('/').next().unwrap_or(&path);
            let inside = join_key(folder, base);
            let content = match env.files.get(&path) {
                Some(other) if *other != content => bounded(other.or(&content), &mut self.symbols, &path),
                _ => content,
            };
            env.files.entry(inside).or_insert_with(|| content.clone());
            env.files.insert(path, content);
        }
    }
}

fn shown(walk: &Walk<'_>, subject: &Subject) -> String {
    subject.value.display(&walk.symbols)
}

fn is_cache(event: &RawEvent) -> bool {
    event.options.contains_key("cache")
}

fn of_another_run(event: &RawEvent) -> bool {
    event.options.get("other-run").is_some_and(|values| values.iter().any(|v| v.value.known() == Some("true")))
}

/// Whether the key of a file is meant by a pattern: itself, a folder above it, a glob.
fn matches(path: &str, pattern: &str) -> bool {
    path == pattern
        || pattern.is_empty()
        || is_inside(path, pattern)
        || Glob::new(pattern).matches(path) == Truth::Yes
        || pattern.strip_prefix("**/").is_some_and(|rest| Glob::new(rest).matches(path) == Truth::Yes)
}
