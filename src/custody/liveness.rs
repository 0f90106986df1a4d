//! Which variables still matter at a point: a path forgets the others, so that paths meet again.

use super::graph::{Node, NodeAction, NodeId, Operand, Predicate, STATUS, Small, Var};
use super::places::Mixed;
use std::collections::HashMap;
use std::rc::Rc;

/// For each node the variables that something from it on may read.
#[derive(Debug)]
pub(super) struct Liveness {
    /// Bit of each variable that is read anywhere.
    bits: HashMap<Var, usize, Mixed>,
    /// Words of a row.
    width: usize,
    /// A row of bits for each node.
    rows: Vec<u64>,
}

impl Liveness {
    pub(super) fn of(nodes: &[Node]) -> Self {
        let mut bits = HashMap::default();
        for node in nodes {
            read_by(&node.action, &mut |var| {
                let next = bits.len();
                bits.entry(var).or_insert(next);
            });
        }
        let width = bits.len().div_ceil(64);
        let mut live = Liveness { bits, width, rows: vec![0; nodes.len() * width] };
        let mut earlier: Vec<Vec<NodeId>> = vec![Vec::new(); nodes.len()];
        for (from, node) in (0..).zip(nodes) {
            for edge in node.ok.iter().chain(&node.fail) {
                earlier[edge.to as usize].push(from);
            }
        }
        // From the end, because most edges lead to later nodes.
        let mut waiting: Vec<NodeId> = (0..).zip(nodes).map(|(id, _)| id).collect();
        let mut is_waiting = vec![true; nodes.len()];
        let mut row = vec![0; width];
        while let Some(id) = waiting.pop() {
            is_waiting[id as usize] = false;
            live.row_before(&nodes[id as usize], &mut row);
            let known = &mut live.rows[id as usize * width..][..width];
            if *known == *row {
                continue;
            }
            known.copy_from_slice(&row);
            for from in &earlier[id as usize] {
                if !std::mem::replace(&mut is_waiting[*from as usize], true) {
                    waiting.push(*from);
                }
            }
        }
        live
    }

    /// What is read from a node on, by what is read from those after it on.
    fn row_before(&self, node: &Node, row: &mut [u64]) {
        row.fill(0);
        for edge in node.ok.iter().chain(&node.fail) {
            let next = &self.rows[edge.to as usize * self.width..][..self.width];
            row.iter_mut().zip(next).for_each(|(word, next)| *word |= next);
        }
        let bit = |var: &Var| self.bits.get(var).map(|bit| (bit / 64, 1_u64 << (bit % 64)));
        let assigned = match &node.action {
            NodeAction::Assign(var, _) => Some(var),
            NodeAction::Command { .. } | NodeAction::Test(_) | NodeAction::Wait(_) => Some(&STATUS),
            NodeAction::None | NodeAction::SetFailed => None,
        };
        let mut is_read = true;
        if let Some(var) = assigned {
            is_read = bit(var).is_some_and(|(word, mask)| row[word] & mask != 0);
            if let Some((word, mask)) = bit(var) {
                row[word] &= !mask;
            }
        }
        if is_read || !matches!(node.action, NodeAction::Assign(..)) {
            read_by(&node.action, &mut |var| {
                if let Some((word, mask)) = bit(&var) {
                    row[word] |= mask;
                }
            });
        }
    }

    /// The part of a state that matters from a node on.
    pub(super) fn kept(&self, at: NodeId, state: Rc<Vec<(Var, Small)>>) -> Rc<Vec<(Var, Small)>> {
        if state.iter().all(|(var, _)| self.is_read(at, *var)) {
            return state;
        }
        Rc::new(state.iter().filter(|(var, _)| self.is_read(at, *var)).cloned().collect())
    }

    /// Whether something from a node on may read a variable.
    pub(super) fn is_read(&self, at: NodeId, var: Var) -> bool {
        self.bits.get(&var).is_some_and(|bit| self.rows[at as usize * self.width + bit / 64] >> (bit % 64) & 1 == 1)
    }
}

/// The variables that an action reads.
fn read_by(action: &NodeAction, found: &mut impl FnMut(Var)) {
    match action {
        NodeAction::Assign(_, Small::Copy(var) | Small::Plus(var, _)) | NodeAction::Wait(var) => found(*var),
        NodeAction::Test(predicate) => read_in(predicate, found),
        _ => {}
    }
}

fn read_in(predicate: &Predicate, found: &mut impl FnMut(Var)) {
    let mut operand = |operand: &Operand| {
        if let Operand::Variable(var) = operand {
            found(*var);
        }
    };
    match predicate {
        Predicate::Equal(a, b) | Predicate::Greater(a, b) => {
            operand(a);
            operand(b);
        }
        Predicate::NonEmpty(a) | Predicate::Success(a) | Predicate::Truth(a) | Predicate::NonZero(a) => operand(a),
        Predicate::Not(a) => read_in(a, found),
        Predicate::And(a, b) | Predicate::Or(a, b) => {
            read_in(a, found);
            read_in(b, found);
        }
        Predicate::Unknown => {}
    }
}
