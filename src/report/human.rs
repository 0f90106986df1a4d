//! For people: the exact characters underlined, the places of the story numbered in order, why it matters, what to do.

use super::{Report, Reported, neutral, neutral_in_place};
use crate::finding::Severity;
use crate::source::{FileId, SourceFile, Span};
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan,
    SpanContents,
};
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};

/// Spans over more lines are shown by their first line.
const MAX_LINES: u32 = 12;
/// Lines longer than this (minified, generated) are not shown.
const MAX_COLUMNS: usize = 1000;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let theme = if report.color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_wrap_lines(false).with_context_lines(1);
    let mut files = BTreeMap::new();
    for reported in report.listed() {
        let spans = std::iter::once(reported.finding.span).chain(reported.finding.related.iter().map(|r| r.span));
        for file in spans.map(|s| s.file) {
            files.entry(file).or_insert_with(|| Shown::new(report.sources.get(file)));
        }
        let mut text = String::new();
        for snippet in Snippet::all(reported, &files) {
            handler.render_report(&mut text, &snippet).map_err(|_| io::Error::other("a snippet cannot be rendered"))?;
        }
        out.write_all(text.as_bytes())?;
        write_words(report, reported, out)?;
    }
    Ok(())
}

/// What stands below the snippet.
fn write_words(report: &Report<'_>, reported: &Reported, out: &mut dyn Write) -> io::Result<()> {
    let finding = &reported.finding;
    let label = |word: &str| if report.color { format!("\u{1b}[36m{word}:\u{1b}[0m") } else { format!("{word}:") };
    let why = report.rule(&finding.rule).map(|r| r.description.as_str()).unwrap_or_default();
    if !why.is_empty() {
        writeln!(out, "  {}  {}", label("why"), neutral(first_sentence(why)))?;
    }
    if !finding.help.is_empty() {
        writeln!(out, "  {} {}", label("help"), neutral(&finding.help))?;
    }
    if let Some(suppressed) = &finding.suppressed {
        writeln!(out, "  {} {}", label("suppressed"), neutral(&suppressed.reason))?;
    }
    writeln!(out)
}

fn first_sentence(text: &str) -> &str {
    text.split_inclusive(". ").next().unwrap_or(text).trim_end()
}

/// A file with everything hostile replaced, byte by byte.
#[derive(Debug)]
struct Shown(SourceFile);

impl Shown {
    fn new(file: &SourceFile) -> Self {
        Shown(SourceFile::new(neutral(&file.path), neutral_in_place(&file.text).into()))
    }

    /// The bytes to underline, if they can be shown.
    fn underlined(&self, span: Span) -> Option<SourceSpan> {
        let range = span.range();
        let (first, last) = (self.0.line_of(range.start), self.0.line_of(range.end.saturating_sub(1).max(range.start)));
        let first_line = self.0.line_range(first)?;
        let end = if last - first >= MAX_LINES { first_line.end.max(range.start) } else { range.end };
        let longest = (first..=self.0.line_of(end)).filter_map(|l| self.0.line_range(l)).map(|r| r.len()).max();
        (longest? <= MAX_COLUMNS).then(|| SourceSpan::from((range.start, end - range.start)))
    }
}

impl SourceCode for Shown {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let text = &*self.0.text;
        let end = span.offset() + span.len();
        if end > text.len() {
            return Err(MietteError::OutOfBounds);
        }
        let clamped = |lines: usize| u32::try_from(lines).unwrap_or(u32::MAX);
        let first = self.0.line_of(span.offset()).saturating_sub(clamped(before)).max(1);
        let last_line = self.0.line_of(text.len());
        let last = self.0.line_of(end.saturating_sub(1).max(span.offset())).saturating_add(clamped(after)).min(last_line);
        let start = self.0.line_range(first).map_or(0, |r| r.start);
        let stop = self.0.line_range(last + 1).map_or(text.len(), |r| r.start).max(end);
        let shown = SourceSpan::from((start, stop - start));
        // Without context it is asked for the position that the header shows.
        let column = if before == 0 { self.0.position(span.offset()).column as usize - 1 } else { 0 };
        let (line, count) = (first as usize - 1, last_line as usize);
        let data = &text.as_bytes()[start..stop];
        Ok(Box::new(MietteSpanContents::new_named(self.0.path.clone(), data, shown, line, column, count)))
    }
}

/// A finding, or a place of its story in another file, as miette draws it.
#[derive(Debug)]
struct Snippet<'a> {
    title: String,
    code: Option<String>,
    severity: miette::Severity,
    file: &'a Shown,
    labels: Vec<LabeledSpan>,
}

impl<'a> Snippet<'a> {
    /// The finding first, then the places in other files.
    fn all(reported: &Reported, files: &'a BTreeMap<FileId, Shown>) -> Vec<Self> {
        let finding = &reported.finding;
        let file = &files[&finding.span.file];
        let mut labels = Vec::new();
        let mut elsewhere = Vec::new();
        for (number, related) in finding.related.iter().enumerate() {
            let text = format!("{}: {}", number + 1, neutral(&related.message));
            if related.span.file == finding.span.file {
                labels.extend(file.underlined(related.span).map(|s| LabeledSpan::new_with_span(Some(text), s)));
            } else {
                elsewhere.push(Self::place(text, related.span, files));
            }
        }
        let here = (!finding.related.is_empty()).then(|| format!("{}: here", finding.related.len() + 1));
        labels.extend(file.underlined(finding.span).map(|s| LabeledSpan::new_primary_with_span(here, s)));
        let severity = match finding.severity {
            Severity::High => miette::Severity::Error,
            Severity::Medium => miette::Severity::Warning,
            Severity::Low | Severity::Info => miette::Severity::Advice,
        };
        let code = Some(format!("{}[{}]", finding.severity, finding.rule));
        elsewhere.insert(0, Snippet { title: neutral(&finding.message), code, severity, file, labels });
        elsewhere
    }

    fn place(title: String, span: Span, files: &'a BTreeMap<FileId, Shown>) -> Self {
        let file = &files[&span.file];
        let labels = file.underlined(span).map(|s| LabeledSpan::new_primary_with_span(None, s)).into_iter().collect();
        Snippet { title, code: None, severity: miette::Severity::Advice, file, labels }
    }
}

impl fmt::Display for Snippet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title)?;
        if self.labels.is_empty() {
            write!(f, " ({})", self.file.0.path)?;
        }
        Ok(())
    }
}

impl std::error::Error for Snippet<'_> {}

impl Diagnostic for Snippet<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.as_ref().map(|c| Box::new(c) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.file)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty()).then(|| Box::new(self.labels.iter().cloned()) as Box<dyn Iterator<Item = LabeledSpan>>)
    }
}
