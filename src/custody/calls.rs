//! Definitions of the repository that a step uses: composite actions, Tekton's step actions, methods of shared libraries.

use super::env::Env;
use super::graph::NodeId;
use super::interpret::Walk;
use super::model::Subject;
use super::scope::Scope;
use super::steps::identity;
use super::text::Text;
use super::value::Value;
use crate::facts::{Artifact, EventKind};
use crate::pipeline::{Call, DefinitionKind, Expr, Pipeline, Step};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// Definitions within definitions that are followed.
const MAX_CALLS: usize = 8;
/// The output of a step that is what the method that it calls gives.
const RESULT: &str = "result";

impl Walk<'_> {
    /// A step by its name alone: a definition of the repository's library, or one that nothing is known of.
    pub(super) fn library_step(
        &mut self,
        path: &str,
        call: &Call,
        step: &Step,
        entry: NodeId,
        scope: &mut Scope,
        files: &mut Env,
    ) -> (NodeId, NodeId) {
        let ends = match self.world.files.pipeline(path) {
            Some(found) => self.local_action(Some(found), call, entry, scope, files),
            None => {
                self.unseen = true;
                self.hand_to_call(call, scope);
                self.loads_download(path, call, entry, files);
                // What is a variable of no library is most often a plugin's.
                if !path.starts_with("vars/") {
                    let is_class = path.starts_with("src/") || path.contains("/src/");
                    let why = if is_class { super::unread::NO_CLASS } else { super::unread::NO_SCRIPT };
                    self.noted(call.definition.text.span(), why);
                }
                let (_, ok, fail) = self.single(entry);
                (ok, fail)
            }
        };
        self.result_of(call, step);
        ends
    }

    /// `load 'x.groovy'` of a file that was downloaded.
    fn loads_download(&mut self, path: &str, call: &Call, node: NodeId, files: &Env) {
        if self.holds_fetched(&Text::literal(path), files) {
            let (value, span) = (Value::literal(path), call.definition.text.span());
            let text = path.to_owned();
            let file = Subject { artifact: Artifact::File, value, text, span, is_local: false, is_default: false };
            self.executed(EventKind::Run, "load", file, node, (span, self.place.conditional));
        }
    }

    /// What a step of a library gives, if nothing is known of it: the same value wherever it is written the same.
    pub(super) fn result_of(&mut self, call: &Call, step: &Step) {
        if call.definition.kind == DefinitionKind::Library && !self.outputs.contains_key(RESULT) {
            let written = self.world.sources.text(step.span).to_owned();
            let unknown = self.unknown(written.trim());
            self.outputs.insert(RESULT.to_owned(), unknown);
        }
    }

    /// Walks a composite action of the repository in place.
    pub(super) fn local_action(
        &mut self,
        found: Option<Arc<Pipeline>>,
        call: &Call,
        entry: NodeId,
        scope: &mut Scope,
        files: &mut Env,
    ) -> (NodeId, NodeId) {
        let Some(pipeline) = found else {
            // A step that no file of the repository defines is most often a plugin's.
            if call.definition.kind != DefinitionKind::Library {
                self.opaque(call.definition.text.span(), "what it uses is not in this repository");
            }
            self.hand_to_call(call, scope);
            let (_, ok, fail) = self.single(entry);
            return (ok, fail);
        };
        if self.calls.len() >= MAX_CALLS || self.calls.contains(&identity(&pipeline)) {
            self.opaque(call.definition.text.span(), "actions use each other too deeply to be followed");
            return (entry, self.point());
        }
        if self.budget == 0 {
            self.opaque(call.definition.text.span(), super::unread::TOO_MANY);
            return (entry, self.point());
        }
        let inputs = self.given(&call.inputs, scope);
        let own = format!("{}.{}", scope.execution, self.place.step).into();
        let mut inner = Scope {
            env: scope.env.clone(),
            matrix: scope.matrix.clone(),
            fixed: Rc::clone(&scope.fixed),
            ..Scope::new(&pipeline, Rc::clone(&scope.prefix), own, Rc::new(inputs))
        };
        let calls = self.enter_call(call.definition.text.span(), pipeline.file);
        self.calls.push(identity(&pipeline));
        let mut ends = (entry, self.point());
        let (part, executions) = pipeline.entered_by(call);
        for execution in executions {
            self.budget = self.budget.saturating_sub(1 + execution.steps.len());
            self.bind(&execution.env, &mut inner);
            let (ok, fail) = self.steps(&execution.steps, ends.0, false, &mut inner, files);
            self.graph.ok(fail, ends.1);
            ends.0 = ok;
            let outputs = execution.outputs.iter().map(|o| (o.name.clone(), self.text(&o.value, &inner))).collect();
            self.execution_outputs.insert(format!("{}{}", inner.prefix, execution.id), outputs);
        }
        self.calls.pop();
        self.place.calls = calls;
        let mut outputs = BTreeMap::new();
        for output in pipeline.outputs.iter().filter(|o| part.is_none_or(|part| o.name == part)) {
            let name = if part.is_some() { RESULT } else { &output.name };
            if !matches!(&output.value.holes[..], [hole] if matches!(*hole.expr, Expr::Opaque(_))) {
                outputs.insert(name.to_owned(), self.text(&output.value, &inner));
            }
        }
        self.outputs = outputs;
        // What a composite action exports is exported by the step that uses it.
        for (name, value) in &inner.env {
            if scope.env.get(name) != Some(value) {
                self.exported.insert(name.clone(), value.clone());
            }
        }
        ends
    }
}
