//! From files to findings: examined, judged, graded by the config, accepted where somebody accepted them.

use super::examine::{Examined, Joined, Texts, examine};
use super::{Log, RunError, STACK, accepted};
use crate::cli::{Choice, ConfigChoice, PolicyArgs, Verbosity};
use crate::config::{Config, Located};
use crate::custody;
use crate::discover::{self, Discovered};
use crate::facts::Facts;
use crate::finding::{Finding, Severity};
use crate::policy::{Policies, RuleInfo};
use crate::report::{self, FileEntry, Reported};
use crate::source::Sources;
use crate::suggest;
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// What a run found.
pub(super) struct Judged {
    pub(super) sources: Sources,
    pub(super) joined: Joined,
    pub(super) entries: Vec<FileEntry>,
    pub(super) policies: Policies,
    /// In order, suppressed ones included, others than wanted ones left out.
    pub(super) reported: Vec<Reported>,
}

/// Everything but the report.
pub(super) fn judge(found: &Discovered, texts: Texts, choice: &Choice, log: &mut Log<'_>) -> Result<Judged, RunError> {
    let config = read_config(&choice.config, &found.root)?;
    let policies = choose_rules(load_policies(&choice.policies, &config, &found.root)?, choice, &config)?;
    let baseline = accepted::chosen(&choice.baseline, &config, &found.root)?;
    log.start(found, &config.path, &policies);

    let pool = rayon::ThreadPoolBuilder::new().num_threads(choice.jobs).stack_size(STACK).build();
    let pool = pool.map_err(|e| RunError::Usage(format!("no threads: {e}")))?;
    let examined = pool.install(|| examine(found, texts, &config, &policies))?;
    let Examined { sources, joined, entries, mut findings } = examined;
    log.notes(found, entries.is_empty());
    findings.extend(pool.install(|| evaluate(&joined.facts, &sources, &policies)));

    lower_examples(&mut findings, &sources, &joined);
    findings.retain(|f| !joined.context.contains(&f.span.file));
    only_once(&mut findings);
    apply_grades(&mut findings, &config);
    if choice.ignores {
        accepted::ignores(found, &config, choice.today, &sources, &joined, &entries, &policies, &mut findings);
    }
    findings.retain(|f| f.always_shown || policies.is_enabled(&f.rule));
    let mut reported = report::fingerprinted(&sources, findings);
    let gone = baseline.apply(reported.iter_mut().map(|r| (r.fingerprint.as_str(), &mut r.finding)));
    if gone > 0 && found.whole && choice.select.is_empty() && choice.ignore.is_empty() {
        let of_it = if gone == 1 { "finding of the baseline is fixed" } else { "findings of the baseline are fixed" };
        log.say(Verbosity::Normal, &format!("note: {gone} {of_it}: see `swaplint baseline update`"));
    }
    reported.retain(|r| is_wanted(&r.finding, choice));
    Ok(Judged { sources, joined, entries, policies, reported })
}

/// The config file of a run.
pub(super) fn read_config(choice: &ConfigChoice, root: &Path) -> Result<Config, RunError> {
    let file = match choice {
        ConfigChoice::No => None,
        ConfigChoice::File(file) => Some(file.clone()),
        ConfigChoice::Find => Config::find(root),
    };
    let read = |file: PathBuf| Config::read(&file, &relative(&file, root));
    Ok(file.map(read).transpose()?.unwrap_or_default())
}

/// How a file is shown: relative to the root, if it lies there.
pub(super) fn relative(file: &Path, root: &Path) -> String {
    let absolute = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    absolute.strip_prefix(root).unwrap_or(file).to_string_lossy().replace('\\', "/")
}

/// The policies of the flags and of the config.
pub(super) fn load_policies(args: &PolicyArgs, config: &Config, root: &Path) -> Result<Policies, RunError> {
    let mut policies = if args.no_builtin { Policies::none()? } else { Policies::builtin()? };
    let options = config.rules.iter().filter(|(_, setting)| !setting.options.is_empty());
    let options: serde_json::Map<String, serde_json::Value> =
        options.map(|(id, setting)| (id.value.clone(), setting.options.clone().into_iter().collect())).collect();
    if !options.is_empty() {
        policies = policies.with_document(serde_json::json!({ "options": options }))?;
    }
    let configured = |paths: &[Located<String>]| paths.iter().map(|p| root.join(&p.value)).collect::<Vec<_>>();
    for file in configured(&config.policy_data).iter().chain(&args.data) {
        policies = policies.with_data(file)?;
    }
    for dir in configured(&config.policies).iter().chain(&args.policy) {
        policies = policies.with_dir(dir)?;
    }
    Ok(policies)
}

/// The same for commands that check nothing: by the config of the repository around the working directory.
pub(super) fn configured(args: &PolicyArgs) -> Result<Policies, RunError> {
    let root = here()?;
    load_policies(args, &read_config(&ConfigChoice::Find, &root)?, &root)
}

/// The root of the repository around the working directory.
pub(super) fn here() -> Result<PathBuf, RunError> {
    let here = std::env::current_dir().map_err(discover::DiscoverError::WorkingDirectory)?;
    Ok(discover::root_of(&here, &here))
}

/// Turns rules off, by options and config. A name that means nothing is an error.
fn choose_rules(mut policies: Policies, choice: &Choice, config: &Config) -> Result<Policies, RunError> {
    let unknown = |id: &str| {
        let rules = policies.rules();
        let known = rules.iter().any(|r| r.id == id || r.family == id);
        let names = rules.iter().flat_map(|r| [r.id.as_str(), r.family.as_str()]);
        (!known).then(|| format!("there is no rule or family `{id}`{}", suggest::did_you_mean(id, names)))
    };
    if let Some(message) = choice.select.iter().chain(&choice.ignore).find_map(|id| unknown(id)) {
        return Err(RunError::Usage(message));
    }
    let named = config.rules.keys().chain(config.ignore.iter().flat_map(|a| &a.rules));
    if let Some((id, message)) = named.into_iter().find_map(|id| unknown(id).map(|m| (id, m))) {
        return Err(config.error_at(&id.span, message).into());
    }
    let is_builtin = |id: &str| policies.rules().iter().any(|r| r.builtin && (r.id == id || r.family == id));
    if let Some((id, _)) = config.rules.iter().find(|(id, setting)| !setting.options.is_empty() && is_builtin(id)) {
        let message = format!("`{}` has no `options`: they are for policies of your own", id.value);
        return Err(config.error_at(&id.span, message).into());
    }
    let named = |list: &[String], rule: &RuleInfo| list.iter().any(|id| *id == rule.id || *id == rule.family);
    policies.disable(|rule| {
        (!choice.select.is_empty() && !named(&choice.select, rule))
            || named(&choice.ignore, rule)
            || config.setting(&rule.id, &rule.family).is_some_and(|s| !s.enabled)
    });
    Ok(policies)
}

/// A place that several callers lead to is reported once, for the first of them.
fn only_once(findings: &mut Vec<Finding>) {
    let mut seen = std::collections::HashSet::new();
    findings.retain(|f| f.always_shown || seen.insert((f.rule.clone(), f.span)));
}

/// What the policies say about each pipeline.
fn evaluate(facts: &[Facts], sources: &Sources, policies: &Policies) -> Vec<Finding> {
    facts.par_iter().flat_map_iter(|facts| policies.evaluate(facts, sources)).collect()
}

/// What a pipeline runs from a folder of tests or examples counts less, as pipelines of such folders do by themselves.
fn lower_examples(findings: &mut [Finding], sources: &Sources, joined: &Joined) {
    for finding in findings.iter_mut().filter(|f| !f.always_shown && !joined.formats.contains_key(&f.span.file)) {
        if custody::is_example(&sources.get(finding.span.file).path) {
            let lower = Severity::ALL.iter().copied().take_while(|s| *s < finding.severity).last();
            finding.severity = lower.unwrap_or(finding.severity);
        }
    }
}

/// The config's grades instead of the rules' own.
fn apply_grades(findings: &mut [Finding], config: &Config) {
    for finding in findings {
        let Some(setting) = config.setting(&finding.rule, &finding.family) else { continue };
        finding.severity = setting.severity.unwrap_or(finding.severity);
        finding.confidence = setting.confidence.unwrap_or(finding.confidence);
        finding.persona = setting.persona.unwrap_or(finding.persona);
    }
}

/// Whether a finding is grave and sure enough for the reader.
pub(super) fn is_wanted(finding: &Finding, choice: &Choice) -> bool {
    finding.always_shown
        || (finding.persona <= choice.persona
            && finding.severity >= choice.min_severity
            && finding.confidence >= choice.min_confidence)
}
