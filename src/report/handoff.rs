//! Handoffs as reports tell them: with paths and positions.

use super::json::JsonSpan;
use crate::facts::{Across, Artifact, Carrier, EventKind, Handoff, HandoffEnd, Window, WindowReason};
use crate::source::{Sources, Span};
use serde::Serialize;

/// A handoff with the places of its ends.
#[derive(Debug, Clone)]
pub struct Told {
    /// What the analysis says of it.
    pub handoff: Handoff,
    /// Where the artifact is left.
    pub producer: Option<Span>,
    /// Where it is taken.
    pub consumer: Option<Span>,
    /// The verifications that close its window.
    pub guards: Vec<Guard>,
}

/// A verification that closes the window of a handoff.
#[derive(Debug, Clone)]
pub struct Guard {
    /// The tool or action.
    pub tool: String,
    /// What of it.
    pub verb: String,
    /// Id of the execution.
    pub execution: String,
    /// Step.
    pub step: String,
    /// Where.
    pub place: Option<Span>,
}

/// A handoff in `swaplint.report.v1`.
#[derive(Serialize)]
pub(super) struct JsonHandoff<'a> {
    across: Across,
    artifact: &'a str,
    carrier: Carrier,
    consumer: JsonEnd<'a>,
    guards: Vec<JsonGuard<'a>>,
    kind: Artifact,
    producer: Option<JsonEnd<'a>>,
    reason: WindowReason,
    window: Window,
}

#[derive(Serialize)]
struct JsonEnd<'a> {
    does: EventKind,
    execution: &'a str,
    pipeline: &'a str,
    place: Option<JsonPlace<'a>>,
    step: &'a str,
    tool: &'a str,
}

#[derive(Serialize)]
struct JsonGuard<'a> {
    execution: &'a str,
    place: Option<JsonPlace<'a>>,
    step: &'a str,
    tool: &'a str,
    verb: &'a str,
}

/// Path and position; lines and columns are 1-based.
#[derive(Serialize)]
struct JsonPlace<'a> {
    path: &'a str,
    span: JsonSpan,
}

impl Told {
    pub(super) fn json<'a>(&'a self, sources: &'a Sources) -> JsonHandoff<'a> {
        let Handoff { across, carrier, kind, reason, window, .. } = self.handoff;
        let place = |span: Option<Span>| {
            span.map(|span| JsonPlace { path: &sources.get(span.file).path, span: JsonSpan::of(span, sources) })
        };
        let end = |end: &'a HandoffEnd, span| JsonEnd {
            does: end.does,
            execution: &end.execution,
            pipeline: &end.pipeline,
            place: place(span),
            step: &end.step,
            tool: &end.tool,
        };
        let guard = |guard: &'a Guard| JsonGuard {
            execution: &guard.execution,
            place: place(guard.place),
            step: &guard.step,
            tool: &guard.tool,
            verb: &guard.verb,
        };
        JsonHandoff {
            across,
            artifact: &self.handoff.artifact,
            carrier,
            consumer: end(&self.handoff.consumer, self.consumer),
            guards: self.guards.iter().map(guard).collect(),
            kind,
            producer: self.handoff.producer.as_ref().map(|p| end(p, self.producer)),
            reason,
            window,
        }
    }
}

/// The word that reports have for one of several possibilities: `registry-tag`.
#[must_use]
pub fn word(choice: impl Serialize) -> String {
    match serde_json::to_value(choice) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
