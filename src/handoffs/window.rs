//! Whether somebody who can write to the carrier, and to nothing else, can change what the consumer gets.

use super::Producer;
use crate::facts::{Artifact, Event, EventKind, Facts, Mutability, Reference, Window, WindowReason};

/// The window of a handoff; `None` if nothing leaves the machine. `own`: who left it, if that is an event of the same pipeline;
/// `is_left`: whether anybody is known who did.
pub(super) fn judge(
    facts: &Facts,
    event: Option<&Event>,
    name: &Reference,
    own: Option<&Producer>,
    is_left: bool,
) -> Option<(Window, WindowReason)> {
    if event.is_some_and(|e| !e.guards.is_empty()) {
        return Some((Window::Closed, WindowReason::Verified));
    }
    if name.artifact != Artifact::Image {
        return Some(file(facts, event, name));
    }
    Some(match name.mutability {
        Mutability::Local => return None,
        Mutability::Digest if name.digest_is_lookup && looked_up_again(facts, name, own, is_left) => {
            (Window::Open, WindowReason::LookedUpAgain)
        }
        Mutability::Digest => (Window::Closed, WindowReason::ContentAddressed),
        Mutability::ImmutableByPolicy => (Window::Closed, WindowReason::ImmutableByPolicy),
        Mutability::Tag | Mutability::Implicit => (Window::Open, WindowReason::Repointable),
        Mutability::Unknown => (Window::Unknown, WindowReason::UnreadableName),
    })
}

fn file(facts: &Facts, event: Option<&Event>, name: &Reference) -> (Window, WindowReason) {
    if name.artifact == Artifact::Url && name.mutability == Mutability::Digest {
        return (Window::Closed, WindowReason::ContentAddressed);
    }
    // Nothing but an action of the CI system stands between two executions of one run; what is checked after it arrived is checked.
    if name.artifact == Artifact::Stored && event.is_some_and(|e| is_checked_later(facts, e)) {
        return (Window::Closed, WindowReason::Verified);
    }
    if name.artifact == Artifact::Url && name.resolved.starts_with("${") && name.host.is_none() {
        return (Window::Unknown, WindowReason::UnreadableName);
    }
    (Window::Open, WindowReason::Unchecked)
}

/// A verification or comparison of files in the same execution afterwards, whose failure stops it.
fn is_checked_later(facts: &Facts, event: &Event) -> bool {
    let kinds = [EventKind::Verify, EventKind::Compare];
    kinds.iter().filter_map(|k| facts.events.get(k)).flatten().any(|check| {
        let of_a_file =
            check.kind == EventKind::Compare || check.reference.as_ref().is_some_and(|r| r.artifact == Artifact::File);
        of_a_file
            && check.execution_index == event.execution_index
            && check.id > event.id
            && !check.expected_to_fail
            && check.effect.as_ref().is_some_and(|e| e.stops)
    })
}

/// Whether the digest comes from asking the registry what the tag points at, anywhere but in the execution that had just pushed it.
fn looked_up_again(facts: &Facts, name: &Reference, own: Option<&Producer>, is_left: bool) -> bool {
    let lookups = facts.events.get(&EventKind::Resolve).into_iter().flatten();
    let mut from = lookups.filter(|r| name.provenance.iter().any(|p| p.span == r.span)).peekable();
    if from.peek().is_none() {
        // The lookup is not in this pipeline, or not a command of its own: it stands where the digest is used.
        return !is_left;
    }
    from.any(|lookup| {
        let by_tag = lookup.reference.as_ref().is_none_or(|r| r.mutability != Mutability::Digest);
        let by_pusher = own.is_some_and(|p| p.execution_index == lookup.execution_index && p.id < lookup.id);
        by_tag && !by_pusher && lookup.guards.is_empty()
    })
}
