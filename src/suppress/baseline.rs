//! The baseline: findings that were there when the linter was switched on, in a file that people can review. One line each, sorted.

use super::accept;
use crate::finding::{Finding, SuppressionKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The format's name.
const SCHEMA: &str = "swaplint.baseline.v1";

/// Findings that are there already.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    schema: String,
    /// The findings.
    pub findings: Vec<Entry>,
}

/// One of them. Its fingerprint decides; the rest is for people.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The file, relative to the root.
    pub path: String,
    /// The rule.
    pub rule: String,
    /// What was found.
    pub message: String,
    /// Why it is accepted, if somebody wrote that down; `update` keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What makes it the same one.
    pub fingerprint: String,
}

impl Default for Baseline {
    fn default() -> Self {
        Baseline { schema: SCHEMA.to_owned(), findings: Vec::new() }
    }
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    /// If the text is none: why, with line and column.
    pub fn parse(text: &str) -> Result<Baseline, String> {
        let baseline: Baseline = serde_json::from_str(text).map_err(|e| e.to_string())?;
        if baseline.schema != SCHEMA {
            return Err(format!("its schema is `{}`, not `{SCHEMA}`", baseline.schema));
        }
        Ok(baseline)
    }

    /// The text of its file: JSON with one finding a line.
    #[must_use]
    pub fn text(&self) -> String {
        let mut sorted: Vec<&Entry> = self.findings.iter().collect();
        sorted.sort();
        let mut text = format!("{{\"schema\": \"{SCHEMA}\", \"findings\": [");
        for (i, entry) in sorted.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            let line = serde_json::to_string(entry).unwrap_or_default();
            let _ = write!(text, "{comma}\n{line}");
        }
        text.push_str("\n]}\n");
        text
    }

    /// Marks the findings that it holds; gives the number of its entries that no finding answers to.
    pub fn apply<'f>(&self, found: impl Iterator<Item = (&'f str, &'f mut Finding)>) -> usize {
        let mut open: BTreeMap<&str, &Entry> = self.findings.iter().map(|e| (e.fingerprint.as_str(), e)).collect();
        for (fingerprint, finding) in found {
            let Some(entry) = open.remove(fingerprint) else { continue };
            if !finding.always_shown {
                accept(finding, SuppressionKind::Baseline, entry.reason.as_deref().unwrap_or("in the baseline"), None);
            }
        }
        open.len()
    }

    /// What is left of it when only `found` is still there, with the messages of today; what it does not hold is taken in if `takes`
    /// says so.
    #[must_use]
    pub fn updated<'f>(&self, found: impl Iterator<Item = (Entry, &'f Finding)>, takes: impl Fn(&Finding) -> bool) -> Baseline {
        let known: BTreeMap<&str, &Entry> = self.findings.iter().map(|e| (e.fingerprint.as_str(), e)).collect();
        let kept = found.filter_map(|(entry, finding)| match known.get(entry.fingerprint.as_str()) {
            Some(old) => Some(Entry { reason: old.reason.clone(), ..entry }),
            None => takes(finding).then_some(entry),
        });
        Baseline { findings: kept.collect(), ..Baseline::default() }
    }
}
