//! Many repositories: planned, fetched, mapped to records, merged into one result, compared and shown.
//!
//! Each step is a command of its own and hands lines of JSON on; `run` is all of them on one machine. What is found in a repository
//! depends on its commit, the program, the policies, the config and the day, and on nothing else.

mod cache;
mod diff;
mod fetch;
mod html;
mod map;
mod merge;
mod pack;
mod plan;
mod progress;
mod record;
mod report;
mod run;
mod sarif;
mod shards;
mod sources;
mod tables;
mod worker;

pub use record::{Digests, EndRow, FileErrorRow, FindingRow, HandoffRow, Of, Record, RelatedRow, Repo, SCHEMA, Status, UseRow};

use crate::cli::{AuditCommand, JudgeArgs};
use crate::discover::{Commit, DiscoverError, Traced};
use crate::finding::{Confidence, Severity};
use crate::report::neutral;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::path::Path;

/// Why an audit could not be done. Exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// Bad arguments, or a file that is not what it should be.
    #[error("{0}")]
    Usage(String),
    /// A file that cannot be read or written.
    #[error("{0}: {1}")]
    File(String, io::Error),
    /// A working directory that is gone.
    #[error(transparent)]
    Discover(#[from] DiscoverError),
}

impl AuditError {
    fn at(path: &Path) -> impl FnOnce(io::Error) -> AuditError {
        let path = path.display().to_string();
        move |e| AuditError::File(path, e)
    }
}

/// Where a command reads and writes.
pub struct Io<'a> {
    /// For `-`, and for `map`.
    pub input: &'a mut dyn Read,
    /// Results.
    pub out: &'a mut dyn Write,
    /// Notes and progress.
    pub err: &'a mut dyn Write,
    /// Whether `out` is a terminal.
    pub is_terminal: bool,
}

impl Io<'_> {
    /// A note on stderr. That it cannot be written is nobody's problem.
    fn say(&mut self, line: &str) {
        let _ = writeln!(self.err, "{}", neutral(line));
    }
}

/// What is found in one repository; its records do not say yet in which.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Verdict {
    /// Files that were looked at.
    pub files: u64,
    /// Pipelines in them.
    pub pipelines: u64,
    /// By path and position.
    pub findings: Vec<FindingRow>,
    /// By path and position of who takes.
    pub handoffs: Vec<HandoffRow>,
    /// By path and position.
    pub uses: Vec<UseRow>,
    /// By path.
    pub errors: Vec<FileErrorRow>,
    /// Whether it may be another one on another day, because something is accepted until some day.
    pub is_dated: bool,
}

/// What is known of a rule.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RuleRow {
    /// Kebab-case id.
    pub id: String,
    /// Family.
    pub family: String,
    /// A short sentence.
    pub title: String,
    /// Why it matters.
    pub description: String,
    /// Default grade.
    pub severity: Severity,
    /// Default grade.
    pub confidence: Confidence,
    /// Its page on the web.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// The analysis of one repository.
pub trait Judge: Sync {
    /// Whether a file may be a pipeline, by its path.
    fn recognises(&self, path: &Path) -> bool;

    /// What decides.
    fn digests(&self) -> &Digests;

    /// Whether all that it reads of a repository goes through `origin`, so that equal answers mean an equal verdict.
    fn reads_only_what_it_is_asked(&self) -> bool;

    /// The rules.
    fn rules(&self) -> Vec<RuleRow>;

    /// What is found in a commit; read through `origin`.
    ///
    /// # Errors
    /// If the repository's own config is refused.
    fn judge(&self, commit: &Commit, origin: &Traced) -> Result<Verdict, String>;
}

/// Makes a judge of flags.
pub type MakeJudge<'a> = &'a dyn Fn(&JudgeArgs) -> Result<Box<dyn Judge>, AuditError>;

/// Runs a command; gives the exit code.
///
/// # Errors
/// If the job could not be done.
pub fn run(command: AuditCommand, judge: MakeJudge<'_>, io: &mut Io<'_>) -> Result<u8, AuditError> {
    match command {
        AuditCommand::Run(args) => run::run(&args, judge, io),
        AuditCommand::Plan(args) => plan::command(&args, io),
        AuditCommand::Fetch(args) => fetch::command(&args, judge, io),
        AuditCommand::Pack(args) => pack::command(&args, judge, io),
        AuditCommand::Map(args) => map::command(*args, judge, io),
        AuditCommand::Merge(args) => merge::command(&args, judge, io),
        AuditCommand::Diff(args) => diff::command(&args, io),
        AuditCommand::Report(args) => report::command(&args, io),
    }
}

/// Bytes as hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// SHA-256 of this very program.
///
/// # Errors
/// If it cannot be read.
pub fn tool_digest() -> Result<String, AuditError> {
    let path = std::env::current_exe().map_err(|e| AuditError::File("this program".to_owned(), e))?;
    let mut file = std::fs::File::open(&path).map_err(AuditError::at(&path))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer).map_err(AuditError::at(&path))? {
            0 => return Ok(hex(&hash.finalize())),
            n => hash.update(&buffer[..n]),
        }
    }
}

#[cfg(test)]
mod tests;
