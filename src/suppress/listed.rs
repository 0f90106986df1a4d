//! `ignore` of the config file: findings accepted by rule, path, execution and reference.

use super::{Known, accept, is_meant};
use crate::config::Accepted;
use crate::finding::{Finding, SuppressionKind};
use crate::source::Sources;
use crate::tools::glob::{Glob, Truth};

pub(super) fn apply(findings: &mut Vec<Finding>, known: &Known<'_>) {
    let config = known.config;
    let mut added = Vec::new();
    for entry in &config.ignore {
        let matcher = Matcher::new(entry);
        let hits: Vec<usize> = (0..findings.len()).filter(|i| matcher.fits(&findings[*i], known.sources)).collect();
        let names: Vec<_> = entry.rules.iter().map(|r| format!("`{}`", r.value)).collect();
        let place = || entry.place(known.config_file);
        match entry.until {
            Some(until) if until < known.today => {
                added.push(known.expired(&names.join(", "), until, !hits.is_empty(), place()));
            }
            _ if !hits.is_empty() => {
                hits.into_iter().for_each(|i| accept(&mut findings[i], SuppressionKind::Config, &entry.reason, entry.until));
            }
            _ if known.whole && entry.rules.iter().any(|id| known.named(id).any(|rule| (known.ran)(rule))) => {
                let message = format!("nothing that {} reports fits this entry", names.join(", "));
                let anchor = format!("{} {}", names.join(" "), entry.reason);
                added.push(known.about("unused-ignore", message, "remove it, or repair what it names", place(), &anchor));
            }
            _ => {}
        }
    }
    findings.extend(added);
}

struct Matcher<'a> {
    entry: &'a Accepted,
    is_about: Box<dyn Fn(&str) -> bool>,
    executions: Vec<Glob>,
    references: Vec<Glob>,
}

impl<'a> Matcher<'a> {
    fn new(entry: &'a Accepted) -> Self {
        let globs = |patterns: &[String]| patterns.iter().map(|p| Glob::new(p)).collect();
        let (executions, references) = (globs(&entry.executions), globs(&entry.references));
        Matcher { entry, is_about: Box::new(entry.is_about()), executions, references }
    }

    fn fits(&self, finding: &Finding, sources: &Sources) -> bool {
        let any = |globs: &[Glob], text: &str| globs.iter().any(|glob| glob.matches(text) == Truth::Yes);
        let execution = finding.context.execution.as_deref().unwrap_or_default();
        self.entry.rules.iter().any(|id| is_meant(finding, id))
            && (self.is_about)(&sources.get(finding.span.file).path)
            && (self.executions.is_empty() || any(&self.executions, execution))
            && (self.references.is_empty() || references(finding, sources).any(|text| any(&self.references, text)))
    }
}

/// What a finding is about: the references that it rests on, and the text that it underlines.
fn references<'a>(finding: &'a Finding, sources: &'a Sources) -> impl Iterator<Item = &'a str> {
    let named = ["reference", "resolved", "destination"].into_iter().filter_map(|key| finding.evidence.get(key)?.as_str());
    named.chain(std::iter::once(sources.text(finding.span).trim()))
}
