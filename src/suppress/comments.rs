//! Comments: `# swaplint: ignore[rule-a,family-b] until=2027-01-31 reason`, in YAML, in scripts inside of it, in Groovy (`//`).
//!
//! A comment applies to its own line or, alone on its line, to the next line of code; if that is the first line of a step, to the
//! whole step.

use super::{Known, accept, is_meant};
use crate::date::Date;
use crate::finding::{Finding, SuppressionKind};
use crate::source::{FileId, SourceFile, Span};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::LazyLock;

static COMMENT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?:^|\s)(?:#|//)\s*([Ss]waplint:\s*([A-Za-z-]+)(?:\s*\[([^\]]*)\])?)(.*)$").ok());

/// Whether some comment may stand in a text.
fn is_marked(text: &str) -> bool {
    ["swaplint:", "Swaplint:"].iter().any(|mark| text.contains(mark))
}

/// One comment.
struct Comment {
    span: Span,
    /// What it asks for, if that is not `ignore`.
    other: Option<String>,
    /// Rules and families, with their places.
    ids: Vec<(String, Span)>,
    reason: String,
    /// The last day, or why it is none.
    until: Option<Result<Date, String>>,
    /// The lines that it is about, 1-based.
    lines: RangeInclusive<u32>,
}

pub(super) fn apply(findings: &mut Vec<Finding>, known: &Known<'_>) {
    let mut by_file: BTreeMap<FileId, Vec<usize>> = BTreeMap::new();
    for (index, finding) in findings.iter().enumerate() {
        by_file.entry(finding.span.file).or_default().push(index);
    }
    let files: BTreeSet<FileId> = match known.whole {
        true => known.sources.iter().map(|(file, _)| file).filter(|file| *file != known.config_file).collect(),
        false => known.checked.iter().chain(by_file.keys()).copied().collect(),
    };
    let mut added = Vec::new();
    for file in files.into_iter().filter(|f| is_marked(&known.sources.get(*f).text)) {
        let steps = Steps::of(file, known);
        let indices = by_file.get(&file).map(Vec::as_slice).unwrap_or_default();
        for comment in comments(file, known.sources.get(file), &steps) {
            let mut judge = Judge { known, steps: &steps, indices, findings: &mut *findings, added: &mut added };
            judge.comment(&comment);
        }
    }
    findings.extend(added);
}

/// What becomes of one comment.
struct Judge<'a> {
    known: &'a Known<'a>,
    steps: &'a Steps,
    /// The findings of the file.
    indices: &'a [usize],
    findings: &'a mut [Finding],
    added: &'a mut Vec<Finding>,
}

impl Judge<'_> {
    fn comment(&mut self, comment: &Comment) {
        let mut unknown = |message: &str, help: &str, span| {
            self.added.push(self.known.about("unknown-ignore", message.to_owned(), help, span, message));
        };
        if let Some(other) = &comment.other {
            let message = format!("`{other}` is nothing that a comment can ask for");
            return unknown(&message, "accept findings with `swaplint: ignore[rule-id] reason`", comment.span);
        }
        if comment.ids.is_empty() {
            return unknown(
                "the ignore names no rule",
                "name the rule or family: `swaplint: ignore[rule-id] reason`",
                comment.span,
            );
        }
        if let Some(Err(message)) = &comment.until {
            return unknown(message, "write the last day on which it is accepted: `until=2027-01-31`", comment.span);
        }
        if self.known.config.require_reason && comment.reason.is_empty() {
            let ids: Vec<_> = comment.ids.iter().map(|(id, _)| id.as_str()).collect();
            let message = "the ignore gives no reason, so it does not count".to_owned();
            let help = "say after the bracket why this is accepted here";
            return self.added.push(self.known.about("unexplained-ignore", message, help, comment.span, &ids.join(",")));
        }
        for (id, span) in &comment.ids {
            self.id(comment, id, *span);
        }
    }

    fn id(&mut self, comment: &Comment, id: &str, span: Span) {
        let known = self.known;
        if let Some(message) = known.unknown(id) {
            let anchor = message.clone();
            return self.added.push(known.about("unknown-ignore", message, "`swaplint rules` lists them", span, &anchor));
        }
        let hits: Vec<usize> = self.indices.iter().copied().filter(|i| self.fits(&self.findings[*i], comment, id)).collect();
        match comment.until {
            Some(Ok(until)) if until < known.today => {
                self.added.push(known.expired(&format!("`{id}`"), until, !hits.is_empty(), comment.span));
            }
            _ if !hits.is_empty() => self.accepts(comment, id, &hits),
            // Another pipeline may need what stands in a file that several follow.
            _ if (known.whole || known.checked.contains(&span.file)) && known.named(id).any(|rule| (known.ran)(rule)) => {
                self.unused(comment, id, span);
            }
            _ => {}
        }
    }

    /// Marks the findings, as far as the comment may: what accepts a finding must be trusted, or it is told itself.
    fn accepts(&mut self, comment: &Comment, id: &str, hits: &[usize]) {
        let trust = self.known.trust.as_ref();
        let (may, may_not): (Vec<usize>, Vec<usize>) = hits.iter().partition(|i| trust.is_none_or(|t| t.accepted.contains(i)));
        let until = comment.until.as_ref().and_then(|day| day.as_ref().ok().copied());
        may.into_iter().for_each(|i| accept(&mut self.findings[i], SuppressionKind::Inline, &comment.reason, until));
        if let (Some(trust), false) = (trust, may_not.is_empty()) {
            let message = format!("`{}` does not accept `{id}` here, so this ignore does not count", trust.name);
            let help = "repair what it hides; or let somebody who answers for it merge the ignore";
            let anchor = format!("{id} {}", comment.reason);
            self.added.push(self.known.about("gate-changed", message, help, comment.span, &anchor));
        }
    }

    /// Whether a comment is about a finding: it starts in the comment's lines, or reaches into them within one step (a command of
    /// several lines has room for a comment only behind its last).
    fn fits(&self, finding: &Finding, comment: &Comment, id: &str) -> bool {
        let (start, end) = self.known.sources.positions(finding.span);
        let overlaps = start.line <= *comment.lines.end() && *comment.lines.start() <= end.line;
        let together = || self.steps.around(start.line) == self.steps.around(*comment.lines.start());
        is_meant(finding, id) && (comment.lines.contains(&start.line) || overlaps && together())
    }

    fn unused(&mut self, comment: &Comment, id: &str, span: Span) {
        let line = *comment.lines.start();
        let open = self.indices.iter().map(|i| &self.findings[*i]).filter(|f| is_meant(f, id) && f.suppressed.is_none());
        let lines = open.map(|f| self.known.sources.positions(f.span).0.line);
        let (elsewhere, help) = match lines.min_by_key(|l| l.abs_diff(line)) {
            Some(near) => (format!(", but does at line {near}"), "move it to the line of the finding, or to the line above"),
            None => (String::new(), "remove it"),
        };
        let message = format!("`{id}` reports nothing at line {line}, to which this ignore applies{elsewhere}");
        self.added.push(self.known.about("unused-ignore", message, help, span, &format!("{id} {}", comment.reason)));
    }
}

/// The lines of a file's steps.
struct Steps(Vec<RangeInclusive<u32>>);

impl Steps {
    fn of(file: FileId, known: &Known<'_>) -> Self {
        let lines = |span: &Span| {
            let (start, end) = known.sources.positions(*span);
            start.line..=end.line
        };
        Steps(known.steps.iter().filter(|s| s.file == file).map(lines).collect())
    }

    /// The step that starts at a line; of several the longest.
    fn starting(&self, line: u32) -> Option<&RangeInclusive<u32>> {
        self.0.iter().filter(|s| *s.start() == line).max_by_key(|s| *s.end())
    }

    /// The innermost step around a line.
    fn around(&self, line: u32) -> Option<&RangeInclusive<u32>> {
        self.0.iter().filter(|s| s.contains(&line)).min_by_key(|s| s.end() - s.start())
    }
}

fn comments(file: FileId, source: &SourceFile, steps: &Steps) -> Vec<Comment> {
    let mut found = Vec::new();
    let Some(regex) = COMMENT.as_ref() else { return found };
    let lines: Vec<&str> = source.text.lines().collect();
    for (index, line) in lines.iter().enumerate().filter(|(_, l)| is_marked(l)) {
        let Some(captures) = regex.captures(line) else { continue };
        let (Some(whole), Some(verb)) = (captures.get(1), captures.get(2)) else { continue };
        let other = (!verb.as_str().eq_ignore_ascii_case("ignore")).then(|| verb.as_str().to_owned());
        if other.is_some() && captures.get(3).is_none() {
            continue; // somebody writes about it
        }
        let start = source.line_range(number(index)).map_or(0, |r| r.start);
        let place = |from: usize, to: usize| Span::new(file, start + from..start + to);
        let mut ids = Vec::new();
        if let Some(list) = captures.get(3) {
            let mut at = list.start();
            for part in list.as_str().split(',') {
                let (id, first) = (part.trim(), at + part.len() - part.trim_start().len());
                if !id.is_empty() {
                    ids.push((id.to_owned(), place(first, first + id.len())));
                }
                at += part.len() + 1;
            }
        }
        let tail = captures.get(4).map(|m| m.as_str()).unwrap_or_default();
        let (days, words): (Vec<&str>, Vec<&str>) = tail.split_whitespace().partition(|w| w.starts_with("until="));
        let until = days.first().map(|day| day["until=".len()..].parse::<Date>());
        let code = if is_comment(line) { next_code(&lines, index) } else { index };
        let first = number(code);
        let last = steps.starting(first).map_or_else(|| number(last_of_command(&lines, code)), |step| *step.end());
        let span = place(whole.start(), whole.end());
        found.push(Comment { span, other, ids, reason: words.join(" "), until, lines: first..=last });
    }
    found
}

/// 1-based.
fn number(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with('#') || line.starts_with("//")
}

/// The first line of code below.
fn next_code(lines: &[&str], index: usize) -> usize {
    index + 1 + lines[index + 1..].iter().position(|l| !l.trim().is_empty() && !is_comment(l)).unwrap_or(0)
}

/// The last line of a command that is continued from line to line.
fn last_of_command(lines: &[&str], index: usize) -> usize {
    let continued = |line: &&&str| line.trim_end().ends_with(['\\', '`', '^']);
    index + lines.get(index..).unwrap_or_default().iter().take_while(continued).count()
}
