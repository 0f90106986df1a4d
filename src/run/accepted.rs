//! What somebody accepted: ignores, and the baseline with its commands.

use super::examine::{Joined, inputs};
use super::gate::{Gate, Home, here, relative};
use super::judge::{Judged, Terms, is_wanted, judge};
use super::{Log, RunError, Streams, stdout};
use crate::cli::{BaselineCommand, Choice, ConfigChoice, Input, Verbosity};
use crate::config::Config;
use crate::date::Date;
use crate::discover::Discovered;
use crate::finding::{Confidence, Finding, Persona, Severity};
use crate::policy::Policies;
use crate::report::{FileEntry, Reported, neutral};
use crate::source::Sources;
use crate::suppress::baseline::Entry;
use crate::suppress::{self, Baseline};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Where the baseline lies, if nobody says otherwise.
const BASELINE: &str = "swaplint-baseline.json";

/// Comments and entries of the config. In files that were not checked comments count, and idle ones are not told.
pub(super) fn ignores(
    found: &Discovered,
    config: &Config,
    today: Date,
    sources: &Sources,
    joined: &Joined,
    entries: &[FileEntry],
    policies: &Policies,
    trust: Option<suppress::Trust<'_>>,
    findings: &mut Vec<Finding>,
) {
    let checked: BTreeSet<&str> = entries.iter().filter(|e| e.status == "checked").map(|e| e.path.as_str()).collect();
    let checked = sources.iter().filter(|(_, f)| checked.contains(f.path.as_str())).map(|(id, _)| id).collect();
    let known = suppress::Known {
        sources,
        rules: policies.rules().iter().map(|r| (&*r.id, &*r.family)).collect(),
        ran: &|id| policies.is_enabled(id),
        own: &|rule, message, help, span| policies.own_finding(rule, message, help, span),
        checked,
        whole: found.whole,
        steps: &joined.steps,
        today,
        config,
        config_file: sources.add(config.path.as_str(), config.text.clone()),
        trust,
    };
    suppress::apply(findings, &known);
}

/// `swaplint baseline`
pub(super) fn baseline(command: BaselineCommand, streams: &mut Streams<'_>) -> Result<u8, RunError> {
    match command {
        BaselineCommand::Create { file, force, choice } => {
            let choice = choice.resolve();
            let file = place(file, &Home::disk(&here()?).config(&choice.config)?, &here()?);
            if file.exists() && !force {
                let shown = relative(&file, &here()?);
                let message = format!("{shown} is there already: `update` drops what is fixed, `create --force` starts anew");
                return Err(RunError::Usage(message));
            }
            let judged = all(&choice, streams)?;
            save(&file, &Baseline::default().updated(entries(&judged), |f| takes(f, &choice)), "created", streams)
        }
        BaselineCommand::Update { file, accept_new, choice } => {
            let choice = choice.resolve();
            let file = place(file, &Home::disk(&here()?).config(&choice.config)?, &here()?);
            let old = Home::disk(&here()?).baseline_file(&file)?;
            let judged = all(&choice, streams)?;
            let new = old.updated(entries(&judged), |f| accept_new && takes(f, &choice));
            let kept = new.findings.iter().filter(|e| old.findings.iter().any(|o| o.fingerprint == e.fingerprint)).count();
            let what = format!("updated, {} fixed, {} new", old.findings.len() - kept, new.findings.len() - kept);
            save(&file, &new, &what, streams)
        }
        BaselineCommand::Show { file } => {
            let root = here()?;
            let file = place(file, &Home::disk(&root).config(&ConfigChoice::Find)?, &root);
            stdout(show(&Home::disk(&root).baseline_file(&file)?, streams.out))?;
            Ok(0)
        }
    }
}

fn show(baseline: &Baseline, out: &mut dyn Write) -> std::io::Result<()> {
    for entry in &baseline.findings {
        let reason = entry.reason.as_ref().map(|r| format!(" ({})", neutral(r))).unwrap_or_default();
        writeln!(out, "{}: {} {}{reason}", neutral(&entry.path), neutral(&entry.rule), neutral(&entry.message))?;
    }
    Ok(())
}

/// Where the baseline lies: by argument, by the config, or beside everything else.
fn place(file: Option<PathBuf>, config: &Config, root: &Path) -> PathBuf {
    file.unwrap_or_else(|| root.join(config.baseline.as_ref().map_or(BASELINE, |name| &name.value)))
}

/// What is found in the whole repository. What is already in a baseline is fixed only if nobody finds it, so flags choose nothing here.
fn all(choice: &Choice, streams: &mut Streams<'_>) -> Result<Judged, RunError> {
    let (found, texts) = inputs(&Input::Paths(vec![here()?]), streams.input)?;
    let mut log = Log { err: &mut *streams.err, verbosity: choice.verbosity };
    let (persona, min_severity, min_confidence) = (Persona::Auditor, Severity::Info, Confidence::Low);
    let wide = Choice { persona, min_severity, min_confidence, select: Vec::new(), ignore: Vec::new(), ..choice.clone() };
    let gate = Gate::load(&wide, Home::disk(found.root()))?;
    judge(&found, texts, &gate, &wide, &Terms::default(), &mut log)
}

/// Whether the flags choose a finding.
fn takes(finding: &Finding, choice: &Choice) -> bool {
    let named = |list: &[String]| list.iter().any(|id| **id == *finding.rule || **id == *finding.family);
    is_wanted(finding, choice) && (choice.select.is_empty() || named(&choice.select)) && !named(&choice.ignore)
}

/// What a baseline can hold.
fn entries(judged: &Judged) -> impl Iterator<Item = (Entry, &Finding)> {
    let counts = |r: &&Reported| r.finding.suppressed.is_none() && !r.finding.always_shown;
    let entry = |reported: &Reported| Entry {
        path: judged.sources.get(reported.finding.span.file).path.clone(),
        rule: reported.finding.rule.to_string(),
        message: reported.finding.message.clone(),
        reason: None,
        fingerprint: reported.fingerprint.clone(),
    };
    judged.reported.iter().filter(counts).map(move |r| (entry(r), &r.finding))
}

fn save(file: &Path, baseline: &Baseline, what: &str, streams: &mut Streams<'_>) -> Result<u8, RunError> {
    let shown = relative(file, &here()?);
    std::fs::write(file, baseline.text()).map_err(|e| RunError::Output(shown.clone(), e))?;
    let count = baseline.findings.len();
    let mut log = Log { err: &mut *streams.err, verbosity: Verbosity::Normal };
    log.say(Verbosity::Normal, &format!("{shown}: {what}; {count} {}", if count == 1 { "finding" } else { "findings" }));
    Ok(0)
}
