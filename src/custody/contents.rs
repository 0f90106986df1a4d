//! What lies in files, outputs and streams.

use super::command::Files;
use super::env::{Env, bounded};
use super::expand::trim_end;
use super::graph::NodeId;
use super::interpret::Walk;
use super::model::{RawEvent, Subject};
use super::moved::MAX_ALTERNATIVES;
use super::refer::MARK;
use super::symbol::Kind;
use super::text::Text;
use super::value::Value;
use crate::facts::{Artifact, EventKind};
use crate::source::Span;

/// How symbols are called that stand for what a file holds.
const CONTENT_OF: &str = "content of ";

/// Events that are looked through for the download whose output goes into a file.
const MAX_BACK: usize = 64;

impl Walk<'_> {
    /// What a file holds.
    pub(super) fn content(&mut self, path: &Value, env: &Env) -> Value {
        if let Some(id) = path.single().and_then(Text::as_symbol)
            && self.symbols.get(id).kind == Kind::OutputPath
        {
            let name = self.symbols.get(id).key.clone();
            let written = self.outputs.get(&name).or_else(|| self.written.get(super::scope::output_of_path(&name)));
            return match written {
                Some(value) => value.clone(),
                None => self.unknown(format!("content of {name}")),
            };
        }
        if let Some(content) = env.held_by_any(path, &self.symbols) {
            return content;
        }
        let key = path.single().map(|path| env.key(path, &self.symbols)).filter(|key| !key.contains(MARK));
        let key = format!("{CONTENT_OF}{}", key.unwrap_or_else(|| path.display(&self.symbols)));
        let id = self.symbols.named(&key, Kind::Unknown);
        let Some(file) = path.single().filter(|_| self.symbols.get(id).kind == Kind::Unknown) else { return Value::symbol(id) };
        self.symbols.say_subject(id, file);
        Value::symbol(id)
    }

    /// The file that a text is the content of.
    pub(super) fn content_of(&self, text: &Text) -> Option<&Text> {
        let symbol = self.symbols.get(text.trim().as_symbol()?);
        symbol.subject.as_ref().filter(|_| symbol.key.starts_with(CONTENT_OF))
    }

    /// The file that a value is the content of.
    pub(super) fn file_of(&self, value: &Value) -> Option<Value> {
        value.single().and_then(|text| self.content_of(text)).cloned().map(Value::text)
    }

    /// What a command downloads to its standard output goes where the redirection leads.
    pub(super) fn downloads_to(&mut self, first: usize, files: &Files, command: Span) {
        let Some((path, span, _)) = &files.stdout else { return };
        if path.known().is_some_and(|p| p.starts_with("/dev/")) || self.kind_of(path) != Kind::Unknown {
            return;
        }
        let text = self.world.sources.text(*span).to_owned();
        let file =
            Subject { artifact: Artifact::File, value: path.clone(), text, span: *span, is_local: false, is_default: false };
        for event in &mut self.records.events[first..] {
            if event.kind == EventKind::Download && event.destination.is_none() && event.span == command {
                event.destination = Some(file.clone());
            }
        }
    }

    /// Writes what was printed at a point where the redirection leads.
    pub(super) fn write(&mut self, files: &Files, printed: &Value, at: (NodeId, Span), env: &mut Env) {
        if let Some((path, _, append)) = &files.stdout {
            self.store(path, printed, *append, at, env);
        }
    }

    /// Puts text into a file, an output or the environment of later steps.
    pub(super) fn store(&mut self, path: &Value, text: &Value, append: bool, (node, span): (NodeId, Span), env: &mut Env) {
        let kind = self.kind_of(path);
        match kind {
            Kind::OutputsFile | Kind::EnvFile => {
                self.unseen |= kind == Kind::OutputsFile && has_unknown_lines(text);
                for (name, value) in assigned_lines(text) {
                    let value = value.from(
                        span,
                        if kind == Kind::EnvFile { "set for later steps here" } else { "written to the step's outputs here" },
                    );
                    let target = if kind == Kind::EnvFile { &mut self.exported } else { &mut self.outputs };
                    let joined = match target.get(&name) {
                        Some(before) if *before != value => before.or(&value),
                        _ => value,
                    };
                    target.insert(name, joined);
                }
            }
            Kind::OutputPath => {
                if let Some(id) = path.single().and_then(Text::as_symbol) {
                    let name = self.symbols.get(id).key.clone();
                    self.outputs.insert(name, text.map(trim_end).from(span, "written to the result here"));
                }
            }
            Kind::PathFile => self.looks_into_unpacked(text, env),
            Kind::SummaryFile => {}
            _ => {
                let key = path.display(&self.symbols);
                if key != "/dev/null" {
                    self.writes_settings(&key, text, span);
                    self.lands(path, text, (node, span));
                    let text = &text.clone().from(span, "written to a file here");
                    // What may be one of several files may each hold it.
                    for path in path.alternatives().iter().take(MAX_ALTERNATIVES) {
                        let key = env.key(path, &self.symbols);
                        let text = match env.files.get(&key) {
                            Some(before) if append => bounded(before.then(text), &mut self.symbols, &key),
                            _ => text.clone(),
                        };
                        env.files.insert(key, text);
                    }
                }
            }
        }
    }

    /// What was downloaded to the standard output of a command lies in the file where it ends up (`curl .. | sudo tee file`), and what a
    /// filter makes of a downloaded file in another one (`gunzip -c x.gz > x`).
    fn lands(&mut self, path: &Value, content: &Value, (at, span): (NodeId, Span)) {
        let mut symbols = content.alternatives().iter().flat_map(Text::symbols).map(|id| self.symbols.get(id));
        let Some(symbol) = symbols.find(|symbol| symbol.kind == Kind::Fetched && symbol.node.is_some()) else { return };
        let latest = self.records.events.len().saturating_sub(MAX_BACK);
        let events = &mut self.records.events[latest..];
        let is_fetch = |e: &RawEvent| e.kind == EventKind::Download && e.place.execution == self.place.execution;
        let is_of = |e: &RawEvent| Some(e.node) == symbol.node && is_fetch(e);
        // Of several that a command fetches it is the one from that address.
        let is_from = |e: &RawEvent| {
            let (from, of) = (e.source.as_ref().map(|source| &source.value), symbol.subject.as_ref());
            from.zip(of).is_some_and(|(from, of)| from.any(|text| text == of))
        };
        let exact = events.iter().rposition(|e| is_of(e) && is_from(e));
        let Some(fetched) = exact.or_else(|| events.iter().rposition(is_of)) else { return };
        // What is fetched from one address twice is one symbol.
        let from = events[fetched].source.as_ref().map(|source| &source.value);
        let is_there = |e: &RawEvent| e.destination.as_ref().is_some_and(|d| d.value == *path);
        if events.iter().any(|e| is_fetch(e) && is_there(e) && e.source.as_ref().map(|source| &source.value) == from) {
            return;
        }
        let event = &mut events[fetched];
        let Some(stored) = &event.destination else {
            let (value, text) = (path.clone(), path.display(&self.symbols));
            event.destination = Some(Subject { artifact: Artifact::File, value, text, span, is_local: false, is_default: false });
            return;
        };
        let stored = stored.value.clone();
        self.is_moved(&stored, path, at);
    }

    /// Adds to what the command prints.
    pub(super) fn print(&mut self, value: &Value, env: &mut Env) {
        if let Some(before) = env.stdout.take() {
            let places = match before.known() {
                Some("") => value.places.clone(),
                _ => super::nested::one_after_the_other(&before, value),
            };
            let all = bounded(before.then(value), &mut self.symbols, "output");
            env.stdout = Some(all.at(places));
        }
    }
}

/// `name=value` and `name<<EOF` lines of a text that sets outputs or environment variables.
pub(super) fn assigned_lines(text: &Value) -> Vec<(String, Value)> {
    let mut found: Vec<(String, Value)> = Vec::new();
    let mut add = |name: String, value: Value| match found.iter_mut().find(|(n, _)| *n == name) {
        Some((_, before)) => *before = before.or(&value),
        None => found.push((name, value)),
    };
    for alternative in text.alternatives() {
        let masked = alternative.masked();
        let mut at = 0;
        let mut open: Option<(String, String, usize)> = None;
        for line in masked.split_inclusive('\n') {
            let (start, end) = (at, at + line.trim_end_matches(['\n', '\r']).len());
            at += line.len();
            let line = &masked[start..end];
            if let Some((name, delimiter, from)) = &open {
                if line.trim() == delimiter {
                    let value = alternative.slice_masked(*from..start.saturating_sub(1).max(*from));
                    add(name.clone(), Value::text(value));
                    open = None;
                }
                continue;
            }
            match (line.find('='), line.find("<<")) {
                (equals, Some(here)) if equals.is_none_or(|e| here < e) => {
                    open = Some((line[..here].trim().to_owned(), line[here + 2..].trim().to_owned(), at));
                }
                (Some(equals), _) => {
                    add(line[..equals].trim().to_owned(), Value::text(alternative.slice_masked(start + equals + 1..end)))
                }
                _ => {}
            }
        }
    }
    for (_, value) in &mut found {
        value.origins.clone_from(&text.origins);
    }
    found
}

/// Whether some line of a text that sets outputs does not say which.
fn has_unknown_lines(text: &Value) -> bool {
    let unknown = |line: &str| line.split('=').next().unwrap_or("").contains('\u{FFFC}');
    text.any(|t| t.masked().lines().any(unknown))
}
