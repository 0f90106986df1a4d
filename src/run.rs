//! The story, in order; the only place where the rooms meet.
//!
//! Two beats: each file by itself and in parallel, then the repository as a whole. A panic in one file is that file's finding.

pub mod analysis;
mod commands;

use crate::cli::{Cli, ColorChoice, Command, ConfigChoice, FailOn, Input, Options, PolicyArgs, PolicyCommand, Verbosity};
use crate::config::{Config, ConfigError, References};
use crate::discover::{self, Candidate, DiscoverError, Discovered};
use crate::facts::Facts;
use crate::finding::Finding;
use crate::pipeline::Format;
use crate::policy::{Policies, PolicyError, RuleInfo};
use crate::report::{self, FileEntry, HandoffCounts, Report, Reported};
use crate::source::{FileId, Sources, Span};
use crate::{suggest, suppress};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

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

/// A file, or a part of it, that is not what it claims to be.
#[derive(Debug, Clone)]
pub struct Unparsable {
    /// Where.
    pub span: Span,
    /// What is wrong, as a sentence.
    pub message: String,
}

/// What the second beat works on.
pub struct Repository<'a> {
    /// Its root.
    pub root: &'a Path,
    /// All files; those that are followed are added.
    pub sources: &'a mut Sources,
    /// What the user knows about references.
    pub references: &'a References,
}

/// What the second beat gives.
#[derive(Debug, Default)]
pub struct Joined {
    /// The facts of each pipeline.
    pub facts: Vec<Facts>,
    /// The formats of the files.
    pub formats: BTreeMap<FileId, Format>,
    /// Pipelines that were looked at only because what was asked for is called by them; nothing is reported there.
    pub context: std::collections::BTreeSet<FileId>,
    /// What could not be read after all.
    pub unparsable: Vec<Unparsable>,
    /// Handoffs, as reports show them.
    pub handoffs: Vec<serde_json::Value>,
    /// Their number by window.
    pub handoff_counts: HandoffCounts,
}

/// PLUG: what formats, shell, tools and custody do together. `run` knows nothing more about them.
pub trait Analysis: Sync {
    /// What the first beat makes of one file.
    type Unit: Send;

    /// Whether a file may be a pipeline, by its path relative to the root.
    fn recognises(&self, path: &Path) -> bool;

    /// First beat, in parallel: one file. `None` if it is no pipeline after all.
    ///
    /// # Errors
    /// If it cannot be read as what it claims to be.
    fn load(&self, sources: &Sources, file: FileId) -> Result<Option<Self::Unit>, Unparsable>;

    /// Second beat: calls between files, handoffs, facts.
    fn join(&self, repository: Repository<'_>, units: Vec<Self::Unit>) -> Joined;
}

/// PLUG: stands in for the analysis until it is wired; finds workflows and knows nothing about them.
#[derive(Debug, Clone, Copy)]
pub struct NoAnalysis;

impl Analysis for NoAnalysis {
    type Unit = ();

    fn recognises(&self, path: &Path) -> bool {
        path.starts_with(".github/workflows") && path.extension().is_some_and(|e| e == "yml" || e == "yaml")
    }

    fn load(&self, _: &Sources, _: FileId) -> Result<Option<()>, Unparsable> {
        Ok(Some(()))
    }

    fn join(&self, _: Repository<'_>, _: Vec<()>) -> Joined {
        Joined::default()
    }
}

/// Runs a command; gives the exit code.
///
/// # Errors
/// If the job could not be done.
pub fn run<A: Analysis>(cli: Cli, analysis: &A, streams: &mut Streams<'_>) -> Result<u8, RunError> {
    let color = color(cli.color, streams.out_is_terminal);
    match cli.command {
        Command::Check(args) => check(&args.resolve().map_err(RunError::Usage)?, analysis, color, streams),
        Command::Explain { rule, policies } => commands::explain(&rule, &load_policies(&policies)?, color, streams.out),
        Command::Rules { format, policies } => commands::rules(format, &load_policies(&policies)?, streams.out),
        Command::Facts { path } => commands::facts(&path, analysis, streams),
        Command::Schema { what } => commands::schema(what, streams.out),
        Command::Policy { command: PolicyCommand::Test { dir } } => commands::policy_test(dir.as_deref(), streams.out),
    }
}

fn color(choice: ColorChoice, is_terminal: bool) -> bool {
    choice.resolve(is_terminal, std::env::var("NO_COLOR").ok().as_deref())
}

/// `swaplint check`
fn check<A: Analysis>(options: &Options, analysis: &A, color: bool, streams: &mut Streams<'_>) -> Result<u8, RunError> {
    let (found, texts) = inputs(&options.input, analysis, streams.input)?;
    let config = read_config(&options.config, &found.root)?;
    let policies = choose_rules(load_policies(&options.policies)?, options, &config)?;
    let mut log = Log { err: &mut *streams.err, verbosity: options.verbosity };
    log.start(&found, &config, &policies);

    let candidates = !found.candidates.is_empty();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(options.jobs).stack_size(STACK).build();
    let pool = pool.map_err(|e| RunError::Usage(format!("no threads: {e}")))?;
    let Examined { sources, joined, entries, mut findings } =
        pool.install(|| examine(&found, texts, &config, analysis, &policies))?;
    if entries.is_empty() && candidates {
        log.say(Verbosity::Normal, "note: nothing here is a pipeline");
    }
    findings.extend(pool.install(|| judge(&joined.facts, &sources, &policies)));

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
    let report = Report {
        sources: &sources,
        findings: &reported,
        rules: &rules,
        files: &entries,
        pipelines: joined.facts.len(),
        handoffs: &joined.handoffs,
        handoff_counts: joined.handoff_counts,
        show_suppressed: options.show_suppressed,
        color,
    };
    write_reports(&report, options, streams.out)?;
    log.say(Verbosity::Normal, &report.summary());
    Ok(exit_code(&reported, options.fail_on))
}

/// Files and their texts, or why there is none.
type Texts = Vec<(Candidate, Option<Result<Arc<str>, String>>)>;

/// The candidates; the text is already there if it came from stdin.
fn inputs<A: Analysis>(input: &Input, analysis: &A, stdin: &mut dyn Read) -> Result<(Discovered, Texts), RunError> {
    match input {
        Input::Paths(paths) => {
            let found = discover::discover(paths, &|path| analysis.recognises(path))?;
            let texts = found.candidates.iter().map(|c| (c.clone(), None)).collect();
            Ok((found, texts))
        }
        Input::Stdin(path) => {
            let mut bytes = Vec::new();
            let limited = stdin.take(discover::MAX_FILE + 1).read_to_end(&mut bytes);
            let text = limited.map_err(|e| e.to_string()).and_then(|_| discover::text_of(bytes));
            let here = std::env::current_dir().map_err(DiscoverError::WorkingDirectory)?;
            let file = here.join(path);
            let root = discover::root_of(&file, &here);
            let shown = file.strip_prefix(&root).unwrap_or(path).to_string_lossy().replace('\\', "/");
            let candidate = Candidate { path: shown, file, explicit: true, recognised: true };
            Ok((Discovered { root, ..Discovered::default() }, vec![(candidate, Some(text))]))
        }
    }
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

/// What the analysis made of the files.
struct Examined {
    sources: Sources,
    joined: Joined,
    entries: Vec<FileEntry>,
    /// About files that are not what they claim to be.
    findings: Vec<Finding>,
}

/// Both beats.
fn examine<A: Analysis>(
    found: &Discovered,
    texts: Texts,
    config: &Config,
    analysis: &A,
    policies: &Policies,
) -> Result<Examined, RunError> {
    let ignored = config.ignored_paths()?;
    let is_ignored = |path: &str| !path.starts_with("..") && ignored.matched_path_or_any_parents(path, false).is_ignore();
    let texts: Vec<_> = texts.into_iter().filter(|(c, _)| !is_ignored(&c.path)).collect();
    let read = |(c, text): (Candidate, Option<Result<Arc<str>, String>>)| {
        let text = text.unwrap_or_else(|| discover::read(&c.file));
        (c.recognised || text.is_ok()).then_some((c.path, text))
    };
    let texts: Vec<_> = texts.into_par_iter().filter_map(read).collect();
    let mut sources = Sources::new();
    let (mut files, mut unparsable) = (Vec::new(), Vec::new());
    let unreadable = found.unreadable.iter().filter(|(p, _)| !is_ignored(p)).map(|(p, why)| (p.clone(), Err(why.clone())));
    for (path, text) in texts.into_iter().chain(unreadable) {
        match text {
            Ok(text) => files.push(sources.add(path, text)),
            Err(why) => {
                let span = Span::new(sources.add(path, ""), 0..0);
                unparsable.push(Unparsable { span, message: format!("the file {why}") });
            }
        }
    }
    let loaded: Vec<_> = files.par_iter().map(|file| load(analysis, &sources, *file)).collect();
    let (mut units, mut checked) = (Vec::new(), Vec::new());
    for (file, loaded) in files.into_iter().zip(loaded) {
        match loaded {
            Ok(Some(unit)) => {
                units.push(unit);
                checked.push(file);
            }
            Ok(None) => {}
            Err(problem) => unparsable.push(problem),
        }
    }
    let repository = Repository { root: &found.root, sources: &mut sources, references: &config.references };
    let joined = catch_unwind(AssertUnwindSafe(|| analysis.join(repository, units)));
    let mut joined =
        joined.unwrap_or_else(|_| Joined { unparsable: checked.iter().map(|f| panicked(*f)).collect(), ..Joined::default() });
    unparsable.append(&mut joined.unparsable);
    let entries = entries(&sources, &checked, &unparsable, &joined.formats);
    let findings = unparsable.into_iter().map(|u| unparsable_finding(policies, u)).collect();
    Ok(Examined { sources, joined, entries, findings })
}

/// A place that several callers lead to is reported once, for the first of them.
fn only_once(findings: &mut Vec<Finding>) {
    let mut seen = std::collections::HashSet::new();
    findings.retain(|f| f.always_shown || seen.insert((f.rule.clone(), f.span)));
}

/// First beat on one file; a panic is a finding there.
fn load<A: Analysis>(analysis: &A, sources: &Sources, file: FileId) -> Result<Option<A::Unit>, Unparsable> {
    catch_unwind(AssertUnwindSafe(|| analysis.load(sources, file))).unwrap_or_else(|_| Err(panicked(file)))
}

fn panicked(file: FileId) -> Unparsable {
    let message = "swaplint panicked and did not check this file: that is our bug, please report it".to_owned();
    Unparsable { span: Span::new(file, 0..0), message }
}

fn unparsable_finding(policies: &Policies, problem: Unparsable) -> Finding {
    let help = "repair it, or name it under `ignore-paths` if it is no pipeline".to_owned();
    Finding { always_shown: true, ..policies.own_finding("unparsable-pipeline", problem.message, help, problem.span) }
}

fn entries(
    sources: &Sources,
    checked: &[FileId],
    unparsable: &[Unparsable],
    formats: &BTreeMap<FileId, Format>,
) -> Vec<FileEntry> {
    let mut status: BTreeMap<&str, (FileId, &'static str)> = BTreeMap::new();
    let checked = checked.iter().chain(formats.keys()).map(|file| (*file, "checked"));
    for (file, word) in checked.chain(unparsable.iter().map(|u| (u.span.file, "unparsable"))) {
        status.insert(&sources.get(file).path, (file, word));
    }
    let entry = |(path, (file, status)): (&str, (FileId, &'static str))| FileEntry {
        path: path.to_owned(),
        format: formats.get(&file).map(|f| f.name()),
        status,
    };
    status.into_iter().map(entry).collect()
}

/// What the policies say about each pipeline.
fn judge(facts: &[Facts], sources: &Sources, policies: &Policies) -> Vec<Finding> {
    facts.par_iter().flat_map_iter(|facts| policies.evaluate(facts, sources)).collect()
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
fn facts_of<A: Analysis>(path: &Path, analysis: &A, stdin: &mut dyn Read) -> Result<(Vec<Facts>, Vec<String>), RunError> {
    let (found, texts) = inputs(&Input::Paths(vec![PathBuf::from(path)]), analysis, stdin)?;
    let config = read_config(&ConfigChoice::Find, &found.root)?;
    let examined = examine(&found, texts, &config, analysis, &Policies::none()?)?;
    let problems = examined.findings.iter().map(|f| format!("{}: {}", examined.sources.get(f.span.file).path, f.message));
    Ok((examined.joined.facts, problems.collect()))
}

#[cfg(test)]
mod tests;
