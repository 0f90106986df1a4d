//! Findings into text: for people, for editors and scripts, for other tools.
//!
//! A report depends on findings and sources alone. Whatever comes from a file is made harmless for whoever reads the form: terminals,
//! logs of CI systems, Markdown, XML.

mod concise;
mod github;
mod gitlab;
mod handoff;
mod human;
mod json;
mod junit;
mod markdown;
pub(crate) mod sarif;
mod shown;
mod text;

pub use handoff::{Guard, Told, word};
pub use text::{neutral, neutral_lines};

use crate::finding::{Confidence, Finding, Persona, Severity};
use crate::source::Sources;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
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
    /// Annotations by workflow commands of GitHub Actions; the job summary too, where there is one.
    Github,
    /// GitLab's code quality report.
    Gitlab,
    /// JUnit's XML: a suite a file, a failure a finding.
    Junit,
    /// Tables of findings and handoffs.
    Markdown,
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
    pub handoffs: &'a [Told],
    /// Their number by window.
    pub handoff_counts: HandoffCounts,
    /// Number of findings that are left out because they were there before; `None` if nobody asked.
    pub not_new: Option<usize>,
    /// Whether suppressed findings are listed.
    pub show_suppressed: bool,
    /// Whether escape sequences are wanted.
    pub color: bool,
    /// Characters in a line, for [`Form::Human`]; `None`: as many as it takes.
    pub width: Option<usize>,
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
            Form::Github => github::write(self, out),
            Form::Gitlab => gitlab::write(self, out),
            Form::Junit => junit::write(self, out),
            Form::Markdown => out.write_all(markdown::text(self, usize::MAX).as_bytes()),
        }
    }

    /// The report as Markdown in at most `room` bytes; what does not fit is counted.
    #[must_use]
    pub fn job_summary(&self, room: usize) -> String {
        markdown::text(self, room)
    }

    /// The findings that count.
    fn counted(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().map(|r| &r.finding).filter(|f| f.suppressed.is_none())
    }

    /// The other places of a finding, a line each, safe to print: `1: pushed here, in `build` (ci.yml:18)`.
    fn story(&self, finding: &Finding) -> impl Iterator<Item = String> {
        finding.related.iter().enumerate().map(|(number, related)| {
            let line = self.sources.positions(related.span).0.line;
            let path = neutral(&self.sources.get(related.span.file).path);
            format!("{}: {} ({path}:{line})", number + 1, neutral(&related.message))
        })
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
        for finding in self.counted() {
            *counts.entry(finding.severity).or_default() += 1;
        }
        counts
    }

    fn suppressed(&self) -> usize {
        self.findings.iter().filter(|r| r.finding.suppressed.is_some()).count()
    }

    /// The summary in lines that are as wide as the terminal.
    #[must_use]
    pub fn summary_lines(&self) -> Vec<String> {
        text::wrapped(&self.summary(), self.width, 0, 2).lines().map(str::to_owned).collect()
    }

    /// One line for people: `2 findings (1 high, 1 low) in 12 files, 3 suppressed; handoffs: 3 closed, 2 open, 1 unknown`.
    #[must_use]
    pub fn summary(&self) -> String {
        let counts = self.counts();
        let total: usize = counts.values().sum();
        let files = plural(self.files.len(), "file");
        let new = if self.not_new.is_some() { "new " } else { "" };
        let mut line = if total == 0 { format!("no {new}findings in {files}") } else { plural(total, &format!("{new}finding")) };
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
        if let Some(not_new) = self.not_new {
            let _ = write!(line, ", {not_new} not new");
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

/// Sorts findings (path, position, rule) and gives their fingerprints. Do this before anything is filtered: equal ones are told apart by
/// their number. `path` says how a file counts: by its path, or by the one that it has elsewhere.
#[must_use]
pub fn fingerprints<'p>(sources: &'p Sources, findings: &mut [Finding], path: &dyn Fn(&'p str) -> &'p str) -> Vec<String> {
    // In place: what a sort of so large things sets aside is as large as they are.
    let mut order: Vec<usize> = (0..findings.len()).collect();
    order.sort_by(|a, b| {
        let (a, b) = (&findings[*a], &findings[*b]);
        let key = |f: &Finding| (f.span.start, f.span.end);
        let paths = sources.get(a.span.file).path.cmp(&sources.get(b.span.file).path);
        paths.then(key(a).cmp(&key(b))).then_with(|| (&a.rule, &a.message).cmp(&(&b.rule, &b.message)))
    });
    for place in 0..order.len() {
        let mut from = order[place];
        while from < place {
            from = order[from];
        }
        order[place] = from;
        findings.swap(place, from);
    }
    // By the digest of what makes them equal: that itself can be a whole script.
    let mut equal: HashMap<[u8; 16], u32> = HashMap::new();
    let fingerprint = |finding: &Finding| {
        let context = &finding.context;
        let mut identity = Sha256::new();
        identity.update(&*finding.rule);
        for part in [
            path(&sources.get(finding.span.file).path),
            context.execution.as_deref().unwrap_or_default(),
            context.step.as_deref().filter(|name| !is_position(name)).unwrap_or_default(),
            &finding.anchor,
        ] {
            identity.update(b"\0");
            identity.update(part);
        }
        let mut key = [0; 16];
        key.copy_from_slice(&identity.clone().finalize()[..16]);
        let ordinal = equal.entry(key).or_default();
        *ordinal += 1;
        identity.update(format!("\0{ordinal}"));
        data_encoding::HEXLOWER.encode(&identity.finalize())
    };
    findings.iter().map(fingerprint).collect()
}

/// Whether a step has no name: its number changes when another step is put before it.
fn is_position(step: &str) -> bool {
    step.strip_prefix("step ").is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests;
