//! Steps that hold others, and steps that run beside those behind them.

use super::conditions::beyond_status;
use super::env::Env;
use super::graph::{NodeAction, NodeId, Operand, Predicate, Small, Var};
use super::interpret::Walk;
use super::model::Place;
use super::scope::Scope;
use crate::facts::EffectCause;
use crate::pipeline::{Caught, Condition, Step};
use crate::source::Span;
use std::rc::Rc;

/// What a path to `finally` knows: nothing had failed, a command had, or something was thrown.
pub(super) const WELL: &str = "well";
pub(super) const FAILED: &str = "failed";
pub(super) const THROWN: &str = "thrown";

impl Walk<'_> {
    pub(super) fn try_steps(
        &mut self,
        body: &[Step],
        handler: Option<&[Step]>,
        last: &[Step],
        caught: Caught,
        entry: NodeId,
        scope: &mut Scope,
        files: &mut Env,
    ) -> (NodeId, NodeId) {
        let (ok, fail) = self.steps(body, entry, false, scope, files);
        let (mut end, mut failed) = (ok, fail);
        if let Some(handler) = handler {
            let start = self.point();
            self.graph.ok_caused(fail, start, (EffectCause::of(caught), caught.span));
            let (handled, again) = self.steps(handler, start, false, scope, files);
            end = self.point();
            self.graph.ok(ok, end);
            self.graph.ok(handled, end);
            failed = again;
        }
        if let Some(first) = last.first() {
            let (start, how) = self.at_last(&[(Some(end), WELL), (Some(failed), FAILED)], first.span);
            let (after, again) = self.steps(last, start, false, scope, files);
            (end, failed) = self.where_it_is(how, WELL, after);
            self.graph.ok(again, failed);
        }
        (end, failed)
    }

    /// Where `finally` begins, to which several ways lead, and what a path knows of the one on which it came.
    pub(super) fn at_last(&mut self, ways: &[(Option<NodeId>, &str)], span: Span) -> (NodeId, Var) {
        let start = self.point();
        let how = self.graph.var(&format!("finally {start}"));
        for (from, name) in ways {
            let Some(from) = *from else { continue };
            let from = self.graph.assign(from, how, Small::Constant((*name).into()));
            match *name {
                WELL => self.graph.ok(from, start),
                _ => self.graph.ok_caused(from, start, (EffectCause::Finally, span)),
            }
        }
        (start, how)
    }

    pub(super) fn branch_steps(
        &mut self,
        arms: &[(Condition, Vec<Step>)],
        entry: NodeId,
        scope: &mut Scope,
        files: &mut Env,
    ) -> (NodeId, NodeId) {
        let (ok, fail) = (self.point(), self.point());
        let mut at = entry;
        for (condition, steps) in arms {
            let (start, next) = (self.point(), self.point());
            let test = self.status_test(&condition.expr, scope).map(|p| NodeAction::Test(Rc::new(p)));
            let node = self.graph.add(test.unwrap_or(NodeAction::Command { branches: true }));
            self.graph.ok(at, node);
            self.graph.ok(node, start);
            self.graph.fail(node, next, None);
            self.condition_compares(condition, node, scope);
            at = next;
            let outer = self.place.clone();
            let mut conditions = outer.conditions.to_vec();
            conditions.extend(beyond_status(&condition.expr).map(Rc::from));
            self.place = Place { conditions: Rc::new(conditions), conditional: true, ..outer.clone() };
            let (done, failed) = self.steps(steps, start, false, scope, files);
            self.place = outer;
            self.graph.ok(done, ok);
            self.graph.ok(failed, fail);
        }
        self.graph.ok(at, ok);
        (ok, fail)
    }

    /// The ways around steps that run beside those behind them, of which a path takes one at most: it knows which.
    pub(super) fn begin_beside(&mut self, steps: &[Step], entry: NodeId, scope: &Scope) -> NodeId {
        if steps.iter().all(|step| step.beside.is_none()) {
            return entry;
        }
        let running = self.running(scope);
        self.graph.assign(entry, running, Small::Constant("".into()))
    }

    /// What follows may run before a step has ended that runs beside it: the point where it begins, where the step ended well or is
    /// passed by.
    pub(super) fn beside(&mut self, job: &str, entry: NodeId, ended: NodeId, scope: &Scope) -> NodeId {
        let (running, next) = (self.running(scope), self.point());
        let alone = self.is_running("", entry, scope).0;
        let ahead = self.graph.assign(alone, running, Small::Constant(job.into()));
        self.graph.ok(ahead, next);
        self.graph.ok(ended, next);
        next
    }

    /// The failure of such a step keeps nothing from running before somebody waits for it. Gives the point where that fails at once: on
    /// ways around another one.
    pub(super) fn fails_beside(&mut self, job: &str, failed: NodeId, next: NodeId, span: Span, scope: &Scope) -> NodeId {
        let running = self.running(scope);
        let (alone, other) = self.is_running("", failed, scope);
        let set = self.graph.assign(alone, running, Small::Constant(failure_of(job).into()));
        self.graph.ok_caused(set, next, (EffectCause::Background, span));
        other
    }

    /// Waits for steps that run beside. A way around one of them ends here: the way on which it has run comes here as well.
    pub(super) fn wait_for(&mut self, jobs: &[String], entry: NodeId, scope: &Scope) -> (NodeId, NodeId) {
        let (mut at, fail) = (entry, self.point());
        for job in jobs {
            let ended = self.is_running(job, at, scope).1;
            let (failed, well) = self.is_running(&failure_of(job), ended, scope);
            self.graph.ok(failed, fail);
            at = well;
        }
        (at, fail)
    }

    fn is_running(&mut self, what: &str, at: NodeId, scope: &Scope) -> (NodeId, NodeId) {
        let running = self.running(scope);
        self.where_it_is(running, what, at)
    }

    /// Where that is what a path knows of a variable, and where it is not.
    pub(super) fn where_it_is(&mut self, var: Var, what: &str, at: NodeId) -> (NodeId, NodeId) {
        let equal = Predicate::Equal(Operand::Variable(var), Operand::Constant(what.into()));
        let node = self.graph.add(NodeAction::Test(Rc::new(equal)));
        let (so, not_so) = (self.point(), self.point());
        self.graph.ok(at, node);
        self.graph.ok(node, so);
        self.graph.fail(node, not_so, None);
        (so, not_so)
    }

    /// What a path knows of the steps that run beside: the one that it goes around, or that failed.
    fn running(&mut self, scope: &Scope) -> Var {
        self.graph.var(&format!("{}.beside", scope.execution))
    }
}

/// What a path knows where such a step has failed.
fn failure_of(job: &str) -> String {
    format!("{job} failed")
}
