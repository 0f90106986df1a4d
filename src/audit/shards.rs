//! Shards of a result: a file each, named by everything that decides what is in it. A file that is there is complete.

use super::plan::{Entry, identity};
use super::record::{Digests, SCHEMA};
use super::{AuditError, hex};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

const LEVEL: i32 = 3;
/// Results that wait for one before them may take so many bytes.
const MAX_WAITING: usize = 64 << 20;

/// The name of a shard's file.
pub(super) fn name(entries: &[Entry], digests: &Digests) -> String {
    let Digests { tool, policy, config, today } = digests;
    let mut hash = Sha256::new();
    hash.update(format!("{SCHEMA}\0{tool}\0{policy}\0{config}\0{today}\n"));
    entries.iter().for_each(|entry| hash.update(identity(entry)));
    format!("{}.ndjson.zst", hex(&hash.finalize()))
}

/// Compresses the records of one repository. Frames one after the other are one file.
pub(super) fn frame(lines: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = zstd::Encoder::new(Vec::new(), LEVEL)?;
    encoder.include_checksum(true)?;
    encoder.write_all(lines)?;
    encoder.finish()
}

/// Writes a file so that it is either there and whole, or not there.
pub(super) fn atomically<T>(path: &Path, write: impl FnOnce(&mut File) -> Result<T, AuditError>) -> Result<T, AuditError> {
    let temporary = temporary(path);
    let mut file = File::create(&temporary).map_err(AuditError::at(&temporary))?;
    let made = write(&mut file)?;
    settle(file, &temporary, path)?;
    Ok(made)
}

pub(super) fn temporary(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
}

pub(super) fn settle(file: File, temporary: &Path, path: &Path) -> Result<(), AuditError> {
    file.sync_all().and_then(|()| std::fs::rename(temporary, path)).map_err(AuditError::at(path))?;
    if let Some(folder) = path.parent().and_then(|folder| File::open(folder).ok()) {
        let _ = folder.sync_all(); // not every system can
    }
    Ok(())
}

/// Takes results in any order, and writes them in the order of the plan.
pub(super) struct Sink {
    paths: Vec<(PathBuf, usize)>,
    open: Mutex<BTreeMap<usize, Open>>,
    waiting: AtomicUsize,
}

struct Open {
    temporary: PathBuf,
    file: File,
    next: usize,
    waiting: BTreeMap<usize, Vec<u8>>,
}

impl Sink {
    /// For shards with these files and numbers of repositories.
    pub(super) fn new(paths: Vec<(PathBuf, usize)>) -> Self {
        Sink { paths, open: Mutex::default(), waiting: AtomicUsize::new(0) }
    }

    /// Whether more results should wait for some that are missing.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > MAX_WAITING
    }

    /// The result of the repository at a position of a shard.
    pub(super) fn put(&self, shard: usize, position: usize, lines: &[u8]) -> Result<(), AuditError> {
        let (path, count) = &self.paths[shard];
        let framed = frame(lines).map_err(AuditError::at(path))?;
        let mut all = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let mut open = match all.remove(&shard) {
            Some(open) => open,
            None => {
                let temporary = temporary(path);
                let file = File::create(&temporary).map_err(AuditError::at(&temporary))?;
                Open { temporary, file, next: 0, waiting: BTreeMap::new() }
            }
        };
        self.waiting.fetch_add(framed.len(), Ordering::Relaxed);
        open.waiting.insert(position, framed);
        while let Some(framed) = open.waiting.remove(&open.next) {
            self.waiting.fetch_sub(framed.len(), Ordering::Relaxed);
            open.file.write_all(&framed).map_err(AuditError::at(&open.temporary))?;
            open.next += 1;
        }
        if open.next == *count {
            return settle(open.file, &open.temporary, path);
        }
        all.insert(shard, open);
        Ok(())
    }
}

/// Removes what an audit that was killed left unfinished, and shards of other audits.
pub(super) fn clean(folder: &Path, wanted: &[String]) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_ours = name.ends_with(".ndjson.zst") || name.starts_with('.') && name.ends_with(".tmp");
        if is_ours && !wanted.contains(&name) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}
