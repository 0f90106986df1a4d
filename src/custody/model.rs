//! What the walk records: events and uses with abstract values, before they become facts.

use super::env::Folder;
use super::graph::NodeId;
use super::symbol::SymbolId;
use super::value::Value;
use crate::facts::{Artifact, EventKind, IdleCause, Origin, Shell};
use crate::pipeline::{Caught, Definition};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};
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
    /// The key of the folder in which relative paths are written.
    pub(super) folder: Rc<str>,
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
    /// Whether a caller gives that input.
    pub(super) is_given: bool,
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
    /// Whether it does not run all the same where one that it needs has failed, and where one was left out.
    pub(super) rules_out: Ruled,
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
    /// Where that is followed from.
    pub(super) folder: Folder,
}

impl Off {
    /// The same where it may run after all.
    pub(super) fn by_default(self) -> Off {
        Off { why: IdleCause::Default, ..self }
    }

    /// Whether it never runs.
    pub(super) fn is_never(&self) -> bool {
        matches!(self.why, IdleCause::Comment | IdleCause::Never | IdleCause::Caller)
    }
}

/// What a condition rules out of the executions that are needed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ruled {
    pub(super) failed: bool,
    pub(super) skipped: bool,
}
