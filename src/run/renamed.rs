//! Files that have another name than before: found as git does, by what is in them.

use crate::discover::{Candidate, Discovered};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Files on one side that are compared with those on the other.
const MAX_FILES: usize = 100;
/// How much of the lines must be the same, in percent (as in git).
const ALIKE: usize = 50;

/// By the path of a file that is gone, the path of the new one that is most like it. Each counts once.
pub(super) fn renamed(before: &Discovered, now: &Discovered) -> HashMap<String, String> {
    let (gone, added) = (alone(before, now), alone(now, before));
    let mut pairs = Vec::new();
    for (old, old_text) in &gone {
        for (new, new_text) in &added {
            let same = alike(old_text, new_text);
            if same >= ALIKE {
                pairs.push((std::cmp::Reverse(same), old, new));
            }
        }
    }
    pairs.sort();
    let mut taken = BTreeSet::new();
    let mut renamed = HashMap::new();
    for (_, old, new) in pairs {
        if !renamed.contains_key(*old) && taken.insert(new) {
            renamed.insert((*old).to_owned(), (*new).to_owned());
        }
    }
    renamed
}

/// What only one side has.
fn alone<'d>(side: &'d Discovered, other: &Discovered) -> Vec<(&'d str, Arc<str>)> {
    let there: BTreeSet<&str> = other.candidates.iter().map(|c| c.path.as_str()).collect();
    let text = |c: &'d Candidate| Some((c.path.as_str(), side.origin.text(c).ok()?));
    side.candidates.iter().filter(|c| !there.contains(c.path.as_str())).take(MAX_FILES).filter_map(text).collect()
}

/// The part of the lines that two texts share, in percent of the longer one.
fn alike(one: &str, other: &str) -> usize {
    let mut lines: HashMap<&str, usize> = HashMap::new();
    let written = |line: &&str| !line.trim().is_empty();
    let total = one.lines().filter(written).map(|line| *lines.entry(line).or_default() += 1).count();
    let (mut shared, mut others) = (0_usize, 0_usize);
    for line in other.lines().filter(written) {
        others += 1;
        if let Some(left) = lines.get_mut(line).filter(|left| **left > 0) {
            *left -= 1;
            shared += 1;
        }
    }
    (shared * 100).checked_div(total.max(others)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::alike;

    #[test]
    fn likeness_is_about_lines_wherever_they_stand() {
        assert_eq!(alike("a\nb\n\nc\n", "c\nb\na\n"), 100);
        assert_eq!(alike("a\na\nb\nb\n", "a\nb\n"), 50);
        assert_eq!(alike("", ""), 0);
    }
}
