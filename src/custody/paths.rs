//! Questions about the graph: what can run although a command failed. Paths carry small values, so that a status that is
//! looked at later, a counter or a flag decides where it goes.

use super::graph::{Edge, Gate, Graph, Node, NodeAction, NodeId, Operand, Predicate, STATUS, Small, Var};
use super::liveness::Liveness;
use super::ordinary::{Joins, Ordinary, Ways};
use crate::facts::EffectCause;
use crate::source::Span;
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

/// Which node is taken to fail, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
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

/// What [`Graph::explore`] found: the nodes that can run although the node in question failed or was passed by.
#[derive(Debug, Default)]
pub struct Reached {
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

/// The node before, and what takes a failure away on the edge from there.
type Link = (NodeId, Option<(EffectCause, Span)>);

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
        self.past.contains_key(&node) || self.after.as_ref().is_some_and(|(ways, from)| ways.first(node, *from).is_some())
    }

    /// Whether the node can run without the node in question having run.
    #[must_use]
    pub fn around(&self, node: NodeId) -> bool {
        self.around.contains(&node)
            || self.before.as_ref().is_some_and(|(ways, to)| ways.first(node, 0).is_some_and(|at| at <= *to))
    }

    /// The first construct on the way from the failure to `node` that took the failure away.
    #[must_use]
    pub fn cause(&self, node: NodeId) -> Option<(EffectCause, Span)> {
        let (mut at, mut found) = (node, None);
        if let Some((ways, from)) = self.after.as_ref().filter(|_| !self.past.contains_key(&node)) {
            let mut place = ways.first(node, *from)?;
            while place > *from {
                let (before, cause) = ways.met[place].link;
                found = cause.or(found);
                place = before;
            }
            at = ways.met[place].at;
        }
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
pub(super) const MAX_VISITS: usize = 200_000;

/// States kept per node; beyond it a path forgets what it knows.
pub(super) const MAX_STATES: usize = 64;

/// Counters are followed up to here.
const MAX_COUNT: i64 = 12;

pub(super) type State = Vec<(Var, Small)>;
pub(super) type Mixed = BuildHasherDefault<Mixer>;

/// Hashes the numbers of nodes and variables, which nobody chooses so that they meet.
#[derive(Default)]
pub(super) struct Mixer(u64);

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u32(u32::from(*byte)));
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0 ^ u64::from(number)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}

impl Graph {
    /// Explores from `start` with every visit of the failing node taking the failing outcome; conditions in `shared` are
    /// taken to hold. `ways`: see [`Ways`].
    #[must_use]
    pub fn explore(&self, start: NodeId, failing: &Failing, shared: &[Rc<str>], ways: Option<&Ways>) -> Reached {
        let mut reached = Reached { failing: failing.node, ..Reached::default() };
        let mut seen: [HashMap<NodeId, Vec<(bool, Rc<State>)>, Mixed>; 3] = Default::default();
        let mut path = Path { at: start, past: false, renewed: false, failed: false, state: Rc::default() };
        let joins = ways.filter(|_| failing.others.is_empty()).and_then(|ways| Joins::of(ways, failing));
        if let Some(joins) = &joins {
            path = joins.beginning();
            reached.before = Some((Rc::clone(&joins.ways.before), joins.place));
        } else {
            reached.around.insert(start);
        }
        let mut queue = VecDeque::from([path]);
        let mut edges = Vec::new();
        while let Some(path) = queue.pop_front() {
            reached.visits += 1;
            if reached.visits > MAX_VISITS {
                reached.cut_short = true;
                break;
            }
            let renewed = path.past && (path.renewed || renews(self.node(path.at), &failing.items));
            let forced = failing.outcome(path.at);
            let past = path.past || forced.is_some() && !renewed;
            let taken = forced.map(|by_success| if renewed { (true, true) } else { (by_success, !by_success) });
            self.leave(&path, taken, past && failing.hides_status, shared, &mut edges);
            for (edge, failed, mut state) in edges.drain(..) {
                if let Some(place) = joins.as_ref().filter(|_| past).and_then(|joins| joins.place_of(edge.to, failed, &state)) {
                    reached.past.entry(edge.to).or_insert((path.at, edge.cause));
                    let from = reached.after.as_ref().map_or(place, |(_, from)| place.min(*from));
                    reached.after = joins.as_ref().map(|joins| (Rc::clone(&joins.ways.after), from));
                    continue;
                }
                let known = seen[usize::from(past) + usize::from(renewed)].entry(edge.to).or_default();
                if known.len() >= MAX_STATES {
                    state = Rc::default();
                }
                if known.iter().any(|(f, s)| *f == failed && *s == state) {
                    continue;
                }
                known.push((failed, Rc::clone(&state)));
                if past {
                    reached.past.entry(edge.to).or_insert((path.at, edge.cause));
                } else {
                    reached.around.insert(edge.to);
                }
                queue.push_back(Path { at: edge.to, past, renewed, failed, state });
            }
        }
        reached
    }

    /// The edges on which a path goes on, with whether a step has failed and what is still known there. `taken`: the outcomes by
    /// success and by failure, where they do not follow from what is known; `hides_status`: see [`Failing::hides_status`].
    pub(super) fn leave<'g>(
        &'g self,
        path: &Path,
        taken: Option<(bool, bool)>,
        hides_status: bool,
        shared: &[Rc<str>],
        edges: &mut Vec<(&'g Edge, bool, Rc<State>)>,
    ) {
        let node = self.node(path.at);
        let live = self.live.get_or_init(|| Liveness::of(&self.nodes));
        let (state, failed) = apply(node, path);
        let (take_ok, take_fail) = taken.unwrap_or_else(|| outcomes(node, &state));
        let ok = node.ok.iter().filter(|_| take_ok).map(|edge| (edge, true));
        let fail = node.fail.iter().filter(|_| take_fail).map(|edge| (edge, false));
        for (edge, succeeded) in ok.chain(fail) {
            let is_shared = matches!(&edge.gate, Gate::Skip(condition) if shared.contains(condition));
            if is_shared || !edge.gate.is_open(failed) {
                continue;
            }
            let mut state = Rc::clone(&state);
            if live.is_read(edge.to, STATUS) {
                state = leaving(node, succeeded, &state);
                if hides_status {
                    state = hidden(state, taken.is_some() && !succeeded, edge.cause.is_some());
                }
            }
            edges.push((edge, failed, live.kept(edge.to, state)));
        }
    }
}

/// Whether a node assigns one of these variables.
fn renews(node: &Node, items: &[Var]) -> bool {
    matches!(&node.action, NodeAction::Assign(var, _) if items.contains(var))
}

/// What a path knows after a node, and whether a step has failed on it.
fn apply(node: &Node, path: &Path) -> (Rc<State>, bool) {
    match &node.action {
        NodeAction::Assign(var, value) => (set(&path.state, *var, resolved(value, &path.state)), path.failed),
        NodeAction::SetFailed => (Rc::clone(&path.state), true),
        _ => (Rc::clone(&path.state), path.failed),
    }
}

/// Commands and tests leave their status behind.
fn leaving(node: &Node, succeeded: bool, state: &Rc<State>) -> Rc<State> {
    match node.action {
        NodeAction::Command { .. } | NodeAction::Test(_) | NodeAction::Wait(_) => {
            set(state, STATUS, if succeeded { Small::Constant("0".into()) } else { Small::NonEmpty })
        }
        _ => Rc::clone(state),
    }
}

/// What is known of the status where the one of what fails is not to be seen once its failure is taken away. Until then it is 1, by which it
/// is told from those of other commands.
fn hidden(state: Rc<State>, fails: bool, is_taken_away: bool) -> Rc<State> {
    let its = Small::Constant("1".into());
    if is_taken_away && (fails || get(&state, STATUS) == its) {
        return set(&state, STATUS, Small::Constant("0".into()));
    }
    if fails { set(&state, STATUS, its) } else { state }
}

fn set(state: &Rc<State>, var: Var, value: Small) -> Rc<State> {
    let at = state.binary_search_by_key(&var, |(v, _)| *v);
    match at {
        Err(_) if value == Small::Unknown => return Rc::clone(state),
        Ok(at) if state[at].1 == value => return Rc::clone(state),
        _ => {}
    }
    let mut new = (**state).clone();
    match (at, value) {
        (Ok(at), Small::Unknown) => drop(new.remove(at)),
        (Ok(at), value) => new[at].1 = value,
        (Err(at), value) => new.insert(at, (var, value)),
    }
    Rc::new(new)
}

fn get(state: &State, var: Var) -> Small {
    state.binary_search_by_key(&var, |(v, _)| *v).map_or(Small::Unknown, |at| state[at].1.clone())
}

/// A value that refers to no other variable.
fn resolved(value: &Small, state: &State) -> Small {
    match value {
        Small::Copy(var) => get(state, *var),
        Small::Plus(var, more) => match get(state, *var) {
            Small::Constant(text) => match number(&text).and_then(|n| n.checked_add(*more)) {
                Some(sum) if sum > MAX_COUNT => Small::NonEmpty,
                Some(sum) => Small::Constant(sum.to_string().into()),
                None => Small::Unknown,
            },
            // Counters are raised from zero.
            Small::NonEmpty | Small::Unknown if *more > 0 => Small::NonEmpty,
            _ => Small::Unknown,
        },
        plain => plain.clone(),
    }
}

/// The number that a shell takes a text for.
fn number(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.is_empty() { Some(0) } else { text.parse().ok() }
}

/// One way that is being followed.
pub(super) struct Path {
    pub(super) at: NodeId,
    pub(super) past: bool,
    pub(super) renewed: bool,
    pub(super) failed: bool,
    pub(super) state: Rc<State>,
}

/// Which outcomes of a node are followed when it is not itself in question.
fn outcomes(node: &Node, state: &State) -> (bool, bool) {
    match &node.action {
        NodeAction::Command { branches } => (true, *branches),
        NodeAction::Test(predicate) => match decide(predicate, state) {
            Some(outcome) => (outcome, !outcome),
            None => (true, true),
        },
        NodeAction::Wait(job) => match get(state, *job) {
            Small::Running => (false, false),
            Small::Constant(status) => (&*status == "0", &*status != "0"),
            Small::NonEmpty => (false, true),
            _ => (true, true),
        },
        _ => (true, false),
    }
}

fn value_of(operand: &Operand, state: &State) -> Small {
    match operand {
        Operand::Constant(text) => Small::Constant(Rc::clone(text)),
        Operand::Variable(var) => get(state, *var),
        Operand::Unknown => Small::Unknown,
    }
}

/// The outcome of a relation of two values, if it is the same for all that they may be.
fn relate(a: &Small, b: &Small, relation: &dyn Fn(&str, &str) -> Option<bool>) -> Option<bool> {
    let all = |small: &Small| -> Option<Vec<Rc<str>>> {
        match small {
            Small::Constant(text) => Some(vec![Rc::clone(text)]),
            Small::OneOf(texts) => Some(texts.to_vec()),
            _ => None,
        }
    };
    let (a, b) = (all(a)?, all(b)?);
    let mut outcomes = a.iter().flat_map(|a| b.iter().map(move |b| (a, b))).map(|(a, b)| relation(a, b));
    let first = outcomes.next()??;
    outcomes.all(|o| o == Some(first)).then_some(first)
}

fn decide(predicate: &Predicate, state: &State) -> Option<bool> {
    let value = |operand: &Operand| value_of(operand, state);
    let is_nothing = |small: &Small| matches!(small, Small::Constant(text) if text.is_empty() || &**text == "0");
    match predicate {
        Predicate::Equal(a, b) => match (value(a), value(b)) {
            (Small::NonEmpty, other) | (other, Small::NonEmpty) => is_nothing(&other).then_some(false),
            (a, b) => relate(&a, &b, &|a, b| Some(a == b)),
        },
        Predicate::Greater(a, b) => match (value(a), value(b)) {
            (Small::NonEmpty, Small::Constant(than)) => (number(&than)? <= 0).then_some(true),
            (Small::Constant(text), Small::NonEmpty) => (number(&text)? <= 1).then_some(false),
            (a, b) => relate(&a, &b, &|a, b| Some(number(a)? > number(b)?)),
        },
        Predicate::NonEmpty(a) => match value(a) {
            Small::NonEmpty => Some(true),
            value => relate(&value, &value, &|text, _| Some(!text.is_empty())),
        },
        Predicate::Success(a) => match value(a) {
            Small::NonEmpty | Small::Unknown => Some(false),
            value => relate(&value, &value, &|text, _| Some(number(text)? == 0)),
        },
        Predicate::Truth(a) => match value(a) {
            Small::Constant(text) if matches!(&*text, "true" | ":") => Some(true),
            Small::Constant(text) if &*text == "false" => Some(false),
            _ => None,
        },
        Predicate::NonZero(a) => match value(a) {
            Small::NonEmpty => Some(true),
            value => relate(&value, &value, &|text, _| Some(number(text)? != 0)),
        },
        Predicate::Not(a) => decide(a, state).map(|x| !x),
        Predicate::And(a, b) => match (decide(a, state), decide(b, state)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), Some(true)) => Some(true),
            _ => None,
        },
        Predicate::Or(a, b) => match (decide(a, state), decide(b, state)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        },
        Predicate::Unknown => None,
    }
}
