//! Text and files from elsewhere that are executed.

use super::command::Call;
use super::env::{Env, Folder, PROCESS};
use super::filepath::{base, file_key, plain};
use super::graph::NodeId;
use super::interpret::{Ctx, Walk};
use super::interpreters::{code, reads_code, script};
use super::model::{Fetched, RawEvent, Subject};
use super::refer::MARK;
use super::symbol::{Kind, Symbol};
use super::text::Text;
use super::value::Value;
use crate::facts::{Artifact, EventKind, Origin};
use crate::source::Span;
use crate::tools::glob::UNKNOWN;
use globset::Glob;
use std::rc::Rc;

impl Walk<'_> {
    /// `curl .. | bash` and its other forms: text from elsewhere that is executed as it arrives.
    pub(super) fn streams(&mut self, name: &str, call: &Call, skip: usize, node: NodeId, env: &Env, ctx: &Ctx) {
        if !INTERPRETERS.contains(&name) {
            return;
        }
        let mut fetched = call.fields[code(name, call, skip)].iter().find_map(|field| self.fetched(&field.value));
        if fetched.is_none()
            && let Some(path) = script(name, call, skip).and_then(|at| call.text(at)).filter(|path| path.starts_with(PROCESS))
        {
            fetched = env.files.get(path).and_then(|printed| self.fetched(printed));
        }
        if fetched.is_none() && reads_code(name, call, skip) {
            fetched = env.stdin.as_ref().and_then(|v| self.fetched(v).or_else(|| self.picked_out(v)));
        }
        let Some(source) = fetched else { return };
        self.executed(EventKind::Stream, name, source, node, (call.span, ctx.branch));
    }

    /// A file that was downloaded and is now run, by itself or by an interpreter.
    pub(super) fn runs_download(&mut self, name: &str, call: &Call, skip: usize, node: NodeId, env: &Env, ctx: &Ctx) {
        let arguments = skip + 1..call.fields.len();
        let (index, path) = if LAUNCHERS.contains(&name) {
            let Some(found) = arguments.into_iter().find_map(|i| Some((i, self.launched(&call.fields[i].value, env)?))) else {
                return;
            };
            found
        } else {
            let index = if INTERPRETERS.contains(&name) { script(name, call, skip) } else { Some(skip) };
            let Some((index, field)) = index.and_then(|i| Some((i, call.fields.get(i)?))) else { return };
            let Some(path) = self.fetched_among(&field.value, env) else { return };
            (index, path)
        };
        let span = ctx.span(&call.fields[index].at);
        let text = self.world.sources.text(span).to_owned();
        let reference = Subject { artifact: Artifact::File, value: path, text, span, is_local: false, is_default: false };
        self.executed(EventKind::Run, name, reference, node, (call.span, ctx.branch));
    }

    /// Those of the paths that a value may be that name a file that was downloaded.
    pub(super) fn fetched_among(&self, path: &Value, env: &Env) -> Option<Value> {
        let paths = path.alternatives().iter().filter(|path| self.holds_fetched(path, env));
        let mut among = paths.cloned().map(Value::text).reduce(|a, b| a.or(&b))?;
        among.origins.clone_from(&path.origins);
        Some(among)
    }

    /// Whether a path names a file that was downloaded; in a folder of which nothing is known, by its name alone.
    pub(super) fn holds_fetched(&self, path: &Text, env: &Env) -> bool {
        let holds = |content: &Value| self.fetched(content).is_some();
        let masked = path.masked();
        let here = env.held(path, &self.symbols).map(holds);
        here == Some(true)
            || masked.starts_with(['/', UNKNOWN]) && env.files.get(base(&masked)).is_some_and(holds)
            || here.is_none() && self.fetched_from_elsewhere(path, &env.folder)
    }

    /// Whether the execution has fetched the file under another name (`cd tools; curl -O ..; cd ..; sh tools/x.sh`), or a folder in which it
    /// lies: then it is written as a path, the repository has none of that name, and nothing that may make files has run since.
    fn fetched_from_elsewhere(&self, path: &Text, folder: &Folder) -> bool {
        let Some(arrivals) = self.records.arrivals.get(&self.place.execution).filter(|all| !all.files.is_empty()) else {
            return false;
        };
        let own = file_key(path, &folder.key, &self.symbols);
        if own.contains(MARK) {
            return false;
        }
        let masked = path.masked();
        let is_path = masked.contains('/') || masked.ends_with(".sh");
        arrivals.has(&own) || is_path && arrivals.has_around(&own) && self.world.files.read(&own).is_none()
    }

    /// The downloaded file that is among the words of an argument: `-ArgumentList '/i','tool.msi'`.
    fn launched(&self, argument: &Value, env: &Env) -> Option<Value> {
        let words = argument.single()?.split(|c| c.is_ascii_whitespace() || matches!(c, ',' | '"' | '\''));
        words.into_iter().find(|word| self.holds_fetched(word, env)).map(Value::text)
    }

    /// The files that this execution has fetched so far and whose names fit a pattern of the shell, in the pattern's folder.
    pub(super) fn fetched_under(&mut self, pattern: &Value, env: &Env) -> Vec<Value> {
        let Some(pattern) = pattern.single().map(Text::masked) else { return Vec::new() };
        let (folder, name) = pattern.rsplit_once('/').unwrap_or(("", &pattern));
        if folder.contains(['*', '?', '[', UNKNOWN]) || pattern.contains("://") {
            return Vec::new();
        }
        let Some(fetched) = self.records.arrivals.get(&self.place.execution).map(|all| &all.files) else { return Vec::new() };
        let Ok(glob) = Glob::new(name).map(|glob| glob.compile_matcher()) else { return Vec::new() };
        self.budget = self.budget.saturating_sub(fetched.len() / FILES_OF_A_COMMAND);
        let within = |of: &str, folder: &Folder| file_key(&Text::literal(of), &folder.key, &self.symbols);
        let here = within(folder, &env.folder);
        let mut found: Vec<Value> = Vec::new();
        for Fetched { file, folder: from, .. } in fetched {
            for text in file.alternatives() {
                let path = text.masked();
                let (of, name) = path.rsplit_once('/').unwrap_or(("", &path));
                if !glob.is_match(name) || plain(of) != plain(folder) && within(of, from) != here {
                    continue;
                }
                let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
                let name = text.slice_masked(path.len() - name.len()..path.len());
                let value = Value::literal(&folder).then(&Value::text(name));
                if found.len() == MAX_MATCHES {
                    return Vec::new();
                }
                if !found.contains(&value) {
                    found.push(value);
                }
            }
        }
        found
    }

    /// Records that something from elsewhere is executed; `at`: where, and whether in a branch.
    pub(super) fn executed(&mut self, kind: EventKind, name: &str, reference: Subject, node: NodeId, at: (Span, bool)) {
        self.records.event(RawEvent {
            kind,
            tool: name.into(),
            verb: "".into(),
            reference: Some(reference),
            source: None,
            destination: None,
            options: Rc::default(),
            list: None,
            node,
            fails_by_success: false,
            origin: Origin::Command,
            captured: false,
            place: self.place.clone(),
            branch: at.1,
            span: at.0,
        });
    }

    /// What was fetched, if the value is what something was picked out of (`curl .. | jq -r .script`).
    fn picked_out(&self, value: &Value) -> Option<Subject> {
        let symbol = self.symbols.get(value.single()?.trim().as_symbol()?);
        self.fetched_as(symbol).filter(|_| symbol.kind == Kind::Unknown && symbol.lookup && symbol.node.is_some())
    }

    /// What was fetched, if the value is text from elsewhere.
    pub(super) fn fetched(&self, value: &Value) -> Option<Subject> {
        let id = value.alternatives().iter().flat_map(Text::symbols).find(|id| self.symbols.get(*id).kind == Kind::Fetched)?;
        self.fetched_as(self.symbols.get(id))
    }

    fn fetched_as(&self, symbol: &Symbol) -> Option<Subject> {
        let span = symbol.span?;
        let text = self.world.sources.text(span).to_owned();
        let value = Value::text(symbol.subject.clone().unwrap_or_default());
        Some(Subject { artifact: Artifact::Url, value, text, span, is_local: false, is_default: false })
    }
}

/// Fetched files that are compared with a pattern and count as one command.
const FILES_OF_A_COMMAND: usize = 32;

/// Fetched files that a pattern of names may stand for; one that stands for more is itself what the command names.
const MAX_MATCHES: usize = 64;

/// Programs of Windows that start or install another one, named anywhere among their arguments.
const LAUNCHERS: &[&str] = &["Start-Process", "saps", "start", "msiexec", "msiexec.exe"];

/// Programs that execute text.
pub(super) const INTERPRETERS: &[&str] = &[
    "bash",
    "sh",
    "zsh",
    "dash",
    "ksh",
    "ash",
    "fish",
    "python",
    "python3",
    "python2",
    "perl",
    "ruby",
    "node",
    "php",
    "groovy",
    "pwsh",
    "powershell",
    "eval",
    "source",
    ".",
    "iex",
    "Invoke-Expression",
];
