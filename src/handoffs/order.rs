//! Which execution has ended before which starts.

use crate::facts::{Event, Facts};
use std::collections::HashMap;

/// For each execution, those that it waits for, through any number of others.
pub(super) struct Order {
    before: Vec<Vec<bool>>,
}

impl Order {
    pub(super) fn of(facts: &Facts) -> Self {
        let index: HashMap<&str, usize> = facts.executions.iter().enumerate().map(|(i, e)| (e.id.as_str(), i)).collect();
        let mut before: Vec<Vec<bool>> = Vec::with_capacity(facts.executions.len());
        for (at, execution) in facts.executions.iter().enumerate() {
            let mut row = vec![false; facts.executions.len()];
            // Executions stand in the order of their edges: what one needs is done already.
            // Later ones first: most often they wait for the others, whose rows then add nothing.
            for need in execution.needs.iter().rev().filter_map(|n| index.get(n.as_str())).filter(|n| **n != at) {
                if std::mem::replace(&mut row[*need], true) {
                    continue;
                }
                if let Some(theirs) = before.get(*need) {
                    row.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine |= theirs);
                }
            }
            before.push(row);
        }
        Order { before }
    }

    /// Whether the first execution is over when the second starts.
    pub(super) fn is_before(&self, first: usize, second: usize) -> bool {
        self.before.get(second).and_then(|row| row.get(first)).copied().unwrap_or(false)
    }

    /// Whether an event, by the index of its execution and its id, is over when another one happens.
    pub(super) fn precedes(&self, (execution, id): (usize, u32), second: &Event) -> bool {
        if execution == second.execution_index { id < second.id } else { self.is_before(execution, second.execution_index) }
    }
}
