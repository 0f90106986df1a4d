//! What an audit says: lines of JSON, each of one kind, with the version of the schema.
//!
//! Of each repository there is exactly one `repo` record, whatever became of it, followed by its `finding`, `handoff`, `use` and
//! `file_error` records. Lines and columns are 1-based; an absent text is left out.

use crate::date::Date;
use crate::finding::{Confidence, Persona, Severity, SuppressionKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the records and of the plan.
pub const SCHEMA: &str = "swaplint.audit.v1";

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// A repository.
    Repo(Box<Repo>),
    /// A finding.
    Finding(Box<FindingRow>),
    /// An artifact's way from hand to hand.
    Handoff(Box<HandoffRow>),
    /// Somebody else's code or image that is used.
    Use(Box<UseRow>),
    /// A file that could not be analysed.
    FileError(Box<FileErrorRow>),
}

/// Which repository a record is about. First in every record.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Of {
    /// Version of the record.
    pub schema: String,
    /// Name of the repository.
    pub repository: String,
    /// Object id of the commit; empty where there is none.
    pub head: String,
}

/// What became of a repository.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Audited.
    #[default]
    Ok,
    /// No commit yet.
    Empty,
    /// Audited, and there is nothing to audit.
    NoPipelines,
    /// Audited but for some files.
    Partial,
    /// Not to be had, or not to be read.
    Unreadable,
    /// The analysis died of it.
    Crashed,
    /// The analysis took too long.
    Timeout,
    /// The server has had enough of us.
    Throttled,
}

impl Status {
    /// All of them, in order.
    pub const ALL: [Status; 8] = {
        use Status::{Crashed, Empty, NoPipelines, Ok, Partial, Throttled, Timeout, Unreadable};
        [Ok, Empty, NoPipelines, Partial, Unreadable, Crashed, Timeout, Throttled]
    };

    /// As records spell it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Status::Ok => "ok",
            Status::Empty => "empty",
            Status::NoPipelines => "no_pipelines",
            Status::Partial => "partial",
            Status::Unreadable => "unreadable",
            Status::Crashed => "crashed",
            Status::Timeout => "timeout",
            Status::Throttled => "throttled",
        }
    }
}

/// What decided: SHA-256, in hexadecimal digits.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Digests {
    /// The program.
    pub tool: String,
    /// The policies and their data.
    pub policy: String,
    /// The config and the flags.
    pub config: String,
    /// The day at which `until` of ignores is looked.
    pub today: String,
}

/// A repository. Counts are of its records; accepted findings are counted apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repo {
    /// Which.
    #[serde(flatten)]
    pub of: Of,
    /// Its name without the last part: organisation, group.
    pub owner: String,
    /// Its page on the web, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub web: Option<String>,
    /// What became of it.
    pub status: Status,
    /// Why, if it is not simply `ok`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Files that were looked at.
    pub files: u64,
    /// Pipelines in them.
    pub pipelines: u64,
    /// Files that could not be analysed.
    pub file_errors: u64,
    /// Those of them that are not in the clone, so that nobody knows what is in them.
    pub missing: u64,
    /// By severity.
    pub high: u64,
    /// By severity.
    pub medium: u64,
    /// By severity.
    pub low: u64,
    /// By severity.
    pub info: u64,
    /// Accepted findings.
    pub accepted: u64,
    /// Handoffs with an open window.
    pub open: u64,
    /// Handoffs with a closed window.
    pub closed: u64,
    /// Handoffs of which nobody knows.
    pub unknown: u64,
    /// Uses of somebody else's code and images.
    pub uses: u64,
    /// What decided.
    #[serde(flatten)]
    pub digests: Digests,
}

impl Repo {
    /// Whether it counts as audited: all of it was seen.
    #[must_use]
    pub fn is_covered(&self) -> bool {
        matches!(self.status, Status::Ok | Status::Empty | Status::NoPipelines | Status::Partial) && self.missing == 0
    }
}

/// A place that helps to understand a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelatedRow {
    /// Path in the repository.
    pub path: String,
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
    /// What happens there.
    pub message: String,
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FindingRow {
    /// Which.
    #[serde(flatten)]
    pub of: Of,
    /// The same for the same finding in every audit: 64 hexadecimal digits.
    pub fingerprint: String,
    /// Id of the rule.
    pub rule: String,
    /// Its family.
    pub family: String,
    /// What an attacker gains.
    pub severity: Severity,
    /// How sure the analysis is.
    pub confidence: Confidence,
    /// Who wants to see it.
    pub persona: Persona,
    /// A sentence about this place.
    pub message: String,
    /// What to do.
    pub help: String,
    /// Path in the repository.
    pub path: String,
    /// Where it begins.
    pub line: u32,
    /// Where it begins.
    pub column: u32,
    /// Where it ends; the line of the last character.
    pub end_line: u32,
    /// Where it ends, exclusive.
    pub end_column: u32,
    /// Id of the job, task or stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution: Option<String>,
    /// Step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// How it was accepted, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<SuppressionKind>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted_reason: Option<String>,
    /// The last day on which that counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted_until: Option<Date>,
    /// Other places, in the order of the story.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<RelatedRow>,
    /// Values that the judgement rests on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub evidence: BTreeMap<String, serde_json::Value>,
}

/// One end of a handoff; all is empty or 0 where it is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndRow {
    /// What is done: `push`, `deploy` ..
    pub does: String,
    /// The tool or action.
    pub tool: String,
    /// Path of the file.
    pub path: String,
    /// Line.
    pub line: u32,
    /// Id of the job, task or stage.
    pub execution: String,
    /// Step.
    pub step: String,
}

/// An artifact's way from the event that left it somewhere to one that takes it there. The words are those of the facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandoffRow {
    /// Which.
    #[serde(flatten)]
    pub of: Of,
    /// What is handed over.
    pub artifact: String,
    /// What kind of artifact.
    pub kind: String,
    /// Where it lies in between.
    pub carrier: String,
    /// How far it travels.
    pub across: String,
    /// `open`, `closed`, `unknown`.
    pub window: String,
    /// Why.
    pub reason: String,
    /// Who left it there, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub producer: Option<EndRow>,
    /// Who takes it.
    pub consumer: EndRow,
    /// Verifications that close it.
    pub guards: u32,
}

/// Somebody else's code, image or file that a pipeline uses.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UseRow {
    /// Which.
    #[serde(flatten)]
    pub of: Of,
    /// Path in the repository.
    pub path: String,
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
    /// `action`, `workflow`, `task`, `library`, `include`, `pipeline`, `image`, `url`.
    pub kind: String,
    /// Without its version.
    pub name: String,
    /// Path inside of it; empty where there is none.
    pub inner: String,
    /// The version as written; empty where there is none.
    pub version: String,
    /// `commit`, `digest`, `semver`, `tag`, `branch`, `none`, `unknown`.
    pub pin: String,
    /// Whether it cannot be repointed: `commit` or `digest`.
    pub pinned: bool,
    /// What for: `uses`, or the role of an image.
    pub role: String,
    /// Whether it belongs to the forge itself, or to the owner by the config.
    pub trusted_owner: bool,
    /// Id of the job, task or stage.
    pub execution: String,
    /// Step.
    pub step: String,
}

/// A file that could not be analysed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileErrorRow {
    /// Which.
    #[serde(flatten)]
    pub of: Of,
    /// Path in the repository.
    pub path: String,
    /// `unparsable` (it is not what it claims to be), `missing` (the clone does not have it), `panicked` (our fault).
    pub kind: String,
    /// As a sentence.
    pub reason: String,
}
