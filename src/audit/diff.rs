//! Two audits, finding by finding. What could not be looked at again is unknown, and never fixed.

use super::merge::{self, Merged};
use super::record::{FindingRow, Record};
use super::{AuditError, Io};
use crate::cli::{DiffArgs, DiffForm};
use crate::report::neutral;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// What became of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// It is only in the later audit.
    New,
    /// It is only in the earlier one, and would have been found again.
    Fixed,
    /// It is in both.
    Persisting,
    /// One of the audits did not see where it is.
    Unknown,
    /// Somebody accepted it in between.
    Accepted,
}

/// Numbers of findings by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    pub(super) new: u64,
    pub(super) fixed: u64,
    pub(super) persisting: u64,
    pub(super) unknown: u64,
    pub(super) accepted: u64,
}

/// What an audit saw, so that another one can be compared with it.
pub(super) struct Seen {
    /// Findings that count, and those that are accepted.
    counted: HashSet<Key>,
    accepted: HashSet<Key>,
    /// By repository: whether all of it was seen.
    repositories: HashMap<String, bool>,
    /// Files that could not be analysed.
    blind: HashSet<(String, String)>,
}

type Key = [u8; 16];

fn key(finding: &FindingRow) -> Key {
    let digest: [u8; 32] = Sha256::digest(format!("{}\0{}", finding.of.repository, finding.fingerprint)).into();
    let mut key = Key::default();
    key.copy_from_slice(&digest[..16]);
    key
}

impl Seen {
    /// Reads a result.
    pub(super) fn read(dir: &Path) -> Result<Seen, AuditError> {
        let mut seen =
            Seen { counted: HashSet::new(), accepted: HashSet::new(), repositories: HashMap::new(), blind: HashSet::new() };
        merge::read(dir, &mut |record| match record {
            Record::Repo(repo) => drop(seen.repositories.insert(repo.of.repository.clone(), repo.is_covered())),
            Record::Finding(finding) if finding.accepted.is_some() => drop(seen.accepted.insert(key(&finding))),
            Record::Finding(finding) => drop(seen.counted.insert(key(&finding))),
            Record::FileError(error) => drop(seen.blind.insert((error.of.repository, error.path))),
            Record::Handoff(_) | Record::Use(_) => {}
        })?;
        Ok(seen)
    }

    fn was_seen(&self, finding: &FindingRow) -> Option<bool> {
        let covered = *self.repositories.get(&finding.of.repository)?;
        Some(covered && !self.blind.contains(&(finding.of.repository.clone(), finding.path.clone())))
    }

    /// What a finding of a later audit is, where this is the earlier one.
    pub(super) fn of_later(&self, finding: &FindingRow) -> State {
        if self.counted.contains(&key(finding)) {
            return State::Persisting;
        }
        match self.was_seen(finding) {
            Some(false) => State::Unknown,
            _ => State::New,
        }
    }

    /// What a finding of an earlier audit is, where this is the later one.
    pub(super) fn of_earlier(&self, finding: &FindingRow) -> State {
        let key = key(finding);
        if self.counted.contains(&key) {
            State::Persisting
        } else if self.accepted.contains(&key) {
            State::Accepted
        } else if self.was_seen(finding) == Some(true) {
            State::Fixed
        } else {
            State::Unknown
        }
    }
}

/// Visits the findings that count: those of the earlier audit that are gone, and all of the later one. Gives their numbers.
pub(super) fn compare(base: &Path, head: &Path, visit: &mut dyn FnMut(State, &FindingRow)) -> Result<Counts, AuditError> {
    let mut counts = Counts::default();
    let mut count = |state: State| {
        *match state {
            State::New => &mut counts.new,
            State::Fixed => &mut counts.fixed,
            State::Persisting => &mut counts.persisting,
            State::Unknown => &mut counts.unknown,
            State::Accepted => &mut counts.accepted,
        } += 1;
    };
    let later = Seen::read(head)?;
    merge::read(base, &mut |record| {
        let Record::Finding(finding) = record else { return };
        let state = later.of_earlier(&finding);
        if finding.accepted.is_none() && state != State::Persisting {
            count(state);
            visit(state, &finding);
        }
    })?;
    drop(later);
    let earlier = Seen::read(base)?;
    merge::read(head, &mut |record| {
        let Record::Finding(finding) = record else { return };
        if finding.accepted.is_none() {
            let state = earlier.of_later(&finding);
            count(state);
            visit(state, &finding);
        }
    })?;
    Ok(counts)
}

/// What decided differently in the two audits, in words.
pub(super) fn changed(base: &Merged, head: &Merged) -> Vec<&'static str> {
    let differs = |part: fn(&super::Digests) -> &String| {
        let parts = |merged: &Merged| merged.summary.digests.iter().map(part).cloned().collect::<Vec<_>>();
        parts(base) != parts(head)
    };
    let parts =
        [("program", differs(|d| &d.tool)), ("set of policies", differs(|d| &d.policy)), ("config", differs(|d| &d.config))];
    parts.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}

/// `swaplint audit diff`
pub(super) fn command(args: &DiffArgs, io: &mut Io<'_>) -> Result<u8, AuditError> {
    let changed = changed(&merge::summary(&args.base)?, &merge::summary(&args.head)?);
    if !changed.is_empty() {
        io.say(&format!("note: another {} decided: not every difference is one of the repositories", changed.join(" and ")));
    }
    let mut written = Ok(());
    let counts = compare(&args.base, &args.head, &mut |state, finding| {
        let line = match (args.format, state) {
            (DiffForm::Json, _) => {
                let mut value = serde_json::to_value(finding).unwrap_or_default();
                value["state"] = serde_json::to_value(state).unwrap_or_default();
                value.to_string()
            }
            (DiffForm::Text, State::Persisting) => return,
            (DiffForm::Text, _) => {
                let FindingRow { path, line, severity, rule, message, .. } = finding;
                let state = format!("{state:?}").to_lowercase();
                neutral(&format!("{state:10} {} {path}:{line}: {severity} {rule}: {message}", finding.of.repository))
            }
        };
        if written.is_ok() {
            written = writeln!(io.out, "{line}");
        }
    })?;
    written.map_err(|e| AuditError::File("stdout".to_owned(), e))?;
    io.say(&told(&counts));
    Ok(u8::from(counts.new > 0))
}

/// The numbers in a line.
pub(super) fn told(counts: &Counts) -> String {
    let Counts { new, fixed, persisting, unknown, accepted } = counts;
    format!("{new} new, {fixed} fixed, {persisting} persisting, {unknown} unknown, {accepted} accepted since")
}
