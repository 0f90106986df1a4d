//! What an expression means: the host, owner, repository, workflow and ref of the identity that it was written for.

use super::expression::{Mark, Sample};
use std::ops::Range;

/// The identity that a sample stands for.
pub(super) enum Shape {
    /// `https://host/owner/repository/workflow@ref`, or a piece of it.
    Forge(Box<Forge>),
    /// `local@domain`
    Mail { local: Part, domain: Part },
    /// `spiffe://domain/path` and other schemes.
    Other { scheme: String, host: Part },
}

/// A part of a sample.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Part {
    /// Its text, wildcards filled.
    pub(super) text: String,
    /// Its text up to the first wildcard.
    pub(super) stem: String,
    /// Its text behind the last wildcard.
    pub(super) tail: String,
    /// Whether it holds no wildcard.
    pub(super) literal: bool,
}

/// An identity of a CI system: a pipeline file inside a repository.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Forge {
    /// Empty where the expression names none.
    pub(super) host: Part,
    /// First component of the path.
    pub(super) owner: Part,
    /// Second component; with GitLab all others of the project.
    pub(super) repository: Part,
    /// Path of the pipeline file.
    pub(super) workflow: Part,
    /// Behind the `@`.
    pub(super) reference: Part,
    /// Project and file are separated by `//`.
    pub(super) gitlab: bool,
}

impl Sample {
    pub(super) fn text(&self) -> String {
        self.letters.iter().map(|(letter, _)| *letter).collect()
    }

    /// The sample for people, a wildcard as `*`.
    pub(super) fn shown(&self) -> String {
        let mut text = String::new();
        for (letter, mark) in &self.letters {
            match mark {
                Mark::Hole if text.ends_with('*') => {}
                Mark::Hole => text.push('*'),
                _ => text.push(*letter),
            }
        }
        text
    }

    pub(super) fn starts_open(&self) -> bool {
        self.letters.first().is_none_or(|(_, mark)| *mark == Mark::Hole)
    }

    /// Whether it ends with a wildcard or behind a separator, so that what follows is left open on purpose.
    pub(super) fn ends_open(&self) -> bool {
        self.letters.last().is_none_or(|(letter, mark)| *mark == Mark::Hole || matches!(letter, '/' | '@'))
    }

    /// The letters of the host: behind `://`, or from the start, up to the first `/`. With an `@` and no path, the mail domain.
    pub(super) fn host(&self) -> Range<usize> {
        let start = self.find("://").map_or(0, |at| at + 3);
        let behind = self.letters.get(start..).unwrap_or_default();
        let end = start + behind.iter().position(|(letter, _)| *letter == '/').unwrap_or(behind.len());
        let mail = self.letters.get(start..end).unwrap_or_default().iter().position(|(letter, _)| *letter == '@');
        mail.map_or(start, |at| start + at + 1)..end
    }

    fn find(&self, text: &str) -> Option<usize> {
        let wanted: Vec<char> = text.chars().collect();
        self.letters.windows(wanted.len()).position(|window| window.iter().map(|(letter, _)| *letter).eq(wanted.iter().copied()))
    }

    fn part(&self, range: Range<usize>) -> Part {
        let letters = self.letters.get(range).unwrap_or_default();
        let hole = |(_, mark): &(char, Mark)| *mark == Mark::Hole;
        let collect = |letters: &[(char, Mark)]| letters.iter().map(|(letter, _)| *letter).collect();
        let (first, last) = (letters.iter().position(hole), letters.iter().rposition(hole));
        Part {
            text: collect(letters),
            stem: collect(&letters[..first.unwrap_or(letters.len())]),
            tail: collect(&letters[last.map_or(0, |last| last + 1)..]),
            literal: first.is_none(),
        }
    }

    /// The text without the wildcards at its ends.
    pub(super) fn core(&self) -> String {
        self.part(self.inner(0..self.letters.len())).text
    }

    /// The same without the wildcards at its ends.
    pub(super) fn inner(&self, range: Range<usize>) -> Range<usize> {
        let letters = self.letters.get(range.clone()).unwrap_or_default();
        let hole = |(_, mark): &&(char, Mark)| *mark == Mark::Hole;
        let before = letters.iter().take_while(hole).count();
        if before == letters.len() {
            return range;
        }
        let after = letters.iter().rev().take_while(hole).count();
        range.start + before..range.end - after
    }

    /// Tells the parts apart.
    pub(super) fn shape(&self) -> Shape {
        let scheme = self.find("://").map(|at| self.part(0..at));
        let host = self.host();
        if let Some(scheme) = &scheme
            && scheme.literal
            && !matches!(scheme.text.as_str(), "http" | "https" | "")
        {
            return Shape::Other { scheme: scheme.text.clone(), host: self.part(self.inner(host)) };
        }
        if scheme.is_none() && host.start > 0 && host.end == self.letters.len() {
            return Shape::Mail { local: self.part(0..host.start - 1), domain: self.part(self.inner(host)) };
        }
        let first = if scheme.is_some() { host } else { 0..self.host().end };
        let named = self.part(self.inner(first.clone()));
        let is_host = scheme.is_some() || (named.text.contains('.') && !named.text.contains('@') && named.literal);
        let all_open = self.letters.get(first.clone()).unwrap_or_default().iter().all(|(_, mark)| *mark == Mark::Hole);
        if is_host || all_open {
            let host = if is_host { named } else { Part::default() };
            return Shape::Forge(Box::new(self.forge(host, first.end + 1)));
        }
        Shape::Forge(Box::new(self.forge(Part::default(), self.inner(first).start)))
    }

    /// Reads the path from `start` on.
    fn forge(&self, host: Part, start: usize) -> Forge {
        let end = self.letters.len();
        let at = |letter: char, from: usize| {
            let letters = self.letters.get(from..).unwrap_or_default();
            letters.iter().position(|(other, _)| *other == letter).map_or(end, |at| from + at)
        };
        let start = start.min(end);
        let sign = at('@', start);
        let reference = self.part((sign + 1).min(end)..end);
        let path = start..sign;
        let first = at('/', path.start).min(sign);
        let double =
            (first..sign.saturating_sub(1)).find(|at| matches!(self.letters.get(*at..*at + 2), Some([('/', _), ('/', _)])));
        let second = double.unwrap_or_else(|| at('/', (first + 1).min(end)).min(sign));
        let rest = second + if double.is_some() { 2 } else { 1 };
        let repository = (first + 1).min(second)..second;
        Forge {
            gitlab: double.is_some() || host.text.contains("gitlab"),
            owner: self.part(path.start..first),
            repository: self.part(repository),
            workflow: self.part(rest.min(sign)..sign),
            host,
            reference,
        }
    }
}
