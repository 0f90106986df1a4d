//! The repository as the analysis sees it: its files, its pipelines by path and by name, and what GitLab pipelines include.

use super::examine::Unparsable;
use super::waiting::Waiting;
use crate::custody::Files;
use crate::discover::{Named, Origin};
use crate::formats::gitlab::Part;
use crate::formats::{self, Loaded};
use crate::pipeline::{Action, Binding, DefinitionKind, DefinitionTarget, Format, Opaque, Pipeline};
use crate::source::{FileId, Sources, Span};
use crate::tools::{Truth, glob::Glob};
use rayon::prelude::*;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Files that one GitLab pipeline may include (GitLab's own limit is 150).
const MAX_INCLUDES: usize = 150;
/// Folder whose files can call each other by path.
const WORKFLOWS: &str = ".github/workflows";

/// One loaded file.
pub(super) struct Unit {
    pub(super) file: FileId,
    pub(super) format: Format,
    pub(super) loaded: Loaded,
    /// Where only the outline of a pipeline is kept: the places of its steps.
    pub(super) outlined: Option<Vec<Span>>,
    /// The facts of a pipeline that neither calls others nor is called, which is not kept.
    pub(super) ready: Option<Result<Waiting, Unparsable>>,
}

/// What a file is by its path relative to the root.
pub(super) fn named(path: &Path) -> Named {
    let path = path.to_string_lossy();
    match formats::recognise(&path, None) {
        Some(_) if formats::claims(&path) => Named::Pipeline,
        Some(_) => Named::Perhaps,
        None => Named::Otherwise,
    }
}

/// One file by itself.
pub(super) fn load(sources: &Sources, file: FileId, explicit: bool) -> Option<Unit> {
    let source = sources.get(file);
    let asked = || formats::recognise_asked(&source.path, &source.text).filter(|_| explicit);
    let format = formats::recognise(&source.path, Some(&source.text)).or_else(asked)?;
    let mut loaded = formats::load(format, file, &source.path, &source.text);
    if !explicit && loaded.problems.iter().any(|p| p.if_named) {
        loaded.problems.retain(|p| !p.if_named);
        if loaded.pipelines.is_empty() && loaded.problems.is_empty() {
            return None;
        }
    }
    Some(Unit { file, format, loaded, outlined: None, ready: None })
}

/// Whether other pipelines can lead to it.
pub(super) fn may_be_called(pipeline: &Pipeline) -> bool {
    pipeline.format != Format::GithubWorkflow || pipeline.triggers.iter().any(|t| t.name == "workflow_call")
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
pub(super) struct Tree<'a> {
    origin: &'a dyn Origin,
    sources: &'a Sources,
    texts: Mutex<HashMap<String, Option<(FileId, Arc<str>)>>>,
    pipelines: Mutex<HashMap<String, Option<Arc<Pipeline>>>>,
    /// Of what was asked for that which others may call.
    requested: Vec<Arc<Pipeline>>,
    /// Of that what a file of GitHub's stands for when it is called; what is missing here (of many files) is loaded again.
    loaded: HashMap<FileId, Arc<Pipeline>>,
    /// Whether that is the whole repository.
    whole: bool,
    /// Pipelines that others refer to by kind and name; made on first use.
    names: OnceLock<BTreeMap<(String, String), Vec<Arc<Pipeline>>>>,
}

impl<'a> Tree<'a> {
    pub(super) fn new(origin: &'a dyn Origin, sources: &'a Sources, requested: &[Arc<Pipeline>], whole: bool) -> Self {
        let texts = sources.iter().map(|(id, file)| (file.path.clone(), Some((id, Arc::clone(&file.text))))).collect();
        let requested: Vec<_> = requested.iter().filter(|p| may_be_called(p)).cloned().collect();
        let of_a_file = |p: &&Arc<Pipeline>| matches!(p.format, Format::GithubWorkflow | Format::GithubAction);
        // Of a file with several the first.
        let loaded = requested.iter().filter(of_a_file).rev().map(|p| (p.file, Arc::clone(p))).collect();
        let (texts, pipelines, names) = (Mutex::new(texts), Mutex::default(), OnceLock::new());
        Tree { origin, sources, texts, pipelines, requested, loaded, whole, names }
    }

    /// The other workflows of the repository, if some of what is asked for could be called by them. `checked`: the files of what is
    /// asked for.
    pub(super) fn callers(&self, requested: &[Arc<Pipeline>], checked: &BTreeSet<FileId>) -> Vec<Arc<Pipeline>> {
        let callable =
            |p: &Arc<Pipeline>| p.format == Format::GithubAction || p.triggers.iter().any(|t| t.name == "workflow_call");
        if !requested.iter().any(callable) {
            return Vec::new();
        }
        let known: HashSet<&str> = checked.iter().map(|file| self.sources.get(*file).path.as_str()).collect();
        let mut names = self.origin.below(WORKFLOWS, 1);
        names.retain(|name| !known.contains(name.as_str()) && formats::recognise(name, None).is_some());
        names.iter().filter_map(|name| self.pipeline(name)).collect()
    }

    /// The files of the repository, if only a part of it was asked for. Outside of a repository nobody knows where it would end.
    pub(super) fn around(&self, is_checked: &dyn Fn(&str) -> bool) -> Vec<Unit> {
        if self.whole || self.origin.root().join(".git").symlink_metadata().is_err() {
            return Vec::new();
        }
        let wants_yaml = self.requested.iter().any(|p| p.format == Format::Tekton);
        let is_wanted = |path: &Path| match named(path) {
            Named::Perhaps if !wants_yaml && formats::recognise(&path.to_string_lossy(), None) != Some(Format::Jenkinsfile) => {
                Named::Otherwise
            }
            named => named,
        };
        let found = self.origin.candidates(&[String::new()], &is_wanted);
        let paths: Vec<String> = found.candidates.into_iter().map(|c| c.path).filter(|p| is_checked(p)).collect();
        let load = |path: &String| {
            let (file, _) = self.read(path)?;
            catch_unwind(AssertUnwindSafe(|| load(self.sources, file, false))).ok().flatten()
        };
        paths.par_iter().filter_map(load).collect()
    }

    /// A GitLab pipeline with what it includes from this repository, and the files of that.
    pub(super) fn with_included(&self, file: FileId, alone: Loaded) -> (Loaded, Vec<FileId>) {
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
        let is_named = |path: &Path| match formats::recognise(&path.to_string_lossy(), None) {
            Some(Format::Tekton) => Named::Perhaps,
            _ => Named::Otherwise,
        };
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

    fn has(&self, path: &str) -> bool {
        self.origin.has(path) || !self.origin.below(path, 2).is_empty()
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
            // What a Jenkinsfile loads is Groovy, wherever it lies.
            let loaded = || name.ends_with(".groovy").then_some(Format::JenkinsLibrary);
            let format = formats::recognise(name, Some(&text)).or_else(loaded)?;
            formats::load(format, file, name, &text).pipelines.into_iter().next().map(Arc::new)
        });
        self.pipelines.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), found.clone());
        found
    }

    fn merged(&self, paths: &[String]) -> Option<Arc<Pipeline>> {
        let (root, under) = paths.split_last()?;
        // No path of a pipeline begins with the end of a line.
        let key = format!("\n{}", paths.join("\n"));
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

    fn named(&self, kind: &str, name: &str, by: FileId) -> Option<Arc<Pipeline>> {
        let names = self.names.get_or_init(|| {
            let mut names: BTreeMap<(String, String), Vec<Arc<Pipeline>>> = BTreeMap::new();
            for pipeline in self.requested.iter().cloned().chain(self.others()) {
                for key in keys(&pipeline) {
                    names.entry(key).or_default().push(Arc::clone(&pipeline));
                }
            }
            names
        });
        let all = names.get(&(kind.to_owned(), name.to_owned()))?;
        if let [only] = all.as_slice() {
            return Some(Arc::clone(only));
        }
        // A catalogue has a folder for each version: of several the nearest is meant, of those that are equally near the first.
        let by = &self.sources.get(by).path;
        let farness = |p: &&Arc<Pipeline>| Reverse(in_common(by, &self.sources.get(p.file).path));
        all.iter().min_by_key(farness).cloned()
    }
}

/// How many folders, and at last the file, two paths have in common.
fn in_common(a: &str, b: &str) -> usize {
    a.split('/').zip(b.split('/')).take_while(|(a, b)| a == b).count()
}

/// The kinds and names by which others refer to a pipeline: a trigger `task_call` makes it a `task`.
fn keys(pipeline: &Pipeline) -> Vec<(String, String)> {
    let Some(name) = &pipeline.name else { return Vec::new() };
    let kinds = pipeline.triggers.iter().filter_map(|t| t.name.strip_suffix("_call"));
    kinds.filter(|k| *k != "workflow").map(|k| (k.to_owned(), name.clone())).collect()
}
