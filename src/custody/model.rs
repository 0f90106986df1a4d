//! What the walk records: events and uses with abstract values, before they become facts.

use super::graph::NodeId;
use super::value::Value;
use crate::facts::{Artifact, EventKind, Origin};
use crate::pipeline::Definition;
use crate::source::Span;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// Where the walk is.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Index of the execution in [`Recorder::executions`].
    pub(super) execution: usize,
    /// Name, id or position of the step.
    pub(super) step: Rc<str>,
    /// Conditions that must hold for it to run, as text: of the execution and of the step.
    pub(super) conditions: Rc<Vec<Rc<str>>>,
    /// Whether the step itself is conditional.
    pub(super) conditional: bool,
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
    pub(super) node: NodeId,
    /// The outcome that means failure.
    pub(super) fails_by_success: bool,
    pub(super) origin: Origin,
    pub(super) place: Place,
    /// Whether it stands in a branch of its script.
    pub(super) branch: bool,
    pub(super) span: Span,
}

/// A weakening setting.
#[derive(Debug, Clone)]
pub(super) struct RawWeakness {
    pub(super) kind: String,
    /// Where the value was made.
    pub(super) origins: Vec<super::value::Origin>,
    pub(super) text: String,
    pub(super) tool: Rc<str>,
    pub(super) host: Option<String>,
    pub(super) event: Option<usize>,
    pub(super) span: Span,
    pub(super) place: Place,
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
    /// Whether what needs it is skipped with it (GitHub); elsewhere the others run all the same.
    pub(super) skips_what_follows: bool,
    /// Whether it also runs after a failure of what it needs.
    pub(super) runs_after_failure: bool,
    pub(super) permissions: Option<BTreeMap<String, String>>,
    pub(super) secrets: Vec<String>,
    pub(super) has_environment: bool,
    pub(super) entry: NodeId,
    pub(super) ok: NodeId,
    /// Where its own failure is tolerated.
    pub(super) tolerance: Option<(Span, String)>,
    pub(super) span: Span,
}

/// A command in a function or loop that is walked again and again is recorded so many times.
const MAX_REPEATS: u32 = 16;

impl RawExecution {
    /// Whether both run on one machine.
    pub(super) fn is_with(&self, other: &RawExecution) -> bool {
        self.id == other.id || self.machine.is_some() && self.machine == other.machine
    }
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
    pub(super) opaque: Vec<(Span, String, Place)>,
    repeats: HashMap<(Span, EventKind, usize), u32>,
}

impl Recorder {
    /// Records an event.
    pub(super) fn event(&mut self, event: RawEvent) {
        let seen = self.repeats.entry((event.span, event.kind, event.place.execution)).or_default();
        *seen += 1;
        if *seen <= MAX_REPEATS {
            self.events.push(event);
        }
    }
}
