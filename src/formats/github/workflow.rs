//! `.github/workflows/*.yml`.
//!
//! Source: "Workflow syntax for GitHub Actions" in GitHub's documentation.

use super::ambient::ambient;
use super::job::{Common, job, permissions};
use super::reader::Reader;
use crate::formats::Problem;
use crate::formats::yaml::{Kind, NodeRef};
use crate::pipeline::{Binding, Format, Input, Pipeline, Trigger};

/// Reads the root of a workflow.
pub(super) fn workflow(reader: &mut Reader<'_>, root: NodeRef<'_>) -> Option<Pipeline> {
    if root.kind() != Kind::Map {
        let message = format!("a workflow must be a map, found {}", root.kind().described());
        reader.problems.push(Problem::new(root.place(), message).fatal());
        return None;
    }
    let Some(jobs) = root.entry("jobs") else {
        let first = root.entries().first().map_or(root.place(), |e| e.key.place());
        reader.problems.push(Problem::new(first, "this file has no `jobs`, so it is no workflow").fatal());
        return None;
    };
    let common = Common {
        permissions: root.get("permissions").and_then(|n| permissions(reader, n)),
        shell: root.at(&["defaults", "run", "shell"]).and_then(|n| reader.text(n, "shell")),
        directory: root.at(&["defaults", "run", "working-directory"]).and_then(|n| reader.text(n, "working-directory")),
    };
    if jobs.value.kind() == Kind::Null {
        reader.problems.push(Problem::new(jobs.key.place(), "`jobs` is empty"));
    }
    let mut pipeline = Pipeline {
        name: root.get("name").and_then(|n| reader.text(n, "name")).map(|t| t.raw().to_owned()),
        env: root.get("env").map(|n| reader.bindings(n, "env")).unwrap_or_default(),
        ambient: ambient(),
        executions: reader.map(jobs.value, "jobs").into_iter().filter_map(|e| job(reader, e, &common)).collect(),
        ..Pipeline::new(Format::GithubWorkflow, root.span())
    };
    match root.entry("on") {
        Some(on) => triggers(reader, on.value, &mut pipeline),
        None => reader.problems.push(Problem::new(jobs.key.place(), "this workflow has no `on`, so nothing starts it")),
    }
    Some(pipeline)
}

fn triggers(reader: &mut Reader<'_>, node: NodeRef<'_>, pipeline: &mut Pipeline) {
    let mut add = |node: NodeRef<'_>| pipeline.triggers.push(Trigger { name: node.text().to_owned(), span: node.place() });
    match node.kind() {
        Kind::Scalar => add(node),
        Kind::List => node.items().filter(|n| n.kind() == Kind::Scalar).for_each(add),
        Kind::Map => {
            for entry in node.entries() {
                pipeline.triggers.push(Trigger { name: entry.name().to_owned(), span: entry.key.place() });
                if matches!(entry.name(), "workflow_call" | "workflow_dispatch") && entry.value.kind() == Kind::Map {
                    if let Some(list) = entry.value.get("inputs") {
                        pipeline.inputs.extend(inputs(reader, list));
                    }
                    if let Some(list) = entry.value.get("outputs") {
                        pipeline.outputs.extend(outputs(reader, list));
                    }
                }
            }
        }
        Kind::Null => reader.wrong(node, "`on` is empty, so nothing starts this workflow".to_owned()),
    }
}

/// `inputs:` of a workflow or action.
pub(super) fn inputs(reader: &mut Reader<'_>, node: NodeRef<'_>) -> Vec<Input> {
    let entries = reader.map(node, "inputs");
    let input = |entry: crate::formats::yaml::Entry<'_>| Input {
        name: entry.name().to_owned(),
        span: entry.key.place(),
        default: entry.value.get("default").and_then(|n| reader.text(n, "default")),
        required: entry.value.get("required").is_some_and(|n| n.as_bool() == Some(true) || n.as_str() == Some("true")),
    };
    entries.into_iter().map(input).collect()
}

/// `outputs:` of a workflow or action, each with its `value`.
pub(super) fn outputs(reader: &mut Reader<'_>, node: NodeRef<'_>) -> Vec<Binding> {
    let entries = reader.map(node, "outputs");
    let output = |entry: crate::formats::yaml::Entry<'_>| {
        let value = reader.text(entry.value.get("value")?, "value")?;
        Some(Binding { name: entry.name().to_owned(), name_span: entry.key.place(), value })
    };
    entries.into_iter().filter_map(output).collect()
}
