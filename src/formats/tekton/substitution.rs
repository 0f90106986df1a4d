//! Texts with `$(..)` in them.
//!
//! Sources: "Variable Substitutions Supported by Tasks and Pipelines" in Tekton's documentation; "Dynamic variables" in that of
//! Pipelines as Code. A script is full of `$(command)`s: only what begins with a known root and is nothing but a path of names
//! is a substitution.

use crate::pipeline::{Expr, Hole, Port, Text, exit_code_file};
use crate::source::Embedded;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// Where results lie in a container; people write the path instead of `$(results.x.path)`.
const RESULTS: &str = "/tekton/results/";
/// Placeholders that Pipelines as Code fills in before Tekton sees the file.
const AS_CODE: &[&str] = &[
    "event",
    "event_type",
    "git_auth_secret",
    "git_tag",
    "pull_request_labels",
    "pull_request_number",
    "repo_name",
    "repo_owner",
    "repo_url",
    "revision",
    "sender",
    "source_branch",
    "source_url",
    "target_branch",
    "target_namespace",
    "trigger_comment",
];

/// What names mean where a text stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    /// Parameters of an embedded task, by what the pipeline gives for them.
    pub(super) bound: HashMap<String, Arc<Expr>>,
    /// Variables of the step; Kubernetes fills `$(NAME)` in where it is one of them, in `command` and `args` alone.
    pub(super) env: Vec<String>,
    /// Names of the task's steps.
    pub(super) steps: Vec<String>,
    /// Whether Pipelines as Code reads the file.
    pub(super) as_code: bool,
    /// What stands before the names of tasks in a pipeline that is a task of another one.
    pub(super) within: String,
}

/// A text with its holes.
pub(super) fn text(source: Embedded, names: &Names) -> Text {
    let (mut holes, mut at) = (Vec::new(), 0);
    while let Some((range, expr)) = next(&source.text, at, names) {
        at = range.end;
        holes.push(Hole { range, expr });
    }
    Text { source, holes }
}

/// The next substitution at or after `from`.
fn next(raw: &str, mut from: usize, names: &Names) -> Option<(Range<usize>, Arc<Expr>)> {
    loop {
        let start = from + raw[from..].find(['$', '/', '{'])?;
        let rest = &raw[start..];
        let found = match rest.as_bytes()[0] {
            b'$' => reference(rest, names),
            b'/' => result_path(rest).map(|(length, expr)| (length, Arc::new(expr))),
            _ if names.as_code => placeholder(rest).map(|(length, expr)| (length, Arc::new(expr))),
            _ => None,
        };
        if let Some((length, expr)) = found {
            return Some((start..start + length, expr));
        }
        from = start + 1;
    }
}

fn result_path(rest: &str) -> Option<(usize, Expr)> {
    let name = rest.strip_prefix(RESULTS)?;
    let length = name.find(|c: char| !is_name(c)).unwrap_or(name.len());
    (length > 0).then(|| (RESULTS.len() + length, Expr::Port(Port::OutputPath(name[..length].to_owned()))))
}

/// `{{ revision }}`
fn placeholder(rest: &str) -> Option<(usize, Expr)> {
    let inner = rest.strip_prefix("{{")?;
    let length = inner.find("}}")?;
    let name = inner[..length].trim();
    let known = AS_CODE.contains(&name) || ["body.", "headers.", "files.", "cel:"].iter().any(|p| name.starts_with(p));
    known.then(|| (length + 4, Expr::Ambient(format!("pipelines-as-code.{name}"))))
}

/// `$(a.b["c"][*])` at the start.
fn reference(rest: &str, names: &Names) -> Option<(usize, Arc<Expr>)> {
    let inner = rest.strip_prefix("$(")?;
    let (length, path) = path(inner)?;
    let bound = match path.as_slice() {
        [Part::Name("params"), rest @ ..] | [Part::Name("inputs"), Part::Name("params"), rest @ ..] => {
            names.bound.get(&key(rest))
        }
        _ => None,
    };
    let expr = bound.map_or_else(|| value(&path, names).map(Arc::new), |bound| Some(Arc::clone(bound)))?;
    Some((length + 3, expr))
}

/// One part of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'t> {
    /// `.name` or `["name"]`
    Name(&'t str),
    /// `[*]`, `[0]`
    Index(&'t str),
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// A path that is closed by `)`, and its length without that.
fn path(text: &str) -> Option<(usize, Vec<Part<'_>>)> {
    let (mut parts, mut at) = (Vec::new(), 0);
    loop {
        let rest = &text[at..];
        let (part, length) = match rest.chars().next()? {
            ')' if !parts.is_empty() => return Some((at, parts)),
            '[' => {
                let length = rest.find(']')?;
                let inner = &rest[1..length];
                let quoted =
                    |q: char| inner.strip_prefix(q).and_then(|i| i.strip_suffix(q)).filter(|i| !i.contains(['"', '\'', '\n']));
                let part = match quoted('"').or_else(|| quoted('\'')) {
                    Some(name) => Part::Name(name),
                    None if inner == "*" || !inner.is_empty() && inner.bytes().all(|b| b.is_ascii_digit()) => Part::Index(inner),
                    None => return None,
                };
                (part, length + 1)
            }
            first => {
                let dot = usize::from(first == '.');
                if (dot == 0) != parts.is_empty() {
                    return None;
                }
                let length = rest[dot..].find(|c| !is_name(c)).unwrap_or(rest.len() - dot);
                if length == 0 {
                    return None;
                }
                (Part::Name(&rest[dot..dot + length]), dot + length)
            }
        };
        parts.push(part);
        at += length;
    }
}

/// The key of what the end of a path names: `o.k`, `x[*]`.
fn key(parts: &[Part<'_>]) -> String {
    let mut key = String::new();
    for part in parts {
        match part {
            Part::Name(name) if key.is_empty() => key.push_str(name),
            Part::Name(name) => key.extend([".", name]),
            Part::Index(index) => key.extend(["[", index, "]"]),
        }
    }
    key
}

/// What a path stands for that no pipeline gives a value for; `None` if it is none of Tekton's.
fn value(path: &[Part<'_>], names: &Names) -> Option<Expr> {
    use Part::Name;
    let port = |port| Some(Expr::Port(port));
    let ambient = || Some(Expr::Ambient(key(path)));
    match path {
        [Name("tt"), Name("params"), rest @ ..] if !rest.is_empty() => port(Port::Input(format!("tt.{}", key(rest)))),
        [Name("params"), rest @ ..] | [Name("inputs"), Name("params"), rest @ ..] if !rest.is_empty() => {
            port(Port::Input(key(rest)))
        }
        [Name("tasks" | "finally"), Name(task), Name("results"), rest @ ..] if !rest.is_empty() => {
            port(Port::Execution { execution: format!("{}{task}", names.within), output: key(rest) })
        }
        [Name("tasks"), Name(task), Name("status")] => {
            port(Port::ExecutionStatus { execution: format!("{}{task}", names.within) })
        }
        [Name("steps"), Name(_), Name("results"), Name(result), Name("path")]
        | [Name("step"), Name("results"), Name(result), Name("path")] => port(Port::OutputPath((*result).to_owned())),
        [Name("steps"), Name(step), Name("results" | "outputs"), rest @ ..] if !rest.is_empty() => {
            port(Port::Step { step: names.step(step), output: key(rest) })
        }
        [Name("results"), Name(result), Name("path")] => port(Port::OutputPath((*result).to_owned())),
        [Name("tasks"), Name("status")]
        | [Name("tasks"), Name(_), Name("reason" | "message")]
        | [Name("credentials"), Name("path")] => ambient(),
        [Name("steps"), Name(step), Name("exitCode"), Name("path")] => Some(Expr::Literal(exit_code_file(&names.step(step)))),
        [Name("steps"), Name(_), Name("exitCode" | "status" | "terminationReason"), ..] => ambient(),
        [Name("inputs" | "outputs"), Name("resources"), _, ..] | [Name("resources"), Name("inputs" | "outputs"), _, ..] => {
            ambient()
        }
        [Name("tasks"), Name(_), Name("inputs" | "outputs"), _, ..] | [Name("steps"), Name(_), Name("inputs"), _, ..] => {
            ambient()
        }
        [Name("artifacts"), Name("path")] | [Name("step"), Name("artifacts"), Name("path")] => ambient(),
        [Name("workspaces"), _, Name("path" | "bound" | "claim" | "volume")] => ambient(),
        [Name("context"), Name("task" | "taskRun" | "pipeline" | "pipelineRun" | "pipelineTask"), _, ..] => ambient(),
        [Name(name)] if names.env.iter().any(|e| e == name) => port(Port::Env((*name).to_owned())),
        _ => None,
    }
}

impl Names {
    /// The name of a step as its definition writes it: the container of step `s` is called `step-s`.
    fn step(&self, written: &str) -> String {
        let short = written.strip_prefix("step-").filter(|_| !self.steps.iter().any(|s| s == written));
        short.unwrap_or(written).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn holes(raw: &str, names: &Names) -> Vec<String> {
        let text = text(Embedded::verbatim(FileId(0), raw, 0), names);
        text.holes.iter().map(|h| format!("{} {:?}", &raw[h.range.clone()], h.expr)).collect()
    }

    #[test]
    fn every_form_is_a_port() {
        let names = Names { env: vec!["IMAGE".into()], steps: vec!["step-odd".into()], ..Names::default() };
        for (raw, wanted) in [
            ("$(params.x)", "Port(Input(\"x\"))"),
            ("$(tt.params.x)", "Port(Input(\"tt.x\"))"),
            ("$(inputs.params.x-y)", "Port(Input(\"x-y\"))"),
            ("$(params[\"a.b\"])", "Port(Input(\"a.b\"))"),
            ("$(params['a.b'][*])", "Port(Input(\"a.b[*]\"))"),
            ("$(params.x[0])", "Port(Input(\"x[0]\"))"),
            ("$(params.o.k)", "Port(Input(\"o.k\"))"),
            ("$(tasks.t.results.r)", "Port(Execution { execution: \"t\", output: \"r\" })"),
            ("$(tasks.t.results['r'].k)", "Port(Execution { execution: \"t\", output: \"r.k\" })"),
            ("$(steps.step-s.results.r)", "Port(Step { step: \"s\", output: \"r\" })"),
            ("$(steps.step-odd.results.r)", "Port(Step { step: \"step-odd\", output: \"r\" })"),
            ("$(results.r.path)", "Port(OutputPath(\"r\"))"),
            ("$(steps.step-s.exitCode.path)", "Literal(\"/tekton/steps/step-s/exitCode\")"),
            ("$(step.results.r.path)", "Port(OutputPath(\"r\"))"),
            ("/tekton/results/r-1", "Port(OutputPath(\"r-1\"))"),
            ("$(workspaces.w.path)", "Ambient(\"workspaces.w.path\")"),
            ("$(context.pipelineRun.name)", "Ambient(\"context.pipelineRun.name\")"),
            ("$(tasks.t.status)", "Port(ExecutionStatus { execution: \"t\" })"),
            ("$(tasks.status)", "Ambient(\"tasks.status\")"),
            ("$(IMAGE)", "Port(Env(\"IMAGE\"))"),
        ] {
            assert_eq!(holes(raw, &names), [format!("{raw} {wanted}")]);
        }
    }

    #[test]
    fn commands_stay_commands() {
        let script =
            "x=$(params) y=$(date) $(cat $(results.r.path)) $(params.x | tr a b) $(results.sh) ${X} $(IMAGE) {{revision}} $(a.b.";
        assert_eq!(holes(script, &Names::default()), ["$(results.r.path) Port(OutputPath(\"r\"))"]);
    }

    #[test]
    fn placeholders_and_what_a_pipeline_gives() {
        let names =
            Names { as_code: true, bound: [("x".to_owned(), Arc::new(Expr::Literal("v".into())))].into(), ..Names::default() };
        assert_eq!(
            holes("{{ revision }} {{.Id}} $(params.x)", &names),
            ["{{ revision }} Ambient(\"pipelines-as-code.revision\")", "$(params.x) Literal(\"v\")"]
        );
    }
}
