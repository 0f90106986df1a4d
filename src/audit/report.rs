//! A result for people and other tools: the page for the terminal, CSV, and who writes the other forms.

use super::diff::{self, Counts};
use super::merge::{self, Merged, Summary};
use super::record::{FindingRow, HandoffRow, Record, Repo, Status, UseRow};
use super::shards::atomically;
use super::tables::{Row, csv_head, csv_line};
use super::{AuditError, Io, html, sarif};
use crate::cli::{FailOn, ReportArgs, ReportForm, VerdictArgs};
use crate::finding::Severity;
use crate::report::neutral;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{BufWriter, Write};
use std::path::Path;

/// The report for a browser, in the folder of the result.
const PAGE: &str = "report.html";
/// Lines of a list in the terminal.
const LISTED: usize = 10;
/// The comparison with an earlier audit.
pub(super) struct Since {
    pub(super) base: Merged,
    pub(super) counts: Counts,
    /// What decided differently.
    pub(super) changed: Vec<&'static str>,
}

/// A rule over all repositories.
#[derive(Debug, Clone, Default)]
pub(super) struct RuleCount {
    pub(super) severity: Option<Severity>,
    pub(super) findings: u64,
    pub(super) repositories: u64,
    last: String,
}

/// Counts findings by rule. Records of a repository stand together.
#[derive(Debug, Default)]
pub(super) struct ByRule(pub(super) BTreeMap<String, RuleCount>);

impl ByRule {
    pub(super) fn add(&mut self, finding: &FindingRow) {
        if finding.accepted.is_some() {
            return;
        }
        let count = self.0.entry(finding.rule.clone()).or_default();
        count.severity = count.severity.max(Some(finding.severity));
        count.findings += 1;
        if count.repositories == 0 || count.last != finding.of.repository {
            count.repositories += 1;
            count.last.clone_from(&finding.of.repository);
        }
    }

    /// The rule of most repositories first.
    pub(super) fn sorted(&self) -> Vec<(&String, &RuleCount)> {
        let mut all: Vec<_> = self.0.iter().collect();
        all.sort_by_key(|(id, count)| (std::cmp::Reverse((count.repositories, count.findings)), *id));
        all
    }
}

/// Compares with an earlier audit.
pub(super) fn since(
    base: Option<&Path>,
    dir: &Path,
    merged: &Merged,
    visit: &mut dyn FnMut(diff::State, &FindingRow),
) -> Result<Option<Since>, AuditError> {
    let Some(base) = base else { return Ok(None) };
    let earlier = merge::summary(base)?;
    let counts = diff::compare(base, dir, visit)?;
    let changed = diff::changed(&earlier, merged);
    Ok(Some(Since { base: earlier, counts, changed }))
}

/// Ends `run` and `merge`: the page, the summary, the exit code.
pub(super) fn conclude(merged: &Merged, dir: &Path, args: &VerdictArgs, io: &mut Io<'_>) -> Result<u8, AuditError> {
    let page = dir.join(PAGE);
    html::write(dir, args.since.as_deref(), merged, &page)?;
    text(dir, args.since.as_deref(), merged, io)?;
    io.say(&format!("the whole report: {}", page.display()));
    let Summary { total, .. } = &merged.summary;
    let counts = [
        (Severity::High, total.high),
        (Severity::Medium, total.medium),
        (Severity::Low, total.low),
        (Severity::Info, total.info),
    ];
    let is_found = match args.fail_on() {
        FailOn::Never => false,
        FailOn::At(severity) => counts.iter().any(|(s, n)| *s >= severity && *n > 0),
    };
    if merged.summary.coverage() < args.min_coverage {
        return Ok(3);
    }
    Ok(u8::from(is_found))
}

/// `swaplint audit report`
pub(super) fn command(args: &ReportArgs, io: &mut Io<'_>) -> Result<u8, AuditError> {
    let merged = merge::summary(&args.dir)?;
    let since = args.since.as_deref();
    match (args.format, &args.output) {
        (ReportForm::Text, None) => text(&args.dir, since, &merged, io)?,
        (ReportForm::Text, Some(path)) => {
            let mut bytes = Vec::new();
            let mut nothing = std::io::empty();
            let mut inner = Io { input: &mut nothing, out: &mut bytes, err: &mut *io.err, is_terminal: false };
            text(&args.dir, since, &merged, &mut inner)?;
            std::fs::write(path, bytes).map_err(AuditError::at(path))?;
        }
        (ReportForm::Html, path) => html::write(&args.dir, since, &merged, path.as_deref().unwrap_or(Path::new(PAGE)))?,
        (ReportForm::Csv, path) => csv(&args.dir, path.as_deref().unwrap_or(&args.dir))?,
        (ReportForm::Sarif, path) => sarif::write(&args.dir, &merged.rules, path.as_deref().unwrap_or(&args.dir))?,
    }
    Ok(0)
}

/// A table as CSV.
fn table<R: Row>(folder: &Path) -> Result<(std::path::PathBuf, BufWriter<std::fs::File>), AuditError> {
    let path = folder.join(format!("{}.csv", R::NAME));
    let mut file = BufWriter::new(std::fs::File::create(&path).map_err(AuditError::at(&path))?);
    file.write_all(csv_head::<R>().as_bytes()).map_err(AuditError::at(&path))?;
    Ok((path, file))
}

fn csv(dir: &Path, folder: &Path) -> Result<(), AuditError> {
    std::fs::create_dir_all(folder).map_err(AuditError::at(folder))?;
    let mut tables =
        [table::<Repo>(folder)?, table::<FindingRow>(folder)?, table::<HandoffRow>(folder)?, table::<UseRow>(folder)?];
    let mut written = Ok(());
    merge::read(dir, &mut |record| {
        let (table, line) = match record {
            Record::Repo(row) => (0, csv_line(&*row)),
            Record::Finding(row) => (1, csv_line(&*row)),
            Record::Handoff(row) => (2, csv_line(&*row)),
            Record::Use(row) => (3, csv_line(&*row)),
            Record::FileError(_) => return,
        };
        if written.is_ok() {
            let (path, file) = &mut tables[table];
            written = file.write_all(line.as_bytes()).map_err(AuditError::at(path));
        }
    })?;
    written?;
    tables.iter_mut().try_for_each(|(path, file)| file.flush().map_err(AuditError::at(path)))
}

/// The page for the terminal.
fn text(dir: &Path, base: Option<&Path>, merged: &Merged, io: &mut Io<'_>) -> Result<(), AuditError> {
    let mut rules = ByRule::default();
    let (mut lost, mut worst) = (Vec::new(), BTreeSet::new());
    let mut pins: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    merge::read(dir, &mut |record| match record {
        Record::Repo(repo) => {
            let order = (std::cmp::Reverse((repo.high, repo.medium, repo.low)), repo.of.repository.clone());
            if repo.high + repo.medium + repo.low > 0 {
                worst.insert(order);
            }
            if worst.len() > LISTED {
                worst.pop_last();
            }
            if !repo.is_covered() {
                let reason = repo.reason.unwrap_or_default();
                lost.push((repo.of.repository, repo.status, reason));
            }
        }
        Record::Finding(finding) => rules.add(&finding),
        Record::Use(row) => {
            let (pinned, all) = pins.entry(row.kind).or_default();
            *pinned += u64::from(row.pinned);
            *all += 1;
        }
        Record::Handoff(_) | Record::FileError(_) => {}
    })?;
    let mut page = head(&merged.summary);
    for (name, status, reason) in lost.iter().take(LISTED) {
        let _ = writeln!(page, "  {:12} {}: {}", status.name(), neutral(name), neutral(reason));
    }
    if lost.len() > LISTED {
        let _ = writeln!(page, "  .. and {} more", lost.len() - LISTED);
    }
    if let Some(since) = since(base, dir, merged, &mut |_, _| {})? {
        let _ = writeln!(page, "{} {}", diff::told(&since.counts), since.base.summary.today);
        if !since.changed.is_empty() {
            let changed = since.changed.join(" and ");
            let _ = writeln!(page, "  but another {changed} decided: not every difference is one of the repositories");
        }
    }
    let total = &merged.summary.total;
    let _ = writeln!(page, "handoffs: {} open, {} closed, {} unknown", total.open, total.closed, total.unknown);
    let _ = writeln!(
        page,
        "findings: {} high, {} medium, {} low, {} info; {} accepted",
        total.high, total.medium, total.low, total.info, total.accepted
    );
    for (id, count) in rules.sorted().into_iter().take(LISTED) {
        let severity = count.severity.map_or("", Severity::name);
        let (repositories, findings) =
            (of(count.repositories, "repository", "repositories"), of(count.findings, "finding", "findings"));
        let _ = writeln!(page, "  {severity:7} {id:32} {repositories:>18} {findings:>15}");
    }
    if !worst.is_empty() {
        let _ = writeln!(page, "repositories with most:");
    }
    for (std::cmp::Reverse((high, medium, low)), name) in &worst {
        let _ = writeln!(page, "  {high:4} high {medium:4} medium {low:4} low  {}", neutral(name));
    }
    let pins = pins.iter().map(|(kind, (pinned, all))| format!("{kind} {pinned} of {all}"));
    let pins = pins.collect::<Vec<_>>().join(", ");
    if !pins.is_empty() {
        let _ = writeln!(page, "pinned: {pins}");
    }
    match io.out.write_all(page.as_bytes()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(AuditError::File("stdout".to_owned(), e)),
        _ => Ok(()),
    }
}

fn head(summary: &Summary) -> String {
    let mut page = String::new();
    let statuses = Status::ALL.iter().filter_map(|s| Some((s.name(), summary.statuses.get(s.name())?)));
    let statuses: Vec<String> = statuses.map(|(name, n)| format!("{n} {name}")).collect();
    let _ = writeln!(
        page,
        "{}, {:.1} % audited ({}); {} in {}",
        of(summary.repositories, "repository", "repositories"),
        summary.coverage(),
        statuses.join(", "),
        of(summary.total.pipelines, "pipeline", "pipelines"),
        of(summary.total.files, "file", "files")
    );
    page
}

/// A number and what it is of.
fn of(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// Writes a text into a file at once.
pub(super) fn whole(path: &Path, text: &str) -> Result<(), AuditError> {
    atomically(path, |file| file.write_all(text.as_bytes()).map_err(AuditError::at(path)))
}
