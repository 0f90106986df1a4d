//! Labels of batch files: where a `goto` leads.

use super::env::Env;
use super::graph::NodeId;
use super::interpret::{Ctx, Out, Walk};

/// A label of a script.
pub(super) struct Label {
    at: NodeId,
    /// What is known wherever something went to it before it was come to.
    env: Option<Env>,
    /// Whether it has been come to.
    is_there: bool,
}

impl Walk<'_> {
    /// `:name`. The first of a name is the one that counts.
    pub(super) fn label(&mut self, name: &str, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        let label = self.label_of(name, ctx);
        if std::mem::replace(&mut label.is_there, true) {
            return Out::ok(entry);
        }
        let (at, before) = (label.at, label.env.take());
        before.into_iter().for_each(|before| env.join(&before, &mut self.symbols));
        self.graph.ok(entry, at);
        Out::ok(at)
    }

    /// `goto name`; `None` if that is no name.
    pub(super) fn goto(&mut self, name: &str, entry: NodeId, env: &Env, ctx: &Ctx) -> Option<Out> {
        let label = self.label_of(Some(name).filter(|name| !name.is_empty())?, ctx);
        let (at, is_there, before) = (label.at, label.is_there, label.env.take());
        if !is_there {
            let mut env = env.clone();
            before.into_iter().for_each(|before| env.join(&before, &mut self.symbols));
            self.label_of(name, ctx).env = Some(env);
        }
        self.graph.ok(entry, at);
        Some(Out::default())
    }

    /// Going to a label that a script does not have ends it with failure.
    pub(super) fn end_labels(&mut self, ctx: &Ctx) {
        let missing = |((of, _), label): (&(NodeId, String), &Label)| (*of == ctx.exit_ok && !label.is_there).then_some(label.at);
        let missing: Vec<NodeId> = self.labels.iter().filter_map(missing).collect();
        missing.into_iter().for_each(|at| self.graph.ok(at, ctx.exit_fail));
        self.labels.retain(|(of, _), _| *of != ctx.exit_ok);
    }

    /// The label of that name in the script that is walked.
    fn label_of(&mut self, name: &str, ctx: &Ctx) -> &mut Label {
        let key = (ctx.exit_ok, name.trim_start_matches(':').to_ascii_lowercase());
        let graph = &mut self.graph;
        let new = || Label { at: graph.add(super::graph::NodeAction::None), env: None, is_there: false };
        self.labels.entry(key).or_insert_with(new)
    }
}
