//! Branches and loops.

use super::graph::{NodeAction, NodeId};
use super::interpret::{Ctx, Env, Out, Walk};
use crate::facts::EffectCause;
use crate::shell::{CaseArm, Node, NodeKind};

impl Walk<'_> {
    pub(super) fn branch(
        &mut self,
        arms: &[(Vec<Node>, Vec<Node>)],
        otherwise: Option<&[Node]>,
        entry: NodeId,
        env: &mut Env,
        ctx: &Ctx,
    ) -> Out {
        let mut at = Some(entry);
        let (mut oks, mut fails, mut quiets) = (Vec::new(), Vec::new(), Vec::new());
        let mut joined: Option<Env> = None;
        let mut decided = None;
        let take = |walk: &mut Self, out: Out, own: Env, joined: &mut Option<Env>| {
            if !out.diverges() {
                match joined {
                    Some(all) => all.join(&own, &mut walk.symbols),
                    None => *joined = Some(own),
                }
            }
        };
        for (condition, body) in arms {
            let start = match at {
                Some(start) => start,
                None => self.point(),
            };
            self.decision = None;
            let tested = self.list(condition, start, env, &ctx.tolerant());
            decided = self.decision.take().filter(|_| condition.len() == 1);
            let asked = ctx.span(&condition.first().map_or(0..0, |c| c.at.clone()));
            let mut own = env.clone();
            let then = match tested.ok {
                Some(ok) => self.switched(decided == Some(false), asked, |walk| walk.list(body, ok, &mut own, &ctx.branching())),
                None => {
                    let dead = self.point();
                    self.list(body, dead, &mut own, &ctx.branching());
                    Out::default()
                }
            };
            oks.push(then.ok);
            fails.push(then.fail);
            quiets.push(then.quiet);
            take(self, then, own, &mut joined);
            let place = condition.first().map_or(0..0, |first| first.at.start..condition[condition.len() - 1].at.end);
            at = (tested.fail.is_some() || tested.quiet.is_some()).then(|| {
                let next = self.point();
                self.meet_caused(tested.fail, next, EffectCause::Condition, ctx.span(&place));
                self.meet_caused(tested.quiet, next, EffectCause::Condition, ctx.span(&place));
                next
            });
        }
        match (otherwise, at) {
            (Some(body), Some(start)) => {
                let mut own = env.clone();
                let asked = ctx.span(&arms.last().and_then(|(c, _)| c.first()).map_or(0..0, |c| c.at.clone()));
                let out = self.switched(decided == Some(true), asked, |walk| walk.list(body, start, &mut own, &ctx.branching()));
                oks.push(out.ok);
                fails.push(out.fail);
                quiets.push(out.quiet);
                take(self, out, own, &mut joined);
            }
            (None, Some(start)) => {
                oks.push(Some(start));
                let unchanged = env.clone();
                take(self, Out::ok(start), unchanged, &mut joined);
            }
            _ => {}
        }
        if let Some(joined) = joined {
            *env = joined;
        }
        Out { ok: self.meet(&oks), fail: self.meet(&fails), quiet: self.meet(&quiets) }
    }

    /// A loop whose body is taken to run at least once: nobody writes one over a list that is empty.
    pub(super) fn loop_body(&mut self, body: &[Node], entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        let (start, end, after) = (self.point(), self.point(), self.point());
        self.graph.ok(entry, start);
        self.graph.ok(end, start);
        self.graph.ok(end, after);
        let inner = Ctx { loops: Some((after, end)), ..ctx.clone() };
        let out = self.list(body, start, env, &inner);
        if let Some(last) = body.last()
            && let Some(next) = self.carry_on(out, last, env, ctx)
        {
            self.graph.ok(next, end);
        }
        Out::ok(after)
    }

    pub(super) fn while_loop(
        &mut self,
        until: bool,
        condition: &[Node],
        body: &[Node],
        entry: NodeId,
        env: &mut Env,
        ctx: &Ctx,
    ) -> Out {
        if !until && reads(condition) {
            let tested = self.list(condition, entry, env, &ctx.tolerant());
            let start = tested.ok.unwrap_or(entry);
            return self.loop_body(body, start, env, ctx);
        }
        let (head, after) = (self.point(), self.point());
        self.graph.ok(entry, head);
        let tested = self.list(condition, head, env, &ctx.tolerant());
        let failed = self.meet(&[tested.fail, tested.quiet]);
        let (go, stop) = if until { (failed, tested.ok) } else { (tested.ok, failed) };
        let place = condition.first().map_or(0..0, |first| first.at.start..condition[condition.len() - 1].at.end);
        if let Some(stop) = stop {
            if until {
                self.graph.ok(stop, after)
            } else {
                self.meet_caused(Some(stop), after, EffectCause::Condition, ctx.span(&place))
            }
        }
        let start = match go {
            Some(go) => go,
            None => self.point(),
        };
        let mut own = env.clone();
        let inner = Ctx { loops: Some((after, head)), branch: true, ..ctx.clone() };
        let out = self.list(body, start, &mut own, &inner);
        if let Some(last) = body.last()
            && let Some(next) = self.carry_on(out, last, &own, ctx)
        {
            self.graph.ok(next, head);
        }
        env.join(&own, &mut self.symbols);
        Out::ok(after)
    }

    pub(super) fn case(&mut self, word: &crate::shell::Word, arms: &[CaseArm], entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        let mut at = entry;
        let subject = self.word(word, &mut at, env, ctx);
        let form = |pattern: &crate::shell::Word| pattern.literal().is_some_and(|p| super::filter::says_form(&p));
        if arms.iter().any(|arm| arm.patterns.iter().any(form)) {
            self.form_checked(&subject);
        }
        let choice = self.point();
        self.graph.ok(at, choice);
        self.graph.set_action(choice, NodeAction::None);
        let (mut oks, mut fails, mut quiets) = (Vec::new(), Vec::new(), Vec::new());
        let mut joined: Option<Env> = None;
        let mut has_default = false;
        for arm in arms {
            let patterns: Vec<Option<String>> = arm.patterns.iter().map(crate::shell::Word::literal).collect();
            has_default |= patterns.iter().any(|p| p.as_deref() == Some("*"));
            let impossible = subject
                .known()
                .is_some_and(|known| patterns.iter().all(|p| p.as_deref().is_some_and(|p| is_plain(p) && p != known)));
            let start = self.point();
            if !impossible {
                self.graph.ok(choice, start);
            }
            let mut own = env.clone();
            let out = self.list(&arm.body, start, &mut own, &ctx.branching());
            oks.push(out.ok);
            fails.push(out.fail);
            quiets.push(out.quiet);
            if !out.diverges() && !impossible {
                match &mut joined {
                    Some(all) => all.join(&own, &mut self.symbols),
                    None => joined = Some(own),
                }
            }
        }
        if !has_default {
            oks.push(Some(choice));
            if let Some(all) = &mut joined {
                all.join(env, &mut self.symbols);
            }
        }
        if let Some(joined) = joined {
            *env = joined;
        }
        Out { ok: self.meet(&oks), fail: self.meet(&fails), quiet: self.meet(&quiets) }
    }

    /// PowerShell: any failure in the body leads to the handler.
    pub(super) fn try_block(
        &mut self,
        body: &[Node],
        handler: Option<&[Node]>,
        last: &[Node],
        entry: NodeId,
        env: &mut Env,
        ctx: &Ctx,
    ) -> Out {
        let thrown = self.point();
        let inner = if handler.is_some() { Ctx { exit_fail: thrown, ..ctx.clone() } } else { ctx.clone() };
        let out = self.list(body, entry, env, &inner);
        let mut oks = vec![out.ok];
        let mut fails = Vec::new();
        if let Some(handler) = handler {
            let at = self.point();
            let place = handler.first().map_or_else(|| ctx.code.source.whole(), |first| ctx.span(&first.at));
            self.meet_caused(Some(thrown), at, EffectCause::Handler, place);
            self.meet_caused(out.fail, at, EffectCause::Handler, place);
            let mut own = env.clone();
            let handled = self.list(handler, at, &mut own, &ctx.branching());
            oks.extend([handled.ok, handled.quiet]);
            fails.push(handled.fail);
        } else {
            fails.push(out.fail);
        }
        let ok = self.meet(&oks);
        let end = match (ok, last.is_empty()) {
            (Some(ok), false) => self.list(last, ok, env, ctx).ok,
            (ok, _) => ok,
        };
        Out { ok: end, fail: self.meet(&fails), quiet: out.quiet }
    }
}

/// Whether a loop's condition reads lines (`while read x`).
pub(super) fn reads(condition: &[Node]) -> bool {
    condition.iter().any(|node| match &node.kind {
        NodeKind::Command(command) => command.words.iter().filter_map(crate::shell::Word::literal).any(|w| w == "read"),
        NodeKind::Or(left, _) => reads(std::slice::from_ref(&**left)),
        _ => false,
    })
}

pub(super) fn is_plain(pattern: &str) -> bool {
    !pattern.contains(['*', '?', '[', '@', '+', '!'])
}
