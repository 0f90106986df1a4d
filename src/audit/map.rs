//! Entries of a plan into records: pure, one repository at a time, in the order in which they come.

use super::cache::{Cache, Served};
use super::pack::Unpacked;
use super::plan::{Entry, Line};
use super::record::{Digests, FileErrorRow, Of, Record, Repo, SCHEMA, Status};
use super::{AuditError, Io, Judge, MakeJudge, Verdict};
use crate::cli::MapArgs;
use crate::discover::{Commit, Git, Traced};
use crate::finding::Severity;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// What ends a repository, if frames are wanted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Done {
    /// Whether the verdict was at hand.
    pub(super) served: Served,
    /// The repository's own record again.
    pub(super) repo: Repo,
    /// Files that are not in the clone.
    pub(super) missing: Vec<String>,
}

/// How a line begins that ends a repository. No record begins so.
pub(super) const DONE: &str = "{\"done\":";

/// `swaplint audit map`
pub(super) fn command(mut args: MapArgs, make: MakeJudge<'_>, io: &mut Io<'_>) -> Result<u8, AuditError> {
    super::worker::confine(args.memory);
    let mut judge: Option<Box<dyn Judge>> = None;
    let mut cache = None;
    let stdin = |e| AuditError::File("stdin".to_owned(), e);
    let stdout = |e| AuditError::File("stdout".to_owned(), e);
    for (number, line) in BufReader::new(&mut *io.input).lines().enumerate() {
        let line = line.map_err(stdin)?;
        if line.trim().is_empty() {
            continue;
        }
        let wrong = |why: String| AuditError::Usage(format!("stdin:{}: no line of a plan: {why}", number + 1));
        let entry = match Line::parse(&line).map_err(wrong)? {
            Line::Header(header) => {
                args.judge.choice.today.get_or_insert(header.today);
                continue;
            }
            Line::Entry(entry) => entry,
        };
        let judge = match &mut judge {
            Some(judge) => judge,
            none => {
                if args.judge.choice.today.is_none() {
                    return Err(AuditError::Usage("which day is it? Give --today, or the first line of the plan".to_owned()));
                }
                // Repositories are what runs in parallel.
                args.judge.choice.jobs.get_or_insert(std::num::NonZeroUsize::MIN);
                let made = none.insert(make(&args.judge)?);
                cache = args
                    .judge
                    .cache
                    .as_deref()
                    .filter(|_| !args.judge.no_cache)
                    .and_then(|file| Cache::open(file, made.digests()));
                made
            }
        };
        let mapped = map(&entry, &**judge, cache.as_mut());
        mapped.write(io.out).map_err(stdout)?;
        if args.frames {
            let missing = mapped.verdict.errors.iter().filter(|e| e.kind == "missing").map(|e| e.path.clone()).collect();
            let done = Done { served: mapped.served, repo: mapped.repo, missing };
            writeln!(io.out, "{DONE}{}}}", serde_json::to_string(&done).unwrap_or_default()).map_err(stdout)?;
        }
        io.out.flush().map_err(stdout)?;
    }
    Ok(0)
}

/// The records of a repository.
pub(super) struct Mapped {
    pub(super) repo: Repo,
    pub(super) verdict: Verdict,
    pub(super) served: Served,
}

impl Mapped {
    /// The `repo` record, then the others.
    pub(super) fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let of = &self.repo.of;
        let Verdict { findings, handoffs, uses, errors, .. } = &self.verdict;
        let mut line = |record: &Record| {
            serde_json::to_writer(&mut *out, record)?;
            out.write_all(b"\n")
        };
        line(&Record::Repo(Box::new(self.repo.clone())))?;
        for row in findings.clone() {
            line(&Record::Finding(Box::new(super::FindingRow { of: of.clone(), ..row })))?;
        }
        for row in handoffs.clone() {
            line(&Record::Handoff(Box::new(super::HandoffRow { of: of.clone(), ..row })))?;
        }
        for row in uses.clone() {
            line(&Record::Use(Box::new(super::UseRow { of: of.clone(), ..row })))?;
        }
        for row in errors.clone() {
            line(&Record::FileError(Box::new(FileErrorRow { of: of.clone(), ..row })))?;
        }
        Ok(())
    }
}

/// The record of a repository that is not analysed.
pub(super) fn failed(entry: &Entry, digests: &Digests, status: Status, reason: Option<String>) -> Repo {
    Repo {
        of: Of { schema: SCHEMA.to_owned(), repository: entry.repository.clone(), head: entry.head.clone().unwrap_or_default() },
        owner: entry.owner().to_owned(),
        web: entry.web.clone(),
        status,
        reason,
        digests: digests.clone(),
        ..Repo::default()
    }
}

/// Analyses one repository, or takes what was found in an equal one.
fn map(entry: &Entry, judge: &dyn Judge, cache: Option<&mut Cache>) -> Mapped {
    let not = |status, reason| Mapped {
        repo: failed(entry, judge.digests(), status, reason),
        verdict: Verdict::default(),
        served: Served::New,
    };
    if let Some(status) = entry.status {
        return not(status, entry.reason.clone());
    }
    let unpacked = match (!entry.objects.is_empty()).then(|| Unpacked::of(&entry.objects, entry.web.as_deref())).transpose() {
        Ok(unpacked) => unpacked,
        Err(why) => return not(Status::Unreadable, Some(why)),
    };
    let dir = unpacked.as_ref().map(Unpacked::path).or(entry.git_dir.as_ref().map(Path::new));
    let commit = match open(dir, entry.head.as_deref()) {
        Ok(Some(commit)) => commit,
        Ok(None) => return not(Status::Empty, None),
        Err(why) => return not(Status::Unreadable, Some(why)),
    };
    let found = catch_unwind(AssertUnwindSafe(|| found(&commit, judge, cache)));
    let head = commit.id().to_string();
    match found {
        Ok(Ok((verdict, served))) => {
            let repo = summed(failed(entry, judge.digests(), Status::Ok, None), &verdict);
            let repo = Repo { of: Of { head, ..repo.of }, ..repo };
            Mapped { repo, verdict, served }
        }
        Ok(Err(why)) => not(Status::Unreadable, Some(why)),
        Err(_) => not(Status::Crashed, Some("swaplint panicked: that is our bug, please report it".to_owned())),
    }
}

/// The commit of a repository; that of its `HEAD`, if none is named. `None`: it has none.
pub(super) fn open(dir: Option<&Path>, head: Option<&str>) -> Result<Option<Commit>, String> {
    let dir = dir.ok_or("it is not on this machine: `swaplint audit fetch` brings it")?;
    let git = Git::open(dir).map_err(|e| e.to_string())?;
    let id = match head {
        Some(head) => git.resolve(head).map_err(|e| e.to_string())?,
        None => match git.head().map_err(|e| e.to_string())? {
            Some(id) => id,
            None => return Ok(None),
        },
    };
    git.files(id).map(Some).map_err(|e| e.to_string())
}

fn found(commit: &Commit, judge: &dyn Judge, mut cache: Option<&mut Cache>) -> Result<(Verdict, Served), String> {
    if let Some(verdict) = cache.as_mut().and_then(|c| c.by_head(commit)) {
        return Ok((verdict, Served::Head));
    }
    let by_content = judge.reads_only_what_it_is_asked();
    let content = cache.as_ref().filter(|_| by_content).and_then(|_| Cache::content(commit, judge));
    if let (Some(cache), Some(content)) = (cache.as_mut(), &content)
        && let Some(verdict) = cache.by_content(commit, content)
    {
        return Ok((verdict, Served::Content));
    }
    let origin = Traced::new(commit.clone());
    let verdict = judge.judge(commit, &origin)?;
    // What is missing is named, unless a whole folder is.
    let may_keep = |e: &FileErrorRow| e.kind == "unparsable" || e.kind == "missing" && !e.path.is_empty();
    if let Some(cache) = cache.filter(|_| verdict.errors.iter().all(may_keep)) {
        cache.keep(commit, content.as_deref(), &origin.trace(), &verdict);
    }
    Ok((verdict, Served::New))
}

/// The record with its counts.
fn summed(repo: Repo, verdict: &Verdict) -> Repo {
    let count = |n: usize| n as u64;
    let severe = |severity| count(verdict.findings.iter().filter(|f| f.accepted.is_none() && f.severity == severity).count());
    let window = |window: &str| count(verdict.handoffs.iter().filter(|h| h.window == window).count());
    let missing = count(verdict.errors.iter().filter(|e| e.kind == "missing").count());
    let errors = count(verdict.errors.len());
    let (status, reason) = match (errors, verdict.files) {
        (0, 0) => (Status::NoPipelines, None),
        (0, _) => (Status::Ok, None),
        (n, _) => {
            let first = verdict.errors.first().map(|e| format!("{}: {}", e.path, e.reason)).unwrap_or_default();
            (Status::Partial, Some(if n == 1 { first } else { format!("{first}; and {} more", n - 1) }))
        }
    };
    Repo {
        status,
        reason,
        files: verdict.files,
        pipelines: verdict.pipelines,
        file_errors: errors,
        missing,
        high: severe(Severity::High),
        medium: severe(Severity::Medium),
        low: severe(Severity::Low),
        info: severe(Severity::Info),
        accepted: count(verdict.findings.iter().filter(|f| f.accepted.is_some()).count()),
        open: window("open"),
        closed: window("closed"),
        unknown: window("unknown"),
        uses: count(verdict.uses.len()),
        ..repo
    }
}
