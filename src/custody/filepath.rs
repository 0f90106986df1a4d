//! Paths within the repository, as scripts and pipelines write them.

use super::command::Call;
use super::env::Env;
use super::interpret::Walk;
use super::symbol::Kind;
use super::text::{Atom, Text};
use super::value::Value;

/// Symbols that stand for the folder of the checked-out repository, by what produces them.
const ROOTS: &[&str] = &[
    "github.workspace",
    "GITHUB_WORKSPACE",
    "CI_PROJECT_DIR",
    "WORKSPACE",
    "env.WORKSPACE",
    "$(git rev-parse --show-toplevel)",
    ROOT,
];

/// The same of the current folder.
const HERE: &[&str] = &["PWD", "env.PWD"];

/// The repository's folder, where a script asks for it.
const ROOT: &str = "$(pwd)";

impl Walk<'_> {
    /// The path that a value names, relative to the repository's folder; `directory` is the current one. `None` if that is
    /// not known, or outside.
    pub(super) fn path_of(&self, value: &Value, directory: &str) -> Option<String> {
        let mut paths = value.alternatives().iter().map(|text| self.path_of_text(text, directory));
        let first = paths.next()??;
        paths.all(|p| p.as_ref() == Some(&first)).then_some(first)
    }

    fn path_of_text(&self, text: &Text, directory: &str) -> Option<String> {
        let path = match text.atoms() {
            [Atom::Literal(path)] => {
                if path.starts_with('/') {
                    join("", in_workspace(path)?)
                } else {
                    join(directory, path)
                }
            }
            [Atom::Symbol(id), rest @ ..] => {
                let key = self.symbols.get(*id).key.as_str();
                let folder = match () {
                    () if ROOTS.contains(&key) => "",
                    () if HERE.contains(&key) => directory,
                    () => return None,
                };
                match rest {
                    [] => join(folder, ""),
                    [Atom::Literal(path)] if path.starts_with('/') => join(folder, path.trim_start_matches('/')),
                    _ => return None,
                }
            }
            _ => return None,
        };
        (!path.starts_with("..")).then_some(path)
    }

    /// A path of the repository as an absolute one.
    pub(super) fn folder(&mut self, path: &str) -> Value {
        let root = Value::symbol(self.symbols.named(ROOT, Kind::Unknown));
        if path.is_empty() { root } else { root.then(&Value::literal(&format!("/{path}"))) }
    }

    /// Prints what `dirname`, `realpath` and `readlink -f` make of a path; false if they are asked for something else.
    pub(super) fn path_computed(&mut self, name: &str, call: &Call, skip: usize, env: &mut Env) -> bool {
        let operands = call.fields[skip + 1..].iter().filter(|f| f.value.known().is_none_or(|t| !t.starts_with('-')));
        let operands: Vec<&Value> = operands.map(|f| &f.value).collect();
        let [path] = operands[..] else { return false };
        if name == "dirname" {
            let parent = path.map(|text| {
                let masked = text.masked();
                match masked.trim_end_matches('/').rfind('/') {
                    Some(at) => text.slice_masked(0..at.max(1)),
                    None => Text::literal("."),
                }
            });
            self.print(&parent, env);
            return true;
        }
        let Some(absolute) = self.path_of(path, &env.directory) else { return false };
        let absolute = self.folder(&absolute);
        self.print(&absolute, env);
        true
    }
}

/// What is left of an absolute path within the folder into which GitHub's runners check the repository out: `/github/workspace` in
/// containers, else one that names the repository twice.
fn in_workspace(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("/github/workspace").or_else(|| {
        let (name, rest) = path.strip_prefix("/home/runner/work/")?.split_once('/')?;
        rest.strip_prefix(name)
    })?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

/// The last component of a path, as it is written on any system.
pub(super) fn base(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// A path without the name of the current folder before it.
pub(super) fn plain(path: &str) -> &str {
    path.strip_prefix("./").or_else(|| path.strip_prefix(".\\")).unwrap_or(path)
}

/// A path within a folder, both relative to the repository, without `.` and `..`; one that leads outside starts with `..`.
pub(super) fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|p| *p != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::{in_workspace, join};

    #[test]
    fn runners_have_their_own_folders() {
        for (path, want) in [
            ("/github/workspace/ci/x.sh", Some("ci/x.sh")),
            ("/home/runner/work/app/app/x.sh", Some("x.sh")),
            ("/home/runner/work/app/app", Some("")),
            ("/home/runner/work/app/apple/x.sh", None),
            ("/home/runner/work/app", None),
            ("/github/workspaces/x.sh", None),
            ("/opt/x.sh", None),
        ] {
            assert_eq!(in_workspace(path), want, "{path}");
        }
    }

    #[test]
    fn paths_are_joined() {
        for (folder, path, want) in
            [("a/b", "../c/./d", "a/c/d"), ("", "../c", "../c"), ("", "./x.sh", "x.sh"), ("a", "", "a"), ("a", "../..", "..")]
        {
            assert_eq!(join(folder, path), want);
        }
    }
}
