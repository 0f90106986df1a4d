//! One line a finding, as compilers print them.

use super::Report;
use super::text::{leading_path, neutral, shortened};
use std::io::{self, Write};

/// `path:line:col: severity rule message`
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for reported in report.listed() {
        let finding = &reported.finding;
        let (start, _) = report.sources.positions(finding.span);
        let path = leading_path(&report.sources.get(finding.span.file).path);
        let (severity, rule, message) = (finding.severity, &finding.rule, shortened(&neutral(&finding.message)));
        write!(out, "{path}:{}:{}: {severity} {rule} {message}", start.line, start.column)?;
        match &finding.suppressed {
            Some(suppressed) => writeln!(out, " (suppressed: {})", neutral(&suppressed.reason))?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}
