//! The two beats on pipelines: each file is loaded by itself; then the repository is looked at as a whole, so that a call is
//! judged with what its callers give.

use super::examine::{Joined, Unparsable, panicked};
use crate::config::Config;
use crate::custody::{self, Files, Knowledge, Vouched, World};
use crate::discover::{Discovered, Origin};
use crate::facts::Facts;
use crate::formats::gitlab::Part;
use crate::formats::{self, Loaded, Problem};
use crate::pipeline::{
    Action, Binding, Block, Call, DefinitionKind, DefinitionTarget, Execution, Format, Opaque, Pipeline, Step,
};
use crate::shell;
use crate::source::{FileId, Sources, Span};
use crate::tools::{Toolbox, Truth, glob::Glob};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Files that one GitLab pipeline may include (GitLab's own limit is 150).
const MAX_INCLUDES: usize = 150;
/// Folder whose files can call each other by path.
const WORKFLOWS: &str = ".github/workflows";

/// With more files than this, of pipelines that nobody can call only the outline is kept until it is their turn.
const MANY_FILES: usize = 500;

/// One loaded file.
pub(super) struct Unit {
    file: FileId,
    format: Format,
    loaded: Loaded,
    /// Where only the [`outline`] of a pipeline is kept: the places of its steps, and its facts if it calls nobody.
    outlined: Option<(Vec<Span>, Option<Result<Facts, Unparsable>>)>,
}

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
            && !may_be_called(pipeline)
        {
            let outline = outline(pipeline);
            let facts = outline.executions.is_empty().then(|| analyse(pipeline, &self.world(&self.tree)));
            if facts.is_some() || self.found.candidates.len() > MANY_FILES {
                unit.outlined = Some((spans_of_steps([pipeline]), facts));
                unit.loaded.pipelines = vec![outline];
            }
        }
        Some(unit)
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

/// Whether a file may be a pipeline, by its path relative to the root.
pub(super) fn recognises(path: &Path) -> bool {
    formats::recognise(&path.to_string_lossy(), None).is_some()
}

/// One file by itself.
fn load(sources: &Sources, file: FileId, explicit: bool) -> Option<Unit> {
    let source = sources.get(file);
    let format = formats::recognise(&source.path, Some(&source.text))?;
    let mut loaded = formats::load(format, file, &source.path, &source.text);
    if !explicit && loaded.problems.iter().any(|p| p.if_named) {
        loaded.problems.retain(|p| !p.if_named);
        if loaded.pipelines.is_empty() && loaded.problems.is_empty() {
            return None;
        }
    }
    Some(Unit { file, format, loaded, outlined: None })
}

/// What must be known of a pipeline that nobody can call before it is its turn: what starts it, and what of the repository it calls.
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

/// Whether a file is a pipeline by its path alone; that a file is YAML says nothing yet.
pub(super) fn claims(path: &str) -> bool {
    formats::recognise(path, None)
        .is_some_and(|format| !matches!(format, Format::Tekton | Format::InTotoLayout | Format::AdmissionPolicy))
}

/// Second beat: calls between files, facts. `is_checked`: whether the config leaves a path in.
pub(super) fn join(repository: &Repository, is_checked: &dyn Fn(&str) -> bool, units: Vec<Unit>) -> Joined {
    let Repository { found, sources, .. } = *repository;
    let mut joined = Joined::default();
    let mut units = units;
    let mut outlined = HashMap::new();
    for unit in &mut units {
        joined.formats.insert(unit.file, unit.format);
        for problem in std::mem::take(&mut unit.loaded.problems) {
            joined.unparsable.push(unparsable(problem));
        }
        if let Some((steps, facts)) = unit.outlined.take() {
            joined.steps.extend(steps);
            outlined.insert(unit.file, facts);
        }
    }
    let mut problems = Vec::new();
    let requested = pipelines(found, sources, units, &mut problems);
    for problem in problems.into_iter().map(unparsable) {
        if joined.unparsable.iter().all(|known| (known.span, &known.message) != (problem.span, &problem.message)) {
            joined.unparsable.push(problem);
        }
    }
    joined.steps.extend(spans_of_steps(requested.iter().map(|p| &**p).filter(|p| !outlined.contains_key(&p.file))));
    let files = Tree::new(&*found.origin, sources, &requested, found.whole);
    let wanted: BTreeSet<FileId> = requested.iter().map(|p| p.file).collect();
    let context = files.callers(&requested);
    joined.context = context.iter().map(|p| p.file).filter(|f| !wanted.contains(f)).collect();
    let own = roots(&requested, &context, &files);
    let around = pipelines(found, sources, files.around(is_checked), &mut Vec::new());
    let mut others = roots(&around, &[], &files);
    let judged: BTreeSet<(FileId, u32)> = own.iter().map(|one| identity(one)).collect();
    others.retain(|other| !judged.contains(&identity(other)));
    let world = repository.world(&files);
    // From here on a pipeline that nobody calls is needed only until its facts are there.
    drop((requested, context));
    let own: Vec<_> = own.into_iter().map(|pipeline| (outlined.remove(&pipeline.file), pipeline)).collect();
    let facts = |(outlined, pipeline): (Option<Option<_>>, Arc<Pipeline>)| match outlined {
        Some(Some(facts)) => facts,
        Some(None) => analyse(&whole(&pipeline, sources), &world),
        None => analyse(&pipeline, &world),
    };
    let judged: Vec<Result<Facts, Unparsable>> = own.into_par_iter().map(facts).collect();
    for facts in judged {
        match facts {
            Ok(facts) => joined.facts.push(facts),
            Err(problem) => joined.unparsable.push(problem),
        }
    }
    let judged = joined.facts.len();
    joined.facts.extend(others.into_par_iter().filter_map(|pipeline| analyse(&pipeline, &world).ok()).collect::<Vec<_>>());
    shell::forget();
    join_facts(&mut joined.facts);
    joined.facts.truncate(judged); // the others only say what this repository pushes, signs and verifies
    joined
}

/// What the pipelines of a repository know of each other.
fn join_facts(all: &mut [Facts]) {
    let signs = all.iter().any(|f| f.pipeline.repository_signs);
    let verifies = all.iter().any(|f| f.pipeline.repository_verifies);
    for facts in all.iter_mut() {
        facts.pipeline.repository_signs = signs;
        facts.pipeline.repository_verifies = verifies;
    }
    crate::handoffs::join(all);
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
        home: origin.home(),
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
    let mut facts = catch_unwind(AssertUnwindSafe(|| custody::analyse(pipeline, world))).map_err(|_| panicked(pipeline.file))?;
    facts.shrink(); // they wait for those of all others
    Ok(facts)
}

/// What is judged by itself: pipelines that nobody calls or that are also started otherwise, and the callers of the others,
/// in which those are judged.
fn roots(requested: &[Arc<Pipeline>], context: &[Arc<Pipeline>], files: &Tree) -> Vec<Arc<Pipeline>> {
    let mut callers: BTreeMap<(FileId, u32), Vec<usize>> = BTreeMap::new();
    let mut entered: BTreeMap<(FileId, u32), BTreeSet<String>> = BTreeMap::new();
    let wanted: BTreeSet<FileId> = requested.iter().map(|p| p.file).collect();
    let all: Vec<&Arc<Pipeline>> = requested.iter().chain(context.iter().filter(|c| !wanted.contains(&c.file))).collect();
    for (index, pipeline) in all.iter().enumerate() {
        for call in called(pipeline) {
            let found = match &call.definition.target {
                DefinitionTarget::Local(path) => files.pipeline(path),
                DefinitionTarget::Merged(paths) => files.merged(paths),
                DefinitionTarget::Named { kind, name } => files.named(kind, name),
                _ => None,
            };
            if let Some(found) = found {
                let executions = found.entered_by(call).1.into_iter().map(|e| e.id.clone());
                entered.entry(identity(&found)).or_default().extend(executions);
                callers.entry(identity(&found)).or_default().push(index);
            }
        }
    }
    let starts_itself = |p: &Pipeline| p.format != Format::GithubAction && p.triggers.iter().any(|t| !t.name.ends_with("_call"));
    let mut chosen: BTreeSet<usize> = BTreeSet::new();
    let mut queue: Vec<usize> = (0..requested.len()).collect();
    let mut seen: BTreeSet<usize> = queue.iter().copied().collect();
    while let Some(index) = queue.pop() {
        let pipeline = all[index];
        let of = callers.get(&identity(pipeline)).map(Vec::as_slice).unwrap_or_default();
        if of.is_empty() || starts_itself(pipeline) {
            chosen.insert(index);
        }
        queue.extend(of.iter().filter(|i| seen.insert(**i)));
    }
    // Callers that only call each other in a circle have no root: then each stands for itself.
    for (index, _) in requested.iter().enumerate() {
        if chosen.is_empty() {
            chosen.insert(index);
        }
    }
    let mut roots: Vec<Arc<Pipeline>> = chosen.iter().map(|i| Arc::clone(all[*i])).collect();
    // Of a library's file some methods are called, and others not.
    for (_, pipeline) in requested.iter().enumerate().filter(|(i, p)| p.format == Format::JenkinsLibrary && !chosen.contains(i)) {
        let Some(entered) = entered.get(&identity(pipeline)) else { continue };
        let rest: Vec<Execution> = pipeline.executions.iter().filter(|e| !entered.contains(&e.id)).cloned().collect();
        if !rest.is_empty() {
            roots.push(Arc::new(Pipeline { executions: rest, ..Pipeline::clone(pipeline) }));
        }
    }
    roots
}

/// Whether other pipelines can lead to it.
fn may_be_called(pipeline: &Pipeline) -> bool {
    pipeline.format != Format::GithubWorkflow || pipeline.triggers.iter().any(|t| t.name == "workflow_call")
}

/// The kinds and names by which others refer to a pipeline: a trigger `task_call` makes it a `task`.
fn keys(pipeline: &Pipeline) -> Vec<(String, String)> {
    let Some(name) = &pipeline.name else { return Vec::new() };
    let kinds = pipeline.triggers.iter().filter_map(|t| t.name.strip_suffix("_call"));
    kinds.filter(|k| *k != "workflow").map(|k| (k.to_owned(), name.clone())).collect()
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

/// A file that a GitLab pipeline includes, with what it is given.
struct Included {
    file: FileId,
    inputs: Vec<Binding>,
}

/// What a GitLab pipeline includes.
struct Inclusion {
    /// The files that lead to the one that is read.
    open: Vec<FileId>,
    parts: Vec<Included>,
    /// The first include that is one too many.
    left_out: Option<Span>,
}

impl Inclusion {
    fn of(file: FileId) -> Self {
        Inclusion { open: vec![file], parts: Vec::new(), left_out: None }
    }
}

/// The repository's files, read on demand and each only once.
struct Tree<'a> {
    origin: &'a dyn Origin,
    sources: &'a Sources,
    texts: Mutex<HashMap<String, Option<(FileId, Arc<str>)>>>,
    pipelines: Mutex<HashMap<String, Option<Arc<Pipeline>>>>,
    /// Of what was asked for that which others may call.
    requested: Vec<Arc<Pipeline>>,
    /// Of that what a file of GitHub's stands for when it is called; it is not loaded again.
    loaded: HashMap<FileId, Arc<Pipeline>>,
    /// Whether that is the whole repository.
    whole: bool,
    /// Pipelines that others refer to by kind and name; made on first use.
    names: OnceLock<BTreeMap<(String, String), Arc<Pipeline>>>,
}

impl<'a> Tree<'a> {
    fn new(origin: &'a dyn Origin, sources: &'a Sources, requested: &[Arc<Pipeline>], whole: bool) -> Self {
        let texts = sources.iter().map(|(id, file)| (file.path.clone(), Some((id, Arc::clone(&file.text))))).collect();
        let requested: Vec<_> = requested.iter().filter(|p| may_be_called(p)).cloned().collect();
        let of_a_file = |p: &&Arc<Pipeline>| matches!(p.format, Format::GithubWorkflow | Format::GithubAction);
        // Of a file with several the first.
        let loaded = requested.iter().filter(of_a_file).rev().map(|p| (p.file, Arc::clone(p))).collect();
        let (texts, pipelines, names) = (Mutex::new(texts), Mutex::default(), OnceLock::new());
        Tree { origin, sources, texts, pipelines, requested, loaded, whole, names }
    }

    /// The other workflows of the repository, if some of what is asked for could be called by them.
    fn callers(&self, requested: &[Arc<Pipeline>]) -> Vec<Arc<Pipeline>> {
        let callable =
            |p: &Arc<Pipeline>| p.format == Format::GithubAction || p.triggers.iter().any(|t| t.name == "workflow_call");
        if !requested.iter().any(callable) {
            return Vec::new();
        }
        let known: HashSet<&str> = requested.iter().map(|p| self.sources.get(p.file).path.as_str()).collect();
        let mut names = self.origin.below(WORKFLOWS, 1);
        names.retain(|name| !known.contains(name.as_str()) && formats::recognise(name, None).is_some());
        names.iter().filter_map(|name| self.pipeline(name)).collect()
    }

    /// The files of the repository, if only a part of it was asked for. Outside of a repository nobody knows where it would end.
    fn around(&self, is_checked: &dyn Fn(&str) -> bool) -> Vec<Unit> {
        if self.whole || self.origin.root().join(".git").symlink_metadata().is_err() {
            return Vec::new();
        }
        let wants_yaml = self.requested.iter().any(|p| p.format == Format::Tekton);
        let is_wanted = |path: &Path| if wants_yaml { recognises(path) } else { claims(&path.to_string_lossy()) };
        let found = self.origin.candidates(&[String::new()], &is_wanted);
        let paths: Vec<String> = found.candidates.into_iter().map(|c| c.path).filter(|p| is_checked(p)).collect();
        let load = |path: &String| {
            let (file, _) = self.read(path)?;
            catch_unwind(AssertUnwindSafe(|| load(self.sources, file, false))).ok().flatten()
        };
        paths.par_iter().filter_map(load).collect()
    }

    /// A GitLab pipeline with what it includes from this repository, and the files of that.
    fn with_included(&self, file: FileId, alone: Loaded) -> (Loaded, Vec<FileId>) {
        let mut inclusion = Inclusion::of(file);
        self.included(&alone.pipelines, &mut inclusion);
        if inclusion.parts.is_empty() {
            return (alone, Vec::new());
        }
        inclusion.parts.insert(0, Included { file, inputs: Vec::new() });
        (self.put_together(&inclusion), inclusion.parts.iter().skip(1).map(|p| p.file).collect())
    }

    fn put_together(&self, inclusion: &Inclusion) -> Loaded {
        let mut read = Vec::with_capacity(inclusion.parts.len());
        for Included { file, inputs } in &inclusion.parts {
            let source = self.sources.get(*file);
            read.push(Part { file: *file, path: &source.path, text: &source.text, inputs });
        }
        let mut loaded = formats::gitlab::load_merged(&read);
        let why = || format!("a pipeline may include {MAX_INCLUDES} files");
        for pipeline in &mut loaded.pipelines {
            pipeline.opaque.extend(inclusion.left_out.map(|span| Opaque { span, why: why() }));
        }
        loaded
    }

    /// Files that GitLab pipelines include from this repository, what they include themselves before them.
    fn included(&self, pipelines: &[Pipeline], inclusion: &mut Inclusion) {
        let steps = pipelines.iter().flat_map(|p| &p.executions).flat_map(|e| &e.steps);
        for step in steps {
            let Action::Use(call) = &step.action else { continue };
            let (DefinitionKind::Include, DefinitionTarget::Local(path)) = (call.definition.kind, &call.definition.target) else {
                continue;
            };
            for path in self.matching(path) {
                self.include(&path, &call.inputs, step.span, inclusion);
            }
        }
    }

    /// One of them. Included once more, with other inputs, it is another part.
    fn include(&self, path: &str, inputs: &[Binding], by: Span, inclusion: &mut Inclusion) {
        let Some((file, text)) = self.read(path) else { return };
        let given = |inputs: &[Binding]| inputs.iter().map(|b| (b.name.clone(), b.value.raw().to_owned())).collect::<Vec<_>>();
        let is_here = |part: &Included| part.file == file && given(&part.inputs) == given(inputs);
        if inclusion.open.contains(&file) || inclusion.parts.iter().any(is_here) {
            return;
        }
        if inclusion.parts.len() + inclusion.open.len() > MAX_INCLUDES {
            inclusion.left_out.get_or_insert(by);
            return;
        }
        inclusion.open.push(file);
        let inner = formats::load(Format::GitlabCi, file, path, &text);
        self.included(&inner.pipelines, inclusion);
        inclusion.open.pop();
        inclusion.parts.push(Included { file, inputs: inputs.to_vec() });
    }

    /// The files that a path with wildcards stands for: `*` is within a folder, `**` in any depth.
    fn matching(&self, path: &str) -> Vec<String> {
        let path = path.trim_start_matches("./");
        let Some((before, _)) = path.split_once('*') else { return vec![path.to_owned()] };
        let folder = before.rsplit_once('/').map_or("", |(folder, _)| folder);
        let pattern = Glob::new(&path.replace("**", "*"));
        let depth = (!path.contains("**")).then(|| path.matches('/').count());
        let levels = depth.map_or(usize::MAX, |depth| depth + 1 - before.matches('/').count());
        let fits = |name: &String| depth.is_none_or(|d| d == name.matches('/').count()) && pattern.matches(name) == Truth::Yes;
        self.origin.below(folder, levels).into_iter().filter(fits).collect()
    }

    /// Named pipelines of the repository beside what was asked for.
    fn others(&self) -> Vec<Arc<Pipeline>> {
        if self.whole {
            return Vec::new();
        }
        let is_named = |path: &Path| formats::recognise(&path.to_string_lossy(), None) == Some(Format::Tekton);
        let mut all = Vec::new();
        for candidate in self.origin.candidates(&[String::new()], &is_named).candidates {
            let Some((file, text)) = self.read(&candidate.path) else { continue };
            if formats::recognise(&candidate.path, Some(&text)) == Some(Format::Tekton) {
                all.extend(formats::load(Format::Tekton, file, &candidate.path, &text).pipelines.into_iter().map(Arc::new));
            }
        }
        all
    }

    fn load(&self, path: &str) -> Option<(FileId, Arc<str>)> {
        let clean = path.split('/').all(|part| !matches!(part, "" | "." | ".."));
        let text = clean.then(|| self.origin.read(path).ok())??;
        Some((self.sources.add(path, Arc::clone(&text)), text))
    }
}

impl Tree<'_> {
    /// A repository may hold its shared libraries in folders: then the one file that a name fits is meant.
    fn in_libraries(&self, mut names: Vec<String>) -> Vec<String> {
        let [name] = names.as_slice() else { return names };
        if !self.whole || !(name.starts_with("vars/") || name.starts_with("src/")) || self.read(name).is_some() {
            return names;
        }
        let suffix = format!("/{name}");
        let mut fitting = self.sources.iter().map(|(_, file)| file.path.clone()).filter(|path| path.ends_with(&suffix));
        if let (Some(only), None) = (fitting.next(), fitting.next()) {
            names.push(only);
        }
        names
    }
}

impl Files for Tree<'_> {
    fn read(&self, path: &str) -> Option<(FileId, Arc<str>)> {
        let path = path.trim_start_matches("./");
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = texts.get(path) {
            return known.clone();
        }
        let loaded = self.load(path);
        texts.insert(path.to_owned(), loaded.clone());
        loaded
    }

    fn pipeline(&self, path: &str) -> Option<Arc<Pipeline>> {
        if let Some(known) = self.pipelines.lock().unwrap_or_else(PoisonError::into_inner).get(path) {
            return known.clone();
        }
        let is_file = [".yml", ".yaml", ".groovy"].iter().any(|e| path.ends_with(e));
        let names = if is_file {
            vec![path.to_owned()]
        } else {
            let folder = if path.is_empty() { String::new() } else { format!("{path}/") };
            vec![format!("{folder}action.yml"), format!("{folder}action.yaml")]
        };
        let names = self.in_libraries(names);
        let found = names.iter().find_map(|name| {
            let (file, text) = self.read(name)?;
            if let Some(known) = self.loaded.get(&file) {
                return Some(Arc::clone(known));
            }
            let format = formats::recognise(name, Some(&text))?;
            formats::load(format, file, name, &text).pipelines.into_iter().next().map(Arc::new)
        });
        self.pipelines.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), found.clone());
        found
    }

    fn merged(&self, paths: &[String]) -> Option<Arc<Pipeline>> {
        let (root, under) = paths.split_last()?;
        let key = paths.join("\n");
        if let Some(known) = self.pipelines.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return known.clone();
        }
        let made = self.read(root).and_then(|(file, text)| {
            let mut inclusion = Inclusion::of(file);
            inclusion.parts.push(Included { file, inputs: Vec::new() });
            under.iter().for_each(|path| self.include(path, &[], Span::new(file, 0..0), &mut inclusion));
            self.included(&formats::load(Format::GitlabCi, file, root, &text).pipelines, &mut inclusion);
            self.put_together(&inclusion).pipelines.into_iter().next().map(Arc::new)
        });
        self.pipelines.lock().unwrap_or_else(PoisonError::into_inner).insert(key, made.clone());
        made
    }

    fn named(&self, kind: &str, name: &str) -> Option<Arc<Pipeline>> {
        let names = self.names.get_or_init(|| {
            let mut names: BTreeMap<(String, String), Arc<Pipeline>> = BTreeMap::new();
            for pipeline in self.requested.iter().cloned().chain(self.others()) {
                for key in keys(&pipeline) {
                    names.entry(key).or_insert_with(|| Arc::clone(&pipeline));
                }
            }
            names
        });
        names.get(&(kind.to_owned(), name.to_owned())).cloned()
    }
}
