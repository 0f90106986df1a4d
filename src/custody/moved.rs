//! Files that are known and go to another path.

use super::command::Call;
use super::env::Env;
use super::filepath::{base, file_key, plain};
use super::graph::NodeId;
use super::interpret::Walk;
use super::model::RawMove;
use super::value::Value;
use std::collections::HashMap;

/// Files that one word may name and that are followed.
pub(super) const MAX_ALTERNATIVES: usize = 8;

/// Programs that put files under another path.
pub(super) const MOVERS: &[&str] = &["mv", "cp", "install", "ln"];

impl Walk<'_> {
    /// `mv from to`, `cp from .. folder`, `ln -s from to`: what a known file holds is under the new path.
    pub(super) fn moves(&mut self, name: &str, call: &Call, skip: usize, node: NodeId, env: &mut Env) {
        if !MOVERS.contains(&name) {
            return self.decompresses(name, call, skip, node, env);
        }
        let words: Vec<String> = call.fields[skip + 1..].iter().map(|f| f.value.display(&self.symbols)).collect();
        let operands: Vec<&str> = words.iter().filter(|w| !w.starts_with('-')).map(|w| relative(w)).collect();
        let Some((to, from)) = operands.split_last().filter(|(_, from)| !from.is_empty()) else { return };
        let folder = to.trim_end_matches('/');
        let inside = format!("{folder}/");
        let is_folder = to.ends_with('/') || from.len() > 1 || *to == "." || env.files.keys().any(|f| f.starts_with(&inside));
        let values: HashMap<&str, &Value> =
            words.iter().zip(&call.fields[skip + 1..]).map(|(word, field)| (relative(word), &field.value)).collect();
        if from.iter().all(|path| !env.files.contains_key(*path)) {
            let paths = words.iter().zip(&call.fields[skip + 1..]).filter(|(word, _)| from.contains(&relative(word)));
            let paths: Vec<_> = paths.map(|(_, field)| field.value.clone()).collect();
            self.moves_unpacked(&paths, to, env);
        }
        for path in from {
            if let (Some(from), Some(to)) = (values.get(path), values.get(to)) {
                self.is_moved(from, to, node);
            }
            let base = base(path);
            let new = match (is_folder, *to) {
                (true, ".") => base.to_owned(),
                (true, _) => format!("{folder}/{base}"),
                (false, _) => (*to).to_owned(),
            };
            if let Some(content) = env.files.get(*path).cloned() {
                env.files.insert(new, content);
            } else {
                // What it is now is not known.
                env.files.remove(&new);
            }
            if name == "mv" {
                env.files.remove(*path);
            }
        }
    }
}

/// Programs that take the place of a compressed file with what is in it, unless they print that.
const DECOMPRESSORS: &[&str] = &["gunzip", "unxz", "bunzip2", "unzstd"];

/// Programs that do so if they are asked to.
const COMPRESSORS: &[&str] = &["gzip", "xz", "bzip2", "zstd"];

impl Walk<'_> {
    /// `gunzip x.gz`, `xz -d x.xz`, `zstd -d x.zst -o x`: what is in a known file is under the new name.
    fn decompresses(&mut self, name: &str, call: &Call, skip: usize, node: NodeId, env: &mut Env) {
        let arguments = &call.fields[skip + 1..];
        let has = |letter: char, long: &str| {
            let is_it = |t: &str| t == long || t.starts_with('-') && !t.starts_with("--") && t.contains(letter);
            arguments.iter().any(|f| f.value.known().is_some_and(is_it))
        };
        let asked = DECOMPRESSORS.contains(&name) || COMPRESSORS.contains(&name) && (has('d', "--decompress"));
        if !asked || has('c', "--stdout") {
            return;
        }
        let given = arguments.iter().position(|f| f.value.known() == Some("-o")).filter(|_| name.contains("zst"));
        let is_operand =
            |at: &usize| arguments[*at].value.known().is_none_or(|t| !t.starts_with('-')) && given.is_none_or(|o| *at != o + 1);
        for at in (0..arguments.len()).filter(is_operand) {
            let from = &arguments[at].value;
            for from in from.alternatives().iter().take(MAX_ALTERNATIVES) {
                let masked = from.masked();
                let Some((stem, _)) = masked.rsplit_once('.').filter(|(_, end)| ["gz", "xz", "bz2", "zst"].contains(end)) else {
                    continue;
                };
                let to = match given.and_then(|o| arguments.get(o + 1)) {
                    Some(to) => to.value.clone(),
                    None => Value::text(from.slice_masked(0..stem.len())),
                };
                let (old, new) = (from.display(&self.symbols), to.display(&self.symbols));
                if let Some(content) = env.files.get(relative(&old)).cloned() {
                    env.files.insert(relative(&new).to_owned(), content);
                }
                self.is_moved(&Value::text(from.clone()), &to, node);
            }
        }
    }

    /// A file is put under another path; of several that it may be each under its own, or all under the one.
    pub(super) fn is_moved(&mut self, from: &Value, to: &Value, node: NodeId) {
        let keys = |file: &Value| -> Vec<String> {
            let key = |text| file_key(text, &self.place.folder, &self.symbols).trim_end_matches('/').to_owned();
            file.alternatives().iter().take(MAX_ALTERNATIVES).map(key).collect()
        };
        let (from, to) = (keys(from), keys(to));
        let count = from.len();
        for (at, from) in from.iter().enumerate() {
            let own = if to.len() == count { at..at + 1 } else { 0..to.len() };
            for to in to[own].iter().filter(|to| *to != from) {
                let (from, to) = (from.clone(), to.clone());
                self.records.file_moves(RawMove { execution: self.place.execution, node, from, to });
            }
        }
    }
}

/// A path relative to the folder in which executions start.
pub(super) fn relative(path: &str) -> &str {
    let path = path.strip_prefix("${CI_PROJECT_DIR}/").unwrap_or(path);
    plain(path)
}
