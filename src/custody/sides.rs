//! What is compared as files (`cmp`, `diff`) and read as streams: what they hold, and of which file that is.

use super::env::Env;
use super::interpret::Walk;
use super::model::{RawEvent, Subject};
use super::symbol::{Kind, Symbol};
use super::value::Value;
use crate::facts::{Artifact, EventKind};
use crate::source::Span;
use crate::tools::SubjectForm;

/// The verb of a comparison of a file that was fetched with one that was not.
const WHOLE: &str = "whole";

/// Events that are looked through for the download that left what streams.
const MAX_BACK: usize = 64;

/// What `cmp` and `diff` compare.
pub(super) type Sides = [Option<Vec<Subject>>; 2];

impl Walk<'_> {
    /// The two sides of a comparison of files, by what they hold, and its verb; none if it checks no artifact.
    pub(super) fn compared_files(&mut self, sides: &Sides, at: Span, env: &Env) -> Option<(Sides, &'static str)> {
        let files: Vec<&Subject> = sides.iter().filter_map(|side| side.as_ref()?.first()).collect();
        let contents: Vec<Value> = files.iter().map(|file| self.held_by(file, env)).collect();
        if contents.iter().any(|content| self.is_content(content)) {
            let held = |(file, value): (&&Subject, &Value)| {
                let side = Subject { artifact: Artifact::Image, value: value.clone(), ..(*file).clone() };
                Some(vec![side])
            };
            let mut held = files.iter().zip(&contents).map(held);
            let held = [held.next().flatten(), held.next().flatten()];
            let is_of_one = matches!(&held, [Some(a), Some(b)] if self.is_of_one_file(&a[0], &b[0]));
            return (!is_of_one).then_some((held, ""));
        }
        if files.iter().any(|file| file.value.known().is_some_and(says_checksum)) {
            return Some((sides.clone(), ""));
        }
        let is_fetched = |file: &Subject| file.value.single().is_some_and(|path| self.holds_fetched(path, env));
        let is_given = |file: &Subject| !is_fetched(file) && env.held_by_any(&file.value, &self.symbols).is_none();
        let [left, right] = files[..] else { return None };
        let fetched = match (is_fetched(left), is_fetched(right)) {
            (true, false) if is_given(right) => 0,
            (false, true) if is_given(left) => 1,
            _ => return None,
        };
        // Who compares all of it knows more than its checksum.
        let subject = files[fetched].value.single().cloned();
        let key = format!("content {}", files[fetched].value.display(&self.symbols));
        let sum = Symbol {
            key,
            kind: Kind::Checksum,
            lookup: false,
            subject,
            span: Some(at),
            node: None,
            is_set: false,
            is_weak: false,
        };
        let value = Value::symbol(self.symbols.intern(sum));
        let mut sides = sides.clone();
        sides[fetched] = Some(vec![Subject { artifact: Artifact::Image, value, ..files[fetched].clone() }]);
        Some((sides, WHOLE))
    }

    fn held_by(&mut self, file: &Subject, env: &Env) -> Value {
        match &env.stdin {
            Some(stream) if file.artifact != Artifact::File => stream.clone(),
            _ => self.content(&file.value, env),
        }
    }

    /// What stands for the standard input of a comparison.
    pub(super) fn compared_stream(form: &SubjectForm, at: Span, env: &Env) -> Option<Vec<Subject>> {
        let value = env.stdin.clone().filter(|_| matches!(form, SubjectForm::Stdin))?;
        let text = "-".to_owned();
        Some(vec![Subject { artifact: Artifact::Image, value, text, span: at, is_local: false, is_default: false }])
    }

    /// The file that a stream is the content of, else the address that it comes from.
    pub(super) fn streamed(&self, stream: &Value, at: Span) -> Option<Subject> {
        let file = |value: Value, text: String, span: Span| Subject {
            artifact: Artifact::File,
            value,
            text,
            span,
            is_local: false,
            is_default: false,
        };
        if let Some(path) = self.file_of(stream) {
            let text = path.display(&self.symbols);
            return Some(file(path, text, at));
        }
        let fetched = self.fetched(stream)?;
        let latest = self.records.events.len().saturating_sub(MAX_BACK);
        let is_of_it = |event: &&RawEvent| {
            event.kind == EventKind::Download
                && event.place.execution == self.place.execution
                && event.source.as_ref().is_some_and(|source| source.value == fetched.value)
        };
        // What is fetched again, or not into a file, may be what streams here.
        let mut places = self.records.events[latest..].iter().filter(is_of_it).map(|event| event.destination.as_ref());
        let stored = places.next().flatten().filter(|stored| stored.artifact == Artifact::File).cloned();
        let stored = stored.filter(|stored| places.all(|other| other.is_some_and(|other| other.value == stored.value)));
        Some(stored.unwrap_or(fetched))
    }
}

/// Whether a name says that a file holds checksums.
fn says_checksum(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    ["sha256", "sha512", "digest", "checksum"].iter().any(|word| path.contains(word))
}
