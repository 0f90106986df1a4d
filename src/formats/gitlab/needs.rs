//! What must have ended before a job starts: `needs`, or else the earlier stages.
//!
//! Source: `stages`, `stage`, `needs` in GitLab's CI/CD YAML syntax reference.

use super::config::Config;
use super::value::{Field, Value};
use crate::formats::Problem;
use crate::pipeline::{Execution, Need, Opaque};
use crate::source::Span;
use std::collections::HashSet;

/// A job among others.
pub(super) struct Ordered<'y> {
    pub(super) execution: Execution,
    stage: &'y str,
    stage_span: Span,
    /// Whether later stages wait for it.
    pub(super) blocks: bool,
    /// Whether somebody has to start it.
    pub(super) manual: bool,
    /// Its `needs`, if it has some.
    own: Option<Vec<(Need, bool)>>,
}

impl<'y> Ordered<'y> {
    /// Notes the stage and the `needs` of a job.
    pub(super) fn new(config: &mut Config<'y>, job: &Field<'y>, execution: Execution, blocks: bool, manual: bool) -> Self {
        let stage = job.value.field("stage");
        let own = job.value.field("needs").map(|f| needs(config, &f.value));
        Ordered {
            stage: stage.and_then(|f| f.value.as_str()).unwrap_or("test"),
            stage_span: stage.map_or(job.key.place(), |f| f.value.via.unwrap_or(f.value.node.place())),
            execution,
            blocks,
            manual,
            own,
        }
    }
}

/// Names and whether they may be missing.
fn needs(config: &mut Config<'_>, value: &Value<'_>) -> Vec<(Need, bool)> {
    let mut all = Vec::new();
    for item in value.flat() {
        let optional = item.get("optional").and_then(Value::as_bool) == Some(true);
        let is_elsewhere = item.get("project").is_some() || item.get("pipeline").is_some();
        if is_elsewhere {
            config.opaque.push(Opaque { span: item.node.place(), why: "artifacts come from another pipeline".to_owned() });
            continue;
        }
        let name = if item.is_map() { item.get("job").cloned() } else { Some(item) };
        if let Some(name) = name.as_ref().filter(|n| n.as_str().is_some()) {
            all.push((Need { execution: name.node.text().to_owned(), span: name.via.unwrap_or(name.node.place()) }, optional));
        }
    }
    all
}

/// Sets the edges of all jobs.
pub(super) fn connect(config: &mut Config<'_>, jobs: &mut [Ordered<'_>]) {
    let stages = stages(config);
    let position = |name: &str| stages.iter().position(|s| s == name);
    let places: Vec<Option<usize>> = jobs.iter().map(|j| position(j.stage)).collect();
    let ids: HashSet<String> = jobs.iter().map(|j| j.execution.id.clone()).collect();
    for job in jobs.iter_mut() {
        job.own.iter_mut().flatten().for_each(|(need, _)| whole(&mut need.execution, &ids));
    }
    for (i, place) in places.iter().enumerate() {
        if let Some(own) = &jobs[i].own {
            for (need, _) in own.iter().filter(|(n, optional)| !optional && !ids.contains(&n.execution)) {
                config.missing(need.span, format!("`{}` is needed and is no job", need.execution));
            }
            jobs[i].execution.needs = own.iter().map(|(need, _)| need.clone()).collect();
        } else if let Some(place) = place {
            let needs = earlier(jobs, &places, *place, jobs[i].stage_span);
            jobs[i].execution.needs = needs;
        }
        if place.is_none() && config.complete {
            let message = format!("`{}` is none of the `stages`", jobs[i].stage);
            config.problems.push(Problem::new(jobs[i].stage_span, message));
        }
    }
    // A job that is started by hand and that nobody asks for harms nobody by failing.
    let needed: HashSet<String> = jobs.iter().flat_map(|j| j.own.iter().flatten()).map(|(n, _)| n.execution.clone()).collect();
    for job in jobs.iter_mut().filter(|j| j.manual && !needed.contains(&j.execution.id)) {
        job.execution.tolerance = None;
    }
}

/// `job: [a, b]` and `job 1/3` are one of the jobs that `parallel` makes of one.
fn whole(name: &mut String, ids: &HashSet<String>) {
    if ids.contains(name.as_str()) {
        return;
    }
    let bases = [name.rfind(": ["), name.rfind(' ')];
    if let Some(end) = bases.into_iter().flatten().find(|end| ids.contains(&name[..*end])) {
        name.truncate(end);
    }
}

/// The jobs of the stages before `place` that are waited for. Where all jobs of a stage themselves wait for the stages before it,
/// those go without saying.
fn earlier(jobs: &[Ordered<'_>], places: &[Option<usize>], place: usize, span: Span) -> Vec<Need> {
    let mut needs = Vec::new();
    for stage in (0..place).rev() {
        let of_stage: Vec<&Ordered<'_>> =
            jobs.iter().zip(places).filter(|(j, p)| **p == Some(stage) && j.blocks).map(|(j, _)| j).collect();
        needs.extend(of_stage.iter().map(|j| Need { execution: j.execution.id.clone(), span }));
        if of_stage.iter().any(|j| j.own.is_none()) {
            break;
        }
    }
    needs
}

fn stages(config: &Config<'_>) -> Vec<String> {
    let listed = config.root.get("stages").or_else(|| config.root.get("types"));
    let mut stages: Vec<String> = vec![".pre".to_owned()];
    match listed {
        Some(list) => stages.extend(list.words().iter().map(|s| (*s).to_owned()).filter(|s| s != ".pre" && s != ".post")),
        None => stages.extend(["build", "test", "deploy"].map(str::to_owned)),
    }
    stages.push(".post".to_owned());
    stages
}
