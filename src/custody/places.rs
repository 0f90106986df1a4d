//! Where ways come: every node with all that is known there, met once. Where a place leads is the same for all questions, and found once.

use super::graph::{Edge, Graph, NodeId};
use super::states::{Standing, State};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

/// Index of a place.
pub(super) type PlaceId = u32;

/// The state where nothing is known.
const NOTHING: u32 = 0;

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

/// A node, whether a step has failed before it, and what is known there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Place {
    at: NodeId,
    failed: bool,
    state: u32,
}

/// A way out of a place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Exit<'g> {
    pub(super) edge: &'g Edge,
    pub(super) to: PlaceId,
}

/// Range of the exits of a place where the status of what failed shows, and where it is hidden; once they were asked for.
type Exits = [Option<(u32, u32)>; 2];

/// All places of a graph that were met so far.
#[derive(Debug)]
pub(super) struct Places<'g> {
    graph: &'g Graph,
    all: Vec<(Place, Exits)>,
    ids: HashMap<Place, PlaceId, Mixed>,
    /// In the order in which they were met; nothing is known in the first, [`NOTHING`].
    states: Vec<Rc<State>>,
    state_ids: HashMap<Rc<State>, u32>,
    exits: Vec<Exit<'g>>,
    /// Of the place that is being left; kept for its room.
    leaving: Vec<(&'g Edge, bool, Rc<State>)>,
    /// How many there are at each node.
    crowds: Vec<u32>,
    /// Of the question that is being answered; kept because it is large.
    pub(super) seen: Seen,
}

impl<'g> Places<'g> {
    pub(super) fn of(graph: &'g Graph) -> Self {
        Places {
            graph,
            all: Vec::new(),
            ids: HashMap::default(),
            states: vec![Rc::default()],
            state_ids: HashMap::default(),
            exits: Vec::new(),
            leaving: Vec::new(),
            crowds: vec![0; graph.len()],
            seen: Seen::default(),
        }
    }

    pub(super) fn graph(&self) -> &'g Graph {
        self.graph
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// The place where all that is known is that no step has failed.
    pub(super) fn beginning(&mut self, at: NodeId) -> PlaceId {
        self.place(Place { at, failed: false, state: NOTHING })
    }

    pub(super) fn node(&self, place: PlaceId) -> NodeId {
        self.all[place as usize].0.at
    }

    /// How many places of a node were met.
    pub(super) fn crowd(&self, at: NodeId) -> usize {
        self.crowds[at as usize] as usize
    }

    /// The same node with no more known than in `common` (a state, once there is one), which from now on is what both know.
    pub(super) fn widened(&mut self, place: PlaceId, common: &mut Option<u32>) -> PlaceId {
        let place = self.all[place as usize].0;
        let state = match *common {
            Some(known) if known != place.state => {
                let theirs = &self.states[known as usize];
                let both: State =
                    self.states[place.state as usize].iter().filter(|fact| theirs.contains(fact)).cloned().collect();
                self.state(&Rc::new(both))
            }
            _ => place.state,
        };
        *common = Some(state);
        self.place(Place { state, ..place })
    }

    /// Where a place leads where nothing fails that need not.
    pub(super) fn leave(&mut self, place: PlaceId, hides_status: bool) -> &[Exit<'g>] {
        let known = self.all[place as usize].1[usize::from(hides_status)];
        let (from, to) = known.unwrap_or_else(|| {
            let from = self.exits.len();
            let mut exits = std::mem::take(&mut self.exits);
            self.leave_as(place, None, hides_status, &mut exits);
            self.exits = exits;
            let range = (u32::try_from(from).unwrap_or(0), u32::try_from(self.exits.len()).unwrap_or(0));
            self.all[place as usize].1[usize::from(hides_status)] = Some(range);
            range
        });
        &self.exits[from as usize..to as usize]
    }

    /// Where a place leads. `taken`: see [`Graph::leave`].
    pub(super) fn leave_as(
        &mut self,
        place: PlaceId,
        taken: Option<(bool, bool)>,
        hides_status: bool,
        found: &mut Vec<Exit<'g>>,
    ) {
        let Place { at, failed, state } = self.all[place as usize].0;
        let standing = Standing { at, failed, state: Rc::clone(&self.states[state as usize]) };
        let mut leaving = std::mem::take(&mut self.leaving);
        self.graph.leave(&standing, taken, hides_status, &mut leaving);
        for (edge, failed, state) in leaving.drain(..) {
            let state = self.state(&state);
            found.push(Exit { edge, to: self.place(Place { at: edge.to, failed, state }) });
        }
        self.leaving = leaving;
    }

    fn state(&mut self, state: &Rc<State>) -> u32 {
        if state.is_empty() {
            return NOTHING;
        }
        self.state_ids.get(state).copied().unwrap_or_else(|| {
            let id = u32::try_from(self.states.len()).unwrap_or(u32::MAX);
            self.states.push(Rc::clone(state));
            self.state_ids.insert(Rc::clone(state), id);
            id
        })
    }

    fn place(&mut self, place: Place) -> PlaceId {
        *self.ids.entry(place).or_insert_with(|| {
            self.crowds[place.at as usize] += 1;
            self.all.push((place, Exits::default()));
            u32::try_from(self.all.len() - 1).unwrap_or(u32::MAX)
        })
    }
}

/// Which places a question has met, on which kinds of ways.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// A bit for each kind.
    kinds: Vec<u8>,
    /// Those of which a bit is set.
    met: Vec<PlaceId>,
}

impl Seen {
    /// Whether it is news that a way of this kind comes to the place.
    pub(super) fn insert(&mut self, place: PlaceId, kind: u8) -> bool {
        let index = place as usize;
        if index >= self.kinds.len() {
            self.kinds.resize((index + 1).next_power_of_two(), 0);
        }
        let known = &mut self.kinds[index];
        if *known == 0 {
            self.met.push(place);
        }
        let is_new = *known & 1 << kind == 0;
        *known |= 1 << kind;
        is_new
    }

    /// Those met on ways of a kind.
    pub(super) fn of(&self, kind: u8) -> impl Iterator<Item = PlaceId> + '_ {
        self.met.iter().copied().filter(move |place| self.kinds[*place as usize] & 1 << kind != 0)
    }

    pub(super) fn clear(&mut self) {
        for place in self.met.drain(..) {
            self.kinds[place as usize] = 0;
        }
    }
}
