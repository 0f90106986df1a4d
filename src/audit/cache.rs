//! What was found in repositories before, in SQLite: by commit, and by everything that was read.
//!
//! A verdict depends on the files that a walk takes, and on what the analysis asked for beside them (a script, whether there is a
//! makefile). Both are written down, so that a commit that changed nothing of it is known without being read again, and so is a copy of
//! the repository. Single files have no verdicts of their own: a finding depends on callers and on what other pipelines push and verify.
//! A cache that cannot be used is as good as none: it is never an error.

use super::record::Digests;
use super::{Judge, SCHEMA, Verdict, hex};
use crate::discover::{Commit, Origin, Trace, Traced};
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Changes with the tables.
const VERSION: i64 = 1;
/// What is no longer used is forgotten after so many days.
const KEPT_DAYS: u32 = 30;
/// Commits that have the same files and ask for different ones beside them; more are not compared.
const MAX_ALIKE: u32 = 8;
const LEVEL: i32 = 3;

const TABLES: &str = "
CREATE TABLE contexts(id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE, day TEXT NOT NULL);
CREATE TABLE verdicts(id INTEGER PRIMARY KEY, context INTEGER NOT NULL REFERENCES contexts ON DELETE CASCADE,
  content TEXT, day TEXT, trace BLOB NOT NULL, verdict BLOB NOT NULL);
CREATE INDEX by_content ON verdicts(context, content);
CREATE TABLE heads(context INTEGER NOT NULL REFERENCES contexts ON DELETE CASCADE, head TEXT NOT NULL,
  verdict INTEGER NOT NULL REFERENCES verdicts ON DELETE CASCADE, PRIMARY KEY(context, head)) WITHOUT ROWID;
CREATE INDEX of_verdict ON heads(verdict);";

/// Where a verdict came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Served {
    /// This very commit was judged before.
    Head,
    /// One was in which all that was read is the same.
    Content,
    /// It was judged now.
    New,
}

/// An open cache, for one program, policy and config.
pub(super) struct Cache {
    connection: Connection,
    context: i64,
    today: String,
}

/// The user's folder for what can be made again.
pub(super) fn folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set("XDG_CACHE_HOME").or_else(|| set("LOCALAPPDATA")).or_else(|| Some(set("HOME")?.join(".cache")))?;
    Some(base.join("swaplint"))
}

impl Cache {
    /// Opens the cache, and makes it where there is none.
    pub(super) fn open(file: &Path, digests: &Digests) -> Option<Cache> {
        std::fs::create_dir_all(file.parent()?).ok()?;
        let mut connection = Connection::open(file).ok()?;
        connection.busy_timeout(Duration::from_secs(30)).ok()?;
        // The mode is the file's: where another worker is just setting it, SQLite does not wait, and there is nothing left to do.
        let _ = connection.pragma_update(None, "journal_mode", "wal");
        connection.pragma_update(None, "synchronous", "normal").ok()?;
        connection.pragma_update(None, "foreign_keys", true).ok()?;
        let context = Self::prepare(&mut connection, digests).ok()?;
        Some(Cache { connection, context, today: digests.today.clone() })
    }

    /// Makes the tables, forgets what nobody used for long, and gives the row of what decides.
    fn prepare(connection: &mut Connection, digests: &Digests) -> rusqlite::Result<i64> {
        let change = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let version: i64 = change.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version != VERSION {
            change.execute_batch("DROP TABLE IF EXISTS heads; DROP TABLE IF EXISTS verdicts; DROP TABLE IF EXISTS contexts;")?;
            change.execute_batch(TABLES)?;
            change.pragma_update(None, "user_version", VERSION)?;
        }
        let digest = hex(&Sha256::digest(format!("{SCHEMA}\0{}\0{}\0{}", digests.tool, digests.policy, digests.config)));
        change.execute(
            "INSERT INTO contexts(digest, day) VALUES(?1, ?2) ON CONFLICT(digest) DO UPDATE SET day = max(day, excluded.day)",
            params![digest, digests.today],
        )?;
        let oldest = format!("-{KEPT_DAYS} days");
        change
            .execute("DELETE FROM contexts WHERE digest <> ?1 AND day < date(?2, ?3)", params![digest, digests.today, oldest])?;
        let context = change.query_row("SELECT id FROM contexts WHERE digest = ?1", [&digest], |row| row.get(0))?;
        change.commit()?;
        Ok(context)
    }

    /// SHA-256 of the files that a walk takes: paths and object ids. `None` where the clone does not have all folders.
    pub(super) fn content(commit: &Commit, judge: &dyn Judge) -> Option<String> {
        let (files, problems) = commit.listing(&|path| judge.recognises(path));
        let mut hash = Sha256::new();
        files.iter().for_each(|(path, id)| hash.update(format!("{path}\0{id}\n")));
        problems.is_empty().then(|| hex(&hash.finalize()))
    }

    /// What was found in this commit.
    pub(super) fn by_head(&mut self, commit: &Commit) -> Option<Verdict> {
        let sql = "SELECT verdict FROM verdicts WHERE id = (SELECT verdict FROM heads WHERE context = ?1 AND head = ?2)
                   AND (day IS NULL OR day = ?3)";
        let row = self.connection.prepare_cached(sql).ok()?;
        let mut row = row;
        let found: Option<Vec<u8>> =
            row.query_row(params![self.context, name_of(commit), self.today], |row| row.get(0)).optional().ok()?;
        unpacked(&found?)
    }

    /// What was found in another commit that has the same files, and answers the same.
    pub(super) fn by_content(&mut self, commit: &Commit, content: &str) -> Option<Verdict> {
        let sql = "SELECT id, trace, verdict FROM verdicts WHERE context = ?1 AND content = ?2 AND (day IS NULL OR day = ?3)
                   ORDER BY id DESC LIMIT ?4";
        let mut query = self.connection.prepare_cached(sql).ok()?;
        let mut rows = query.query(params![self.context, content, self.today, MAX_ALIKE]).ok()?;
        let (id, verdict) = loop {
            let row = rows.next().ok()??;
            let (id, trace, verdict): (i64, Vec<u8>, Vec<u8>) = (row.get(0).ok()?, row.get(1).ok()?, row.get(2).ok()?);
            let trace: Option<Trace> = unpacked(&trace);
            if let Some(verdict) = trace.filter(|t| Traced::is_same(commit, t)).and_then(|_| unpacked(&verdict)) {
                break (id, verdict);
            }
        };
        drop(rows);
        drop(query);
        self.remember(commit, id, &verdict);
        Some(verdict)
    }

    /// Keeps a verdict.
    pub(super) fn keep(&mut self, commit: &Commit, content: Option<&str>, trace: &Trace, verdict: &Verdict) {
        let day = verdict.is_dated.then_some(self.today.as_str());
        let (Some(trace), Some(bytes)) = (packed(trace), packed(verdict)) else { return };
        let sql = "INSERT INTO verdicts(context, content, day, trace, verdict) VALUES(?1, ?2, ?3, ?4, ?5)";
        if self.connection.execute(sql, params![self.context, content, day, trace, bytes]).is_ok() {
            self.remember(commit, self.connection.last_insert_rowid(), verdict);
        }
    }

    /// Knows a commit from now on without looking at it; unless files are missing, which may be there the next time.
    fn remember(&self, commit: &Commit, id: i64, verdict: &Verdict) {
        if verdict.errors.iter().all(|e| e.kind != "missing") {
            let sql = "INSERT OR REPLACE INTO heads(context, head, verdict) VALUES(?1, ?2, ?3)";
            let _ = self.connection.execute(sql, params![self.context, name_of(commit), id]);
        }
    }
}

/// A commit, and whose it is: to the forks of others their code is a third party's.
fn name_of(commit: &Commit) -> String {
    commit.owner().map_or_else(|| commit.id().to_string(), |owner| format!("{} {owner}", commit.id()))
}

fn packed<T: Serialize>(value: &T) -> Option<Vec<u8>> {
    zstd::encode_all(serde_json::to_vec(value).ok()?.as_slice(), LEVEL).ok()
}

fn unpacked<T: for<'a> Deserialize<'a>>(bytes: &[u8]) -> Option<T> {
    serde_json::from_slice(&zstd::decode_all(bytes).ok()?).ok()
}
