//! GitLab's code quality report: the widget in merge requests compares it by fingerprint.

use super::text::{harmless_json, shortened};
use super::{Report, Reported};
use crate::finding::Severity;
use serde_json::json;
use std::io::{self, Write};

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let counted = report.findings.iter().filter(|r| r.finding.suppressed.is_none());
    let issue = |reported: &Reported| {
        let finding = &reported.finding;
        let (start, end) = report.sources.positions(finding.span);
        json!({
            "type": "issue",
            "categories": ["Security"],
            "check_name": finding.rule,
            "description": shortened(&finding.message),
            "content": {"body": finding.help},
            "fingerprint": reported.fingerprint,
            "severity": severity(finding.severity),
            "location": {
                "path": report.sources.get(finding.span.file).path,
                "lines": {"begin": start.line, "end": end.line},
            },
        })
    };
    let issues: Vec<_> = counted.map(issue).collect();
    writeln!(out, "{}", harmless_json(&serde_json::to_string_pretty(&issues)?))
}

/// `blocker` is left to people.
fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
        Severity::Info => "info",
    }
}
