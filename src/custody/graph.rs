//! The control flow of one pipeline: what runs before what, and where a failure goes.
//!
//! Every command is a node with an edge for success and one for failure. An edge that takes a failure back into the
//! normal flow says what construct does that. All questions about effect and order are reachability in this graph.

use super::liveness::Liveness;
use crate::facts::EffectCause;
use crate::source::Span;
use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Index of a node.
pub type NodeId = u32;

/// A node: a point in the flow, or a command.
#[derive(Debug, Default)]
pub struct Node {
    /// Where success leads.
    pub ok: Vec<Edge>,
    /// Where failure leads; empty for points that cannot fail.
    pub fail: Vec<Edge>,
    /// What it does to the small state that a path carries.
    pub action: NodeAction,
}

/// What a node does to the state of a path.
#[derive(Debug, Default, Clone, PartialEq)]
pub enum NodeAction {
    /// Nothing.
    #[default]
    None,
    /// A command that may fail. In plain position its failure is not followed unless it is the one in question.
    Command {
        /// Whether both outcomes are ordinary (a condition, a test).
        branches: bool,
    },
    /// Assigns a small value.
    Assign(Var, Small),
    /// Tests small values; the outcome decides the edge where it is known.
    Test(Rc<Predicate>),
    /// Waits for a job of the background, whose status is in the variable. A path on which the job has not run yet ends
    /// here: the one on which it has comes here as well.
    Wait(Var),
    /// A step failed: steps that run only on success are passed by from here on.
    SetFailed,
}

/// Index of a variable that a path may remember.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Var(u32);

/// The variable that holds the exit status of the last command (`$?`).
pub const STATUS: Var = Var(0);

/// A small value that a path carries.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Small {
    /// A constant.
    Constant(Rc<str>),
    /// One of several constants.
    OneOf(Rc<[Rc<str>]>),
    /// What another variable holds.
    Copy(Var),
    /// What another variable holds, and a number.
    Plus(Var, i64),
    /// Something that is neither empty nor zero: a failure's status, a list that was added to, a counter that was raised.
    NonEmpty,
    /// A job that still runs.
    Running,
    /// Not known.
    Unknown,
}

/// Operand of a test.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A constant.
    Constant(Rc<str>),
    /// A variable.
    Variable(Var),
    /// Not known.
    Unknown,
}

/// A test of small values.
#[derive(Debug, Clone, PartialEq)]
pub enum Predicate {
    /// Equality as text (`=`, `==`, `-eq`)
    Equal(Operand, Operand),
    /// Numeric order: left > right
    Greater(Operand, Operand),
    /// `-n`, or a word by itself
    NonEmpty(Operand),
    /// A command word that is `true` or `false` by itself (`if $failed`)
    Truth(Operand),
    /// Zero, as the status with which a handler of failures ends a script: what is not known is none of success.
    Success(Operand),
    /// `(( x ))`
    NonZero(Operand),
    /// Negation
    Not(Box<Predicate>),
    /// Both
    And(Box<Predicate>, Box<Predicate>),
    /// Either
    Or(Box<Predicate>, Box<Predicate>),
    /// Not decidable
    Unknown,
}

/// An edge.
#[derive(Debug, Clone)]
pub struct Edge {
    /// Target.
    pub to: NodeId,
    /// Set where the edge turns a failure into normal flow.
    pub cause: Option<(EffectCause, Span)>,
    /// When the edge can be taken.
    pub gate: Gate,
}

/// When an edge can be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gate {
    /// Always.
    Open,
    /// Only if no step has failed so far.
    NotFailed,
    /// Only if some step has failed.
    Failed,
    /// The way around something with a condition of its own: not taken by who shares that condition.
    Skip(Rc<str>),
}

impl Gate {
    /// Whether it can be taken where some step has failed or none, by somebody who shares no condition with it.
    #[must_use]
    pub fn is_open(&self, failed: bool) -> bool {
        match self {
            Gate::Open | Gate::Skip(_) => true,
            Gate::NotFailed => !failed,
            Gate::Failed => failed,
        }
    }

    /// Whether it leads around something of which one of these conditions says that it runs.
    #[must_use]
    pub fn is_shared(&self, conditions: &[Rc<str>]) -> bool {
        matches!(self, Gate::Skip(condition) if conditions.contains(condition))
    }
}

/// The graph.
#[derive(Debug, Default)]
pub struct Graph {
    pub(super) nodes: Vec<Node>,
    names: HashMap<Rc<str>, Var>,
    assigned: HashSet<Var>,
    /// Variables of loops, by the place that gives them their values.
    items: HashMap<Span, Var>,
    pub(super) live: OnceCell<Liveness>,
}

impl Graph {
    /// A new node.
    pub fn add(&mut self, action: NodeAction) -> NodeId {
        self.nodes.push(Node { action, ..Node::default() });
        u32::try_from(self.nodes.len() - 1).unwrap_or(u32::MAX)
    }

    /// The node.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    /// Number of nodes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Changes what a node does.
    pub fn set_action(&mut self, id: NodeId, action: NodeAction) {
        self.nodes[id as usize].action = action;
    }

    /// The variable of that name.
    pub fn var(&mut self, name: &str) -> Var {
        if let Some(known) = self.names.get(name) {
            return *known;
        }
        // The first is the status.
        let var = Var(u32::try_from(self.names.len() + 1).unwrap_or(u32::MAX));
        self.names.insert(name.into(), var);
        var
    }

    /// Whether anything so far assigns the variable of that name.
    #[must_use]
    pub fn is_assigned(&self, name: &str) -> bool {
        self.names.get(name).is_some_and(|var| self.assigned.contains(var))
    }

    /// Says that a loop gives this variable its values, one after the other.
    pub fn loops(&mut self, place: Span, var: Var) {
        self.items.insert(place, var);
    }

    /// The variable that a loop at this place gives its values.
    #[must_use]
    pub fn looped(&self, place: Span) -> Option<Var> {
        self.items.get(&place).copied()
    }

    /// Leads edges past what makes no difference: points, and commands that nothing is asked of and whose status nobody looks at, as far as
    /// they lead to one place. Questions then visit fewer nodes. `asked_for`: nodes that questions are about.
    pub fn shorten(&mut self, asked_for: &HashSet<NodeId>) {
        let live = Liveness::of(&self.nodes);
        let mut behind: Vec<NodeId> = (0..).zip(&self.nodes).map(|(id, _)| id).collect();
        // Most edges lead to later nodes, so that one round from the end settles those, and the second one the others.
        for _ in 0..2 {
            for (at, node) in self.nodes.iter().enumerate().rev() {
                if NodeId::try_from(at).is_ok_and(|id| asked_for.contains(&id)) {
                    continue;
                }
                if let Some(to) = passes(node, &behind).filter(|to| !live.is_read(*to, STATUS) || node.action == NodeAction::None)
                {
                    behind[at] = to;
                }
            }
        }
        for node in &mut self.nodes {
            node.ok.iter_mut().chain(&mut node.fail).for_each(|edge| edge.to = behind[edge.to as usize]);
        }
        self.live = OnceCell::from(live);
    }

    /// A node after `from` that assigns a variable.
    pub fn assign(&mut self, from: NodeId, var: Var, value: Small) -> NodeId {
        let node = self.add(NodeAction::Assign(var, value));
        self.assigned.insert(var);
        self.ok(from, node);
        node
    }

    /// An edge for success.
    pub fn ok(&mut self, from: NodeId, to: NodeId) {
        self.ok_gated(from, to, Gate::Open);
    }

    /// An edge for success behind a gate.
    pub fn ok_gated(&mut self, from: NodeId, to: NodeId, gate: Gate) {
        self.nodes[from as usize].ok.push(Edge { to, cause: None, gate });
    }

    /// An edge for failure; `cause` where it leads back into the normal flow.
    pub fn fail(&mut self, from: NodeId, to: NodeId, cause: Option<(EffectCause, Span)>) {
        self.nodes[from as usize].fail.push(Edge { to, cause, gate: Gate::Open });
    }

    /// An edge for success that hides an earlier failure.
    pub fn ok_caused(&mut self, from: NodeId, to: NodeId, cause: (EffectCause, Span)) {
        self.nodes[from as usize].ok.push(Edge { to, cause: Some(cause), gate: Gate::Open });
    }
}

/// Where a node leads that does nothing, or of which only the status would be seen, if that is one place. `behind`: where others lead.
fn passes(node: &Node, behind: &[NodeId]) -> Option<NodeId> {
    let follows_failure = match node.action {
        NodeAction::None => node.fail.is_empty().then_some(false),
        NodeAction::Command { branches } => Some(branches),
        _ => None,
    }?;
    let [first, rest @ ..] = &node.ok[..] else { return None };
    let to = behind[first.to as usize];
    let mut others = rest.iter().chain(node.fail.iter().filter(|_| follows_failure));
    // Whoever arrives there did so by success first, which takes no failure away.
    let is_open = |edge: &Edge| edge.gate == Gate::Open;
    let is_plain = is_open(first) && first.cause.is_none();
    (is_plain && others.all(|edge| is_open(edge) && behind[edge.to as usize] == to)).then_some(to)
}
