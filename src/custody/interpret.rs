//! Walks scripts once, in order: builds the control-flow graph, carries values along, and records what commands do.

use super::env::{Code, Env, Function, Variables};
use super::graph::{Graph, NodeAction, NodeId};
use super::idle::Decision;
use super::jobs::{is_jump, is_silent_failing};
use super::leavers::{Leavers, Leaving};
use super::model::Place;
use super::recorder::Recorder;
use super::shared::Shared;
use super::symbol::{Kind, SymbolId, Symbols};
use super::text::Text;
use super::unpacked::Unpacked;
use super::value::Value;
use crate::facts::{EffectCause, Shell};
use crate::shell::{Node, NodeKind};
use crate::source::{FileId, Span};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// Variables that the CI system sets.
pub(super) type Ambients = Vec<(String, crate::pipeline::Ambient)>;

/// Nesting of functions, scripts and substitutions that is followed.
const MAX_DEPTH: u32 = 24;

/// Where control goes from a place in the code.
#[derive(Clone)]
pub(super) struct Ctx {
    pub(super) code: Rc<Code>,
    /// Set where errexit does not apply: by what.
    pub(super) ignored: bool,
    /// The call of the function in which that is inherited.
    pub(super) ignored_by: Option<Span>,
    pub(super) exit_ok: NodeId,
    pub(super) exit_fail: NodeId,
    pub(super) returns: Option<(NodeId, NodeId)>,
    pub(super) loops: Option<(NodeId, NodeId)>,
    pub(super) depth: u32,
    /// Whether what stands here runs only sometimes.
    pub(super) branch: bool,
}

impl Ctx {
    pub(super) fn span(&self, at: &std::ops::Range<usize>) -> Span {
        self.code.source.span(at.clone())
    }

    pub(super) fn tolerant(&self) -> Ctx {
        Ctx { ignored: true, ..self.clone() }
    }

    pub(super) fn branching(&self) -> Ctx {
        Ctx { branch: true, ..self.clone() }
    }
}

/// Where a construct can be left: with success, with a failure that errexit acts on, and with one that it does not.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Out {
    pub(super) ok: Option<NodeId>,
    pub(super) fail: Option<NodeId>,
    pub(super) quiet: Option<NodeId>,
}

impl Out {
    pub(super) fn ok(node: NodeId) -> Out {
        Out { ok: Some(node), ..Out::default() }
    }

    pub(super) fn diverges(self) -> bool {
        self.ok.is_none() && self.fail.is_none() && self.quiet.is_none()
    }
}

/// The walk over one pipeline.
pub(super) struct Walk<'a> {
    pub(super) world: &'a super::World<'a>,
    /// Its files, as they lie for the execution that is walked.
    pub(super) workspace: &'a super::workspace::Workspace<'a>,
    pub(super) symbols: Symbols,
    pub(super) graph: Graph,
    pub(super) records: Recorder,
    pub(super) place: Place,
    /// Commands that may still be walked.
    pub(super) budget: usize,
    /// Parts of texts of makefiles that were expanded.
    pub(super) make_parts: usize,
    /// Commands that are running each other.
    pub(super) nesting: usize,
    /// Inputs whose defaults are being looked up for each other.
    pub(super) defaulting: usize,
    /// Outputs that the current step has written so far.
    pub(super) outputs: BTreeMap<String, Value>,
    /// Outputs of the execution as a whole that earlier steps have written.
    pub(super) written: BTreeMap<String, Value>,
    /// Whether what the current step prints is kept.
    pub(super) captures: bool,
    /// Environment for later steps that the current step has written so far.
    pub(super) exported: BTreeMap<String, Value>,
    /// Outputs of executions, by id with prefix.
    pub(super) execution_outputs: BTreeMap<String, BTreeMap<String, Value>>,
    /// Types of the fields of structured text.
    pub(super) fields: BTreeMap<SymbolId, BTreeMap<String, Kind>>,
    /// Scripts of the repository, parsed.
    pub(super) scripts: BTreeMap<FileId, Rc<Code>>,
    /// Makefiles of the repository, parsed.
    pub(super) makefiles: BTreeMap<FileId, Rc<super::make::Source>>,
    /// Labels of batch files that are being walked, by where the script ends well and the name in lower case.
    pub(super) labels: BTreeMap<(NodeId, String), super::labels::Label>,
    /// Variables that the command line of an outer `make` sets.
    pub(super) overrides: Vec<(Rc<str>, Value)>,
    /// Targets that are being made.
    pub(super) making: Vec<(FileId, Text)>,
    /// Scripts that are being followed.
    pub(super) following: Vec<FileId>,
    /// What lies on machines that several executions share.
    pub(super) machines: BTreeMap<String, Shared<BTreeMap<String, Value>>>,
    /// Whether the current step has done something that is not known so far.
    pub(super) unseen: bool,
    /// Whether any script has defined an alias: most have none to look for.
    pub(super) has_aliases: bool,
    /// Whether the current step has tested something so far.
    pub(super) tests: bool,
    /// Verifications of the current step that never fail, each with the name by which a path knows what it found.
    pub(super) verdicts: Vec<(Span, Rc<str>)>,
    /// What the step has unpacked and not yet put to use.
    pub(super) unpacked: Option<Unpacked>,
    /// Who has left the innermost function, loop and script so far.
    pub(super) leavers: [Leavers; 3],
    /// How the last test comes out with the values that the file gives before anything runs.
    pub(super) decision: Decision,
    /// Whether what is being walked runs only where somebody asks for it from outside.
    pub(super) is_asked_for: bool,
    /// Files in folders that outlive executions, with the execution that left them there, by the folder's name.
    pub(super) carriers: BTreeMap<String, Vec<(usize, String, Value)>>,
    /// What lies in the run's store, by the names of what was put there.
    pub(super) stores: BTreeMap<String, BTreeMap<String, Value>>,
    /// The pipelines that are being walked.
    pub(super) calls: Vec<(FileId, u32)>,
    /// What the CI system sets for every script, by the list that says so.
    pub(super) ambient: Option<(Arc<Ambients>, Variables)>,
}

impl Walk<'_> {
    /// A point where ways meet.
    pub(super) fn point(&mut self) -> NodeId {
        self.graph.add(NodeAction::None)
    }

    pub(super) fn meet(&mut self, points: &[Option<NodeId>]) -> Option<NodeId> {
        let mut known = points.iter().flatten().copied();
        let first = known.next()?;
        let rest: Vec<NodeId> = known.collect();
        if rest.is_empty() {
            return Some(first);
        }
        let point = self.point();
        self.graph.ok(first, point);
        for other in rest {
            self.graph.ok(other, point);
        }
        Some(point)
    }

    pub(super) fn meet_caused(&mut self, from: Option<NodeId>, to: NodeId, cause: EffectCause, span: Span) {
        if let Some(from) = from {
            self.graph.ok_caused(from, to, (cause, span));
        }
    }

    /// An unknown of that name.
    pub(super) fn unknown(&mut self, key: impl Into<String> + AsRef<str>) -> Value {
        Value::symbol(self.symbols.named(key, Kind::Unknown))
    }

    /// Runs a whole script from `entry`; returns where it ends with success and with failure.
    pub(super) fn script(&mut self, code: &Rc<Code>, entry: NodeId, env: &mut Env, depth: u32, branch: bool) -> (NodeId, NodeId) {
        let (exit_ok, exit_fail) = (self.point(), self.point());
        env.owners = super::statuses::Owners::of_script(exit_ok);
        if depth > MAX_DEPTH {
            self.opaque(code.source.whole(), "it is nested too deeply to be followed");
            self.graph.ok(entry, exit_ok);
            return (exit_ok, exit_fail);
        }
        for error in &code.script.errors {
            self.opaque(code.source.span(error.clone()), "this part does not parse as a script");
        }
        if let Some(limit) = &code.script.limit {
            self.opaque(code.source.span(limit.at.clone()), &limit.what);
        }
        let ctx = Ctx {
            code: Rc::clone(code),
            ignored: false,
            ignored_by: None,
            exit_ok,
            exit_fail,
            returns: None,
            loops: None,
            depth,
            branch,
        };
        // Scripts within scripts are those of POSIX shells.
        let own = if depth == 0 { self.place.shell } else { Shell::Posix };
        let outer = std::mem::replace(&mut self.place.shell, own);
        let start = self.begin_statuses(entry);
        let leavers = self.begins(Leaving::Script);
        let mut out = self.list(&code.script.body, start, env, &ctx);
        self.ends(Leaving::Script, leavers, env, !out.diverges());
        self.comments(code, env, &ctx);
        if own == Shell::Cmd {
            out = self.ended_by_status(out);
            self.end_labels(&ctx);
        }
        self.place.shell = outer;
        out.ok.into_iter().for_each(|ok| self.graph.ok(ok, exit_ok));
        out.fail.into_iter().for_each(|fail| self.abort(fail, env, &ctx));
        out.quiet.into_iter().for_each(|quiet| self.exit(quiet, false, env, &ctx));
        (exit_ok, exit_fail)
    }

    pub(super) fn opaque(&mut self, span: Span, why: &str) {
        self.unseen = true;
        self.noted(span, why);
    }

    pub(super) fn list(&mut self, nodes: &[Node], entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        let mut out = Out::ok(entry);
        for (i, node) in nodes.iter().enumerate() {
            let at = if i == 0 { Some(entry) } else { self.carry_on(out, &nodes[i - 1], env, ctx) };
            // What nothing leads to is still walked, so that its commands are known.
            let at = match at {
                Some(at) => at,
                None => self.point(),
            };
            if self.budget == 0 {
                let rest = ctx.span(&(node.at.start..nodes[nodes.len() - 1].at.end.max(node.at.start)));
                self.opaque(rest, super::unread::TOO_MANY);
                return Out::ok(at);
            }
            out = self.node(node, at, env, ctx);
        }
        out
    }

    /// The point from which the next command of a list runs; a failure that errexit acts on goes to the script's end.
    pub(super) fn carry_on(&mut self, out: Out, node: &Node, env: &Env, ctx: &Ctx) -> Option<NodeId> {
        let Some(fail) = out.fail else { return self.meet(&[out.ok, out.quiet]) };
        if (env.errexit || env.error_trap.is_some()) && !ctx.ignored {
            self.abort(fail, env, ctx);
            return self.meet(&[out.ok, out.quiet]);
        }
        let next = self.point();
        let (cause, place) = match ctx.ignored_by {
            Some(call) if ctx.ignored => (EffectCause::Called, call),
            _ if ctx.ignored => (EffectCause::Condition, ctx.span(&node.at)),
            _ => (EffectCause::NoErrexit, ctx.span(&node.at)),
        };
        self.meet_caused(Some(fail), next, cause, place);
        for from in [out.ok, out.quiet].into_iter().flatten() {
            self.graph.ok(from, next);
        }
        Some(next)
    }

    /// A failure ends the script, in the way that traps say.
    fn abort(&mut self, fail: NodeId, env: &Env, ctx: &Ctx) {
        match env.error_trap.filter(|_| !ctx.ignored) {
            Some((trap, true)) => self.graph.ok_caused(fail, ctx.exit_ok, (EffectCause::Handler, trap)),
            _ => self.exit(fail, false, env, ctx),
        }
    }

    /// The script ends here.
    pub(super) fn exit(&mut self, from: NodeId, ok: bool, env: &Env, ctx: &Ctx) {
        match env.exit_trap.filter(|_| !ok) {
            Some(trap) => self.graph.ok_caused(from, ctx.exit_ok, (EffectCause::Handler, trap)),
            None => self.graph.ok(from, if ok { ctx.exit_ok } else { ctx.exit_fail }),
        }
    }

    pub(super) fn node(&mut self, node: &Node, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        self.budget = self.budget.saturating_sub(1);
        if node.redirects.is_empty() {
            return self.kind(node, entry, env, ctx);
        }
        let mut entry = entry;
        let files = self.open(&node.redirects, &mut entry, env, ctx);
        let (stdin, stdout) = (env.stdin.clone(), env.stdout.clone());
        if files.stdin.is_some() {
            env.stdin.clone_from(&files.stdin);
        }
        if files.takes_stdout() {
            env.stdout = Some(Value::default());
        }
        let out = self.kind(node, entry, env, ctx);
        if files.takes_stdout() {
            let printed = std::mem::replace(&mut env.stdout, stdout).unwrap_or_default();
            self.write(&files, &printed, (entry, ctx.span(&node.at)), env);
        }
        env.stdin = stdin;
        out
    }

    fn kind(&mut self, node: &Node, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        let span = ctx.span(&node.at);
        match &node.kind {
            NodeKind::Command(command) => self.command(command, &node.at, entry, env, ctx),
            NodeKind::Pipe(stages) => self.pipe(stages, entry, env, ctx),
            NodeKind::Not(inner) => {
                let out = self.node(inner, entry, env, &ctx.tolerant());
                self.decision = self.decision.negated();
                let ok = self.point();
                self.meet_caused(out.fail, ok, EffectCause::Negation, span);
                self.meet_caused(out.quiet, ok, EffectCause::Negation, span);
                let ok = self.succeeded(ok);
                let quiet = out.ok.map(|ok| self.failed(ok));
                Out { ok: Some(ok), fail: None, quiet }
            }
            NodeKind::And(left, right) => self.and(left, right, entry, env, ctx),
            NodeKind::Or(left, right) => self.or(left, right, entry, env, ctx),
            NodeKind::Background(inner) => self.background(inner, span, entry, env, ctx),
            NodeKind::If { arms, otherwise } => self.branch(arms, otherwise.as_deref(), entry, env, ctx),
            NodeKind::While { until, condition, body } => self.while_loop(*until, condition, body, entry, env, ctx),
            NodeKind::For { variable, words, body } => self.for_loop(variable, words.as_deref(), body, span, entry, env, ctx),
            NodeKind::Count { body } => {
                let head = ctx.code.source.text.get(node.at.clone()).unwrap_or("");
                self.count_loop(body, head, span, entry, env, ctx)
            }
            NodeKind::Case { word, arms } => self.case(word, arms, entry, env, ctx),
            NodeKind::Subshell(body) => self.subshell(body, entry, env, ctx),
            NodeKind::Group(body) => self.list(body, entry, env, ctx),
            NodeKind::Function { name, body } => {
                let function = Function { code: Rc::clone(&ctx.code), body: (**body).clone() };
                env.functions.insert(name.as_str().into(), Rc::new(function));
                Out::ok(entry)
            }
            NodeKind::Test(test) => self.test(test, &node.at, entry, env, ctx),
            NodeKind::Try { body, handler, last } => self.try_block(body, handler.as_deref(), last, entry, env, ctx),
        }
    }

    fn and(&mut self, left: &Node, right: &Node, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        let span = ctx.span(&left.at);
        self.decision = Decision::default();
        let first = self.node(left, entry, env, &ctx.tolerant());
        let decision = std::mem::take(&mut self.decision);
        let quiet = (first.fail.is_some() || first.quiet.is_some()).then(|| self.point());
        if let Some(quiet) = quiet {
            // `[ "$a" = "$b" ] && continue` chooses, as an `if` does.
            let cause = if is_jump(right) { EffectCause::Condition } else { EffectCause::And };
            self.meet_caused(first.fail, quiet, cause, span);
            first.quiet.into_iter().for_each(|q| self.graph.ok(q, quiet));
        }
        let Some(ok) = first.ok else { return Out { ok: None, fail: None, quiet } };
        let mut own = env.clone();
        let second = self.switched(decision.negated(), span, |walk| walk.node(right, ok, &mut own, &ctx.branching()));
        self.decision = Decision::default();
        if second.diverges() && quiet.is_some() {
            return Out { ok: None, fail: None, quiet };
        }
        self.adopt(env, own, quiet.is_some());
        Out { ok: second.ok, fail: second.fail, quiet: self.meet(&[quiet, second.quiet]) }
    }

    /// Takes over an environment: alone, or as one of two ways.
    fn adopt(&mut self, env: &mut Env, own: Env, or_else: bool) {
        if or_else {
            env.join(&own, &mut self.symbols);
        } else {
            *env = own;
        }
    }

    fn or(&mut self, left: &Node, right: &Node, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        self.decision = Decision::default();
        let before = env.stdout.clone();
        let first = self.node_that_may_fail(left, entry, env, &ctx.tolerant());
        let decision = std::mem::take(&mut self.decision);
        if first.fail.is_none() && first.quiet.is_none() {
            return first;
        }
        let at = self.point();
        let span = ctx.span(&right.at);
        self.meet_caused(first.fail, at, EffectCause::Or, span);
        self.meet_caused(first.quiet, at, EffectCause::Or, span);
        let mut own = env.clone();
        if is_silent_failing(left) {
            own.stdout.clone_from(&before);
        }
        let condition = ctx.span(&left.at);
        let second = self.switched(decision, condition, |walk| walk.node(right, at, &mut own, &ctx.branching()));
        if own.stdout == before {
            own.stdout.clone_from(&env.stdout);
        }
        self.decision = Decision::default();
        if !second.diverges() {
            self.adopt(env, own, first.ok.is_some());
        }
        Out { ok: self.meet(&[first.ok, second.ok]), fail: second.fail, quiet: second.quiet }
    }

    /// Runs something whose `exit` and traps are its own.
    pub(super) fn isolated(&mut self, own: &mut Env, ctx: &Ctx, run: impl FnOnce(&mut Self, &mut Env, &Ctx) -> Out) -> Out {
        let (exit_ok, exit_fail) = (self.point(), self.point());
        let inner = Ctx { exit_ok, exit_fail, returns: None, loops: None, depth: ctx.depth + 1, ..ctx.clone() };
        let outer = [Leaving::Function, Leaving::Round, Leaving::Script].map(|what| (what, self.begins(what)));
        let out = run(self, own, &inner);
        for (what, outer) in outer {
            self.ends(what, outer, own, !out.diverges());
        }
        out.ok.into_iter().for_each(|ok| self.graph.ok(ok, exit_ok));
        out.fail.into_iter().for_each(|fail| self.abort(fail, own, &inner));
        out.quiet.into_iter().for_each(|quiet| self.exit(quiet, false, own, &inner));
        Out { ok: Some(exit_ok), fail: Some(exit_fail), quiet: None }
    }

    pub(super) fn subshell(&mut self, body: &[Node], entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        if ctx.depth > MAX_DEPTH {
            self.opaque(ctx.code.source.whole(), "it is nested too deeply to be followed");
            return Out::ok(entry);
        }
        let (mut own, start) = self.enclosed(body, entry, env);
        let out = self.isolated(&mut own, ctx, |walk, own, inner| walk.list(body, start, own, inner));
        env.files = own.files;
        env.stdout = own.stdout;
        out
    }
}
