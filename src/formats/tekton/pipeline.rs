//! Pipelines: tasks in an order, and those that run at the end in any case.
//!
//! Sources: "Pipelines" and "Matrix" in Tekton's documentation.

use super::condition::when;
use super::hints;
use super::reader::{Reader, bound};
use super::reference::{self, Referred};
use super::substitution::Names;
use super::task;
use crate::formats::Problem;
use crate::formats::yaml::{Kind, NodeRef};
use crate::pipeline::{
    Axis, Binding, Call, Carrier, Condition, Execution, Expr, Format, Hole, Need, Op, Pipeline, Port, Text, Tolerance,
};
use crate::source::Span;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// What stands between a task and those of the pipeline that it is.
const WITHIN: &str = " / ";
/// Pipelines within pipelines that are followed.
const MAX_WITHIN: usize = 6;

/// Reads the spec of a pipeline.
pub(super) fn pipeline(reader: &mut Reader, spec: NodeRef<'_>, pipeline: &mut Pipeline) {
    pipeline.inputs.extend(reader.params(spec.get("params")));
    let (tasks, last) = (reader.maps(spec.get("tasks"), "tasks"), reader.maps(spec.get("finally"), "finally"));
    let finally = spec.key_span("finally").unwrap_or(spec.span());
    let mut executions: Vec<Execution> = tasks.into_iter().flat_map(|n| pipeline_tasks(reader, n, None)).collect();
    let regular: Vec<String> = executions.iter().map(|e| e.id.clone()).collect();
    for node in last {
        let mut more = pipeline_tasks(reader, node, Some(finally));
        for execution in &mut more {
            let needs = regular.iter().map(|id| Need { execution: id.clone(), span: finally, optional: true });
            execution.needs.splice(0..0, needs);
        }
        executions.extend(more);
    }
    known_tasks(reader, &executions);
    hints::of_references(spec, &reader.names, &mut executions);
    for result in reader.maps(spec.get("results"), "results") {
        let (Some(name), Some(value)) = (result.get("name"), result.get("value").and_then(|n| reader.text(n))) else { continue };
        pipeline.outputs.push(Binding { name: name.text().to_owned(), name_span: name.place(), value });
    }
    pipeline.executions.extend(executions);
}

/// `runAfter` and results of tasks that are not there.
fn known_tasks(reader: &mut Reader, executions: &[Execution]) {
    let ids: BTreeSet<&str> = executions.iter().map(|e| e.id.as_str()).collect();
    let needs = executions.iter().flat_map(|e| &e.needs);
    for need in needs.filter(|n| !n.execution.contains(['$', '{']) && !ids.contains(n.execution.as_str())) {
        reader.problems.push(Problem::new(need.span, format!("`{}` is no task of this pipeline", need.execution)));
    }
}

/// Reads one of `tasks` or `finally`, which may be a whole pipeline: its tasks, and behind them one that stands for all of them.
fn pipeline_tasks(reader: &mut Reader, node: NodeRef<'_>, finally: Option<Span>) -> Vec<Execution> {
    let Some(mut whole) = pipeline_task(reader, node, finally) else { return Vec::new() };
    if finally.is_some() {
        whole.needs.clear();
    }
    let Some(spec) = node.get("pipelineSpec").filter(|n| n.kind() == Kind::Map) else { return vec![whole] };
    if whole.id.matches(WITHIN).count() >= MAX_WITHIN {
        reader.opaque(spec.place(), "pipelines stand within each other too deeply to be followed");
        return vec![whole];
    }
    let declared = reader.params(spec.get("params"));
    let given = reader.given(node.get("params"));
    let mut names = Names { within: format!("{}{WITHIN}", whole.id), ..reader.names.clone() };
    names.bound.extend(bound(&declared, &given));
    let mut inner = Pipeline::new(Format::Tekton, spec.span());
    reader.with_names(names, |reader| pipeline(reader, spec, &mut inner));
    let Pipeline { mut executions, outputs, .. } = inner;
    for execution in &mut executions {
        execution.needs.extend(whole.needs.iter().cloned());
        execution.tolerance = execution.tolerance.take().or_else(|| whole.tolerance.clone());
        execution.condition = both(whole.condition.as_ref(), execution.condition.take());
    }
    let all = executions.iter().map(|e| Need { execution: e.id.clone(), span: e.id_span, optional: true });
    whole.needs.extend(all);
    whole.outputs = outputs;
    executions.push(whole);
    executions
}

/// A condition within another.
fn both(outer: Option<&Condition>, inner: Option<Condition>) -> Option<Condition> {
    match (outer, inner) {
        (Some(outer), Some(inner)) => {
            let expr = Expr::Binary { op: Op::And, left: Box::new(outer.expr.clone()), right: Box::new(inner.expr) };
            Some(Condition { expr, ..inner })
        }
        (outer, inner) => inner.or_else(|| outer.cloned()),
    }
}

/// Reads one of them.
fn pipeline_task(reader: &mut Reader, node: NodeRef<'_>, finally: Option<Span>) -> Option<Execution> {
    let name = node.get("name").filter(|n| n.kind() == Kind::Scalar)?;
    let mut execution = Execution::empty(format!("{}{}", reader.names.within, name.text()), name.place(), node.span());
    execution.name = node.get("displayName").and_then(NodeRef::as_str).map(str::to_owned);
    execution.condition = when(reader, node.entry("when"), finally);
    execution.tolerance = tolerance(reader, node);
    let mut given = reader.given(node.get("params"));
    matrix(reader, node, &mut execution, &mut given);
    for item in reader.list(node.get("runAfter"), "runAfter") {
        if let Some(task) = item.as_str() {
            let task = format!("{}{task}", reader.names.within);
            execution.needs.push(Need { execution: task, span: item.place(), optional: true });
        }
    }
    let texts = given.iter().map(|b| &b.value).chain(execution.matrix.iter().flat_map(|a| &a.values));
    let mut needs: Vec<Need> = texts.flat_map(results_of).collect();
    if let Some(condition) = &execution.condition {
        needs_of_condition(condition, &mut needs);
    }
    for need in needs {
        if need.execution != execution.id && execution.needs.iter().all(|n| n.execution != need.execution) {
            execution.needs.push(need);
        }
    }
    what(reader, node, &mut execution, given);
    carriers(&mut execution, reader.maps(node.get("workspaces"), "workspaces"));
    Some(execution)
}

/// The task that it runs: embedded, or referred to.
fn what(reader: &mut Reader, node: NodeRef<'_>, execution: &mut Execution, given: Vec<Binding>) {
    if let Some(spec) = node.get("taskSpec").filter(|n| n.kind() == Kind::Map) {
        if spec.get("apiVersion").and_then(NodeRef::as_str).is_some_and(|v| !v.starts_with("tekton.dev/")) {
            reader.opaque(spec.span(), "the task is run by somebody's own controller");
            return;
        }
        let declared = reader.params(spec.get("params"));
        // Parameters of the pipeline that the task does not declare are there under their own names.
        let mut names: HashMap<String, Arc<Expr>> = reader.names.bound.clone();
        names.extend(bound(&declared, &given));
        let names = Names { bound: names, ..reader.names.clone() };
        reader.with_names(names, |reader| task::fill(reader, spec, execution));
        return;
    }
    if node.get("pipelineSpec").is_some_and(|n| n.kind() == Kind::Map) {
        return;
    }
    let kinds = [("taskRef", Referred::Task), ("pipelineRef", Referred::Pipeline)];
    let found = kinds.iter().find_map(|(key, referred)| Some((node.get(key).filter(|n| n.kind() == Kind::Map)?, *referred)));
    let definition = found.and_then(|(node, referred)| reference::definition(reader, node, referred));
    match definition {
        Some(definition) => {
            execution.call = Some(Call::new(definition, given));
        }
        None => reader.opaque(node.span(), "what the task runs is not said in a way that is followed"),
    }
}

/// Gives the workspaces of a task the names that the pipeline (or run) has for them.
pub(super) fn carriers(execution: &mut Execution, bound: Vec<NodeRef<'_>>) {
    for node in bound {
        let Some(inside) = node.get("name").and_then(NodeRef::as_str) else { continue };
        let name = node.get("workspace").and_then(NodeRef::as_str).unwrap_or(inside);
        let part = node.get("subPath").map(|n| format!("/{}", n.text())).unwrap_or_default();
        let name = format!("{name}{part}");
        match execution.carriers.iter_mut().find(|c| c.inside == inside) {
            Some(carrier) => carrier.name = name,
            None => execution.carriers.push(Carrier { name, inside: inside.to_owned(), paths: Vec::new() }),
        }
    }
}

fn tolerance(reader: &Reader, node: NodeRef<'_>) -> Option<Tolerance> {
    let entry = node.entry("onError")?;
    let text = reader.text(entry.value)?;
    let certain = text.literal().is_some();
    let tolerated = !certain || text.raw() == "continue";
    tolerated.then(|| Tolerance { span: entry.span(), how: format!("onError: {}", text.raw()), certain })
}

/// `matrix:`. Each of its parameters is given to the task, with every value that is written there.
fn matrix(reader: &mut Reader, node: NodeRef<'_>, execution: &mut Execution, given: &mut Vec<Binding>) {
    let Some(matrix) = node.get("matrix") else { return };
    // Before Tekton 0.44 the list stood right there.
    let list = if matrix.kind() == Kind::List { Some(matrix) } else { matrix.get("params") };
    let mut unknown: BTreeSet<String> = BTreeSet::new();
    let mut values: Vec<(NodeRef<'_>, Option<Text>)> = Vec::new();
    for item in reader.maps(list, "matrix") {
        let (Some(name), Some(value)) = (item.get("name"), item.get("value")) else { continue };
        if value.kind() == Kind::List {
            values.extend(value.items().map(|v| (name, reader.text(v))));
        } else {
            // The tasks whose results it is made of are needed all the same.
            execution.needs.extend(reader.text(value).iter().flat_map(results_of));
            values.push((name, None));
        }
    }
    for include in reader.maps(matrix.get("include"), "include") {
        for item in reader.maps(include.get("params"), "params") {
            let (Some(name), Some(value)) = (item.get("name"), item.get("value")) else { continue };
            values.push((name, reader.text(value)));
        }
    }
    let mut axes: Vec<Axis> = Vec::new();
    for (name, value) in values {
        if given.iter().all(|b| b.name != name.text()) {
            given.push(Binding { name: name.text().to_owned(), name_span: name.place(), value: matrix_value(name) });
        }
        match (value, axes.iter_mut().find(|a| a.name == name.text())) {
            (None, _) => drop(unknown.insert(name.text().to_owned())),
            (Some(value), Some(axis)) => axis.values.push(value),
            (Some(value), None) => axes.push(Axis { name: name.text().to_owned(), values: vec![value] }),
        }
    }
    axes.retain(|axis| !unknown.contains(&axis.name));
    execution.matrix = axes;
}

fn matrix_value(name: NodeRef<'_>) -> Text {
    let source = name.embedded();
    let expr = Expr::Port(Port::Matrix(name.text().to_owned()));
    let hole = Hole { range: 0..source.text.len(), expr: Arc::new(expr) };
    Text { source, holes: vec![hole] }
}

/// The tasks whose results a text is made of.
fn results_of(text: &Text) -> Vec<Need> {
    let need = |hole: &Hole| match &*hole.expr {
        Expr::Port(Port::Execution { execution, .. }) => {
            Some(Need { execution: execution.clone(), span: text.source.span(hole.range.clone()), optional: true })
        }
        _ => None,
    };
    text.holes.iter().filter_map(need).collect()
}

fn needs_of_condition(condition: &Condition, needs: &mut Vec<Need>) {
    let mut waiting = vec![&condition.expr];
    while let Some(expr) = waiting.pop() {
        match expr {
            Expr::Port(Port::Execution { execution, .. }) => {
                needs.push(Need { execution: execution.clone(), span: condition.span, optional: true });
            }
            Expr::Binary { op: Op::And | Op::Or | Op::Eq | Op::Ne | Op::Order, left, right } => {
                waiting.extend([&**right, &**left])
            }
            Expr::Call { args, .. } => waiting.extend(args),
            _ => {}
        }
    }
}
