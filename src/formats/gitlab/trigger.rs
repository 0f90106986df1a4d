//! Jobs that start another pipeline.
//!
//! Source: `trigger`, `trigger:forward`, `trigger:strategy` in GitLab's CI/CD YAML syntax reference; "Downstream pipelines".

use super::config::Config;
use super::include;
use super::job::step;
use super::text::Defined;
use super::value::{Field, Value};
use crate::pipeline::{Action, Call, Definition, DefinitionKind, DefinitionTarget, Execution, Opaque};

/// Reads `trigger:`. The files of this repository that a child pipeline is made of are called; what else it is made of is used.
pub(super) fn trigger<'y>(config: &mut Config<'y>, field: &Field<'y>, execution: &mut Execution) -> Option<Call> {
    let value = &field.value;
    execution.detached = !value.get("strategy").and_then(Value::as_str).is_some_and(|s| matches!(s, "depend" | "mirror"));
    let forward = value.get("forward").and_then(|f| f.get("yaml_variables")).and_then(Value::as_bool);
    execution.passes_env = forward != Some(false);
    let given = value.get("inputs").map(|map| include::inputs(config, map)).unwrap_or_default();
    if let Some(included) = value.get("include") {
        let entries = if included.is_list() { included.flat() } else { vec![included.clone()] };
        for made in entries.iter().filter(|e| e.get("artifact").is_some()) {
            let why = "the child pipeline is written by a job of this run".to_owned();
            config.opaque.push(Opaque { span: made.node.place(), why });
        }
        let calls: Vec<Call> = entries.iter().flat_map(|entry| include::calls(config, entry)).collect();
        let mut first = together(&calls).or_else(|| calls.first().cloned())?;
        first.inputs.extend(given);
        let is_used = |c: &&Call| !matches!(c.definition.target, DefinitionTarget::Local(_)) && c.definition != first.definition;
        let others: Vec<Call> = calls.iter().filter(is_used).cloned().collect();
        execution.steps.extend(others.into_iter().map(|call| step(call.definition.text.span(), "include", Action::Use(call))));
        return Some(first);
    }
    let project = if value.is_map() { value.get("project")? } else { value };
    let text = config.text(project, &Defined::new())?;
    let branch = value.get("branch").filter(|b| b.as_str().is_some());
    let reference = branch.and_then(Value::as_str).map(str::to_owned);
    let version = branch.map(|b| b.node.span());
    let target = match text.literal() {
        Some(source) => DefinitionTarget::Remote { source: source.to_owned(), path: None, reference },
        None => DefinitionTarget::Unknown,
    };
    let definition = Definition { text, kind: DefinitionKind::Pipeline, target, version, parameter: None };
    Some(Call::new(definition, given))
}

/// The files of this repository as one call.
fn together(calls: &[Call]) -> Option<Call> {
    let path = |call: &Call| match &call.definition.target {
        DefinitionTarget::Local(path) => Some(path.clone()),
        _ => None,
    };
    let paths: Vec<String> = calls.iter().filter_map(path).collect();
    let mut whole = calls.iter().find(|c| path(c).is_some())?.clone();
    whole.inputs = calls.iter().filter(|c| path(c).is_some()).flat_map(|c| c.inputs.clone()).collect();
    whole.definition.target = DefinitionTarget::Merged(paths);
    Some(whole)
}
