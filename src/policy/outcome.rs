//! What a rule hands back, checked, as findings. Nothing is guessed: an unknown key or place is an error of the rule.

use super::RuleInfo;
use crate::facts::{Event, EventKind, Facts, Handoff, HandoffEnd, Origin};
use crate::finding::{Context, Evidence, Finding, Persona, Related};
use crate::source::{Sources, Span};
use crate::suggest;
use regorus::Value;
use regorus::value::Object;
use std::str::FromStr;
use std::sync::Arc;

const KEYS: &[&str] = &[
    "span",
    "message",
    "help",
    "severity",
    "confidence",
    "persona",
    "related",
    "evidence",
    "event",
    "execution",
    "step",
    "anchor",
];

/// The findings of one rule on one pipeline, and what is wrong with results that are none.
pub(super) fn findings(rule: &RuleInfo, value: &Value, facts: &Facts, sources: &Sources) -> (Vec<Finding>, Vec<String>) {
    let results: Vec<&Value> = match value {
        Value::Undefined => Vec::new(),
        Value::Set(set) => set.iter_sorted().collect(),
        Value::Array(array) => array.iter().collect(),
        _ => return (Vec::new(), vec![format!("it gives {}, not a set of results", kind(value))]),
    };
    let mut found = Vec::new();
    let mut wrong = Vec::new();
    for result in results {
        match (Reader { facts, sources, rule }).finding(result) {
            Ok((finding, call)) => {
                found.extend(call.map(|call| at_the_call(&finding, call, sources)));
                found.push(finding);
            }
            Err(message) => wrong.push(message),
        }
    }
    (found, wrong)
}

struct Reader<'a> {
    facts: &'a Facts,
    sources: &'a Sources,
    rule: &'a RuleInfo,
}

/// The same for who audits the pipeline: what a line of its own file leads to in another file.
fn at_the_call(finding: &Finding, call: Span, sources: &Sources) -> Finding {
    let mut related = vec![Related { span: finding.span, message: "it happens here".to_owned() }];
    related.extend(finding.related.iter().filter(|r| r.span != call).cloned());
    let path = &sources.get(finding.span.file).path;
    let message = format!("through `{path}`: {}", finding.message);
    let anchor = format!("{}\n{}", sources.text(call), finding.anchor);
    let happens_at = Some(finding.span);
    Finding { message, span: call, persona: Persona::Auditor, related, happens_at, anchor, ..finding.clone() }
}

impl Reader<'_> {
    /// The finding, and where the pipeline's own file leads to it if it stands in another.
    fn finding(&self, result: &Value) -> Result<(Finding, Option<Span>), String> {
        let Value::Object(object) = result else { return Err(format!("a result is {}, not an object", kind(result))) };
        for key in object.keys_sorted() {
            let name = text_of(key).ok_or("a key of a result is not text")?;
            if !KEYS.contains(&name) {
                return Err(format!("a result has an unknown key `{name}`{}", suggest::did_you_mean(name, KEYS.iter().copied())));
            }
        }
        let span = self.span(object, "span")?.ok_or("a result has no `span`")?;
        let message = text(object, "message")?.filter(|m| !m.trim().is_empty()).ok_or("a result has no `message`")?;
        let event = self.event(object)?;
        let context = Context {
            execution: text(object, "execution")?.or_else(|| event.map(|e| e.execution.clone())).filter(|s| !s.is_empty()),
            step: text(object, "step")?.or_else(|| event.map(|e| e.step.clone())).filter(|s| !s.is_empty()),
        };
        let mut related = self.related(object)?;
        related.extend(event.and_then(|e| self.start_of(e, span)));
        let calls: Vec<Span> = event.map(|e| self.calls(e)).unwrap_or_default();
        for call in &calls {
            if related.iter().all(|r| r.span != *call) {
                related.push(Related { span: *call, message: "run from here".to_owned() });
            }
        }
        let anchor = match text(object, "anchor")? {
            Some(anchor) => anchor,
            None => self.anchor(span, event),
        };
        let finding = Finding {
            rule: Arc::clone(&self.rule.id),
            family: Arc::clone(&self.rule.family),
            severity: graded(object, "severity")?.unwrap_or(self.rule.severity),
            confidence: graded(object, "confidence")?.unwrap_or(self.rule.confidence),
            persona: graded(object, "persona")?.unwrap_or(self.rule.persona),
            message: message.trim().to_owned(),
            help: text(object, "help")?.unwrap_or_default().trim().to_owned(),
            span,
            context,
            evidence: evidence(object, event)?,
            related: self.story(event, related),
            happens_at: None,
            suppressed: None,
            always_shown: false,
            anchor,
        };
        Ok((finding, calls.first().copied().filter(|c| c.file != span.file)))
    }

    /// Where what is taken was left comes first, then what the rule says; a place is told once, in the rule's words.
    fn story(&self, event: Option<&Event>, mut told: Vec<Related>) -> Vec<Related> {
        let Some(event) = event else { return told };
        let handoff = self.facts.handoffs.iter().find(|h| h.consumer.event == Some(event.id));
        let Some((handoff, producer)) = handoff.and_then(|h| Some((h, h.producer.as_ref()?))) else { return told };
        let Some(span) = self.facts.spans.get(producer.span as usize).copied() else { return told };
        if told.iter().all(|r| r.span != span) {
            told.insert(0, Related { span, message: left(self.facts, handoff, producer) });
        }
        told
    }

    fn span(&self, object: &Object, key: &str) -> Result<Option<Span>, String> {
        let Some(value) = object.get(&Value::from(key)) else { return Ok(None) };
        let place = value.as_u64().ok().and_then(|id| self.facts.spans.get(usize::try_from(id).ok()?));
        place.copied().map(Some).ok_or_else(|| format!("`{key}` is {value}, which is no place of this pipeline"))
    }

    /// The first line of a command, or the action, that began lines before the place of the finding.
    fn start_of(&self, event: &Event, span: Span) -> Option<Related> {
        let whole = *self.facts.spans.get(event.span as usize).filter(|w| w.file == span.file)?;
        let message = match event.origin {
            Origin::Action => "in this action",
            _ if span.range().end <= whole.range().end => "in this command",
            _ => return None,
        };
        let start = whole.range().start;
        let line = Span::new(whole.file, start..start + self.sources.text(whole).lines().next()?.len());
        (span.range().start > line.range().end).then(|| Related { span: line, message: message.to_owned() })
    }

    fn event(&self, object: &Object) -> Result<Option<&Event>, String> {
        let Some(value) = object.get(&Value::from("event")) else { return Ok(None) };
        let event = value.as_u64().ok().and_then(|id| self.facts.events.values().flatten().find(|e| u64::from(e.id) == id));
        event.map(Some).ok_or_else(|| format!("`event` is {value}, which is no event of this pipeline"))
    }

    /// How the pipeline comes to an event in another file.
    fn calls(&self, event: &Event) -> Vec<Span> {
        event.calls.iter().filter_map(|id| self.facts.spans.get(*id as usize).copied()).collect()
    }

    fn related(&self, object: &Object) -> Result<Vec<Related>, String> {
        let Some(value) = object.get(&Value::from("related")) else { return Ok(Vec::new()) };
        let Value::Array(places) = value else { return Err(format!("`related` is {}, not an array", kind(value))) };
        let place = |place: &Value| {
            let Value::Object(place) = place else { return Err("an entry of `related` is not an object".to_owned()) };
            if place.len() != 2 {
                return Err("an entry of `related` has `span` and `message` and nothing else".to_owned());
            }
            let span = self.span(place, "span")?.ok_or("an entry of `related` has no `span`")?;
            let message = text(place, "message")?.ok_or("an entry of `related` has no `message`")?;
            Ok(Related { span, message })
        };
        places.iter().map(place).collect()
    }

    /// The normalised text of the command, and of the place in it. Whole pipelines and executions change with every edit:
    /// there the context has to do.
    fn anchor(&self, span: Span, event: Option<&Event>) -> String {
        let whole = std::iter::once(self.facts.pipeline.span).chain(self.facts.executions.iter().map(|e| e.span));
        if whole.into_iter().any(|id| self.facts.spans.get(id as usize) == Some(&span)) {
            return String::new();
        }
        let command = event.and_then(|e| self.facts.spans.get(e.span as usize)).filter(|c| **c != span);
        let places = command.into_iter().chain(std::iter::once(&span));
        let texts: Vec<_> = places.map(|s| self.sources.text(*s).split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        texts.join("\n")
    }
}

/// "pushed here, in execution `build`"
fn left(facts: &Facts, handoff: &Handoff, producer: &HandoffEnd) -> String {
    let done = match producer.does {
        EventKind::Push => "pushed",
        EventKind::Copy | EventKind::Retag => "copied",
        EventKind::Publish => "published",
        _ => "left",
    };
    match producer.event {
        Some(_) => format!("{done} here, in `{}`", producer.execution),
        None if producer.pipeline == facts.pipeline.path => format!("{done} here"),
        None if handoff.same_name => format!("{done} here, by another pipeline"),
        None => format!("perhaps {done} here, by another pipeline"),
    }
}

/// The rule's own values beside what the event is about.
fn evidence(object: &Object, event: Option<&Event>) -> Result<Evidence, String> {
    let mut evidence = Evidence::default();
    if let Some(event) = event {
        evidence.insert("tool", event.tool.clone());
        if !event.verb.is_empty() {
            evidence.insert("verb", event.verb.clone());
        }
        if let Some(reference) = event.reference.as_ref().or(event.source.as_ref()) {
            evidence.insert("reference", reference.text.clone());
            evidence.insert("resolved", reference.resolved.clone());
        }
        if let Some(destination) = &event.destination {
            evidence.insert("destination", destination.resolved.clone());
        }
    }
    let Some(value) = object.get(&Value::from("evidence")) else { return Ok(evidence) };
    let Value::Object(values) = value else { return Err(format!("`evidence` is {}, not an object", kind(value))) };
    for (key, value) in values.iter_sorted() {
        let key = text_of(key).ok_or("a key of `evidence` is not text")?;
        let value = serde_json::to_value(value).map_err(|e| format!("`evidence.{key}`: {e}"))?;
        evidence.insert(key.to_owned(), value);
    }
    Ok(evidence)
}

fn text_of(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

fn text(object: &Object, key: &str) -> Result<Option<String>, String> {
    match object.get(&Value::from(key)) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.to_string())),
        Some(other) => Err(format!("`{key}` is {}, not text", kind(other))),
    }
}

fn graded<T: FromStr<Err = String>>(object: &Object, key: &str) -> Result<Option<T>, String> {
    text(object, key)?.map(|word| word.parse().map_err(|e| format!("`{key}`: {e}"))).transpose()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "an array",
        Value::Set(_) => "a set",
        Value::Object(_) => "an object",
        Value::Undefined => "undefined",
    }
}
