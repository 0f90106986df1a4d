//! SARIF 2.1.0, a file a repository: what code scanning takes of each.

use super::merge;
use super::record::{FindingRow, Record};
use super::report::whole;
use super::{AuditError, RuleRow};
use crate::finding::SuppressionKind;
use crate::report::sarif::{encoded, level, log, security_severity};
use serde_json::{Value, json};
use std::path::Path;

/// Writes `OWNER/NAME.sarif` below a folder, for each repository that has pipelines or findings.
pub(super) fn write(dir: &Path, rules: &[RuleRow], folder: &Path) -> Result<(), AuditError> {
    let mut open: Option<(String, String, Vec<Value>)> = None;
    let mut written = Ok(());
    let mut close = |open: Option<(String, String, Vec<Value>)>| {
        if let (Some((name, head, results)), true) = (open, written.is_ok()) {
            written = one(folder, &name, &head, rules, results);
        }
    };
    merge::read(dir, &mut |record| match record {
        Record::Repo(repo) => {
            close(open.take());
            if repo.files > 0 {
                open = Some((repo.of.repository, repo.of.head, Vec::new()));
            }
        }
        Record::Finding(finding) => {
            if let Some((_, _, results)) = &mut open {
                results.push(result(&finding));
            }
        }
        _ => {}
    })?;
    close(open);
    written
}

fn one(folder: &Path, name: &str, head: &str, rules: &[RuleRow], results: Vec<Value>) -> Result<(), AuditError> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let part = |part: &str| part.chars().map(|c| if is_plain(c) { c } else { '_' }).collect::<String>();
    let parts =
        name.split('/').filter(|p| !p.is_empty()).map(part).map(|p| if p == ".." || p == "." { "_".to_owned() } else { p });
    let path = folder.join(parts.collect::<Vec<_>>().join("/") + ".sarif");
    let parent = path.parent().unwrap_or(folder);
    std::fs::create_dir_all(parent).map_err(AuditError::at(parent))?;
    let rules: Vec<_> = rules.iter().map(rule).collect();
    let about =
        json!({"automationDetails": {"id": format!("swaplint/{name}")}, "properties": {"repository": name, "head": head}});
    whole(&path, &(log(&rules, &results, about) + "\n"))
}

fn rule(rule: &RuleRow) -> Value {
    let mut value = json!({
        "id": format!("swaplint/{}", rule.id),
        "name": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.description},
        "defaultConfiguration": {"level": level(rule.severity)},
        "properties": {"tags": ["security", "supply-chain", rule.family], "security-severity": security_severity(rule.severity)},
    });
    if let Some(url) = &rule.url {
        value["helpUri"] = json!(url);
    }
    value
}

fn result(finding: &FindingRow) -> Value {
    let location = |path: &str, region: Value| json!({"physicalLocation": {"artifactLocation": {"uri": encoded(path), "uriBaseId": "%SRCROOT%"}, "region": region}});
    let FindingRow { line, column, end_line, end_column, .. } = finding;
    let region = json!({"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column});
    let text = if finding.help.is_empty() { finding.message.clone() } else { format!("{}. {}", finding.message, finding.help) };
    let related = finding.related.iter().enumerate().map(|(id, r)| {
        let mut place = location(&r.path, json!({"startLine": r.line, "startColumn": r.column}));
        place["id"] = json!(id);
        place["message"] = json!({"text": r.message});
        place
    });
    json!({
        "ruleId": format!("swaplint/{}", finding.rule),
        "level": level(finding.severity),
        "message": {"text": text},
        "locations": [location(&finding.path, region)],
        "relatedLocations": related.collect::<Vec<_>>(),
        "partialFingerprints": {"swaplintFingerprint/v1": finding.fingerprint},
        "suppressions": finding.accepted.iter().map(|kind| json!({
            "kind": if *kind == SuppressionKind::Inline { "inSource" } else { "external" },
            "status": "accepted",
            "justification": finding.accepted_reason,
        })).collect::<Vec<_>>(),
        "properties": {"severity": finding.severity.name(), "confidence": finding.confidence.name(), "persona": finding.persona.name()},
    })
}
