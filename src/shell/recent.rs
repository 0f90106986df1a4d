//! Scripts that were read lately. The pipelines of a repository repeat each other's scripts, and reading one is a good part of looking
//! at it; between repositories they are let go of.

use super::{Script, parse};
use crate::pipeline::Dialect;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// Bytes of text whose scripts a part keeps before it starts anew; those of the round before are kept as well.
const ROUND: usize = 8 * 1024;
/// Longer scripts are rarely repeated.
const MAX_BYTES: usize = ROUND / 2;
/// Parts, so that threads do not wait for each other.
const PARTS: usize = 8;

static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);
static RECENT: LazyLock<[Mutex<Part>; PARTS]> = LazyLock::new(Default::default);

/// What [`parse`] was given, and what it gave.
struct Known {
    text: Box<str>,
    holes: Vec<Range<usize>>,
    dialect: Dialect,
    script: Arc<Script>,
}

#[derive(Default)]
struct Part {
    now: HashMap<u64, Known>,
    before: HashMap<u64, Known>,
    /// Bytes of the texts of `now`.
    bytes: usize,
}

impl Part {
    fn get(&mut self, key: u64, text: &str, holes: &[Range<usize>], dialect: &Dialect) -> Option<Arc<Script>> {
        let is_it = |known: &Known| *known.text == *text && known.holes == holes && known.dialect == *dialect;
        if let Some(known) = self.now.get(&key) {
            return is_it(known).then(|| Arc::clone(&known.script));
        }
        let known = self.before.remove(&key).filter(is_it)?;
        let script = Arc::clone(&known.script);
        self.put(key, known);
        Some(script)
    }

    fn put(&mut self, key: u64, known: Known) {
        self.bytes += known.text.len();
        self.now.insert(key, known);
        if self.bytes > ROUND {
            self.before = std::mem::take(&mut self.now);
            self.bytes = 0;
        }
    }
}

/// As [`parse`].
#[must_use]
pub fn read(text: &str, holes: &[Range<usize>], dialect: &Dialect) -> Arc<Script> {
    if text.len() > MAX_BYTES {
        return Arc::new(parse(text, holes, dialect));
    }
    let key = HASHER.hash_one((text, holes, dialect));
    let part = &RECENT[usize::try_from(key).unwrap_or_default() % PARTS];
    let part = || part.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(script) = part().get(key, text, holes, dialect) {
        return script;
    }
    let script = Arc::new(parse(text, holes, dialect));
    let known = Known { text: text.into(), holes: holes.to_vec(), dialect: dialect.clone(), script: Arc::clone(&script) };
    part().put(key, known);
    script
}

/// Lets go of what was read so far.
pub fn forget() {
    RECENT.iter().for_each(|part| *part.lock().unwrap_or_else(PoisonError::into_inner) = Part::default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_script_is_read_once_as_long_as_it_is_recent() {
        let (text, holes) = ("echo `date` ${{ x }} ${{ y }}", [12..20, 21..29]);
        let first = read(text, &holes, &Dialect::Bash);
        assert!(Arc::ptr_eq(&first, &read(text, &holes, &Dialect::Bash)));
        assert!(!Arc::ptr_eq(&first, &read(text, &[], &Dialect::Bash)));
        assert!(!Arc::ptr_eq(&first, &read(text, &holes, &Dialect::Posix)));
        assert_eq!(format!("{first:?}"), format!("{:?}", parse(text, &holes, &Dialect::Bash)));
        (0..PARTS * 4 * ROUND / 1000).for_each(|i| drop(read(&format!("echo {i:0>1000}"), &[], &Dialect::Bash)));
        assert!(!Arc::ptr_eq(&first, &read(text, &holes, &Dialect::Bash)));
    }
}
