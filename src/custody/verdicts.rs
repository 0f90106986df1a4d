//! Verifications whose failure counts later or perhaps: those that write their verdict into a file, by which later steps fail
//! (`ec validate image --strict=false --output ..`, then `jq -e .success ..`), and those whose tolerance depends on a value.

use super::graph::{NodeAction, NodeId, Operand, Predicate, Small};
use super::interpret::Walk;
use super::model::RawEvent;
use super::scope::Scope;
use crate::facts::{EffectCause, EventKind};
use crate::pipeline::{Action, Expr, Port, Step, Text, Tolerance};
use crate::source::Span;
use std::rc::Rc;

/// The role of an option that makes a tool succeed in any case.
const NEVER_FAILS: &str = "never-fails";

/// Why a check is told to auditors whose failure may count or not.
const DOUBTFUL: &str = "whether the failure of a check in it counts is decided by a value that is not known";

impl Walk<'_> {
    /// Says where nobody can tell whether the failure of what was recorded from `first` on counts.
    pub(super) fn doubts(&mut self, tolerance: Option<&Tolerance>, first: usize) {
        let Some(doubtful) = tolerance.filter(|tolerance| !tolerance.certain) else { return };
        let is_check = |event: &RawEvent| matches!(event.kind, EventKind::Verify | EventKind::Compare);
        if self.records.events[first..].iter().any(is_check) {
            self.noted(doubtful.span, DOUBTFUL);
        }
    }

    /// The ways on from a command that has recorded the events since `first`. One that never fails goes on, and what it found is known by
    /// a name of its own.
    pub(super) fn told_to_succeed(&mut self, first: usize, (ok, fail): (NodeId, NodeId)) -> Option<NodeId> {
        let verification = self.records.events[first..].iter().find(|e| e.kind == EventKind::Verify)?;
        let (switch, span) = (verification.options.get(NEVER_FAILS)?.first()?.span, verification.span);
        let name: Rc<str> = self.fresh_name("verdict").into();
        let (known, next) = (self.point(), self.point());
        self.graph.ok_caused(fail, known, (EffectCause::ToolTolerance, switch));
        for (way, verdict) in [(ok, "0"), (known, "1")] {
            let var = self.graph.var(&name);
            let way = self.graph.assign(way, var, Small::Constant(verdict.into()));
            self.graph.ok(way, next);
        }
        self.verdicts.push((span, name));
        Some(next)
    }

    /// Remembers the files into which a step's verifications since `first` write, if their failure does not end it. `status`: the name by
    /// which the status of the step is known, if that is tolerated.
    pub(super) fn remembers_verdicts(&mut self, step: &Step, first: usize, status: Option<&Rc<str>>, scope: &mut Scope) {
        let told = std::mem::take(&mut self.verdicts);
        let verifications = self.records.events[first..].iter().filter(|e| e.kind == EventKind::Verify);
        let by_status = verifications.filter_map(|e| Some((e.span, Rc::clone(status?))));
        let all: Vec<(Span, Rc<str>)> = by_status.chain(told).collect();
        for (span, name) in all {
            for output in outputs(step, Some(span)) {
                scope.verdicts.insert(output, Rc::clone(&name));
            }
        }
    }

    /// Where a step goes on that is nothing but a look at a verdict: it fails if that is bad.
    pub(super) fn looks_at_verdict(&mut self, step: &Step, (done, failed): (NodeId, NodeId), scope: &Scope) -> NodeId {
        let name = outputs(step, None).into_iter().find_map(|output| scope.verdicts.get(&output));
        let Some(name) = name.filter(|_| step.condition.is_none() && fails_by_content(step)) else { return done };
        let verdict = Operand::Variable(self.graph.var(name));
        let node = self.graph.add(NodeAction::Test(Rc::new(Predicate::Equal(verdict, Operand::Constant("0".into())))));
        let next = self.point();
        self.graph.ok(done, node);
        self.graph.ok(node, next);
        self.graph.fail(node, failed, None);
        next
    }
}

/// Whether a step is one command whose status says what a file holds. `test -s` and kin say only that there is one.
fn fails_by_content(step: &Step) -> bool {
    let (Action::Container { argv, .. } | Action::Command { argv }) = &step.action else { return false };
    let has = |flags: &[&str]| argv.iter().any(|word| flags.contains(&word.raw()));
    match argv.first().map(Text::raw) {
        Some("jq") => has(&["-e", "--exit-status"]),
        Some("grep") => !has(&["-v", "--invert-match"]),
        _ => false,
    }
}

/// Outputs of the execution whose files a step names, within a place of it if one is given.
pub(super) fn outputs(step: &Step, within: Option<Span>) -> Vec<String> {
    let texts: Vec<&Text> = match &step.action {
        Action::Script(script) => vec![&script.text],
        Action::Container { argv, .. } | Action::Command { argv } => argv.iter().collect(),
        _ => Vec::new(),
    };
    let set = step.env.iter().map(|bound| &bound.value).filter(|_| within.is_none());
    let holes = texts.into_iter().chain(set).flat_map(|text| text.holes.iter().map(move |hole| (text, hole)));
    let names = holes.filter_map(|(text, hole)| match &*hole.expr {
        Expr::Port(Port::OutputPath(name)) => {
            let at = text.source.span(hole.range.clone());
            within.is_none_or(|place| place.contains(at)).then(|| name.clone())
        }
        _ => None,
    });
    names.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}
