//! What protects an event: verifications of what is used, checks of what is fetched or copied.

use super::collect::Places;
use super::downloads::checked_downloads;
use super::guards::{self, Judge};
use super::same::Same;
use crate::facts::*;
use crate::source::Span;

/// Verifications that are listed for a use.
const MAX_CANDIDATES: usize = 32;

/// Verifications on several ways that are looked at together.
const MAX_TOGETHER: usize = 8;

pub(super) fn guards_of(index: usize, judge: &mut Judge, places: &mut Places) -> (Vec<u32>, Vec<Candidate>) {
    let events = judge.events;
    let (mut guards, mut candidates) = (Vec::new(), Vec::new());
    if events[index].kind == EventKind::Download {
        guards.extend(checked_downloads(index, judge));
    }
    if !guards::is_use(events[index].kind) {
        return (guards, candidates);
    }
    let (mut partial, mut is_crowded) = (Vec::new(), false);
    for (other, event) in events.iter().enumerate().filter(|(_, e)| e.kind == EventKind::Verify) {
        let id = u32::try_from(other).unwrap_or(u32::MAX);
        let mut no = |why: NotGuarding, span: Span| {
            if candidates.len() < MAX_CANDIDATES {
                candidates.push(Candidate { event: id, why, span: places.id(span) });
            } else {
                is_crowded = true;
            }
        };
        match judge.same(other, index) {
            Same::No => {}
            Same::Repository => no(NotGuarding::OtherContent, event.span),
            same => match judge.guards(other, index) {
                Ok(()) if same == Same::Content => guards.push(id),
                Ok(()) => no(NotGuarding::ByTag, event.span),
                Err((why, span)) => {
                    let here = event.place.execution == events[index].place.execution;
                    let may_help = matches!(why, NotGuarding::Conditional | NotGuarding::Ignored);
                    if same == Same::Content && may_help && here && partial.len() < MAX_TOGETHER {
                        partial.push(other);
                    }
                    no(why, span);
                }
            },
        }
    }
    if guards.is_empty() {
        if partial.len() < 2 || !judge.guard_together(&partial, index) {
            partial.retain(|other| judge.checks_what_is_fetched(*other, index));
        }
        guards.extend(partial.iter().filter_map(|other| u32::try_from(*other).ok()));
        candidates.retain(|c| !guards.contains(&c.event));
    }
    if is_crowded {
        judge.crowded.push(index);
    }
    (guards, candidates)
}

pub(super) fn checks_of(copy: usize, judge: &mut Judge) -> Vec<u32> {
    let events = judge.events;
    let mut checks = Vec::new();
    for (other, event) in events.iter().enumerate() {
        let is_check = match event.kind {
            EventKind::Compare => judge.checks(other, copy),
            EventKind::Verify => {
                verifies_destination(other, copy, judge) && judge.comes_after(copy, other) && judge.effect(other).stops
            }
            _ => false,
        };
        if is_check {
            checks.push(u32::try_from(other).unwrap_or(u32::MAX));
        }
    }
    checks
}

/// Whether a verification is about the destination of a copy, by digest. Their names are the same, in order.
fn verifies_destination(other: usize, copy: usize, judge: &Judge) -> bool {
    let (events, names) = (judge.events, judge.names);
    let Some((verified, reading)) = guards::subject(&events[other]).zip(names.subject(other)) else { return false };
    let destination = names.destination(copy).map_or(&[][..], |d| &d.named);
    // What was looked up before the copy says what was meant.
    let is_later = |id| {
        let symbol = judge.symbols.get(id);
        symbol.lookup && symbol.node.is_none_or(|node| node > events[copy].node)
    };
    reading.named.iter().all(|n| n.mutability == Mutability::Digest)
        && reading.named.len() == destination.len()
        && reading.named.iter().zip(destination).all(|(n, d)| n.registry == d.registry && n.repository == d.repository)
        && verified.value.all(|t| !t.symbols().any(is_later))
}
