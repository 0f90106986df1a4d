//! What is accepted, and until when: by comments beside a finding, by entries of the config file, by a baseline.
//!
//! Nothing is accepted in silence: an entry that does nothing, that nobody understands, that gives no reason where one is asked for, or
//! whose day has come, is a finding itself.

pub mod baseline;
mod comments;
mod listed;
#[cfg(test)]
mod tests;

pub use baseline::Baseline;

use crate::config::Config;
use crate::date::Date;
use crate::finding::{Finding, Suppression, SuppressionKind};
use crate::source::{FileId, Sources, Span};
use crate::suggest;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// What is known beside the findings.
pub struct Known<'a> {
    /// The files.
    pub sources: &'a Sources,
    /// Rules by id, with their families.
    pub rules: Vec<(&'a str, &'a str)>,
    /// Whether a rule was run, so that its silence means something.
    pub ran: &'a dyn Fn(&str) -> bool,
    /// Makes a finding of the linter itself: rule id, message, help, place.
    pub own: &'a dyn Fn(&str, String, String, Span) -> Finding,
    /// Files that were looked at as a whole, so that silence there means something.
    pub checked: BTreeSet<FileId>,
    /// Whether all of the repository was looked at.
    pub whole: bool,
    /// Places of steps.
    pub steps: &'a [Span],
    /// The day that it is.
    pub today: Date,
    /// What the config file says.
    pub config: &'a Config,
    /// The config file among the files, if it says anything about ignores.
    pub config_file: FileId,
    /// Whose comments count; everybody's, if left out.
    pub trust: Option<Trust<'a>>,
}

/// A version of the repository whose comments count, and no others.
pub struct Trust<'a> {
    /// Its name.
    pub name: &'a str,
    /// The findings, by index, that comments accept there as well.
    pub accepted: BTreeSet<usize>,
}

/// Marks the findings that comments and the config file accept, and adds those about ignores that are not as they should be.
pub fn apply(findings: &mut Vec<Finding>, known: &Known<'_>) {
    comments::apply(findings, known);
    listed::apply(findings, known);
    at_calls(findings);
}

/// What is accepted where it happens is accepted at the lines that lead there. Not the other way round: others may lead there too.
fn at_calls(findings: &mut [Finding]) {
    let origins = findings.iter().filter(|f| f.happens_at.is_none());
    let accepted: HashMap<(Arc<str>, Span), Suppression> =
        origins.filter_map(|f| Some(((f.rule.clone(), f.span), f.suppressed.clone()?))).collect();
    for finding in findings.iter_mut().filter(|f| f.suppressed.is_none()) {
        let origin = finding.happens_at.and_then(|span| accepted.get(&(finding.rule.clone(), span)));
        finding.suppressed = origin.cloned();
    }
}

impl Known<'_> {
    /// The rules that an id (of a rule or family) names.
    fn named(&self, id: &str) -> impl Iterator<Item = &str> {
        self.rules.iter().filter(move |(rule, family)| *rule == id || *family == id).map(|(rule, _)| *rule)
    }

    /// Why an id names nothing.
    fn unknown(&self, id: &str) -> Option<String> {
        let names = self.rules.iter().flat_map(|(rule, family)| [*rule, *family]);
        let none = self.named(id).next().is_none();
        none.then(|| format!("there is no rule or family `{id}`{}", suggest::did_you_mean(id, names)))
    }

    /// A finding about an ignore: what it is about makes it the same one when lines move.
    fn about(&self, rule: &str, message: String, help: &str, span: Span, anchor: &str) -> Finding {
        let mut finding = (self.own)(rule, message, help.to_owned(), span);
        anchor.clone_into(&mut finding.anchor);
        finding
    }

    /// The finding about an ignore whose day has come.
    fn expired(&self, what: &str, until: Date, still: bool, span: Span) -> Finding {
        let (now, help) = if still {
            ("what it accepted is reported again", "repair what it accepted, or decide anew and give it another day")
        } else {
            ("nothing is left that it would accept", "remove it")
        };
        let message = format!("the ignore of {what} ended on {until}: {now}");
        self.about("expired-ignore", message, help, span, &format!("{what} {until}"))
    }
}

/// Whether an ignore of a rule or family may hide a finding.
fn is_meant(finding: &Finding, id: &str) -> bool {
    (*finding.rule == *id || *finding.family == *id) && !finding.always_shown
}

/// Marks a finding, unless it is marked already.
fn accept(finding: &mut Finding, kind: SuppressionKind, reason: &str, until: Option<Date>) {
    finding.suppressed.get_or_insert_with(|| Suppression { kind, reason: reason.to_owned(), until });
}
