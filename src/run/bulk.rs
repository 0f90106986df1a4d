//! One of many repositories: read from a commit, judged like any other, and made into the records of an audit.

use super::examine::unread;
use super::gate::{Gate, Home};
use super::judge::{Judged, Terms, Witness, judge};
use super::{Log, RunError, Streams, inventory, tree};
use crate::audit::{
    self, Digests, EndRow, FileErrorRow, FindingRow, HandoffRow, Judge, Of, RelatedRow, RuleRow, UseRow, Verdict,
};
use crate::cli::{AuditCommand, Choice, ConfigChoice, JudgeArgs, Verbosity};
use crate::discover::{Commit, Named, Origin, Traced};
use crate::facts::{Handoff, HandoffEnd};
use crate::report::{Reported, Told, word};
use crate::source::{Sources, Span};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// The rule about files that cannot be analysed.
const UNPARSABLE: &str = "unparsable-pipeline";

/// `swaplint audit`
pub(super) fn audit(command: AuditCommand, streams: &mut Streams<'_>) -> Result<u8, RunError> {
    let (input, is_terminal) = (&mut *streams.input, streams.out_is_terminal);
    let mut io = audit::Io { input, out: &mut *streams.out, err: &mut *streams.err, is_terminal };
    Ok(audit::run(command, &|args| Ok(Box::new(Bulk::new(args)?)), &mut io)?)
}

/// Judges one repository after the other.
struct Bulk {
    /// What decides; of the repository's own config only the digests are taken from it.
    gate: Gate,
    choice: Choice,
    digests: Digests,
}

impl Bulk {
    fn new(args: &JudgeArgs) -> Result<Self, audit::AuditError> {
        let mut choice = args.resolve();
        choice.verbosity = Verbosity::Quiet;
        let here = std::env::current_dir().map_err(|e| audit::AuditError::Usage(format!("the working directory: {e}")))?;
        let config = if args.repository_config { ConfigChoice::No } else { choice.config.clone() };
        let home = Home::disk(&here);
        let refused = |e: RunError| audit::AuditError::Usage(e.to_string());
        let gate = Gate::load(&Choice { config, ..choice.clone() }, home).map_err(refused)?;
        let digests = digests(&gate, &choice, args.repository_config, home)?;
        Ok(Bulk { gate, choice, digests })
    }

    fn is_by_repository(&self) -> bool {
        self.choice.config == ConfigChoice::Find
    }
}

/// What decides, as digests.
fn digests(gate: &Gate, choice: &Choice, by_repository: bool, home: Home<'_>) -> Result<Digests, audit::AuditError> {
    let mut hash = Sha256::new();
    let Choice { persona, min_severity, min_confidence, select, ignore, ignores, .. } = choice;
    let flags = format!("{persona} {min_severity} {min_confidence} {select:?} {ignore:?} {ignores} {by_repository}");
    let mut part = |text: &str| hash.update([&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat());
    part(&flags);
    part(&gate.config.text);
    for file in &gate.config.tool_files {
        part(&home.read(&home.root.join(&file.value)).map_err(|e| audit::AuditError::Usage(format!("{}: {e}", file.value)))?);
    }
    Ok(Digests {
        tool: audit::tool_digest()?,
        policy: audit::hex(&gate.policies.digest()),
        config: audit::hex(&hash.finalize()),
        today: choice.today.to_string(),
    })
}

impl Judge for Bulk {
    fn recognises(&self, path: &Path) -> bool {
        tree::named(path) != Named::Otherwise
    }

    fn digests(&self) -> &Digests {
        &self.digests
    }

    fn reads_only_what_it_is_asked(&self) -> bool {
        !self.is_by_repository()
    }

    fn rules(&self) -> Vec<RuleRow> {
        let rules = self.gate.policies.rules().iter().map(super::commands::report_rule);
        let row = |r: crate::report::Rule| RuleRow {
            title: r.title,
            description: r.description,
            family: r.family,
            severity: r.severity,
            confidence: r.confidence,
            url: r.url,
            id: r.id,
        };
        rules.map(row).collect()
    }

    fn judge(&self, commit: &Commit, origin: &Traced) -> Result<Verdict, String> {
        let own = if self.is_by_repository() {
            let home = Home { root: commit.root(), commit: Some(commit) };
            Some(Gate::load(&self.choice, home).map_err(|e| e.to_string())?)
        } else {
            None
        };
        let gate = own.as_ref().unwrap_or(&self.gate);
        let found = origin.candidates(&[String::new()], &tree::named);
        let mut silent = std::io::sink();
        let mut log = Log { err: &mut silent, verbosity: Verbosity::Quiet };
        let texts = unread(&found);
        let uses: Arc<Mutex<BTreeSet<UseRow>>> = Arc::default();
        let seen = Arc::clone(&uses);
        let witness: Witness = Box::new(move |facts, sources| {
            inventory::uses(facts, sources, &mut seen.lock().unwrap_or_else(PoisonError::into_inner));
        });
        let terms = Terms { witness: Some(witness), ..Terms::default() };
        let mut judged = judge(&found, texts, gate, &self.choice, &terms, &mut log).map_err(|e| e.to_string())?;
        let uses = std::mem::take(&mut *uses.lock().unwrap_or_else(PoisonError::into_inner));
        if !self.is_by_repository() {
            // Whether an entry of everybody's config fits here says nothing about this repository.
            let config = &gate.config.path;
            judged.reported.retain(|r| judged.sources.get(r.finding.span.file).path != *config);
        }
        Ok(Verdict { uses: uses.into_iter().collect(), ..verdict(&judged, origin, &found.notes, &gate.config.text) })
    }
}

fn verdict(judged: &Judged, origin: &Traced, notes: &[String], config: &str) -> Verdict {
    let missing = origin.missing();
    let mut errors: BTreeMap<String, (&str, String)> = BTreeMap::new();
    for reported in judged.reported.iter().filter(|r| *r.finding.rule == *UNPARSABLE) {
        let path = judged.sources.get(reported.finding.span.file).path.clone();
        let kind = if reported.finding.message.starts_with("swaplint panicked") { "panicked" } else { "unparsable" };
        errors.entry(path).or_insert((kind, reported.finding.message.clone()));
    }
    errors.extend(missing.iter().map(|path| (path.clone(), ("missing", "the file is not in this clone".to_owned()))));
    errors.extend(notes.iter().map(|note| (String::new(), ("missing", note.clone()))));
    let is_ours =
        |r: &&Reported| *r.finding.rule != *UNPARSABLE || !missing.contains(&judged.sources.get(r.finding.span.file).path);
    let error = |(path, (kind, reason)): (String, (&str, String))| FileErrorRow {
        of: Of::default(),
        path,
        kind: kind.to_owned(),
        reason,
    };
    Verdict {
        files: judged.entries.len() as u64,
        pipelines: judged.pipelines as u64,
        findings: judged.reported.iter().filter(is_ours).map(|r| finding(judged, r)).collect(),
        handoffs: judged.handoffs.iter().map(|told| handoff(told, &judged.sources)).collect(),
        uses: Vec::new(),
        errors: errors.into_iter().map(error).collect(),
        is_dated: config.contains("until")
            || judged.sources.iter().any(|(_, f)| f.text.contains("swaplint") && f.text.contains("until=")),
    }
}

fn finding(judged: &Judged, reported: &Reported) -> FindingRow {
    let finding = &reported.finding;
    let (start, end) = judged.sources.positions(finding.span);
    let accepted = finding.suppressed.as_ref();
    let related = finding.related.iter().map(|r| {
        let place = judged.sources.positions(r.span).0;
        let path = judged.sources.get(r.span.file).path.clone();
        RelatedRow { path, line: place.line, column: place.column, message: r.message.clone() }
    });
    FindingRow {
        of: Of::default(),
        fingerprint: reported.fingerprint.clone(),
        rule: finding.rule.to_string(),
        family: finding.family.to_string(),
        severity: finding.severity,
        confidence: finding.confidence,
        persona: finding.persona,
        message: finding.message.clone(),
        help: finding.help.clone(),
        path: judged.sources.get(finding.span.file).path.clone(),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        execution: finding.context.execution.clone(),
        step: finding.context.step.clone(),
        accepted: accepted.map(|s| s.kind),
        accepted_reason: accepted.map(|s| s.reason.clone()),
        accepted_until: accepted.and_then(|s| s.until),
        related: related.collect(),
        evidence: finding.evidence.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect(),
    }
}

/// A handoff in a row.
fn handoff(told: &Told, sources: &Sources) -> HandoffRow {
    let Handoff { artifact, kind, carrier, across, window, reason, producer, consumer, .. } = &told.handoff;
    let end = |end: &HandoffEnd, place: Option<Span>| EndRow {
        does: word(end.does),
        tool: end.tool.clone(),
        path: place.map(|p| sources.get(p.file).path.clone()).unwrap_or_default(),
        line: place.map(|p| sources.positions(p).0.line).unwrap_or_default(),
        execution: end.execution.clone(),
        step: end.step.clone(),
    };
    HandoffRow {
        of: Of::default(),
        artifact: artifact.clone(),
        kind: word(kind),
        carrier: word(carrier),
        across: word(across),
        window: word(window),
        reason: word(reason),
        producer: producer.as_ref().map(|p| end(p, told.producer)),
        consumer: end(consumer, told.consumer),
        guards: u32::try_from(told.guards.len()).unwrap_or(u32::MAX),
    }
}
