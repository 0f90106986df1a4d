//! Commands that the CI system puts into a script: the shell finds them there as if they had been written so.

use super::assembly::Assembly;
use super::env::{Code, Env};
use super::graph::NodeId;
use super::interpret::{Ctx, Out, Walk};
use super::text::{Atom, Text};
use super::value::Value;
use crate::facts::Shell;
use crate::shell::{Command, Part, PartKind};
use std::ops::Range;
use std::rc::Rc;

impl Walk<'_> {
    /// A command that begins with text that the CI system puts in (`run: ${{ inputs.script }}`). Unlike what a variable holds this text is
    /// read as code; one word of it alone means the same either way.
    pub(super) fn put_in(
        &mut self,
        command: &Command,
        at: &Range<usize>,
        entry: NodeId,
        env: &mut Env,
        ctx: &Ctx,
    ) -> Option<Out> {
        let first = command.words.first().and_then(|word| word.parts.first())?;
        let Part { kind: PartKind::Hole(index), quoted: false, at: hole } = first else { return None };
        let is_first = command.assignments.is_empty() && self.place.shell == Shell::Posix;
        let value = self.hole(*index, ctx).filter(|value| is_first && value.any(holds_code))?;
        let behind = hole.end..at.end.max(hole.end);
        let ways: Option<Vec<Rc<Code>>> =
            value.alternatives().iter().map(|text| put_together(text, &value, hole, &behind, ctx)).collect();
        let (span, ways) = (ctx.span(hole), ways?);
        if let [only] = &ways[..] {
            return Some(self.list_of(only, span, entry, env, ctx));
        }
        self.one_of_ways(&ways, env, |walk, way, own| walk.list_of(way, span, entry, own, &ctx.branching()))
    }

    /// Goes one of several ways, of which it is not known which.
    pub(super) fn one_of_ways<T>(
        &mut self,
        ways: &[T],
        env: &mut Env,
        mut run: impl FnMut(&mut Self, &T, &mut Env) -> Out,
    ) -> Option<Out> {
        let (mut outs, mut joined): (Vec<Out>, Option<Env>) = (Vec::new(), None);
        for way in ways {
            let mut own = env.clone();
            outs.push(run(self, way, &mut own));
            match &mut joined {
                Some(all) => all.join(&own, &mut self.symbols),
                None => joined = Some(own),
            }
        }
        *env = joined?;
        Some(self.either_end(&outs, None))
    }
}

/// Whether a text is more to a shell than one word.
fn holds_code(text: &Text) -> bool {
    let marks =
        |c: char| c.is_ascii_whitespace() || matches!(c, '|' | '&' | ';' | '<' | '>' | '$' | '`' | '"' | '\'' | '\\' | '(');
    text.trim().atoms().iter().any(|atom| matches!(atom, Atom::Literal(literal) if literal.contains(marks)))
}

/// The text that is put in at a hole and what stands behind it in the same command. Where the text is all, it keeps its own places.
fn put_together(text: &Text, value: &Value, hole: &Range<usize>, behind: &Range<usize>, ctx: &Ctx) -> Option<Rc<Code>> {
    let own = value.places.as_ref().filter(|_| behind.is_empty() && value.single().is_some());
    let mut all = match own.and_then(|places| Assembly::placed(text, places)) {
        Some(all) => all,
        None => {
            let mut all = Assembly::new(ctx.span(hole).file);
            all.push(&Value::text(text.clone()), ctx.span(hole));
            all
        }
    };
    let mut from = behind.start;
    let later =
        ctx.code.ranges.iter().zip(&ctx.code.holes).filter(|(range, _)| range.start >= behind.start && range.end <= behind.end);
    for (range, value) in later {
        all.push(&Value::literal(ctx.code.source.text.get(from..range.start)?), ctx.span(&(from..range.start)));
        all.push(value, ctx.span(range));
        from = range.end;
    }
    all.push(&Value::literal(ctx.code.source.text.get(from..behind.end)?), ctx.span(&(from..behind.end)));
    Some(all.code(ctx.code.posix))
}
