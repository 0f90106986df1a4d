//! GitLab CI.
//!
//! [`value`] puts nodes of several places together (`!reference`, `extends`, included files), [`config`] a whole configuration; [`text`]
//! understands `$VARIABLE`; the others each read one part of it.

mod ambient;
mod artifacts;
mod config;
mod include;
mod inputs;
mod job;
mod needs;
mod recognise;
mod rules;
mod run;
#[cfg(test)]
mod tests;
mod text;
mod trigger;
mod value;
mod variables;

use crate::formats::yaml::{Kind, NodeRef, Yaml};
use crate::formats::{Loaded, Problem};
use crate::pipeline::{Action, Binding, Execution, Format, Input, Pipeline, Step, Trigger};
use crate::source::{FileId, Span};
use config::Config;
use inputs::Inputs;
pub(super) use recognise::{is_config, is_config_named_by_user, is_named};
use value::{Names, Reading, Value};

/// A file of a configuration.
#[derive(Debug, Clone, Copy)]
pub struct Part<'t> {
    /// The file.
    pub file: FileId,
    /// Its path from the root of the repository.
    pub path: &'t str,
    /// Its text.
    pub text: &'t str,
    /// What the file that includes it gives it.
    pub inputs: &'t [Binding],
}

/// Loads a file by itself; what it includes is not there.
pub(super) fn load(file: FileId, path: &str, text: &str) -> Loaded {
    load_merged(&[Part { file, path, text, inputs: &[] }])
}

/// Loads a file with what it includes: the first of `parts` is the root, the others are its included files in the order in which they
/// are merged (of an included file, what it includes itself comes before it). Everything keeps its place in its own file; the pipeline is
/// the root's.
#[must_use]
pub fn load_merged(parts: &[Part<'_>]) -> Loaded {
    let yamls: Vec<Yaml<'_>> = parts.iter().map(|part| Yaml::parse(part.file, part.text)).collect();
    let mut problems = Vec::new();
    for error in yamls.iter().flat_map(|y| &y.errors) {
        problems.push(Problem {
            span: error.span,
            message: error.message.clone(),
            help: error.help.clone(),
            fatal: error.lost,
            if_named: false,
        });
    }
    let (mut documents, mut of_root, mut given, names) = (Vec::new(), Vec::new(), Inputs::default(), Names::new());
    for (i, (yaml, part)) in yamls.iter().zip(parts).enumerate() {
        let mut maps: Vec<NodeRef<'_>> = yaml.documents().filter(|d| d.kind() == Kind::Map).collect();
        let header = (maps.len() > 1 && config::is_header(maps[0])).then(|| maps.remove(0));
        let declared = header.map(inputs::declared).unwrap_or_default();
        if i == 0 {
            given.add_root(part.file, &declared);
            of_root = declared;
        } else {
            given.add(part.file, &declared, part.inputs);
        }
        documents.push(maps.into_iter().next());
    }
    let (mut own, mut contents) = (None, Vec::new());
    for (part, document) in documents.into_iter().enumerate() {
        let content = document.map(|d| Value::of(d, &Reading { part, inputs: &given, names: &names }));
        if part == 0 { own = content } else { contents.extend(content) }
    }
    let Some(root) = own else { return Loaded { pipelines: Vec::new(), problems } };
    let includes: Vec<Value<'_>> = contents.iter().chain([&root]).filter_map(|c| c.get("include").cloned()).collect();
    let span = root.node.span();
    contents.push(root);
    let is_root = parts.first().is_some_and(|part| part.path.rsplit('/').next() == Some(".gitlab-ci.yml"));
    let Some(mut config) = Config::new(&contents, given, is_root && problems.is_empty()) else {
        return Loaded { pipelines: Vec::new(), problems };
    };
    let pipeline = pipeline(&mut config, span, &includes, of_root);
    problems.append(&mut config.problems);
    problems.sort_by_key(|p| (p.span.file, p.span.start, p.span.end));
    problems.dedup();
    Loaded { pipelines: vec![pipeline], problems }
}

fn pipeline(config: &mut Config<'_>, span: Span, includes: &[Value<'_>], inputs: Vec<Input>) -> Pipeline {
    let jobs = config.jobs();
    let globals = variables::of_all(config);
    // Where a job does not want the variables of all jobs, every job carries its own.
    let carry = !jobs.iter().all(|j| config.inherited(&j.value).all_variables());
    let mut ordered: Vec<needs::Ordered<'_>> = jobs.iter().map(|j| job::job(config, j, (&globals, carry))).collect();
    needs::connect(config, &mut ordered);
    let mut executions: Vec<Execution> = included(includes, config).into_iter().collect();
    executions.extend(ordered.into_iter().map(|o| o.execution));
    let name = config.root.get("workflow").and_then(|w| w.get("name")).and_then(Value::as_str).map(str::to_owned);
    let triggers = triggers(config);
    // What several jobs extend is noted once.
    let mut opaque = std::mem::take(&mut config.opaque);
    opaque.sort_by_key(|o| (o.span.file, o.span.start));
    opaque.dedup();
    Pipeline {
        name,
        triggers,
        inputs,
        env: if carry { Vec::new() } else { globals },
        ambient: ambient::ambient(),
        executions,
        opaque,
        ..Pipeline::new(Format::GitlabCi, span)
    }
}

/// What is included, as an execution that uses it and does nothing else.
fn included<'y>(includes: &[Value<'y>], config: &Config<'y>) -> Option<Execution> {
    let mut steps: Vec<Step> = Vec::new();
    let mut place = None;
    for include in includes {
        place.get_or_insert(include.node.place());
        let entries = if include.is_list() { include.flat() } else { vec![include.clone()] };
        for entry in entries {
            for call in include::calls(config, &entry) {
                let rules = entry.get("rules").map(Value::flat).unwrap_or_default();
                let mut step = job::step(entry.node.place(), "include", Action::Use(call));
                step.condition = rules::occasion(&entry, &rules).condition;
                steps.push(step);
            }
        }
    }
    let place = place.filter(|_| !steps.is_empty())?;
    let mut execution = Execution::empty("include", place, place);
    execution.steps = steps;
    Some(execution)
}

/// What starts a pipeline is only said where `workflow:rules` asks for it.
fn triggers(config: &Config<'_>) -> Vec<Trigger> {
    let Some(rules) = config.root.get("workflow").and_then(|w| w.get("rules")) else { return Vec::new() };
    let known = [
        ("merge_request_event", "pull_request"),
        ("CI_MERGE_REQUEST_", "pull_request"),
        ("\"schedule\"", "schedule"),
        ("CI_COMMIT_BRANCH", "push"),
        ("CI_COMMIT_TAG", "push"),
        ("\"push\"", "push"),
        ("\"web\"", "workflow_dispatch"),
    ];
    let mut triggers: Vec<Trigger> = Vec::new();
    for rule in rules.flat().iter().filter(|r| r.get("when").and_then(Value::as_str) != Some("never")) {
        let Some(condition) = rule.get("if") else { continue };
        for (text, name) in known {
            if condition.node.text().contains(text) && triggers.iter().all(|t| t.name != name) {
                triggers.push(Trigger { name: name.to_owned(), span: condition.node.place() });
            }
        }
    }
    triggers
}

/// The files of dotenv reports among the outputs of an execution, with the name of what is written there.
pub fn dotenv_reports(execution: &Execution) -> impl Iterator<Item = (&str, &Binding)> {
    execution.outputs.iter().filter_map(|o| Some((o.name.strip_prefix("dotenv:")?, o)))
}
