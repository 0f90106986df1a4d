//! What runs beside the shell itself: subshells, the stages of a pipe, jobs of the background.

use super::command::Call;
use super::env::{Env, Variable};
use super::graph::{NodeAction, NodeId, Operand, Predicate, Small};
use super::interpret::{Ctx, Out, Walk};
use super::statuses::stage;
use super::symbol::Kind;
use super::text::Text;
use super::value::Value;
use crate::facts::EffectCause;
use crate::shell::{Node, NodeKind, Word};
use crate::source::Span;
use std::collections::BTreeSet;

impl Walk<'_> {
    /// The environment of a subshell, and the point where it begins.
    pub(super) fn enclosed(&mut self, body: &[Node], entry: NodeId, env: &Env) -> (Env, NodeId) {
        let mut own = env.clone();
        own.exit_trap = None;
        if !env.errtrace {
            own.error_trap = None;
        }
        let here = self.point();
        self.graph.ok(entry, here);
        own.owners.here = here;
        let mut names = BTreeSet::new();
        body.iter().for_each(|node| assigned_in(node, &mut names));
        let mut at = here;
        for name in names {
            let outer = self.path_var(name, env);
            own.owners.owned.insert(name.into(), here);
            let inner = self.path_var(name, &own);
            at = self.graph.assign(at, inner, Small::Copy(outer));
        }
        (own, at)
    }

    /// `a | b`: the stages run side by side; with pipefail any of them fails the whole.
    pub(super) fn pipe(&mut self, stages: &[Node], entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        let (mut at, mut stdin) = (entry, env.stdin.clone());
        let keeps_statuses = ctx.code.source.text.contains("PIPESTATUS");
        let broken = env.pipefail.then(|| self.fresh("pipe"));
        if let Some(broken) = broken {
            at = self.graph.assign(at, broken, Small::Constant("".into()));
        }
        let (mut fails, mut result) = (Vec::new(), Out::default());
        for (i, stage_node) in stages.iter().enumerate() {
            let is_last = i + 1 == stages.len();
            let (mut own, start) = self.enclosed(std::slice::from_ref(stage_node), at, env);
            own.stdin = stdin.take();
            own.stdout = if is_last { env.stdout.clone() } else { Some(Value::default()) };
            let first = self.records.events.len();
            let mut out = self.isolated(&mut own, ctx, |walk, own, ctx| walk.node(stage_node, start, own, ctx));
            stdin = own.stdout.take();
            env.files = std::mem::take(&mut own.files);
            if keeps_statuses {
                let var = self.graph.var(&stage(&i.to_string()));
                out.ok = out.ok.map(|ok| self.graph.assign(ok, var, Small::Constant("0".into())));
                out.fail = out.fail.map(|fail| self.graph.assign(fail, var, Small::NonEmpty));
            }
            if is_last {
                env.stdout = stdin.take();
                result = out;
                break;
            }
            let next = self.point();
            out.ok.into_iter().for_each(|ok| self.graph.ok(ok, next));
            match (out.fail, broken) {
                // Nothing comes out of what failed, so nothing is done with it.
                (Some(fail), Some(_)) if is_fed(&stages[i + 1]) => fails.push(Some(fail)),
                // What is looked for is not there.
                (Some(fail), _) if self.says_ok(&self.records.events[first..], &stages[i + 1..]) => fails.push(Some(fail)),
                (Some(fail), Some(broken)) => {
                    let fail = self.graph.assign(fail, broken, Small::NonEmpty);
                    self.graph.ok(fail, next);
                }
                (fail, _) => self.meet_caused(fail, next, EffectCause::Pipe, ctx.span(&stage_node.at)),
            }
            at = next;
        }
        env.pipe = stages.len();
        fails.push(result.fail);
        let mut ok = result.ok;
        if let (Some(end), Some(broken)) = (ok, broken) {
            let whole = Predicate::Not(Predicate::NonEmpty(Operand::Variable(broken)).into());
            let out = self.decided_by(whole, end).1;
            ok = out.ok;
            fails.push(out.fail);
        }
        Out { ok, fail: self.meet(&fails), quiet: None }
    }

    /// `cmd &`: what follows runs without it, until somebody waits.
    pub(super) fn background(&mut self, inner: &Node, span: Span, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        let key = self.fresh_name("job");
        let job = self.graph.var(&key);
        let (mut own, start) = self.enclosed(std::slice::from_ref(inner), entry, env);
        let out = self.isolated(&mut own, ctx, |walk, own, ctx| walk.node(inner, start, own, ctx));
        env.files = own.files;
        let next = self.point();
        let running = self.graph.assign(entry, job, Small::Running);
        self.graph.ok(running, next);
        if let Some(ok) = out.ok {
            let ok = self.graph.assign(ok, job, Small::Constant("0".into()));
            self.graph.ok(ok, next);
        }
        if let Some(fail) = out.fail {
            let fail = self.graph.assign(fail, job, Small::NonEmpty);
            self.meet_caused(Some(fail), next, EffectCause::Background, span);
        }
        let value = self.status_symbol(key);
        env.variables.insert("!".into(), Variable::Scalar(value));
        env.jobs.push(job);
        Out::ok(self.succeeded(next))
    }

    /// `wait`: by itself it succeeds; with jobs it has their status, with something unknown that of all jobs so far.
    pub(super) fn wait(&mut self, call: &Call, skip: usize, entry: NodeId, env: &Env) -> Out {
        let operands = &call.fields[skip + 1..];
        let mut jobs = Vec::new();
        for id in operands.iter().flat_map(|f| f.value.alternatives()).flat_map(Text::symbols) {
            let symbol = self.symbols.get(id);
            if symbol.kind == Kind::Status {
                let key = symbol.key.clone();
                jobs.push(self.graph.var(&key));
            }
        }
        if jobs.is_empty() && !operands.is_empty() {
            jobs.clone_from(&env.jobs);
        }
        let (mut at, mut fails) = (entry, Vec::new());
        for job in jobs {
            let out = self.two_ways(NodeAction::Wait(job), at).1;
            fails.push(out.fail);
            at = out.ok.unwrap_or(at);
        }
        if fails.is_empty() {
            return Out::ok(self.succeeded(at));
        }
        Out { ok: Some(at), fail: self.meet(&fails), quiet: None }
    }

    /// `exec cmd`: nothing of this shell runs afterwards.
    pub(super) fn replaces(&mut self, out: Out, env: &Env, ctx: &Ctx) -> Out {
        out.ok.into_iter().for_each(|ok| self.exit(ok, true, env, ctx));
        for fail in [out.fail, out.quiet].into_iter().flatten() {
            self.graph.ok(fail, ctx.exit_fail);
        }
        Out::default()
    }
}

/// Whether a stage works through what it is given, so that it does nothing when nothing comes.
fn is_fed(stage: &Node) -> bool {
    match &stage.kind {
        NodeKind::While { condition, .. } => super::branches::reads(condition),
        NodeKind::Command(command) => command.words.first().and_then(Word::literal).is_some_and(|w| w == "xargs"),
        _ => false,
    }
}

/// The variables that commands assign, as far as it stands there.
fn assigned_in<'n>(node: &'n Node, names: &mut BTreeSet<&'n str>) {
    let mut all = |nodes: &'n [Node]| nodes.iter().for_each(|node| assigned_in(node, names));
    match &node.kind {
        NodeKind::Command(command) => {
            names.extend(command.assignments.iter().map(|a| a.name.as_str()));
        }
        NodeKind::Pipe(stages) => all(stages),
        NodeKind::Not(inner) | NodeKind::Background(inner) => assigned_in(inner, names),
        NodeKind::And(left, right) | NodeKind::Or(left, right) => {
            assigned_in(left, names);
            assigned_in(right, names);
        }
        NodeKind::If { arms, otherwise } => {
            for (condition, body) in arms {
                all(condition);
                all(body);
            }
            all(otherwise.as_deref().unwrap_or_default());
        }
        NodeKind::While { condition, body, .. } => {
            all(condition);
            all(body);
        }
        NodeKind::For { variable, body, .. } => {
            all(body);
            names.insert(variable);
        }
        NodeKind::Count { body } | NodeKind::Subshell(body) | NodeKind::Group(body) => all(body),
        NodeKind::Case { arms, .. } => arms.iter().for_each(|arm| all(&arm.body)),
        NodeKind::Try { body, handler, last } => {
            all(body);
            all(handler.as_deref().unwrap_or_default());
            all(last);
        }
        NodeKind::Function { .. } | NodeKind::Test(_) => {}
    }
}

/// Whether what prints something does so only where it succeeds, as far as commands by themselves do.
pub(super) fn is_silent_failing(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Command(_) => true,
        NodeKind::And(left, right) => is_silent_failing(left) && is_silent_failing(right),
        NodeKind::Pipe(parts) => parts.last().is_some_and(is_silent_failing),
        _ => false,
    }
}

/// Whether a command leaves the round of a loop.
pub(super) fn is_jump(node: &Node) -> bool {
    let NodeKind::Command(command) = &node.kind else { return false };
    matches!(command.words.first().and_then(|w| w.literal()).as_deref(), Some("continue" | "break"))
}
