//! Which verification protects which use: same content, order, and whether a failure stops anything.

use super::endings::{Earlier, Endings};
use super::file_index::{FileIndex, Moved};
use super::filepath::base;
use super::graph::{Graph, NodeId, Var};
use super::model::{RawEvent, RawExecution, Subject};
use super::names::Names;
use super::ordinary::{Ordinary, Ways};
use super::paths::{Failing, Reached};
use super::places::Places;
use super::symbol::Symbols;
use super::text::Text;
use crate::facts::{Artifact, EffectCause, EventKind, NotGuarding};
use crate::pipeline::Caught;
use crate::source::Span;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::rc::Rc;

/// Nodes that all explorations of one pipeline may visit together; beyond it nothing is said of effect and guards.
const MAX_VISITS: usize = 3_000_000;

/// Nodes that may be visited for what no guard hangs on.
const MAX_SPARE_VISITS: usize = MAX_VISITS / 3;
/// Places that are kept for the next question.
const MAX_PLACES: usize = 500_000;
/// Entries of answers that are kept; the answers are small, what they were read from is not.
const MAX_KEPT: usize = 1_000_000;

/// What the failure of an event does.
#[derive(Debug, Clone)]
pub(super) struct RawEffect {
    pub(super) stops: bool,
    pub(super) cause: Option<(EffectCause, Span)>,
    /// What would take the failure away if `cause` did not.
    pub(super) behind: Option<Span>,
    pub(super) expected_to_fail: bool,
}

/// Answers about effect and order, each computed once.
pub(super) struct Judge<'a> {
    pub(super) graph: &'a Graph,
    pub(super) symbols: &'a Symbols,
    pub(super) executions: &'a [RawExecution],
    pub(super) events: &'a [RawEvent],
    pub(super) names: &'a Names,
    pub(super) moved: &'a Moved<'a>,
    /// For each execution, those that must have ended before it starts.
    pub(super) before: Vec<Vec<bool>>,
    /// Whether an execution runs although another one has failed.
    pub(super) despite: HashMap<(usize, usize), bool>,
    explored: HashMap<(usize, bool, Vec<Rc<str>>, Vec<Var>), Rc<Reached>>,
    visits: usize,
    /// Whether a question was too large to be answered.
    cut_short: bool,
    kept: usize,
    /// Uses with more verifications beside them than are listed.
    pub(super) crowded: Vec<usize>,
    /// For each execution that was asked for, from where its end by success can be reached.
    endings: HashMap<usize, Rc<Endings>>,
    places: Places<'a>,
    /// By entry, conditions that are taken to hold, and whether a status is hidden.
    ordinary: HashMap<(NodeId, Vec<Rc<str>>, bool), OrdinaryWays>,
    earlier: Option<Earlier>,
    /// Once it is asked for.
    pub(super) files: Option<Rc<FileIndex>>,
}

/// What is known of the ordinary ways through a job.
enum OrdinaryWays {
    /// They were asked for once.
    Asked,
    Known(Rc<Ordinary>),
    TooMany,
}

impl<'a> Judge<'a> {
    pub(super) fn new(
        graph: &'a Graph,
        symbols: &'a Symbols,
        executions: &'a [RawExecution],
        events: &'a [RawEvent],
        names: &'a Names,
        moved: &'a Moved<'a>,
    ) -> Self {
        let mut before: Vec<Vec<bool>> = Vec::with_capacity(executions.len());
        for execution in executions {
            let mut row = vec![false; executions.len()];
            // Later ones first: most often they wait for the others, whose rows then add nothing.
            for need in execution.needs.iter().rev() {
                if std::mem::replace(&mut row[*need], true) {
                    continue;
                }
                if let Some(theirs) = before.get(*need) {
                    theirs.iter().enumerate().filter(|(_, b)| **b).for_each(|(i, _)| row[i] = true);
                }
            }
            before.push(row);
        }
        Judge {
            graph,
            symbols,
            executions,
            events,
            names,
            moved,
            before,
            explored: HashMap::new(),
            despite: HashMap::new(),
            visits: 0,
            cut_short: false,
            kept: 0,
            crowded: Vec::new(),
            endings: HashMap::new(),
            places: Places::of(graph),
            ordinary: HashMap::new(),
            earlier: None,
            files: None,
        }
    }

    /// What can run although the event failed (`succeeds`: although it succeeded); `items`: see [`Failing::items`].
    fn reached(&mut self, event: usize, succeeds: bool, shared: &[Rc<str>], items: &[Var]) -> Rc<Reached> {
        let key = (event, succeeds, shared.to_vec(), items.to_vec());
        if let Some(known) = self.explored.get(&key) {
            return Rc::clone(known);
        }
        let raw = &self.events[event];
        let failing = Failing {
            node: raw.node,
            by_success: raw.fails_by_success != succeeds,
            others: Vec::new(),
            items: items.to_vec(),
            hides_status: false,
        };
        let entry = self.executions[raw.place.execution].entry;
        let reached = if self.is_exhausted() { Reached::nothing() } else { self.explore(entry, &failing, shared) };
        if self.kept > MAX_KEPT {
            self.explored.clear();
            self.kept = 0;
        }
        self.kept += reached.size();
        let reached = Rc::new(reached);
        self.explored.insert(key, Rc::clone(&reached));
        reached
    }

    /// What can run although something failed.
    fn explore(&mut self, entry: NodeId, failing: &Failing, shared: &[Rc<str>]) -> Reached {
        if self.places.len() > MAX_PLACES {
            self.places = Places::of(self.graph);
            // What is known of them is told by the places.
            self.ordinary.clear();
        }
        let ways = self.ways(entry, shared, failing.hides_status);
        let reached = self.places.explore(entry, failing, shared, ways.as_ref());
        self.visits += reached.visits;
        self.cut_short |= reached.cut_short;
        reached
    }

    /// The ordinary ways, from the second question on: a single one is cheaper answered without them.
    fn ways(&mut self, entry: NodeId, shared: &[Rc<str>], hides_status: bool) -> Option<Ways> {
        let before = self.ordinary(entry, shared, false)?;
        let after = if hides_status { self.ordinary(entry, shared, true)? } else { Rc::clone(&before) };
        Some(Ways { before, after })
    }

    fn ordinary(&mut self, entry: NodeId, shared: &[Rc<str>], hides_status: bool) -> Option<Rc<Ordinary>> {
        let key = (entry, shared.to_vec(), hides_status);
        match self.ordinary.entry(key) {
            Entry::Vacant(first) => {
                first.insert(OrdinaryWays::Asked);
                None
            }
            Entry::Occupied(mut known) => {
                if let OrdinaryWays::Asked = known.get() {
                    let ways = Ordinary::of(&mut self.places, entry, shared, hides_status);
                    self.visits += ways.as_ref().map_or(0, |ways| ways.met.len());
                    known.insert(ways.map_or(OrdinaryWays::TooMany, |ways| OrdinaryWays::Known(Rc::new(ways))));
                }
                match known.get() {
                    OrdinaryWays::Known(ways) => Some(Rc::clone(ways)),
                    _ => None,
                }
            }
        }
    }

    /// Variables of loops that give the event another thing to look at each time; what is only tried again is the same.
    fn items(&self, event: &RawEvent) -> Vec<Var> {
        let subjects = [&event.reference, &event.source, &event.destination].into_iter().flatten();
        subjects.flat_map(|s| &s.value.origins).filter_map(|origin| self.graph.looped(origin.span)).collect()
    }

    /// Whether nothing more is asked, since that would take too long.
    fn is_exhausted(&self) -> bool {
        self.visits > MAX_VISITS
    }

    /// Whether some questions were not answered, all together or one of them being too large.
    pub(super) fn is_cut_short(&self) -> bool {
        self.cut_short || self.is_exhausted()
    }

    /// What the event's failure does to its execution.
    pub(super) fn effect(&mut self, event: usize) -> RawEffect {
        let raw = &self.events[event];
        let execution = &self.executions[raw.place.execution];
        let shared = raw.place.conditions.to_vec();
        // What only has to happen is taken to fail with every item.
        let items = if is_check(raw.kind) { self.items(raw) } else { Vec::new() };
        let tolerated = execution.tolerance.as_ref().map(|(span, _)| (EffectCause::ExecutionTolerance, *span));
        let tolerated = tolerated.or_else(|| execution.caught.map(|caught| (EffectCause::of(caught), caught.span)));
        if !self.endings(raw.place.execution).after(self.graph, raw.node, raw.fails_by_success) {
            return RawEffect { stops: tolerated.is_none(), cause: tolerated, behind: None, expected_to_fail: false };
        }
        // What no guard hangs on must not use up what the others need.
        let spares = !is_check(raw.kind) && self.visits > MAX_SPARE_VISITS;
        self.cut_short |= spares;
        let failed = if spares { Rc::new(Reached::nothing()) } else { self.reached(event, false, &shared, &items) };
        if failed.cut_short {
            return RawEffect { stops: true, cause: None, behind: None, expected_to_fail: false };
        }
        let goes_on = failed.past(execution.ok);
        let expected_to_fail = goes_on
            && (!self.reached(event, true, &shared, &[]).past(execution.ok) || self.asks_for_failure(event, &shared, &items));
        let cause = if goes_on { failed.cause(execution.ok).or(Some((EffectCause::StatusDropped, raw.span))) } else { tolerated };
        let behind = tolerated.filter(|_| goes_on).map(|(_, span)| span);
        RawEffect { stops: cause.is_none(), cause, behind, expected_to_fail }
    }

    /// What can run although the check of a download failed, where both run. What a loop gives to both is fetched and checked one after the
    /// other.
    pub(super) fn failed(&mut self, check: usize, download: usize) -> Rc<Reached> {
        let (check_, fetched) = (&self.events[check], &self.events[download]);
        let common = self.items(fetched);
        let items: Vec<Var> = self.items(check_).into_iter().filter(|item| !common.contains(item)).collect();
        self.reached(check, false, &fetched.place.conditions, &items)
    }

    fn endings(&mut self, execution: usize) -> Rc<Endings> {
        let (graph, ok) = (self.graph, self.executions[execution].ok);
        let earlier = self.earlier.get_or_insert_with(|| Earlier::of(graph));
        Rc::clone(self.endings.entry(execution).or_insert_with(|| Rc::new(Endings::of(graph, earlier, ok))))
    }

    /// Events that take what this one should have provided and can run although it failed, and events that run only then.
    pub(super) fn after_failure(&mut self, event: usize) -> (Vec<usize>, Vec<usize>) {
        let raw = &self.events[event];
        let shared = raw.place.conditions.to_vec();
        let failed = self.reached(event, false, &shared, &[]);
        let succeeded = self.reached(event, true, &shared, &[]);
        let (mut goes_on, mut instead) = (Vec::new(), Vec::new());
        for (other, later) in self.events.iter().enumerate().filter(|(other, _)| *other != event) {
            let here = later.place.execution == raw.place.execution;
            if here && !failed.past(later.node) || !here && !self.before[later.place.execution][raw.place.execution] {
                continue;
            }
            if here && !succeeded.past(later.node) {
                instead.push(other);
            } else if takes(later.kind) && self.takes_from(other, event) {
                goes_on.push(other);
            }
        }
        (goes_on, instead)
    }

    /// Whether an event is about what another one provides: a value it prints, a file it writes, an image it puts somewhere.
    fn takes_from(&mut self, taker: usize, giver: usize) -> bool {
        let (t, g) = (&self.events[taker], &self.events[giver]);
        let subjects = || [&t.reference, &t.source, &t.destination].into_iter().flatten();
        let symbols = subjects().flat_map(|s| s.value.alternatives()).flat_map(Text::symbols);
        if g.node != t.node && symbols.into_iter().any(|id| self.symbols.get(id).node == Some(g.node)) {
            return true;
        }
        let (Some(taken), Some(given)) = (subject(t), g.destination.as_ref().or_else(|| subject(g))) else { return false };
        let taken_names = self.names.subject(taker);
        let given_names = self.names.destination(giver).or(self.names.subject(giver));
        let (Some(taken_names), Some(given_names)) = (taken_names, given_names) else { return false };
        let file = |path: &String| base(path).to_owned();
        match (g.kind, given.artifact) {
            (EventKind::Download, Artifact::File) => {
                let same_machine = t.place.execution == g.place.execution && taken.artifact == Artifact::File;
                let given: Vec<String> = given_names.keys.iter().map(file).collect();
                // A name that is not known is anybody's.
                let known = given.iter().all(|name| !name.contains(super::refer::MARK));
                same_machine && known && taken_names.keys.iter().map(file).eq(given)
            }
            (EventKind::Push | EventKind::Copy | EventKind::Retag, Artifact::Image) => {
                taken.artifact == Artifact::Image && taken_names.keys == given_names.keys
            }
            _ => false,
        }
    }

    /// Whether the script fails unless it sees the event fail (`set +e; verify; rc=$?; [ $rc -ne 0 ]`).
    fn asks_for_failure(&mut self, event: usize, shared: &[Rc<str>], items: &[Var]) -> bool {
        let raw = &self.events[event];
        let execution = &self.executions[raw.place.execution];
        let failing = Failing {
            node: raw.node,
            by_success: raw.fails_by_success,
            others: Vec::new(),
            items: items.to_vec(),
            hides_status: true,
        };
        let hidden = self.explore(execution.entry, &failing, shared);
        !hidden.cut_short && !hidden.past(execution.ok)
    }

    /// Whether the verification protects the use; if not, why and where that is caused. Of what is too large to be asked nothing is said
    /// against it ([`Judge::is_cut_short`]).
    pub(super) fn guards(&mut self, verification: usize, use_: usize) -> Result<(), (NotGuarding, Span)> {
        let (v, u) = (&self.events[verification], &self.events[use_]);
        let (ve, ue) = (v.place.execution, u.place.execution);
        let span = v.span;
        // What a loop gives to both is verified and used one after the other.
        let common = self.items(u);
        let items: Vec<Var> = self.items(v).into_iter().filter(|item| !common.contains(item)).collect();
        if ve == ue {
            let failed = self.reached(verification, false, &u.place.conditions.clone(), &items);
            if failed.past(u.node) {
                let cause = failed.cause(u.node).map_or(span, |(_, s)| s);
                // A loop may come back to a use that stands before the verification.
                return Err(if self.leads_to(verification, u.node, &u.place.conditions) {
                    (NotGuarding::Ignored, cause)
                } else {
                    (NotGuarding::Later, span)
                });
            }
            if failed.around(u.node) {
                let is_before = self.leads_to(verification, u.node, &u.place.conditions);
                return Err((if is_before { NotGuarding::Conditional } else { NotGuarding::Later }, span));
            }
            return Ok(());
        }
        if !self.before[ue][ve] {
            return Err((if self.before[ve][ue] { NotGuarding::Later } else { NotGuarding::Parallel }, span));
        }
        if self.runs_despite(ue, ve) {
            return Err((NotGuarding::Ignored, self.executions[self.beside_in_calls(ue, ve)].span));
        }
        let verifying = &self.executions[ve];
        let holds = |c: &Rc<str>| u.place.conditions.contains(c) || self.executions[ue].implied.contains(c);
        if !verifying.conditions.iter().all(holds) {
            return Err((NotGuarding::Conditional, span));
        }
        let ok = self.executions[ve].ok;
        let failed = self.reached(verification, false, &self.executions[ve].conditions, &items);
        if let Some((tolerance, _)) = &self.executions[ve].tolerance {
            return Err((NotGuarding::Ignored, *tolerance));
        }
        if failed.past(ok) {
            return Err((NotGuarding::Ignored, failed.cause(ok).map_or(span, |(_, s)| s)));
        }
        if failed.around(ok) {
            return Err((NotGuarding::Conditional, span));
        }
        Ok(())
    }

    /// Whether verifications of the use's own execution protect it together: one of them stands on each way that leads to it.
    pub(super) fn guard_together(&mut self, verifications: &[usize], use_: usize) -> bool {
        let u = &self.events[use_];
        let Some((first, rest)) = verifications.split_first() else { return false };
        if self.is_exhausted() {
            return true;
        }
        let outcome = |event: &usize| (self.events[*event].node, self.events[*event].fails_by_success);
        let (node, by_success) = outcome(first);
        let others = rest.iter().map(outcome).collect();
        let failing = Failing { node, by_success, others, items: Vec::new(), hides_status: false };
        let failed = self.explore(self.executions[u.place.execution].entry, &failing, &u.place.conditions);
        !failed.past(u.node) && !failed.around(u.node)
    }

    /// Whether a node can be reached from another one without the success of a verification.
    pub(super) fn passes_from(&mut self, from: NodeId, verification: usize, node: NodeId, conditions: &[Rc<str>]) -> bool {
        let v = &self.events[verification];
        let (others, items) = (Vec::new(), Vec::new());
        let failing = Failing { node: v.node, by_success: v.fails_by_success, others, items, hides_status: false };
        let failed = self.explore(from, &failing, conditions);
        failed.past(node) || failed.around(node)
    }

    /// Whether `later` can run after `event` succeeded.
    pub(super) fn comes_after(&mut self, event: usize, later: usize) -> bool {
        let (e, l) = (&self.events[event], &self.events[later]);
        let (ee, le) = (e.place.execution, l.place.execution);
        if ee != le {
            return self.before[le][ee];
        }
        self.leads_to(event, l.node, &[])
    }

    /// Whether a node of the same execution can run after the event succeeded. What is too large to be asked is taken to run as it is
    /// written.
    fn leads_to(&mut self, event: usize, node: NodeId, shared: &[Rc<str>]) -> bool {
        let reached = self.reached(event, true, shared, &[]);
        reached.past(node) || reached.cut_short && self.events[event].node < node
    }
}

/// What an event is about.
pub(super) fn subject(event: &RawEvent) -> Option<&Subject> {
    event.reference.as_ref().or(event.source.as_ref())
}

/// Whether events of this kind put an artifact to use.
pub(super) fn is_use(kind: EventKind) -> bool {
    matches!(kind, EventKind::Deploy | EventKind::Run | EventKind::Pull | EventKind::Copy | EventKind::Retag | EventKind::Install)
}

impl EffectCause {
    /// What a handler does.
    pub(super) fn of(caught: Caught) -> Self {
        if caught.reported { EffectCause::Reported } else { EffectCause::Handler }
    }
}

/// Whether a failure of these events is worth a word: something else relies on them.
pub(super) fn has_effect(kind: EventKind) -> bool {
    use EventKind::{Attest, Deploy, Download, Install, Publish, Push, Scan, Sign, Trigger, Upload};
    is_check(kind) || matches!(kind, Attest | Deploy | Download | Install | Publish | Push | Scan | Sign | Trigger | Upload)
}

/// Whether events of this kind take an artifact that is there already.
pub(super) fn takes(kind: EventKind) -> bool {
    use EventKind::{Attest, Publish, Scan, Sign, Stream, Upload, Verify};
    is_use(kind) || matches!(kind, Attest | Publish | Scan | Sign | Stream | Upload | Verify)
}

/// Whether guards hang on what the failure of these events does.
fn is_check(kind: EventKind) -> bool {
    matches!(kind, EventKind::Verify | EventKind::Compare | EventKind::Copy | EventKind::Retag | EventKind::Resolve)
}
