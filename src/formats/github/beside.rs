//! Steps of a job that run beside others: `background`, `parallel`, and what waits for them or ends them.

use super::reader::Reader;
use super::step::{Place, framed, step};
use crate::formats::yaml::{Kind, NodeRef};
use crate::pipeline::{Action, Step};
use crate::source::Span;

/// The steps so far.
#[derive(Default)]
struct Steps {
    all: Vec<Step>,
    /// Those that may still run, and nobody has waited for; with their places.
    running: Vec<(String, Span)>,
}

/// Reads the steps of a job. It ends when all have ended.
pub(super) fn steps(reader: &mut Reader<'_>, items: Vec<NodeRef<'_>>, place: &Place) -> Vec<Step> {
    let mut steps = Steps::default();
    for item in items {
        steps.read(reader, item, place);
    }
    if let Some((_, last)) = steps.running.last().cloned() {
        let left = steps.running.drain(..).map(|(job, _)| job).collect();
        steps.all.push(Step::new(last, Action::Wait(left)));
    }
    steps.all
}

impl Steps {
    fn read(&mut self, reader: &mut Reader<'_>, node: NodeRef<'_>, place: &Place) {
        let get = |key| Some(node).filter(|n| n.kind() == Kind::Map).and_then(|n| n.get(key));
        if let Some(members) = get("parallel") {
            self.group(reader, node, members, place);
        } else if let Some(ids) = get("wait") {
            let ids = words(reader, ids, "wait");
            self.wait(reader, node, place, |id| ids.contains(id));
        } else if get("wait-all").is_some() {
            self.wait(reader, node, place, |_| true);
        } else if let Some(ids) = get("cancel") {
            let ids = words(reader, ids, "cancel");
            // What it has checked by then nobody asks.
            self.running.retain(|(job, _)| !ids.contains(job));
            self.all.push(framed(reader, node, place, Action::None));
        } else if let Some(step) = step(reader, node, place) {
            if get("background").is_some_and(|n| !matches!(n.text(), "" | "false")) {
                self.start(step);
            } else {
                self.all.push(step);
            }
        }
    }

    /// A step that what follows does not wait for.
    fn start(&mut self, mut step: Step) -> String {
        let job = step.id.clone().unwrap_or_else(|| format!("step at {}", step.span.start));
        self.running.push((job.clone(), step.span));
        step.beside = Some(job.clone());
        self.all.push(step);
        job
    }

    /// `parallel`: steps of the background, and a wait for them.
    fn group(&mut self, reader: &mut Reader<'_>, node: NodeRef<'_>, members: NodeRef<'_>, place: &Place) {
        let mut end = framed(reader, node, place, Action::None);
        let mut jobs = Vec::new();
        for member in reader.list(members, "parallel") {
            if let Some(mut step) = step(reader, member, place) {
                step.condition = step.condition.or_else(|| end.condition.clone());
                jobs.push(self.start(step));
            }
        }
        self.running.retain(|(job, _)| !jobs.contains(job));
        (end.action, end.condition) = (Action::Wait(jobs), None);
        self.all.push(end);
    }

    fn wait(&mut self, reader: &mut Reader<'_>, node: NodeRef<'_>, place: &Place, is_meant: impl Fn(&String) -> bool) {
        let jobs = self.running.iter().map(|(job, _)| job.clone()).filter(|job| is_meant(job)).collect();
        let step = framed(reader, node, place, Action::Wait(jobs));
        if step.condition.is_none() {
            self.running.retain(|(job, _)| !is_meant(job));
        }
        self.all.push(step);
    }
}

/// One id or several.
fn words(reader: &mut Reader<'_>, node: NodeRef<'_>, key: &str) -> Vec<String> {
    let ids = if node.kind() == Kind::List { node.items().collect() } else { vec![node] };
    ids.into_iter().filter_map(|id| reader.word(id, key)).collect()
}
