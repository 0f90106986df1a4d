//! Which variables still matter at a point: a path forgets the others, so that paths meet again.

use super::graph::{Node, NodeAction, NodeId, Operand, Predicate, STATUS, Small, Var};
use std::collections::HashMap;
use std::rc::Rc;

/// For each node the variables that something after it may read.
#[derive(Debug)]
pub(super) struct Liveness {
    /// Bit of each variable that is read anywhere; those beyond the last bit always count as read later.
    bits: HashMap<Var, u32>,
    /// What may be read from the node on, itself included.
    before: Vec<u128>,
}

/// Variables that are told apart.
const BITS: u32 = u128::BITS;

impl Liveness {
    pub(super) fn of(nodes: &[Node]) -> Self {
        let mut bits = HashMap::new();
        for node in nodes {
            read_by(&node.action, &mut |var| {
                let next = u32::try_from(bits.len()).unwrap_or(u32::MAX);
                bits.entry(var).or_insert(next);
            });
        }
        let mut earlier: Vec<Vec<NodeId>> = vec![Vec::new(); nodes.len()];
        for (from, node) in (0..).zip(nodes) {
            for edge in node.ok.iter().chain(&node.fail) {
                earlier[edge.to as usize].push(from);
            }
        }
        let mut live = Liveness { bits, before: vec![0; nodes.len()] };
        // From the end, because most edges lead to later nodes.
        let mut waiting: Vec<NodeId> = (0..).zip(nodes).map(|(id, _)| id).collect();
        let mut is_waiting = vec![true; nodes.len()];
        while let Some(id) = waiting.pop() {
            is_waiting[id as usize] = false;
            let node = &nodes[id as usize];
            let after = node.ok.iter().chain(&node.fail).fold(0, |all, edge| all | live.before[edge.to as usize]);
            let before = live.through(&node.action, after);
            if before == live.before[id as usize] {
                continue;
            }
            live.before[id as usize] = before;
            for from in &earlier[id as usize] {
                if !std::mem::replace(&mut is_waiting[*from as usize], true) {
                    waiting.push(*from);
                }
            }
        }
        live
    }

    fn mask(&self, var: Var) -> u128 {
        self.bits.get(&var).map_or(0, |bit| 1_u128.checked_shl(*bit).unwrap_or(0))
    }

    /// What is read before a node, from what is read after it.
    fn through(&self, action: &NodeAction, after: u128) -> u128 {
        let mut before = after;
        match action {
            NodeAction::Assign(var, value) => {
                let is_read = after & self.mask(*var) != 0 || self.is_beyond(*var);
                before &= !self.mask(*var);
                if let Small::Copy(of) | Small::Plus(of, _) = value
                    && is_read
                {
                    before |= self.mask(*of);
                }
                return before;
            }
            NodeAction::Command { .. } | NodeAction::Test(_) | NodeAction::Wait(_) => before &= !self.mask(STATUS),
            NodeAction::None | NodeAction::SetFailed => {}
        }
        read_by(action, &mut |var| before |= self.mask(var));
        before
    }

    fn is_beyond(&self, var: Var) -> bool {
        self.bits.get(&var).is_some_and(|bit| *bit >= BITS)
    }

    /// The part of a state that matters from a node on.
    pub(super) fn kept(&self, at: NodeId, state: Rc<Vec<(Var, Small)>>) -> Rc<Vec<(Var, Small)>> {
        let live = self.before[at as usize];
        let matters = |var: Var| live & self.mask(var) != 0 || self.is_beyond(var);
        if state.iter().all(|(var, _)| matters(*var)) {
            return state;
        }
        Rc::new(state.iter().filter(|(var, _)| matters(*var)).cloned().collect())
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
        Predicate::NonEmpty(a) | Predicate::Truth(a) | Predicate::NonZero(a) => operand(a),
        Predicate::Not(a) => read_in(a, found),
        Predicate::And(a, b) | Predicate::Or(a, b) => {
            read_in(a, found);
            read_in(b, found);
        }
        Predicate::Unknown => {}
    }
}
