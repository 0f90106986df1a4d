//! What the walk recorded, as facts.

use super::World;
use super::admission;
use super::causes::why;
use super::downloads::mark_overwritten;
use super::example::is_example;
use super::file_index::Moved;
use super::guards::{self, Judge};
use super::hand;
use super::handed;
use super::identity::{self, Hint};
use super::interpret::Walk;
use super::layout;
use super::machine::Machine;
use super::model::{Place, RawEvent, RawExecution, Subject};
use super::names::{self, Names, Reading};
use super::protection::{checks_of, guards_of};
use super::refer;
use super::text::Text;
use super::unread::TOO_MANY;
use super::used::mark_used;
use super::uses;
use super::value::Value;
use crate::facts::*;
use crate::pipeline::Pipeline;
use crate::source::Span;
use crate::tools::{Truth, glob::Glob};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The table of places.
#[derive(Default)]
pub(super) struct Places {
    spans: Vec<Span>,
    ids: HashMap<Span, SpanId>,
}

impl Places {
    pub(super) fn id(&mut self, span: Span) -> SpanId {
        let next = SpanId::try_from(self.spans.len()).unwrap_or(SpanId::MAX);
        let spans = &mut self.spans;
        *self.ids.entry(span).or_insert_with(|| {
            spans.push(span);
            next
        })
    }
}

/// The facts of one walked pipeline.
pub(super) fn facts(mut walk: Walk, pipeline: &Pipeline, world: &World) -> Facts {
    let mut places = Places::default();
    let path = world.sources.get(pipeline.file).path.clone();
    let mut events = walk.records.events.clone();
    let mut names = Names::of(&events, &walk.symbols);
    names::add_retags(&mut events, &mut names, &walk.records.executions, &walk.symbols);
    let pushed = pushed_repositories(&events, &names);
    let executions = execution_facts(&walk, &events, &names, &mut places);
    if !events.is_empty() {
        let asked_for = events.iter().map(|event| event.node).chain(walk.records.moves.iter().map(|of| of.node));
        let ends = walk.records.executions.iter().flat_map(|execution| [execution.entry, execution.ok]);
        walk.graph.shorten(&asked_for.chain(ends).collect());
    }
    let moved = Moved::of(&walk.records.moves);
    let mut judge = Judge::new(&walk.graph, &walk.symbols, &walk.records.executions, &events, &names, &moved);
    let machine = Machine::new(&events, &names, &walk);
    let mut by_kind: BTreeMap<EventKind, Vec<Event>> = BTreeMap::new();
    for index in 0..events.len() {
        let event = event_facts(index, &mut judge, &machine, &walk, &pushed, &mut places);
        by_kind.entry(event.kind).or_default().push(event);
    }
    let is_of_repository = |path: &str| world.files.read(path).is_some();
    mark_used(&mut by_kind, &events, &names, &walk.symbols, &moved, &is_of_repository);
    mark_overwritten(&mut by_kind, &events, &walk.records.moves);
    mark_repeated(&mut by_kind);
    let unanswered = judge.is_cut_short();
    let crowded = judge.crowded.iter().map(|event| places.id(events[*event].span)).collect();
    let does = |kinds: &[EventKind]| {
        let is_image = |e: &RawEvent| guards::subject(e).is_some_and(|s| s.artifact == Artifact::Image);
        events.iter().any(|e| kinds.contains(&e.kind) && is_image(e))
    };
    Facts {
        schema: SCHEMA,
        pipeline: PipelineFacts {
            format: pipeline.format,
            name: pipeline.name.clone(),
            triggers: pipeline.triggers.iter().map(|t| t.name.clone()).collect(),
            repository_signs: does(&[EventKind::Sign, EventKind::Attest]),
            repository_verifies: does(&[EventKind::Verify]) || pipeline.admission.as_ref().is_some_and(admission::enforces),
            is_example: is_example(&path),
            span: places.id(pipeline.span),
            path,
        },
        executions,
        definitions: uses::definitions(&walk, pipeline.format, world, &mut places),
        images: uses::images(&walk, &walk.records.images, Some((&events, &names)), &mut places),
        base_images: uses::images(&walk, &walk.records.base_images, None, &mut places),
        weaknesses: uses::weaknesses(&walk, &mut places),
        idle: hand::idle(&walk, &pushed, &mut places),
        digests: hand::digests(&walk, &events, &mut places),
        handed: handed::facts(&walk, &events, &names, &pushed, &mut places),
        layouts: pipeline.layout.iter().map(|l| layout::facts(l, &mut places)).collect(),
        admissions: pipeline.admission.iter().map(|a| admission::facts(a, world.knowledge, &mut places)).collect(),
        opaque: opaque(&walk, unanswered, crowded, pipeline.span, &mut places),
        handoffs: Vec::new(),
        events: by_kind,
        spans: places.spans,
    }
}

fn opaque(walk: &Walk, unanswered: bool, crowded: Vec<SpanId>, whole: Span, places: &mut Places) -> Vec<OpaqueFacts> {
    let all = walk.records.opaque.iter().map(|raw| OpaqueFacts {
        why: raw.why.clone(),
        ends: raw.why == TOO_MANY,
        execution: id_of(walk, &raw.place),
        step: raw.place.step.to_string(),
        span: places.id(raw.span),
    });
    let mut all: Vec<OpaqueFacts> = all.collect();
    let of_whole =
        |why: &str, span| OpaqueFacts { why: why.to_owned(), ends: false, execution: String::new(), step: String::new(), span };
    if unanswered {
        all.push(of_whole("it is too large to say of every verification what it protects", places.id(whole)));
    }
    all.extend(crowded.into_iter().map(|span| of_whole("32 verifications are listed for what takes an artifact", span)));
    all
}

pub(super) fn id_of(walk: &Walk, place: &Place) -> String {
    walk.records.executions.get(place.execution).map(|e| e.id.clone()).unwrap_or_default()
}

fn execution_facts(walk: &Walk, events: &[RawEvent], names: &Names, places: &mut Places) -> Vec<ExecutionFacts> {
    let all = &walk.records.executions;
    let mut facts: Vec<ExecutionFacts> = Vec::with_capacity(all.len());
    let mut kinds: Vec<HashSet<EventKind>> = vec![HashSet::new(); all.len()];
    for (index, event) in events.iter().enumerate() {
        let stays = |(s, reading): (&Subject, &Reading)| {
            let url = |t: &Text| refer::is_local_url(&t.masked());
            s.is_local || s.value.single().is_some_and(|t| reading.named.iter().all(|n| n.is_local) || url(t))
        };
        let local = guards::subject(event).zip(names.subject(index)).is_some_and(stays)
            || event.destination.as_ref().zip(names.destination(index)).is_some_and(stays);
        // What is handed to the run's own store is published by nobody yet.
        let is_kept =
            |e: &RawEvent| e.kind == EventKind::Upload && e.destination.as_ref().is_none_or(|d| d.artifact == Artifact::Stored);
        // What is only written into a manifest is not done yet.
        if !local && !is_kept(event) && !event.options.contains_key("declares") {
            kinds[event.place.execution].insert(event.kind);
        }
    }
    for (raw, kinds) in all.iter().zip(&kinds) {
        let signs = kinds.contains(&EventKind::Sign) || kinds.contains(&EventKind::Attest);
        let deploys = kinds.contains(&EventKind::Deploy);
        let publishes =
            [EventKind::Push, EventKind::Copy, EventKind::Publish, EventKind::Upload].iter().any(|k| kinds.contains(k));
        facts.push(ExecutionFacts {
            id: raw.id.clone(),
            needs: raw.needs.iter().map(|n| all[*n].id.clone()).collect(),
            condition: raw.condition.clone(),
            permissions: raw.permissions.clone(),
            permissions_span: raw.permissions_span.map(|s| places.id(s)),
            secrets: raw.secrets.clone(),
            shared_secrets: raw.shared_secrets.iter().map(|(name, span)| (name.clone(), places.id(*span))).collect(),
            inherits_secrets: raw.inherits_secrets.map(|s| places.id(s)),
            has_environment: raw.has_environment,
            steps: hand::steps(walk, facts.len(), places),
            is_elsewhere: raw.is_elsewhere,
            signs,
            deploys,
            publishes,
            privileged: signs || deploys || publishes || !raw.secrets.is_empty() || may_write(raw),
            span: places.id(raw.span),
        });
    }
    facts
}

/// Whether the execution's token may write packages, contents, or obtain an identity.
fn may_write(execution: &RawExecution) -> bool {
    execution.permissions.as_ref().is_some_and(|scopes| {
        scopes.iter().any(|(scope, level)| {
            level == "write" && matches!(scope.as_str(), "*" | "packages" | "contents" | "id-token" | "deployments")
        })
    })
}

/// `registry/repository` of everything that is pushed.
fn pushed_repositories(events: &[RawEvent], names: &Names) -> HashSet<String> {
    let pushed = events.iter().enumerate().filter_map(|(index, event)| match event.kind {
        EventKind::Push => names.subject(index),
        EventKind::Copy | EventKind::Retag => names.destination(index),
        _ => None,
    });
    pushed.flat_map(Reading::repositories).collect()
}

/// The facts of a subject that no event has.
pub(super) fn subject_facts(subject: &Subject, walk: &Walk, pushed: &HashSet<String>, places: &mut Places) -> Reference {
    read_facts(subject, &Reading::of(subject, "", &walk.symbols), walk, pushed, places)
}

/// The facts of a subject whose name was read.
pub(super) fn read_facts(
    subject: &Subject,
    reading: &Reading,
    walk: &Walk,
    pushed: &HashSet<String>,
    places: &mut Places,
) -> Reference {
    let span = places.id(subject.span);
    let mut facts = refer::reference(subject, reading, &walk.symbols, span, |s| places.id(s));
    if let Some(given) = refer::handed(subject, walk.world.sources) {
        facts.handed = Some(places.id(given));
        if refer::is_argument(&facts.text) {
            facts.text = refer::shown(walk.world.sources.text(given), &facts.resolved);
        }
    }
    let repositories: Vec<String> = reading.repositories().collect();
    let matches = |globs: &[Glob], name: &str| globs.iter().any(|g| g.matches(name) == Truth::Yes);
    facts.pushed_here = repositories.iter().any(|r| pushed.contains(r) || matches(&walk.world.knowledge.first_party, r));
    if matches!(facts.mutability, Mutability::Tag | Mutability::Implicit) {
        let tag = facts.tag.as_deref().unwrap_or("latest");
        let named = |r: &String| {
            let immutable = &walk.world.knowledge.immutable;
            matches(immutable, r) || matches(immutable, &format!("{r}:{tag}"))
        };
        if !repositories.is_empty() && repositories.iter().all(named) {
            facts.mutability = Mutability::ImmutableByPolicy;
        }
    }
    facts
}

fn event_facts(
    index: usize,
    judge: &mut Judge,
    machine: &Machine,
    walk: &Walk,
    pushed: &HashSet<String>,
    places: &mut Places,
) -> Event {
    let (events, names) = (judge.events, judge.names);
    let raw = &events[index];
    let mut subject = |subject: &Option<Subject>, reading: Option<&Reading>| {
        Some(read_facts(subject.as_ref()?, reading?, walk, pushed, places))
    };
    let mut named = subject(&raw.reference, names.reference(index));
    let source = subject(&raw.source, names.source(index));
    let mut destination = subject(&raw.destination, names.destination(index));
    if let Some(file) = destination.as_mut().filter(|file| raw.kind == EventKind::Download && file.path.is_some()) {
        let stored = super::file_index::stored(index, raw, names, &walk.symbols).into_iter().flatten().next();
        file.path = stored.filter(|path| !path.contains(refer::MARK)).or(file.path.take());
    }
    if named.is_none() && matches!(raw.kind, EventKind::Copy | EventKind::Retag | EventKind::Download) {
        named.clone_from(&source);
    }
    if let Some(named) = &mut named {
        machine.locate(named, index);
    }
    let effect = guards::has_effect(raw.kind).then(|| judge.effect(index));
    let ids = |list: Vec<usize>| -> Vec<u32> { list.into_iter().filter_map(|i| u32::try_from(i).ok()).collect() };
    let (goes_on, instead) = match &effect {
        Some(effect) if !effect.stops => judge.after_failure(index),
        _ => Default::default(),
    };
    let (guards, candidates) = guards_of(index, judge, places);
    let checks = match raw.kind {
        EventKind::Copy | EventKind::Retag => checks_of(index, judge),
        _ => Vec::new(),
    };
    let show = |value: &Value| value.display(&walk.symbols);
    let in_own_file = walk.calls.first().is_some_and(|(root, _)| raw.span.file == *root);
    Event {
        id: u32::try_from(index).unwrap_or(u32::MAX),
        kind: raw.kind,
        tool: raw.tool.to_string(),
        verb: raw.verb.to_string(),
        reference: named,
        source,
        destination,
        options: raw
            .options
            .iter()
            .map(|(role, values)| (role.clone(), values.iter().map(|v| show(&v.value)).collect()))
            .collect(),
        option_spans: raw
            .options
            .iter()
            .filter_map(|(role, values)| Some((role.clone(), places.id(values.first()?.span))))
            .collect(),
        identities: identities(raw, names.subject(index), walk, places),
        is_repeated: false,
        repeats: None,
        until: None,
        expected_to_fail: effect.as_ref().is_some_and(|e| e.expected_to_fail),
        effect: effect.map(|e| Effect {
            stops: e.stops,
            cause: e.cause.map(|(cause, _)| cause),
            why: e.cause.map(|(cause, span)| why(cause, span, walk.world.sources, raw.place.shell)),
            span: e.cause.map(|(_, span)| places.id(span)),
            behind: e.behind.map(|span| places.id(span)),
            elsewhere: e.cause.is_some_and(|(_, span)| span.file != raw.span.file),
            goes_on: ids(goes_on),
            instead: ids(instead),
        }),
        conditional: raw.branch || raw.place.conditional,
        guards,
        candidates,
        checks,
        missing: hand::missing(raw, walk, places),
        expected: hand::expected(raw, walk, pushed, places),
        is_captured: raw.captured,
        origin: raw.origin,
        shell: raw.place.shell,
        execution: id_of(walk, &raw.place),
        step: raw.place.step.to_string(),
        step_span: raw.place.step_span.map(|s| places.id(s)),
        execution_index: raw.place.execution,
        calls: raw.place.calls.iter().filter(|_| !in_own_file).map(|span| places.id(*span)).collect(),
        span: places.id(raw.span),
    }
}

fn identities(raw: &RawEvent, reading: Option<&Reading>, walk: &Walk, places: &mut Places) -> Vec<Identity> {
    let mut found = Vec::new();
    let texts = |role: &str| raw.options.get(role).into_iter().flatten().flat_map(|v| v.value.alternatives());
    let issuers: Vec<String> =
        ["issuer", "issuer-regexp"].into_iter().flat_map(texts).map(|text| text.display(&walk.symbols)).collect();
    let repositories: Vec<String> = reading.into_iter().flat_map(Reading::repositories).collect();
    for (role, values) in raw.options.iter() {
        let is_issuer = role.starts_with("issuer");
        let is_regexp = role.ends_with("-regexp");
        if !matches!(role.as_str(), "identity" | "identity-regexp" | "issuer" | "issuer-regexp") {
            continue;
        }
        for value in values {
            for text in value.value.alternatives() {
                let hints: Vec<Hint> = text.symbols().map(|id| hint(walk.symbols.get(id).kind)).collect();
                let subject = if is_issuer { identity::Subject::Issuer } else { identity::Subject::Identity };
                let context = identity::Context { subject, hints: &hints, repository: None };
                let judged = if is_regexp {
                    identity::judge_regexp(&text.masked(), &context)
                } else {
                    identity::judge_exact(&text.masked())
                };
                let expression = text.display(&walk.symbols);
                found.push(Identity {
                    role: role.clone(),
                    is_trusted: walk.world.knowledge.trusts(&expression, &issuers, &repositories),
                    expression,
                    known: judged.known,
                    anchored: judged.anchored,
                    admits: judged.admits,
                    // Where the expression is written, which may be far from the command that uses it.
                    span: places.id(value.value.origins.first().map_or(value.span, |o| o.span)),
                });
            }
        }
    }
    found
}

fn hint(kind: super::symbol::Kind) -> Hint {
    match kind {
        super::symbol::Kind::Repository => Hint::Repository,
        super::symbol::Kind::Owner => Hint::Name,
        _ => Hint::Nothing,
    }
}

fn mark_repeated(events: &mut BTreeMap<EventKind, Vec<Event>>) {
    let mut taken: Vec<(u32, EventKind, usize)> = Vec::new();
    for kind in [EventKind::Pull, EventKind::Run] {
        let all = events.get(&kind).map(Vec::as_slice).unwrap_or_default();
        taken.extend(all.iter().enumerate().map(|(i, e)| (e.id, kind, i)));
    }
    taken.sort_unstable_by_key(|(id, ..)| *id);
    let mut seen: HashSet<(usize, String, String)> = HashSet::new();
    for (_, kind, index) in taken {
        let Some(event) = events.get_mut(&kind).and_then(|list| list.get_mut(index)) else { continue };
        let Some(reference) = &event.reference else { continue };
        event.is_repeated = !seen.insert((event.execution_index, event.step.clone(), reference.key.clone()));
    }
    let mut last: HashMap<(usize, String), u32> = HashMap::new();
    for event in events.get_mut(&EventKind::Download).into_iter().flatten() {
        let Some(source) = &event.source else { continue };
        event.repeats = last.insert((event.execution_index, source.key.clone()), event.id);
    }
}
