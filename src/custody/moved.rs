//! Files that are known and go to another path.

use super::command::Call;
use super::env::Env;
use super::filepath::{base, file_key, is_inside, join_key, plain};
use super::graph::NodeId;
use super::interpret::Walk;
use super::model::RawMove;
use super::value::Value;

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
        let words = call.fields[skip + 1..].iter().map(|field| (field.value.display(&self.symbols), &field.value));
        let operands: Vec<(String, &Value)> = words.filter(|(word, _)| !word.starts_with('-')).collect();
        let Some(((shown, to), from)) = operands.split_last().filter(|(_, from)| !from.is_empty()) else { return };
        let keys = |path: &Value| -> Vec<String> {
            path.alternatives().iter().take(MAX_ALTERNATIVES).map(|path| env.key(path, &self.symbols)).collect()
        };
        let targets = keys(to);
        let is_folder = shown.ends_with('/')
            || from.len() > 1
            || matches!(&**shown, "." | "..")
            || env.files.keys().any(|file| targets.iter().any(|folder| is_inside(file, folder)));
        let held = |path: &Value| {
            let all = path.alternatives().iter().take(MAX_ALTERNATIVES).filter_map(|path| env.held(path, &self.symbols));
            all.cloned().reduce(|all, content| all.or(&content))
        };
        let from: Vec<_> = from.iter().map(|(_, path)| (*path, keys(path), held(path))).collect();
        if from.iter().all(|(.., content)| content.is_none()) {
            let paths: Vec<Value> = from.iter().map(|(path, ..)| (*path).clone()).collect();
            self.moves_unpacked(&paths, plain(shown), env);
        }
        for (path, keys, content) in from {
            self.is_moved(path, to, node);
            let name_of = keys.first().map(|key| base(key)).unwrap_or_default();
            for target in &targets {
                let new = if is_folder { join_key(target, name_of) } else { target.clone() };
                match &content {
                    Some(content) => drop(env.files.insert(new, content.clone())),
                    // What it is now is not known.
                    None => drop(env.files.remove(&new)),
                }
            }
            if name == "mv" {
                keys.iter().for_each(|key| drop(env.files.remove(key)));
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
                let content = env.held(from, &self.symbols).cloned();
                if let Some((content, to)) = content.zip(to.single()) {
                    let key = env.key(to, &self.symbols);
                    env.files.insert(key, content);
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
