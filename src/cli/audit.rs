//! The flags of `swaplint audit`.

use super::{BaselineChoice, Choice, ChoiceArgs, FailOn};
use crate::finding::Severity;
use clap::builder::FalseyValueParser;
use clap::{Args, Subcommand, ValueEnum};
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Steps of an audit.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Audit repositories on this machine: plan, fetch, map, merge and report. Exit code: 0 nothing found, 1 findings, 2 the job
    /// could not be done, 3 less coverage than --min-coverage.
    Run(Box<RunArgs>),
    /// Write down which repositories are audited, at which commits.
    Plan(PlanArgs),
    /// Bring what the analysis reads of the planned repositories to this machine.
    Fetch(FetchArgs),
    /// Write down what the analysis reads of the planned repositories, so that `map` needs no repositories.
    Pack(Box<PackArgs>),
    /// Analyse the repositories that stdin names, a line each; records go to stdout. No network, no clock.
    Map(Box<MapArgs>),
    /// Put the records of a plan together: one file, tables, the report.
    Merge(MergeArgs),
    /// Compare two audits: new, fixed, persisting, unknown.
    Diff(DiffArgs),
    /// Show an audit: in the terminal, as HTML, CSV or SARIF.
    Report(ReportArgs),
}

/// Which repositories.
#[derive(Debug, Clone, Args)]
pub struct SourceArgs {
    /// Folders of bare mirrors or checkouts, clone URLs, files that list either, or `-` for such a list on stdin: a line each, NDJSON,
    /// or the JSON array of a forge's tool.
    #[arg(required = true, value_name = "SOURCE")]
    pub sources: Vec<String>,
    /// Repositories in a shard, the unit in which an audit is resumed.
    #[arg(long, value_name = "N", default_value = "200", env = "SWAPLINT_SHARD_SIZE")]
    pub shard_size: NonZeroUsize,
}

/// How findings are looked for.
#[derive(Debug, Clone, Args)]
pub struct JudgeArgs {
    /// What is found.
    #[command(flatten)]
    pub choice: ChoiceArgs,
    /// Let the config of each repository decide as well (rules, ignores, baseline), not only its comments.
    #[arg(long, conflicts_with_all = ["config", "no_config"], env = "SWAPLINT_REPOSITORY_CONFIG", value_parser = FalseyValueParser::new())]
    pub repository_config: bool,
    /// Let nothing hide a finding: no comment, no entry of the config, no baseline.
    #[arg(long, env = "SWAPLINT_NO_IGNORES", value_parser = FalseyValueParser::new())]
    pub no_ignores: bool,
    /// Keep no results of repositories from one audit to the next.
    #[arg(long, env = "SWAPLINT_NO_CACHE", value_parser = FalseyValueParser::new())]
    pub no_cache: bool,
    /// Where those are kept [default: swaplint/audit.sqlite in the user's cache folder; `map` keeps none].
    #[arg(long, value_name = "FILE", conflicts_with = "no_cache", env = "SWAPLINT_CACHE")]
    pub cache: Option<PathBuf>,
}

/// How repositories are brought here.
#[derive(Debug, Clone, Args)]
pub struct StoreArgs {
    /// Where repositories with a URL are kept [default: swaplint/mirrors in the user's cache folder].
    #[arg(long, value_name = "DIR", env = "SWAPLINT_STORE")]
    pub store: Option<PathBuf>,
}

/// Flags of `audit plan`.
#[derive(Debug, Clone, Args)]
pub struct PlanArgs {
    /// Which repositories.
    #[command(flatten)]
    pub sources: SourceArgs,
    /// The day at which `until` of ignores is looked, YYYY-MM-DD [default: today, UTC].
    #[arg(long, value_name = "DAY", env = "SWAPLINT_TODAY")]
    pub today: Option<crate::date::Date>,
}

/// Flags of `audit fetch`.
#[derive(Debug, Clone, Args)]
pub struct FetchArgs {
    /// The plan; `-` is stdin. The same plan with the places of the repositories goes to stdout.
    pub plan: PathBuf,
    /// Where to.
    #[command(flatten)]
    pub store: StoreArgs,
    /// Repositories at the same time.
    #[arg(short = 'j', long, value_name = "N", default_value = "8", env = "SWAPLINT_JOBS")]
    pub jobs: NonZeroUsize,
    /// Seconds that one repository may take.
    #[arg(long, value_name = "SECONDS", default_value = "300")]
    pub timeout: NonZeroUsize,
}

/// Flags of `audit pack`.
#[derive(Debug, Clone, Args)]
pub struct PackArgs {
    /// The plan; `-` is stdin. The same plan with the contents of the repositories goes to stdout.
    pub plan: PathBuf,
    /// What is read depends on what is known about tools: the flags of `map`.
    #[command(flatten)]
    pub judge: JudgeArgs,
}

/// Flags of `audit map`.
#[derive(Debug, Clone, Args)]
pub struct MapArgs {
    /// How.
    #[command(flatten)]
    pub judge: JudgeArgs,
    /// Mebibytes of memory that this process may take; on Linux.
    #[arg(long, value_name = "MIB")]
    pub memory: Option<u64>,
    /// End each repository with a line that says so.
    #[arg(long, hide = true)]
    pub frames: bool,
}

/// Flags of `audit run`.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// Which repositories.
    #[command(flatten)]
    pub sources: SourceArgs,
    /// The folder of the result. What is there already of the same audit is not done again.
    #[arg(short, long, value_name = "DIR", default_value = "swaplint-audit", env = "SWAPLINT_OUT")]
    pub out: PathBuf,
    /// How.
    #[command(flatten)]
    pub judge: JudgeArgs,
    /// Where repositories are kept.
    #[command(flatten)]
    pub store: StoreArgs,
    /// Seconds that one repository may take.
    #[arg(long, value_name = "SECONDS", default_value = "120", env = "SWAPLINT_TIMEOUT")]
    pub timeout: NonZeroUsize,
    /// Mebibytes of memory that one repository may take; on Linux.
    #[arg(long, value_name = "MIB", default_value = "1024", env = "SWAPLINT_MEMORY")]
    pub memory: u64,
    /// A program that is started instead of this one to analyse repositories, with the arguments of `audit map`: a sandbox.
    #[arg(long, value_name = "PROGRAM")]
    pub worker: Option<PathBuf>,
    /// What is reported.
    #[command(flatten)]
    pub verdict: VerdictArgs,
    /// How progress is shown on stderr.
    #[arg(long, value_enum, default_value = "auto", env = "SWAPLINT_PROGRESS")]
    pub progress: ProgressForm,
}

/// What makes the exit code, and what the report compares with.
#[derive(Debug, Clone, Args)]
pub struct VerdictArgs {
    /// The result of an earlier audit: the report says what is new and fixed since.
    #[arg(long, value_name = "DIR", env = "SWAPLINT_SINCE")]
    pub since: Option<PathBuf>,
    /// Percent of the repositories that must be audited, or the exit code is 3.
    #[arg(long, value_name = "PERCENT", default_value = "100", env = "SWAPLINT_MIN_COVERAGE", value_parser = percent)]
    pub min_coverage: f64,
    /// The severity from which findings make the exit code 1, or `never` [default: any].
    #[arg(long, value_name = "SEVERITY|never", env = "SWAPLINT_FAIL_ON")]
    pub fail_on: Option<FailOn>,
}

fn percent(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|n| (0.0..=100.0).contains(n)).ok_or_else(|| "write a number from 0 to 100".to_owned())
}

impl VerdictArgs {
    /// From which severity on.
    #[must_use]
    pub fn fail_on(&self) -> FailOn {
        self.fail_on.unwrap_or(FailOn::At(Severity::Info))
    }
}

/// Forms of the progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProgressForm {
    /// A bar on a terminal, elsewhere a line every 30 seconds.
    Auto,
    /// A line every 30 seconds.
    Lines,
    /// A line of JSON every second.
    Json,
    /// Nothing.
    None,
}

/// Flags of `audit merge`.
#[derive(Debug, Clone, Args)]
pub struct MergeArgs {
    /// The plan.
    #[arg(long, value_name = "FILE")]
    pub plan: PathBuf,
    /// Records as `map` prints them, as they are or compressed (`.zst`); folders of such files.
    #[arg(required = true)]
    pub records: Vec<PathBuf>,
    /// The folder of the result.
    #[arg(short, long, value_name = "DIR", default_value = "swaplint-audit", env = "SWAPLINT_OUT")]
    pub out: PathBuf,
    /// Put records together that different tools, policies or configs made.
    #[arg(long)]
    pub allow_mixed: bool,
    /// What is reported.
    #[command(flatten)]
    pub verdict: VerdictArgs,
}

/// Flags of `audit diff`.
#[derive(Debug, Clone, Args)]
pub struct DiffArgs {
    /// The result of the earlier audit.
    pub base: PathBuf,
    /// The result of the later one.
    pub head: PathBuf,
    /// `text` or `json`.
    #[arg(long, value_enum, default_value = "text")]
    pub format: DiffForm,
}

/// Forms of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffForm {
    /// Numbers, and the new findings a line each.
    Text,
    /// Every finding with its state, a line of JSON each.
    Json,
}

/// Flags of `audit report`.
#[derive(Debug, Clone, Args)]
pub struct ReportArgs {
    /// The result of an audit.
    #[arg(default_value = "swaplint-audit")]
    pub dir: PathBuf,
    /// The form.
    #[arg(long, value_enum, default_value = "text")]
    pub format: ReportForm,
    /// Where to; a folder for `csv` and `sarif`.
    #[arg(short, long, value_name = "PATH", required_if_eq_any = [("format", "csv"), ("format", "sarif"), ("format", "html")])]
    pub output: Option<PathBuf>,
    /// What it compares with.
    #[arg(long, value_name = "DIR")]
    pub since: Option<PathBuf>,
}

/// Forms of the report of an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportForm {
    /// A page for the terminal.
    Text,
    /// One file for a browser, without a server.
    Html,
    /// A file a table.
    Csv,
    /// SARIF 2.1.0, a file a repository.
    Sarif,
}

impl JudgeArgs {
    /// The options that the flags mean. Only the config that is named counts, unless each repository's own does.
    #[must_use]
    pub fn resolve(&self) -> Choice {
        let mut args = self.choice.clone();
        args.no_config |= args.config.is_none() && !self.repository_config;
        let baseline = if self.repository_config && !self.no_ignores { BaselineChoice::Config } else { BaselineChoice::No };
        Choice { baseline, ignores: !self.no_ignores, ..args.resolve() }
    }

    /// The flags that make another process look for the same findings.
    #[must_use]
    pub fn to_flags(&self) -> Vec<std::ffi::OsString> {
        let choice = &self.choice;
        let mut flags: Vec<std::ffi::OsString> = Vec::new();
        let mut flag = |name: &str, value: Option<std::ffi::OsString>| {
            flags.push(name.into());
            flags.extend(value);
        };
        flag("--persona", Some(choice.persona.name().into()));
        choice.min_severity.into_iter().for_each(|s| flag("--min-severity", Some(s.name().into())));
        choice.min_confidence.into_iter().for_each(|c| flag("--min-confidence", Some(c.name().into())));
        choice.select.iter().for_each(|id| flag("--select", Some(id.into())));
        choice.ignore.iter().for_each(|id| flag("--ignore", Some(id.into())));
        choice.policies.policy.iter().for_each(|dir| flag("--policy", Some(dir.into())));
        choice.policies.data.iter().for_each(|file| flag("--data", Some(file.into())));
        choice.config.iter().for_each(|file| flag("--config", Some(file.into())));
        choice.today.into_iter().for_each(|day| flag("--today", Some(day.to_string().into())));
        let switches = [
            ("--no-builtin", choice.policies.no_builtin),
            ("--no-config", choice.no_config),
            ("--repository-config", self.repository_config),
            ("--no-ignores", self.no_ignores),
            ("--no-cache", self.no_cache),
        ];
        switches.into_iter().filter(|(_, on)| *on).for_each(|(name, _)| flag(name, None));
        flags
    }
}
