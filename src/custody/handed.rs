//! Images that are given to something that is not seen: another job, a task of elsewhere, a program that no data knows, whoever
//! reads an output or a file. What becomes of them there is unknown; that they go by a name, and by which, is not.

use super::collect::{Places, id_of, subject_facts};
use super::interpret::Walk;
use super::model::{RawEvent, RawHanded, Subject};
use super::names::{Names, Reading};
use super::refer;
use super::reference::{self, Form};
use super::scope::Scope;
use super::symbol::Kind;
use super::text::Text;
use super::value::Value;
use super::words::Words;
use crate::facts::{Artifact, EventKind, Handed, HandedBy};
use crate::pipeline::{Binding, Call, DefinitionKind, Execution};
use crate::source::Span;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

/// The step by which Jenkins starts another job.
const OTHER_JOB: &str = "build";

/// Who takes something, as far as that is known.
#[derive(Debug, Clone)]
pub(super) struct Taker {
    pub(super) by: HandedBy,
    /// Its name: a command, a job, a task; empty where nobody is named.
    pub(super) to: Rc<str>,
    /// What it does, by its own name.
    pub(super) does: Option<EventKind>,
    /// Where it is named.
    pub(super) span: Option<Span>,
}

/// Whether what is given is taken, or where something is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Source,
    Destination,
}

impl Role {
    /// What the name of a parameter or option says.
    fn of(name: &str) -> Option<Role> {
        if says_source(name) {
            return Some(Role::Source);
        }
        says_destination(name).then_some(Role::Destination)
    }
}

impl Taker {
    /// What an image is that is given without saying what it is: what builds or publishes is told the name of the result.
    fn first_role(&self) -> Role {
        let makes =
            ["build", "builder", "buildah", "kaniko", "push", "publish", "pack", "package", "create", "release", "upload"];
        let is_maker = self.does.is_none() && words_of(&self.to).iter().any(|w| makes.contains(&w.as_str()));
        if is_maker { Role::Destination } else { Role::Source }
    }
}

impl Walk<'_> {
    /// Notes the images among what a definition is given that is not seen.
    pub(super) fn hand_to_call(&mut self, call: &Call, scope: &Scope) {
        let job = call.inputs.iter().find(|b| b.name == "job").filter(|_| starts_job(call));
        let to = match job {
            Some(job) => self.text(&job.value, scope).display(&self.symbols),
            None => call.definition.text.raw().to_owned(),
        };
        let name = to.split('@').next().unwrap_or(&to);
        let name = if call.definition.kind == DefinitionKind::Pipeline { name.rsplit('/').next().unwrap_or(name) } else { name };
        let span = Some(call.definition.text.span());
        let taker = Taker { by: HandedBy::Parameter, does: deed(name), to: to.as_str().into(), span };
        self.hand_bindings(&call.inputs, &taker, scope);
    }

    /// The same of the variables of an execution that become those of a pipeline elsewhere.
    pub(super) fn hand_variables(&mut self, execution: &Execution, scope: &Scope) {
        let Some(call) = execution.call.as_ref().filter(|_| execution.passes_env) else { return };
        let taker = Taker {
            by: HandedBy::Variable,
            does: None,
            to: call.definition.text.raw().into(),
            span: Some(call.definition.text.span()),
        };
        self.hand_bindings(&execution.env, &taker, scope);
    }

    fn hand_bindings(&mut self, bindings: &[Binding], taker: &Taker, scope: &Scope) {
        let mut place = taker.first_role();
        for binding in bindings {
            let value = self.text(&binding.value, scope);
            let (name, written) = (binding.name_span, binding.value.span());
            // The value of a variable may stand far from where it is given.
            let is_near = written.file == name.file && written.start >= name.start && written.start - name.start < 400;
            let role = Role::of(&binding.name).unwrap_or(place);
            let is_image = self.hand(taker, &binding.name, role, &value, if is_near { written } else { name });
            // Of what a copy is given the first is the source.
            if is_image && role == Role::Source && taker.does == Some(EventKind::Copy) {
                place = Role::Destination;
            }
        }
    }

    /// Notes the images among the words of a program that no data knows.
    pub(super) fn hand_to_program(&mut self, words: &Words) {
        let is_plain = |w: &&String| !w.contains(['\u{FFFC}', ':', '=', '$', '/']) && !w.starts_with('-') && w.len() < 64;
        let Some(first) = words.masked.first() else { return };
        let place = words.whole_span(0);
        let written = self.world.sources.text(place).trim_matches(['"', '\'']);
        // What is not known is called as it is written.
        let base = first.rsplit('/').next().unwrap_or(first);
        let is_known = !base.contains('\u{FFFC}');
        let program = match written {
            _ if is_known => base,
            // `$(which tool)`
            _ if written.contains(char::is_whitespace) => "…",
            _ => written,
        };
        // A variable may hold several words.
        let own = if is_known { 1 } else { (1..words.masked.len()).take_while(|i| words.whole_span(*i) == place).count() + 1 };
        let rest = words.masked[own..].iter().take_while(is_plain).map(String::as_str);
        let rest: Vec<&str> = rest.collect();
        let to = [&[program], &*rest].concat().join(" ");
        let does = if is_known { deed(&to) } else { deed(&rest.join(" ")) };
        let taker = Taker { by: HandedBy::Argument, does, to: to.as_str().into(), span: None };
        let mut role = taker.first_role();
        for (index, word) in words.masked.iter().enumerate().skip(1) {
            let (flag, value) = match word.split_once('=').filter(|_| word.starts_with("--")) {
                Some((flag, _)) => (flag, words.values[index].map(|t| t.slice_masked(flag.len() + 1..usize::MAX))),
                None => (words.masked[index - 1].as_str(), words.values[index].clone()),
            };
            let flag = if flag.starts_with('-') { flag } else { "" };
            let own = Role::of(flag).unwrap_or(role);
            let is_image = self.hand(&taker, flag, own, &value, words.whole_span(index));
            if is_image && own == Role::Source && taker.does == Some(EventKind::Copy) {
                role = Role::Destination;
            }
        }
    }

    /// Notes the images among the outputs of an execution. Where one of them is a digest by its name or value, who wants it has it.
    pub(super) fn hand_outputs(&mut self, outputs: &BTreeMap<String, Value>) {
        let holds_digest = |value: &Value| {
            let is_digest = |id| matches!(self.symbols.get(id).kind, Kind::Digest | Kind::DigestReference);
            value.any(|t| t.symbols().any(is_digest) || reference::parse(&t.masked()).form == Form::Digest)
        };
        let digests: HashSet<&String> = outputs.iter().filter(|(_, v)| holds_digest(v)).map(|(name, _)| name).collect();
        let has_digest = !digests.is_empty() || outputs.keys().any(|name| name.to_ascii_lowercase().contains("digest"));
        let taker = Taker { by: HandedBy::Output, to: "".into(), does: None, span: None };
        for (name, value) in outputs {
            let Some(span) = written_at(value) else { continue };
            if name.starts_with("dotenv:") {
                for (variable, value) in super::contents::assigned_lines(value) {
                    self.hand(&taker, &variable, Role::Source, &value, span);
                }
            } else if !has_digest || digests.contains(name) {
                self.hand(&taker, name, Role::Source, value, span);
            }
        }
    }

    /// Notes the images in a file that is left for others.
    pub(super) fn hand_file(&mut self, path: &str, content: &Value) {
        let Some(span) = written_at(content) else { return };
        let taker = Taker { by: HandedBy::File, to: "".into(), does: None, span: None };
        self.hand(&taker, path, Role::Source, content, span);
    }

    /// Notes a value that is handed on; says whether it may name an image.
    fn hand(&mut self, taker: &Taker, name: &str, role: Role, value: &Value, span: Span) -> bool {
        // A program's argument does not leave the execution.
        let leaves = taker.by != HandedBy::Argument;
        for id in value.alternatives().iter().flat_map(Text::symbols).filter(|_| leaves) {
            if matches!(self.symbols.get(id).kind, Kind::Digest | Kind::DigestReference) {
                self.records.hand_digest(id, self.place.execution, span);
            }
        }
        let Some(mut named) = parts(value).into_iter().map(Value::text).reduce(|all, part| all.or(&part)) else { return false };
        named.origins.clone_from(&value.origins);
        let is_image = named.any(|t| matches!(reference::parse(&t.masked()).form, Form::Tag | Form::Digest));
        let subject =
            Subject { artifact: Artifact::Image, text: String::new(), value: named, span, is_local: false, is_default: false };
        let is_destination = role == Role::Destination;
        let (taker, name, place) = (taker.clone(), name.to_owned(), self.place.clone());
        self.records.hand(RawHanded { subject, taker, name, is_destination, place });
        is_image
    }
}

/// Whether a call starts another job and hands it parameters.
fn starts_job(call: &Call) -> bool {
    call.definition.kind == DefinitionKind::Library && call.definition.text.raw() == OTHER_JOB
}

/// Where a value was written to what hands it on.
fn written_at(value: &Value) -> Option<Span> {
    let written = value.origins.iter().rev().find(|o| o.what.starts_with("written"));
    written.or(value.origins.last()).map(|o| o.span)
}

/// The parts of a value that may each name an image: all of a list of them, the lines of a file.
fn parts(value: &Value) -> Vec<Text> {
    let mut found: Vec<Text> = Vec::new();
    for text in value.alternatives() {
        for part in text.split(|c| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '"' | '\'')) {
            if may_name(&part) && !found.contains(&part) {
                found.push(part);
            }
        }
    }
    found
}

fn may_name(text: &Text) -> bool {
    let masked = text.masked();
    let name = reference::parse(&masked);
    name.form != Form::Invalid && !name.repository.is_empty() && (text.literal_len() > 1 || text.as_symbol().is_some())
}

/// What something does to artifacts, by its own name.
fn deed(name: &str) -> Option<EventKind> {
    words_of(name).iter().find_map(|word| match word.as_str() {
        "sign" | "signing" | "signer" => Some(EventKind::Sign),
        "copy" | "copier" | "promote" | "promotion" | "mirror" | "retag" | "sync" | "syncer" => Some(EventKind::Copy),
        "deploy" | "deployment" | "rollout" => Some(EventKind::Deploy),
        _ => None,
    })
}

/// The words that a name is made of, in lower case: `skopeoCopyImages`, `copy-images.sh`.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for letter in name.chars() {
        if !letter.is_ascii_alphanumeric() || letter.is_ascii_uppercase() && before.is_ascii_lowercase() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| letter.is_ascii_alphanumeric()) {
            word.push(letter.to_ascii_lowercase());
        }
        before = letter;
    }
    words.retain(|w| !w.is_empty());
    words
}

/// Whether a parameter is, by its name, about an image.
fn says_image(name: &str) -> bool {
    words_of(name).iter().any(|w| matches!(w.as_str(), "image" | "images" | "img"))
}

/// Whether a parameter is, by its name, what is taken.
fn says_source(name: &str) -> bool {
    let taken = ["source", "sources", "src", "from", "base", "builder", "runner", "tool", "input"];
    words_of(name).iter().any(|w| taken.contains(&w.as_str()))
}

/// Whether a parameter is, by its name, where something is put.
fn says_destination(name: &str) -> bool {
    let put = [
        "dest",
        "destination",
        "destinations",
        "target",
        "targets",
        "output",
        "push",
        "publish",
        "release",
        "new",
        "out",
        "cache",
    ];
    let words = words_of(name);
    words.iter().any(|w| put.contains(&w.as_str())) || words.last().is_some_and(|w| w == "to")
}

/// What is known of the images of a pipeline.
#[derive(Default)]
struct Known {
    /// Registry and repository of all of them.
    repositories: HashSet<String>,
    /// What executions take, by name.
    taken: HashMap<String, HashSet<usize>>,
    /// What executions put into a registry, by name.
    put: HashSet<(usize, String)>,
    /// What executions build, by name.
    built: HashSet<(usize, String)>,
}

impl Known {
    fn of(walk: &Walk, events: &[RawEvent], names: &Names) -> Self {
        let mut known = Known::default();
        let keys = |reading: &'_ Reading| reading.keys.to_vec();
        for (index, event) in events.iter().enumerate() {
            let (execution, named) = (event.place.execution, names.subject(index));
            let subjects = [&event.reference, &event.source, &event.destination].into_iter().flatten();
            for (_, reading) in subjects.zip(names.all(index)).filter(|(s, _)| s.artifact == Artifact::Image) {
                known.repositories.extend(reading.repositories());
            }
            let (taken, put) = match event.kind {
                EventKind::Push => (None, named),
                EventKind::Build => {
                    known.built.extend(named.into_iter().flat_map(keys).map(|k| (execution, k)));
                    (None, None)
                }
                EventKind::Copy | EventKind::Retag => (names.source(index), names.destination(index)),
                _ => (named, None),
            };
            for key in taken.into_iter().flat_map(keys) {
                known.taken.entry(key).or_default().insert(execution);
            }
            known.put.extend(put.into_iter().flat_map(keys).map(|k| (execution, k)));
        }
        for image in &walk.records.images {
            for key in keys(&Reading::of(&image.subject, "", &walk.symbols)) {
                known.taken.entry(key).or_default().insert(image.place.execution);
            }
        }
        known
    }

    /// Whether a text names an image, by its form, by what it is given as, or because something else is done with it.
    fn is_image(&self, text: &Text, raw: &RawHanded, walk: &Walk) -> bool {
        let masked = text.masked();
        let name = reference::parse(&masked);
        let host = name.registry.clone().and_then(|r| masked.get(r));
        let key = (raw.place.execution, refer::key(text, true));
        let is_put = || self.put.contains(&key);
        // What was built here and goes to a program here need not leave the machine.
        if raw.taker.by == HandedBy::Argument && raw.taker.does.is_none() && self.built.contains(&key) {
            return false;
        }
        match name.form {
            Form::Digest => true,
            Form::Tag => {
                host.is_some_and(|h| h.contains('.') && !h.contains(reference::UNKNOWN))
                    || says_image(&raw.name)
                    || raw.taker.does.is_some() && masked.contains('/')
                    || refer::named(text, &walk.symbols).path().is_some_and(|r| self.repositories.contains(&r))
                    || is_put()
            }
            Form::Implicit | Form::Unknown => is_put(),
            Form::Invalid => false,
        }
    }

    /// Whether another execution is seen to take it.
    fn is_taken_elsewhere(&self, text: &Text, execution: usize) -> bool {
        self.taken.get(&refer::key(text, true)).is_some_and(|by| by.iter().any(|other| *other != execution))
    }
}

/// What is given to what is not seen. What another execution is seen to take from an output or file is left out.
pub(super) fn facts(
    walk: &Walk,
    events: &[RawEvent],
    names: &Names,
    pushed: &HashSet<String>,
    places: &mut Places,
) -> Vec<Handed> {
    if walk.records.handed.is_empty() {
        return Vec::new();
    }
    let known = Known::of(walk, events, names);
    let mut all = Vec::new();
    for raw in &walk.records.handed {
        let is_open = matches!(raw.taker.by, HandedBy::Output | HandedBy::File);
        let counts = |t: &&Text| known.is_image(t, raw, walk) && !(is_open && known.is_taken_elsewhere(t, raw.place.execution));
        let images = raw.subject.value.alternatives().iter().filter(counts).cloned().map(Value::text);
        let Some(mut value) = images.reduce(|all, one| all.or(&one)) else { continue };
        value.origins.clone_from(&raw.subject.value.origins);
        let subject = Subject { value, ..raw.subject.clone() };
        let mut reference = subject_facts(&subject, walk, pushed, places);
        reference.text.clone_from(&reference.resolved);
        all.push(Handed {
            reference,
            by: raw.taker.by,
            to: raw.taker.to.to_string(),
            to_span: raw.taker.span.map(|s| places.id(s)),
            name: raw.name.clone(),
            does: raw.taker.does,
            is_destination: raw.is_destination,
            execution: id_of(walk, &raw.place),
            execution_index: raw.place.execution,
            step: raw.place.step.to_string(),
            span: places.id(raw.subject.span),
        });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_is_done() {
        assert_eq!(deed("artifact-ci sign docker"), Some(EventKind::Sign));
        assert_eq!(deed("skopeoCopyRegistryImages"), Some(EventKind::Copy));
        assert_eq!(deed("./hack/deploy_app.sh"), Some(EventKind::Deploy));
        assert_eq!(deed("design assignment resynchronise"), None);
    }

    #[test]
    fn parameters_say_what_they_are() {
        assert!(says_image("BUILDER_IMAGE") && says_image("imageRef") && !says_image("imagine"));
        assert!(
            says_destination("TARGET_IMAGE")
                && says_destination("image-to")
                && !says_destination("tool-image")
                && !says_destination("tags_to_sign")
        );
    }
}
