//! What the walk records: events and uses with abstract values, before they become facts.

use super::graph::NodeId;
use super::symbol::SymbolId;
use super::text::Text;
use super::value::Value;
use crate::facts::{Artifact, EventKind, IdleCause, Origin, Shell};
use crate::pipeline::{Caught, Definition};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// Where the walk is.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Index of the execution in [`Recorder::executions`].
    pub(super) execution: usize,
    /// Name, id or position of the step.
    pub(super) step: Rc<str>,
    /// Its first line.
    pub(super) step_span: Option<Span>,
    /// Conditions that must hold for it to run, as text: of the execution and of the step.
    pub(super) conditions: Rc<Vec<Rc<str>>>,
    /// Whether the step itself is conditional.
    pub(super) conditional: bool,
    /// The shell of the step's script.
    pub(super) shell: Shell,
    /// The commands that lead into the file that is being walked, outermost first; none in the pipeline's own.
    pub(super) calls: Rc<Vec<Span>>,
}

/// One artifact as a command names it.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    pub(super) artifact: Artifact,
    pub(super) value: Value,
    /// As written.
    pub(super) text: String,
    pub(super) span: Span,
    /// It never leaves this machine (`docker-daemon:`, `containers-storage:`).
    pub(super) is_local: bool,
    /// Nobody wrote it: it is what the tool takes by default.
    pub(super) is_default: bool,
}

/// A value that a flag or input gives.
#[derive(Debug, Clone)]
pub(super) struct OptionValue {
    pub(super) value: Value,
    pub(super) span: Span,
}

/// One thing done to one artifact.
#[derive(Debug, Clone)]
pub(super) struct RawEvent {
    pub(super) kind: EventKind,
    pub(super) tool: Rc<str>,
    pub(super) verb: Rc<str>,
    pub(super) reference: Option<Subject>,
    pub(super) source: Option<Subject>,
    pub(super) destination: Option<Subject>,
    pub(super) options: Rc<BTreeMap<String, Vec<OptionValue>>>,
    /// With what a verification of files compares them.
    pub(super) list: Option<Rc<List>>,
    pub(super) node: NodeId,
    /// The outcome that means failure.
    pub(super) fails_by_success: bool,
    pub(super) origin: Origin,
    /// Whether somebody takes what it prints.
    pub(super) captured: bool,
    pub(super) place: Place,
    /// Whether it stands in a branch of its script.
    pub(super) branch: bool,
    pub(super) span: Span,
}

/// A list of checksums.
#[derive(Debug, Clone)]
pub(super) struct List {
    /// Its lines, as far as the job made or fetched them.
    pub(super) lines: Option<Value>,
    /// What it may be, where nothing says which files it names.
    pub(super) unread: Option<Vec<UnreadList>>,
}

/// A list of checksums of which nothing says what files it names.
#[derive(Debug, Clone)]
pub(super) struct UnreadList {
    /// Its path, or where it comes from.
    pub(super) path: String,
    /// What each line of it holds, if it was searched for that.
    pub(super) sought: Option<String>,
}

/// A file that is put under another path.
#[derive(Debug, Clone)]
pub(super) struct RawMove {
    /// Index of the execution.
    pub(super) execution: usize,
    pub(super) node: NodeId,
    /// The paths, as keys of files.
    pub(super) from: String,
    pub(super) to: String,
}

/// A weakening setting.
#[derive(Debug, Clone)]
pub(super) struct RawWeakness {
    pub(super) kind: String,
    /// Where the value was made.
    pub(super) origins: super::value::Origins,
    pub(super) text: String,
    pub(super) tool: Rc<str>,
    pub(super) host: Option<String>,
    pub(super) event: Option<usize>,
    pub(super) is_asked_for: bool,
    pub(super) span: Span,
    pub(super) place: Place,
}

/// Why what is being walked does not run, or does not always run.
#[derive(Debug, Clone)]
pub(super) struct Off {
    pub(super) why: IdleCause,
    /// Place of the condition.
    pub(super) span: Span,
    /// The condition as written.
    pub(super) condition: Option<Rc<str>>,
    /// The input that decides.
    pub(super) input: Option<Rc<str>>,
    pub(super) runs_by_default: bool,
}

/// A verification that does not run, or does not always run.
#[derive(Debug, Clone)]
pub(super) struct RawIdle {
    pub(super) raw: RawEvent,
    pub(super) off: Off,
    /// Index of its event, if it may run.
    pub(super) event: Option<usize>,
}

/// A step as walked.
#[derive(Debug, Clone)]
pub(super) struct RawStep {
    pub(super) place: Place,
    /// Whether everything that it does is known.
    pub(super) is_seen: bool,
    /// Whether it tests something, of whatever kind.
    pub(super) tests: bool,
    pub(super) span: Span,
    /// Outputs of the execution whose files it names.
    pub(super) outputs: Vec<String>,
    pub(super) is_tolerated: bool,
}

/// A digest or checksum that is at hand.
#[derive(Debug, Clone)]
pub(super) struct RawDigest {
    pub(super) symbol: SymbolId,
    pub(super) place: Place,
    pub(super) span: Span,
}

/// An image that is given to something that is not seen.
#[derive(Debug, Clone)]
pub(super) struct RawHanded {
    pub(super) subject: Subject,
    pub(super) taker: super::handed::Taker,
    /// The parameter, output or file that carries it.
    pub(super) name: String,
    pub(super) is_destination: bool,
    pub(super) place: Place,
}

/// A value that nothing defines.
#[derive(Debug, Clone)]
pub(super) struct RawMissing {
    pub(super) name: String,
    pub(super) why: String,
    pub(super) origin: Option<Span>,
}

/// A reference to pipeline code.
#[derive(Debug, Clone)]
pub(super) struct RawDefinition {
    pub(super) definition: Definition,
    pub(super) place: Place,
    /// Whether it stands for a whole execution.
    pub(super) whole: bool,
}

/// An image that something runs in.
#[derive(Debug, Clone)]
pub(super) struct RawImage {
    pub(super) role: &'static str,
    pub(super) subject: Subject,
    pub(super) place: Place,
}

/// An execution as walked.
#[derive(Debug, Clone)]
pub(super) struct RawExecution {
    pub(super) id: String,
    /// Indices of the executions before it.
    pub(super) needs: Vec<usize>,
    pub(super) condition: Option<String>,
    /// The machine that it shares with others.
    pub(super) machine: Option<String>,
    /// What must hold for it to run, callers included, as in [`Place::conditions`].
    pub(super) conditions: Vec<Rc<str>>,
    /// What must hold for it to run, because it must hold for those that it does not run without.
    pub(super) implied: Rc<BTreeSet<Rc<str>>>,
    /// Whether it also runs after a failure of what it needs.
    pub(super) runs_after_failure: bool,
    pub(super) permissions: Option<BTreeMap<String, String>>,
    pub(super) permissions_span: Option<Span>,
    pub(super) secrets: Vec<String>,
    /// Those that are set for all of its steps, and where.
    pub(super) shared_secrets: BTreeMap<String, Span>,
    /// Where it hands all secrets to what it calls.
    pub(super) inherits_secrets: Option<Span>,
    pub(super) has_environment: bool,
    /// Whether its steps stand somewhere else, where they are not seen.
    pub(super) is_elsewhere: bool,
    /// Whether executions of other pipelines leave it variables.
    pub(super) is_given_more: bool,
    pub(super) entry: NodeId,
    pub(super) ok: NodeId,
    /// Where its own failure is tolerated.
    pub(super) tolerance: Option<(Span, String)>,
    /// What takes its failure after it has kept others from running.
    pub(super) caught: Option<Caught>,
    /// Where its id stands.
    pub(super) span: Span,
}

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

impl RawExecution {
    /// Whether both run on one machine.
    pub(super) fn is_with(&self, other: &RawExecution) -> bool {
        self.id == other.id || self.machine.is_some() && self.machine == other.machine
    }
}

/// What is not followed.
#[derive(Debug)]
pub(super) struct RawOpaque {
    pub(super) span: Span,
    /// Why, as a clause.
    pub(super) why: String,
    pub(super) place: Place,
    /// The first node after it.
    pub(super) before: NodeId,
}

/// A file that was fetched from an address.
#[derive(Debug)]
pub(super) struct Fetched {
    /// Its path, as the command names it.
    pub(super) file: Value,
    /// Where that is followed from, relative to the repository.
    pub(super) directory: Rc<str>,
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
    /// Files that are put under another path.
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
    /// Files that each execution fetched from an address.
    pub(super) fetched: HashMap<usize, Vec<Fetched>>,
}

/// What is recorded outside of something that never runs.
pub(super) struct Outside {
    off: Option<Off>,
    kinds: Vec<EventKind>,
    idle: usize,
    counts: [usize; 8],
}

impl Off {
    /// The same where it may run after all.
    pub(super) fn by_default(self) -> Off {
        Off { why: IdleCause::Default, ..self }
    }

    fn is_never(&self) -> bool {
        matches!(self.why, IdleCause::Comment | IdleCause::Never | IdleCause::Caller)
    }
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
