//! From where an execution can end well, whatever a path knows: the quick answer to "does this failure stop it?".

use super::graph::{Graph, NodeAction, NodeId};
use std::collections::{HashMap, HashSet};

/// The points from which the end by success can be reached, each with whether a step has failed there.
#[derive(Debug, Default)]
pub(super) struct Endings(HashSet<(NodeId, bool)>);

/// For each node those before it.
#[derive(Debug, Default)]
pub(super) struct Earlier(HashMap<NodeId, Vec<NodeId>>);

impl Earlier {
    pub(super) fn of(graph: &Graph) -> Self {
        let mut earlier: HashMap<NodeId, Vec<NodeId>> = HashMap::new();
        for (from, node) in (0..).zip(&graph.nodes) {
            for edge in node.ok.iter().chain(&node.fail) {
                earlier.entry(edge.to).or_default().push(from);
            }
        }
        Earlier(earlier)
    }
}

impl Endings {
    /// Those of the execution that ends well at `ok`.
    pub(super) fn of(graph: &Graph, earlier: &Earlier, ok: NodeId) -> Self {
        let mut found = HashSet::from([(ok, false), (ok, true)]);
        let mut waiting: Vec<(NodeId, bool)> = found.iter().copied().collect();
        while let Some((to, failed)) = waiting.pop() {
            for from in earlier.0.get(&to).into_iter().flatten() {
                let node = graph.node(*from);
                let edges = node.ok.iter().chain(&node.fail).filter(|e| e.to == to);
                let open = edges.into_iter().any(|edge| edge.gate.is_open(failed));
                let before: &[bool] = match (node.action == NodeAction::SetFailed, failed) {
                    (true, true) => &[true, false],
                    (true, false) => &[],
                    (false, failed) => {
                        if failed {
                            &[true]
                        } else {
                            &[false]
                        }
                    }
                };
                for failed in before.iter().filter(|_| open) {
                    if found.insert((*from, *failed)) {
                        waiting.push((*from, *failed));
                    }
                }
            }
        }
        Endings(found)
    }

    /// Whether the end may be reached after the node had this outcome.
    pub(super) fn after(&self, graph: &Graph, node: NodeId, success: bool) -> bool {
        let node = graph.node(node);
        let edges = if success { &node.ok } else { &node.fail };
        edges.iter().any(|edge| [false, true].iter().any(|failed| self.0.contains(&(edge.to, *failed))))
    }
}

/// Whether one of some nodes may run after a node had this outcome, whatever a path knows: the quick answer to "does somebody go on?".
pub(super) fn may_reach(graph: &Graph, from: NodeId, success: bool, targets: &HashSet<NodeId>) -> bool {
    let first = graph.node(from);
    let edges = if success { &first.ok } else { &first.fail };
    let mut waiting: Vec<(NodeId, bool)> = edges.iter().map(|edge| (edge.to, false)).collect();
    let mut seen: HashSet<(NodeId, bool)> = waiting.iter().copied().collect();
    while let Some((at, failed)) = waiting.pop() {
        if targets.contains(&at) {
            return true;
        }
        let node = graph.node(at);
        let failed = failed || node.action == NodeAction::SetFailed;
        for edge in node.ok.iter().chain(&node.fail) {
            if edge.gate.is_open(failed) && seen.insert((edge.to, failed)) {
                waiting.push((edge.to, failed));
            }
        }
    }
    false
}
