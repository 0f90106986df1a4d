//! Branches and loops.

use super::blocks::{FAILED, THROWN, WELL};
use super::env::{Env, Variable, bounded};
use super::expand::{is_pattern, plain_variable};
use super::graph::{NodeId, Operand, Predicate, STATUS, Small, Var};
use super::idle::Decision;
use super::interpret::{Ctx, Out, Walk};
use super::leavers::Leaving;
use super::text::Text;
use crate::facts::EffectCause;
use crate::shell::{CaseArm, Node, NodeKind, Word};
use crate::source::Span;
use std::rc::Rc;

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
        let mut decided = Decision::default();
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
            self.decision = Decision::default();
            let tested = self.list(condition, start, env, &ctx.tolerant());
            let decision = std::mem::take(&mut self.decision);
            decided = if condition.len() == 1 { decision } else { Decision::default() };
            let asked = ctx.span(&condition.first().map_or(0..0, |c| c.at.clone()));
            let mut own = env.clone();
            let then = match tested.ok {
                Some(ok) => self.switched(decided.negated(), asked, |walk| walk.list(body, ok, &mut own, &ctx.branching())),
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
                let out = self.switched(decided, asked, |walk| walk.list(body, start, &mut own, &ctx.branching()));
                oks.push(out.ok);
                fails.push(out.fail);
                quiets.push(out.quiet);
                take(self, out, own, &mut joined);
            }
            (None, Some(start)) => {
                oks.push(Some(self.succeeded(start)));
                let unchanged = env.clone();
                take(self, Out::ok(start), unchanged, &mut joined);
            }
            (Some(body), None) => {
                // Nothing leads there, but its commands are known.
                let dead = self.point();
                let mut own = env.clone();
                self.list(body, dead, &mut own, &ctx.branching());
            }
            (None, None) => {}
        }
        if let Some(joined) = joined {
            *env = joined;
        }
        Out { ok: self.meet(&oks), fail: self.meet(&fails), quiet: self.meet(&quiets) }
    }

    /// A loop whose body is taken to run at least once: nobody writes one over a list that is empty.
    fn loop_body(&mut self, body: &[Node], head: NodeId, start: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        let (end, after) = (self.point(), self.point());
        self.graph.ok(end, head);
        self.graph.ok(end, after);
        self.body(body, start, (after, end), env, ctx);
        self.ended(after)
    }

    /// The body of a loop; `loops`: where `break` and `continue` (and the end of the body) lead.
    fn body(&mut self, body: &[Node], start: NodeId, loops: (NodeId, NodeId), env: &mut Env, ctx: &Ctx) {
        let outer = self.begins(Leaving::Round);
        let out = self.list(body, start, env, &Ctx { loops: Some(loops), ..ctx.clone() });
        if let Some(last) = body.last()
            && let Some(next) = self.carry_on(out, last, env, ctx)
        {
            self.graph.ok(next, loops.1);
        }
        self.ends(Leaving::Round, outer, env, !out.diverges());
    }

    /// A loop has the status of the last command of its body. If that failed, errexit has let it pass before.
    fn ended(&mut self, after: NodeId) -> Out {
        let zero = Predicate::Equal(Operand::Variable(STATUS), Operand::Constant("0".into()));
        let out = self.decided_by(zero, after).1;
        Out { ok: out.ok, fail: None, quiet: out.fail }
    }

    pub(super) fn for_loop(
        &mut self,
        variable: &str,
        words: Option<&[Word]>,
        body: &[Node],
        span: Span,
        entry: NodeId,
        env: &mut Env,
        ctx: &Ctx,
    ) -> Out {
        let mut at = entry;
        let value = match words {
            Some(words) => self.any_of(words, &mut at, env, ctx),
            None => {
                let positional = Rc::clone(&env.positional);
                positional.iter().cloned().reduce(|a, b| a.or(&b)).unwrap_or_default()
            }
        };
        // Of names that fit a pattern only the pattern is known, and how many there are is not.
        let stands_for_names = |text: &Text| text.known().is_some_and(|name| name.contains(['*', '?', '[']));
        let is_open = words.is_some_and(|words| words.iter().any(is_pattern)) && value.any(stands_for_names);
        let items = value.alternatives().iter().map(|text| text.known().map(Rc::from));
        let items: Option<Vec<Rc<str>>> = items.collect::<Option<_>>().filter(|_: &Vec<_>| !is_open);
        let value = bounded(value, &mut self.symbols, variable).from(span, super::value::LOOPED);
        env.variables.insert(variable.into(), Variable::Scalar(value));
        let var = self.path_var(variable, env);
        self.graph.loops(span, var);
        match items.as_deref().and_then(<[_]>::split_last) {
            Some((last, rest)) => self.over_items(var, rest, last, body, at, env, ctx),
            None => {
                let head = self.point();
                self.graph.ok(at, head);
                let start = self.graph.assign(head, var, Small::Unknown);
                self.loop_body(body, head, start, env, ctx)
            }
        }
    }

    /// `for ((i = 1; i <= 9; i++))`
    pub(super) fn count_loop(&mut self, body: &[Node], head: &str, span: Span, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        let Some((name, first, last)) = counted(head) else {
            let start = self.point();
            self.graph.ok(entry, start);
            return self.loop_body(body, start, start, env, ctx);
        };
        let value = self.unknown(name).from(span, "counts here");
        env.variables.insert(name.into(), Variable::Scalar(value));
        let var = self.path_var(name, env);
        self.graph.loops(span, var);
        let items: Vec<Rc<str>> = (first..last).map(|n| n.to_string().into()).collect();
        self.over_items(var, &items, &last.to_string().into(), body, entry, env, ctx)
    }

    /// A loop over a list that is known: it is left after its last item.
    fn over_items(
        &mut self,
        var: Var,
        rest: &[Rc<str>],
        last: &Rc<str>,
        body: &[Node],
        at: NodeId,
        env: &mut Env,
        ctx: &Ctx,
    ) -> Out {
        let (is_last, status) = (self.fresh("last of"), self.fresh("loop"));
        let (choice, start, end, after) = (self.point(), self.point(), self.point(), self.point());
        self.graph.ok(at, choice);
        let rest = (!rest.is_empty()).then(|| (Small::OneOf(rest.into()), "false"));
        for (item, truth) in rest.into_iter().chain([(Small::Constant(Rc::clone(last)), "true")]) {
            let one = self.graph.assign(choice, var, item);
            let one = self.graph.assign(one, is_last, Small::Constant(truth.into()));
            self.graph.ok(one, start);
        }
        self.body(body, start, (after, end), env, ctx);
        let end = self.graph.assign(end, status, Small::Copy(STATUS));
        let out = self.decided_by(Predicate::Truth(Operand::Variable(is_last)), end).1;
        if let (Some(done), Some(more)) = (out.ok, out.fail) {
            let done = self.graph.assign(done, STATUS, Small::Copy(status));
            self.graph.ok(done, after);
            self.graph.ok(more, choice);
        }
        self.ended(after)
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
            let head = self.point();
            self.graph.ok(entry, head);
            let within = Ctx { ignored: true, loops: Some((head, head)), ..ctx.clone() };
            let tested = self.list(condition, head, env, &within);
            return self.loop_body(body, head, tested.ok.unwrap_or(head), env, ctx);
        }
        let (head, after) = (self.point(), self.point());
        // The status of the loop is that of its body.
        let status = self.fresh("loop");
        let first = self.graph.assign(entry, status, Small::Constant("0".into()));
        self.graph.ok(first, head);
        let tested = self.list(condition, head, env, &ctx.tolerant());
        let failed = self.meet(&[tested.fail, tested.quiet]);
        let (go, stop) = if until { (failed, tested.ok) } else { (tested.ok, failed) };
        let place = condition.first().map_or(0..0, |first| first.at.start..condition[condition.len() - 1].at.end);
        if let Some(stop) = stop {
            let end = self.point();
            if until {
                self.graph.ok(stop, end)
            } else {
                self.meet_caused(Some(stop), end, EffectCause::Condition, ctx.span(&place))
            }
            let end = self.graph.assign(end, STATUS, Small::Copy(status));
            self.graph.ok(end, after);
        }
        let start = match go {
            Some(go) => go,
            None => self.point(),
        };
        let mut own = env.clone();
        let end = self.point();
        self.body(body, start, (after, end), &mut own, &Ctx { branch: true, ..ctx.clone() });
        let end = self.graph.assign(end, status, Small::Copy(STATUS));
        self.graph.ok(end, head);
        env.join(&own, &mut self.symbols);
        self.ended(after)
    }

    pub(super) fn case(&mut self, word: &Word, arms: &[CaseArm], entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        let mut at = entry;
        let subject = self.word(word, &mut at, env, ctx);
        let form = |pattern: &Word| pattern.literal().is_some_and(|p| super::filter::says_form(&p));
        if arms.iter().any(|arm| arm.patterns.iter().any(form)) {
            self.form_checked(&subject);
        }
        let operand = self.operand(&subject, plain_variable(word), env);
        let (mut oks, mut fails, mut quiets) = (Vec::new(), Vec::new(), Vec::new());
        let mut joined: Option<Env> = None;
        let (mut rest, mut fallen) = (Some(at), None);
        for arm in arms {
            let start = self.point();
            if let Some(fallen) = fallen.take() {
                self.graph.ok(fallen, start);
            }
            // What a path knows decides, where the patterns are plain.
            let patterns: Vec<Option<String>> = arm.patterns.iter().map(Word::literal).collect();
            let is_default = patterns.iter().any(|p| p.as_deref() == Some("*"));
            let is_known = patterns.iter().all(|p| p.as_deref().is_some_and(is_plain));
            let impossible =
                subject.known().filter(|_| is_known).is_some_and(|known| patterns.iter().all(|p| p.as_deref() != Some(known)));
            match rest {
                Some(from) if is_default => {
                    self.graph.ok(from, start);
                    rest = None;
                }
                Some(from) => {
                    let equal =
                        |p: Option<String>| Predicate::Equal(operand.clone(), Operand::Constant(p.unwrap_or_default().into()));
                    let any = patterns.into_iter().map(equal).reduce(|a, b| Predicate::Or(a.into(), b.into()));
                    let out = self.decided_by(any.filter(|_| is_known).unwrap_or(Predicate::Unknown), from).1;
                    out.ok.into_iter().for_each(|ok| self.graph.ok(ok, start));
                    rest = out.fail;
                }
                None => {}
            }
            let mut own = env.clone();
            let start = self.succeeded(start);
            let out = self.list(&arm.body, start, &mut own, &ctx.branching());
            if arm.falls_through {
                fallen = out.ok;
            }
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
        if let Some(rest) = rest {
            oks.push(Some(self.succeeded(rest)));
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
        let is_taken = handler.is_some() || !last.is_empty();
        let inner = if is_taken { Ctx { exit_fail: thrown, ..ctx.clone() } } else { ctx.clone() };
        let out = self.list(body, entry, env, &inner);
        let (mut oks, mut fails, mut throws) = (vec![out.ok], Vec::new(), vec![Some(thrown)]);
        if let Some(handler) = handler {
            let at = self.point();
            let place = handler.first().map_or_else(|| ctx.code.source.whole(), |first| ctx.span(&first.at));
            self.meet_caused(Some(thrown), at, EffectCause::Handler, place);
            self.meet_caused(out.fail, at, EffectCause::Handler, place);
            let mut own = env.clone();
            let again = self.point();
            let outer = if last.is_empty() { ctx.branching() } else { Ctx { exit_fail: again, ..ctx.branching() } };
            let handled = self.list(handler, at, &mut own, &outer);
            oks.extend([handled.ok, handled.quiet]);
            fails.push(handled.fail);
            throws = vec![Some(again)];
        } else {
            fails.push(out.fail);
        }
        let (ok, fail) = (self.meet(&oks), self.meet(&fails));
        let Some(first) = last.first() else { return Out { ok, fail, quiet: out.quiet } };
        let thrown = self.meet(&throws);
        let (start, how) = self.at_last(&[(ok, WELL), (fail, FAILED), (thrown, THROWN)], ctx.span(&first.at));
        let after = self.list(last, start, env, ctx);
        let Some(end) = self.meet(&[after.ok, after.quiet]) else { return after };
        let (well, other) = self.where_it_is(how, WELL, end);
        let (failed, thrown) = self.where_it_is(how, FAILED, other);
        self.graph.ok(thrown, ctx.exit_fail);
        Out { ok: ok.map(|_| well), fail: self.meet(&[fail.map(|_| failed), after.fail]), quiet: out.quiet }
    }
}

/// `((i = 1; i <= 9; i++))`: the name, the first and the last number.
fn counted(head: &str) -> Option<(&str, i64, i64)> {
    let inner = head.split_once("((")?.1.split_once("))")?.0;
    let mut parts = inner.split(';').map(str::trim);
    let (start, condition, step) = (parts.next()?, parts.next()?, parts.next()?);
    let (name, first) = start.split_once('=')?;
    let (name, first) = (name.trim(), first.trim().parse::<i64>().ok()?);
    let bound = condition.strip_prefix(name)?.trim();
    let last = match bound.strip_prefix("<=") {
        Some(last) => last.trim().parse::<i64>().ok()?,
        None => bound.strip_prefix('<')?.trim().parse::<i64>().ok()? - 1,
    };
    let raises = [format!("{name}++"), format!("++{name}"), format!("{name}+=1")].contains(&step.replace(' ', ""));
    (raises && first <= last && last - first < i64::from(super::expand::MAX_RANGE)).then_some((name, first, last))
}

/// Whether a loop's condition reads lines (`while read x`).
pub(super) fn reads(condition: &[Node]) -> bool {
    condition.iter().any(|node| match &node.kind {
        NodeKind::Command(command) => command.words.iter().filter_map(Word::literal).any(|w| w == "read"),
        NodeKind::Or(left, _) => reads(std::slice::from_ref(&**left)),
        _ => false,
    })
}

pub(super) fn is_plain(pattern: &str) -> bool {
    !pattern.contains(['*', '?', '[', '@', '+', '!'])
}
