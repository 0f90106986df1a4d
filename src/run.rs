//! The story, in order; the only place where the rooms meet.
//!
//! Two beats: each file by itself and in parallel, then the repository as a whole. A panic in one file is that file's finding.

mod accepted;
mod analysis;
mod bulk;
mod commands;
mod examine;
mod gate;
mod inventory;
mod judge;
mod pull_request;
mod renamed;
mod told;
mod tree;
mod waiting;

use crate::audit::AuditError;
use crate::cli::{Cli, ColorChoice, Command, ConfigChoice, FailOn, Input, Options, PolicyCommand, Verbosity};
use crate::config::ConfigError;
use crate::discover::{DiscoverError, Discovered};
use crate::facts::Facts;
use crate::finding::Finding;
use crate::policy::{Policies, PolicyError};
use crate::report::{self, Form, Report, Reported};
use crate::source::{Span, said as system_said};
use crate::tools::ToolError;
use examine::{examine, inputs};
use gate::{Gate, Home, configured};
use pull_request::PullRequest;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Deep nesting is bounded by the parsers; this is room for what they allow.
const STACK: usize = 16 * 1024 * 1024;

/// Why the job could not be done. Exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Bad arguments.
    #[error("{0}")]
    Usage(String),
    /// A path.
    #[error(transparent)]
    Discover(#[from] DiscoverError),
    /// The config file.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file of tools that the config names.
    #[error(transparent)]
    Tools(#[from] ToolError),
    /// A policy that does not load.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// An output that cannot be written.
    #[error("{0}: cannot be written: {why}", why = system_said(.1))]
    Output(String, io::Error),
    /// An audit.
    #[error(transparent)]
    Audit(#[from] AuditError),
}

/// Where a run reads and writes.
pub struct Streams<'a> {
    /// For `-`.
    pub input: &'a mut dyn Read,
    /// Findings.
    pub out: &'a mut dyn Write,
    /// Notes, summaries, errors.
    pub err: &'a mut dyn Write,
    /// Whether `out` is a terminal.
    pub out_is_terminal: bool,
    /// Characters in a line of that terminal.
    pub out_width: Option<usize>,
}

/// Runs a command; gives the exit code.
///
/// # Errors
/// If the job could not be done.
pub fn run(cli: Cli, streams: &mut Streams<'_>) -> Result<u8, RunError> {
    let color = color(cli.color, streams.out_is_terminal);
    match cli.command {
        Command::Check(args) => check(&args.resolve().map_err(RunError::Usage)?, color, streams),
        Command::Baseline { command } => accepted::baseline(command, streams),
        Command::Audit { command } => bulk::audit(command, streams),
        Command::Init => commands::init(streams),
        Command::Explain { rule, policies } => commands::explain(&rule, &configured(&policies)?, color, streams.out),
        Command::Rules { format, policies } => commands::rules(format, &configured(&policies)?, streams.out),
        Command::Facts { path } => commands::facts(&path, streams),
        Command::Man => commands::man(streams.out),
        Command::Completions { shell } => commands::completions(shell, streams.out),
        Command::Schema { what } => commands::schema(what, streams.out),
        Command::Policy { command: PolicyCommand::Test { dir } } => commands::policy_test(dir.as_deref(), streams.out),
    }
}

fn color(choice: ColorChoice, is_terminal: bool) -> bool {
    choice.resolve(is_terminal, std::env::var("NO_COLOR").ok().as_deref())
}

/// The width that `COLUMNS` sets, else the terminal's; a width that nobody can read in is none.
fn width(terminal: Option<usize>) -> Option<usize> {
    let set = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    set.or(terminal).filter(|width| *width >= 40)
}

/// `swaplint check`
fn check(options: &Options, color: bool, streams: &mut Streams<'_>) -> Result<u8, RunError> {
    let (request, found, texts) = PullRequest::open(options, inputs(&options.input, streams.input)?)?;
    let mut log = Log { err: &mut *streams.err, verbosity: options.choice.verbosity };
    let gate = Gate::load(&options.choice, Home { root: found.root(), commit: request.trusted() })?;
    let (terms, before) = request.compare(&found, &gate, &options.choice)?;
    let mut judged = judge::judge(&found, texts, &gate, &options.choice, &terms, &mut log)?;
    let not_new = before.map(|before| before.take_away(&mut judged, &mut log));
    let policies = &gate.policies;
    let rules: Vec<_> = policies.rules().iter().filter(|r| policies.is_enabled(&r.id)).map(commands::report_rule).collect();
    let report = Report {
        sources: &judged.sources,
        findings: &judged.reported,
        rules: &rules,
        files: &judged.entries,
        pipelines: judged.pipelines,
        handoffs: &judged.handoffs,
        handoff_counts: judged.handoff_counts,
        not_new,
        show_suppressed: options.show_suppressed,
        color,
        width: width(streams.out_width),
    };
    write_reports(&report, options, streams.out)?;
    if !judged.entries.is_empty() {
        report.summary_lines().iter().for_each(|line| log.say(Verbosity::Normal, line));
    }
    Ok(exit_code(&judged.reported, options.fail_on))
}

fn exit_code(reported: &[Reported], fail_on: FailOn) -> u8 {
    let counts = |finding: &Finding| match fail_on {
        FailOn::Never => false,
        FailOn::At(severity) => finding.suppressed.is_none() && (finding.severity >= severity || finding.always_shown),
    };
    u8::from(reported.iter().any(|r| counts(&r.finding)))
}

fn write_reports(report: &Report<'_>, options: &Options, out: &mut dyn Write) -> Result<(), RunError> {
    for (form, file) in &options.outputs {
        let mut text = Vec::new();
        let plain = Report { color: false, width: None, ..*report };
        let written = plain.write(*form, &mut text).and_then(|()| std::fs::write(file, text));
        written.map_err(|e| RunError::Output(file.display().to_string(), e))?;
    }
    let forms = options.outputs.iter().map(|(form, _)| *form).chain([options.form]);
    if let Some(file) =
        std::env::var_os("GITHUB_STEP_SUMMARY").filter(|f| !f.is_empty() && forms.into_iter().any(|f| f == Form::Github))
    {
        summarise(report, Path::new(&file)).map_err(|e| RunError::Output(file.display().to_string(), e))?;
    }
    // Before the summary, which goes to stderr.
    stdout(report.write(options.form, out).and_then(|()| out.flush()))
}

/// Appends to the job summary. GitHub refuses one of more than a mebibyte a step.
fn summarise(report: &Report<'_>, file: &Path) -> io::Result<()> {
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file)?;
    let there = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    file.write_all(report.job_summary((1024 * 1024_usize).saturating_sub(there)).as_bytes())
}

/// A reader that has seen enough (`| head`) is no error.
fn stdout(result: io::Result<()>) -> Result<(), RunError> {
    match result {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(RunError::Output("stdout".to_owned(), e)),
        _ => Ok(()),
    }
}

/// Stderr. That it cannot be written is nobody's problem.
struct Log<'a> {
    err: &'a mut dyn Write,
    verbosity: Verbosity,
}

impl Log<'_> {
    fn say(&mut self, from: Verbosity, line: &str) {
        if self.verbosity >= from {
            let _ = writeln!(self.err, "{}", report::neutral(line));
        }
    }

    fn start(&mut self, found: &Discovered, config: &str, policies: &Policies) {
        let config = if config.is_empty() { "none" } else { config };
        let rules = policies.rules().iter().filter(|r| policies.is_enabled(&r.id)).count();
        let line = format!("root {}, config {config}, {rules} rules", found.root().display());
        self.say(Verbosity::Verbose, &line);
    }

    /// What became of the paths; one line for hooks, whose lists often name no pipeline.
    fn notes(&mut self, found: &Discovered, is_nothing: bool) {
        if is_nothing {
            let notes: Vec<&str> = found.notes.iter().map(String::as_str).chain(["nothing here is a pipeline"]).collect();
            return self.say(Verbosity::Normal, &format!("nothing to check: {}", notes.join("; ")));
        }
        found.notes.iter().for_each(|note| self.say(Verbosity::Normal, &format!("note: {note}")));
    }
}

/// The facts of the pipelines in `path`, for `swaplint facts`.
fn facts_of(path: &Path, stdin: &mut dyn Read) -> Result<(Vec<Facts>, Vec<String>), RunError> {
    let (found, texts) = inputs(&Input::Paths(vec![PathBuf::from(path)]), stdin)?;
    let home = Home::disk(found.root());
    let config = home.config(&ConfigChoice::Find)?;
    let mut examined = examine(&found, texts, &config, &*home.toolbox(&config)?, &Policies::none()?);
    let said = |span: Span, message: &str| format!("{}: {message}", examined.sources.get(span.file).path);
    let mut problems: Vec<String> = examined.findings.iter().map(|f| said(f.span, &f.message)).collect();
    let mut all = Vec::new();
    examined.joined.each(
        |facts| facts,
        |facts| match facts {
            Ok(facts) => all.push(facts),
            Err(problem) => problems.push(said(problem.span, &problem.message)),
        },
    );
    Ok((all, problems))
}

#[cfg(test)]
mod tests;
