//! Jobs.
//!
//! Source: GitLab's CI/CD YAML syntax reference; gitlab-runner `shells/bash.go` (`Finish`: `set -o pipefail` where the shell has it, and `set -o
//! errexit`, over `before_script` and `script` together).

use super::config::{Config, Inherited, names};
use super::needs::Ordered;
use super::rules::{Occasion, occasion};
use super::text::{self, Defined};
use super::value::{Field, Value};
use super::{include, variables};
use crate::formats::Problem;
use crate::pipeline::{
    Action, AfterFailure, Binding, Call, Condition, Definition, DefinitionKind, DefinitionTarget, Dialect, Execution, Expr,
    Opaque, Permissions, Port, Script, ShellOptions, Step, Text, Tolerance,
};
use crate::source::Span;

/// A step of which only the place is known.
pub(super) fn step(span: Span, name: &str, action: Action) -> Step {
    Step {
        id: None,
        name: Some(name.to_owned()),
        span,
        condition: None,
        tolerance: None,
        env: Vec::new(),
        image: None,
        directory: None,
        action,
    }
}

/// Reads one job. `globals`: the variables of the configuration, and whether each job has to carry them itself.
pub(super) fn job<'y>(config: &mut Config<'y>, job: &Field<'y>, globals: (&[Binding], bool)) -> Ordered<'y> {
    let value = &job.value;
    let own = value.get("variables").map(names).unwrap_or_default();
    let mut execution = Execution::empty(job.name(), job.key.place(), job.span());
    let rules = value.get("rules").map(Value::flat).unwrap_or_default();
    let Occasion { condition, tolerance, manual, blocks } = occasion(value, &rules);
    (execution.condition, execution.tolerance) = (condition, tolerance);
    let inherited = config.inherited(value);
    execution.image = inherited.get("image").and_then(|v| image(config, v, &own));
    let services = inherited.get("services").map(Value::flat).unwrap_or_default();
    execution.services = services.iter().filter_map(|s| image(config, s, &own)).collect();
    let (axes, axis_variables) = variables::matrix(config, value, &own);
    execution.matrix = axes;
    execution.env = environment(config, &inherited, value, &rules, globals);
    execution.env.extend(axis_variables);
    execution.permissions = inherited
        .field("id_tokens")
        .map(|f| Permissions { scopes: vec![("id-token".to_owned(), "write".to_owned())], span: f.span() });
    let protected = value.get("environment").map(|e| e.get("name").unwrap_or(e));
    execution.environment = protected.and_then(|e| config.text(e, &own));
    execution.outputs = dotenv(config, value, &own);
    execution.steps = steps(config, job, &inherited, &own);
    let call = value.field("trigger").map(|f| trigger(config, f, &mut execution));
    execution.call = call.flatten();
    if execution.steps.is_empty() && execution.call.is_none() {
        nothing_runs(config, job);
    }
    Ordered::new(config, job, execution, blocks, manual)
}

fn nothing_runs(config: &mut Config<'_>, job: &Field<'_>) {
    let keys = ["script", "trigger", "run", "extends"];
    if config.complete && !keys.iter().any(|k| job.value.field(k).is_some()) {
        let message = format!("the job `{}` has neither `script` nor `trigger`", job.name());
        config.problems.push(Problem::new(job.key.place(), message));
    }
    if let Some(run) = job.value.field("run") {
        config.opaque.push(Opaque { span: run.span(), why: "steps of `run` are not followed".to_owned() });
    }
}

/// `image:` or a service: a name, or a map with `name`.
fn image<'y>(config: &Config<'y>, value: &Value<'y>, own: &Defined<'y>) -> Option<Text> {
    let name = if value.is_map() { value.get("name")? } else { value };
    config.text(name, own).filter(|t| !t.raw().is_empty())
}

/// The variables of a job beside those of all jobs.
fn environment<'y>(
    config: &Config<'y>,
    inherited: &Inherited<'_, 'y>,
    value: &Value<'y>,
    rules: &[Value<'y>],
    (globals, carry): (&[Binding], bool),
) -> Vec<Binding> {
    let own = value.get("variables").map(names).unwrap_or_default();
    let mine = value.get("variables").map(|v| variables::bindings(config, v, &own)).unwrap_or_default();
    let affected = variables::affected(globals, &mine);
    let mut env: Vec<Binding> = Vec::new();
    if carry {
        env.extend(globals.iter().filter(|b| inherited.inherits("variables", &b.name)).cloned());
    }
    env.extend(mine);
    env.extend(affected.into_iter().filter(|b| inherited.inherits("variables", &b.name)));
    env.extend(variables::of_rules(config, rules, &own));
    env.extend(variables::tokens(inherited.get("id_tokens"), value.get("secrets")));
    env
}

/// Variables that a job leaves for later ones, by file.
fn dotenv<'y>(config: &Config<'y>, value: &Value<'y>, own: &Defined<'y>) -> Vec<Binding> {
    let reports = value.get("artifacts").and_then(|a| a.get("reports"));
    let files = reports.and_then(|r| r.get("dotenv")).map(Value::flat).unwrap_or_default();
    let output = |file: &Value<'y>| {
        let path = config.text(file, own)?;
        let name = path.raw().to_owned();
        let value = text::filled(path.source, Expr::Port(Port::Written(name.clone())));
        Some(Binding { name: format!("dotenv:{name}"), name_span: file.node.place(), value })
    };
    files.iter().filter_map(output).collect()
}

fn steps<'y>(config: &Config<'y>, job: &Field<'y>, inherited: &Inherited<'_, 'y>, own: &Defined<'y>) -> Vec<Step> {
    let mut steps = Vec::new();
    let lines = |key: &str| inherited.get(key).map(Value::flat).unwrap_or_default();
    let script = job.value.get("script").map(Value::flat).unwrap_or_default();
    if !script.is_empty() {
        let all: Vec<Value<'y>> = lines("before_script").into_iter().chain(script).collect();
        let span = job.value.field("script").map_or(job.span(), Field::span);
        steps.extend(run(inherited, &all, job.key.place(), true).map(|action| step(span, "script", action)));
    }
    if let Some(field) = job.value.field("release") {
        steps.push(step(field.span(), "release", release(config, field, own)));
    }
    let after = lines("after_script");
    if let (Some(action), Some(field), false) =
        (run(inherited, &after, job.key.place(), false), inherited.field("after_script"), steps.is_empty())
    {
        let mut step = step(field.span(), "after_script", action);
        let always = Expr::Call { function: "always".to_owned(), args: Vec::new() };
        step.condition = Some(Condition { expr: always, span: field.key.place(), after_failure: AfterFailure::Also });
        step.tolerance = Some(Tolerance { span: field.key.place(), how: "after_script".to_owned(), certain: true });
        steps.push(step);
    }
    steps
}

/// Lines as one script. Which shell a runner has is not said; its tags may tell that it is one of Windows.
fn run<'y>(inherited: &Inherited<'_, 'y>, lines: &[Value<'y>], job: Span, counts: bool) -> Option<Action> {
    let scalars: Vec<Value<'y>> = lines.iter().filter(|l| l.as_str().is_some()).cloned().collect();
    let source = text::joined(&scalars, job)?;
    let windows = inherited.get("tags").is_some_and(|t| t.words().iter().any(|tag| tag.to_ascii_lowercase().contains("windows")));
    let dialect = if windows { Dialect::PowerShell } else { Dialect::Bash };
    let options = ShellOptions { errexit: true, pipefail: !windows, failure_counts: counts };
    Some(Action::Script(Script { text: text::script(source), dialect, options }))
}

/// `release:`, as the command that GitLab runs for it.
fn release<'y>(config: &Config<'y>, field: &Field<'y>, own: &Defined<'y>) -> Action {
    let word = |written: &str| {
        let mut map = crate::source::OffsetMap::default();
        map.push(written.len(), field.key.place().range());
        Text::plain(crate::source::Embedded::new(field.key.place().file, written, map))
    };
    let mut argv = vec![word("release-cli"), word("create")];
    let mut option = |name: &str, value: Option<&Value<'y>>| {
        if let Some(text) = value.and_then(|v| config.text(v, own)) {
            argv.extend([word(name), text]);
        }
    };
    for (name, key) in [("--name", "name"), ("--description", "description"), ("--tag-name", "tag_name"), ("--ref", "ref")] {
        option(name, field.value.get(key));
    }
    let links = field.value.get("assets").and_then(|a| a.get("links")).map(Value::flat).unwrap_or_default();
    links.iter().for_each(|link| option("--assets-link", link.get("url")));
    Action::Command { argv }
}

/// A job that starts another pipeline. Of a child pipeline of several files the first is called, the others are used.
fn trigger<'y>(config: &mut Config<'y>, field: &Field<'y>, execution: &mut Execution) -> Option<Call> {
    let value = &field.value;
    if !value.get("strategy").and_then(Value::as_str).is_some_and(|s| matches!(s, "depend" | "mirror")) {
        let how = "trigger without `strategy: depend`".to_owned();
        execution.tolerance.get_or_insert(Tolerance { span: field.span(), how, certain: true });
    }
    let given = value.get("inputs").map(|map| include::inputs(config, map)).unwrap_or_default();
    if let Some(included) = value.get("include") {
        let entries = if included.is_list() { included.flat() } else { vec![included.clone()] };
        let mut calls: Vec<Call> = entries.iter().flat_map(|entry| include::calls(config, entry)).collect();
        if calls.is_empty() {
            return None;
        }
        let mut first = calls.remove(0);
        first.inputs.extend(given);
        execution.steps.extend(calls.into_iter().map(|call| step(call.definition.text.span(), "include", Action::Use(call))));
        return Some(first);
    }
    let project = if value.is_map() { value.get("project")? } else { value };
    let text = config.text(project, &Defined::new())?;
    let reference = value.get("branch").and_then(Value::as_str).map(str::to_owned);
    let target = match text.literal() {
        Some(source) => DefinitionTarget::Remote { source: source.to_owned(), path: None, reference },
        None => DefinitionTarget::Unknown,
    };
    let definition = Definition { text, kind: DefinitionKind::Include, target };
    Some(Call { definition, inputs: given, inherits_secrets: false, secrets: Vec::new() })
}
