//! `variables`, and what else becomes a variable of a job.
//!
//! Sources: `variables`, `rules:variables`, `parallel:matrix`, `id_tokens`, `secrets` in GitLab's CI/CD YAML syntax reference.

use super::config::Config;
use super::text::{self, Defined};
use super::value::{Field, Value};
use crate::pipeline::{Axis, Binding, Expr, Op, Port, Text};
use std::collections::HashSet;

/// Reads `variables:`, so that each stands after those that it is made of.
pub(super) fn bindings<'y>(config: &Config<'y>, map: &Value<'y>, own: &Defined<'y>) -> Vec<Binding> {
    ordered(map.fields().iter().filter_map(|f| binding(config, f, own)).collect())
}

/// The variables of all jobs, with those that `workflow:rules` give.
pub(super) fn of_all(config: &Config<'_>) -> Vec<Binding> {
    let mut all = config.root.get("variables").map(|v| bindings(config, v, &Defined::new())).unwrap_or_default();
    let rules = config.root.get("workflow").and_then(|w| w.get("rules")).map(Value::flat).unwrap_or_default();
    let given = of_rules(config, &rules, &Defined::new());
    let again = affected(&all, &given);
    all.extend(given);
    all.extend(again);
    all
}

/// One variable: a value, or a map with `value` and perhaps `expand: false`.
fn binding<'y>(config: &Config<'y>, field: &Field<'y>, own: &Defined<'y>) -> Option<Binding> {
    let (value, expands) = match field.value.is_map() {
        true => (field.value.get("value")?, field.value.get("expand").and_then(Value::as_bool) != Some(false)),
        false => (&field.value, true),
    };
    let text = if value.is_null() || !expands {
        let source = value.node.embedded();
        if value.is_null() { Text::plain(source.slice(0..0)) } else { config.inputs.fill(text::script(source), &[value.part]) }
    } else {
        config.text(value, own)?
    };
    Some(Binding { name: field.name().to_owned(), name_span: field.key.place(), value: text })
}

/// The variables that a text is made of.
fn used(text: &Text) -> impl Iterator<Item = &str> {
    text.holes.iter().filter_map(|h| match &*h.expr {
        Expr::Port(Port::Env(name)) => Some(name.as_str()),
        _ => None,
    })
}

/// Each after those that it is made of; those in a circle last.
fn ordered(mut waiting: Vec<Binding>) -> Vec<Binding> {
    let mut done = Vec::with_capacity(waiting.len());
    loop {
        let names: HashSet<String> = waiting.iter().map(|b| b.name.clone()).collect();
        let is_ready = |b: &Binding| used(&b.value).all(|name| name == b.name || !names.contains(name));
        let (ready, rest): (Vec<Binding>, Vec<Binding>) = waiting.into_iter().partition(is_ready);
        let stuck = ready.is_empty();
        done.extend(ready);
        waiting = rest;
        if stuck {
            done.extend(waiting);
            return done;
        }
    }
}

/// Variables of the configuration that are made of some that a job gives another value, and so have another value there.
pub(super) fn affected(global: &[Binding], own: &[Binding]) -> Vec<Binding> {
    let mut changed: HashSet<&str> = own.iter().map(|b| b.name.as_str()).collect();
    let is_own = |b: &Binding| own.iter().any(|o| o.name == b.name);
    let mut all = Vec::new();
    for binding in global.iter().filter(|b| !is_own(b)) {
        if used(&binding.value).any(|name| changed.contains(name)) {
            changed.insert(&binding.name);
            all.push(binding.clone());
        }
    }
    all
}

/// `rules:variables`: the rule's value if it is the one that applies, or else what the variable was.
pub(super) fn of_rules<'y>(config: &Config<'y>, rules: &[Value<'y>], own: &Defined<'y>) -> Vec<Binding> {
    let mut all = Vec::new();
    for rule in rules {
        let Some(variables) = rule.get("variables") else { continue };
        let given = rule.without("variables").without("when").without("allow_failure");
        for mut binding in bindings(config, variables, own) {
            if !given.fields().is_empty() {
                let and = Expr::Binary {
                    op: Op::And,
                    left: Box::new(Expr::Opaque(given.described())),
                    right: Box::new(binding.value.expression()),
                };
                let before = Box::new(Expr::Port(Port::Env(binding.name.clone())));
                let choice = Expr::Binary { op: Op::Or, left: Box::new(and), right: before };
                binding.value = text::filled(binding.value.source, choice);
            }
            all.push(binding);
        }
    }
    all
}

/// `parallel: matrix`: its axes, and a variable for each.
pub(super) fn matrix<'y>(config: &Config<'y>, job: &Value<'y>, own: &Defined<'y>) -> (Vec<Axis>, Vec<Binding>) {
    let (mut axes, mut env): (Vec<Axis>, Vec<Binding>) = (Vec::new(), Vec::new());
    let Some(matrix) = job.get("parallel").and_then(|p| p.get("matrix")) else { return (axes, env) };
    for entry in matrix.flat() {
        for field in entry.fields() {
            let values: Vec<Text> = field.value.flat().iter().filter_map(|v| config.text(v, own)).collect();
            match axes.iter_mut().find(|a| a.name == field.name()) {
                Some(axis) => axis.values.extend(values),
                None => {
                    axes.push(Axis { name: field.name().to_owned(), values });
                    env.push(named(field, Expr::Port(Port::Matrix(field.name().to_owned()))));
                }
            }
        }
    }
    for axis in &mut axes {
        let mut seen = HashSet::new();
        axis.values.retain(|v| seen.insert(v.raw().to_owned()));
    }
    (axes, env)
}

/// `id_tokens` and `secrets` as variables.
pub(super) fn tokens(id_tokens: Option<&Value<'_>>, secrets: Option<&Value<'_>>) -> Vec<Binding> {
    let tokens = id_tokens.map(Value::fields).unwrap_or_default().iter();
    let secrets = secrets.map(Value::fields).unwrap_or_default().iter();
    let tokens = tokens.map(|f| named(f, Expr::Ambient(format!("id_tokens.{}", f.name()))));
    tokens.chain(secrets.map(|f| named(f, Expr::Port(Port::Secret(f.name().to_owned()))))).collect()
}

/// A variable whose value stands nowhere but is known.
fn named(field: &Field<'_>, expr: Expr) -> Binding {
    let value = text::filled(field.key.embedded(), expr);
    Binding { name: field.name().to_owned(), name_span: field.key.place(), value }
}
