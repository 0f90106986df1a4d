//! Comments that accept a finding: `# swaplint: ignore[rule-a,family-b] reason`, in YAML, in scripts inside of it, in Groovy (`//`).
//!
//! A comment applies to its own line or, alone on its line, to the next line of code. One that does nothing is reported.

use crate::finding::{Finding, Suppression, SuppressionKind};
use crate::source::{FileId, SourceFile, Sources, Span};
use crate::suggest;
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

static COMMENT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?:^|\s)(?:#|//)\s*(swaplint:\s*ignore\b(?:\[([^\]]*)\])?)(.*)$").ok());

/// What an ignore may name.
pub struct Known<'a> {
    /// Rules by id, with their families.
    pub rules: Vec<(&'a str, &'a str)>,
    /// Whether a rule was run, so that its silence means something.
    pub ran: &'a dyn Fn(&str) -> bool,
    /// Makes a finding of the linter itself: rule id, message, help, place.
    pub own: &'a dyn Fn(&str, String, String, Span) -> Finding,
}

/// One id in one comment.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ignore {
    /// Rule or family.
    id: String,
    id_span: Span,
    reason: String,
    /// The line that it is about.
    line: u32,
}

/// Marks the findings that comments accept, and adds those about comments that do nothing.
pub fn apply(sources: &Sources, files: &[FileId], findings: &mut Vec<Finding>, known: &Known<'_>) {
    let mut by_file: BTreeMap<FileId, Vec<usize>> = BTreeMap::new();
    for (index, finding) in findings.iter().enumerate() {
        by_file.entry(finding.span.file).or_default().push(index);
    }
    let files: BTreeSet<FileId> = files.iter().copied().collect();
    let mut added = Vec::new();
    for file in files {
        let (ignores, bare) = ignores(file, sources.get(file));
        let help = "name the rule or family: `swaplint: ignore[rule-id] reason`".to_owned();
        added.extend(
            bare.into_iter().map(|s| (known.own)("unknown-ignore", "the ignore names no rule".to_owned(), help.clone(), s)),
        );
        for ignore in ignores {
            let indices = by_file.get(&file).map(Vec::as_slice).unwrap_or_default();
            added.extend(apply_one(&ignore, sources, indices, findings, known));
        }
    }
    findings.extend(added);
}

/// The finding about the ignore itself, if it has no effect.
fn apply_one(
    ignore: &Ignore,
    sources: &Sources,
    indices: &[usize],
    findings: &mut [Finding],
    known: &Known<'_>,
) -> Option<Finding> {
    let id = ignore.id.as_str();
    let mut named = known.rules.iter().filter(|(rule, family)| *rule == id || *family == id).peekable();
    if named.peek().is_none() {
        let names = known.rules.iter().flat_map(|(rule, family)| [*rule, *family]);
        let message = format!("there is no rule or family `{id}`{}", suggest::did_you_mean(id, names));
        let help = "`swaplint rules` lists them".to_owned();
        return Some((known.own)("unknown-ignore", message, help, ignore.id_span));
    }
    let mut used = false;
    for index in indices {
        let finding = &mut findings[*index];
        let (start, end) = sources.positions(finding.span);
        let is_meant = (finding.rule == id || finding.family == id) && !finding.always_shown;
        if is_meant && (start.line..=end.line).contains(&ignore.line) {
            used = true;
            let suppression = || Suppression { kind: SuppressionKind::Inline, reason: ignore.reason.clone() };
            finding.suppressed.get_or_insert_with(suppression);
        }
    }
    if used || !named.any(|(rule, _)| (known.ran)(rule)) {
        return None;
    }
    let message = format!("`{id}` reports nothing at line {}, to which this ignore applies", ignore.line);
    let help = "remove it, or move it to the line of the finding".to_owned();
    let mut finding = (known.own)("unused-ignore", message, help, ignore.id_span);
    finding.anchor = format!("{id} {}", ignore.reason);
    Some(finding)
}

/// The ignores of a file, and the places of those that name nothing.
fn ignores(file: FileId, source: &SourceFile) -> (Vec<Ignore>, Vec<Span>) {
    let (mut ignores, mut bare) = (Vec::new(), Vec::new());
    let Some(regex) = COMMENT.as_ref().filter(|_| source.text.contains("swaplint:")) else { return (ignores, bare) };
    let lines: Vec<&str> = source.text.lines().collect();
    for (index, line) in lines.iter().enumerate().filter(|(_, l)| l.contains("swaplint:")) {
        let Some(captures) = regex.captures(line) else { continue };
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let start = source.line_range(number).map_or(0, |r| r.start);
        let place = |range: std::ops::Range<usize>| Span::new(file, start + range.start..start + range.end);
        let ids = captures.get(2).map(|m| (m.start(), m.as_str())).filter(|(_, ids)| !ids.trim().is_empty());
        let Some((mut at, ids)) = ids else {
            bare.extend(captures.get(1).map(|m| place(m.range())));
            continue;
        };
        let reason = captures.get(3).map(|m| m.as_str().trim()).unwrap_or_default();
        let applies_to = if is_comment(line) { next_code(&lines, index) } else { number };
        for part in ids.split(',') {
            let id = part.trim();
            let first = at + part.len() - part.trim_start().len();
            if !id.is_empty() {
                let (id, reason) = (id.to_owned(), reason.to_owned());
                ignores.push(Ignore { id_span: place(first..first + id.len()), id, reason, line: applies_to });
            }
            at += part.len() + 1;
        }
    }
    (ignores, bare)
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with('#') || line.starts_with("//")
}

/// 1-based line of the first line of code below.
fn next_code(lines: &[&str], index: usize) -> u32 {
    let below = lines[index + 1..].iter().position(|l| !l.trim().is_empty() && !is_comment(l)).unwrap_or(0);
    u32::try_from(index + 2 + below).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Confidence, Context, Persona, Severity};

    fn finding(rule: &str, message: String, span: Span) -> Finding {
        Finding {
            rule: rule.into(),
            family: "signing".into(),
            severity: Severity::Low,
            confidence: Confidence::High,
            persona: Persona::Regular,
            message,
            help: String::new(),
            span,
            context: Context::default(),
            evidence: BTreeMap::new(),
            related: Vec::new(),
            suppressed: None,
            always_shown: false,
            anchor: String::new(),
        }
    }

    /// Applies the comments of `text` to findings of `sign-by-tag` at each `X`; gives the reasons and the added messages.
    fn applied(text: &str) -> (Vec<Option<String>>, Vec<String>) {
        let sources = Sources::new();
        let file = sources.add("a.yml", text);
        let places: Vec<_> = text.match_indices('X').map(|(at, _)| Span::new(file, at..at + 1)).collect();
        let mut findings: Vec<_> = places.iter().map(|s| finding("sign-by-tag", String::new(), *s)).collect();
        let known = Known {
            rules: vec![("sign-by-tag", "signing"), ("copy-by-tag", "copy"), ("not-run", "copy")],
            ran: &|rule| rule != "not-run",
            own: &|rule, message, _, span| finding(rule, message, span),
        };
        apply(&sources, &[file], &mut findings, &known);
        let added = findings.split_off(places.len()).into_iter();
        let reasons = findings.into_iter().map(|f| f.suppressed.map(|s| s.reason)).collect();
        (reasons, added.map(|f| format!("{}: {}", f.rule, f.message)).collect())
    }

    #[test]
    fn comments_apply_to_their_line_or_the_next_code() {
        let (reasons, added) = applied(
            "a: X # swaplint: ignore[sign-by-tag] same line\n# swaplint: ignore[signing] above\n\n# more\nb: X\n\
             c: X // swaplint:ignore[ copy-by-tag , sign-by-tag ] two\nd: X\n",
        );
        assert_eq!(reasons, [Some("same line".into()), Some("above".into()), Some("two".into()), None]);
        assert_eq!(added, ["unused-ignore: `copy-by-tag` reports nothing at line 6, to which this ignore applies"]);
    }

    #[test]
    fn unknown_and_bare_ignores_are_reported() {
        let (_, added) =
            applied("# swaplint: ignore[sing-by-tag]\n# swaplint: ignore all\na: b # swaplint: ignore[not-run] later\n");
        assert_eq!(
            added,
            [
                "unknown-ignore: the ignore names no rule",
                "unknown-ignore: there is no rule or family `sing-by-tag`, did you mean `sign-by-tag`?"
            ]
        );
        let (_, added) = applied("url: http://x#swaplint: ignore[sign-by-tag]\n");
        assert!(added.is_empty(), "no comment");
    }
}
