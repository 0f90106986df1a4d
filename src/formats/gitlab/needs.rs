//! What must have ended before a job starts: `needs`, or else the earlier stages; and whose files it gets.
//!
//! Source: `stages`, `stage`, `needs` in GitLab's CI/CD YAML syntax reference.

use super::artifacts::{self, Wanted};
use super::config::Config;
use super::rules::Occasion;
use super::value::{Field, Value};
use crate::formats::Problem;
use crate::pipeline::{Execution, Left, Need, Step};
use crate::source::Span;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// A job among others.
pub(super) struct Ordered<'y> {
    pub(super) execution: Execution,
    stage: Cow<'y, str>,
    stage_span: Span,
    /// When it is there, whether later stages wait for it, and whether somebody has to start it.
    occasion: Occasion,
    /// Its `needs`, if it has some.
    own: Option<Vec<Own>>,
    wanted: Wanted<'y>,
}

/// An entry of `needs`.
struct Own {
    need: Need,
    /// Whether the files that the other leaves are taken.
    artifacts: bool,
}

impl<'y> Ordered<'y> {
    /// Notes the stage and the `needs` of a job.
    pub(super) fn new(config: &mut Config<'y>, job: &Field<'y>, execution: Execution, occasion: Occasion) -> Self {
        let stage = job.value.field("stage");
        let mut wanted = Wanted::default();
        let own = job.value.field("needs").map(|f| needs(config, &f.value, &mut wanted));
        let listed = job.value.get("dependencies").map(Value::flat);
        wanted.only = listed.map(|all| all.iter().filter_map(|d| Some((d.as_str()?, d.node.place()))).collect());
        Ordered {
            stage: stage.and_then(|f| config.word(&f.value)).unwrap_or(Cow::Borrowed("test")),
            stage_span: stage.map_or(job.key.place(), |f| f.value.node.place()),
            execution,
            occasion,
            own,
            wanted,
        }
    }
}

fn needs<'y>(config: &mut Config<'y>, value: &Value<'y>, wanted: &mut Wanted<'y>) -> Vec<Own> {
    let mut all = Vec::new();
    for item in value.flat() {
        let is_elsewhere = item.get("project").is_some() || item.get("pipeline").is_some();
        if is_elsewhere {
            wanted.elsewhere.extend(artifacts::elsewhere(config, &item));
            continue;
        }
        let optional = item.get("optional").and_then(Value::as_bool) == Some(true);
        let artifacts = item.get("artifacts").and_then(Value::as_bool) != Some(false);
        let name = if item.is_map() { item.get("job").cloned() } else { Some(item) };
        let Some(name) = name else { continue };
        if let Some(execution) = config.word(&name) {
            let need = Need { execution: execution.into_owned(), span: name.node.place(), optional };
            all.push(Own { need, artifacts });
        }
    }
    all
}

/// Sets the edges of all jobs.
pub(super) fn connect(config: &mut Config<'_>, jobs: &mut [Ordered<'_>]) {
    let stages = stages(config);
    let position = |name: &str| stages.iter().position(|s| s == name);
    let places: Vec<Option<usize>> = jobs.iter().map(|j| position(&j.stage)).collect();
    let ids: HashMap<String, usize> = jobs.iter().enumerate().map(|(i, j)| (j.execution.id.clone(), i)).collect();
    for job in jobs.iter_mut() {
        job.own.iter_mut().flatten().for_each(|own| whole(&mut own.need.execution, &ids));
    }
    for (i, place) in places.iter().enumerate() {
        if let Some(own) = &jobs[i].own {
            for need in own
                .iter()
                .map(|o| &o.need)
                .filter(|n| !n.optional && !n.execution.contains("$[[") && !ids.contains_key(&n.execution))
            {
                config.missing(need.span, format!("`{}` is needed and is no job", need.execution));
            }
        }
        let mut needs = match (&jobs[i].own, place) {
            (Some(own), _) => own.iter().map(|o| o.need.clone()).collect(),
            (None, Some(place)) => earlier(jobs, &places, *place, jobs[i].stage_span),
            (None, None) => Vec::new(),
        };
        // Where the one is there, so is the other.
        for need in needs.iter_mut().filter(|n| n.optional) {
            let before = ids.get(&need.execution).map(|b| &jobs[*b].occasion.presence);
            need.optional = !before.is_some_and(|before| jobs[i].occasion.presence.implies(before));
        }
        let taken = taken(jobs, &places, &ids, i);
        let job = &mut jobs[i];
        job.execution.left = left(job);
        job.execution.needs = needs;
        if job.execution.call.is_none() && !job.execution.steps.is_empty() {
            job.execution.steps.splice(0..0, taken);
        }
        if place.is_none() && config.complete && !job.stage.contains("$[[") {
            let message = format!("`{}` is none of the `stages`", job.stage);
            config.problems.push(Problem::new(job.stage_span, message));
        }
    }
    // A job that is started by hand and that nobody asks for harms nobody by failing.
    let needed: HashSet<String> = jobs.iter().flat_map(|j| j.own.iter().flatten()).map(|o| o.need.execution.clone()).collect();
    for job in jobs.iter_mut().filter(|j| j.occasion.manual && !needed.contains(&j.execution.id)) {
        job.execution.tolerance = None;
    }
}

/// Of which jobs it gets the variables: of those whose artifacts it takes.
fn left(job: &Ordered<'_>) -> Left {
    let listed = job.wanted.only.as_ref().map(|only| only.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>());
    let needed = job.own.as_ref().map(|own| own.iter().filter(|o| o.artifacts).map(|o| o.need.execution.clone()));
    let only = match (needed, listed) {
        (Some(needed), Some(listed)) => Some(needed.filter(|name| listed.contains(name)).collect()),
        (Some(needed), None) => Some(needed.collect()),
        (None, listed) => listed,
    };
    Left { only, elsewhere: !job.wanted.elsewhere.is_empty() }
}

/// Steps by which a job gets the files that others left: by `dependencies`, by `needs`, or those of all earlier stages.
fn taken(jobs: &[Ordered<'_>], places: &[Option<usize>], ids: &HashMap<String, usize>, index: usize) -> Vec<Step> {
    let job = &jobs[index];
    let leaves = |name: &str| ids.get(name).is_some_and(|i| artifacts::leaves(&jobs[*i].execution.steps));
    let is_wanted = |name: &str| job.wanted.only.as_ref().is_none_or(|only| only.iter().any(|(n, _)| *n == name));
    let mut steps: Vec<Step> = Vec::new();
    match (&job.own, &job.wanted.only) {
        (Some(own), _) => {
            let wanted = own.iter().filter(|o| o.artifacts && leaves(&o.need.execution) && is_wanted(&o.need.execution));
            steps.extend(wanted.map(|o| artifacts::taken(&o.need.execution, o.need.span)));
        }
        (None, Some(only)) => {
            steps.extend(only.iter().filter(|(name, _)| leaves(name)).map(|(name, span)| artifacts::taken(name, *span)));
        }
        (None, None) => {
            let before = |(_, place): &(&Ordered<'_>, &Option<usize>)| **place < places[index] && place.is_some();
            let names = jobs.iter().zip(places).filter(before).map(|(j, _)| j.execution.id.as_str());
            let names: Vec<&str> = names.filter(|name| leaves(name)).collect();
            if !names.is_empty() {
                steps.push(artifacts::inherited(names.into_iter(), job.stage_span));
            }
        }
    }
    steps.extend(job.wanted.elsewhere.iter().cloned());
    steps
}

/// `job: [a, b]` and `job 1/3` are one of the jobs that `parallel` makes of one.
fn whole(name: &mut String, ids: &HashMap<String, usize>) {
    if ids.contains_key(name.as_str()) {
        return;
    }
    let bases = [name.rfind(": ["), name.rfind(' ')];
    if let Some(end) = bases.into_iter().flatten().find(|end| ids.contains_key(&name[..*end])) {
        name.truncate(end);
    }
}

/// The jobs of the stages before `place` that are waited for. Where all jobs of a stage themselves wait for the stages before it,
/// those go without saying.
fn earlier(jobs: &[Ordered<'_>], places: &[Option<usize>], place: usize, span: Span) -> Vec<Need> {
    let mut needs = Vec::new();
    for stage in (0..place).rev() {
        let of_stage: Vec<&Ordered<'_>> =
            jobs.iter().zip(places).filter(|(j, p)| **p == Some(stage) && j.occasion.blocks).map(|(j, _)| j).collect();
        needs.extend(of_stage.iter().map(|j| Need { execution: j.execution.id.clone(), span, optional: true }));
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
