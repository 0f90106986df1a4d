//! Jobs.
//!
//! Source: GitLab's CI/CD YAML syntax reference; gitlab-runner `shells/bash.go` (`Finish`: `set -o pipefail` where the shell has it, and `set -o
//! errexit`, over `before_script` and `script` together).

use super::config::{Config, Inherited, names};
use super::needs::Ordered;
use super::rules::occasion;
use super::text::{self, Defined};
use super::value::{Field, Value};
use super::{artifacts, run, trigger, variables};
use crate::formats::Problem;
use crate::pipeline::{
    Action, AfterFailure, Binding, Condition, Dialect, Execution, Expr, Permissions, Port, Script, ShellOptions, Step, Text,
    Tolerance,
};
use crate::source::Span;

/// A step of which only the place is known.
pub(super) fn step(span: Span, name: &str, action: Action) -> Step {
    Step { name: Some(name.to_owned()), ..Step::new(span, action) }
}

/// Reads one job. `globals`: the variables of the configuration, and whether each job has to carry them itself.
pub(super) fn job<'y>(config: &mut Config<'y>, job: &Field<'y>, globals: (&[Binding], bool)) -> Ordered<'y> {
    let value = &job.value;
    let own = value.get("variables").map(names).unwrap_or_default();
    let mut execution = Execution::empty(job.name(), job.key.place(), job.span());
    let rules = value.get("rules").map(Value::flat).unwrap_or_default();
    let mut occasion = occasion(value, &rules);
    (execution.condition, execution.tolerance) = (occasion.condition.take(), occasion.tolerance.take());
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
    execution.outputs = dotenv(config, &inherited, &own);
    execution.steps = steps(config, job, &inherited, &own);
    if !execution.steps.is_empty() {
        execution.steps.splice(0..0, services.iter().filter_map(|s| service(config, s, &own)));
    }
    let call = value.field("trigger").map(|f| trigger::trigger(config, f, &mut execution));
    execution.call = call.flatten();
    if execution.steps.is_empty() && execution.call.is_none() {
        nothing_runs(config, job);
    }
    Ordered::new(config, job, execution, occasion)
}

fn nothing_runs(config: &mut Config<'_>, job: &Field<'_>) {
    let keys = ["script", "trigger", "run", "extends"];
    if config.complete && !keys.iter().any(|k| job.value.field(k).is_some()) {
        let message = format!("the job `{}` has neither `script` nor `trigger`", job.name());
        config.problems.push(Problem::new(job.key.place(), message));
    }
}

/// `image:` or a service: a name, or a map with `name`.
fn image<'y>(config: &Config<'y>, value: &Value<'y>, own: &Defined<'y>) -> Option<Text> {
    let name = if value.is_map() { value.get("name")? } else { value };
    config.text(name, own).filter(|t| !t.raw().is_empty())
}

/// What a service is told to run, as a step: it runs beside the others and stops none of them.
fn service<'y>(config: &Config<'y>, value: &Value<'y>, own: &Defined<'y>) -> Option<Step> {
    let command = value.field("command")?;
    let words = ["entrypoint", "command"].into_iter().filter_map(|key| value.get(key)).flat_map(Value::flat);
    let argv: Vec<Text> = words.filter_map(|word| config.text(&word, own)).collect();
    let image = image(config, value, own).filter(|_| !argv.is_empty())?;
    let tolerance = Tolerance { span: command.key.place(), how: "services".to_owned(), certain: true };
    Some(Step { tolerance: Some(tolerance), ..step(command.span(), "services", Action::Container { image, argv }) })
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
fn dotenv<'y>(config: &Config<'y>, inherited: &Inherited<'_, 'y>, own: &Defined<'y>) -> Vec<Binding> {
    let reports = inherited.get("artifacts").and_then(|a| a.get("reports"));
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
    let hooks = inherited.field("hooks").and_then(|h| h.value.field("pre_get_sources_script"));
    if let Some(field) = hooks.filter(|_| job.value.get("trigger").is_none()) {
        let action = run(config, inherited, &field.value.flat(), true);
        steps.extend(action.map(|action| step(field.span(), "pre_get_sources_script", action)));
    }
    let script = job.value.get("script").map(Value::flat).unwrap_or_default();
    if !script.is_empty() {
        let all: Vec<Value<'y>> = lines("before_script").into_iter().chain(script).collect();
        let span = job.value.field("script").map_or(job.span(), Field::span);
        steps.extend(run(config, inherited, &all, true).map(|action| step(span, "script", action)));
    }
    if let Some(field) = job.value.field("run") {
        steps.extend(run::steps(config, field));
    }
    if let Some(field) = job.value.field("release") {
        steps.push(step(field.span(), "release", release(config, field, own)));
    }
    let after = lines("after_script");
    if let (Some(action), Some(field), false) =
        (run(config, inherited, &after, false), inherited.field("after_script"), steps.is_empty())
    {
        let mut step = step(field.span(), "after_script", action);
        let always = Expr::Call { function: "always".to_owned(), args: Vec::new() };
        step.condition = Some(Condition { expr: always, span: field.key.place(), after_failure: AfterFailure::Also });
        step.tolerance = Some(Tolerance { span: field.key.place(), how: "after_script".to_owned(), certain: true });
        steps.push(step);
    }
    steps.extend(artifacts::left(config, job, inherited, own));
    steps
}

/// Lines as one script. Which shell a runner has is not said; its tags may tell that it is one of Windows.
fn run<'y>(config: &Config<'y>, inherited: &Inherited<'_, 'y>, lines: &[Value<'y>], counts: bool) -> Option<Action> {
    let text = config.script(lines)?;
    let windows = inherited.get("tags").is_some_and(|t| t.words().iter().any(|tag| tag.to_ascii_lowercase().contains("windows")));
    let dialect = if windows { Dialect::PowerShell } else { Dialect::Bash };
    let options = ShellOptions { errexit: true, pipefail: !windows, failure_counts: counts };
    Some(Action::Script(Script { text, dialect, options }))
}

/// `release:`, as the command that GitLab runs for it.
fn release<'y>(config: &Config<'y>, field: &Field<'y>, own: &Defined<'y>) -> Action {
    let word = |written: &str| text::placed(field.key.place(), written);
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
