//! Secrets that an execution is given.

use super::credentials;
use crate::pipeline::{Binding, Execution, Expr, Format, Pipeline, Port, Text};
use std::collections::{BTreeMap, BTreeSet};

/// The secrets in the environment of all steps of an execution with several of them, by name.
pub(super) fn shared_secrets(pipeline: &Pipeline, execution: &Execution) -> BTreeMap<String, crate::source::Span> {
    let mut shared = BTreeMap::new();
    for binding in pipeline.env.iter().chain(&execution.env).filter(|_| execution.steps.len() > 1) {
        let mut names = std::collections::BTreeSet::new();
        binding.value.holes.iter().for_each(|hole| secrets_in(&hole.expr, &mut names));
        shared.extend(names.into_iter().map(|name| (name, binding.name_span)));
    }
    shared
}

/// Names of the secrets that an execution is given, the run's own token left out.
pub(super) fn secrets_of(pipeline: &Pipeline, execution: &Execution) -> Vec<String> {
    let mut names = BTreeSet::new();
    fn bound(list: &[Binding]) -> impl Iterator<Item = &Text> {
        list.iter().map(|b| &b.value)
    }
    let mut texts: Vec<&Text> = bound(&pipeline.env).chain(bound(&execution.env)).collect();
    let mut steps: Vec<&crate::pipeline::Step> = execution.steps.iter().collect();
    while let Some(step) = steps.pop() {
        texts.extend(bound(&step.env));
        match &step.action {
            crate::pipeline::Action::Script(script) => texts.push(&script.text),
            crate::pipeline::Action::Use(call) => texts.extend(bound(&call.inputs)),
            crate::pipeline::Action::Container { argv, .. } | crate::pipeline::Action::Command { argv } => texts.extend(argv),
            crate::pipeline::Action::Block(block) => steps.extend(steps_in(block)),
            crate::pipeline::Action::Wait(_) | crate::pipeline::Action::None => {}
        }
    }
    if let Some(call) = &execution.call {
        texts.extend(bound(&call.inputs).chain(bound(&call.secrets)));
        if call.inherits_secrets.is_some() {
            names.insert("*".to_owned());
        }
    }
    for text in texts {
        for hole in &text.holes {
            secrets_in(&hole.expr, &mut names);
        }
        if pipeline.format == Format::GitlabCi {
            let set = |name: &str| pipeline.env.iter().chain(&execution.env).any(|b| b.name == name);
            names.extend(credentials::used(text.raw()).into_iter().filter(|name| !set(name)).map(str::to_owned));
        }
    }
    names.into_iter().filter(|n| !n.eq_ignore_ascii_case("GITHUB_TOKEN")).collect()
}

fn steps_in(block: &crate::pipeline::Block) -> Vec<&crate::pipeline::Step> {
    match block {
        crate::pipeline::Block::Sequence(steps) => steps.iter().collect(),
        crate::pipeline::Block::Try { body, handler, last, .. } => {
            body.iter().chain(handler.iter().flatten()).chain(last).collect()
        }
        crate::pipeline::Block::Branch(arms) => arms.iter().flat_map(|(_, steps)| steps).collect(),
    }
}

fn secrets_in(expr: &Expr, names: &mut BTreeSet<String>) {
    match expr {
        Expr::Port(Port::Secret(name)) => {
            names.insert(name.clone());
        }
        Expr::Call { args, .. } | Expr::Any(args) => args.iter().for_each(|a| secrets_in(a, names)),
        Expr::Not(inner) => secrets_in(inner, names),
        Expr::Binary { left, right, .. } => {
            secrets_in(left, names);
            secrets_in(right, names);
        }
        _ => {}
    }
}
