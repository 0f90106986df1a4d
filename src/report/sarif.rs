//! SARIF 2.1.0, for code scanning.

use super::text::{harmless_json, shortened};
use super::{Report, Reported, Rule};
use crate::finding::{Confidence, Related, Severity, SuppressionKind};
use crate::source::Span;
use serde_json::{Value, json};
use std::io::{self, Write};

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let rules: Vec<_> = report.rules.iter().map(rule).collect();
    let results: Vec<_> = report.findings.iter().map(|r| result(report, r)).collect();
    let about = json!({"invocations": [{"executionSuccessful": true}]});
    writeln!(out, "{}", log(&rules, &results, about))
}

/// A log of one run, and what else is said of the run; safe to show in a terminal.
pub(crate) fn log(rules: &[Value], results: &[Value], about: Value) -> String {
    let mut run = json!({
        "tool": {"driver": {
            "name": "swaplint",
            "version": env!("CARGO_PKG_VERSION"),
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "informationUri": env!("CARGO_PKG_REPOSITORY"),
            "rules": rules,
        }},
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The root of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "results": results,
    });
    if let (Some(run), Value::Object(about)) = (run.as_object_mut(), about) {
        run.extend(about);
    }
    let document = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    });
    harmless_json(&format!("{document:#}")).into_owned()
}

fn rule(rule: &Rule) -> Value {
    let description = if rule.description.is_empty() { &rule.title } else { &rule.description };
    let doc = if rule.doc.is_empty() { description } else { &rule.doc };
    let mut value = json!({
        "id": format!("swaplint/{}", rule.id),
        "name": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": description},
        "help": {"text": description, "markdown": doc},
        "defaultConfiguration": {"level": level(rule.severity)},
        "properties": {
            "tags": ["security", "supply-chain", rule.family],
            "security-severity": security_severity(rule.severity),
            "precision": precision(rule.confidence),
            "persona": rule.persona.name(),
        },
    });
    if let Some(url) = &rule.url {
        value["helpUri"] = json!(url);
    }
    value
}

fn result(report: &Report<'_>, reported: &Reported) -> Value {
    let finding = &reported.finding;
    let mut location = json!({"physicalLocation": physical(report, finding.span)});
    if let Some(execution) = &finding.context.execution {
        let full = match &finding.context.step {
            Some(step) => format!("{execution}/{step}"),
            None => execution.clone(),
        };
        location["logicalLocations"] = json!([{"name": execution, "fullyQualifiedName": full}]);
    }
    let message = shortened(&finding.message);
    let text = if finding.help.is_empty() { message.clone() } else { format!("{message}. {}", finding.help) };
    let mut value = json!({
        "ruleId": format!("swaplint/{}", finding.rule),
        "level": level(finding.severity),
        "message": {"text": text},
        "locations": [location],
        "partialFingerprints": {"swaplintFingerprint/v1": reported.fingerprint},
        "suppressions": finding.suppressed.iter().map(|s| json!({
            "kind": if s.kind == SuppressionKind::Inline { "inSource" } else { "external" },
            "status": "accepted",
            "justification": s.reason,
        })).collect::<Vec<_>>(),
        "properties": {
            "severity": finding.severity.name(),
            "confidence": finding.confidence.name(),
            "persona": finding.persona.name(),
            "security-severity": security_severity(finding.severity),
            "evidence": finding.evidence,
        },
    });
    if let Some(index) = report.rules.iter().position(|r| *r.id == *finding.rule) {
        value["ruleIndex"] = json!(index);
    }
    if !finding.related.is_empty() {
        value["relatedLocations"] = related(report, &finding.related);
        value["codeFlows"] = code_flow(report, reported);
    }
    value
}

fn related(report: &Report<'_>, places: &[Related]) -> Value {
    let place = |(id, r): (usize, &Related)| json!({"id": id, "physicalLocation": physical(report, r.span), "message": {"text": r.message}});
    places.iter().enumerate().map(place).collect()
}

/// The story in order; the finding itself is its end.
fn code_flow(report: &Report<'_>, reported: &Reported) -> Value {
    let finding = &reported.finding;
    let step =
        |span: Span, text: &str| json!({"location": {"physicalLocation": physical(report, span), "message": {"text": text}}});
    let mut locations: Vec<_> = finding.related.iter().map(|r| step(r.span, &r.message)).collect();
    locations.push(step(finding.span, &shortened(&finding.message)));
    json!([{"threadFlows": [{"locations": locations}]}])
}

fn physical(report: &Report<'_>, span: Span) -> Value {
    let (start, end) = report.sources.positions(span);
    json!({
        "artifactLocation": {"uri": encoded(&report.sources.get(span.file).path), "uriBaseId": "%SRCROOT%"},
        "region": {
            "startLine": start.line,
            "startColumn": start.column,
            "endLine": end.line,
            "endColumn": end.column,
            "byteOffset": start.offset,
            "byteLength": end.offset - start.offset,
        },
    })
}

/// A path as a relative URI reference.
pub(crate) fn encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            _ => {
                use std::fmt::Write as _;
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

pub(crate) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// As code scanning buckets it: from 7.0 high, from 4.0 medium, above 0 low.
pub(crate) fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "8.0",
        Severity::Medium => "5.0",
        Severity::Low => "2.0",
        Severity::Info => "0.0",
    }
}

fn precision(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "high",
        Confidence::Medium => "medium",
        Confidence::Low => "low",
    }
}
