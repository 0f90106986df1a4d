//! Conditions as people write them.

use super::scope::output_path_key;
use crate::pipeline::{Expr, Format, Op, Port};

/// An expression as people write it; equal expressions give equal texts.
pub(super) fn describe(expr: &Expr) -> String {
    described(expr, &of_port)
}

/// An expression in the words of the format that it stands in.
pub(super) fn describe_in(expr: &Expr, format: Format) -> String {
    described(expr, &|port| match (format, port) {
        (Format::Tekton, Port::Input(name)) => format!("$(params.{name})"),
        (Format::Tekton, Port::Step { step, output }) => format!("$(steps.{step}.results.{output})"),
        (Format::Tekton, Port::Execution { execution, output }) => format!("$(tasks.{execution}.results.{output})"),
        (Format::Tekton, Port::ExecutionStatus { execution }) => format!("$(tasks.{execution}.status)"),
        (Format::Jenkinsfile | Format::JenkinsLibrary, Port::Input(name)) => format!("params.{name}"),
        _ => of_port(port),
    })
}

fn described(expr: &Expr, of_port: &dyn Fn(&Port) -> String) -> String {
    let describe = |expr: &Expr| described(expr, of_port);
    match expr {
        Expr::Literal(text) => format!("'{text}'"),
        Expr::Bool(value) => value.to_string(),
        Expr::Null => "null".to_owned(),
        Expr::Ambient(name) => name.clone(),
        Expr::Opaque(text) => text.trim().to_owned(),
        Expr::Known { name, .. } => name.clone(),
        Expr::Declared { value, .. } | Expr::Words(value) => describe(value),
        Expr::Any(all) => all.iter().map(describe).collect::<Vec<_>>().join(" | "),
        Expr::Not(inner) => format!("!{}", describe(inner)),
        Expr::Call { function, args } => {
            let args: Vec<String> = args.iter().map(describe).collect();
            format!("{function}({})", args.join(", "))
        }
        Expr::Binary { op, left, right } => {
            let op = match op {
                Op::And => "&&",
                Op::Or => "||",
                Op::Eq => "==",
                Op::Ne => "!=",
                Op::Order => "<",
            };
            format!("{} {op} {}", describe(left), describe(right))
        }
        Expr::Port(port) => of_port(port),
    }
}

fn of_port(port: &Port) -> String {
    match port {
        Port::Step { step, output } => format!("steps.{step}.outputs.{output}"),
        Port::StepStatus { step, .. } => format!("steps.{step}.outcome"),
        Port::Execution { execution, output } => format!("needs.{execution}.outputs.{output}"),
        Port::ExecutionStatus { execution } => format!("needs.{execution}.result"),
        Port::Input(name) => format!("inputs.{name}"),
        Port::Env(name) => format!("env.{name}"),
        Port::Matrix(name) => format!("matrix.{name}"),
        Port::Secret(name) => format!("secrets.{name}"),
        Port::Variable(name) => format!("vars.{name}"),
        Port::OutputPath(name) => output_path_key(name),
        Port::Written(name) => format!("results.{name}"),
    }
}

/// The condition without the parts that only speak of earlier failures; `None` if nothing else is left.
pub(super) fn beyond_status(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Bool(true) => None,
        Expr::Call { function, .. } if matches!(function.as_str(), "always" | "success" | "failure" | "cancelled") => None,
        Expr::Not(inner) if beyond_status(inner).is_none() => None,
        Expr::Binary { op: Op::And, left, right } => match (beyond_status(left), beyond_status(right)) {
            (Some(a), Some(b)) => Some(format!("{a} && {b}")),
            (a, b) => a.or(b),
        },
        Expr::Binary { op: Op::Or, left, right } => match (beyond_status(left), beyond_status(right)) {
            (None, None) => None,
            _ => Some(describe(expr)),
        },
        _ => Some(describe(expr)),
    }
}
