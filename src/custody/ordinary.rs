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

    /// Where on the ordinary ways a path past the failure has come to, if what fails is not met again from there.
    pub(super) fn place_of(&self, node: NodeId, failed: bool, state: &Rc<State>) -> Option<usize> {
        let place = self.ways.after.gate(node)?;
        let met = &self.ways.after.met[place];
        (place > self.again && met.back > self.again && met.failed == failed && met.state == *state).then_some(place)
    }
}
