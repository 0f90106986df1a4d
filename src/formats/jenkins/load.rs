//! From a parsed file to its pipeline.

use super::ast::{Id, List, Node, Tree};
use super::flow::{Flow, Label};
use super::loader::{Loader, TOO_DEEP, TOO_MUCH};
use super::parser::parse;
use super::value::Value;
use crate::formats::{Loaded, Problem};
use crate::pipeline::{Binding, Execution, Format, Input, Pipeline};
use crate::source::{FileId, Span};
use std::collections::{HashMap, HashSet};

/// Calls that make executions.
const STAGES: &[&str] = &["stage", "parallel", "pipeline"];
/// Through how many methods a stage is looked for.
const STAGE_ROUNDS: usize = 4;

/// Loads a `Jenkinsfile`.
pub(in super::super) fn load_jenkinsfile(file: FileId, path: &str, text: &str) -> Loaded {
    load(Format::Jenkinsfile, file, path, text)
}

/// Loads a file of a shared library.
pub(in super::super) fn load_library(file: FileId, path: &str, text: &str) -> Loaded {
    load(Format::JenkinsLibrary, file, path, text)
}

fn load(format: Format, file: FileId, path: &str, text: &str) -> Loaded {
    let tree = parse(text);
    // Groovy stops at the first mistake, and what follows is often its consequence.
    let problems = tree.faults.first().map(|f| {
        let at = Span::new(file, f.at.start as usize..f.at.end as usize);
        Problem::new(at, f.message).help("Groovy does not accept this file; what could be read of it is checked all the same")
    });
    let mut loader = Loader::new(&tree, file, "pipeline");
    let survey = Survey::of(&tree);
    loader.declared.clone_from(&survey.declared);
    loader.stages.clone_from(&survey.stages);
    loader.returns.clone_from(&survey.returns);
    loader.home = ["vars/", "src/"].iter().find_map(|folder| above(path, folder)).unwrap_or_default().to_owned();
    loader.classes = classes(path, text);
    for (name, method) in &survey.methods {
        loader.methods.entry(name.clone()).or_default().push(*method);
    }
    if let Some(id) = tree.too_deep {
        loader.unfollowed(id, TOO_DEEP);
    }
    loader.run(tree.root);
    loader.flow.finish();
    loader.rest(&survey, format);
    // What a pipeline loads is Groovy by its name; others cannot call into a `Jenkinsfile`.
    if path.ends_with(".groovy") {
        loader.for_others(&survey);
    }
    let pipeline = loader.pipeline(format, text.len());
    Loaded { pipelines: vec![pipeline], problems: problems.into_iter().collect() }
}

/// What is known of a file before it is followed.
#[derive(Default)]
struct Survey {
    methods: Vec<(String, Id)>,
    /// Names that are called somewhere.
    called: HashSet<String>,
    declared: HashSet<String>,
    stages: Vec<u32>,
    returns: Vec<u32>,
    /// Fields of classes.
    fields: Vec<Id>,
}

impl Survey {
    fn of(tree: &Tree<'_>) -> Self {
        let mut survey = Survey::default();
        let mut calls: Vec<(String, u32)> = Vec::new();
        for (index, (node, range)) in tree.nodes.iter().enumerate() {
            let id = Id(u32::try_from(index).unwrap_or(u32::MAX));
            match *node {
                Node::Call { callee, .. } => calls.extend(called(tree, callee).map(|name| (name, range.start))),
                Node::Method { name, .. } => survey.methods.extend(tree.word(name).map(|name| (name, id))),
                Node::Class { members, .. } => {
                    let fields = tree.list(members).iter().filter(|m| matches!(tree.node(**m), Node::Declare { .. }));
                    survey.fields.extend(fields);
                }
                Node::Return(_) => survey.returns.push(range.start),
                Node::Loop { header, .. } => {
                    let names = tree.list(header).iter().filter_map(|part| tree.loop_variable(*part));
                    survey.declared.extend(names.map(str::to_owned));
                }
                Node::Param { name, .. } => drop(survey.declared.insert(tree.source(name).to_owned())),
                Node::Declare { names, .. } => {
                    let names = tree.list(names).iter().filter_map(|n| tree.name(*n));
                    survey.declared.extend(names.map(str::to_owned));
                }
                _ => {}
            }
        }
        survey.stages = calls.iter().filter(|(name, _)| STAGES.contains(&name.as_str())).map(|(_, at)| *at).collect();
        survey.stages.sort_unstable();
        survey.returns.sort_unstable();
        for _ in 0..STAGE_ROUNDS {
            if !survey.spread(tree, &calls) {
                break;
            }
        }
        survey.declared.insert("it".to_owned());
        survey.called = calls.into_iter().map(|(name, _)| name).collect();
        survey
    }

    /// A call of a method that has stages is one itself. Whether there were new ones.
    fn spread(&mut self, tree: &Tree<'_>, calls: &[(String, u32)]) -> bool {
        let staged = |id: Id| {
            let range = tree.range(id);
            let first = self.stages.partition_point(|s| (*s as usize) < range.start);
            self.stages.get(first).is_some_and(|s| (*s as usize) < range.end)
        };
        let names: HashSet<&str> = self.methods.iter().filter(|(_, id)| staged(*id)).map(|(name, _)| name.as_str()).collect();
        let before = self.stages.len();
        let mut all = self.stages.clone();
        all.extend(calls.iter().filter(|(name, _)| names.contains(name.as_str())).map(|(_, at)| *at));
        all.sort_unstable();
        all.dedup();
        self.stages = all;
        self.stages.len() > before
    }
}

/// Packages of the language, of Java and of Jenkins: their classes are no files of a library.
const INSTALLED: &[&str] = &[
    "java.",
    "javax.",
    "groovy.",
    "org.codehaus.groovy.",
    "org.apache.groovy.",
    "hudson.",
    "jenkins.",
    "org.jenkinsci.",
    "com.cloudbees.",
];

/// Whether a class, named with its package, comes with the server.
pub(super) fn is_installed(class: &str) -> bool {
    INSTALLED.iter().any(|package| class.starts_with(package))
}

/// What stands in a path before a folder.
fn above<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    let before = &path[..path.find(folder)?];
    (before.is_empty() || before.ends_with('/')).then_some(before)
}

/// The classes that a file names without their packages, and where they stand: those it imports, and those of its own package. The
/// path of what comes with the server is empty.
fn classes(path: &str, text: &str) -> HashMap<String, String> {
    let root = above(path, "src/");
    let home = format!("{}src/", root.unwrap_or_default());
    let mut classes = HashMap::new();
    for line in text.lines() {
        let Some(name) = line.trim().strip_prefix("import ").map(|l| l.trim().trim_end_matches(';').trim_end()) else { continue };
        if let Some(class) = name.rsplit('.').next().filter(|c| c.starts_with(char::is_uppercase)) {
            let file = || format!("{home}{}.groovy", name.replace('.', "/"));
            classes.insert(class.to_owned(), if is_installed(name) { String::new() } else { file() });
        }
    }
    if let Some((folder, _)) = path.rsplit_once('/').filter(|_| root.is_some()) {
        classes.insert(String::new(), folder.to_owned());
    }
    classes
}

/// The name by which something is called.
fn called(tree: &Tree<'_>, callee: Id) -> Option<String> {
    match tree.node(callee) {
        Node::Name => Some(tree.source(callee).to_owned()),
        Node::Member { object, name } if matches!(tree.name(object), Some("this" | "steps" | "script")) => tree.word(name),
        _ => None,
    }
}

impl Loader<'_> {
    /// What nothing led to: methods that others call, and closures whose way could not be followed.
    fn rest(&mut self, survey: &Survey, format: Format) {
        let mut seen: HashSet<&str> = HashSet::new();
        let first = |name: &str| format == Format::JenkinsLibrary && name == "call" || !survey.called.contains(name);
        let (before, behind): (Vec<_>, Vec<_>) = survey.methods.iter().partition(|(name, _)| first(name));
        for (name, method) in before.into_iter().chain(behind) {
            if first(name) || !self.followed.contains(method) {
                // Of several with one name the first is the one that others are taken to call.
                let overloaded = !seen.insert(name);
                let label = if overloaded { format!("{name} ({})", self.span(*method).start) } else { name.clone() };
                self.apart(&label, *method, |l| l.entry(&label, *method));
            }
        }
        for field in &survey.fields {
            self.walk(*field);
        }
        let mut index = 0;
        while let Some(closure) = self.stored.get(index).copied() {
            index += 1;
            if !self.followed.contains(&closure) {
                self.apart("closure", closure, |l| drop(l.closure(closure, &[])));
            }
        }
    }

    /// Methods that were followed where the file itself calls them: others may call them by themselves, with other arguments.
    fn for_others(&mut self, survey: &Survey) {
        let (first, told) = (self.flow.done.len(), self.opaque.len());
        for (name, method) in &survey.methods {
            if !self.outputs.iter().any(|o| o.name == *name) {
                self.apart(name, *method, |l| l.entry(name, *method));
            }
        }
        self.flow.done[first..].iter_mut().for_each(|e| e.on_demand = true);
        // What cannot be followed in them was told where they are called.
        let more = self.opaque.split_off(told);
        self.opaque.extend(more.into_iter().filter(|o| o.why == TOO_MUCH));
    }

    /// Follows something that has no known place in the order.
    fn apart(&mut self, name: &str, id: Id, run: impl FnOnce(&mut Self)) {
        let span = self.span(id);
        self.flow.finish();
        self.flow.frontier.clear();
        self.flow.template = Execution::empty("", span, span);
        let place = Span::new(self.file, span.range().start..span.range().start + 1);
        self.flow.label = Label { name: name.to_owned(), span: place };
        self.flow.part = Some(name.to_owned());
        self.env.clear();
        self.image = None;
        self.registry = None;
        run(self);
        self.flow.finish();
    }

    /// A method that others call: its parameters are inputs.
    fn entry(&mut self, label: &str, method: Id) {
        let Node::Method { name, params, body } = self.node(method) else { return };
        self.flow.label.span = self.span(name);
        self.followed.insert(method);
        self.active.push(method);
        self.scope.enter(false);
        self.declare_params(params);
        let value = self.statements(body);
        let value = self.returned(body, value);
        let output = Binding { name: label.to_owned(), name_span: self.span(name), value: self.to_text(&value, name) };
        self.outputs.push(output);
        self.scope.leave();
        self.active.pop();
    }

    fn declare_params(&mut self, params: List) {
        for (index, param) in self.list(params).iter().enumerate() {
            if let Node::Param { name, default } = self.node(*param) {
                let map = default.is_some_and(|d| matches!(self.node(d), Node::Map(_)));
                let default = default.map(|d| self.text(d));
                if !map && !self.inputs.iter().any(|i| i.name == index.to_string()) {
                    let required = default.is_none();
                    self.inputs.push(Input { name: index.to_string(), span: self.span(name), default, required });
                }
                self.scope.declare(self.tree.source(name), Value::Param(index));
            }
        }
    }

    fn pipeline(mut self, format: Format, len: usize) -> Pipeline {
        let Flow { done, .. } = &mut self.flow;
        let mut executions = std::mem::take(done);
        for execution in &mut executions {
            self.statuses_that_count(&mut execution.steps);
        }
        if !self.libraries.is_empty() {
            let span = self.libraries[0].span;
            let mut execution = Execution::empty("", span, span);
            execution.id = "libraries".to_owned();
            execution.steps = std::mem::take(&mut self.libraries);
            executions.insert(0, execution);
        }
        Pipeline {
            triggers: self.triggers,
            inputs: self.inputs,
            outputs: self.outputs,
            env: self.pipeline_env,
            executions,
            opaque: self.opaque,
            ..Pipeline::new(format, Span::new(self.file, 0..len))
        }
    }
}
