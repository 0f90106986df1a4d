//! What a shell knows at a point of a script.

use super::filepath::{file_key, written_key};
use super::refer::MARK;
use super::shared::Shared;
use super::symbol::{Kind, Symbols};
use super::text::Text;
use super::value::Value;
use crate::shell::{Node, Script};
use crate::source::{Embedded, Span};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// Variables of a shell, by name.
pub(super) type Variables = Shared<BTreeMap<Rc<str>, Variable>>;

/// A script that is being walked.
#[derive(Debug)]
pub(super) struct Code {
    /// Its text and place.
    pub(super) source: Embedded,
    /// Values of its holes.
    pub(super) holes: Vec<Value>,
    /// Where the holes are.
    pub(super) ranges: Vec<std::ops::Range<usize>>,
    /// Parsed.
    pub(super) script: Arc<Script>,
    /// Whether command substitutions inherit errexit (`sh`), or not (`bash`).
    pub(super) posix: bool,
}

/// What a word begins with that stands for the output of a command: `<(curl ..)`.
pub(super) const PROCESS: &str = "<(";

/// A shell function.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) code: Rc<Code>,
    pub(super) body: Node,
}

/// A shell variable.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Variable {
    Scalar(Value),
    List(Rc<Vec<Value>>),
}

/// A current folder.
#[derive(Debug, Clone, Default)]
pub(super) struct Folder {
    /// Where scripts and other files of the repository are looked for: relative to it, and the last one that is known.
    pub(super) directory: Rc<str>,
    /// By which files are told apart: what is not known is a part of it.
    pub(super) key: Rc<str>,
}

impl Folder {
    /// One of the repository.
    pub(super) fn of(directory: &str) -> Self {
        Folder { directory: directory.into(), key: directory.into() }
    }
}

/// What a shell knows at a point.
#[derive(Debug, Clone, Default)]
pub(super) struct Env {
    pub(super) variables: Variables,
    /// Contents of files, by their keys.
    pub(super) files: Shared<BTreeMap<String, Value>>,
    pub(super) functions: Shared<BTreeMap<Rc<str>, Rc<Function>>>,
    pub(super) errexit: bool,
    pub(super) pipefail: bool,
    pub(super) positional: Rc<Vec<Value>>,
    pub(super) stdin: Option<Value>,
    pub(super) folder: Folder,
    /// The one before, to which `cd -` leads.
    pub(super) left_folder: Folder,
    /// Those to which `popd` leads.
    pub(super) folders: Vec<Folder>,
    /// What was printed so far, where somebody captures it.
    pub(super) stdout: Option<Value>,
    /// Stages of the last pipe, whose statuses are `${PIPESTATUS[@]}`.
    pub(super) pipe: usize,
    /// `trap .. EXIT` that ends the script with success whatever happened.
    pub(super) exit_trap: Option<Span>,
    /// `trap .. ERR` that ends the script, and whether with success.
    pub(super) error_trap: Option<(Span, bool)>,
    /// `set -E`: functions and subshells have the ERR trap too.
    pub(super) errtrace: bool,
    /// Jobs of the background so far, by what a path knows of their status.
    pub(super) jobs: Vec<super::graph::Var>,
    /// `shopt -s inherit_errexit`
    pub(super) inherits_errexit: bool,
    /// Which variables of that name a path knows: a subshell and a `local` have their own.
    pub(super) owners: super::statuses::Owners,
}

impl Env {
    /// A variable by its name; PowerShell's `env:X` is the `X` that the script was started with, unless the script set it, in
    /// whatever case.
    pub(super) fn variable(&self, name: &str) -> Option<&Variable> {
        let inherited = || name.split_once(':').filter(|(scope, _)| scope.eq_ignore_ascii_case("env")).map(|(_, name)| name);
        let whatever_case =
            |name: &str| self.variables.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, v)| v);
        self.variables.get(name).or_else(|| self.variables.get(inherited()?)).or_else(|| whatever_case(inherited()?))
    }

    /// The key of a file, as a path is written here.
    pub(super) fn key(&self, path: &Text, symbols: &Symbols) -> String {
        // What a process substitution stands for is no path.
        match path.known().filter(|path| path.starts_with(PROCESS)) {
            Some(process) => process.to_owned(),
            None => file_key(path, &self.folder.key, symbols),
        }
    }

    /// What is known to be in the file that a path names.
    pub(super) fn held(&self, path: &Text, symbols: &Symbols) -> Option<&Value> {
        if self.files.is_empty() {
            return None;
        }
        let key = self.key(path, symbols);
        // In a folder that is not known it is the file that was written under that name, if there is one; and what another execution
        // left under a name that is not known has the same name here.
        let by_name = || {
            let names = [file_key(path, "", symbols), written_key(&key, symbols)];
            names.iter().filter(|_| key.contains(MARK)).find_map(|name| self.files.get(name))
        };
        self.files.get(&key).or_else(by_name)
    }

    /// The same of a path that may be one of several, of which all are known.
    pub(super) fn held_by_any(&self, path: &Value, symbols: &Symbols) -> Option<Value> {
        let mut all = path.alternatives().iter().map(|path| self.held(path, symbols));
        let first = all.next()??.clone();
        all.try_fold(first, |joined, content| Some(joined.or(content?)))
    }

    /// Takes over what can be true after either of two ways.
    pub(super) fn join(&mut self, other: &Env, symbols: &mut Symbols) {
        if !self.variables.is(&other.variables) {
            self.join_variables(&other.variables, symbols);
        }
        if !self.files.is(&other.files) {
            for (path, theirs) in &other.files {
                let joined = self.files.get(path).map_or_else(|| theirs.clone(), |ours| ours.or(theirs));
                let joined = bounded(joined, symbols, path);
                if self.files.get(path) != Some(&joined) {
                    self.files.insert(path.clone(), joined);
                }
            }
        }
        if !self.functions.is(&other.functions) {
            for (name, function) in &other.functions {
                self.functions.entry(Rc::clone(name)).or_insert_with(|| Rc::clone(function));
            }
        }
        if let (Some(ours), Some(theirs)) = (&self.stdout, &other.stdout) {
            self.stdout = Some(bounded(ours.or(theirs), symbols, "output"));
        }
        self.errexit &= other.errexit;
        self.pipefail &= other.pipefail;
        self.owners.join(&other.owners);
        self.jobs.extend(other.jobs.iter().filter(|job| !self.jobs.contains(job)).copied().collect::<Vec<_>>());
        // A trap of either way counts where it hides a failure, of both where it ends the script.
        self.exit_trap = self.exit_trap.or(other.exit_trap);
        self.error_trap = match (self.error_trap, other.error_trap) {
            (Some((at, true)), _) | (_, Some((at, true))) => Some((at, true)),
            (Some(ours), Some(_)) => Some(ours),
            _ => None,
        };
    }
}

impl Env {
    fn join_variables(&mut self, other: &BTreeMap<Rc<str>, Variable>, symbols: &mut Symbols) {
        for (name, theirs) in other {
            let joined = match (self.variables.get(name), theirs) {
                (None, _) => theirs.clone(),
                (Some(ours), _) if ours == theirs => continue,
                (Some(Variable::Scalar(ours)), Variable::Scalar(theirs)) => {
                    Variable::Scalar(bounded(ours.or(theirs), symbols, name))
                }
                (Some(Variable::List(ours)), Variable::List(theirs)) => match either_list(ours, theirs) {
                    Some(joined) => Variable::List(Rc::new(joined)),
                    None => continue,
                },
                _ => continue,
            };
            self.variables.insert(Rc::clone(name), joined);
        }
    }
}

/// Lists of two ways. Options of either may be given; else it is the longer one, which holds what the other does where elements were
/// appended. None if that is ours.
fn either_list(ours: &[Value], theirs: &[Value]) -> Option<Vec<Value>> {
    let same = ours.iter().zip(theirs).take_while(|(a, b)| a == b).count();
    let (own, other) = (&ours[same..], &theirs[same..]);
    let are_options = |tail: &[Value]| tail.first().and_then(Value::known).is_some_and(|first| first.starts_with('-'));
    if other.is_empty() || own.ends_with(other) {
        return None;
    }
    let both = are_options(own) && are_options(other) && ours.len() + other.len() <= super::command::MAX_ELEMENTS;
    if both { Some([ours, other].concat()) } else { (theirs.len() > ours.len()).then(|| theirs.to_vec()) }
}

/// The value, or one unknown in its place if it has grown too large.
pub(super) fn bounded(value: Value, symbols: &mut Symbols, name: &str) -> Value {
    if value.is_too_large() { Value::symbol(symbols.named(format!("{name}…"), Kind::Unknown)) } else { value }
}
