//! Files that go elsewhere: through the CI system's store from one execution to another, or to another path.

use super::command::Call as Command;
use super::interpret::{Env, Walk, bounded};
use super::scope::Scope;
use super::value::Value;
use crate::pipeline::Call;
use crate::tools::Truth;
use crate::tools::glob::Glob;

impl Walk<'_> {
    /// What a step of the CI system does to files: `leave` puts those under `path` into the store under the execution's name,
    /// `take` and `inherit` bring what the execution `name` left to the same paths.
    pub(super) fn pass_on(&mut self, step: &str, call: &Call, scope: &Scope, files: &mut Env) {
        let given = |name: &str| call.inputs.iter().find(|b| b.name == name).map(|b| &b.value);
        match step {
            "leave" => {
                let Some(path) = given("path").map(|p| self.text(p, scope)) else { return };
                let shown = path.display(&self.symbols);
                let paths = Glob::new(relative(&shown));
                let inside = format!("{}/", relative(&shown).trim_end_matches(['/', '*', '.']));
                let matches = |file: &str| {
                    file == relative(&shown) || paths.matches(file) == Truth::Yes || inside == "/" || file.starts_with(&inside)
                };
                let found: Vec<(String, Value)> =
                    files.files.iter().map(|(f, v)| (relative(f).to_owned(), v.clone())).filter(|(f, _)| matches(f)).collect();
                self.stored.entry(scope.execution.to_string()).or_default().extend(found);
            }
            "take" | "inherit" => {
                for name in call.inputs.iter().filter(|b| b.name == "name") {
                    let stored = self.stored.get(&format!("{}{}", scope.prefix, name.value.raw())).cloned();
                    for (file, value) in stored.into_iter().flatten() {
                        let value = match files.files.get(&file) {
                            Some(other) if *other != value => bounded(other.or(&value), &mut self.symbols, &file),
                            _ => value,
                        };
                        files.files.insert(file, value);
                    }
                }
            }
            _ => {}
        }
    }
}

impl Walk<'_> {
    /// `mv from to`, `cp from .. folder`: what a known file holds is under the new path.
    pub(super) fn moves(&mut self, name: &str, call: &Command, skip: usize, env: &mut Env) {
        if !matches!(name, "mv" | "cp" | "install") {
            return;
        }
        let words: Vec<String> = call.fields[skip + 1..].iter().map(|f| f.value.display(&self.symbols)).collect();
        let operands: Vec<&str> = words.iter().filter(|w| !w.starts_with('-')).map(|w| relative(w)).collect();
        let Some((to, from)) = operands.split_last().filter(|(_, from)| !from.is_empty()) else { return };
        let folder = to.trim_end_matches('/');
        let inside = format!("{folder}/");
        let is_folder = to.ends_with('/') || from.len() > 1 || *to == "." || env.files.keys().any(|f| f.starts_with(&inside));
        for path in from {
            let base = path.rsplit('/').next().unwrap_or(path);
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

/// A path relative to the folder in which executions start.
fn relative(path: &str) -> &str {
    let path = path.strip_prefix("${CI_PROJECT_DIR}/").unwrap_or(path);
    path.strip_prefix("./").unwrap_or(path)
}
