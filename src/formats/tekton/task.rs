//! Tasks and step actions, and tasks embedded in pipelines and runs.
//!
//! Sources: "Tasks" and "StepActions" in Tekton's documentation.

use super::hints;
use super::reader::Reader;
use super::step;
use super::substitution;
use crate::formats::yaml::NodeRef;
use crate::pipeline::{Binding, Carrier, Execution, Expr, Hole, Pipeline, Port, Text};
use crate::source::Embedded;
use std::sync::Arc;

/// The id of a task's only execution.
pub(super) const TASK: &str = "task";
/// The id of a step action's only execution.
const STEP_ACTION: &str = "stepaction";

/// Reads the spec of a task into a pipeline with one execution.
pub(super) fn task(reader: &mut Reader, spec: NodeRef<'_>, pipeline: &mut Pipeline) {
    // Before v1beta1, parameters stood under `inputs`.
    let params = spec.get("params").or_else(|| spec.at(&["inputs", "params"]));
    pipeline.inputs.extend(reader.params(params));
    let mut execution = Execution::empty(TASK, pipeline.span, pipeline.span);
    fill(reader, spec, &mut execution);
    pipeline.outputs = passed_on(&execution);
    pipeline.executions.push(execution);
}

/// Reads the steps, sidecars and results of a task.
pub(super) fn fill(reader: &mut Reader, spec: NodeRef<'_>, execution: &mut Execution) {
    let sidecars = reader.maps(spec.get("sidecars"), "sidecars");
    execution.steps = step::sidecars(reader, &sidecars);
    execution.steps.extend(step::steps(reader, spec.get("steps"), spec.get("stepTemplate")));
    execution.carriers = workspaces(reader, spec);
    execution.services = sidecars.into_iter().filter_map(|s| reader.text(s.get("image")?)).collect();
    for result in reader.maps(spec.get("results"), "results") {
        let Some(name) = result.get("name").filter(|n| n.as_str().is_some()) else { continue };
        // A result with a `value` is the result of a step.
        let value = result.get("value").and_then(|n| reader.text(n)).unwrap_or_else(|| written(name));
        execution.outputs.push(Binding { name: name.text().to_owned(), name_span: name.place(), value });
    }
}

/// The workspaces that a task declares.
fn workspaces(reader: &mut Reader, spec: NodeRef<'_>) -> Vec<Carrier> {
    let folder = |n: NodeRef<'_>| Some(n.get("workingDir")?.text().to_owned());
    let steps = spec.get("steps").into_iter().flat_map(NodeRef::items);
    let folders: Vec<String> = steps.chain(spec.get("stepTemplate")).filter_map(folder).collect();
    let mut all = Vec::new();
    for workspace in reader.maps(spec.get("workspaces"), "workspaces") {
        let Some(name) = workspace.get("name").filter(|n| n.as_str().is_some()) else { continue };
        let (at, start) = (name.span().file, name.place().range().start);
        let mounted = workspace.get("mountPath").and_then(NodeRef::as_str);
        let mounted = mounted.map_or_else(|| format!("/workspace/{}", name.text()), str::to_owned);
        let path = format!("$(workspaces.{}.path)", name.text());
        let is_here = |folder: &String| folder.starts_with(&path) || folder.starts_with(&mounted);
        let own = folders.iter().any(is_here).then(String::new);
        let written = [path.clone(), mounted.clone()].into_iter().chain(own);
        let paths = written.map(|p| substitution::text(Embedded::verbatim(at, p, start), &reader.names)).collect();
        all.push(Carrier { name: name.text().to_owned(), inside: name.text().to_owned(), paths });
    }
    all
}

/// What is written to the file of a result, at the place of the result's name.
fn written(name: NodeRef<'_>) -> Text {
    filled(name, hints::declared(name.text(), Expr::Port(Port::Written(name.text().to_owned()))))
}

/// A text that stands at a node and is wholly filled in.
fn filled(node: NodeRef<'_>, expr: Expr) -> Text {
    let source = node.embedded();
    let hole = Hole { range: 0..source.text.len(), expr: Arc::new(expr) };
    Text { source, holes: vec![hole] }
}

/// The outputs of the only execution as those of the pipeline.
fn passed_on(execution: &Execution) -> Vec<Binding> {
    let outer = |inner: &Binding| {
        let port = Port::Execution { execution: execution.id.clone(), output: inner.name.clone() };
        let source = inner.value.source.clone();
        let hole = Hole { range: 0..source.text.len(), expr: Arc::new(Expr::Port(port)) };
        Binding { value: Text { source, holes: vec![hole] }, ..inner.clone() }
    };
    execution.outputs.iter().map(outer).collect()
}

/// Reads the spec of a step action: a step under another roof.
pub(super) fn step_action(reader: &mut Reader, spec: NodeRef<'_>, pipeline: &mut Pipeline) {
    pipeline.inputs = reader.params(spec.get("params"));
    let mut execution = Execution::empty(STEP_ACTION, pipeline.span, pipeline.span);
    let mut step = step::step(reader, spec, None);
    step.id = Some(STEP_ACTION.to_owned());
    for result in reader.maps(spec.get("results"), "results") {
        let Some(name) = result.get("name").filter(|n| n.as_str().is_some()) else { continue };
        let port = Port::Step { step: STEP_ACTION.to_owned(), output: name.text().to_owned() };
        execution.outputs.push(Binding {
            name: name.text().to_owned(),
            name_span: name.place(),
            value: filled(name, Expr::Port(port)),
        });
    }
    execution.steps.push(step);
    // As with composite actions, outputs of what is used by a step are outputs of its steps.
    pipeline.outputs = execution.outputs.clone();
    pipeline.executions.push(execution);
}
