//! Questions about the graph: what can run although a command failed.

use super::graph::{Node, NodeAction, NodeId, Var};
use super::ordinary::{Joins, Ordinary, Ways};
use super::places::{Exit, Mixed, Passing, Places, Seen};
use crate::facts::EffectCause;
use crate::source::Span;
use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

/// Which node is taken to fail, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failing {
    /// The node.
    pub node: NodeId,
    /// The outcome that means failure: false for `[ a = b ]`, true for `[ a != b ]`.
    pub by_success: bool,
    /// Nodes that fail with it, each with its outcome: one of them on each of several ways.
    pub others: Vec<(NodeId, bool)>,
    /// Variables of loops that give it another thing to look at: once they are assigned again it may succeed.
    pub items: Vec<Var>,
    /// Where something takes the failure away, `$?` is taken to be zero: what goes on all the same does not ask for a failure.
    pub hides_status: bool,
}

impl Failing {
    /// The outcome that means failure, if the node is one of those that fail.
    fn outcome(&self, node: NodeId) -> Option<bool> {
        if self.node == node {
            return Some(self.by_success);
        }
        self.others.iter().find(|(other, _)| *other == node).map(|(_, by_success)| *by_success)
    }
}

/// What [`Places::explore`] found: the nodes that can run although the node in question failed or was passed by.
#[derive(Debug, Default)]
pub(super) struct Reached {
    /// Nodes reached on a way past the failing node, each with the node before and what took the failure away on that edge.
    past: HashMap<NodeId, Link, Mixed>,
    /// Nodes reached on a way around it.
    around: HashSet<NodeId, Mixed>,
    /// What was met before the failing node on ordinary ways: that, up to a place, is around it too.
    before: Option<(Rc<Ordinary>, usize)>,
    /// What is met on ordinary ways from a place on: that is past it too.
    after: Option<(Rc<Ordinary>, usize)>,
    failing: NodeId,
    /// How many nodes were looked at.
    pub visits: usize,
    /// The bound was hit: what is missing here may be reachable after all.
    pub cut_short: bool,
}

/// The node before, and what happens to a failure on the edge from there.
type Link = (NodeId, Passing);

impl Reached {
    /// How much it holds, in entries.
    pub(super) fn size(&self) -> usize {
        self.past.len() + self.around.len()
    }

    /// An answer that says nothing.
    pub(super) fn nothing() -> Self {
        Reached { cut_short: true, ..Reached::default() }
    }

    /// Whether the node can run after the failure.
    pub(super) fn past(&self, node: NodeId) -> bool {
        self.past.contains_key(&node) || self.after.as_ref().is_some_and(|(ways, from)| ways.first(node, *from).is_some())
    }

    /// Whether the node can run without the node in question having run.
    pub(super) fn around(&self, node: NodeId) -> bool {
        self.around.contains(&node)
            || self.before.as_ref().is_some_and(|(ways, to)| ways.first(node, 0).is_some_and(|at| at <= *to))
    }

    /// The first construct on the way from the failure to `node` that took the failure away.
    pub(super) fn cause(&self, node: NodeId) -> Option<(EffectCause, Span)> {
        let (mut at, mut found) = (node, None);
        if let Some((ways, from)) = self.after.as_ref().filter(|_| !self.past.contains_key(&node)) {
            let mut place = ways.first(node, *from)?;
            while place > *from {
                let (before, passing) = ways.met[place].link;
                found = passing.before(found);
                place = before;
            }
            at = ways.met[place].at;
        }
        // The links lead back to the failing node, each to one that was reached earlier, so this ends.
        while let Some((from, passing)) = self.past.get(&at) {
            found = passing.before(found);
            at = *from;
            if at == self.failing {
                break;
            }
        }
        found
    }
}

/// Nodes that one exploration may visit.
pub(super) const MAX_VISITS: usize = 200_000;

/// States kept per node; beyond it a path knows no more than what all that come there know.
pub(super) const MAX_STATES: usize = 64;

impl Places<'_> {
    /// Explores from `start` with every visit of the failing node taking the failing outcome; conditions in `shared` are
    /// taken to hold. `ways`: see [`Ways`].
    pub(super) fn explore(&mut self, start: NodeId, failing: &Failing, shared: &[Rc<str>], ways: Option<&Ways>) -> Reached {
        let mut seen = std::mem::take(&mut self.seen);
        let reached = self.explore_with(start, failing, shared, ways, &mut seen);
        seen.clear();
        self.seen = seen;
        reached
    }

    fn explore_with(
        &mut self,
        start: NodeId,
        failing: &Failing,
        shared: &[Rc<str>],
        ways: Option<&Ways>,
        seen: &mut Seen,
    ) -> Reached {
        let mut reached = Reached { failing: failing.node, ..Reached::default() };
        let joins = ways.filter(|_| failing.others.is_empty()).and_then(|ways| Joins::of(ways, failing));
        let beginning = if let Some(joins) = &joins {
            reached.before = Some((Rc::clone(&joins.ways.before), joins.index));
            joins.beginning()
        } else {
            reached.around.insert(start);
            self.beginning(start)
        };
        let mut crowds = HashMap::<_, _, Mixed>::default();
        let mut queue = VecDeque::from([(beginning, Kind::Before)]);
        let mut exits = Vec::new();
        while let Some((place, kind)) = queue.pop_front() {
            reached.visits += 1;
            if reached.visits > MAX_VISITS {
                reached.cut_short = true;
                break;
            }
            let at = self.node(place);
            let is_renewed = kind == Kind::Renewed || kind == Kind::Past && renews(self.graph().node(at), &failing.items);
            let forced = failing.outcome(at);
            let kind = match (kind, forced) {
                _ if is_renewed => Kind::Renewed,
                (Kind::Before, None) => Kind::Before,
                _ => Kind::Past,
            };
            let (is_past, hides_status) = (kind != Kind::Before, kind != Kind::Before && failing.hides_status);
            if let Some(by_success) = forced {
                let taken = if is_renewed { (true, true) } else { (by_success, !by_success) };
                self.leave_as(place, Some(taken), hides_status, &mut exits);
            } else {
                exits.extend_from_slice(self.leave(place, hides_status));
            }
            for exit in exits.drain(..).filter(|exit| !exit.edge.gate.is_shared(shared)) {
                let (Exit { edge, mut to, .. }, passing) = (exit, exit.passing(forced.is_some()));
                if let Some(index) = joins.as_ref().filter(|_| is_past).and_then(|joins| joins.index_of(edge.to, to)) {
                    reached.past.entry(edge.to).or_insert((at, passing));
                    let from = reached.after.as_ref().map_or(index, |(_, from)| index.min(*from));
                    reached.after = joins.as_ref().map(|joins| (Rc::clone(&joins.ways.after), from));
                    continue;
                }
                // Where all places of a node fit, nobody counts those of this question.
                let mut crowd = (self.crowd(edge.to) > MAX_STATES).then(|| {
                    let met = || seen.of(kind as u8).filter(|place| self.node(*place) == edge.to).count();
                    crowds.entry((edge.to, kind)).or_insert_with(|| (met(), None))
                });
                if let Some((_, common)) = crowd.as_deref_mut().filter(|(met, _)| *met >= MAX_STATES) {
                    to = self.widened(to, common);
                }
                if !seen.insert(to, kind as u8) {
                    continue;
                }
                if let Some((met, _)) = crowd {
                    *met += 1;
                }
                if is_past {
                    reached.past.entry(edge.to).or_insert((at, passing));
                } else {
                    reached.around.insert(edge.to);
                }
                queue.push_back((to, kind));
            }
        }
        reached
    }
}

/// Which ways come to a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    /// Those before the failure, or around it.
    Before,
    /// Those after it.
    Past,
    /// Those on which what failed may succeed with another item.
    Renewed,
}

/// Whether a node assigns one of these variables.
fn renews(node: &Node, items: &[Var]) -> bool {
    matches!(&node.action, NodeAction::Assign(var, _) if items.contains(var))
}
