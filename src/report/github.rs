//! Workflow commands of GitHub Actions: each finding an annotation at its lines.
//!
//! Escaped as actions/toolkit does (`packages/core/src/command.ts`), so that nothing in a file becomes a command of its own.

use super::Report;
use super::text::{neutral, shortened};
use crate::finding::Severity;
use std::io::{self, Write};

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.counted() {
        let (start, end) = report.sources.positions(finding.span);
        let command = match finding.severity {
            Severity::High => "error",
            Severity::Medium => "warning",
            Severity::Low | Severity::Info => "notice",
        };
        let file = property(&report.sources.get(finding.span.file).path);
        let title = property(&format!("swaplint/{}", finding.rule));
        let mut lines = vec![shortened(&neutral(&finding.message))];
        lines.extend(report.story(finding));
        if !finding.help.is_empty() {
            lines.push(format!("help: {}", neutral(&finding.help)));
        }
        let (line, end_line, column) = (start.line, end.line, start.column);
        write!(out, "::{command} file={file},line={line},endLine={end_line},col={column},title={title}")?;
        writeln!(out, "::{}", data(&lines.join("\n")))?;
    }
    Ok(())
}

/// A value before the second `::`. Line breaks of a file's name are kept: GitHub looks the file up.
fn property(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(|l| l.split('\r').map(neutral).collect::<Vec<_>>().join("\r")).collect();
    data(&lines.join("\n")).replace(':', "%3A").replace(',', "%2C")
}

/// What comes after it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}
