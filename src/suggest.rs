//! "Did you mean": the nearest of the names that exist.

/// The candidate that `word` most likely stands for: at most a third of its letters differ.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).max(1);
    candidates.into_iter().map(|c| (distance(word, c), c)).filter(|(d, _)| *d <= allowed).min().map(|(_, c)| c)
}

/// `, did you mean \`x\`?`, or nothing.
#[must_use]
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, candidates).map(|c| format!(", did you mean `{c}`?")).unwrap_or_default()
}

/// Insertions, deletions and replacements that lead from `a` to `b`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_offered_and_far_ones_not() {
        let ids = ["sign-by-tag", "attest-by-tag", "copy-by-tag"];
        assert_eq!(nearest("sing-by-tag", ids), Some("sign-by-tag"));
        assert_eq!(nearest("pipe-to-shell", ids), None);
        assert_eq!(did_you_mean("copybytag", ids), ", did you mean `copy-by-tag`?");
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
