//! Files that one execution leaves in the run's store and a later one takes: what is known of their content goes with them.

use super::env::{Env, bounded};
use super::interpret::Walk;
use super::model::{RawEvent, Subject};
use super::moved::relative;
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
                    let (patterns, name) = (shown(self, files), shown(self, store));
                    let kept: Vec<_> = env.files.iter().filter(|(path, _)| matches(path, &patterns)).collect();
                    let kept: BTreeMap<String, Value> =
                        kept.into_iter().map(|(p, v)| (relative(p).to_owned(), v.clone())).collect();
                    if !is_cache(event) {
                        kept.iter().for_each(|(path, content)| self.hand_file(path, content));
                    }
                    self.stores.entry(name).or_default().extend(kept);
                }
                (EventKind::Download, Some(store), folder) if store.artifact == Artifact::Stored && !of_another_run(event) => {
                    let folder = folder.as_ref().map(|f| shown(self, f)).unwrap_or_default();
                    let name = shown(self, store);
                    self.take_stored(&name, &folder, env);
                }
                _ => {}
            }
        }
    }

    /// Brings what lies in the store under a name (`*`: under any) to where it was, and into a folder.
    pub(super) fn take_stored(&mut self, name: &str, folder: &str, env: &mut Env) {
        let taken: Vec<(String, Value)> = self
            .stores
            .iter()
            .filter(|(n, _)| *n == name || name == "*")
            .flat_map(|(_, files)| files.iter().map(|(p, v)| (p.clone(), v.clone())))
            .collect();
        for (path, content) in taken {
            let base = path.rsplit('/').next().unwrap_or(&path);
            let inside = if folder.is_empty() { base.to_owned() } else { format!("{}/{base}", folder.trim_end_matches('/')) };
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

/// Whether a path is meant by any of the patterns: itself, a folder above it, a glob.
fn matches(path: &str, patterns: &str) -> bool {
    patterns.split([',', '\n']).map(|p| relative(p.trim())).filter(|p| !p.is_empty()).any(|pattern| {
        let folder = pattern.trim_end_matches('/');
        let path = relative(path);
        path == pattern
            || folder == "."
            || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
            || Glob::new(pattern).matches(path) == Truth::Yes
            || pattern.strip_prefix("**/").is_some_and(|rest| Glob::new(rest).matches(path) == Truth::Yes)
    })
}
