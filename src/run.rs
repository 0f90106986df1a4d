//! The story, in order; the only place where the rooms meet.
//!
//! Two beats: each file by itself and in parallel, then the repository as a whole. A panic in one file is that file's finding.

mod analysis;
mod commands;
mod examine;
mod told;

use crate::cli::{Cli, ColorChoice, Command, ConfigChoice, FailOn, Input, Options, PolicyArgs, PolicyCommand, Verbosity};
use crate::config::{Config, ConfigError};
use crate::custody;
use crate::discover::{DiscoverError, Discovered};
use crate::facts::Facts;
use crate::finding::{Finding, Severity};
use crate::policy::{Policies, PolicyError, RuleInfo};
use crate::report::{self, FileEntry, Report, Reported};
use crate::source::{FileId, Sources};
use crate::{suggest, suppress};
use examine::{Examined, examine, inputs};
use rayon::prelude::*;
use std::collections::BTreeSet;
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
    /// A policy that does not load.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// An output that cannot be written.
    #[error("{0}: {1}")]
    Output(String, io::Error),
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
}

/// Runs a command; gives the exit code.
///
/// # Errors
/// If the job could not be done.
pub fn run(cli: Cli, streams: &mut Streams<'_>) -> Result<u8, RunError> {
    let color = color(cli.color, streams.out_is_terminal);
    match cli.command {
        Command::Check(args) => check(&args.resolve().map_err(RunError::Usage)?, color, streams),
        Command::Explain { rule, policies } => commands::explain(&rule, &load_policies(&policies)?, color, streams.out),
        Command::Rules { format, policies } => commands::rules(format, &load_policies(&policies)?, streams.out),
        Command::Facts { path } => commands::facts(&path, streams),
        Command::Schema { what } => commands::schema(what, streams.out),
        Command::Policy { command: PolicyCommand::Test { dir } } => commands::policy_test(dir.as_deref(), streams.out),
    }
}

fn color(choice: ColorChoice, is_terminal: bool) -> bool {
    choice.resolve(is_terminal, std::env::var("NO_COLOR").ok().as_deref())
}

/// `swaplint check`
fn check(options: &Options, color: bool, streams: &mut Streams<'_>) -> Result<u8, RunError> {
    let (found, texts) = inputs(&options.input, streams.input)?;
    let config = read_config(&options.config, &found.root)?;
    let policies = choose_rules(load_policies(&options.policies)?, options, &config)?;
    let mut log = Log { err: &mut *streams.err, verbosity: options.verbosity };
    log.start(&found, &config, &policies);

    let candidates = !found.candidates.is_empty();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.jobs).stack_size(STACK).build();
    let pool = pool.map_err(|e| RunError::Usage(format!("no threads: {e}")))?;
    let Examined { sources, joined, entries, mut findings } = pool.install(|| examine(&found, texts, &config, &policies))?;
    if entries.is_empty() && candidates {
        log.say(Verbosity::Normal, "note: nothing here is a pipeline");
    }
    findings.extend(pool.install(|| judge(&joined.facts, &sources, &policies)));

    lower_examples(&mut findings, &sources, &joined);
    findings.retain(|f| !joined.context.contains(&f.span.file));
    only_once(&mut findings);
    apply_config(&mut findings, &config);
    if options.ignores {
        accept(&sources, &entries, &mut findings, &policies);
    }
    findings.retain(|f| f.always_shown || policies.is_enabled(&f.rule));
    let mut reported = report::fingerprinted(&sources, findings);
    reported.retain(|r| is_wanted(&r.finding, options));

    let rules: Vec<_> = policies.rules().iter().filter(|r| policies.is_enabled(&r.id)).map(commands::report_rule).collect();
    let (handoffs, handoff_counts) = told::handoffs(&joined, &sources);
    let report = Report {
        sources: &sources,
        findings: &reported,
        rules: &rules,
        files: &entries,
        pipelines: joined.facts.len(),
        handoffs: &handoffs,
        handoff_counts,
        show_suppressed: options.show_suppressed,
        color,
    };
    write_reports(&report, options, streams.out)?;
    log.say(Verbosity::Normal, &report.summary());
    Ok(exit_code(&reported, options.fail_on))
}

fn read_config(choice: &ConfigChoice, root: &Path) -> Result<Config, RunError> {
    let file = match choice {
        ConfigChoice::No => None,
        ConfigChoice::File(file) => Some(file.clone()),
        ConfigChoice::Find => Config::find(root),
    };
    Ok(file.map(|f| Config::read(&f)).transpose()?.unwrap_or_default())
}

fn load_policies(args: &PolicyArgs) -> Result<Policies, RunError> {
    let mut policies = if args.no_builtin { Policies::none()? } else { Policies::builtin()? };
    for file in &args.data {
        policies = policies.with_data(file)?;
    }
    for dir in &args.policy {
        policies = policies.with_dir(dir)?;
    }
    Ok(policies)
}

/// Turns rules off, by options and config. A name that means nothing is an error.
fn choose_rules(mut policies: Policies, options: &Options, config: &Config) -> Result<Policies, RunError> {
    let unknown = |id: &str| {
        let rules = policies.rules();
        let known = rules.iter().any(|r| r.id == id || r.family == id);
        let names = rules.iter().flat_map(|r| [r.id.as_str(), r.family.as_str()]);
        (!known).then(|| format!("there is no rule or family `{id}`{}", suggest::did_you_mean(id, names)))
    };
    if let Some(message) = options.select.iter().chain(&options.ignore).find_map(|id| unknown(id)) {
        return Err(RunError::Usage(message));
    }
    if let Some((id, message)) = config.rules.keys().find_map(|id| unknown(id).map(|m| (id, m))) {
        return Err(config.error_at(id, message).into());
    }
    let named = |list: &[String], rule: &RuleInfo| list.iter().any(|id| *id == rule.id || *id == rule.family);
    policies.disable(|rule| {
        (!options.select.is_empty() && !named(&options.select, rule))
            || named(&options.ignore, rule)
            || !config.setting(&rule.id, &rule.family).enabled
    });
    Ok(policies)
}

/// A place that several callers lead to is reported once, for the first of them.
fn only_once(findings: &mut Vec<Finding>) {
    let mut seen = std::collections::HashSet::new();
    findings.retain(|f| f.always_shown || seen.insert((f.rule.clone(), f.span)));
}

/// What the policies say about each pipeline.
fn judge(facts: &[Facts], sources: &Sources, policies: &Policies) -> Vec<Finding> {
    facts.par_iter().flat_map_iter(|facts| policies.evaluate(facts, sources)).collect()
}

/// What a pipeline runs from a folder of tests or examples counts less, as pipelines of such folders do by themselves.
fn lower_examples(findings: &mut [Finding], sources: &Sources, joined: &examine::Joined) {
    for finding in findings.iter_mut().filter(|f| !f.always_shown && !joined.formats.contains_key(&f.span.file)) {
        if custody::is_example(&sources.get(finding.span.file).path) {
            let lower = Severity::ALL.iter().copied().take_while(|s| *s < finding.severity).last();
            finding.severity = lower.unwrap_or(finding.severity);
        }
    }
}

/// The config's grades instead of the rules' own.
fn apply_config(findings: &mut [Finding], config: &Config) {
    for finding in findings {
        let setting = config.setting(&finding.rule, &finding.family);
        finding.severity = setting.severity.unwrap_or(finding.severity);
        finding.confidence = setting.confidence.unwrap_or(finding.confidence);
        finding.persona = setting.persona.unwrap_or(finding.persona);
    }
}

/// Inline ignores. In files that were not checked they mean nothing.
fn accept(sources: &Sources, entries: &[FileEntry], findings: &mut Vec<Finding>, policies: &Policies) {
    let checked: BTreeSet<&str> = entries.iter().filter(|e| e.status == "checked").map(|e| e.path.as_str()).collect();
    let files: Vec<FileId> = sources.iter().filter(|(_, f)| checked.contains(f.path.as_str())).map(|(id, _)| id).collect();
    let known = suppress::Known {
        rules: policies.rules().iter().map(|r| (r.id.as_str(), r.family.as_str())).collect(),
        ran: &|id| policies.is_enabled(id),
        own: &|rule, message, help, span| policies.own_finding(rule, message, help, span),
    };
    suppress::apply(sources, &files, findings, &known);
}

fn is_wanted(finding: &Finding, options: &Options) -> bool {
    finding.always_shown
        || (finding.persona <= options.persona
            && finding.severity >= options.min_severity
            && finding.confidence >= options.min_confidence)
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
        let plain = Report { color: false, ..*report };
        let written = plain.write(*form, &mut text).and_then(|()| std::fs::write(file, text));
        written.map_err(|e| RunError::Output(file.display().to_string(), e))?;
    }
    stdout(report.write(options.form, out))
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

    fn start(&mut self, found: &Discovered, config: &Config, policies: &Policies) {
        for note in &found.notes {
            self.say(Verbosity::Normal, &format!("note: {note}"));
        }
        let config = if config.path.is_empty() { "none" } else { &config.path };
        let rules = policies.rules().iter().filter(|r| policies.is_enabled(&r.id)).count();
        let line = format!("root {}, config {config}, {rules} rules", found.root.display());
        self.say(Verbosity::Verbose, &line);
    }
}

/// The facts of the pipelines in `path`, for `swaplint facts`.
fn facts_of(path: &Path, stdin: &mut dyn Read) -> Result<(Vec<Facts>, Vec<String>), RunError> {
    let (found, texts) = inputs(&Input::Paths(vec![PathBuf::from(path)]), stdin)?;
    let config = read_config(&ConfigChoice::Find, &found.root)?;
    let examined = examine(&found, texts, &config, &Policies::none()?)?;
    let problems = examined.findings.iter().map(|f| format!("{}: {}", examined.sources.get(f.span.file).path, f.message));
    Ok((examined.joined.facts, problems.collect()))
}

#[cfg(test)]
mod tests;
