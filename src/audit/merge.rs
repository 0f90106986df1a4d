//! Records of a plan, from wherever they were made, into one result: every repository once, in the order of the plan.

use super::plan::{Entry, Plan};
use super::record::{Digests, FindingRow, HandoffRow, Record, Repo, SCHEMA, Status, UseRow};
use super::shards::{atomically, frame, settle, temporary};
use super::tables::{Parquet, Row};
use super::{AuditError, Io, MakeJudge, RuleRow, report};
use crate::cli::{ChoiceArgs, JudgeArgs, MergeArgs};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Written last: where it is, the result is whole.
pub(super) const SUMMARY: &str = "audit.json";
/// All records, a frame a repository.
pub(super) const RECORDS: &str = "records.ndjson.zst";
/// How the line begins that begins a repository.
const REPO: &[u8] = b"{\"record\":\"repo\",";
/// Names that an error gives.
const NAMED: usize = 10;

/// What an audit found, in numbers, and what decided.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Summary {
    pub(super) schema: String,
    pub(super) version: String,
    pub(super) plan_id: String,
    pub(super) today: String,
    pub(super) sources: Vec<String>,
    /// One, unless different ones were put together.
    pub(super) digests: BTreeSet<Digests>,
    pub(super) repositories: u64,
    pub(super) covered: u64,
    pub(super) statuses: BTreeMap<String, u64>,
    /// Sums; `of`, `owner` and `digests` are empty.
    pub(super) total: Totals,
}

/// Sums over repositories.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Totals {
    pub(super) files: u64,
    pub(super) pipelines: u64,
    pub(super) file_errors: u64,
    pub(super) high: u64,
    pub(super) medium: u64,
    pub(super) low: u64,
    pub(super) info: u64,
    pub(super) accepted: u64,
    pub(super) open: u64,
    pub(super) closed: u64,
    pub(super) unknown: u64,
    pub(super) uses: u64,
}

/// What is written beside the tables.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Merged {
    #[serde(flatten)]
    pub(super) summary: Summary,
    pub(super) rules: Vec<RuleRow>,
}

impl Summary {
    fn add(&mut self, repo: &Repo) {
        self.repositories += 1;
        self.covered += u64::from(repo.is_covered());
        *self.statuses.entry(repo.status.name().to_owned()).or_default() += 1;
        self.digests.insert(repo.digests.clone());
        let total = &mut self.total;
        for (sum, n) in [
            (&mut total.files, repo.files),
            (&mut total.pipelines, repo.pipelines),
            (&mut total.file_errors, repo.file_errors),
            (&mut total.high, repo.high),
            (&mut total.medium, repo.medium),
            (&mut total.low, repo.low),
            (&mut total.info, repo.info),
            (&mut total.accepted, repo.accepted),
            (&mut total.open, repo.open),
            (&mut total.closed, repo.closed),
            (&mut total.unknown, repo.unknown),
            (&mut total.uses, repo.uses),
        ] {
            *sum += n;
        }
    }

    /// Percent of the repositories of which all was seen.
    #[expect(clippy::cast_precision_loss, reason = "nobody has so many repositories")]
    pub(super) fn coverage(&self) -> f64 {
        if self.repositories == 0 { 100.0 } else { 100.0 * self.covered as f64 / self.repositories as f64 }
    }
}

/// Where the records of a repository stand.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Block {
    /// Worse ones lose against better ones, then the digest decides: never the order of files.
    rank: (bool, Status, [u8; 32]),
    file: usize,
    /// Of its frame, or in a plain file of itself.
    offset: u64,
    /// In what is decompressed.
    start: usize,
    len: usize,
}

/// The inputs, and what was decompressed last.
struct Files {
    paths: Vec<PathBuf>,
    last: Option<(usize, u64, Vec<u8>)>,
}

fn is_compressed(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "zst")
}

impl Files {
    /// Visits the records of each repository.
    fn scan(&self, visit: &mut dyn FnMut(Block, &[u8]) -> Result<(), AuditError>) -> Result<(), AuditError> {
        for (file, path) in self.paths.iter().enumerate() {
            let read = || AuditError::at(path);
            let mut reader = BufReader::new(File::open(path).map_err(read())?);
            let mut offset = 0;
            while !reader.fill_buf().map_err(read())?.is_empty() {
                let mut bytes = Vec::new();
                if is_compressed(path) {
                    unframed(&mut reader, &mut bytes).map_err(read())?;
                } else {
                    next_plain(&mut reader, &mut bytes).map_err(read())?;
                }
                for (start, len) in repositories(&bytes) {
                    let block = Block { rank: (false, Status::Ok, [0; 32]), file, offset, start, len };
                    visit(block, &bytes[start..start + len])?;
                }
                let first = bytes.iter().position(|b| !b.is_ascii_whitespace());
                if first.is_some_and(|first| !bytes[first..].starts_with(REPO)) {
                    let message = format!("{}: no records of an audit: the first is not that of a repository", path.display());
                    return Err(AuditError::Usage(message));
                }
                offset = reader.stream_position().map_err(read())?;
            }
        }
        Ok(())
    }

    /// The lines of a block.
    fn lines(&mut self, block: &Block) -> Result<&[u8], AuditError> {
        if self.last.as_ref().is_none_or(|(file, offset, _)| (*file, *offset) != (block.file, block.offset)) {
            let path = &self.paths[block.file];
            let read = || AuditError::at(path);
            let mut reader = BufReader::new(File::open(path).map_err(read())?);
            reader.seek(SeekFrom::Start(block.offset)).map_err(read())?;
            let mut bytes = Vec::new();
            if is_compressed(path) {
                unframed(&mut reader, &mut bytes).map_err(read())?;
            } else {
                reader.take((block.start + block.len) as u64).read_to_end(&mut bytes).map_err(read())?;
            }
            self.last = Some((block.file, block.offset, bytes));
        }
        let bytes = self.last.as_ref().map_or(&[][..], |(_, _, bytes)| bytes);
        Ok(bytes.get(block.start..block.start + block.len).unwrap_or_default())
    }
}

fn unframed(reader: &mut BufReader<File>, bytes: &mut Vec<u8>) -> std::io::Result<usize> {
    zstd::Decoder::with_buffer(reader)?.single_frame().read_to_end(bytes)
}

/// The next repository of a file that is not compressed.
fn next_plain(reader: &mut BufReader<File>, bytes: &mut Vec<u8>) -> std::io::Result<()> {
    reader.read_until(b'\n', bytes)?;
    loop {
        let ahead = reader.fill_buf()?;
        // The buffer may end within the words that begin a repository: then they are looked at in full.
        let is_end = ahead.is_empty() || ahead.starts_with(REPO);
        let is_cut = ahead.len() < REPO.len() && REPO.starts_with(ahead);
        if is_end {
            return Ok(());
        }
        if is_cut {
            let mut start = Vec::new();
            let before = reader.stream_position()?;
            reader.by_ref().take(REPO.len() as u64).read_to_end(&mut start)?;
            reader.seek(SeekFrom::Start(before))?;
            if start == REPO {
                return Ok(());
            }
        }
        reader.read_until(b'\n', bytes)?;
    }
}

/// Start and length of the repositories in lines.
fn repositories(bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut starts = Vec::new();
    let mut at = 0;
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        if line.starts_with(REPO) {
            starts.push(at);
        }
        at += line.len();
    }
    let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
    starts.iter().zip(ends).map(|(start, end)| (*start, end - start)).collect()
}

/// A record of a line.
pub(super) fn parsed(line: &[u8], shown: &str) -> Result<Record, AuditError> {
    serde_json::from_slice(line).map_err(|e| AuditError::Usage(format!("{shown}: no record of this version: {e}")))
}

/// Puts records together, and writes the result into a folder.
pub(super) fn merge(
    plan: &Plan,
    id: &str,
    files: &[PathBuf],
    out: &Path,
    rules: Vec<RuleRow>,
    allow_mixed: bool,
) -> Result<Merged, AuditError> {
    let mut files = Files { paths: files.to_vec(), last: None };
    let (blocks, digests) = chosen(plan, &files)?;
    if digests.len() > 1 && !allow_mixed {
        let message = "the records were made by different programs, policies or configs, or on different days: \
                       make them anew, or give --allow-mixed";
        return Err(AuditError::Usage(message.to_owned()));
    }
    let mut summary = Summary {
        schema: SCHEMA.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        plan_id: id.to_owned(),
        today: plan.header.today.to_string(),
        sources: plan.header.sources.clone(),
        ..Summary::default()
    };
    let path = out.join(SUMMARY);
    let _ = std::fs::remove_file(&path);
    write(&mut files, &blocks, out, &mut summary)?;
    let merged = Merged { summary, rules };
    let text = serde_json::to_string_pretty(&merged).unwrap_or_default() + "\n";
    atomically(&path, |file| file.write_all(text.as_bytes()).map_err(AuditError::at(&path)))?;
    Ok(merged)
}

/// The records that count for each entry of the plan.
fn chosen(plan: &Plan, files: &Files) -> Result<(Vec<Block>, BTreeSet<Digests>), AuditError> {
    let by_name: BTreeMap<&str, (usize, &Entry)> =
        plan.entries.iter().enumerate().map(|(index, e)| (e.repository.as_str(), (index, e))).collect();
    let mut blocks: Vec<Option<Block>> = vec![None; plan.entries.len()];
    let (mut digests, mut strangers) = (BTreeSet::new(), BTreeSet::new());
    files.scan(&mut |block, lines| {
        let line = lines.split(|b| *b == b'\n').next().unwrap_or_default();
        let Record::Repo(repo) = parsed(line, &files.paths[block.file].display().to_string())? else { return Ok(()) };
        let planned = by_name.get(repo.of.repository.as_str());
        let Some((index, _)) = planned.filter(|(_, e)| e.head.as_ref().is_none_or(|head| *head == repo.of.head)) else {
            strangers.insert(format!("{} {}", repo.of.repository, repo.of.head));
            return Ok(());
        };
        let block = Block { rank: (!repo.is_covered(), repo.status, Sha256::digest(lines).into()), ..block };
        digests.insert(repo.digests);
        let kept = &mut blocks[*index];
        if kept.as_ref().is_none_or(|other| block.rank < other.rank) {
            *kept = Some(block);
        }
        Ok(())
    })?;
    if !strangers.is_empty() {
        return Err(listed("these records are not of the plan", strangers.into_iter()));
    }
    let absent = plan.entries.iter().zip(&blocks).filter(|(_, b)| b.is_none()).map(|(e, _)| e.repository.clone());
    if blocks.iter().any(Option::is_none) {
        return Err(listed("the plan is not covered: there is no record of", absent));
    }
    Ok((blocks.into_iter().flatten().collect(), digests))
}

fn listed(what: &str, names: impl Iterator<Item = String>) -> AuditError {
    let names: Vec<String> = names.collect();
    let more = names.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    AuditError::Usage(format!("{what}: {}{more}", names[..names.len().min(NAMED)].join(", ")))
}

/// A table that is being written.
struct Table {
    path: PathBuf,
    temporary: PathBuf,
    parquet: Parquet,
}

impl Table {
    fn new<R: Row>(out: &Path) -> Result<Table, AuditError> {
        let path = out.join(format!("{}.parquet", R::NAME));
        let temporary = temporary(&path);
        let file = File::create(&temporary).map_err(AuditError::at(&temporary))?;
        Ok(Table { parquet: Parquet::new::<R>(&path, file)?, path, temporary })
    }

    fn finish(self) -> Result<(), AuditError> {
        settle(self.parquet.finish()?, &self.temporary, &self.path)
    }
}

/// Writes all records, and the tables.
fn write(files: &mut Files, blocks: &[Block], out: &Path, summary: &mut Summary) -> Result<(), AuditError> {
    std::fs::create_dir_all(out).map_err(AuditError::at(out))?;
    let mut repos = Table::new::<Repo>(out)?;
    let mut findings = Table::new::<FindingRow>(out)?;
    let mut handoffs = Table::new::<HandoffRow>(out)?;
    let mut uses = Table::new::<UseRow>(out)?;
    let path = out.join(RECORDS);
    atomically(&path, |file| {
        for block in blocks {
            let shown = files.paths[block.file].display().to_string();
            let lines = files.lines(block)?;
            let mut seen = HashSet::new();
            let mut kept = Vec::with_capacity(lines.len());
            for line in lines.split_inclusive(|b| *b == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
                match parsed(line, &shown)? {
                    Record::Repo(repo) => {
                        summary.add(&repo);
                        repos.parquet.add(&*repo)?;
                    }
                    Record::Finding(row) if !seen.insert(row.fingerprint.clone()) => continue,
                    Record::Finding(row) => findings.parquet.add(&*row)?,
                    Record::Handoff(row) => handoffs.parquet.add(&*row)?,
                    Record::Use(row) => uses.parquet.add(&*row)?,
                    Record::FileError(_) => {}
                }
                kept.extend_from_slice(line.trim_ascii_end());
                kept.push(b'\n');
            }
            let framed = frame(&kept).map_err(AuditError::at(&path))?;
            file.write_all(&framed).map_err(AuditError::at(&path))?;
        }
        Ok(())
    })?;
    [repos, findings, handoffs, uses].into_iter().try_for_each(Table::finish)
}

/// Visits all records of a result, in order.
pub(super) fn read(out: &Path, visit: &mut dyn FnMut(Record)) -> Result<(), AuditError> {
    let path = out.join(RECORDS);
    let shown = path.display().to_string();
    let file = File::open(&path).map_err(AuditError::at(&path))?;
    let lines = BufReader::new(zstd::Decoder::new(file).map_err(AuditError::at(&path))?).split(b'\n');
    for line in lines {
        visit(parsed(&line.map_err(AuditError::at(&path))?, &shown)?);
    }
    Ok(())
}

/// The numbers of a result.
pub(super) fn summary(out: &Path) -> Result<Merged, AuditError> {
    let path = out.join(SUMMARY);
    let text = std::fs::read_to_string(&path).map_err(AuditError::at(&path))?;
    let merged = serde_json::from_str::<Merged>(&text);
    merged.map_err(|e| AuditError::Usage(format!("{}: no result of an audit of this version: {e}", path.display())))
}

/// `swaplint audit merge`
pub(super) fn command(args: &MergeArgs, make: MakeJudge<'_>, io: &mut Io<'_>) -> Result<u8, AuditError> {
    let plan = Plan::open(&args.plan, io.input)?;
    let mut files = Vec::new();
    for path in &args.records {
        if path.is_dir() {
            let entries = std::fs::read_dir(path).map_err(AuditError::at(path))?.flatten().map(|e| e.path());
            let is_records = |p: &PathBuf| {
                let name = p.file_name().unwrap_or_default().to_string_lossy();
                p.is_file() && !name.starts_with(['.', '_'])
            };
            let mut found: Vec<PathBuf> = entries.filter(is_records).collect();
            found.sort();
            files.append(&mut found);
        } else {
            files.push(path.clone());
        }
    }
    let choice = ChoiceArgs { no_config: true, today: Some(plan.header.today), ..ChoiceArgs::default() };
    let judge = make(&JudgeArgs { choice, repository_config: false, no_ignores: false, no_cache: true, cache: None })?;
    std::fs::create_dir_all(&args.out).map_err(AuditError::at(&args.out))?;
    let merged = merge(&plan, &plan.id(), &files, &args.out, judge.rules(), args.allow_mixed)?;
    report::conclude(&merged, &args.out, &args.verdict, io)
}
