//! `run:`, a list of steps.
//!
//! Source: "CI/CD steps" in GitLab's documentation (an experiment).

use super::config::Config;
use super::include;
use super::job::step;
use super::text::Defined;
use super::value::{Field, Value};
use crate::pipeline::{Action, Call, Definition, DefinitionKind, DefinitionTarget, Dialect, Script, ShellOptions, Step, Text};

/// Reads the steps.
pub(super) fn steps<'y>(config: &Config<'y>, field: &Field<'y>) -> Vec<Step> {
    field.value.flat().iter().map(|item| one(config, item)).collect()
}

fn one<'y>(config: &Config<'y>, item: &Value<'y>) -> Step {
    let words = |value: &Value<'y>| value.flat().iter().filter_map(|v| config.text(v, &Defined::new())).collect::<Vec<Text>>();
    let action = if let Some(script) = item.get("script") {
        let options = ShellOptions { errexit: true, pipefail: true, failure_counts: true };
        let action = |text| Action::Script(Script { text, dialect: Dialect::Bash, options });
        config.script(&script.flat()).map_or(Action::None, action)
    } else if let Some(command) = item.get("exec").and_then(|e| e.get("command")) {
        Action::Command { argv: words(command) }
    } else if let Some(used) = item.get("step").or_else(|| item.get("action")) {
        used_step(config, item, used).map_or(Action::None, Action::Use)
    } else {
        Action::None
    };
    let name = item.get("name").and_then(Value::as_str).unwrap_or("run");
    let mut step = step(item.node.place(), name, action);
    step.id = item.get("name").and_then(Value::as_str).map(str::to_owned);
    step.env = item.get("env").map(|env| include::inputs(config, env)).unwrap_or_default();
    step
}

/// A step that stands elsewhere: `./path`, `host/group/project@version`, a map with `git`, or an action `owner/name@version`.
fn used_step<'y>(config: &Config<'y>, item: &Value<'y>, used: &Value<'y>) -> Option<Call> {
    let git = used.get("git");
    let text = config.text(git.and_then(|g| g.get("url")).unwrap_or(used), &Defined::new())?;
    let revision = git.and_then(|g| g.get("rev")).and_then(Value::as_str).map(str::to_owned);
    let target = if text.raw().starts_with('.') || text.literal().is_none() {
        DefinitionTarget::Unknown
    } else {
        let (source, reference) = match text.raw().split_once('@') {
            Some((source, reference)) => (source, Some(reference.to_owned())),
            None => (text.raw(), revision),
        };
        DefinitionTarget::Remote { source: source.to_owned(), path: None, reference }
    };
    let inputs = item.get("inputs").map(|map| include::inputs(config, map)).unwrap_or_default();
    let definition = Definition { text, kind: DefinitionKind::Action, target, version: None, parameter: None };
    Some(Call::new(definition, inputs))
}
