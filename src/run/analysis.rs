//! The two beats on pipelines: each file is loaded by itself; then the repository is looked at as a whole, so that a call is
//! judged with what its callers give.

use super::examine::{Joined, Unparsable, panicked};
use super::tree::{Tree, Unit, load, may_be_called};
use super::waiting::Waiting;
use crate::config::Config;
use crate::custody::{self, Files, Knowledge, Vouched, World};
use crate::discover::{Discovered, Origin};
use crate::facts::Facts;
use crate::formats::{self, Loaded, Problem};
use crate::handoffs::{self, Share};
use crate::pipeline::{Action, Block, Call, DefinitionTarget, Execution, Format, Pipeline, Step};
use crate::shell;
use crate::source::{FileId, Sources, Span};
use crate::tools::{Toolbox, glob::Glob};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// With more files than this, of workflows only the outline is kept until it is their turn or they are called, and facts are packed until
/// they are judged.
const MANY_FILES: usize = 500;

/// The repository as the analysis sees it.
pub(super) struct Repository<'a> {
    pub(super) found: &'a Discovered,
    pub(super) sources: &'a Sources,
    pub(super) toolbox: &'a Toolbox,
    pub(super) knowledge: &'a Knowledge,
    tree: Tree<'a>,
}

impl<'a> Repository<'a> {
    /// The candidates are in `sources`.
    pub(super) fn new(found: &'a Discovered, sources: &'a Sources, toolbox: &'a Toolbox, knowledge: &'a Knowledge) -> Self {
        let tree = Tree::new(&*found.origin, sources, &[], found.whole);
        Repository { found, sources, toolbox, knowledge, tree }
    }

    /// First beat: one file. `None` if it is no pipeline after all. `explicit`: whether the user named it.
    pub(super) fn load(&self, file: FileId, explicit: bool) -> Option<Unit> {
        let mut unit = load(self.sources, file, explicit)?;
        if let [pipeline] = &unit.loaded.pipelines[..]
            && pipeline.format == Format::GithubWorkflow
        {
            let outline = outline(pipeline);
            let is_alone = outline.executions.is_empty() && !may_be_called(pipeline);
            if is_alone || self.is_large() {
                unit.outlined = Some(spans_of_steps([pipeline]));
                unit.ready = is_alone.then(|| self.waiting(pipeline, &self.world(&self.tree)));
                unit.loaded.pipelines = if is_alone { Vec::new() } else { vec![outline] };
            }
        }
        Some(unit)
    }

    fn is_large(&self) -> bool {
        self.found.candidates.len() > MANY_FILES
    }

    fn waiting(&self, pipeline: &Pipeline, world: &World) -> Result<Waiting, Unparsable> {
        Ok(Waiting::of(analyse(pipeline, world)?, pipeline.file, self.is_large()))
    }

    fn world<'w>(&'w self, files: &'w Tree<'a>) -> World<'w> {
        World { sources: self.sources, files, toolbox: self.toolbox, knowledge: self.knowledge }
    }
}

/// A problem of a file as what could not be read of it.
fn unparsable(problem: Problem) -> Unparsable {
    let help = problem.help.map(|h| format!(": {h}")).unwrap_or_default();
    Unparsable { span: problem.span, message: format!("{}{help}", problem.message) }
}

/// What must be known of a pipeline before it is its turn: what starts it, and what of the repository it calls.
fn outline(pipeline: &Pipeline) -> Pipeline {
    use DefinitionTarget::{Image, Remote, Unknown};
    let Pipeline { format, span, .. } = *pipeline;
    let is_outside = |call: &&Call| matches!(call.definition.target, Remote { .. } | Image(_) | Unknown);
    let calls = called(pipeline).into_iter().filter(|call| !is_outside(call));
    let executions = calls.map(|call| Execution { call: Some(call.clone()), ..Execution::empty("", span, span) }).collect();
    Pipeline { triggers: pipeline.triggers.clone(), executions, ..Pipeline::new(format, span) }
}

fn spans_of_steps<'p>(pipelines: impl IntoIterator<Item = &'p Pipeline>) -> Vec<Span> {
    let executions = pipelines.into_iter().flat_map(|p| &p.executions);
    executions.flat_map(|e| all_steps(&e.steps)).map(|step| step.span).collect()
}

/// Second beat: calls between files, facts. `is_checked`: whether the config leaves a path in.
pub(super) fn join(repository: &Repository, is_checked: &dyn Fn(&str) -> bool, units: Vec<Unit>) -> Joined {
    let Repository { found, sources, .. } = *repository;
    let mut joined = Joined::default();
    let mut units = units;
    let (mut outlined, mut waiting) = (BTreeSet::new(), Vec::new());
    let mut wanted: BTreeSet<FileId> = BTreeSet::new();
    for unit in &mut units {
        joined.formats.insert(unit.file, unit.format);
        for problem in std::mem::take(&mut unit.loaded.problems) {
            joined.unparsable.push(unparsable(problem));
        }
        if let Some(steps) = unit.outlined.take() {
            joined.steps.extend(steps);
            outlined.insert(unit.file);
        }
        if let Some(facts) = unit.ready.take() {
            wanted.insert(unit.file);
            waiting.push((unit.file, facts));
        }
    }
    let mut problems = Vec::new();
    let requested = pipelines(found, sources, units, &mut problems);
    for problem in problems.into_iter().map(unparsable) {
        if joined.unparsable.iter().all(|known| (known.span, &known.message) != (problem.span, &problem.message)) {
            joined.unparsable.push(problem);
        }
    }
    joined.steps.extend(spans_of_steps(requested.iter().map(|p| &**p).filter(|p| !outlined.contains(&p.file))));
    let loaded: Vec<_> = requested.iter().filter(|p| !outlined.contains(&p.file)).cloned().collect();
    let files = Tree::new(&*found.origin, sources, &loaded, found.whole);
    wanted.extend(requested.iter().map(|p| p.file));
    let context = files.callers(&requested, &wanted);
    joined.context = context.iter().map(|p| p.file).filter(|f| !wanted.contains(f)).collect();
    let own = roots(&requested, &context, &files, sources);
    let ready: BTreeSet<FileId> = waiting.iter().map(|(file, _)| *file).collect();
    let around = pipelines(found, sources, files.around(is_checked), &mut Vec::new());
    let mut others = roots(&around, &[], &files, sources);
    let judged: BTreeSet<(FileId, u32)> = own.iter().map(|one| identity(one)).collect();
    others.retain(|other| !judged.contains(&identity(other)) && !ready.contains(&other.file));
    let world = repository.world(&files);
    // From here on a pipeline that nobody calls is needed only until its facts are there.
    drop((requested, loaded, context, around));
    let facts = |pipeline: Arc<Pipeline>| match outlined.contains(&pipeline.file) {
        true => (pipeline.file, repository.waiting(&whole(&pipeline, sources), &world)),
        false => (pipeline.file, repository.waiting(&pipeline, &world)),
    };
    waiting.extend(own.into_par_iter().map(facts).collect::<Vec<_>>());
    waiting.sort_by_key(|(file, _)| *file);
    let mut shares = Vec::with_capacity(waiting.len() + others.len());
    for (_, facts) in waiting {
        match facts {
            Ok(Waiting { share, facts }) => {
                shares.push(share);
                joined.asleep.push(facts);
            }
            Err(problem) => joined.unparsable.push(problem),
        }
    }
    // The others only say what this repository pushes, signs and verifies.
    let share = |pipeline: Arc<Pipeline>| analyse(&pipeline, &world).ok().map(|facts| Share::of(&facts));
    shares.extend(others.into_par_iter().filter_map(share).collect::<Vec<_>>());
    shell::forget();
    joined.repository = handoffs::Repository::of(shares);
    joined
}

/// The pipelines of loaded files, those of GitLab with what they include.
/// `problems`: what is wrong in files that only others lead to.
fn pipelines(found: &Discovered, sources: &Sources, units: Vec<Unit>, problems: &mut Vec<Problem>) -> Vec<Arc<Pipeline>> {
    let (gitlab, others): (Vec<Unit>, Vec<Unit>) = units.into_iter().partition(|u| u.format == Format::GitlabCi);
    let mut pipelines: Vec<Arc<Pipeline>> = others.into_iter().flat_map(|u| u.loaded.pipelines).map(Arc::new).collect();
    pipelines.extend(merged(found, sources, gitlab.into_iter().map(|u| (u.file, u.loaded)).collect(), problems));
    pipelines
}

/// GitLab pipelines with what they include from this repository; an included file is not judged by itself.
fn merged(
    found: &Discovered,
    sources: &Sources,
    loaded: Vec<(FileId, Loaded)>,
    problems: &mut Vec<Problem>,
) -> Vec<Arc<Pipeline>> {
    if loaded.is_empty() {
        return Vec::new();
    }
    let tree = Tree::new(&*found.origin, sources, &[], true);
    let (mut pipelines, mut included) = (Vec::new(), BTreeSet::new());
    for (file, alone) in loaded {
        let (Loaded { pipelines: whole, problems: more }, parts) = tree.with_included(file, alone);
        included.extend(parts);
        problems.extend(more);
        // All files but the last of a child pipeline are laid under that.
        for call in whole.iter().flat_map(|p| &p.executions).filter_map(|e| e.call.as_ref()) {
            if let DefinitionTarget::Merged(paths) = &call.definition.target {
                let under = paths.iter().rev().skip(1).filter_map(|path| tree.read(path));
                included.extend(under.map(|(file, _)| file));
            }
        }
        pipelines.extend(whole);
    }
    pipelines.into_iter().filter(|p| !included.contains(&p.file)).map(Arc::new).collect()
}

/// What the config and the repository's remote say, in the words of the analysis.
pub(super) fn knowledge(config: &Config, origin: &dyn Origin) -> Knowledge {
    let globs = |patterns: &[String]| patterns.iter().map(|p| Glob::new(p)).collect::<Vec<_>>();
    let trusted = config.identities.trusted.iter().map(|one| Vouched {
        issuer: one.issuer.clone(),
        identity: one.identity.clone(),
        references: globs(&one.references),
    });
    Knowledge {
        immutable: globs(&config.references.immutable),
        first_party: globs(&config.references.first_party),
        owners: config.references.owners.clone(),
        owner: origin.owner(),
        trusted: trusted.collect(),
        commands: config.limits.commands,
        executions: config.limits.executions,
    }
}

/// The whole of an outlined pipeline.
fn whole(outline: &Pipeline, sources: &Sources) -> Pipeline {
    let source = sources.get(outline.file);
    let again = formats::load(outline.format, outline.file, &source.path, &source.text).pipelines;
    again.into_iter().next().unwrap_or_else(|| outline.clone())
}

/// The facts of one pipeline; a panic is that pipeline's finding.
fn analyse(pipeline: &Pipeline, world: &World) -> Result<Facts, Unparsable> {
    catch_unwind(AssertUnwindSafe(|| custody::analyse(pipeline, world))).map_err(|_| panicked(pipeline.file))
}

/// What is judged by itself: pipelines that nobody calls (or nothing but tests and examples do) or that are also started otherwise, and
/// the callers of the others, in which those are judged.
fn roots(requested: &[Arc<Pipeline>], context: &[Arc<Pipeline>], files: &Tree, sources: &Sources) -> Vec<Arc<Pipeline>> {
    let mut callers: BTreeMap<(FileId, u32), Vec<usize>> = BTreeMap::new();
    let mut callees: BTreeMap<(FileId, u32), Vec<(FileId, u32)>> = BTreeMap::new();
    let mut entered: BTreeMap<(FileId, u32), BTreeSet<String>> = BTreeMap::new();
    let wanted: BTreeSet<FileId> = requested.iter().map(|p| p.file).collect();
    let all: Vec<&Arc<Pipeline>> = requested.iter().chain(context.iter().filter(|c| !wanted.contains(&c.file))).collect();
    for (index, pipeline) in all.iter().enumerate() {
        for call in called(pipeline) {
            let found = match &call.definition.target {
                DefinitionTarget::Local(path) => files.pipeline(path),
                DefinitionTarget::Merged(paths) => files.merged(paths),
                DefinitionTarget::Named { kind, name } => files.named(kind, name, pipeline.file),
                _ => None,
            };
            if let Some(found) = found {
                let executions = found.entered_by(call).1.into_iter().map(|e| e.id.clone());
                entered.entry(identity(&found)).or_default().extend(executions);
                callers.entry(identity(&found)).or_default().push(index);
                callees.entry(identity(pipeline)).or_default().push(identity(&found));
            }
        }
    }
    let starts_itself = |p: &Pipeline| p.format != Format::GithubAction && p.triggers.iter().any(|t| !t.name.ends_with("_call"));
    let is_example = |p: &Pipeline| custody::is_example(&sources.get(p.file).path);
    let mut chosen: BTreeSet<usize> = BTreeSet::new();
    let mut queue: Vec<usize> = (0..requested.len()).collect();
    let mut seen: BTreeSet<usize> = queue.iter().copied().collect();
    while let Some(index) = queue.pop() {
        let pipeline = all[index];
        let of = callers.get(&identity(pipeline)).map(Vec::as_slice).unwrap_or_default();
        // Whoever is called in tests alone is there for callers elsewhere.
        let is_only_tried = || !is_example(pipeline) && of.iter().all(|i| is_example(all[*i]));
        if of.is_empty() || starts_itself(pipeline) || is_only_tried() {
            chosen.insert(index);
        }
        queue.extend(of.iter().filter(|i| seen.insert(**i)));
    }
    // Those that only call each other in a circle have no root: the first of each circle is one.
    let mut covered: BTreeSet<(FileId, u32)> = BTreeSet::new();
    for index in chosen.iter().copied().collect::<Vec<_>>().into_iter().chain(0..requested.len()) {
        let mut open = vec![identity(all[index])];
        if !covered.contains(&open[0]) {
            chosen.insert(index);
        }
        while let Some(next) = open.pop() {
            if covered.insert(next) {
                open.extend(callees.get(&next).into_iter().flatten());
            }
        }
    }
    let mut roots: Vec<Arc<Pipeline>> = chosen.iter().map(|i| Arc::clone(all[*i])).collect();
    // Of a library's file some methods are called, and others not.
    for (_, pipeline) in requested.iter().enumerate().filter(|(i, p)| p.format == Format::JenkinsLibrary && !chosen.contains(i)) {
        let Some(entered) = entered.get(&identity(pipeline)) else { continue };
        let rest = of_executions(pipeline, |e| !e.on_demand && !entered.contains(&e.id));
        if !rest.executions.is_empty() {
            roots.push(Arc::new(rest));
        }
    }
    for root in &mut roots {
        if root.executions.iter().any(|e| e.on_demand) {
            *root = Arc::new(of_executions(root, |e| !e.on_demand));
        }
    }
    roots
}

fn of_executions(pipeline: &Pipeline, is_kept: impl Fn(&Execution) -> bool) -> Pipeline {
    let executions = pipeline.executions.iter().filter(|e| is_kept(e)).cloned().collect();
    Pipeline { executions, ..Pipeline::clone(pipeline) }
}

/// Tells the pipelines of one file apart.
fn identity(pipeline: &Pipeline) -> (FileId, u32) {
    (pipeline.file, pipeline.span.start)
}

/// What of this repository a pipeline calls.
fn called(pipeline: &Pipeline) -> Vec<&Call> {
    let mut calls = Vec::new();
    for execution in &pipeline.executions {
        calls.extend(&execution.call);
        calls.extend(all_steps(&execution.steps).into_iter().filter_map(|step| match &step.action {
            Action::Use(call) => Some(call),
            _ => None,
        }));
    }
    calls
}

/// Steps with those in their blocks.
fn all_steps(steps: &[Step]) -> Vec<&Step> {
    let mut all = Vec::new();
    let mut open: Vec<&Step> = steps.iter().collect();
    while let Some(step) = open.pop() {
        all.push(step);
        match &step.action {
            Action::Block(Block::Sequence(inner)) => open.extend(inner),
            Action::Block(Block::Try { body, handler, last, .. }) => {
                open.extend(body.iter().chain(handler.iter().flatten()).chain(last));
            }
            Action::Block(Block::Branch(arms)) => open.extend(arms.iter().flat_map(|(_, s)| s)),
            _ => {}
        }
    }
    all
}
