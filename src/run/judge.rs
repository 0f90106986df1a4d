//! From files to findings: examined, judged, graded by the config, accepted where somebody accepted them.

use super::examine::{Examined, Joined, Texts, examine, unparsable_finding};
use super::gate::Gate;
use super::{Log, RunError, STACK, accepted, told};
use crate::cli::{Choice, ConfigChoice, Verbosity};
use crate::config::{Config, NAMES};
use crate::custody;
use crate::discover::Discovered;
use crate::facts::Facts;
use crate::finding::{Evidence, Finding, Persona, Severity};
use crate::policy::Policies;
use crate::report::{self, FileEntry, HandoffCounts, Reported, Told};
use crate::source::Sources;
use crate::suppress;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// What a run found.
pub(super) struct Judged {
    pub(super) sources: Sources,
    /// How many pipelines there are.
    pub(super) pipelines: usize,
    /// The handoffs, in order, and how many of them by window.
    pub(super) handoffs: Vec<Told>,
    pub(super) handoff_counts: HandoffCounts,
    pub(super) entries: Vec<FileEntry>,
    /// In order, suppressed ones included, others than wanted ones left out.
    pub(super) reported: Vec<Reported>,
}

/// What makes one run of several about one pull request differ.
#[derive(Default)]
pub(super) struct Terms {
    /// Files that have another path elsewhere, under which their findings count.
    pub(super) renamed: HashMap<String, String>,
    /// The version whose comments count, if not everybody's do.
    pub(super) trusted: Option<Trusted>,
    /// Who looks at the facts of each pipeline before they are forgotten, in any order.
    pub(super) witness: Option<Witness>,
}

/// Looks at the facts of a pipeline.
pub(super) type Witness = Box<dyn Fn(&Facts, &Sources) + Send + Sync>;

/// What a trusted version says.
pub(super) struct Trusted {
    /// Its name.
    pub(super) name: String,
    /// Fingerprints of the findings that comments accept there.
    pub(super) accepted: HashSet<String>,
    /// What it has to say about changes of the gate.
    pub(super) changes: Vec<Change>,
}

/// A change of the gate.
pub(super) struct Change {
    /// The file.
    pub(super) path: String,
    /// Its text; empty if it is gone.
    pub(super) text: std::sync::Arc<str>,
    /// Where it begins, as bytes of the text.
    pub(super) place: std::ops::Range<usize>,
    /// What is changed, as a sentence.
    pub(super) message: String,
}

/// Places that a finding takes over from others of the same place, at most up to this number of its own.
const MAX_RELATED: usize = 24;

/// Everything but the report.
pub(super) fn judge(
    found: &Discovered,
    texts: Texts,
    gate: &Gate,
    choice: &Choice,
    terms: &Terms,
    log: &mut Log<'_>,
) -> Result<Judged, RunError> {
    let Gate { config, policies, baseline, .. } = gate;
    log.start(found, &config.path, policies);
    if matches!(choice.config, ConfigChoice::Find) {
        let others = NAMES.iter().filter(|name| **name != config.path && found.root().join(name).is_file());
        others.filter(|_| !config.path.is_empty()).for_each(|other| {
            log.say(Verbosity::Normal, &format!("note: {other} is not read: {} comes first", config.path));
        });
    }

    let pool = rayon::ThreadPoolBuilder::new().num_threads(choice.jobs).stack_size(STACK).build();
    let pool = pool.map_err(|e| RunError::Usage(format!("no threads: {e}")))?;
    let examined = pool.install(|| examine(found, texts, config, &gate.toolbox, policies));
    let Examined { sources, mut joined, entries, mut findings } = examined;
    log.notes(found, entries.is_empty());
    let evaluate = |facts: Facts| {
        let mut found = policies.evaluate(&facts, &sources);
        for finding in found.iter_mut().filter(|f| !f.always_shown && persona(f, config) > choice.persona) {
            // Nobody is told of these, but they count where something is accepted.
            finding.help = String::new();
            if config.ignore.is_empty() {
                finding.evidence = Evidence::default();
                finding.message = String::new();
            }
        }
        terms.witness.iter().for_each(|witness| witness(&facts, &sources));
        (told::handoffs(&facts), found)
    };
    let (mut handoffs, mut pipelines) = (Vec::new(), 0);
    let gather = |judged: Result<(Vec<Told>, Vec<Finding>), _>| match judged {
        Ok((told, found)) => {
            pipelines += 1;
            handoffs.extend(told);
            findings.extend(found);
        }
        Err(problem) => findings.push(unparsable_finding(policies, problem)),
    };
    pool.install(|| joined.each(evaluate, gather));
    let handoff_counts = told::in_order(&mut handoffs, &joined, &sources);

    lower_examples(&mut findings, &sources, &joined);
    findings.retain(|f| !joined.context.contains(&f.span.file));
    only_once(&mut findings);
    findings.extend(terms.trusted.iter().flat_map(|t| &t.changes).map(|change| changed(change, &sources, policies)));
    apply_grades(&mut findings, config);
    let path = |path| terms.renamed.get(path).map_or(path, String::as_str);
    if choice.ignores {
        let trust = terms.trusted.as_ref().map(|trusted| {
            let fingerprints = report::fingerprints(&sources, &mut findings, &path);
            let accepted: BTreeSet<usize> =
                (0..findings.len()).filter(|i| trusted.accepted.contains(&fingerprints[*i])).collect();
            suppress::Trust { name: &trusted.name, accepted }
        });
        accepted::ignores(found, config, choice.today, &sources, &joined, &entries, policies, trust, &mut findings);
    }
    findings.retain(|f| f.always_shown || policies.is_enabled(&f.rule));
    let fingerprints = report::fingerprints(&sources, &mut findings, &path);
    let gone = baseline.apply(fingerprints.iter().map(String::as_str).zip(&mut findings));
    if gone > 0 && found.whole && choice.select.is_empty() && choice.ignore.is_empty() {
        let of_it = if gone == 1 { "finding of the baseline is fixed" } else { "findings of the baseline are fixed" };
        log.say(Verbosity::Normal, &format!("note: {gone} {of_it}: see `swaplint baseline update`"));
    }
    let mut reported = Vec::with_capacity(findings.iter().filter(|finding| is_wanted(finding, choice)).count());
    let all = findings.into_iter().zip(fingerprints).map(|(finding, fingerprint)| Reported { finding, fingerprint });
    reported.extend(all.filter(|r| is_wanted(&r.finding, choice)));
    Ok(Judged { sources, pipelines, handoffs, handoff_counts, entries, reported })
}

/// The finding about a change of the gate.
fn changed(change: &Change, sources: &Sources, policies: &Policies) -> Finding {
    let file = sources.find(&change.path).unwrap_or_else(|| sources.add(change.path.as_str(), change.text.clone()));
    let help = "let somebody who answers for the gate look at it; it counts once it is merged".to_owned();
    policies.own_finding("gate-changed", change.message.clone(), help, crate::source::Span::new(file, change.place.clone()))
}

/// A rule reports a place once: the gravest that it says of it, for the first of the callers that lead to it. Where it is about several
/// things (a script that several jobs share), the places that tell of the others are added.
fn only_once(findings: &mut Vec<Finding>) {
    for finding in findings.iter_mut() {
        let mut told = HashSet::new();
        finding.related.retain(|r| told.insert((r.span, r.message.clone())));
    }
    let grade = |f: &Finding| (f.persona, std::cmp::Reverse(f.severity));
    let same = |f: &'_ Finding| (f.span.file, f.span.start, Arc::clone(&f.rule));
    let mut order: Vec<usize> = (0..findings.len()).collect();
    order.sort_unstable_by_key(|index| (same(&findings[*index]), grade(&findings[*index]), *index));
    let mut others = Vec::new();
    for of_one_place in order.chunk_by(|a, b| same(&findings[*a]) == same(&findings[*b])) {
        others.extend(of_one_place[1..].iter().map(|index| (*index, of_one_place[0])));
    }
    drop(order);
    others.sort_unstable();
    for (index, kept) in &others {
        let (index, kept) = (*index, *kept);
        if findings[index].always_shown || findings[index].message == findings[kept].message {
            continue;
        }
        for other in std::mem::take(&mut findings[index].related) {
            let told = &findings[kept].related;
            if told.len() < MAX_RELATED
                && other.span.file == findings[kept].span.file
                && told.iter().all(|r| r.span != other.span)
            {
                findings[kept].related.push(other);
            }
        }
    }
    let mut others = others.into_iter().map(|(index, _)| index).peekable();
    let mut index = 0..;
    findings.retain(|f| index.next().is_some_and(|i| others.next_if_eq(&i).is_none()) || f.always_shown);
}

/// What a pipeline runs from a folder of tests or examples counts less, as pipelines of such folders do by themselves. Those run
/// nowhere but in the tests of somebody: who asks for them sees them.
fn lower_examples(findings: &mut [Finding], sources: &Sources, joined: &Joined) {
    for finding in findings.iter_mut().filter(|f| !f.always_shown || *f.rule == *"unparsable-pipeline") {
        if !custody::is_example(&sources.get(finding.span.file).path) {
            continue;
        }
        if joined.formats.contains_key(&finding.span.file) {
            finding.persona = finding.persona.max(Persona::Pedantic);
            if finding.always_shown {
                // Broken on purpose, most often: a test of what reads such files.
                finding.severity = Severity::Low;
                finding.always_shown = false;
            }
        } else {
            let lower = Severity::ALL.iter().copied().take_while(|s| *s < finding.severity).last();
            finding.severity = lower.unwrap_or(finding.severity);
        }
    }
}

/// Who wants to see a finding by what its rule and the config say.
fn persona(finding: &Finding, config: &Config) -> Persona {
    config.setting(&finding.rule, &finding.family).and_then(|setting| setting.persona).unwrap_or(finding.persona)
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
