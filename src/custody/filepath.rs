//! Paths within the repository, as scripts and pipelines write them.

use super::command::Call;
use super::env::{Env, Folder};
use super::interpret::Walk;
use super::refer;
use super::symbol::{Kind, SymbolId, Symbols};
use super::text::{Atom, Text};
use super::value::Value;
use std::borrow::Cow;
use std::rc::Rc;

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

/// The same of the user's home.
const HOMES: &[&str] = &["HOME", "env.HOME"];

/// That home.
pub(super) const HOME: &str = "~";

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
        let is_here = |path: &String| !path.starts_with(['/', '~']) && !path.starts_with("..") && !is_of_drive(path);
        located(text, directory, &self.symbols).filter(is_here)
    }

    /// The folder that a value names; `from`: the one in which it is written.
    pub(super) fn folder_of(&self, value: &Value, from: &Folder) -> Folder {
        let key = value.single().map_or_else(|| refer::MARK.to_owned(), |text| file_key(text, &from.key, &self.symbols));
        let directory = self.path_of(value, &from.directory).map_or_else(|| Rc::clone(&from.directory), Rc::from);
        Folder { directory, key: key.into() }
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
        let Some(absolute) = self.path_of(path, &env.folder.directory) else { return false };
        let absolute = self.folder(&absolute);
        self.print(&absolute, env);
        true
    }
}

/// Where a path leads from a folder: relative to the repository's folder, or absolute outside of it. `None` if it begins with what is not
/// known.
fn located(text: &Text, folder: &str, symbols: &Symbols) -> Option<String> {
    match text.atoms() {
        [] => Some(folder.to_owned()),
        [Atom::Literal(path)] => Some(placed(&slashed(path), folder)),
        [Atom::Symbol(id), rest @ ..] => {
            let key = symbols.get(*id).key.as_str();
            let folder = match () {
                () if ROOTS.contains(&key) => "",
                () if HERE.contains(&key) => folder,
                () if HOMES.contains(&key) => HOME,
                () => return None,
            };
            match rest {
                [] => Some(under(folder, "")),
                [Atom::Literal(path)] if path.starts_with(['/', '\\']) => Some(under(folder, &slashed(path))),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The same of a path of which all is known.
fn placed(path: &str, folder: &str) -> String {
    if let Some(rest) = in_workspace(path) {
        return join("", rest);
    }
    if !path.starts_with(['/', '~']) && !is_of_drive(path) {
        return under(folder, path);
    }
    let path = if is_of_drive(path) { join("", path).to_ascii_lowercase() } else { under("/", path) };
    // The home of GitHub's runners.
    match path.strip_prefix("/home/runner").filter(|rest| rest.is_empty() || rest.starts_with('/')) {
        Some(rest) => format!("{HOME}{rest}"),
        None => path,
    }
}

/// Windows takes `\` and `/` for one.
fn slashed(path: &str) -> Cow<'_, str> {
    if path.contains('\\') { path.replace('\\', "/").into() } else { path.into() }
}

/// `C:/tools`
fn is_of_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [drive, b':', ..] if drive.is_ascii_alphabetic())
}

/// A path below a folder that may be an absolute one.
fn under(folder: &str, path: &str) -> String {
    let joined = join(folder, path);
    if folder.starts_with('/') && !joined.starts_with('~') { format!("/{joined}") } else { joined }
}

/// The key of a file, equal for equal files: its path as seen from the repository's folder. `folder`: the key of the one in which the path
/// is written.
pub(super) fn file_key(text: &Text, folder: &str, symbols: &Symbols) -> String {
    let key = || slashed(&refer::key(text, false)).into_owned();
    located(&text.trim(), folder, symbols).unwrap_or_else(|| match text.atoms() {
        [Atom::Literal(_), ..] if !text.masked().starts_with(['/', '~']) && !folder.is_empty() => {
            format!("{folder}/{}", plain(&key()))
        }
        _ => plain(&key()).to_owned(),
    })
}

/// A key as people write the path: by it, what is not known in one execution is the same in another.
pub(super) fn written_key(key: &str, symbols: &Symbols) -> String {
    let mut parts = key.split(refer::MARK);
    let mut written = parts.next().unwrap_or_default().to_owned();
    while let (Some(id), text) = (parts.next(), parts.next()) {
        let symbol = id.parse().ok().map(|id| Text::symbol(SymbolId(id)).display(symbols));
        written.extend([symbol.unwrap_or_default().as_str(), text.unwrap_or_default()]);
    }
    written
}

/// The key of what lies in a folder.
pub(super) fn join_key(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
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

/// Whether a path leads into a folder; into that of the repository all do.
pub(super) fn is_inside(path: &str, folder: &str) -> bool {
    !folder.is_empty() && path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
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
