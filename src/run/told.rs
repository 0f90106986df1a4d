//! Handoffs as reports tell them: with paths and positions instead of indices.

use super::examine::Joined;
use crate::facts::{Event, Facts, Handoff, HandoffEnd, SpanId, Window};
use crate::report::HandoffCounts;
use crate::source::{Sources, Span};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

/// The handoffs of all pipelines, each once, and their number by window.
///
/// What a called pipeline takes shows up in each of its callers, and is one handoff all the same; it counts by its widest window.
pub(super) fn handoffs(joined: &Joined, sources: &Sources) -> (Vec<Value>, HandoffCounts) {
    let mut all: Vec<(&Facts, &Handoff)> = joined.facts.iter().flat_map(|f| f.handoffs.iter().map(move |h| (f, h))).collect();
    let place = |facts: &Facts, id: SpanId| facts.spans.get(id as usize).copied();
    all.retain(|(f, h)| place(f, h.consumer.span).is_some_and(|s| !joined.context.contains(&s.file)));
    let risk = |window: Window| match window {
        Window::Open => 0,
        Window::Unknown => 1,
        Window::Closed => 2,
    };
    all.sort_by_cached_key(|(f, h)| {
        let span = place(f, h.consumer.span).map(|s| (sources.get(s.file).path.clone(), s.start, s.end));
        (span, h.consumer.does, h.artifact.clone(), risk(h.window))
    });
    let mut seen: HashSet<(Option<Span>, String)> = HashSet::new();
    all.retain(|(f, h)| seen.insert((place(f, h.consumer.span), format!("{:?} {}", h.consumer.does, h.artifact))));
    let mut counts = HandoffCounts::default();
    for (_, handoff) in &all {
        *match handoff.window {
            Window::Closed => &mut counts.closed,
            Window::Open => &mut counts.open,
            Window::Unknown => &mut counts.unknown,
        } += 1;
    }
    let mut events: HashMap<*const Facts, HashMap<u32, &Event>> = HashMap::new();
    let told = all.iter().map(|(facts, handoff)| {
        let by_id = events
            .entry(std::ptr::from_ref(*facts))
            .or_insert_with(|| facts.events.values().flatten().map(|e| (e.id, e)).collect());
        tell(facts, handoff, by_id, sources)
    });
    (told.collect(), counts)
}

fn tell(facts: &Facts, handoff: &Handoff, events: &HashMap<u32, &Event>, sources: &Sources) -> Value {
    let guard = |event: &&Event| json!({"tool": event.tool, "verb": event.verb, "execution": event.execution, "step": event.step, "place": at(facts, event.span, sources)});
    json!({
        "artifact": handoff.artifact,
        "kind": handoff.kind,
        "carrier": handoff.carrier,
        "across": handoff.across,
        "producer": handoff.producer.as_ref().map(|p| end(facts, p, sources)),
        "consumer": end(facts, &handoff.consumer, sources),
        "window": handoff.window,
        "reason": handoff.reason,
        "guards": handoff.guards.iter().filter_map(|id| events.get(id)).map(guard).collect::<Vec<_>>(),
    })
}

fn end(facts: &Facts, end: &HandoffEnd, sources: &Sources) -> Value {
    json!({
        "does": end.does,
        "tool": end.tool,
        "pipeline": end.pipeline,
        "execution": end.execution,
        "step": end.step,
        "place": at(facts, end.span, sources),
    })
}

/// Path and position; lines and columns are 1-based.
fn at(facts: &Facts, id: SpanId, sources: &Sources) -> Value {
    let Some(span) = facts.spans.get(id as usize) else { return Value::Null };
    let (start, end) = sources.positions(*span);
    let position = |p: crate::source::Position| json!({"line": p.line, "column": p.column, "offset": p.offset});
    json!({"path": sources.get(span.file).path, "span": {"start": position(start), "end": position(end)}})
}
