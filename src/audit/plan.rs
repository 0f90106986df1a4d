//! The plan: which repositories are audited, at which commits. Frozen, so that an audit that is resumed is the same audit.

use super::pack::Packed;
use super::record::{SCHEMA, Status};
use super::{AuditError, Io, hex, sources};
use crate::cli::{PlanArgs, SourceArgs};
use crate::date::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::{BufRead, Read, Write};
use std::path::Path;

/// The first line of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) schema: String,
    /// Always `plan`.
    pub(super) record: String,
    /// Repositories in a shard.
    pub(super) shard_size: usize,
    /// The day at which `until` of ignores is looked.
    pub(super) today: Date,
    /// What was planned, as it was given.
    #[serde(default)]
    pub(super) sources: Vec<String>,
}

/// A repository of a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Entry {
    /// Always `entry`.
    pub(super) record: String,
    /// Its name, which no other has.
    pub(super) repository: String,
    /// Object id of the commit; none where there is no commit, or where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) head: Option<String>,
    /// Where it lies on this machine: a bare repository, or the folder of a checkout.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) git_dir: Option<String>,
    /// What is read of it, if it was packed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) objects: Vec<Packed>,
    /// From where it is cloned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
    /// Its page on the web, if that is known, for links in reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) web: Option<String>,
    /// What became of it, if it is not to be analysed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<Status>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
}

impl Entry {
    /// Not to be analysed.
    pub(super) fn fail(&mut self, status: Status, reason: impl Into<String>) {
        self.status = Some(status);
        self.reason = Some(reason.into());
    }

    /// The name without its last part.
    pub(super) fn owner(&self) -> &str {
        self.repository.rsplit_once('/').map_or("", |(owner, _)| owner)
    }
}

/// A line of a plan.
pub(super) enum Line {
    Header(Header),
    Entry(Box<Entry>),
}

impl Line {
    /// Reads a line; one that says nothing of itself is an entry.
    pub(super) fn parse(text: &str) -> Result<Line, String> {
        let value: serde_json::Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
        if value["record"] == "plan" {
            let header: Header = serde_json::from_value(value).map_err(|e| e.to_string())?;
            if header.schema != SCHEMA {
                return Err(format!("its schema is `{}`, and not `{SCHEMA}`", header.schema));
            }
            return Ok(Line::Header(header));
        }
        let entry: Entry = serde_json::from_value(value).map_err(|e| e.to_string())?;
        if entry.repository.is_empty() {
            return Err("it names no `repository`".to_owned());
        }
        Ok(Line::Entry(Box::new(entry)))
    }
}

/// A plan. Entries are sorted by repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) header: Header,
    pub(super) entries: Vec<Entry>,
}

impl Plan {
    /// Plans what the flags name.
    pub(super) fn make(args: &SourceArgs, today: Option<Date>, io: &mut Io<'_>) -> Result<Plan, AuditError> {
        let entries = sources::entries(&args.sources, io)?;
        let header = Header {
            schema: SCHEMA.to_owned(),
            record: "plan".to_owned(),
            shard_size: args.shard_size.get(),
            today: today.unwrap_or_else(Date::today),
            sources: args.sources.clone(),
        };
        Ok(Plan { header, entries })
    }

    /// Reads a plan; `shown` is its name in errors.
    pub(super) fn read(shown: &str, text: &mut dyn BufRead) -> Result<Plan, AuditError> {
        let wrong = |number: usize, why: String| AuditError::Usage(format!("{shown}:{}: no line of a plan: {why}", number + 1));
        let (mut header, mut entries) = (None, Vec::new());
        for (number, line) in text.lines().enumerate() {
            let line = line.map_err(|e| AuditError::File(shown.to_owned(), e))?;
            match Line::parse(&line).map_err(|why| wrong(number, why))? {
                Line::Header(first) => header = Some(first),
                Line::Entry(entry) => entries.push(*entry),
            }
        }
        let header = header.ok_or_else(|| AuditError::Usage(format!("{shown}: no plan: `swaplint audit plan` makes one")))?;
        entries.sort_by(|a, b| a.repository.cmp(&b.repository));
        Ok(Plan { header, entries })
    }

    /// Reads a plan; `-` is stdin.
    pub(super) fn open(path: &Path, input: &mut dyn Read) -> Result<Plan, AuditError> {
        if path.as_os_str() == "-" {
            return Plan::read("stdin", &mut std::io::BufReader::new(input));
        }
        let file = std::fs::File::open(path).map_err(AuditError::at(path))?;
        Plan::read(&path.display().to_string(), &mut std::io::BufReader::new(file))
    }

    pub(super) fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "{}", serde_json::to_string(&self.header)?)?;
        for entry in &self.entries {
            writeln!(out, "{}", serde_json::to_string(entry)?)?;
        }
        out.flush()
    }

    /// What tells it from other plans, wherever the repositories lie: SHA-256 in hexadecimal digits.
    pub(super) fn id(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(format!("{SCHEMA}\0{}\0{}\n", self.header.shard_size, self.header.today));
        self.entries.iter().for_each(|e| hash.update(identity(e)));
        hex(&hash.finalize())
    }

    /// Its shards.
    pub(super) fn shards(&self) -> impl Iterator<Item = &[Entry]> {
        self.entries.chunks(self.header.shard_size.max(1))
    }
}

/// What an entry says of content.
pub(super) fn identity(entry: &Entry) -> String {
    let status = entry.status.map_or("", Status::name);
    let web = entry.web.as_ref().map(|web| format!("\0{web}")).unwrap_or_default();
    format!("{}\0{}\0{status}{web}\n", entry.repository, entry.head.as_deref().unwrap_or_default())
}

/// `swaplint audit plan`
pub(super) fn command(args: &PlanArgs, io: &mut Io<'_>) -> Result<u8, AuditError> {
    let plan = Plan::make(&args.sources, args.today, io)?;
    plan.write(io.out).map_err(|e| AuditError::File("stdout".to_owned(), e))?;
    io.say(&format!("plan {}: {} repositories", plan.id(), plan.entries.len()));
    Ok(0)
}
