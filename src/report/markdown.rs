//! Markdown, for job summaries and comments: findings by severity, then the handoffs, open windows first.

use super::text::{neutral, quoted, shortened};
use super::{Report, Reported, Told, plural, word};
use crate::facts::{Handoff, HandoffEnd, Window};
use crate::finding::Severity;
use crate::source::Span;
use std::fmt::Write as _;

/// Room that is kept for headings and for saying what was left out, in bytes.
const RESERVE: usize = 1024;

/// The whole report in at most `room` bytes; rows that do not fit are counted instead.
pub(super) fn text(report: &Report<'_>, room: usize) -> String {
    let mut page = Page { text: String::new(), room: room.saturating_sub(RESERVE) };
    let _ = writeln!(page.text, "## swaplint\n\n{}", report.summary());
    for severity in Severity::ALL.iter().rev() {
        let findings: Vec<_> =
            report.findings.iter().filter(|r| r.finding.severity == *severity && r.finding.suppressed.is_none()).collect();
        page.table(&format!("{} ({})", capital(severity.name()), findings.len()), FINDINGS, &findings, |r| row(report, r));
    }
    let suppressed: Vec<_> = report.listed().filter(|r| r.finding.suppressed.is_some()).collect();
    page.table(&format!("Suppressed ({})", suppressed.len()), SUPPRESSED, &suppressed, |r| suppressed_row(report, r));
    let mut handoffs: Vec<_> = report.handoffs.iter().collect();
    handoffs.sort_by_key(|told| match told.handoff.window {
        Window::Open => 0,
        Window::Unknown => 1,
        Window::Closed => 2,
    });
    let windows = report.handoff_counts;
    let title = format!("Handoffs ({} open, {} unknown, {} closed)", windows.open, windows.unknown, windows.closed);
    page.table(&title, HANDOFFS, &handoffs, |told| handoff(report, told));
    page.text
}

const FINDINGS: &[&str] = &["Place", "Rule", "What", "What to do"];
const SUPPRESSED: &[&str] = &["Place", "Rule", "What", "Why it is accepted"];
const HANDOFFS: &[&str] = &["Window", "Artifact", "Lies in", "Left by", "Taken by", "Why"];

struct Page {
    text: String,
    room: usize,
}

impl Page {
    /// Nothing at all if there are no entries.
    fn table<T>(&mut self, title: &str, columns: &[&str], entries: &[T], row: impl Fn(&T) -> Vec<String>) {
        if entries.is_empty() {
            return;
        }
        let _ = writeln!(self.text, "\n### {title}\n\n| {} |\n|{}", columns.join(" | "), "---|".repeat(columns.len()));
        for (index, entry) in entries.iter().enumerate() {
            let line = format!("| {} |\n", row(entry).join(" | "));
            if self.text.len() + line.len() > self.room {
                let _ = writeln!(self.text, "\n{} left out: there is no room.", plural(entries.len() - index, "row"));
                return;
            }
            self.text.push_str(&line);
        }
    }
}

fn row(report: &Report<'_>, reported: &Reported) -> Vec<String> {
    let finding = &reported.finding;
    let mut what = prose(&shortened(&finding.message));
    for line in report.story(finding) {
        let _ = write!(what, "<br>{}", prose(&line));
    }
    vec![place(report, reported), rule(report, &finding.rule), what, prose(&finding.help)]
}

fn suppressed_row(report: &Report<'_>, reported: &Reported) -> Vec<String> {
    let finding = &reported.finding;
    let reason = finding.suppressed.as_ref().map(|s| prose(&s.reason)).unwrap_or_default();
    vec![place(report, reported), rule(report, &finding.rule), prose(&shortened(&finding.message)), reason]
}

fn place(report: &Report<'_>, reported: &Reported) -> String {
    let span = reported.finding.span;
    code(&format!("{}:{}", report.sources.get(span.file).path, report.sources.positions(span).0.line))
}

fn rule(report: &Report<'_>, id: &str) -> String {
    match report.rule(id).and_then(|r| r.url.as_deref()).filter(|url| !url.contains(['(', ')', '<', '>', ' ', '|'])) {
        Some(url) => format!("[{}]({url})", prose(id)),
        None => prose(id),
    }
}

fn handoff(report: &Report<'_>, told: &Told) -> Vec<String> {
    let Handoff { window, artifact, carrier, reason, producer, consumer, .. } = &told.handoff;
    let words = |choice: String| prose(&choice.replace('-', " "));
    let shown = if *window == Window::Open { "**open**".to_owned() } else { prose(&word(window)) };
    let producer = producer.as_ref().map_or_else(|| "nobody known here".to_owned(), |p| end(report, p, told.producer));
    let consumer = end(report, consumer, told.consumer);
    vec![shown, code(artifact), words(word(carrier)), producer, consumer, words(word(reason))]
}

/// `push` in `build`, at its place.
fn end(report: &Report<'_>, end: &HandoffEnd, place: Option<Span>) -> String {
    let place = place.map(|span| format!("{}:{}", report.sources.get(span.file).path, report.sources.positions(span).0.line));
    let (does, place) = (prose(&word(end.does)), code(&place.unwrap_or_default()));
    match end.execution.as_str() {
        "" => format!("{does}, {place}"),
        execution => format!("{does} in {}, {place}", code(execution)),
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

/// A message, its quoted values as code.
fn prose(text: &str) -> String {
    quoted(&neutral(text)).map(|(is_quoted, part)| if is_quoted { code(part) } else { plain(part) }).collect()
}

/// A value as code. Where Markdown cannot quote it in a table, HTML does.
fn code(text: &str) -> String {
    let text = neutral(text);
    if text.trim().is_empty() {
        return plain(&text);
    }
    let is_simple = !text.contains(['`', '|', '\\', '<', '>', '&', '[', ']']);
    if is_simple { format!("`{text}`") } else { format!("<code>{}</code>", plain(&text)) }
}

/// Text in which nothing is Markdown, HTML, a mention or a link.
fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '@' => safe.push_str("@<!-- -->"),
            '`' | '|' | '\\' | '*' | '_' | '[' | ']' | '~' | '#' | '$' | '!' => {
                let _ = write!(safe, "&#{};", u32::from(c));
            }
            '/' if safe.ends_with(':') => safe.push_str("&#47;"),
            '.' if safe.len() > 2 && safe.as_bytes()[safe.len() - 3..].eq_ignore_ascii_case(b"www") => safe.push_str("&#46;"),
            c => safe.push(c),
        }
    }
    safe
}
