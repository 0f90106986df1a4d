//! The control flow of one pipeline: what runs before what, and where a failure goes.
//!
//! Every command is a node with an edge for success and one for failure. An edge that takes a failure back into the
//! normal flow says what construct does that. All questions about effect and order are reachability in this graph.

use crate::facts::EffectCause;
use crate::source::Span;
use std::collections::{HashMap, HashSet, VecDeque};
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
    /// Assigns a small constant, the status of a command, or something unknown.
    Assign(Rc<str>, Small),
    /// Tests small values; the outcome decides the edge where it is known.
    Test(Rc<Predicate>),
    /// `exit $rc`: fails if the value is not zero, succeeds if it is.
    ExitWith(Operand),
    /// A step failed: steps that run only on success are passed by from here on.
    SetFailed,
}

/// A small value that a path carries.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Small {
    /// A constant.
    Constant(Rc<str>),
    /// The exit status of a command node.
    Status(NodeId),
    /// Something that is neither empty nor zero: a list that was added to, a counter that was raised.
    NonEmpty,
    /// Not known.
    Unknown,
}

/// Operand of a test.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A constant.
    Constant(Rc<str>),
    /// A variable.
    Variable(Rc<str>),
    /// The status of a command.
    Status(NodeId),
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

/// The graph.
#[derive(Debug, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    /// Variables that some test looks at; no others are carried along a path.
    tested: HashSet<Rc<str>>,
}

/// Which node is taken to fail, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failing {
    /// The node.
    pub node: NodeId,
    /// The outcome that means failure: false for `[ a = b ]`, true for `[ a != b ]`.
    pub by_success: bool,
}

/// What [`Graph::explore`] found: the nodes that can run although the node in question failed or was passed by.
#[derive(Debug, Default)]
pub struct Reached {
    /// Nodes reached on a way past the failing node, each with the node before and what took the failure away on that edge.
    past: HashMap<NodeId, (NodeId, Option<(EffectCause, Span)>)>,
    /// Nodes reached on a way around it.
    around: HashSet<NodeId>,
    failing: NodeId,
    /// How many nodes were looked at.
    pub visits: usize,
    /// The bound was hit: what is missing here may be reachable after all.
    pub cut_short: bool,
}

impl Reached {
    /// How much it holds, in entries.
    #[must_use]
    pub fn size(&self) -> usize {
        self.past.len() + self.around.len()
    }

    /// An answer that says nothing.
    #[must_use]
    pub fn nothing() -> Self {
        Reached { cut_short: true, ..Reached::default() }
    }

    /// Whether the node can run after the failure.
    #[must_use]
    pub fn past(&self, node: NodeId) -> bool {
        self.past.contains_key(&node)
    }

    /// Whether the node can run without the node in question having run.
    #[must_use]
    pub fn around(&self, node: NodeId) -> bool {
        self.around.contains(&node)
    }

    /// The first construct on the way from the failure to `node` that took the failure away.
    #[must_use]
    pub fn cause(&self, node: NodeId) -> Option<(EffectCause, Span)> {
        let (mut at, mut found) = (node, None);
        // The links lead back to the failing node, each to one that was reached earlier, so this ends.
        while let Some((from, cause)) = self.past.get(&at) {
            found = cause.or(found);
            at = *from;
            if at == self.failing {
                break;
            }
        }
        found
    }
}

/// Nodes that one exploration may visit.
const MAX_VISITS: usize = 200_000;

/// States kept per node; more paths than that are not told apart.
const MAX_STATES: usize = 8;

/// The value of [`Small::NonEmpty`] where a text is needed; no script can write it.
const NON_EMPTY: &str = "\u{0}nonempty";

type State = Vec<(Rc<str>, Small)>;

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

    /// Says that a test looks at this variable.
    pub fn watch(&mut self, variable: &Rc<str>) {
        self.tested.insert(Rc::clone(variable));
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

    /// Explores from `start` with every visit of the failing node taking the failing outcome; conditions in `shared` are
    /// taken to hold.
    #[must_use]
    pub fn explore(&self, start: NodeId, failing: Failing, shared: &[Rc<str>]) -> Reached {
        let mut reached = Reached { failing: failing.node, ..Reached::default() };
        reached.around.insert(start);
        let mut seen: HashMap<(NodeId, bool), Vec<(bool, Rc<State>)>> = HashMap::new();
        let mut queue = VecDeque::from([Path { at: start, past: false, failed: false, state: Rc::default() }]);
        let mut visits = 0_usize;
        while let Some(path) = queue.pop_front() {
            visits += 1;
            reached.visits = visits;
            if visits > MAX_VISITS {
                reached.cut_short = true;
                break;
            }
            let node = self.node(path.at);
            let (state, failed) = self.apply(node, &path);
            let (mut take_ok, mut take_fail) = outcomes(node, failing, &state);
            let mut past = path.past;
            if failing.node == path.at {
                (take_ok, take_fail) = (failing.by_success, !failing.by_success);
                past = true;
            }
            let edges = node.ok.iter().filter(|_| take_ok).chain(node.fail.iter().filter(|_| take_fail));
            for edge in edges {
                let open = match &edge.gate {
                    Gate::Open => true,
                    Gate::NotFailed => !failed,
                    Gate::Failed => failed,
                    Gate::Skip(condition) => !shared.contains(condition),
                };
                let known = seen.entry((edge.to, past)).or_default();
                if !open || known.len() >= MAX_STATES || known.iter().any(|(f, s)| *f == failed && *s == state) {
                    continue;
                }
                known.push((failed, Rc::clone(&state)));
                if past {
                    reached.past.entry(edge.to).or_insert((path.at, edge.cause));
                } else {
                    reached.around.insert(edge.to);
                }
                queue.push_back(Path { at: edge.to, past, failed, state: Rc::clone(&state) });
            }
        }
        reached
    }

    fn apply(&self, node: &Node, path: &Path) -> (Rc<State>, bool) {
        match &node.action {
            NodeAction::Assign(name, value) if self.tested.contains(name) => {
                let mut new = (*path.state).clone();
                new.retain(|(n, _)| n != name);
                if *value != Small::Unknown {
                    new.push((Rc::clone(name), value.clone()));
                    new.sort();
                }
                (Rc::new(new), path.failed)
            }
            NodeAction::SetFailed => (Rc::clone(&path.state), true),
            _ => (Rc::clone(&path.state), path.failed),
        }
    }
}

/// One way that is being followed.
struct Path {
    at: NodeId,
    past: bool,
    failed: bool,
    state: Rc<State>,
}

/// Which outcomes of a node are followed when it is not itself in question.
fn outcomes(node: &Node, failing: Failing, state: &State) -> (bool, bool) {
    match &node.action {
        NodeAction::Command { branches } => (true, *branches),
        NodeAction::Test(predicate) => match decide(predicate, failing, state) {
            Some(outcome) => (outcome, !outcome),
            None => (true, true),
        },
        NodeAction::ExitWith(operand) => match value_of(operand, failing, state) {
            Some(value) => (value == "0", value != "0"),
            None => (true, true),
        },
        _ => (true, false),
    }
}

fn value_of(operand: &Operand, failing: Failing, state: &State) -> Option<String> {
    let status = |node: NodeId| (failing.node == node).then(|| if failing.by_success { "0".to_owned() } else { "1".to_owned() });
    match operand {
        Operand::Constant(text) => Some(text.to_string()),
        Operand::Status(node) => status(*node),
        Operand::Variable(name) => match state.iter().find(|(n, _)| n == name).map(|(_, v)| v) {
            Some(Small::Constant(text)) => Some(text.to_string()),
            Some(Small::Status(node)) => status(*node),
            Some(Small::NonEmpty) => Some(NON_EMPTY.to_owned()),
            _ => None,
        },
        Operand::Unknown => None,
    }
}

fn decide(predicate: &Predicate, failing: Failing, state: &State) -> Option<bool> {
    let value = |operand: &Operand| value_of(operand, failing, state);
    match predicate {
        Predicate::Equal(a, b) => match (value(a)?, value(b)?) {
            (a, b) if a == NON_EMPTY || b == NON_EMPTY => [a, b].iter().any(|v| v.is_empty() || v == "0").then_some(false),
            (a, b) => Some(a == b),
        },
        Predicate::Greater(a, b) if value(a)? == NON_EMPTY => (value(b)? == "0").then_some(true),
        Predicate::NonZero(a) if value(a)? == NON_EMPTY => Some(true),
        Predicate::Greater(a, b) => Some(value(a)?.trim().parse::<i64>().ok()? > value(b)?.trim().parse::<i64>().ok()?),
        Predicate::NonEmpty(a) => Some(!value(a)?.is_empty()),
        Predicate::Truth(a) => match value(a)?.as_str() {
            "true" | ":" => Some(true),
            "false" => Some(false),
            _ => None,
        },
        Predicate::NonZero(a) => Some(value(a)?.trim().parse::<i64>().ok()? != 0),
        Predicate::Not(a) => decide(a, failing, state).map(|x| !x),
        Predicate::And(a, b) => match (decide(a, failing, state), decide(b, failing, state)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        },
        Predicate::Or(a, b) => match (decide(a, failing, state), decide(b, failing, state)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        },
        Predicate::Unknown => None,
    }
}
