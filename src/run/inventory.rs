//! What a repository uses of others: pipeline code, images, files from the web; and whether anybody could repoint it.

use crate::audit::{Of, UseRow};
use crate::custody::reference::DEFAULT_REGISTRY;
use crate::facts::{Artifact, DefinitionFacts, Event, EventKind, Facts, Mutability, Pin, Reference, SpanId, TagKind};
use crate::pipeline::DefinitionKind;
use crate::source::Sources;
use std::collections::BTreeSet;

/// Adds what a pipeline uses.
pub(super) fn uses(facts: &Facts, sources: &Sources, all: &mut BTreeSet<UseRow>) {
    let at = |row: UseRow, span: SpanId| {
        let span = *facts.spans.get(span as usize)?;
        let place = sources.positions(span).0;
        Some(UseRow { path: sources.get(span.file).path.clone(), line: place.line, column: place.column, ..row })
    };
    all.extend(facts.definitions.iter().filter_map(|d| at(definition(d), d.span)));
    for image in facts.images.iter().chain(&facts.base_images) {
        let row = reference(&image.reference, &image.role);
        all.extend(row.and_then(|r| at(UseRow { execution: image.execution.clone(), ..r }, image.reference.span)));
    }
    for event in facts.events.values().flatten() {
        let Some((taken, role)) = taken(event) else { continue };
        let row = reference(taken, role);
        let row = row.map(|r| UseRow { execution: event.execution.clone(), step: event.step.clone(), ..r });
        all.extend(row.and_then(|r| at(r, taken.span)));
    }
}

fn definition(facts: &DefinitionFacts) -> UseRow {
    let kind = match facts.kind {
        DefinitionKind::Action => "action",
        DefinitionKind::ReusableWorkflow => "workflow",
        DefinitionKind::Task => "task",
        DefinitionKind::Library => "library",
        DefinitionKind::Include => "include",
        DefinitionKind::Pipeline => "pipeline",
    };
    UseRow {
        kind: kind.to_owned(),
        name: facts.source.clone(),
        inner: facts.path.clone().unwrap_or_default(),
        version: facts.reference.clone().unwrap_or_default(),
        pin: pin_name(facts.pin).to_owned(),
        pinned: matches!(facts.pin, Pin::Commit | Pin::Digest),
        role: "uses".to_owned(),
        trusted_owner: facts.forge_owned || facts.first_party,
        execution: facts.execution.clone(),
        step: facts.step.clone(),
        ..nothing()
    }
}

/// What an event takes from outside, and what for.
fn taken(event: &Event) -> Option<(&Reference, &'static str)> {
    match event.kind {
        EventKind::Run => Some((event.reference.as_ref()?, "run")),
        EventKind::Pull => Some((event.reference.as_ref()?, "pull")),
        EventKind::Deploy => Some((event.reference.as_ref()?, "deploy")),
        EventKind::Download => Some((event.source.as_ref().filter(|r| r.artifact == Artifact::Url && r.is_used)?, "download")),
        EventKind::Stream => Some((event.source.as_ref().or(event.reference.as_ref())?, "execute")),
        _ => None,
    }
}

/// An image or URL that somebody else made.
fn reference(reference: &Reference, role: &str) -> Option<UseRow> {
    if reference.is_local || reference.pushed_here {
        return None;
    }
    let row = UseRow { role: role.to_owned(), ..nothing() };
    match reference.artifact {
        Artifact::Image => {
            let (registry, repository) = (reference.registry.as_ref()?, reference.repository.as_ref()?);
            let may_hold_registry = registry == DEFAULT_REGISTRY && reference.resolved.starts_with("${");
            let version = match (&reference.tag, &reference.digest) {
                (Some(tag), Some(digest)) => format!("{tag}@{digest}"),
                (Some(one), None) | (None, Some(one)) => one.clone(),
                (None, None) => String::new(),
            };
            Some(UseRow {
                kind: "image".to_owned(),
                name: if may_hold_registry { repository.clone() } else { format!("{registry}/{repository}") },
                version,
                pin: image_pin(reference).to_owned(),
                pinned: matches!(reference.mutability, Mutability::Digest | Mutability::ImmutableByPolicy),
                ..row
            })
        }
        Artifact::Url => {
            Some(UseRow { kind: "url".to_owned(), name: reference.resolved.clone(), pin: "unknown".to_owned(), ..row })
        }
        _ => None,
    }
}

fn image_pin(reference: &Reference) -> &'static str {
    match (reference.mutability, reference.tag_kind) {
        (Mutability::Digest, _) => "digest",
        (Mutability::Implicit, _) => "none",
        (Mutability::Unknown | Mutability::Local, _) => "unknown",
        (_, Some(TagKind::FullVersion)) => "semver",
        _ => "tag",
    }
}

fn pin_name(pin: Pin) -> &'static str {
    match pin {
        Pin::Commit => "commit",
        Pin::Digest => "digest",
        Pin::Semver => "semver",
        Pin::Tag => "tag",
        Pin::Branch => "branch",
        Pin::None => "none",
        Pin::Unknown => "unknown",
    }
}

fn nothing() -> UseRow {
    UseRow {
        of: Of::default(),
        path: String::new(),
        line: 0,
        column: 0,
        kind: String::new(),
        name: String::new(),
        inner: String::new(),
        version: String::new(),
        pin: String::new(),
        pinned: false,
        role: String::new(),
        trusted_owner: false,
        execution: String::new(),
        step: String::new(),
    }
}
