//! Where the walk records what it sees, each thing so often as it says something new, and nothing of what never runs.

use super::arrivals::Arrivals;
use super::graph::NodeId;
use super::model::*;
use super::symbol::SymbolId;
use super::text::Text;
use crate::facts::{Artifact, EventKind};
use crate::source::Span;
use std::collections::HashMap;
use std::rc::Rc;

/// A command in a function or loop that is walked again and again is recorded so many times.
const MAX_REPEATS: u32 = 16;
/// Artifacts that a command may name each time.
const MAX_NAMES: u32 = 256;

/// How often a command was recorded.
#[derive(Debug, Default)]
struct Repeats {
    times: u32,
    /// The node of the last time, and the artifacts recorded there.
    last: Option<(NodeId, u32)>,
    is_told: bool,
}

/// Everything that the walk records.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    pub(super) events: Vec<RawEvent>,
    pub(super) weaknesses: Vec<RawWeakness>,
    pub(super) definitions: Vec<RawDefinition>,
    pub(super) images: Vec<RawImage>,
    pub(super) base_images: Vec<RawImage>,
    pub(super) executions: Vec<RawExecution>,
    pub(super) opaque: Vec<RawOpaque>,
    pub(super) idle: Vec<RawIdle>,
    pub(super) steps: Vec<RawStep>,
    pub(super) digests: Vec<RawDigest>,
    pub(super) handed: Vec<RawHanded>,
    /// Files that are put under another path, in order.
    pub(super) moves: Vec<RawMove>,
    /// Where digests leave an execution as a value.
    pub(super) handed_digests: HashMap<(SymbolId, usize), Span>,
    /// Where shells set variables, by name.
    pub(super) assigned: HashMap<Rc<str>, Vec<(usize, Rc<str>, Span)>>,
    /// What nothing defines.
    pub(super) missing: HashMap<SymbolId, RawMissing>,
    /// Set where what is walked does not run, or does not always run.
    pub(super) off: Option<Off>,
    /// Kinds of what never runs.
    idle_kinds: Vec<EventKind>,
    repeats: HashMap<(Span, EventKind, usize), Repeats>,
    /// What each execution has fetched.
    pub(super) arrivals: HashMap<usize, Arrivals>,
}

/// What is recorded outside of something that never runs.
pub(super) struct Outside {
    off: Option<Off>,
    kinds: Vec<EventKind>,
    idle: usize,
    counts: [usize; 8],
}

/// The image or URL that an event is about; of packages and files nobody asks so much.
fn named(event: &RawEvent) -> Option<&[Text]> {
    let subject = [&event.reference, &event.source].into_iter().flatten().next()?;
    matches!(subject.artifact, Artifact::Image | Artifact::Url).then(|| subject.value.alternatives())
}

impl Recorder {
    /// Records an event.
    pub(super) fn event(&mut self, event: RawEvent) {
        let idle = self.off.as_ref().filter(|_| matches!(event.kind, EventKind::Verify | EventKind::Compare)).cloned();
        let never = self.is_idle();
        if let Some(off) = idle {
            self.idle.push(RawIdle { raw: event.clone(), off, event: (!never).then_some(self.events.len()) });
        }
        if never {
            self.idle_kinds.push(event.kind);
            return;
        }
        let seen = self.repeats.entry((event.span, event.kind, event.place.execution)).or_default();
        let names = seen.last.filter(|(node, _)| *node == event.node).map_or(0, |(_, names)| names);
        seen.times = seen.times.saturating_add(u32::from(names == 0));
        seen.last = Some((event.node, names.saturating_add(1)));
        if seen.times <= MAX_REPEATS && names < MAX_NAMES {
            self.events.push(event);
            return;
        }
        let same = |e: &RawEvent| {
            (e.span, e.kind, e.place.execution) == (event.span, event.kind, event.place.execution) && named(e) == named(&event)
        };
        // What is recorded already needs no word; whether it is, is not asked for ever.
        let is_crowd = names >= MAX_NAMES;
        let is_news = || is_crowd || seen.times > 4 * MAX_REPEATS || !self.events.iter().any(same);
        if named(&event).is_some() && !seen.is_told && is_news() {
            seen.is_told = true;
            let why = if is_crowd {
                format!("{MAX_NAMES} artifacts of a command are looked at")
            } else {
                format!("a command is recorded {MAX_REPEATS} times in a job")
            };
            self.opaque.push(RawOpaque { span: event.span, why, place: event.place.clone(), before: event.node });
        }
        if self.idle.last().is_some_and(|i| i.event == Some(self.events.len())) {
            self.idle.pop();
        }
    }

    /// Whether what is walked never runs.
    pub(super) fn is_idle(&self) -> bool {
        self.off.as_ref().is_some_and(Off::is_never)
    }

    /// From here on nothing runs.
    pub(super) fn begin_idle(&mut self, off: Off) -> Outside {
        let outer = self.off.take();
        let inherited = outer.clone().filter(Off::is_never);
        let outside =
            Outside { off: outer, kinds: std::mem::take(&mut self.idle_kinds), idle: self.idle.len(), counts: self.counts() };
        self.off = Some(inherited.unwrap_or(off));
        outside
    }

    /// Things run again. What was switched off together with all that it could protect is nobody's business.
    pub(super) fn end_idle(&mut self, outside: Outside) {
        let inner = std::mem::replace(&mut self.idle_kinds, outside.kinds);
        self.off = outside.off;
        if inner.iter().any(|kind| puts_to_use(*kind)) {
            self.idle.truncate(outside.idle);
        }
        let [weaknesses, definitions, images, base, opaque, steps, digests, handed] = outside.counts;
        self.weaknesses.truncate(weaknesses);
        self.definitions.truncate(definitions);
        self.images.truncate(images);
        self.base_images.truncate(base);
        self.opaque.truncate(opaque);
        self.steps.truncate(steps);
        self.digests.truncate(digests);
        self.handed.truncate(handed);
        if self.is_idle() {
            self.idle_kinds.extend(inner);
        }
    }

    fn counts(&self) -> [usize; 8] {
        [
            self.weaknesses.len(),
            self.definitions.len(),
            self.images.len(),
            self.base_images.len(),
            self.opaque.len(),
            self.steps.len(),
            self.digests.len(),
            self.handed.len(),
        ]
    }

    /// Records an image that is handed on; the same in the same place once.
    pub(super) fn hand(&mut self, handed: RawHanded) {
        let same = |h: &RawHanded| h.subject.span == handed.subject.span && h.subject.value == handed.subject.value;
        if !self.is_idle() && !self.handed.iter().rev().take(MAX_REPEATS as usize).any(same) {
            self.handed.push(handed);
        }
    }

    /// Records that a file is put under another path.
    pub(super) fn file_moves(&mut self, moved: RawMove) {
        if !self.is_idle() {
            self.arrivals.entry(moved.execution).or_default().is_moved(&moved);
            self.moves.push(moved);
        }
    }

    /// Records that an execution has fetched a file from an address, which has these keys.
    pub(super) fn file_arrives(&mut self, execution: usize, file: Fetched, keys: Vec<String>) {
        if !self.is_idle() {
            self.arrivals.entry(execution).or_default().arrive(file, keys);
        }
    }

    /// Records that a digest leaves an execution.
    pub(super) fn hand_digest(&mut self, symbol: SymbolId, execution: usize, span: Span) {
        if !self.is_idle() {
            self.handed_digests.entry((symbol, execution)).or_insert(span);
        }
    }

    /// Records a digest at hand.
    pub(super) fn digest(&mut self, symbol: SymbolId, place: &Place, span: Span) {
        let known = |d: &RawDigest| d.symbol == symbol && d.place.execution == place.execution;
        if !self.digests.iter().any(known) {
            self.digests.push(RawDigest { symbol, place: place.clone(), span });
        }
    }
}

fn puts_to_use(kind: EventKind) -> bool {
    use EventKind::{Attest, Copy, Deploy, Publish, Push, Retag, Sign, Upload};
    matches!(kind, Attest | Copy | Deploy | Publish | Push | Retag | Sign | Upload)
}
