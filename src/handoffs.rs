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

/// Writes the handoffs into the facts of the pipelines that take something. All pipelines of one repository belong together.
pub fn join(all: &mut [Facts]) {
    let left = Left::of(all);
    let drafts: Vec<Vec<Draft>> = (0..all.len()).map(|pipeline| drafts(all, pipeline, &left)).collect();
    let pushed = left.images();
    for (facts, drafts) in all.iter_mut().zip(drafts) {
        facts.handoffs = drafts.into_iter().map(|draft| draft.written(&mut facts.spans)).collect();
        mark_pushed(facts, &pushed);
    }
}

/// Says of each image that some pipeline of the repository pushes it.
fn mark_pushed(facts: &mut Facts, pushed: &HashSet<Name>) {
    let events = facts.events.values_mut().flatten();
    let named = events.flat_map(|e| [&mut e.reference, &mut e.source, &mut e.destination]).flatten();
    let images = [&mut facts.images, &mut facts.base_images].into_iter().flatten().map(|i| &mut i.reference);
    for reference in named.chain(images).filter(|r| !r.pushed_here) {
        let is_pushed = carried::images(reference).filter_map(|i| carried::image(&i)).any(|name| pushed.contains(&name));
        reference.pushed_here = is_pushed;
    }
}

/// An event that leaves something somewhere.
#[derive(Clone, Copy)]
struct Producer<'a> {
    /// Index of its pipeline.
    pipeline: usize,
    event: &'a Event,
    /// How the artifact is named there.
    name: &'a Reference,
}

/// Everything that is left somewhere, by name.
struct Left<'a> {
    by_name: HashMap<Name, Vec<Producer<'a>>>,
}

impl<'a> Left<'a> {
    fn of(all: &'a [Facts]) -> Self {
        let mut by_name: HashMap<Name, Vec<Producer>> = HashMap::new();
        for (pipeline, facts) in all.iter().enumerate() {
            for event in facts.events.values().flatten() {
                let Some(name) = left_under(event) else { continue };
                for key in carried::left(event, name, pipeline) {
                    by_name.entry(key).or_default().push(Producer { pipeline, event, name });
                }
            }
        }
        Left { by_name }
    }

    /// Images that are the same in all pipelines.
    fn images(&self) -> HashSet<Name> {
        let named = self.by_name.values().flatten().flat_map(|p| carried::images(p.name)).filter_map(|i| carried::image(&i));
        named.collect()
    }

    /// The one that most likely left what is taken: of the same pipeline if there is one, under the same tag, the last before it.
    fn producer(&self, taken: &Taken<'a>, order: &Order) -> Option<Producer<'a>> {
        let names = carried::taken(taken.event, taken.name, taken.pipeline);
        let candidates = names.iter().filter_map(|name| self.by_name.get(name)).flatten();
        let of_another_run = taken.event.is_some_and(carried::is_of_another_run);
        let fits = |p: &&Producer<'a>| {
            let in_time = match (p.pipeline == taken.pipeline, taken.event) {
                (true, Some(event)) => of_another_run || order.precedes(p.event, event),
                (true, None) => order.is_before(p.event.execution_index, taken.execution),
                // The CI's store belongs to one run.
                (false, _) => taken.name.artifact != Artifact::Stored || of_another_run,
            };
            in_time && taken.event.is_none_or(|e| !std::ptr::eq(e, p.event)) && carried::same_version(p.name, taken.name)
        };
        let rank = |p: &&Producer<'a>| (p.pipeline == taken.pipeline, carried::same_name(p.name, taken.name), p.event.id);
        candidates.filter(fits).max_by_key(rank).copied()
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
    pipeline: usize,
    execution: usize,
    /// Absent for the image that an execution runs in.
    event: Option<&'a Event>,
    name: &'a Reference,
}

/// What the events and images of a pipeline take from elsewhere, in the order of the file.
fn taken(facts: &Facts, pipeline: usize) -> Vec<Taken<'_>> {
    let mut all: Vec<Taken> = Vec::new();
    for event in facts.events.values().flatten() {
        if let Some(name) = taken_by(event) {
            all.push(Taken { pipeline, execution: event.execution_index, event: Some(event), name });
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
    all.extend(
        facts.images.iter().filter_map(|i| Some(Taken { pipeline, execution: image(i)?, event: None, name: &i.reference })),
    );
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

fn drafts(all: &[Facts], pipeline: usize, left: &Left) -> Vec<Draft> {
    let facts = &all[pipeline];
    let order = Order::of(facts);
    let mut drafts = Vec::new();
    for taken in taken(facts, pipeline) {
        let producer = left.producer(&taken, &order);
        if producer.is_none() && !counts_from_outside(&taken) {
            continue;
        }
        let Some((window, reason)) = window::judge(facts, taken.event, taken.name, producer.as_ref()) else { continue };
        let elsewhere = producer.filter(|p| p.pipeline != pipeline);
        let across = match producer {
            None => Across::Outside,
            Some(p) if p.pipeline != pipeline || taken.event.is_some_and(carried::is_of_another_run) => Across::Pipelines,
            Some(p) if p.event.execution_index != taken.execution => Across::Executions,
            Some(_) => Across::Steps,
        };
        drafts.push(Draft {
            elsewhere: elsewhere.and_then(|p| all[p.pipeline].spans.get(p.event.span as usize).copied()),
            handoff: Handoff {
                artifact: taken.name.resolved.clone(),
                kind: taken.name.artifact,
                carrier: carried::carrier(taken.name, taken.event, reason),
                across,
                producer: producer.map(|p| end(&all[p.pipeline], p.event, p.pipeline == pipeline)),
                same_name: producer.is_some_and(|p| carried::same_name(p.name, taken.name)),
                consumer: match taken.event {
                    Some(event) => end(facts, event, true),
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

fn end(facts: &Facts, event: &Event, is_here: bool) -> HandoffEnd {
    HandoffEnd {
        event: is_here.then_some(event.id),
        does: event.kind,
        tool: event.tool.clone(),
        pipeline: facts.pipeline.path.clone(),
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
