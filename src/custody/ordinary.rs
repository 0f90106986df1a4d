//! The ordinary ways through a job, explored once: what stands before a command that fails, and what comes after it, is mostly the same
//! whichever command that is.

use super::graph::NodeId;
use super::paths::{Failing, MAX_STATES, MAX_VISITS};
use super::places::{Mixed, Passing, PlaceId, Places};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::rc::Rc;

/// A place that is met.
#[derive(Debug)]
pub(super) struct Met {
    pub(super) at: NodeId,
    place: PlaceId,
    /// Index of the one before, and what happens to a failure on the edge from there.
    pub(super) link: (usize, Passing),
    /// Whether every way to what was met later leads through it.
    is_gate: bool,
    /// The earliest one to which a way leads back from here or from what was met later.
    back: usize,
}

/// What is met from the beginning of a job on where nothing fails that need not, in order.
#[derive(Debug)]
pub(super) struct Ordinary {
    pub(super) met: Vec<Met>,
    /// Indices by node, in order.
    nodes: HashMap<NodeId, Vec<usize>, Mixed>,
}

impl Ordinary {
    /// Explores from `start`, as [`Places::explore`] does but with nothing that fails. `None` if that is too large.
    pub(super) fn of(places: &mut Places, start: NodeId, shared: &[Rc<str>], hides_status: bool) -> Option<Self> {
        let beginning = places.beginning(start);
        let mut ways = Ordinary {
            met: vec![Met::new(start, beginning, (0, Passing::Nothing))],
            nodes: HashMap::from_iter([(start, vec![0])]),
        };
        let mut indices = HashMap::<PlaceId, usize, Mixed>::from_iter([(beginning, 0)]);
        let mut next = 0;
        while let Some(place) = ways.met.get(next).map(|here| here.place) {
            // Nothing else waits: what is met from now on is met through here.
            ways.met[next].is_gate = ways.met.len() == next + 1;
            for exit in places.leave(place, hides_status).iter().filter(|exit| !exit.edge.gate.is_shared(shared)) {
                let to = exit.edge.to;
                match indices.entry(exit.to) {
                    Entry::Occupied(known) => ways.met[next].back = ways.met[next].back.min(*known.get()),
                    Entry::Vacant(new) => {
                        let at_node = ways.nodes.entry(to).or_default();
                        if at_node.len() >= MAX_STATES || ways.met.len() >= MAX_VISITS {
                            return None;
                        }
                        at_node.push(*new.insert(ways.met.len()));
                        ways.met.push(Met::new(to, exit.to, (next, exit.passing(false))));
                    }
                }
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

    /// The first index of a node from an index on.
    pub(super) fn first(&self, node: NodeId, from: usize) -> Option<usize> {
        let indices = self.nodes.get(&node)?;
        indices.get(indices.partition_point(|index| *index < from)).copied()
    }

    /// The index of a node that is met at one place alone, and through which everything later leads.
    fn gate(&self, node: NodeId) -> Option<usize> {
        match self.nodes.get(&node).map(Vec::as_slice) {
            Some([only]) if self.met[*only].is_gate => Some(*only),
            _ => None,
        }
    }
}

impl Met {
    fn new(at: NodeId, place: PlaceId, link: (usize, Passing)) -> Self {
        Met { at, place, link, is_gate: false, back: usize::MAX }
    }
}

/// The ordinary ways of a job.
#[derive(Debug, Clone)]
pub(super) struct Ways {
    /// Those that lead to what fails.
    pub(super) before: Rc<Ordinary>,
    /// Those that lead on from where the failure no longer shows: others if a status is hidden.
    pub(super) after: Rc<Ordinary>,
}

/// Where a failure leaves the ordinary ways, and where it comes back to them.
pub(super) struct Joins<'w> {
    pub(super) ways: &'w Ways,
    /// Index of what fails on the ways before.
    pub(super) index: usize,
    /// The same on the ways after.
    again: usize,
}

impl<'w> Joins<'w> {
    /// `None` if the ways around what fails cannot be told apart from those through it.
    pub(super) fn of(ways: &'w Ways, failing: &Failing) -> Option<Self> {
        Some(Joins { ways, index: ways.before.gate(failing.node)?, again: ways.after.gate(failing.node)? })
    }

    /// The place of what fails.
    pub(super) fn beginning(&self) -> PlaceId {
        self.ways.before.met[self.index].place
    }

    /// Where on the ordinary ways a path past the failure has come to, if from there no way leads back, neither to what fails nor to
    /// anything else that was met before.
    pub(super) fn index_of(&self, node: NodeId, place: PlaceId) -> Option<usize> {
        let index = self.ways.after.gate(node)?;
        let met = &self.ways.after.met[index];
        (index > self.again && met.back >= index && met.place == place).then_some(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::custody::graph::{Gate, Graph, NodeAction, Operand, Predicate, STATUS, Small};
    use crate::facts::EffectCause;
    use crate::source::FileId;
    use crate::source::Span;

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
            let mut places = Places::of(&graph);
            let mut ordinary = |hides| Rc::new(Ordinary::of(&mut places, 0, &[], hides).expect("small"));
            let plain = Ways { before: ordinary(false), after: ordinary(false) };
            let hiding = Ways { before: ordinary(false), after: ordinary(true) };
            for (node, hides_status) in nodes.clone().flat_map(|node| [(node, false), (node, true)]) {
                let by_success = dice.below(2) == 0;
                let failing = Failing { node, by_success, others: Vec::new(), items: Vec::new(), hides_status };
                let ways = if hides_status { &hiding } else { &plain };
                let (shared, alone) =
                    (places.explore(0, &failing, &[], Some(ways)), Places::of(&graph).explore(0, &failing, &[], None));
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
