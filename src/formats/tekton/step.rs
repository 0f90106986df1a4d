//! `steps:` of a task.
//!
//! Source: "Tasks" in Tekton's documentation ("Defining Steps", "Running scripts within Steps", "Specifying onError", "Specifying a Step
//! template").

use super::condition::when;
use super::reader::Reader;
use super::reference::{self, Referred};
use super::shell;
use super::substitution::Names;
use crate::formats::Problem;
use crate::formats::yaml::{Kind, NodeRef};
use crate::pipeline::{Action, Binding, Call, Expr, Hole, Port, Step, Text, Tolerance, several_arguments};
use crate::source::Embedded;
use std::sync::Arc;

/// Reads a list of steps. `template`: what every step has that does not say otherwise.
pub(super) fn steps(reader: &mut Reader, list: Option<NodeRef<'_>>, template: Option<NodeRef<'_>>) -> Vec<Step> {
    let items = reader.maps(list, "steps");
    let names = items.iter().filter_map(|i| i.get("name")?.as_str().map(str::to_owned));
    let before = std::mem::replace(&mut reader.names.steps, names.collect());
    let steps = items.into_iter().map(|item| step(reader, item, template)).collect();
    reader.names.steps = before;
    steps
}

/// The scripts and arguments of containers that run beside the steps, as steps: what they do is done, and stops nothing.
pub(super) fn sidecars(reader: &mut Reader, list: &[NodeRef<'_>]) -> Vec<Step> {
    let mut steps = Vec::new();
    for node in list {
        let mut one = step(reader, *node, None);
        if matches!(&one.action, Action::Script(_)) || matches!(&one.action, Action::Container { argv, .. } if !argv.is_empty()) {
            let tolerance = Tolerance {
                span: node.get("name").map_or(node.place(), NodeRef::place),
                how: "sidecar".to_owned(),
                certain: true,
            };
            // Its image stands with those of all sidecars, and no step can ask for its results.
            (one.id, one.image, one.tolerance) = (None, None, Some(tolerance));
            steps.push(one);
        }
    }
    steps
}

/// Reads one step.
pub(super) fn step(reader: &mut Reader, node: NodeRef<'_>, template: Option<NodeRef<'_>>) -> Step {
    let field = |name: &str| node.get(name).filter(|n| n.kind() != Kind::Null).or_else(|| template?.get(name));
    let mut env = template.map(|t| environment(reader, t)).unwrap_or_default();
    env.extend(environment(reader, node));
    let image = field("image").and_then(|n| reader.text(n));
    let name = node.get("name").and_then(NodeRef::as_str).map(str::to_owned);
    let mut step = Step {
        id: name.clone(),
        name,
        span: node.span(),
        condition: when(reader, node.entry("when"), None),
        tolerance: tolerance(reader, node),
        env,
        image,
        directory: field("workingDir").and_then(|n| reader.text(n)),
        beside: None,
        action: Action::None,
    };
    let mut argv = Vec::new();
    let names = Names { env: step.env.iter().map(|b| b.name.clone()).collect(), ..reader.names.clone() };
    reader.with_names(names, |reader| {
        for key in ["command", "args"] {
            let given = field(key).map(|n| if n.kind() == Kind::Scalar { vec![n] } else { reader.list(Some(n), key) });
            argv.push(given.unwrap_or_default().into_iter().filter_map(|n| reader.text(n)).collect::<Vec<Text>>());
        }
    });
    let (args, command) = (argv.pop().unwrap_or_default(), argv.pop().unwrap_or_default());
    if let Some(node) = node.get("ref").filter(|n| n.kind() == Kind::Map) {
        step.action = uses(reader, node, &step, field("params"));
    } else if let Some(text) = node.get("script").and_then(|n| reader.text(n)) {
        if let Some(both) = node.entry("command").filter(|_| !command.is_empty()) {
            reader.problems.push(Problem::new(both.key.place(), "a step has either `script` or `command`, not both"));
        }
        step.env.extend(positional(&args));
        step.action = Action::Script(shell::script(text));
    } else {
        run(&mut step, command.into_iter().chain(args).collect());
    }
    step
}

/// A step without a script: a shell with a script in its arguments, or an image with arguments.
fn run(step: &mut Step, argv: Vec<Text>) {
    if let Some((script, rest)) = shell::command(&argv) {
        // The first word after the script is `$0`.
        step.env.extend(positional(rest.get(1..).unwrap_or_default()));
        step.action = Action::Script(script);
    } else if let Some(image) = step.image.clone() {
        step.action = Action::Container { image, argv };
    }
}

/// Arguments of a script as variables `1`, `2` ..; all of `$(params.x[*])` as one of them, whose name says so.
fn positional(args: &[Text]) -> Vec<Binding> {
    let several = |text: &Text| text.holes.iter().any(|h| h.expr.is_words());
    let name = |i: usize, text: &Text| if several(text) { several_arguments(i) } else { i.to_string() };
    let all = args.iter().enumerate();
    all.map(|(i, text)| Binding { name: name(i + 1, text), name_span: text.span(), value: text.clone() }).collect()
}

fn uses(reader: &mut Reader, node: NodeRef<'_>, step: &Step, params: Option<NodeRef<'_>>) -> Action {
    let Some(definition) = reference::definition(reader, node, Referred::StepAction) else {
        reader.opaque(step.span, "the step names no step action");
        return Action::None;
    };
    let inputs = reader.given(params);
    Action::Use(Call::new(definition, inputs))
}

fn tolerance(reader: &mut Reader, node: NodeRef<'_>) -> Option<Tolerance> {
    let entry = node.entry("onError")?;
    let text = reader.text(entry.value)?;
    let certain = match text.literal() {
        Some("continue") => true,
        Some(_) => return None,
        None => false,
    };
    Some(Tolerance { span: entry.span(), how: format!("onError: {}", text.raw()), certain })
}

/// `env:` of a step or template. Values from secrets and config maps are known by `name/key`.
pub(super) fn environment(reader: &mut Reader, node: NodeRef<'_>) -> Vec<Binding> {
    let items = reader.maps(node.get("env"), "env");
    let mut env: Vec<Binding> = Vec::new();
    for item in items {
        let Some(name) = item.get("name").filter(|n| n.kind() == Kind::Scalar) else { continue };
        let value = match item.get("valueFrom") {
            Some(from) => from_elsewhere(from),
            None => item.get("value").map_or_else(|| Some(empty(name)), |n| reader.text(n).or_else(|| Some(empty(n)))),
        };
        let Some(value) = value else { continue };
        env.push(Binding { name: name.text().to_owned(), name_span: name.place(), value });
    }
    env
}

fn empty(node: NodeRef<'_>) -> Text {
    Text::plain(Embedded::verbatim(node.span().file, "", node.span().range().end))
}

fn from_elsewhere(from: NodeRef<'_>) -> Option<Text> {
    let (kind, at) = ["secretKeyRef", "configMapKeyRef", "fieldRef"].iter().find_map(|k| Some((*k, from.get(k)?)))?;
    let key = at.get(if kind == "fieldRef" { "fieldPath" } else { "key" })?;
    let object = at.get("name").map_or("", NodeRef::text);
    let named = format!("{object}/{}", key.text());
    let expr = match kind {
        "secretKeyRef" => Expr::Port(Port::Secret(named)),
        "configMapKeyRef" => Expr::Port(Port::Variable(named)),
        _ => Expr::Ambient(key.text().to_owned()),
    };
    let source = key.embedded();
    let hole = Hole { range: 0..source.text.len(), expr: Arc::new(expr) };
    Some(Text { source, holes: vec![hole] })
}
