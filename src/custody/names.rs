//! How events name what they are about: each name is read once, and events are found by it.

use super::filepath::file_key;
use super::model::{RawEvent, RawExecution, Subject};
use super::refer::{self, Named};
use super::symbol::Symbols;
use super::text::Text;
use crate::facts::{Artifact, EventKind};
use std::collections::HashMap;
use std::rc::Rc;

/// What the name of a subject says, by alternative of its value.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    /// Equal for equal artifacts.
    pub(super) keys: Rc<[String]>,
    /// Its parts, read as those of an image.
    pub(super) named: Rc<[Named]>,
}

impl Reading {
    /// Reads a name; `folder`: the key of the one in which it is written. Symbols must not change afterwards.
    pub(super) fn of(subject: &Subject, folder: &str, symbols: &Symbols) -> Self {
        let texts = subject.value.alternatives();
        let key = |text: &Text| match subject.artifact {
            Artifact::File => file_key(text, folder, symbols),
            artifact => refer::key(text, artifact == Artifact::Image),
        };
        Reading { keys: texts.iter().map(key).collect(), named: texts.iter().map(|text| refer::named(text, symbols)).collect() }
    }

    /// `registry/repository` of each alternative that has both.
    pub(super) fn repositories(&self) -> impl Iterator<Item = String> + '_ {
        self.named.iter().filter_map(Named::path)
    }
}

/// The names of one event.
struct OfEvent {
    reference: Option<Reading>,
    source: Option<Reading>,
    destination: Option<Reading>,
}

/// The names of all events of a pipeline.
pub(super) struct Names {
    of_events: Vec<OfEvent>,
    /// Events that build, fetch, push or leave something under a name, by its keys and in order.
    handlers: HashMap<Rc<[String]>, Vec<usize>>,
}

impl Names {
    /// Reads the names of all events. Symbols must not change afterwards.
    pub(super) fn of(events: &[RawEvent], symbols: &Symbols) -> Self {
        let mut names = Names { of_events: Vec::with_capacity(events.len()), handlers: HashMap::new() };
        events.iter().for_each(|event| names.push(event, symbols));
        names
    }

    /// Adds the next event.
    pub(super) fn push(&mut self, event: &RawEvent, symbols: &Symbols) {
        let index = self.of_events.len();
        let read = |subject: &Option<Subject>| subject.as_ref().map(|s| Reading::of(s, &event.place.folder, symbols));
        let (reference, source) = (read(&event.reference), read(&event.source));
        self.of_events.push(OfEvent { reference, source, destination: read(&event.destination) });
        let handled = match event.kind {
            EventKind::Build | EventKind::Pull | EventKind::Push => self.subject(index),
            EventKind::Tag => self.destination(index),
            _ => None,
        };
        if let Some(keys) = handled.map(|reading| Rc::clone(&reading.keys)) {
            self.handlers.entry(keys).or_default().push(index);
        }
    }

    /// The name of what an event is about; see [`subject`](super::guards::subject).
    pub(super) fn subject(&self, event: usize) -> Option<&Reading> {
        self.reference(event).or(self.source(event))
    }

    /// The name of its reference.
    pub(super) fn reference(&self, event: usize) -> Option<&Reading> {
        self.of_events.get(event)?.reference.as_ref()
    }

    /// The name of its source.
    pub(super) fn source(&self, event: usize) -> Option<&Reading> {
        self.of_events.get(event)?.source.as_ref()
    }

    /// The name of its destination.
    pub(super) fn destination(&self, event: usize) -> Option<&Reading> {
        self.of_events.get(event)?.destination.as_ref()
    }

    /// All names of an event.
    pub(super) fn all(&self, event: usize) -> impl Iterator<Item = &Reading> {
        [self.reference(event), self.source(event), self.destination(event)].into_iter().flatten()
    }

    /// Events that build, fetch or push what the keys name, or leave it under that name, in order.
    pub(super) fn handlers(&self, keys: &Rc<[String]>) -> impl Iterator<Item = usize> + '_ {
        self.handlers.get(keys).into_iter().flatten().copied()
    }
}

/// Pull, tag and push of one image in one execution is a promotion; `names` must be those of the events.
pub(super) fn add_retags(events: &mut Vec<RawEvent>, names: &mut Names, executions: &[RawExecution], symbols: &Symbols) {
    let mut found = Vec::new();
    for (i, tag) in events.iter().enumerate().filter(|(_, e)| e.kind == EventKind::Tag) {
        let (Some(source), Some(pulled), Some(pushed)) = (&tag.source, names.source(i), names.destination(i)) else { continue };
        let is_here = |event: &RawEvent| executions[event.place.execution].is_with(&executions[tag.place.execution]);
        let handled = |kind: EventKind, keys: &Rc<[String]>, in_time: &dyn Fn(usize) -> bool| {
            names.handlers(keys).any(|at| in_time(at) && events[at].kind == kind && is_here(&events[at]))
        };
        if handled(EventKind::Pull, &pulled.keys, &|at| at < i) && handled(EventKind::Push, &pushed.keys, &|at| at > i) {
            found.push(RawEvent { kind: EventKind::Retag, reference: Some(source.clone()), ..tag.clone() });
        }
    }
    found.iter().for_each(|event| names.push(event, symbols));
    events.extend(found);
}
