//! The two beats on pipelines: each file is loaded by itself; then the repository is looked at as a whole, so that a call is
//! judged with what its callers give.

use super::examine::{Joined, Unparsable, panicked};
use crate::config::References;
use crate::custody::{self, Files, World};
use crate::discover::{self, Discovered};
use crate::facts::Facts;
use crate::formats::{self, Loaded};
use crate::pipeline::{Action, Block, DefinitionKind, DefinitionTarget, Format, Pipeline, Step};
use crate::source::{FileId, Sources};
use crate::tools::{Toolbox, glob::Glob};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Files that one GitLab pipeline may include (GitLab's own limit is 150).
const MAX_INCLUDES: usize = 150;
/// Folder whose files can call each other by path.
const WORKFLOWS: &str = ".github/workflows";

/// One loaded file.
pub(super) struct Unit {
    file: FileId,
    format: Format,
    loaded: Loaded,
}

/// Whether a file may be a pipeline, by its path relative to the root.
pub(super) fn recognises(path: &Path) -> bool {
    formats::recognise(&path.to_string_lossy(), None).is_some()
}

/// First beat: one file. `None` if it is no pipeline after all.
pub(super) fn load(sources: &Sources, file: FileId) -> Option<Unit> {
    let source = sources.get(file);
    let format = formats::recognise(&source.path, Some(&source.text))?;
    Some(Unit { file, format, loaded: formats::load(format, file, &source.path, &source.text) })
}

/// Whether a file is a pipeline by its path alone; that a file is YAML says nothing yet.
pub(super) fn claims(path: &str) -> bool {
    formats::recognise(path, None).is_some_and(|format| format != Format::Tekton)
}

/// Second beat: calls between files, facts.
pub(super) fn join(found: &Discovered, sources: &Sources, references: &References, units: Vec<Unit>) -> Joined {
    let mut joined = Joined::default();
    let mut requested: Vec<Arc<Pipeline>> = Vec::new();
    let mut gitlab = Vec::new();
    for unit in units {
        joined.formats.insert(unit.file, unit.format);
        let mut unit = unit;
        for problem in std::mem::take(&mut unit.loaded.problems) {
            let help = problem.help.map(|h| format!(": {h}")).unwrap_or_default();
            joined.unparsable.push(Unparsable { span: problem.span, message: format!("{}{help}", problem.message) });
        }
        if unit.format == Format::GitlabCi {
            gitlab.push((unit.file, unit.loaded));
        } else {
            requested.extend(unit.loaded.pipelines.into_iter().map(Arc::new));
        }
    }
    requested.extend(merged(found, sources, gitlab));
    let files = Tree::new(&found.root, sources, &requested, found.whole);
    let wanted: BTreeSet<FileId> = requested.iter().map(|p| p.file).collect();
    let context = files.callers(&requested);
    joined.context = context.iter().map(|p| p.file).filter(|f| !wanted.contains(f)).collect();
    let roots = roots(&requested, &context, &files);
    let world = World {
        sources,
        files: &files,
        toolbox: Toolbox::embedded(),
        immutable: &globs(&references.immutable),
        first_party: &globs(&references.first_party),
    };
    let judged: Vec<Result<Facts, Unparsable>> = roots.par_iter().map(|pipeline| analyse(pipeline, &world)).collect();
    for facts in judged {
        match facts {
            Ok(facts) => joined.facts.push(facts),
            Err(problem) => joined.unparsable.push(problem),
        }
    }
    let signs = joined.facts.iter().any(|f| f.pipeline.repository_signs);
    joined.facts.iter_mut().for_each(|f| f.pipeline.repository_signs = signs);
    crate::handoffs::join(&mut joined.facts);
    joined
}

/// GitLab pipelines with what they include from this repository; an included file is not judged by itself.
fn merged(found: &Discovered, sources: &Sources, loaded: Vec<(FileId, Loaded)>) -> Vec<Arc<Pipeline>> {
    let tree = Tree::new(&found.root, sources, &[], true);
    let (mut pipelines, mut included) = (Vec::new(), BTreeSet::new());
    for (file, alone) in loaded {
        let mut parts: Vec<(FileId, Arc<str>)> = Vec::new();
        tree.included(&alone.pipelines, &mut vec![file], &mut parts);
        if parts.is_empty() {
            pipelines.extend(alone.pipelines);
            continue;
        }
        included.extend(parts.iter().map(|(f, _)| *f));
        parts.insert(0, (file, Arc::clone(&sources.get(file).text)));
        let texts: Vec<(FileId, &str, &str)> =
            parts.iter().map(|(f, text)| (*f, sources.get(*f).path.as_str(), &**text)).collect();
        pipelines.extend(formats::gitlab::load_merged(&texts).pipelines);
    }
    pipelines.into_iter().filter(|p| !included.contains(&p.file)).map(Arc::new).collect()
}

fn globs(patterns: &[String]) -> Vec<Glob> {
    patterns.iter().map(|p| Glob::new(p)).collect()
}

/// The facts of one pipeline; a panic is that pipeline's finding.
fn analyse(pipeline: &Pipeline, world: &World) -> Result<Facts, Unparsable> {
    catch_unwind(AssertUnwindSafe(|| custody::analyse(pipeline, world))).map_err(|_| panicked(pipeline.file))
}

/// What is judged by itself: pipelines that nobody calls or that are also started otherwise, and the callers of the others,
/// in which those are judged.
fn roots(requested: &[Arc<Pipeline>], context: &[Arc<Pipeline>], files: &Tree) -> Vec<Arc<Pipeline>> {
    let mut callers: BTreeMap<(FileId, u32), Vec<usize>> = BTreeMap::new();
    let all: Vec<&Arc<Pipeline>> =
        requested.iter().chain(context.iter().filter(|c| requested.iter().all(|r| r.file != c.file))).collect();
    for (index, pipeline) in all.iter().enumerate() {
        for target in called(pipeline) {
            let found = match target {
                DefinitionTarget::Local(path) => files.pipeline(path),
                DefinitionTarget::Named { kind, name } => files.named(kind, name),
                _ => None,
            };
            if let Some(found) = found {
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
    chosen.into_iter().map(|i| Arc::clone(all[i])).collect()
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
fn called(pipeline: &Pipeline) -> Vec<&DefinitionTarget> {
    let mut paths = Vec::new();
    for execution in &pipeline.executions {
        paths.extend(execution.call.as_ref().map(|c| &c.definition.target));
        let mut steps: Vec<&Step> = execution.steps.iter().collect();
        while let Some(step) = steps.pop() {
            match &step.action {
                Action::Use(call) => paths.push(&call.definition.target),
                Action::Block(Block::Sequence(inner)) => steps.extend(inner),
                Action::Block(Block::Try { body, handler, last }) => {
                    steps.extend(body.iter().chain(handler.iter().flatten()).chain(last))
                }
                Action::Block(Block::Branch(arms)) => steps.extend(arms.iter().flat_map(|(_, s)| s)),
                _ => {}
            }
        }
    }
    paths
}

/// The repository's files, read on demand and each only once.
struct Tree<'a> {
    root: PathBuf,
    sources: &'a Sources,
    texts: Mutex<HashMap<String, Option<(FileId, Arc<str>)>>>,
    pipelines: Mutex<HashMap<String, Option<Arc<Pipeline>>>>,
    /// What was asked for.
    requested: &'a [Arc<Pipeline>],
    /// Whether that is the whole repository.
    whole: bool,
    /// Pipelines that others refer to by kind and name; made on first use.
    names: OnceLock<BTreeMap<(String, String), Arc<Pipeline>>>,
}

impl<'a> Tree<'a> {
    fn new(root: &Path, sources: &'a Sources, requested: &'a [Arc<Pipeline>], whole: bool) -> Self {
        let texts = sources.iter().map(|(id, file)| (file.path.clone(), Some((id, Arc::clone(&file.text))))).collect();
        let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        Tree { root, sources, texts: Mutex::new(texts), pipelines: Mutex::default(), requested, whole, names: OnceLock::new() }
    }

    /// The workflows of the repository, if some of what is asked for could be called by them.
    fn callers(&self, requested: &[Arc<Pipeline>]) -> Vec<Arc<Pipeline>> {
        let callable =
            |p: &Arc<Pipeline>| p.format == Format::GithubAction || p.triggers.iter().any(|t| t.name == "workflow_call");
        if !requested.iter().any(callable) {
            return Vec::new();
        }
        let Ok(folder) = self.root.join(WORKFLOWS).read_dir() else { return Vec::new() };
        let mut names: Vec<String> =
            folder.flatten().map(|e| format!("{WORKFLOWS}/{}", e.file_name().to_string_lossy())).collect();
        names.sort();
        names.iter().filter(|n| formats::recognise(n, None).is_some()).filter_map(|n| self.pipeline(n)).collect()
    }

    /// Files that GitLab pipelines include from this repository, what they include themselves before them.
    fn included(&self, pipelines: &[Pipeline], seen: &mut Vec<FileId>, parts: &mut Vec<(FileId, Arc<str>)>) {
        let steps = pipelines.iter().flat_map(|p| &p.executions).flat_map(|e| &e.steps);
        for step in steps {
            let Action::Use(call) = &step.action else { continue };
            let (DefinitionKind::Include, DefinitionTarget::Local(path)) = (call.definition.kind, &call.definition.target) else {
                continue;
            };
            let Some((file, text)) = self.read(path) else { continue };
            if seen.contains(&file) || seen.len() > MAX_INCLUDES {
                continue;
            }
            seen.push(file);
            let inner = formats::load(Format::GitlabCi, file, path, &text);
            self.included(&inner.pipelines, seen, parts);
            parts.push((file, text));
        }
    }

    /// Named pipelines of the repository beside what was asked for.
    fn others(&self) -> Vec<Arc<Pipeline>> {
        if self.whole {
            return Vec::new();
        }
        let is_named = |path: &Path| formats::recognise(&path.to_string_lossy(), None) == Some(Format::Tekton);
        let Ok(found) = discover::discover(std::slice::from_ref(&self.root), &is_named) else { return Vec::new() };
        let mut all = Vec::new();
        for candidate in found.candidates {
            let Some((file, text)) = self.read(&candidate.path) else { continue };
            if formats::recognise(&candidate.path, Some(&text)) == Some(Format::Tekton) {
                all.extend(formats::load(Format::Tekton, file, &candidate.path, &text).pipelines.into_iter().map(Arc::new));
            }
        }
        all
    }

    fn load(&self, path: &str) -> Option<(FileId, Arc<str>)> {
        let relative = Path::new(path);
        if path.is_empty() || relative.components().any(|c| !matches!(c, Component::Normal(_))) {
            return None;
        }
        let file = self.root.join(relative).canonicalize().ok().filter(|f| f.starts_with(&self.root))?;
        let metadata = file.metadata().ok()?;
        if !metadata.is_file() || metadata.len() > discover::MAX_FILE {
            return None;
        }
        let text = discover::read(&file).ok()?;
        Some((self.sources.add(path, Arc::clone(&text)), text))
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
        let found = names.iter().find_map(|name| {
            let (file, text) = self.read(name)?;
            let format = formats::recognise(name, Some(&text))?;
            formats::load(format, file, name, &text).pipelines.into_iter().next().map(Arc::new)
        });
        self.pipelines.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), found.clone());
        found
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
