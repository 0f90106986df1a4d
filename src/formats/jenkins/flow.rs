//! The executions in the order in which they run.

use super::walk::status;
use crate::pipeline::{Action, AfterFailure, Binding, Block, Caught, Condition, Execution, Expr, Need, Port, Step, Text};
use crate::source::{FileId, Span};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// What the steps are called that stand outside of any stage.
#[derive(Debug, Clone)]
pub(super) struct Label {
    pub(super) name: String,
    pub(super) span: Span,
}

/// The executions so far.
pub(super) struct Flow {
    pub(super) done: Vec<Execution>,
    /// The one that steps go to.
    pub(super) open: Option<Execution>,
    /// What the next one needs.
    pub(super) frontier: Vec<String>,
    /// What the next one has in common with those around it.
    pub(super) template: Execution,
    pub(super) label: Label,
    /// The method that others call and that is being followed; stages in it have its name before theirs.
    pub(super) part: Option<String>,
    taken: HashSet<String>,
    /// Executions whose failure does not keep what follows from running, and where that is said.
    tolerated: HashMap<String, Span>,
    /// The last number that was appended to a name.
    numbers: HashMap<String, usize>,
    /// Which execution has the step with an id.
    owners: HashMap<String, String>,
    steps: usize,
}

impl Flow {
    pub(super) fn new(file: FileId, name: &str) -> Self {
        let span = Span::new(file, 0..0);
        Flow {
            done: Vec::new(),
            open: None,
            frontier: Vec::new(),
            template: Execution::empty("", span, span),
            label: Label { name: name.to_owned(), span },
            part: None,
            taken: HashSet::new(),
            tolerated: HashMap::new(),
            numbers: HashMap::new(),
            owners: HashMap::new(),
            steps: 0,
        }
    }

    /// Opens an execution with the template's attributes, and closes the one that was open.
    pub(super) fn begin(&mut self, label: &Label, span: Span) -> &mut Execution {
        self.finish();
        let mut execution = self.template.clone();
        execution.id = match self.part.as_ref().filter(|part| **part != label.name) {
            Some(part) => self.unique(&format!("{part} / {}", label.name)),
            None => self.unique(&label.name),
        };
        execution.name = Some(label.name.clone());
        execution.id_span = label.span;
        execution.span = span;
        execution.needs =
            self.frontier.iter().map(|id| Need { execution: id.clone(), span: label.span, optional: true }).collect();
        if let Some(span) = self.frontier.iter().find_map(|id| self.tolerated.get(id)) {
            let always = Condition { expr: status(AfterFailure::Also), span: *span, after_failure: AfterFailure::Also };
            let condition = execution.condition.get_or_insert(always);
            if condition.after_failure == AfterFailure::No {
                condition.after_failure = AfterFailure::Also;
            }
        }
        self.open.insert(execution)
    }

    /// What follows from here runs whether or not something failed: a failure only ends what it stands in.
    /// `from`: the indices of the executions that it can come from.
    pub(super) fn tolerate(&mut self, caught: Caught, from: Range<usize>) {
        self.finish();
        self.tolerated.extend(self.frontier.iter().map(|id| (id.clone(), caught.span)));
        for execution in &mut self.done[from] {
            execution.caught.get_or_insert(caught);
        }
    }

    /// Closes the open execution. One without steps stands for nothing.
    pub(super) fn finish(&mut self) {
        if let Some(execution) = self.open.take().filter(|e| !e.steps.is_empty()) {
            self.frontier = vec![execution.id.clone()];
            self.done.push(execution);
        }
    }

    fn unique(&mut self, name: &str) -> String {
        let mut id = name.to_owned();
        let number = self.numbers.entry(id.clone()).or_insert(1);
        while !self.taken.insert(id.clone()) {
            *number += 1;
            id = format!("{name} {number}");
        }
        id
    }

    /// The open execution; outside of any stage a new one.
    pub(super) fn current(&mut self, span: Span) -> &mut Execution {
        if self.open.is_none() {
            let label =
                Label { name: self.label.name.clone(), span: if self.label.span.end > 0 { self.label.span } else { span } };
            self.begin(&label, span);
        }
        self.open.get_or_insert_with(|| Execution::empty("", span, span))
    }

    /// Whether a step belongs to the open execution.
    pub(super) fn owns(&self, step: &str) -> bool {
        let here = self.open.as_ref().map(|e| e.id.as_str());
        self.owners.get(step).map(String::as_str) == here
    }

    /// An id for a step of the open execution whose output is used.
    pub(super) fn step_id(&mut self, name: &str, span: Span) -> String {
        self.steps += 1;
        let id = format!("{name}-{}", self.steps);
        let owner = self.current(span).id.clone();
        self.owners.insert(id.clone(), owner);
        id
    }

    /// Lets the texts of a step refer to the steps of other executions through the outputs of those.
    pub(super) fn localise(&mut self, step: &mut Step) {
        let here = self.open.as_ref().map(|e| e.id.clone()).unwrap_or_default();
        for binding in &mut step.env {
            self.localise_text(&mut binding.value, &here);
        }
        if let Some(image) = &mut step.image {
            self.localise_text(image, &here);
        }
        match &mut step.action {
            Action::Script(script) => self.localise_text(&mut script.text, &here),
            Action::Command { argv } => argv.iter_mut().for_each(|a| self.localise_text(a, &here)),
            Action::Use(call) => call.inputs.iter_mut().for_each(|b| self.localise_text(&mut b.value, &here)),
            Action::Block(Block::Branch(arms)) => {
                for (condition, _) in arms {
                    self.localise_expr(&mut condition.expr, condition.span, &here);
                }
            }
            _ => {}
        }
    }

    fn localise_text(&mut self, text: &mut Text, here: &str) {
        for index in 0..text.holes.len() {
            let place = text.source.span(text.holes[index].range.clone());
            let mut expr = (*text.holes[index].expr).clone();
            if self.localise_expr(&mut expr, place, here) {
                text.holes[index].expr = expr.into();
            }
        }
    }

    fn localise_expr(&mut self, expr: &mut Expr, place: Span, here: &str) -> bool {
        match expr {
            Expr::Port(Port::Step { step, output }) => {
                let Some(owner) = self.owners.get(step).filter(|o| *o != here).cloned() else { return false };
                let name = step.clone();
                self.output(&owner, &name, output, place);
                *expr = Expr::Port(Port::Execution { execution: owner, output: name });
                true
            }
            Expr::Call { args, .. } | Expr::Any(args) => {
                let changed: Vec<bool> = args.iter_mut().map(|a| self.localise_expr(a, place, here)).collect();
                changed.contains(&true)
            }
            Expr::Not(inner) => self.localise_expr(inner, place, here),
            Expr::Binary { left, right, .. } => {
                let changed = self.localise_expr(left, place, here);
                self.localise_expr(right, place, here) || changed
            }
            _ => false,
        }
    }

    /// Makes the output of a step one of its execution.
    fn output(&mut self, owner: &str, step: &str, output: &str, place: Span) {
        let Some(execution) = self.done.iter_mut().rev().find(|e| e.id == owner) else { return };
        if execution.outputs.iter().any(|o| o.name == step) {
            return;
        }
        let port = Expr::Port(Port::Step { step: step.to_owned(), output: output.to_owned() });
        let value = super::rope::filled(place.file, step, place.range(), port);
        execution.outputs.push(Binding { name: step.to_owned(), name_span: place, value });
    }
}
