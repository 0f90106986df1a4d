//! For people: the exact characters underlined, the places of the story numbered in order, why it matters, what to do.

use super::shown::Shown;
use super::text::{neutral, shortened, shortened_advice, wrapped};
use super::{Report, Reported};
use crate::finding::Severity;
use crate::source::{FileId, Span};
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, SourceSpan, ThemeCharacters, ThemeStyles,
};
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::rc::Rc;

/// What stands left of the source: the line's number, a bar, spaces, the brackets of spans over more lines.
const GUTTER: usize = 11;
/// What stands between the middle of what is underlined and its label.
const ARROW: usize = 6;
/// The least room of a label.
const NARROW: usize = 20;
/// What stands left of the title: `  × `.
const TITLE: usize = 4;

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    // The terminal's own colors: they can be read on its background, be it light or dark.
    let styles = if report.color { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let theme = GraphicalTheme { characters: ThemeCharacters::unicode(), styles };
    // Lines are broken here: miette would break paths as well.
    let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_context_lines(1).with_wrap_lines(false);
    let mut files = BTreeMap::new();
    for reported in report.listed() {
        let spans = std::iter::once(reported.finding.span).chain(reported.finding.related.iter().map(|r| r.span));
        for file in spans.map(|s| s.file) {
            files.entry(file).or_insert_with(|| Rc::new(Shown::new(report.sources.get(file))));
        }
        let mut text = String::new();
        for snippet in Snippet::all(reported, &files, report.width) {
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
    let why = report.rule(&finding.rule).map(|r| first_sentence(&r.description)).unwrap_or_default();
    let accepted = finding.suppressed.as_ref().map(|s| s.reason.as_str()).unwrap_or_default();
    for (label, words) in [("why", why), ("help", &finding.help), ("suppressed", accepted)] {
        if words.is_empty() {
            continue;
        }
        let indent = label.len().max(4) + 4;
        let space = " ".repeat(indent - label.len() - 3);
        let words = wrapped(&shortened_advice(&neutral(words)), report.width, indent, indent);
        match report.color {
            true => writeln!(out, "  \u{1b}[36m{label}:\u{1b}[0m{space}{words}")?,
            false => writeln!(out, "  {label}:{space}{words}")?,
        }
    }
    writeln!(out)
}

/// The room that a label needs at least: that of its longest word, or of all of it if that is little.
fn longest(label: &str) -> usize {
    let word = label.split(' ').map(|word| word.chars().count()).max().unwrap_or_default();
    word.max(label.chars().count().min(NARROW)).min(2 * NARROW)
}

fn first_sentence(text: &str) -> &str {
    text.split_inclusive(". ").next().unwrap_or(text).trim_end()
}

/// A finding, or a place of its story in another file, as miette draws it.
#[derive(Debug)]
struct Snippet {
    title: String,
    code: Option<String>,
    severity: miette::Severity,
    file: Rc<Shown>,
    labels: Vec<LabeledSpan>,
}

impl Snippet {
    /// The finding first, then the places in other files.
    fn all(reported: &Reported, files: &BTreeMap<FileId, Rc<Shown>>, width: Option<usize>) -> Vec<Self> {
        let finding = &reported.finding;
        let mut here = Vec::new();
        let mut elsewhere = Vec::new();
        let mut own = None;
        for (number, related) in finding.related.iter().enumerate() {
            let text = format!("{}: {}", number + 1, shortened(&neutral(&related.message)));
            if related.span == finding.span {
                // What is said of the place itself is said there, and not beside a second mark.
                here.extend(own.replace(text).map(|before| (related.span, Some(before))));
            } else if related.span.file == finding.span.file {
                here.push((related.span, Some(text)));
            } else {
                let place = Snippet::of(text, &files[&related.span.file], &[(related.span, None)], width);
                elsewhere.push(place);
            }
        }
        let last = (!finding.related.is_empty()).then(|| format!("{}: here", finding.related.len() + 1));
        here.push((finding.span, own.or(last)));
        let mut first = Snippet::of(shortened(&neutral(&finding.message)), &files[&finding.span.file], &here, width);
        first.code = Some(format!("{}[{}]", finding.severity, finding.rule));
        first.severity = match finding.severity {
            Severity::High => miette::Severity::Error,
            Severity::Medium => miette::Severity::Warning,
            Severity::Low | Severity::Info => miette::Severity::Advice,
        };
        elsewhere.insert(0, first);
        elsewhere
    }

    /// Places in a file; the last one is what it is about.
    fn of(title: String, file: &Rc<Shown>, places: &[(Span, Option<String>)], width: Option<usize>) -> Self {
        let shown: Vec<_> =
            places.iter().enumerate().filter_map(|(n, (span, text))| Some((n, file.underlined(*span)?, text))).collect();
        let spans: Vec<SourceSpan> = shown.iter().map(|(_, span, _)| *span).collect();
        // Where a label would not fit behind what it is about, lines are cut to bring that nearer to the beginning.
        let fits = |cut: &Option<(Shown, Vec<SourceSpan>)>, width: usize| {
            let (file, spans) = cut.as_ref().map_or((&**file, &spans), |(file, spans)| (file, spans));
            let end = |text: &str, span: &SourceSpan| file.middle(span) + GUTTER + ARROW + longest(text);
            shown.iter().zip(spans).all(|((_, _, text), span)| text.as_ref().is_none_or(|text| end(text, span) <= width))
        };
        let cut = width.and_then(|w| {
            let room = w.saturating_sub(GUTTER).max(NARROW);
            let rooms = (0..=3).map(|n| room.saturating_sub(8 * n)).filter(|r| *r == room || *r >= 2 * NARROW);
            let mut cuts = rooms.map(|room| file.cut_to(room, &spans));
            let first = cuts.next().flatten();
            if fits(&first, w) { first } else { cuts.find(|cut| fits(cut, w)).unwrap_or(first) }
        });
        let (file, spans) = match cut {
            Some((file, spans)) => (Rc::new(file), spans),
            None => (Rc::clone(file), spans),
        };
        let label = |((number, _, text), span): (&(usize, SourceSpan, &Option<String>), SourceSpan)| {
            let room = width.map(|w| w.saturating_sub(file.middle(&span) + GUTTER + ARROW).max(NARROW));
            let text = text.as_ref().map(|t| wrapped(t, room, 0, 3));
            match number + 1 == places.len() {
                true => LabeledSpan::new_primary_with_span(text, span),
                false => LabeledSpan::new_with_span(text, span),
            }
        };
        let labels = shown.iter().zip(spans).map(label).collect();
        let title = wrapped(&title, width.map(|w| w.saturating_sub(TITLE)), 0, 0);
        Snippet { title, code: None, severity: miette::Severity::Advice, file, labels }
    }
}

impl fmt::Display for Snippet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.title)?;
        if self.labels.is_empty() {
            write!(f, " ({})", self.file.path())?;
        }
        Ok(())
    }
}

impl std::error::Error for Snippet {}

impl Diagnostic for Snippet {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.as_ref().map(|c| Box::new(c) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&*self.file)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty()).then(|| Box::new(self.labels.iter().cloned()) as Box<dyn Iterator<Item = LabeledSpan>>)
    }
}
