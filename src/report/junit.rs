//! JUnit's XML: a suite a file, a failed case a finding; a file without findings is a case that passes.
//!
//! It has no time of its own, so that two runs print the same.

use super::text::{neutral, shortened};
use super::{Report, Reported};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut suites: BTreeMap<&str, Vec<&Reported>> = report.files.iter().map(|f| (f.path.as_str(), Vec::new())).collect();
    for reported in report.listed() {
        suites.entry(&report.sources.get(reported.finding.span.file).path).or_default().push(reported);
    }
    let failures = |cases: &[&Reported]| cases.iter().filter(|r| r.finding.suppressed.is_none()).count();
    let tests: usize = suites.values().map(|cases| cases.len().max(1)).sum();
    let failed: usize = suites.values().map(|cases| failures(cases)).sum();
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(out, r#"<testsuites name="swaplint" tests="{tests}" failures="{failed}" errors="0" time="0">"#)?;
    for (path, cases) in &suites {
        let (tests, failed) = (cases.len().max(1), failures(cases));
        let (path, skipped) = (escaped(path), cases.len() - failed);
        let counts = format!(r#"tests="{tests}" failures="{failed}" errors="0" skipped="{skipped}" time="0""#);
        writeln!(out, r#"  <testsuite name="{path}" {counts}>"#)?;
        if cases.is_empty() {
            writeln!(out, r#"    <testcase classname="{path}" name="no findings" time="0"/>"#)?;
        }
        for reported in cases {
            out.write_all(case(report, reported, &path).as_bytes())?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

/// `path` is escaped already.
fn case(report: &Report<'_>, reported: &Reported, path: &str) -> String {
    let finding = &reported.finding;
    let (start, _) = report.sources.positions(finding.span);
    let (rule, message, severity) = (escaped(&finding.rule), escaped(&shortened(&finding.message)), finding.severity);
    let place = format!("{}:{}", start.line, start.column);
    let mut text = format!("    <testcase classname=\"{path}\" name=\"{rule} at {place}\" time=\"0\">\n");
    match &finding.suppressed {
        Some(suppressed) => {
            let _ = writeln!(text, r#"      <skipped message="{}"/>"#, escaped(&suppressed.reason));
        }
        None => {
            let _ = writeln!(text, r#"      <failure type="{rule}" message="{message}">"#);
            let _ = writeln!(text, "{severity} {rule} at {path}:{place}\n{message}");
            for line in report.story(finding) {
                let _ = writeln!(text, "{}", escaped(&line));
            }
            if !finding.help.is_empty() {
                let _ = writeln!(text, "help: {}", escaped(&finding.help));
            }
            text.push_str("</failure>\n");
        }
    }
    text + "    </testcase>\n"
}

/// One line, for text and attributes alike. XML cannot hold the two characters that are none.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in neutral(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}
