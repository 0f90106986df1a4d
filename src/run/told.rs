//! What is told of the handoffs of all pipelines.

use super::examine::Joined;
use crate::facts::{Event, Facts, Handoff, SpanId, Window};
use crate::report::{Guard, HandoffCounts, Told};
use crate::source::{Sources, Span};
use std::collections::{HashMap, HashSet};

/// The handoffs to one pipeline.
pub(super) fn handoffs(facts: &Facts) -> Vec<Told> {
    if facts.handoffs.is_empty() {
        return Vec::new();
    }
    let place = |id: SpanId| facts.spans.get(id as usize).copied();
    let guards: HashSet<u32> = facts.handoffs.iter().flat_map(|h| &h.guards).copied().collect();
    let events = facts.events.values().flatten().filter(|e| guards.contains(&e.id));
    let events: HashMap<u32, &Event> = events.map(|e| (e.id, e)).collect();
    let guard = |event: &&Event| Guard {
        tool: event.tool.clone(),
        verb: event.verb.clone(),
        execution: event.execution.clone(),
        step: event.step.clone(),
        place: place(event.span),
    };
    let told = |handoff: &Handoff| Told {
        producer: handoff.producer.as_ref().and_then(|p| place(p.span)),
        consumer: place(handoff.consumer.span),
        guards: handoff.guards.iter().filter_map(|id| events.get(id)).map(guard).collect(),
        handoff: handoff.clone(),
    };
    facts.handoffs.iter().map(told).collect()
}

/// Brings those of all pipelines in order, each once, and counts them by window.
///
/// What a called pipeline takes shows up in each of its callers, and is one handoff all the same; it counts by its widest window.
pub(super) fn in_order(all: &mut Vec<Told>, joined: &Joined, sources: &Sources) -> HandoffCounts {
    all.retain(|told| told.consumer.is_some_and(|place| !joined.context.contains(&place.file)));
    let risk = |window: Window| match window {
        Window::Open => 0,
        Window::Unknown => 1,
        Window::Closed => 2,
    };
    let path = |place: &Option<Span>| place.map(|place| sources.get(place.file).path.as_str());
    let bytes = |place: &Option<Span>| place.map(|place| (place.start, place.end));
    all.sort_by(|a, b| {
        let key = |told: &'_ Told| (told.handoff.consumer.does, risk(told.handoff.window));
        let ((a_does, a_risk), (b_does, b_risk)) = (key(a), key(b));
        path(&a.consumer)
            .cmp(&path(&b.consumer))
            .then_with(|| bytes(&a.consumer).cmp(&bytes(&b.consumer)))
            .then_with(|| a_does.cmp(&b_does))
            .then_with(|| a.handoff.artifact.cmp(&b.handoff.artifact))
            .then_with(|| a_risk.cmp(&b_risk))
    });
    all.dedup_by(|next, kept| {
        let (next_end, kept_end) = (&next.handoff.consumer, &kept.handoff.consumer);
        next.consumer == kept.consumer && next_end.does == kept_end.does && next.handoff.artifact == kept.handoff.artifact
    });
    let mut counts = HandoffCounts::default();
    for told in &*all {
        *match told.handoff.window {
            Window::Closed => &mut counts.closed,
            Window::Open => &mut counts.open,
            Window::Unknown => &mut counts.unknown,
        } += 1;
    }
    counts
}
