//! The ordinary ways through a job, explored once: what stands before a command that fails, and what comes after it, is mostly the same
//! whichever command that is.

use super::graph::{Graph, NodeId};
use super::paths::{Failing, MAX_STATES, MAX_VISITS, Mixed, Path, State};
use crate::facts::EffectCause;
use crate::source::Span;
use std::collections::HashMap;
use std::rc::Rc;

/// A node with what is known there.
#[derive(Debug)]
pub(super) struct Met {
    pub(super) at: NodeId,
    failed: bool,
    state: Rc<State>,
    /// Place of the one before, and what takes a failure away on the edge from there.
    pub(super) link: (usize, Option<(EffectCause, Span)>),
    /// Whether every way to what was met later leads through it.
    is_gate: bool,
    /// The earliest place to which a way leads back from here or from what was met later.
    back: usize,
}

/// What is met from the beginning of a job on where nothing fails that need not, in order.
#[derive(Debug)]
pub(super) struct Ordinary {
    pub(super) met: Vec<Met>,
    /// Places by node, in order.
    places: HashMap<NodeId, Vec<usize>, Mixed>,
}

impl Ordinary {
    /// Explores from `start`, as [`Graph::explore`] does but with nothing that fails. `None` if that is too large.
    pub(super) fn of(graph: &Graph, start: NodeId, shared: &[Rc<str>], hides_status: bool) -> Option<Self> {
        let beginning = Met { at: start, failed: false, state: Rc::default(), link: (0, None), is_gate: false, back: 0 };
        let mut ways = Ordinary { met: vec![beginning], places: HashMap::default() };
        ways.places.insert(start, vec![0]);
        let (mut next, mut edges) = (0, Vec::new());
        while let Some(here) = ways.met.get(next) {
            let path = Path { at: here.at, past: false, renewed: false, failed: here.failed, state: Rc::clone(&here.state) };
            // Nothing else waits: what is met from now on is met through here.
            ways.met[next].is_gate = ways.met.len() == next + 1;
            ways.met[next].back = usize::MAX;
            graph.leave(&path, None, hides_status, shared, &mut edges);
            for (edge, failed, state) in edges.drain(..) {
                let places = ways.places.entry(edge.to).or_default();
                let same = |place: &&usize| ways.met[**place].failed == failed && ways.met[**place].state == state;
                if let Some(known) = places.iter().find(same) {
                    let back = &mut ways.met[next].back;
                    *back = (*back).min(*known);
                    continue;
                }
                if places.len() >= MAX_STATES || ways.met.len() >= MAX_VISITS {
                    return None;
                }
                places.push(ways.met.len());
                ways.met.push(Met { at: edge.to, failed, state, link: (next, edge.cause), is_gate: false, back: 0 });
            }
            next += 1;
        }
        let mut back = usize::MAX;
        for met in ways.met.iter_mut().rev() {
            back = back.min(met.back);
            met.back = back;
        }
        Some(ways)
    }

    /// The first place of a node from a place on.
    pub(super) fn first(&self, node: NodeId, from: usize) -> Option<usize> {
        let places = self.places.get(&node)?;
        places.get(places.partition_point(|place| *place < from)).copied()
    }

    /// The place of a node that is met with one state alone, and through which everything later leads.
    fn gate(&self, node: NodeId) -> Option<usize> {
        match self.places.get(&node).map(Vec::as_slice) {
            Some([only]) if self.met[*only].is_gate => Some(*only),
            _ => None,
        }
    }
}

/// The ordinary ways of a job.
#[derive(Debug, Clone)]
pub struct Ways {
    /// Those that lead to what fails.
    pub(super) before: Rc<Ordinary>,
    /// Those that lead on from where the failure no longer shows: others if a status is hidden.
    pub(super) after: Rc<Ordinary>,
}

/// Where a failure leaves the ordinary ways, and where it comes back to them.
pub(super) struct Joins<'w> {
    pub(super) ways: &'w Ways,
    /// Place of what fails on the ways before.
    pub(super) place: usize,
    /// The same on the ways after.
    again: usize,
}

impl<'w> Joins<'w> {
    /// `None` if the ways around what fails cannot be told apart from those through it.
    pub(super) fn of(ways: &'w Ways, failing: &Failing) -> Option<Self> {
        Some(Joins { ways, place: ways.before.gate(failing.node)?, again: ways.after.gate(failing.node)? })
    }

    /// The path that has come to what fails.
    pub(super) fn beginning(&self) -> Path {
        let met = &self.ways.before.met[self.place];
        Path { at: met.at, past: false, renewed: false, failed: met.failed, state: Rc::clone(&met.state) }
    }

    /// Where on the ordinary ways a path past the failure has come to, if from there no way leads back, neither to what fails nor to
    /// anything else that was met before.
    pub(super) fn place_of(&self, node: NodeId, failed: bool, state: &Rc<State>) -> Option<usize> {
        let place = self.ways.after.gate(node)?;
        let met = &self.ways.after.met[place];
        (place > self.again && met.back >= place && met.failed == failed && met.state == *state).then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::custody::graph::{Gate, NodeAction, Operand, Predicate, STATUS, Small};
    use crate::source::FileId;

    /// Numbers that nobody chose, the same in every run.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, limit: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(self.0 >> 33).unwrap_or_default() % limit
        }
    }

    /// A job of commands and tests, some of which swallow failures, branch, skip or go back.
    fn job(dice: &mut Dice, len: usize) -> Graph {
        let mut graph = Graph::default();
        let names = ["a", "b"].map(|name| graph.var(name));
        let nodes: Vec<NodeId> = (0..len)
            .map(|_| {
                let var = names[dice.below(2)];
                graph.add(match dice.below(8) {
                    0 => NodeAction::None,
                    1 => NodeAction::Assign(
                        var,
                        [Small::Constant("0".into()), Small::NonEmpty, Small::Copy(STATUS)][dice.below(3)].clone(),
                    ),
                    2 => NodeAction::Test(Rc::new(Predicate::NonZero(Operand::Variable(var)))),
                    3 => NodeAction::SetFailed,
                    4 => NodeAction::Command { branches: true },
                    _ => NodeAction::Command { branches: false },
                })
            })
            .collect();
        for (at, node) in nodes.iter().enumerate().skip(1) {
            let before = nodes[at - 1];
            graph.ok_gated(before, *node, if dice.below(9) == 0 { Gate::NotFailed } else { Gate::Open });
            let cause = (dice.below(2) == 0).then(|| (EffectCause::Or, Span::new(FileId(0), at..at + 1)));
            match dice.below(4) {
                0 => graph.fail(before, *node, cause),
                1 => graph.fail(before, nodes[(at + dice.below(4)).min(len - 1)], cause),
                2 if dice.below(3) == 0 => graph.fail(before, nodes[at.saturating_sub(dice.below(5))], cause),
                _ => {}
            }
        }
        graph
    }

    #[test]
    fn what_is_shared_changes_no_answer() {
        let mut dice = Dice(7);
        let mut joined = 0;
        for _ in 0..400 {
            let len = 4 + dice.below(20);
            let graph = job(&mut dice, len);
            let nodes = 0..u32::try_from(len).expect("small");
            let ordinary = |hides| Rc::new(Ordinary::of(&graph, 0, &[], hides).expect("small"));
            let plain = Ways { before: ordinary(false), after: ordinary(false) };
            let hiding = Ways { before: ordinary(false), after: ordinary(true) };
            for (node, hides_status) in nodes.clone().flat_map(|node| [(node, false), (node, true)]) {
                let by_success = dice.below(2) == 0;
                let failing = Failing { node, by_success, others: Vec::new(), items: Vec::new(), hides_status };
                let ways = if hides_status { &hiding } else { &plain };
                let (shared, alone) = (graph.explore(0, &failing, &[], Some(ways)), graph.explore(0, &failing, &[], None));
                joined += usize::from(shared.visits < alone.visits);
                for other in nodes.clone() {
                    assert_eq!(shared.past(other), alone.past(other), "past {node} to {other}: {graph:?}");
                    assert_eq!(shared.around(other), alone.around(other), "around {node} to {other}: {graph:?}");
                    assert_eq!(shared.cause(other).is_some(), alone.cause(other).is_some(), "why {node} to {other}: {graph:?}");
                }
            }
        }
        assert!(joined > 3000, "only {joined} answers had anything in common");
    }
}
