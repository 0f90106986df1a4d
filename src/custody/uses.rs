//! What a pipeline uses: pipeline code, images, weak settings.

use super::World;
use super::collect::{Places, id_of, read_facts};
use super::interpret::Walk;
use super::model::{RawEvent, RawImage};
use super::names::{Names, Reading};
use super::refer;
use super::reference;
use crate::facts::*;
use crate::finding::Severity;
use crate::pipeline::{DefinitionTarget, Format};
use std::collections::HashSet;

pub(super) fn definitions(walk: &Walk, format: Format, world: &World, places: &mut Places) -> Vec<DefinitionFacts> {
    let mut all = Vec::new();
    for raw in &walk.records.definitions {
        let DefinitionTarget::Remote { source, path, reference } = &raw.definition.target else { continue };
        if source == "gitlab-templates" {
            // Shipped with the server that runs the pipeline.
            continue;
        }
        let spec = world.toolbox.action(source, path.as_deref());
        let owner = source.split('/').next().unwrap_or("");
        all.push(DefinitionFacts {
            text: raw.definition.text.raw().to_owned(),
            kind: raw.definition.kind,
            source: source.clone(),
            path: path.clone(),
            reference: reference.clone(),
            parameter: raw.definition.parameter.clone(),
            pin: pin(reference.as_deref()),
            forge_owned: matches!(format, Format::GithubWorkflow | Format::GithubAction) && matches!(owner, "actions" | "github"),
            first_party: world.knowledge.owns(source, format),
            requires_semver: spec.is_some_and(|s| s.requires_semver),
            execution: id_of(walk, &raw.place),
            execution_index: raw.place.execution,
            step: if raw.whole { String::new() } else { raw.place.step.to_string() },
            span: places.id(raw.definition.version.unwrap_or_else(|| raw.definition.text.span())),
        });
    }
    all
}

/// What kind of version a reference is.
pub(super) fn pin(reference: Option<&str>) -> Pin {
    let Some(text) = reference else { return Pin::None };
    if text.contains("${{") || text.contains("$(") || text.contains('$') {
        return Pin::Unknown;
    }
    if ["sha256:", "sha512:", "sha256-", "sha384-", "sha512-"].iter().any(|hash| text.starts_with(hash)) {
        return Pin::Digest;
    }
    if matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Pin::Commit;
    }
    let version = text.strip_prefix('v').unwrap_or(text);
    let (core, _) = version.split_once(['-', '+']).unwrap_or((version, ""));
    let numbers = core.split('.').filter(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit())).count();
    match (numbers, core.split('.').count()) {
        (3, 3) => Pin::Semver,
        (n, m) if n == m && n > 0 => Pin::Tag,
        _ => Pin::Branch,
    }
}

/// `here`: the events among which some may build the images on the same machine, with their names.
pub(super) fn images(walk: &Walk, raw: &[RawImage], here: Option<(&[RawEvent], &Names)>, places: &mut Places) -> Vec<ImageUse> {
    let none = HashSet::new();
    let mut all = Vec::with_capacity(raw.len());
    for image in raw {
        let reading = Reading::of(&image.subject, "", &walk.symbols);
        let mut reference = read_facts(&image.subject, &reading, walk, &none, places);
        let is_built = |(events, names): (&[RawEvent], &Names)| {
            let built = |e: &RawEvent| e.kind == EventKind::Build && e.place.execution == image.place.execution;
            names.handlers(&reading.keys).any(|at| built(&events[at]))
        };
        if here.is_some_and(is_built) {
            reference.mutability = Mutability::Local;
            reference.is_local = true;
        }
        all.push(ImageUse {
            role: image.role.to_owned(),
            reference,
            execution: id_of(walk, &image.place),
            execution_index: image.place.execution,
        });
    }
    all
}

pub(super) fn weaknesses(walk: &Walk, places: &mut Places) -> Vec<Weakness> {
    walk.records
        .weaknesses
        .iter()
        .map(|raw| Weakness {
            kind: raw.kind.clone(),
            text: raw.text.clone(),
            tool: raw.tool.to_string(),
            is_local: raw.host.as_deref().is_some_and(refer::is_local_host),
            is_asked_for: raw.is_asked_for,
            host: raw.host.clone().map(|h| h.replace(reference::UNKNOWN, "?")),
            event: raw.event.and_then(|e| u32::try_from(e).ok()),
            provenance: raw.origins.iter().map(|o| Provenance { span: places.id(o.span), what: o.what.to_string() }).collect(),
            severity: None::<Severity>,
            execution: id_of(walk, &raw.place),
            execution_index: raw.place.execution,
            step: raw.place.step.to_string(),
            span: places.id(raw.span),
        })
        .collect()
}
