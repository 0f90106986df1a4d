//! What a path remembers: small values, so that a status that is looked at later, a counter or a flag decides where it goes.

use super::graph::{Edge, Graph, Node, NodeAction, NodeId, Operand, Predicate, STATUS, Small, Var};
use super::liveness::Liveness;
use std::rc::Rc;

/// Counters are followed up to here.
const MAX_COUNT: i64 = 12;

/// The variables of which something is known, in order.
pub(super) type State = Vec<(Var, Small)>;

/// How far a path has come, and what is known there.
pub(super) struct Standing {
    pub(super) at: NodeId,
    pub(super) failed: bool,
    pub(super) state: Rc<State>,
}

/// Where a path goes on.
#[derive(Debug)]
pub(super) struct Onward<'g> {
    pub(super) edge: &'g Edge,
    /// Whether a step has failed.
    pub(super) failed: bool,
    /// What is still known there.
    pub(super) state: Rc<State>,
    /// Whether it goes on so because the command of the node failed.
    pub(super) is_failure: bool,
}

impl Graph {
    /// The edges on which a path goes on. `taken`: the outcomes by
    /// success and by failure, where they do not follow from what is known; `hides_status`: see [`super::paths::Failing::hides_status`].
    pub(super) fn leave<'g>(
        &'g self,
        path: &Standing,
        taken: Option<(bool, bool)>,
        hides_status: bool,
        edges: &mut Vec<Onward<'g>>,
    ) {
        let node = self.node(path.at);
        let live = self.live.get_or_init(|| Liveness::of(&self.nodes));
        let (state, failed) = apply(node, path);
        let (take_ok, take_fail) = taken.unwrap_or_else(|| outcomes(node, &state));
        let ok = node.ok.iter().filter(|_| take_ok).map(|edge| (edge, true));
        let fail = node.fail.iter().filter(|_| take_fail).map(|edge| (edge, false));
        for (edge, succeeded) in ok.chain(fail) {
            if !edge.gate.is_open(failed) {
                continue;
            }
            let mut state = Rc::clone(&state);
            if live.is_read(edge.to, STATUS) {
                state = leaving(node, succeeded, &state);
                if hides_status {
                    state = hidden(state, taken.is_some() && !succeeded, edge.cause.is_some());
                }
            }
            let is_failure = !succeeded && matches!(node.action, NodeAction::Command { .. });
            edges.push(Onward { edge, failed, state: live.kept(edge.to, state), is_failure });
        }
    }
}

/// What a path knows after a node, and whether a step has failed on it.
fn apply(node: &Node, path: &Standing) -> (Rc<State>, bool) {
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
