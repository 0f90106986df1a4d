//! A pull request: what is new in the working tree, and what it may decide about itself.
//!
//! The working tree, the commit that it is compared with and the commit that is trusted are analysed alike, each as a whole: a
//! finding is new if its fingerprint is, wherever its cause lies.

use super::examine::{Texts, unread};
use super::gate::{Gate, Home};
use super::judge::{Change, Judged, Terms, Trusted, judge};
use super::{Log, RunError, renamed, tree};
use crate::cli::{Choice, Input, Options, Verbosity};
use crate::discover::{self, Commit, Discovered, Git, Origin};
use crate::finding::SuppressionKind;
use std::collections::{BTreeSet, HashSet};
use std::path::Path;

/// The commits that a run looks at beside the working tree.
pub(super) struct PullRequest<'a> {
    /// What findings are compared with, and its name.
    base: Option<(&'a str, Commit)>,
    trust: Option<Trust<'a>>,
}

/// Who decides.
struct Trust<'a> {
    name: &'a str,
    commit: Commit,
    /// Where the working tree's history left it: what it changed since is no change of the working tree's.
    fork: Commit,
}

impl<'a> PullRequest<'a> {
    /// Resolves the names of the flags. What git has is checked, whatever git's ignores say: they are the pull request's as well.
    pub(super) fn open(
        options: &'a Options,
        (found, texts): (Discovered, Texts),
    ) -> Result<(PullRequest<'a>, Discovered, Texts), RunError> {
        if options.diff_base.is_none() && options.trusted_ref.is_none() {
            return Ok((PullRequest { base: None, trust: None }, found, texts));
        }
        let git = Git::open(found.root())?;
        let base = |name: &'a String| Ok::<_, RunError>((name.as_str(), git.files(git.fork_point(git.resolve(name)?))?));
        let trust = |name: &'a String| {
            let id = git.resolve(name)?;
            Ok::<_, RunError>(Trust { name, commit: git.files(id)?, fork: git.files(git.fork_point(id))? })
        };
        let base = options.diff_base.as_ref().map(base).transpose()?;
        let trust = options.trusted_ref.as_ref().map(trust).transpose()?;
        let request = PullRequest { base, trust };
        if let Input::Stdin(_) = options.input {
            return Ok((request, found, texts));
        }
        let found = discover::kept_to_git(found, &git.tracked(), &tree::named);
        let texts = unread(&found);
        Ok((request, found, texts))
    }

    /// The commit that decides.
    pub(super) fn trusted(&self) -> Option<&Commit> {
        self.trust.as_ref().map(|trust| &trust.commit)
    }

    /// Analyses the commits as the working tree will be.
    pub(super) fn compare(
        &self,
        found: &Discovered,
        gate: &Gate,
        choice: &Choice,
    ) -> Result<(Terms, Option<Before<'a>>), RunError> {
        let base = self.base.as_ref().map(|(_, commit)| judged(commit, found, gate, choice)).transpose()?;
        let mut terms = Terms::default();
        if let Some(trust) = &self.trust {
            let own = match &self.base {
                Some((_, commit)) if commit.id() == trust.commit.id() => None,
                _ => Some(judged(&trust.commit, found, gate, choice)?),
            };
            let accepted = own.as_ref().or(base.as_ref()).map(accepted).unwrap_or_default();
            terms.trusted =
                Some(Trusted { name: trust.name.to_owned(), accepted, changes: trust.changes(found.root(), gate, choice) });
        }
        let before = self.base.as_ref().zip(base).map(|((name, _), base)| Before::new(name, &base));
        Ok((terms, before))
    }
}

/// What is found in a commit, by the same gate; files that are renamed since count under their names of today.
fn judged(commit: &Commit, today: &Discovered, gate: &Gate, choice: &Choice) -> Result<Judged, RunError> {
    let asked: Vec<String> = today.asked.iter().filter(|path| !path.starts_with("..")).cloned().collect();
    let found = commit.candidates(&asked, &tree::named);
    let terms = Terms { renamed: renamed::renamed(&found, today), ..Terms::default() };
    let mut silent = Log { err: &mut std::io::sink(), verbosity: Verbosity::Quiet };
    judge(&found, unread(&found), gate, choice, &terms, &mut silent)
}

/// What comments accept.
fn accepted(judged: &Judged) -> HashSet<String> {
    let by_comment = |kind: Option<SuppressionKind>| kind == Some(SuppressionKind::Inline);
    let accepted = judged.reported.iter().filter(|r| by_comment(r.finding.suppressed.as_ref().map(|s| s.kind)));
    accepted.map(|r| r.fingerprint.clone()).collect()
}

impl Trust<'_> {
    /// The files of the gate that the working tree changes.
    fn changes(&self, root: &Path, gate: &Gate, choice: &Choice) -> Vec<Change> {
        let home = Home { root, commit: Some(&self.commit) };
        gate.files(choice, home).into_iter().filter_map(|path| self.change(root, path)).collect()
    }

    fn change(&self, root: &Path, path: String) -> Option<Change> {
        let now = discover::read(&root.join(&path)).ok();
        let (trusted, fork) = (self.commit.read(&path).ok(), self.fork.read(&path).ok());
        if now == trusted || now == fork {
            return None;
        }
        let verb = match (&now, &trusted) {
            (None, _) => "removed",
            (_, None) => "added",
            _ => "changed",
        };
        let message = format!("`{path}` is {verb} here and has a say in what is reported: what `{}` says counts", self.name);
        let text = now.unwrap_or_default();
        let place = first_difference(&text, trusted.as_deref().unwrap_or_default());
        Some(Change { path, text, place, message })
    }
}

/// The first line of a text that another text does not have there, as bytes.
fn first_difference(text: &str, other: &str) -> std::ops::Range<usize> {
    let mut start = 0;
    let mut others = other.split_inclusive('\n');
    for line in text.split_inclusive('\n') {
        if others.next() != Some(line) {
            return start..start + line.trim_end().len();
        }
        start += line.len();
    }
    let last = text.trim_end();
    last.rfind('\n').map_or(0, |at| at + 1)..last.len()
}

/// What was there before.
pub(super) struct Before<'a> {
    name: &'a str,
    /// Fingerprints of what counted.
    counted: HashSet<String>,
    /// Fingerprints of what was accepted.
    accepted: HashSet<String>,
    /// Files that could not be read there.
    unreadable: BTreeSet<String>,
}

impl<'a> Before<'a> {
    fn new(name: &'a str, judged: &Judged) -> Self {
        let (accepted, counted): (Vec<_>, Vec<_>) = judged.reported.iter().partition(|r| r.finding.suppressed.is_some());
        let fingerprints = |list: Vec<&crate::report::Reported>| list.into_iter().map(|r| r.fingerprint.clone()).collect();
        let unreadable = judged.entries.iter().filter(|e| e.status == "unparsable").map(|e| e.path.clone()).collect();
        Before { name, counted: fingerprints(counted), accepted: fingerprints(accepted), unreadable }
    }

    /// Takes what is not new out of what is reported; gives how much of it counted.
    pub(super) fn take_away(&self, judged: &mut Judged, log: &mut Log<'_>) -> usize {
        let is_checked = |path: &&String| judged.entries.iter().any(|e| e.path == **path && e.status == "checked");
        for path in self.unreadable.iter().filter(is_checked) {
            log.say(
                Verbosity::Normal,
                &format!("note: {path} could not be checked in `{}`: all that is found in it counts as new", self.name),
            );
        }
        let mut not_new = 0;
        judged.reported.retain(|r| {
            let counted = self.counted.contains(&r.fingerprint);
            let accepted = r.finding.suppressed.is_some();
            not_new += usize::from(counted && !accepted);
            !(counted || accepted && self.accepted.contains(&r.fingerprint))
        });
        not_new
    }
}
