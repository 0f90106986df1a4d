//! Findings into text: for people, for editors and scripts, for other tools.
//!
//! A report depends on findings and sources alone. Everything that comes from a file is neutralised before a terminal sees it.

mod concise;
mod human;
mod json;
mod sarif;

use crate::finding::{Confidence, Finding, Persona, Severity};
use crate::source::Sources;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

/// Forms of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// For people: the source underlined.
    Human,
    /// One line a finding: `path:line:col: severity rule message`.
    Concise,
    /// `swaplint.report.v1`.
    Json,
    /// The findings of `json`, one a line.
    Ndjson,
    /// SARIF 2.1.0.
    Sarif,
}

/// What a report says about a rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Kebab-case id.
    pub id: String,
    /// Its family.
    pub family: String,
    /// A short sentence.
    pub title: String,
    /// Why it matters.
    pub description: String,
    /// Default grade.
    pub severity: Severity,
    /// Default grade.
    pub confidence: Confidence,
    /// Default grade.
    pub persona: Persona,
    /// The page, in Markdown.
    pub doc: String,
    /// Where the page is on the web.
    pub url: Option<String>,
}

/// A finding with what makes it the same one in the next run.
#[derive(Debug, Clone)]
pub struct Reported {
    /// The finding.
    pub finding: Finding,
    /// 64 hexadecimal digits.
    pub fingerprint: String,
}

/// A file that was looked at.
#[derive(Debug, Clone, Serialize)]
pub struct FileEntry {
    /// Relative to the repository.
    pub path: String,
    /// Its format, if it was understood.
    pub format: Option<&'static str>,
    /// `checked` or `unparsable`.
    pub status: &'static str,
}

/// Handoffs by their window.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct HandoffCounts {
    /// Nobody can swap the artifact.
    pub closed: usize,
    /// Somebody can.
    pub open: usize,
    /// Not known.
    pub unknown: usize,
}

/// Everything that a report is made of.
pub struct Report<'a> {
    /// The files.
    pub sources: &'a Sources,
    /// What is reported, in order, suppressed findings included.
    pub findings: &'a [Reported],
    /// The rules that ran.
    pub rules: &'a [Rule],
    /// The files that were looked at.
    pub files: &'a [FileEntry],
    /// Number of pipelines in them.
    pub pipelines: usize,
    /// The artifacts' ways from hand to hand, as the analysis describes them.
    pub handoffs: &'a [serde_json::Value],
    /// Their number by window.
    pub handoff_counts: HandoffCounts,
    /// Whether suppressed findings are listed.
    pub show_suppressed: bool,
    /// Whether escape sequences are wanted.
    pub color: bool,
}

impl Report<'_> {
    /// Writes the report.
    ///
    /// # Errors
    /// If the output cannot be written.
    pub fn write(&self, form: Form, out: &mut dyn Write) -> io::Result<()> {
        match form {
            Form::Human => human::write(self, out),
            Form::Concise => concise::write(self, out),
            Form::Json => json::write(self, out),
            Form::Ndjson => json::write_lines(self, out),
            Form::Sarif => sarif::write(self, out),
        }
    }

    /// The findings to list: suppressed ones only on request.
    fn listed(&self) -> impl Iterator<Item = &Reported> {
        self.findings.iter().filter(|r| self.show_suppressed || r.finding.suppressed.is_none())
    }

    fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|r| r.id == id)
    }

    /// Number of findings that count, by severity.
    fn counts(&self) -> BTreeMap<Severity, usize> {
        let mut counts: BTreeMap<_, _> = Severity::ALL.iter().map(|s| (*s, 0)).collect();
        for reported in self.findings.iter().filter(|r| r.finding.suppressed.is_none()) {
            *counts.entry(reported.finding.severity).or_default() += 1;
        }
        counts
    }

    fn suppressed(&self) -> usize {
        self.findings.iter().filter(|r| r.finding.suppressed.is_some()).count()
    }

    /// One line for people: `2 findings (1 high, 1 low) in 12 files, 3 suppressed; handoffs: 3 closed, 2 open, 1 unknown`.
    #[must_use]
    pub fn summary(&self) -> String {
        let counts = self.counts();
        let total: usize = counts.values().sum();
        let files = plural(self.files.len(), "file");
        let mut line = if total == 0 { format!("no findings in {files}") } else { plural(total, "finding") };
        if total > 0 {
            let parts: Vec<_> = counts.iter().rev().filter(|(_, n)| **n > 0).map(|(s, n)| format!("{n} {s}")).collect();
            let _ = write!(line, " ({}) in {files}", parts.join(", "));
        }
        let unparsable = self.files.iter().filter(|f| f.status == "unparsable").count();
        if unparsable > 0 {
            let _ = write!(line, ", {unparsable} of them unparsable");
        }
        if self.suppressed() > 0 {
            let _ = write!(line, ", {} suppressed", self.suppressed());
        }
        let HandoffCounts { closed, open, unknown } = self.handoff_counts;
        if closed + open + unknown > 0 {
            let _ = write!(line, "; handoffs: {closed} closed, {open} open, {unknown} unknown");
        }
        line
    }
}

fn plural(n: usize, word: &str) -> String {
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}

/// Sorts findings (path, position, rule) and gives each its fingerprint. Do this before anything is filtered: equal ones are told
/// apart by their number.
#[must_use]
pub fn fingerprinted(sources: &Sources, mut findings: Vec<Finding>) -> Vec<Reported> {
    findings.sort_by(|a, b| {
        let key = |f: &Finding| (f.span.start, f.span.end);
        let paths = sources.get(a.span.file).path.cmp(&sources.get(b.span.file).path);
        paths.then(key(a).cmp(&key(b))).then_with(|| (&a.rule, &a.message).cmp(&(&b.rule, &b.message)))
    });
    let mut equal: BTreeMap<String, usize> = BTreeMap::new();
    let fingerprint = |finding: Finding| {
        let context = &finding.context;
        let parts = [
            finding.rule.as_str(),
            &sources.get(finding.span.file).path,
            context.execution.as_deref().unwrap_or_default(),
            context.step.as_deref().unwrap_or_default(),
            &finding.anchor,
        ];
        let identity = parts.join("\0");
        let ordinal = equal.entry(identity.clone()).or_default();
        *ordinal += 1;
        let digest = Sha256::digest(format!("{identity}\0{ordinal}"));
        let hex = digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        Reported { finding, fingerprint: hex }
    };
    findings.into_iter().map(fingerprint).collect()
}

/// A character that a terminal (or a reader) must not get from a file: controls, and marks that reorder text.
fn is_hostile(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}' | '\u{2028}' | '\u{2029}')
}

/// One line of text that is safe to print: hostile characters escaped.
#[must_use]
pub fn neutral(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => safe.push(' '),
            c if is_hostile(c) => safe.extend(c.escape_unicode()),
            c => safe.push(c),
        }
    }
    safe
}

/// The whole text with each hostile character replaced by a harmless one of as many bytes, so that offsets stay.
fn neutral_in_place(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let line_break = c == '\r' && chars.peek() == Some(&'\n');
        safe.push(match c.len_utf8() {
            _ if line_break || !is_hostile(c) => c,
            1 => '?',
            2 => '¿',
            _ => '\u{fffd}',
        });
    }
    safe
}

#[cfg(test)]
mod tests;
