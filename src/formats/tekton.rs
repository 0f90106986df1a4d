//! Tekton: tasks, pipelines, runs and step actions, and the runs within trigger templates.
//!
//! A task is a pipeline with one execution, so that pipelines call tasks and runs call pipelines. [`substitution`] understands `$(..)`;
//! [`reader`] reads nodes; the others each read one kind of resource.
//!
//! Kubernetes resources have no file name of their own, so every YAML file is a candidate and its text decides.

mod cel;
mod condition;
mod hints;
mod pipeline;
mod reader;
mod reference;
mod run;
mod shell;
mod step;
mod substitution;
mod task;
#[cfg(test)]
mod tests;

use crate::formats::yaml::{Kind, NodeRef, Yaml};
use crate::formats::{Loaded, Problem};
use crate::pipeline::{Expr, Format, Input, Pipeline, Port, Trigger};
use crate::source::FileId;
use reader::Reader;
use reference::Referred;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Parameters among which a circle is looked for. In a longer one the first is unknown where it comes up again.
const MAX_CIRCLE: usize = 256;
/// Folders of other systems, whose YAML files are something else.
const ELSEWHERE: &[&str] = &[".github", ".circleci", ".buildkite", ".azure-pipelines", ".gitlab"];

/// A YAML file that speaks of Tekton; by the path alone, any that could.
pub(super) fn is_resource(path: &str, text: Option<&str>) -> bool {
    let is_yaml = path.ends_with(".yaml") || path.ends_with(".yml");
    let elsewhere = || path.split('/').rev().skip(1).any(|folder| ELSEWHERE.contains(&folder));
    is_yaml && text.map_or_else(|| !elsewhere(), |t| has_resource(t) && !elsewhere())
}

/// Whether a line could be the version of a resource.
fn has_resource(text: &str) -> bool {
    text.contains("tekton.dev/") && text.lines().any(|line| line.contains("apiVersion") && line.contains("tekton.dev/"))
}

/// Loads all resources of a file.
pub(super) fn load(file: FileId, path: &str, text: &str) -> Loaded {
    let yaml = Yaml::parse(file, text);
    let mut reader = Reader::default();
    reader.names.as_code = path.split('/').any(|part| part == ".tekton");
    let mut pipelines = Vec::new();
    for document in yaml.documents() {
        resource(&mut reader, document, &mut pipelines);
    }
    let mut problems = reader.problems;
    if text.lines().any(|line| line.starts_with("apiVersion: tekton.dev/")) {
        let problem = |e: &crate::formats::yaml::YamlError| Problem {
            span: e.span,
            message: e.message.clone(),
            help: e.help.clone(),
            fatal: e.lost,
            // A template of something else is no YAML until it is filled in.
            if_named: text.contains("{{"),
        };
        problems.extend(yaml.errors.iter().map(problem));
    }
    let loaded = |span| pipelines.iter().any(|p: &Pipeline| p.span.contains(span));
    for twice in yaml.duplicates.iter().filter(|d| loaded(d.span)) {
        let problem = Problem::new(twice.span, format!("the key `{}` is given twice in one map", twice.name));
        problems.push(
            problem.help("Kubernetes refuses the resource where it validates strictly; only the last one is looked at here"),
        );
    }
    problems.sort_by_key(|p| (p.span.start, p.span.end));
    problems.dedup();
    Loaded { pipelines, problems }
}

/// Reads one resource, if it is Tekton's or holds some of Tekton's; lists may stand in lists, as deep as YAML may.
fn resource(reader: &mut Reader, document: NodeRef<'_>, pipelines: &mut Vec<Pipeline>) {
    let (Some(version), Some(kind)) = (document.get("apiVersion"), document.get("kind")) else { return };
    let inner = match (version.text(), kind.text()) {
        ("v1", "List") => document.get("items"),
        (version, "TriggerTemplate") if version.starts_with("triggers.tekton.dev/") => {
            document.at(&["spec", "resourcetemplates"])
        }
        (version, _) if version.starts_with("tekton.dev/") => {
            let Some(spec) = document.get("spec").filter(|n| n.kind() == Kind::Map) else { return };
            pipelines.extend(tekton(reader, document, kind, spec));
            return;
        }
        _ => return,
    };
    let first = pipelines.len();
    inner.into_iter().flat_map(NodeRef::items).for_each(|item| resource(reader, item, pipelines));
    if kind.text() == "TriggerTemplate" {
        for pipeline in &mut pipelines[first..] {
            let params = reader.params(document.at(&["spec", "params"])).into_iter();
            pipeline.inputs.extend(params.map(|input| Input { name: format!("tt.{}", input.name), ..input }));
        }
    }
}

fn tekton(reader: &mut Reader, document: NodeRef<'_>, kind: NodeRef<'_>, spec: NodeRef<'_>) -> Option<Pipeline> {
    let name = ["name", "generateName"].iter().find_map(|key| document.at(&["metadata", key])).and_then(NodeRef::as_str);
    let mut pipeline = Pipeline::new(Format::Tekton, document.span());
    pipeline.name = name.map(str::to_owned);
    let call = |name: &str| vec![Trigger { name: format!("{name}_call"), span: kind.place() }];
    match kind.text() {
        "Task" | "ClusterTask" => {
            pipeline.triggers = call(&kind.text().to_ascii_lowercase());
            task::task(reader, spec, &mut pipeline);
        }
        "StepAction" => {
            pipeline.triggers = call("stepaction");
            task::step_action(reader, spec, &mut pipeline);
        }
        "Pipeline" => {
            pipeline.triggers = call("pipeline");
            pipeline::pipeline(reader, spec, &mut pipeline);
        }
        "PipelineRun" => {
            pipeline.triggers = run::triggers(document);
            run::run(reader, document, spec, Referred::Pipeline, &mut pipeline);
        }
        "TaskRun" => run::run(reader, document, spec, Referred::Task, &mut pipeline),
        "CustomRun" | "Run" => run::custom(reader, spec, &mut pipeline),
        _ => return None,
    }
    pipeline.opaque = std::mem::take(&mut reader.opaque);
    without_circles(&mut pipeline.inputs);
    Some(pipeline)
}

/// Takes away the values of parameters that lead back to themselves: a run may well give `$(params.x)` for `x`, which somebody else
/// fills in before.
fn without_circles(inputs: &mut [Input]) {
    let used = |input: &Input| -> BTreeSet<String> {
        let holes = input.default.iter().flat_map(|text| &text.holes);
        holes.flat_map(|hole| inputs_of(&hole.expr)).collect()
    };
    let uses: HashMap<String, BTreeSet<String>> = inputs.iter().map(|i| (i.name.clone(), used(i))).collect();
    let of = |name: &str| uses.get(name).into_iter().flatten().map(String::as_str);
    for input in inputs.iter_mut() {
        let (mut seen, mut waiting): (HashSet<&str>, Vec<&str>) = (HashSet::new(), of(&input.name).collect());
        while let Some(name) = waiting.pop().filter(|_| seen.len() < MAX_CIRCLE) {
            if name == input.name {
                input.default = None;
                break;
            }
            if seen.insert(name) {
                waiting.extend(of(name));
            }
        }
    }
}

fn inputs_of(expr: &Expr) -> Vec<String> {
    match expr {
        Expr::Port(Port::Input(name)) => vec![name.clone()],
        Expr::Call { args, .. } => args.iter().flat_map(inputs_of).collect(),
        _ => Vec::new(),
    }
}
