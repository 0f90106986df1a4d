//! Runs: a pipeline or task with what it is given.
//!
//! Sources: "PipelineRuns", "TaskRuns" and "CustomRuns" in Tekton's documentation; "Authoring PipelineRuns" in that of Pipelines as Code.

use super::reader::Reader;
use super::reference::{self, Referred};
use super::{pipeline, task};
use crate::formats::yaml::{Kind, NodeRef};
use crate::pipeline::{Action, Call, Definition, DefinitionKind, DefinitionTarget, Execution, Input, Pipeline, Step, Trigger};

/// The id of the execution that stands for what a run refers to.
const RUN: &str = "run";
/// Events of Pipelines as Code, by the model's names.
const EVENTS: &[(&str, &str)] = &[("pull_request", "pull_request"), ("push", "push"), ("incoming", "repository_dispatch")];

/// Reads the spec of a PipelineRun (`pipelineSpec`, `pipelineRef`) or TaskRun (`taskSpec`, `taskRef`).
pub(super) fn run(reader: &mut Reader, document: NodeRef<'_>, spec: NodeRef<'_>, referred: Referred, pipeline: &mut Pipeline) {
    let (embedded, reference) = match referred {
        Referred::Pipeline => ("pipelineSpec", "pipelineRef"),
        _ => ("taskSpec", "taskRef"),
    };
    fetched(reader, document, pipeline);
    // Before v1beta1, parameters stood under `inputs`.
    let given = reader.given(spec.get("params").or_else(|| spec.at(&["inputs", "params"])));
    if let Some(inner) = spec.get(embedded).filter(|n| n.kind() == Kind::Map) {
        match referred {
            Referred::Pipeline => pipeline::pipeline(reader, inner, pipeline),
            _ => task::task(reader, inner, pipeline),
        }
        for binding in given {
            let input =
                Input { name: binding.name.clone(), span: binding.name_span, default: Some(binding.value), required: false };
            match pipeline.inputs.iter_mut().find(|i| i.name == binding.name) {
                Some(declared) => *declared = input,
                None => pipeline.inputs.push(input),
            }
        }
        return;
    }
    let Some(node) = spec.entry(reference).filter(|e| e.value.kind() == Kind::Map) else { return };
    let Some(definition) = reference::definition(reader, node.value, referred) else { return };
    let mut execution = Execution::empty(RUN, node.key.place(), spec.span());
    execution.call = Some(Call::new(definition, given));
    pipeline.executions.push(execution);
}

/// Reads the spec of a CustomRun: what runs it is not known.
pub(super) fn custom(reader: &mut Reader, spec: NodeRef<'_>, pipeline: &mut Pipeline) {
    let inputs = reader.given(spec.get("params"));
    let Some(entry) = spec.entry("customRef").or_else(|| spec.entry("customSpec")).or_else(|| spec.entry("ref")) else { return };
    let name = entry.value.get("name").and_then(|n| reader.text(n)).or_else(|| reader.text(entry.key));
    let Some(text) = name else { return };
    let definition =
        Definition { text, kind: DefinitionKind::Task, target: DefinitionTarget::Unknown, version: None, parameter: None };
    let mut execution = Execution::empty(RUN, entry.key.place(), spec.span());
    execution.call = Some(Call::new(definition, inputs));
    pipeline.executions.push(execution);
}

/// What Pipelines as Code fetches before the run, as an execution that uses it and does nothing else.
fn fetched(reader: &Reader, document: NodeRef<'_>, pipeline: &mut Pipeline) {
    let Some(metadata) = document.entry("metadata") else { return };
    let definitions = reference::annotations(reader, metadata.value);
    if definitions.is_empty() {
        return;
    }
    let step = |definition: Definition| Step::new(definition.text.span(), Action::Use(Call::new(definition, Vec::new())));
    let mut execution = Execution::empty("annotations", metadata.key.place(), metadata.value.span());
    execution.steps = definitions.into_iter().map(step).collect();
    pipeline.executions.push(execution);
}

/// The events that start a run, as its annotations say.
pub(super) fn triggers(document: NodeRef<'_>) -> Vec<Trigger> {
    let mut triggers = Vec::new();
    let annotations = document.at(&["metadata", "annotations"]).map(NodeRef::entries).unwrap_or_default();
    for entry in annotations.iter().filter(|e| e.value.kind() == Kind::Scalar) {
        let key = entry.name().strip_prefix("pipelinesascode.tekton.dev/");
        if !matches!(key, Some("on-event" | "on-cel-expression" | "on-comment")) {
            continue;
        }
        let text = entry.value.text();
        let found = EVENTS.iter().filter(|(event, _)| key != Some("on-comment") && text.contains(event));
        triggers.extend(found.map(|(_, name)| Trigger { name: (*name).to_owned(), span: entry.value.span() }));
        if key == Some("on-comment") {
            triggers.push(Trigger { name: "issue_comment".to_owned(), span: entry.value.span() });
        }
    }
    triggers
}
