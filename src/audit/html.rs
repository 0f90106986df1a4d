//! The report for a browser: one file that needs no server and loads nothing.

use super::diff::State;
use super::merge::{self, Merged};
use super::record::{FindingRow, Record, Repo};
use super::report::{self, ByRule, Since};
use super::shards::atomically;
use super::{AuditError, tables};
use data_encoding::BASE64;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::io::{BufWriter, Write};
use std::path::Path;

const STYLE: &str = include_str!("html/report.css");
const SCRIPT: &str = include_str!("html/report.js");
/// What a browser still bears.
const MAX_FINDINGS: usize = 20_000;
/// What a browser still bears.
const MAX_USES: usize = 20_000;
/// Repositories that are named for one reference.
const MAX_USERS: usize = 500;
/// Findings that are gone, accepted findings.
const MAX_OTHERS: usize = 5_000;

/// Everything that the page shows.
#[derive(Default)]
struct Page {
    repos: Vec<Value>,
    names: HashMap<String, usize>,
    rules: ByRule,
    findings: Vec<(Order, Value)>,
    total: usize,
    waivers: Vec<Value>,
    gone: Vec<Value>,
    uses: BTreeMap<[String; 5], Users>,
    errors: Vec<Value>,
    new: HashMap<(String, String), State>,
}

/// The gravest first, then in the order of the records.
type Order = (std::cmp::Reverse<crate::finding::Severity>, usize);

#[derive(Default)]
struct Users {
    count: u64,
    repositories: Vec<usize>,
    total: usize,
}

impl Page {
    fn repo(&mut self, repo: &Repo) {
        self.names.insert(repo.of.repository.clone(), self.repos.len());
        self.repos.push(json!([
            repo.of.repository,
            repo.status.name(),
            repo.reason,
            repo.of.head,
            repo.files,
            repo.pipelines,
            repo.file_errors,
            repo.high,
            repo.medium,
            repo.low,
            repo.info,
            repo.accepted,
            repo.open,
            repo.closed,
            repo.unknown,
            repo.uses,
            u8::from(repo.is_covered()),
            repo.web,
        ]));
    }

    fn finding(&mut self, finding: &FindingRow) {
        self.rules.add(finding);
        let repo = self.repos.len().saturating_sub(1);
        let FindingRow { rule, path, line, message, help, .. } = finding;
        if let Some(kind) = finding.accepted {
            if self.waivers.len() < MAX_OTHERS {
                let until = finding.accepted_until.map(|day| day.to_string());
                self.waivers.push(json!([repo, rule, path, line, tables::accepted(kind), finding.accepted_reason, until]));
            }
            return;
        }
        self.total += 1;
        let state = self.new.get(&(finding.of.repository.clone(), finding.fingerprint.clone()));
        let state = state.map_or("", |state| if *state == State::New { "new" } else { "unknown" });
        let row = json!([repo, rule, finding.severity.name(), message, path, line, finding.execution, finding.step, state, help]);
        self.findings.push(((std::cmp::Reverse(finding.severity), self.total), row));
        if self.findings.len() > 2 * MAX_FINDINGS {
            self.shorten();
        }
    }

    fn shorten(&mut self) {
        self.findings.sort_by_key(|(order, _)| *order);
        self.findings.truncate(MAX_FINDINGS);
    }

    fn add(&mut self, record: Record) {
        match record {
            Record::Repo(repo) => self.repo(&repo),
            Record::Finding(finding) => self.finding(&finding),
            Record::Use(row) => {
                let repo = self.repos.len().saturating_sub(1);
                let owner = if row.trusted_owner { "own" } else { "" };
                let users = self.uses.entry([row.kind, row.name, row.version, row.pin, owner.to_owned()]).or_default();
                users.count += 1;
                if users.repositories.last() != Some(&repo) {
                    users.total += 1;
                    if users.repositories.len() < MAX_USERS {
                        users.repositories.push(repo);
                    }
                }
            }
            Record::FileError(row) if self.errors.len() < MAX_OTHERS => {
                self.errors.push(json!([self.repos.len().saturating_sub(1), row.path, row.kind, row.reason]));
            }
            Record::Handoff(_) | Record::FileError(_) => {}
        }
    }

    fn data(mut self, merged: &Merged, since: Option<&Since>) -> Value {
        self.shorten();
        let known: BTreeMap<&str, &super::RuleRow> = merged.rules.iter().map(|r| (r.id.as_str(), r)).collect();
        let rules = self.rules.sorted().into_iter().map(|(id, count)| {
            let rule = known.get(id.as_str());
            let severity = count.severity.map(crate::finding::Severity::name);
            json!([id, severity, rule.map(|r| &r.title), rule.map(|r| &r.description), count.repositories, count.findings])
        });
        let mut uses: Vec<(&[String; 5], &Users)> = self.uses.iter().collect();
        uses.sort_by_key(|(_, users)| std::cmp::Reverse((users.total, users.count)));
        let references = uses.len();
        uses.truncate(MAX_USES);
        let uses = uses.iter().map(|([kind, name, version, pin, owner], users)| {
            json!([kind, name, version, pin, owner, users.count, users.total, users.repositories])
        });
        let since = since.map(|since| {
            json!({
                "today": since.base.summary.today,
                "repositories": since.base.summary.repositories,
                "covered": since.base.summary.covered,
                "total": since.base.summary.total,
                "counts": since.counts,
                "changed": since.changed,
                "gone": self.gone,
            })
        });
        json!({
            "summary": merged.summary,
            "coverage": merged.summary.coverage(),
            "since": since,
            "repos": self.repos,
            "rules": rules.collect::<Vec<_>>(),
            "findings": self.findings.into_iter().map(|(_, row)| row).collect::<Vec<_>>(),
            "findingsTotal": self.total,
            "uses": uses.collect::<Vec<_>>(),
            "usesTotal": references,
            "waivers": self.waivers,
            "errors": self.errors,
        })
    }
}

/// Writes the page.
pub(super) fn write(dir: &Path, base: Option<&Path>, merged: &Merged, path: &Path) -> Result<(), AuditError> {
    let mut page = Page::default();
    let (mut new, mut gone) = (HashMap::new(), Vec::new());
    let since = report::since(base, dir, merged, &mut |state, finding| {
        let FindingRow { rule, path, line, message, .. } = finding;
        match state {
            State::New | State::Unknown => {
                new.insert((finding.of.repository.clone(), finding.fingerprint.clone()), state);
            }
            State::Fixed | State::Accepted if gone.len() < MAX_OTHERS => {
                let word = if state == State::Fixed { "fixed" } else { "accepted" };
                gone.push(json!([finding.of.repository, rule, path, line, message, word]));
            }
            _ => {}
        }
    })?;
    (page.new, page.gone) = (new, gone);
    merge::read(dir, &mut |record| page.add(record))?;
    let data = page.data(merged, since.as_ref());
    atomically(path, |file| {
        let mut out = BufWriter::new(file);
        document(&data, &mut out).and_then(|()| out.flush()).map_err(AuditError::at(path))
    })
}

/// What is of repositories stands in the data alone, in which `<` cannot begin anything.
fn document(data: &Value, out: &mut dyn Write) -> std::io::Result<()> {
    let hash = |text: &str| format!("'sha256-{}'", BASE64.encode(&Sha256::digest(text)));
    let policy = format!(
        "default-src 'none'; script-src {}; style-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        hash(SCRIPT),
        hash(STYLE)
    );
    let json = serde_json::to_string(data)?.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029");
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>swaplint audit</title>\n<style>{STYLE}</style>\n</head>\n\
         <body>\n<noscript>This report needs JavaScript; it loads nothing.</noscript>\n<main id=\"page\"></main>\n\
         <script type=\"application/json\" id=\"data\">{json}</script>\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::document;

    #[test]
    fn data_opens_no_element() {
        let mut page = Vec::new();
        document(&serde_json::json!({"a": "</script><script>alert(1)</script><!--"}), &mut page).expect("written");
        let page = String::from_utf8(page).expect("UTF-8");
        assert!(!page.contains("alert(1)</script>") && !page.contains("<!--") && page.contains("\\u003c/script>"), "{page}");
    }
}
