//! Patterns over text that may have unknown parts, with three answers.

use serde::Deserialize;

/// Stands in an argument for a part that is not known.
pub const UNKNOWN: char = '\u{FFFC}';

/// Answer to a question about text that is not wholly known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    /// Certainly not.
    No,
    /// It depends on an unknown part.
    Maybe,
    /// Certainly.
    Yes,
}

impl Truth {
    /// Yes or no.
    #[must_use]
    pub fn of(certain: bool) -> Self {
        if certain { Truth::Yes } else { Truth::No }
    }

    /// The opposite; what is not known stays so.
    #[must_use]
    pub fn negate(self) -> Self {
        match self {
            Truth::No => Truth::Yes,
            Truth::Maybe => Truth::Maybe,
            Truth::Yes => Truth::No,
        }
    }
}

/// One or more patterns, `|` between them. `*` is any text, everything else itself; case of ASCII letters does not count.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct Glob(Vec<String>);

impl From<String> for Glob {
    fn from(text: String) -> Self {
        Glob::new(&text)
    }
}

impl Glob {
    /// Reads `a*|b`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Glob(text.split('|').map(str::to_owned).collect())
    }

    /// Whether one of the patterns matches the whole text.
    #[must_use]
    pub fn matches(&self, text: &str) -> Truth {
        if self.0.iter().any(|p| exact(p.as_bytes(), text.as_bytes())) {
            return Truth::Yes;
        }
        if text.contains(UNKNOWN) && self.0.iter().any(|p| overlaps(p, text)) { Truth::Maybe } else { Truth::No }
    }
}

/// Classic greedy matching with one point to come back to.
fn exact(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            back = Some((p, t));
            p += 1;
        } else if pattern.get(p).is_some_and(|c| c.eq_ignore_ascii_case(&text[t])) {
            p += 1;
            t += 1;
        } else if let Some((star, from)) = back {
            back = Some((star, from + 1));
            p = star + 1;
            t = from + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

/// Whether some filling of the unknown parts makes the pattern match: both sides have wildcards then.
fn overlaps(pattern: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let mut row = vec![false; text.len() + 1];
    row[0] = true;
    for (j, c) in text.iter().enumerate() {
        row[j + 1] = row[j] && *c == UNKNOWN;
    }
    for p in pattern.chars() {
        let mut next = vec![false; text.len() + 1];
        next[0] = row[0] && p == '*';
        for (j, c) in text.iter().enumerate() {
            let is_wild = p == '*' || *c == UNKNOWN;
            next[j + 1] = if is_wild { row[j + 1] || next[j] } else { row[j] && p.eq_ignore_ascii_case(c) };
        }
        row = next;
    }
    row.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_answers() {
        for (glob, text, want) in [
            ("true", "TRUE", Truth::Yes),
            ("true", "\u{FFFC}", Truth::Maybe),
            ("false|no", "no", Truth::Yes),
            ("*push=true*", "type=image,push=true", Truth::Yes),
            ("*push=true*", "type=image,push=\u{FFFC}", Truth::Maybe),
            ("docker://*", "docker://\u{FFFC}", Truth::Yes),
            ("docker://*", "oci:\u{FFFC}", Truth::No),
            ("*", "", Truth::Yes),
            ("a*b*c", "axxbyybc", Truth::Yes),
            ("a*b", "axxc", Truth::No),
        ] {
            assert_eq!(Glob::new(glob).matches(text), want, "{glob} on {text}");
        }
    }
}
