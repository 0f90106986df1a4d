//! `swaplint.report.v1`, the public machine format.

use super::text::harmless_json;
use super::{FileEntry, HandoffCounts, Report, Reported};
use crate::finding::{Confidence, Evidence, Persona, Severity, Suppression};
use crate::source::{self, Sources, Span};
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};
use std::io::{self, Write};

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    tool: Tool,
    summary: Summary,
    #[serde(serialize_with = "findings")]
    findings: &'a Report<'a>,
    files: &'a [FileEntry],
    #[serde(serialize_with = "handoffs")]
    handoffs: &'a Report<'a>,
}

// One after the other: together they take more room than all that they are made of.
fn findings<S: serde::Serializer>(report: &Report<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(report.listed().map(|reported| finding(report, reported)))
}

fn handoffs<S: serde::Serializer>(report: &Report<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(report.handoffs.iter().map(|told| told.json(report.sources)))
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Summary {
    files: usize,
    pipelines: usize,
    unparsable: usize,
    findings: Counts,
    suppressed: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_new: Option<usize>,
    handoffs: HandoffCounts,
}

#[derive(Serialize)]
struct Counts {
    high: usize,
    medium: usize,
    low: usize,
    info: usize,
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    rule: &'a str,
    family: &'a str,
    severity: Severity,
    confidence: Confidence,
    persona: Persona,
    message: &'a str,
    help: &'a str,
    path: &'a str,
    span: JsonSpan,
    context: JsonContext<'a>,
    evidence: &'a Evidence,
    related: Vec<JsonRelated<'a>>,
    fingerprint: &'a str,
    suppressed: Option<&'a Suppression>,
    url: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonContext<'a> {
    execution: Option<&'a str>,
    step: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonRelated<'a> {
    path: &'a str,
    span: JsonSpan,
    message: &'a str,
}

#[derive(Serialize)]
pub(super) struct JsonSpan {
    start: JsonPosition,
    end: JsonPosition,
}

#[derive(Serialize)]
struct JsonPosition {
    line: u32,
    column: u32,
    offset: u32,
}

impl JsonSpan {
    pub(super) fn of(span: Span, sources: &Sources) -> Self {
        let (start, end) = sources.positions(span);
        JsonSpan { start: start.into(), end: end.into() }
    }
}

impl From<source::Position> for JsonPosition {
    fn from(at: source::Position) -> Self {
        JsonPosition { line: at.line, column: at.column, offset: at.offset }
    }
}

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let counts = report.counts();
    let of = |severity| counts.get(&severity).copied().unwrap_or(0);
    let document = Document {
        schema: "swaplint.report.v1",
        tool: Tool { name: "swaplint", version: env!("CARGO_PKG_VERSION") },
        summary: Summary {
            files: report.files.len(),
            pipelines: report.pipelines,
            unparsable: report.files.iter().filter(|f| f.status == "unparsable").count(),
            findings: Counts {
                high: of(Severity::High),
                medium: of(Severity::Medium),
                low: of(Severity::Low),
                info: of(Severity::Info),
            },
            suppressed: report.suppressed(),
            not_new: report.not_new,
            handoffs: report.handoff_counts,
        },
        findings: report,
        files: report.files,
        handoffs: report,
    };
    document.serialize(&mut Serializer::with_formatter(&mut *out, Harmless(PrettyFormatter::new())))?;
    writeln!(out)
}

pub(super) fn write_lines(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for reported in report.listed() {
        finding(report, reported).serialize(&mut Serializer::with_formatter(&mut *out, Harmless(CompactFormatter)))?;
        writeln!(out)?;
    }
    Ok(())
}

fn finding<'a>(report: &'a Report<'_>, reported: &'a Reported) -> JsonFinding<'a> {
    let finding = &reported.finding;
    let related = finding.related.iter().map(|r| JsonRelated {
        path: &report.sources.get(r.span.file).path,
        span: JsonSpan::of(r.span, report.sources),
        message: &r.message,
    });
    JsonFinding {
        rule: &finding.rule,
        family: &finding.family,
        severity: finding.severity,
        confidence: finding.confidence,
        persona: finding.persona,
        message: &finding.message,
        help: &finding.help,
        path: &report.sources.get(finding.span.file).path,
        span: JsonSpan::of(finding.span, report.sources),
        context: JsonContext { execution: finding.context.execution.as_deref(), step: finding.context.step.as_deref() },
        evidence: &finding.evidence,
        related: related.collect(),
        fingerprint: &reported.fingerprint,
        suppressed: finding.suppressed.as_ref(),
        url: report.rule(&finding.rule).and_then(|r| r.url.as_deref()),
    }
}

/// Strings in which nothing does anything to a terminal or a runner that prints them.
struct Harmless<F>(F);

/// Forms of these only differ in what stands between values.
macro_rules! as_inside {
    ($($method:ident($($given:ident: $type:ty),*)),*) => {
        $(fn $method<W: ?Sized + Write>(&mut self, out: &mut W $(, $given: $type)*) -> io::Result<()> {
            self.0.$method(out $(, $given)*)
        })*
    };
}

impl<F: Formatter> Formatter for Harmless<F> {
    as_inside!(
        begin_array(), end_array(), begin_array_value(first: bool), end_array_value(),
        begin_object(), end_object(), begin_object_key(first: bool), end_object_key(), begin_object_value(), end_object_value()
    );

    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        out.write_all(harmless_json(fragment).as_bytes())
    }
}
