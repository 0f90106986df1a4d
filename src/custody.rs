//! What a pipeline does to artifacts: values, control flow, the effect of failure, and which verification protects which use.
//!
//! One walk over the executions in the order of their edges does three things at once: it carries abstract values along
//! ([`value`], `scope`, `expand`, `filter`), builds the control-flow graph ([`graph`], `interpret`, `branches`), and records what
//! commands and actions do (`command`, `builtins`, `nested`, `make`, `wrappers`, `containers`, `compare`, `effects`, `subjects`, `fetched`, `handed`,
//! `steps`, `calls`, `stores`, `executions`, `workspace`).
//! Then `guards` asks the graph about effect and order, and `collect` and `uses` write the facts.

pub mod graph;
pub mod identity;
pub mod reference;
pub mod value;

mod actions;
mod address;
mod admission;
mod arrivals;
mod assembly;
mod blocks;
mod branches;
mod builtins;
mod calls;
mod causes;
mod cmdlets;
mod collect;
mod command;
mod compare;
mod conditions;
mod containers;
mod contents;
mod credentials;
mod described;
pub mod dockerfile;
mod downloads;
mod effects;
mod endings;
mod env;
mod example;
mod executions;
mod expand;
mod fetched;
mod fields;
mod file_index;
mod filepath;
mod filter;
mod guards;
mod hand;
mod handed;
mod idle;
mod interpret;
mod interpreters;
mod jobs;
mod joined;
mod knowledge;
mod labels;
mod layout;
mod leavers;
mod liveness;
mod machine;
mod make;
pub mod manifest;
mod model;
mod moved;
mod names;
mod needs;
mod nested;
mod ordinary;
mod paths;
mod places;
mod podspec;
mod printed;
mod protection;
mod put_in;
mod questions;
mod recorder;
mod refer;
mod same;
mod scope;
mod search;
mod secrets;
mod servers;
mod settings;
mod shared;
mod sides;
mod snippets;
mod states;
mod statuses;
mod steps;
mod stores;
mod subjects;
mod symbol;
mod tag;
mod text;
mod unpacked;
mod unread;
mod used;
mod uses;
mod variable;
mod verdicts;
mod weaknesses;
mod words;
mod workspace;
mod wrappers;
mod written;

pub use example::is_example;
pub use knowledge::{Knowledge, Vouched};

use crate::facts::{Facts, Shell};
use crate::pipeline::Pipeline;
use crate::source::{FileId, Sources};
use crate::tools::Toolbox;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// Commands of one pipeline that are walked, called pipelines and scripts included.
const MAX_COMMANDS: usize = 60_000;

/// The repository around a pipeline.
pub trait Files: Sync {
    /// A text file of the repository, by its path relative to the root; `None` if there is none, or it lies outside.
    fn read(&self, path: &str) -> Option<(FileId, Arc<str>)>;
    /// Whether there is a file or folder at a path relative to the root.
    fn has(&self, path: &str) -> bool {
        self.read(path).is_some()
    }
    /// The pipeline or action at a path of the repository (of an action: its folder).
    fn pipeline(&self, path: &str) -> Option<Arc<Pipeline>>;
    /// The pipeline that files make together, by their paths.
    fn merged(&self, _paths: &[String]) -> Option<Arc<Pipeline>> {
        None
    }
    /// A pipeline by kind and name, for one that stands in the file `by`.
    fn named(&self, kind: &str, name: &str, by: FileId) -> Option<Arc<Pipeline>>;
}

/// What an analysis can look at beside its pipeline.
pub struct World<'a> {
    /// All loaded files.
    pub sources: &'a Sources,
    /// The repository.
    pub files: &'a dyn Files,
    /// What tools do.
    pub toolbox: &'a Toolbox,
    /// What the user says.
    pub knowledge: &'a Knowledge,
}

/// The facts of one pipeline, with its inputs unknown where they have no default.
#[must_use]
pub fn analyse(pipeline: &Pipeline, world: &World) -> Facts {
    let place = model::Place {
        execution: 0,
        step: "".into(),
        step_span: None,
        shell: Shell::Posix,
        conditions: Rc::default(),
        conditional: false,
        calls: Rc::default(),
        folder: Rc::default(),
    };
    let workspace = workspace::Workspace::new(world.files);
    let within = World { files: &workspace, ..*world };
    let mut walk = interpret::Walk {
        has_aliases: false,
        world: &within,
        workspace: &workspace,
        symbols: symbol::Symbols::default(),
        graph: graph::Graph::default(),
        records: recorder::Recorder::default(),
        place,
        budget: world.knowledge.commands.unwrap_or(MAX_COMMANDS),
        make_parts: 0,
        nesting: 0,
        defaulting: 0,
        outputs: BTreeMap::new(),
        captures: false,
        written: BTreeMap::new(),
        exported: BTreeMap::new(),
        execution_outputs: BTreeMap::new(),
        fields: BTreeMap::new(),
        scripts: BTreeMap::new(),
        makefiles: BTreeMap::new(),
        labels: BTreeMap::new(),
        overrides: Vec::new(),
        making: Vec::new(),
        following: Vec::new(),
        machines: BTreeMap::new(),
        unseen: false,
        tests: false,
        verdicts: Vec::new(),
        unpacked: None,
        leavers: <[leavers::Leavers; 3]>::default(),
        decision: idle::Decision::default(),
        is_asked_for: false,
        carriers: BTreeMap::new(),
        stores: BTreeMap::new(),
        calls: vec![steps::identity(pipeline)],
        ambient: None,
    };
    for opaque in &pipeline.opaque {
        walk.opaque(opaque.span, &opaque.why);
    }
    let given = executions::Given {
        prefix: "".into(),
        inputs: Rc::default(),
        called: false,
        after: Vec::new(),
        carriers: BTreeMap::new(),
        conditions: Vec::new(),
        calls: Rc::default(),
        env: Rc::default(),
    };
    walk.pipeline(pipeline, &given);
    collect::facts(walk, pipeline, world)
}

#[cfg(test)]
mod tests;
