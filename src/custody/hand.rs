//! Facts about values rather than deeds: digests at hand, values that nothing defines, verifications that do not run.

use super::collect::{Places, id_of, subject_facts};
use super::interpret::Walk;
use super::model::{RawEvent, RawMissing, Subject};
use super::refer;
use super::symbol::{DigestForm, Kind, SymbolId};
use crate::facts::{DigestFacts, DigestKind, EventKind, Idle, Missing, Reference, StepFacts};
use std::collections::HashSet;

pub(super) fn idle(walk: &Walk, pushed: &HashSet<String>, places: &mut Places) -> Vec<Idle> {
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    for idle in &walk.records.idle {
        let raw = &idle.raw;
        let subject = raw.reference.as_ref().or(raw.source.as_ref());
        if !seen.insert((raw.span, raw.place.execution, idle.off.why, subject.map(|s| s.text.clone()))) {
            continue;
        }
        let span = places.id(raw.span);
        let cause = if idle.off.condition.is_some() { places.id(idle.off.span) } else { span };
        all.push(Idle {
            why: idle.off.why,
            event: idle.event.and_then(|e| u32::try_from(e).ok()),
            kind: raw.kind,
            tool: raw.tool.to_string(),
            verb: raw.verb.to_string(),
            reference: subject.map(|s| subject_facts(s, walk, pushed, places)),
            condition: idle.off.condition.as_deref().map(str::to_owned),
            input: idle.off.input.as_deref().map(str::to_owned),
            runs_by_default: idle.off.runs_by_default,
            is_given: idle.off.is_given,
            cause,
            execution: id_of(walk, &raw.place),
            execution_index: raw.place.execution,
            step: raw.place.step.to_string(),
            span,
        });
    }
    all
}

pub(super) fn steps(walk: &Walk, execution: usize, places: &mut Places) -> Vec<StepFacts> {
    let own = walk.records.steps.iter().filter(|s| s.place.execution == execution);
    own.map(|s| StepFacts {
        name: s.place.step.to_string(),
        is_seen: s.is_seen,
        tests: s.tests,
        outputs: s.outputs.clone(),
        is_tolerated: s.is_tolerated,
        span: places.id(s.span),
    })
    .collect()
}

pub(super) fn digests(walk: &Walk, events: &[RawEvent], places: &mut Places) -> Vec<DigestFacts> {
    let mut all = Vec::new();
    for raw in &walk.records.digests {
        let symbol = walk.symbols.get(raw.symbol);
        let is_image = symbol.kind != Kind::Checksum;
        let of = symbol.subject.as_ref();
        let named = of.filter(|_| is_image).map(|of| refer::named(of, &walk.symbols));
        let after = |e: &RawEvent| symbol.node.is_none_or(|node| e.node > node);
        let first = events.iter().position(after).unwrap_or(events.len());
        all.push(DigestFacts {
            kind: if is_image { DigestKind::Digest } else { DigestKind::Checksum },
            of: of.map_or_else(|| super::text::Text::symbol(raw.symbol).display(&walk.symbols), |of| of.display(&walk.symbols)),
            registry: named.as_ref().and_then(|n| n.registry.clone()),
            repository: named.and_then(|n| n.repository),
            is_lookup: symbol.lookup,
            is_checked: walk.symbols.form(raw.symbol) == DigestForm::Checked,
            handed_on: walk.records.handed_digests.get(&(raw.symbol, raw.place.execution)).map(|s| places.id(*s)),
            is_received: symbol.node.is_some_and(|node| is_before(walk, raw.place.execution, node)),
            before: u32::try_from(first).unwrap_or(u32::MAX),
            execution: id_of(walk, &raw.place),
            execution_index: raw.place.execution,
            step: raw.place.step.to_string(),
            span: places.id(raw.span),
        });
    }
    all
}

/// Nodes are numbered as they are walked, so what lies before an execution's entry belongs to another one.
fn is_before(walk: &Walk, execution: usize, node: u32) -> bool {
    walk.records.executions.get(execution).is_some_and(|e| node < e.entry)
}

/// Values in what an event names that nothing defines.
pub(super) fn missing(raw: &RawEvent, walk: &Walk, places: &mut Places) -> Vec<Missing> {
    let mut all: Vec<Missing> = Vec::new();
    let expected = raw
        .options
        .get("expected-digest")
        .into_iter()
        .flatten()
        .flat_map(|o| o.value.alternatives().iter().map(|t| (t, o.span, true)));
    let named = [&raw.reference, &raw.source, &raw.destination].into_iter().flatten();
    let named = named.flat_map(|s: &Subject| s.value.alternatives().iter().map(|t| (t, s.span, false)));
    for (text, span, whole) in named.chain(expected) {
        let digests: Vec<SymbolId> =
            refer::named(text, &walk.symbols).digest.iter().flat_map(|d| d.symbols().collect::<Vec<_>>()).collect();
        for id in text.symbols() {
            let is_digest = whole || digests.contains(&id) || text.as_symbol().is_some();
            let known = walk.records.missing.get(&id).cloned();
            let Some(found) = known.or_else(|| lost(raw, id, walk).filter(|_| digests.contains(&id))) else { continue };
            let span = places.id(span);
            if all.iter().all(|m| m.name != found.name) {
                all.push(Missing {
                    is_digest,
                    origin: found.origin.map(|o| places.id(o)),
                    name: found.name,
                    why: found.why,
                    span,
                });
            }
        }
    }
    all
}

/// Where the checksums or digests that something is compared with were fetched from.
pub(super) fn expected(raw: &RawEvent, walk: &Walk, pushed: &HashSet<String>, places: &mut Places) -> Vec<Reference> {
    let sides =
        [&raw.source, &raw.destination].into_iter().flatten().filter(|_| raw.kind == EventKind::Compare).map(|s| &s.value);
    let lines = raw.list.iter().filter_map(|list| list.lines.as_ref());
    let found: Vec<Subject> = sides.chain(lines).filter_map(|value| walk.fetched(value)).collect();
    found.iter().map(|subject| subject_facts(subject, walk, pushed, places)).collect()
}

/// A shell variable that another step's shell set, and that ended with it.
fn lost(raw: &RawEvent, id: SymbolId, walk: &Walk) -> Option<RawMissing> {
    let symbol = walk.symbols.get(id);
    if symbol.kind != Kind::Unknown || walk.records.executions[raw.place.execution].is_given_more {
        return None;
    }
    let set = walk.records.assigned.get(symbol.key.as_str())?;
    let here = |(execution, step, _): &&(usize, std::rc::Rc<str>, crate::source::Span)| {
        *execution == raw.place.execution && *step == raw.place.step
    };
    if set.iter().any(|s| here(&s)) {
        return None;
    }
    let (_, step, span) = set.iter().rev().find(|(execution, ..)| *execution <= raw.place.execution)?;
    let why = format!("the shell of `{step}` sets it, and it ends with that shell");
    Some(RawMissing { name: symbol.key.clone(), why, origin: Some(*span) })
}
