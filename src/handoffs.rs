//! Handoffs: who left an artifact where, who takes it there, and whether the substitution window between them is open.
//!
//! Everything is decided from the facts of all pipelines of a repository, so that the one that publishes and the one that deploys
//! are joined like two jobs of one run.

mod carried;
mod order;
mod window;

use crate::facts::{Across, Artifact, Event, EventKind, Facts, Handoff, HandoffEnd, ImageUse, Reference, SpanId};
use crate::source::Span;
use carried::Name;
use order::Order;
use std::collections::{HashMap, HashSet};

/// What one pipeline means to the others of its repository: it is all that must be kept of it to judge them.
#[derive(Debug)]
pub struct Share {
    producers: Vec<Producer>,
    signs: bool,
    verifies: bool,
}

impl Share {
    /// The share of a pipeline.
    #[must_use]
    pub fn of(facts: &Facts) -> Self {
        let Facts { pipeline, spans, .. } = facts;
        let place = |id: SpanId| spans.get(id as usize).copied();
        let events = facts.events.values().flatten();
        let producers = events.filter_map(|event| Producer::of(event, &pipeline.path, place(event.span)?));
        Share { producers: producers.collect(), signs: pipeline.repository_signs, verifies: pipeline.repository_verifies }
    }
}

/// What the pipelines of one repository leave for each other, and what they do together.
#[derive(Debug, Default)]
pub struct Repository {
    shares: Vec<Share>,
    /// Index of the pipeline and of its producer, by the names that mean the same in all pipelines.
    by_name: HashMap<Name, Vec<(usize, usize)>>,
    /// Images that some pipeline leaves somewhere.
    pushed: HashSet<Name>,
    signs: bool,
    verifies: bool,
}

impl Repository {
    /// Joins the shares of all pipelines. They belong together, so that the one that publishes and the one that deploys are joined
    /// like two jobs of one run.
    #[must_use]
    pub fn of(shares: Vec<Share>) -> Self {
        let mut by_name: HashMap<Name, Vec<(usize, usize)>> = HashMap::new();
        let mut pushed = HashSet::new();
        for (pipeline, share) in shares.iter().enumerate() {
            for (index, producer) in share.producers.iter().enumerate() {
                pushed.extend(carried::images(&producer.name).filter_map(|image| carried::image(&image)));
                for name in producer.names.iter().filter(|name| name.is_shared()) {
                    by_name.entry(name.clone()).or_default().push((pipeline, index));
                }
            }
        }
        let signs = shares.iter().any(|s| s.signs);
        let verifies = shares.iter().any(|s| s.verifies);
        Repository { shares, by_name, pushed, signs, verifies }
    }

    /// Writes into the facts of one pipeline what the repository knows: the handoffs to it, which images are the repository's own,
    /// and whether any pipeline signs or verifies. `index`: of its share.
    pub fn complete(&self, facts: &mut Facts, index: usize) {
        facts.pipeline.repository_signs = self.signs;
        facts.pipeline.repository_verifies = self.verifies;
        let drafts = drafts(facts, &Left::to(self, index));
        facts.handoffs = drafts.into_iter().map(|draft| draft.written(&mut facts.spans)).collect();
        self.mark_pushed(facts);
    }

    /// Says of each image that some pipeline of the repository pushes it.
    fn mark_pushed(&self, facts: &mut Facts) {
        let events = facts.events.values_mut().flatten();
        let named = events.flat_map(|e| [&mut e.reference, &mut e.source, &mut e.destination]).flatten();
        let images = [&mut facts.images, &mut facts.base_images].into_iter().flatten().map(|i| &mut i.reference);
        for reference in named.chain(images).filter(|r| !r.pushed_here) {
            let mut names = carried::images(reference).filter_map(|i| carried::image(&i));
            let is_pushed = names.any(|name| self.pushed.contains(&name));
            drop(names);
            reference.pushed_here = is_pushed;
        }
    }
}

/// An event that leaves something somewhere.
#[derive(Debug)]
struct Producer {
    /// Id of the event in the facts of its pipeline.
    id: u32,
    execution_index: usize,
    /// The event, as handoffs tell it.
    end: HandoffEnd,
    /// Where it is.
    place: Span,
    /// How the artifact is named there.
    name: Reference,
    /// The names under which it can be taken.
    names: Vec<Name>,
}

impl Producer {
    fn of(event: &Event, path: &str, place: Span) -> Option<Self> {
        let name = left_under(event)?;
        Some(Producer {
            id: event.id,
            execution_index: event.execution_index,
            end: end(event, path),
            place,
            name: name.clone(),
            names: carried::left(event, name),
        })
    }
}

/// Everything that one pipeline can take.
struct Left<'a> {
    repository: &'a Repository,
    /// Index of the pipeline.
    pipeline: usize,
    /// What it left itself, by name.
    own: HashMap<&'a Name, Vec<&'a Producer>>,
}

impl<'a> Left<'a> {
    fn to(repository: &'a Repository, pipeline: usize) -> Self {
        let mut own: HashMap<&Name, Vec<&Producer>> = HashMap::new();
        for producer in repository.shares.get(pipeline).into_iter().flat_map(|share| &share.producers) {
            producer.names.iter().for_each(|name| own.entry(name).or_default().push(producer));
        }
        Left { repository, pipeline, own }
    }

    /// The one that most likely left what is taken: of the same pipeline if there is one, under the same tag, the last before it.
    /// Also whether it is of the same pipeline.
    fn producer(&self, taken: &Taken, order: &Order) -> Option<(&'a Producer, bool)> {
        let names = carried::taken(taken.event, taken.name);
        let of_another_run = taken.event.is_some_and(carried::is_of_another_run);
        let is_version = |p: &&'a Producer| carried::same_version(&p.name, taken.name);
        let rank = |p: &&'a Producer| (carried::same_name(&p.name, taken.name), p.id);
        let in_time = |p: &&'a Producer| match taken.event {
            Some(event) => p.id != event.id && (of_another_run || order.precedes((p.execution_index, p.id), event)),
            None => order.is_before(p.execution_index, taken.execution),
        };
        let own = names.iter().filter_map(|name| self.own.get(name)).flatten().copied().filter(in_time).filter(is_version);
        if let Some(producer) = own.max_by_key(rank) {
            return Some((producer, true));
        }
        // The CI's store belongs to one run.
        if taken.name.artifact == Artifact::Stored && !of_another_run {
            return None;
        }
        let Repository { by_name, shares, .. } = self.repository;
        let others = names.iter().filter_map(|name| by_name.get(name)).flatten().filter(|(by, _)| *by != self.pipeline);
        let others = others.filter_map(|(by, index)| shares.get(*by)?.producers.get(*index));
        Some((others.filter(is_version).max_by_key(rank)?, false))
    }
}

/// The name under which an event leaves an artifact for others.
fn left_under(event: &Event) -> Option<&Reference> {
    let name = match event.kind {
        EventKind::Push | EventKind::Publish => event.reference.as_ref(),
        EventKind::Copy | EventKind::Retag | EventKind::Upload => event.destination.as_ref(),
        _ => None,
    };
    name.filter(|n| !n.is_local && n.artifact != Artifact::File)
}

/// Something that a pipeline takes.
struct Taken<'a> {
    execution: usize,
    /// Absent for the image that an execution runs in.
    event: Option<&'a Event>,
    name: &'a Reference,
}

/// What the events and images of a pipeline take from elsewhere, in the order of the file.
fn taken(facts: &Facts) -> Vec<Taken<'_>> {
    let mut all: Vec<Taken> = Vec::new();
    for event in facts.events.values().flatten() {
        if let Some(name) = taken_by(event) {
            all.push(Taken { execution: event.execution_index, event: Some(event), name });
        }
    }
    all.sort_by_key(|t| t.event.map(|e| e.id));
    // A pull before another use of the same name is how that use gets it, not a handoff of its own.
    let used: HashSet<(usize, &str)> = all
        .iter()
        .filter(|t| t.event.is_some_and(|e| matches!(e.kind, EventKind::Run | EventKind::Retag | EventKind::Copy)))
        .map(|t| (t.execution, t.name.key.as_str()))
        .collect();
    all.retain(|t| t.event.is_some_and(|e| e.kind != EventKind::Pull) || !used.contains(&(t.execution, t.name.key.as_str())));
    let image = |i: &'_ ImageUse| (!i.reference.is_local).then_some(i.execution_index);
    all.extend(facts.images.iter().filter_map(|i| Some(Taken { execution: image(i)?, event: None, name: &i.reference })));
    all
}

/// The name under which an event takes an artifact that lies elsewhere.
fn taken_by(event: &Event) -> Option<&Reference> {
    let name = match event.kind {
        EventKind::Pull | EventKind::Run | EventKind::Deploy | EventKind::Sign | EventKind::Attest => {
            event.reference.as_ref().filter(|r| r.artifact == Artifact::Image)
        }
        EventKind::Install => event.reference.as_ref().filter(|r| r.artifact == Artifact::Package),
        EventKind::Copy | EventKind::Retag => event.source.as_ref().filter(|r| r.artifact == Artifact::Image),
        EventKind::Download => event.source.as_ref().filter(|r| matches!(r.artifact, Artifact::Url | Artifact::Stored)),
        _ => None,
    };
    name.filter(|n| !n.is_local && !event.is_repeated && !carried::is_cache(event))
}

/// Whether a handoff from outside of the repository is worth telling: files that are only looked at and packages are the
/// business of nobody here.
fn counts_from_outside(taken: &Taken) -> bool {
    match taken.name.artifact {
        Artifact::Image => taken.event.is_some(),
        Artifact::Stored => true,
        Artifact::Url => taken.name.is_used,
        Artifact::Package | Artifact::File => false,
    }
}

/// A handoff before its producer's place is in the pipeline's table.
struct Draft {
    handoff: Handoff,
    /// The producer's place, if it is of another pipeline.
    elsewhere: Option<Span>,
}

impl Draft {
    fn written(self, spans: &mut Vec<Span>) -> Handoff {
        let mut handoff = self.handoff;
        if let (Some(span), Some(producer)) = (self.elsewhere, &mut handoff.producer) {
            producer.span = SpanId::try_from(spans.len()).unwrap_or(SpanId::MAX);
            spans.push(span);
        }
        handoff
    }
}

fn drafts(facts: &Facts, left: &Left) -> Vec<Draft> {
    let order = Order::of(facts);
    let path = &facts.pipeline.path;
    let mut drafts = Vec::new();
    for taken in taken(facts) {
        let producer = left.producer(&taken, &order);
        if producer.is_none() && !counts_from_outside(&taken) {
            continue;
        }
        let own = producer.filter(|(_, is_own)| *is_own).map(|(p, _)| p);
        let Some((window, reason)) = window::judge(facts, taken.event, taken.name, own, producer.is_some()) else { continue };
        let across = match producer {
            None => Across::Outside,
            Some((_, is_own)) if !is_own || taken.event.is_some_and(carried::is_of_another_run) => Across::Pipelines,
            Some((p, _)) if p.execution_index != taken.execution => Across::Executions,
            Some(_) => Across::Steps,
        };
        drafts.push(Draft {
            elsewhere: producer.filter(|(_, is_own)| !is_own).map(|(p, _)| p.place),
            handoff: Handoff {
                artifact: taken.name.resolved.clone(),
                kind: taken.name.artifact,
                carrier: carried::carrier(taken.name, taken.event, reason),
                across,
                producer: producer.map(|(p, is_own)| HandoffEnd { event: is_own.then_some(p.id), ..p.end.clone() }),
                same_name: producer.is_some_and(|(p, _)| carried::same_name(&p.name, taken.name)),
                consumer: match taken.event {
                    Some(event) => HandoffEnd { event: Some(event.id), ..end(event, path) },
                    None => runs_in(facts, &taken),
                },
                window,
                reason,
                guards: taken.event.map(|e| e.guards.clone()).unwrap_or_default(),
            },
        });
    }
    drafts
}

/// An event in handoffs of other pipelines, where it has no id.
fn end(event: &Event, path: &str) -> HandoffEnd {
    HandoffEnd {
        event: None,
        does: event.kind,
        tool: event.tool.clone(),
        pipeline: path.to_owned(),
        execution: event.execution.clone(),
        step: event.step.clone(),
        span: event.span,
    }
}

/// The image that an execution runs in.
fn runs_in(facts: &Facts, taken: &Taken) -> HandoffEnd {
    HandoffEnd {
        event: None,
        does: EventKind::Run,
        tool: String::new(),
        pipeline: facts.pipeline.path.clone(),
        execution: facts.executions.get(taken.execution).map(|e| e.id.clone()).unwrap_or_default(),
        step: String::new(),
        span: taken.name.span,
    }
}
