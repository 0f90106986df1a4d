//! Texts of which parts may be unknown.

use super::symbol::{SymbolId, Symbols};
use smallvec::SmallVec;
use std::borrow::Cow;
use std::rc::Rc;

/// A piece of an abstract text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Atom {
    /// Known text.
    Literal(Rc<str>),
    /// Unknown text.
    Symbol(SymbolId),
}

/// One abstract text: adjacent literals are merged, empty ones dropped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Text(SmallVec<[Atom; 1]>);

impl Text {
    /// Known text.
    #[must_use]
    pub fn literal(text: &str) -> Self {
        if text.is_empty() { Text::default() } else { Text(SmallVec::from_buf([Atom::Literal(text.into())])) }
    }

    /// One symbol.
    #[must_use]
    pub fn symbol(id: SymbolId) -> Self {
        Text(SmallVec::from_buf([Atom::Symbol(id)]))
    }

    /// The pieces.
    #[must_use]
    pub fn atoms(&self) -> &[Atom] {
        &self.0
    }

    /// The text, if all of it is known.
    #[must_use]
    pub fn known(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Atom::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The symbol, if it is nothing else.
    #[must_use]
    pub fn as_symbol(&self) -> Option<SymbolId> {
        match self.0.as_slice() {
            [Atom::Symbol(id)] => Some(*id),
            _ => None,
        }
    }

    /// Its symbols.
    pub fn symbols(&self) -> impl Iterator<Item = SymbolId> + '_ {
        self.0.iter().filter_map(|a| if let Atom::Symbol(id) = a { Some(*id) } else { None })
    }

    /// Number of bytes of known text.
    #[must_use]
    pub fn literal_len(&self) -> usize {
        self.0.iter().map(|a| if let Atom::Literal(t) = a { t.len() } else { 0 }).sum()
    }

    /// Appends.
    pub fn push(&mut self, atom: Atom) {
        if let Atom::Literal(new) = &atom {
            if new.is_empty() {
                return;
            }
            if let Some(Atom::Literal(last)) = self.0.last_mut() {
                *last = format!("{last}{new}").into();
                return;
            }
        }
        self.0.push(atom);
    }

    /// Appends a whole text.
    pub fn extend(&mut self, other: &Text) {
        for atom in &other.0 {
            self.push(atom.clone());
        }
    }

    /// One text after the other.
    #[must_use]
    pub fn then(mut self, other: &Text) -> Text {
        self.extend(other);
        self
    }

    /// The text with each symbol as one U+FFFC, as the grammar units read it.
    #[must_use]
    pub fn masked(&self) -> String {
        let mut out = String::new();
        for atom in &self.0 {
            match atom {
                Atom::Literal(text) => out.push_str(text),
                Atom::Symbol(_) => out.push('\u{FFFC}'),
            }
        }
        out
    }

    /// The part of the text at a byte range of [`Text::masked`].
    #[must_use]
    pub fn slice_masked(&self, range: std::ops::Range<usize>) -> Text {
        let mut out = Text::default();
        let mut at = 0;
        for atom in &self.0 {
            match atom {
                Atom::Literal(text) => {
                    let (start, end) = (range.start.max(at), range.end.min(at + text.len()));
                    if let Some(part) = (start < end).then(|| text.get(start - at..end - at)).flatten() {
                        out.push(Atom::Literal(part.into()));
                    }
                    at += text.len();
                }
                Atom::Symbol(id) => {
                    if range.start <= at && at < range.end {
                        out.push(Atom::Symbol(*id));
                    }
                    at += '\u{FFFC}'.len_utf8();
                }
            }
        }
        out
    }

    /// The text for people: symbols as `${key}`.
    #[must_use]
    pub fn display(&self, symbols: &Symbols) -> String {
        let mut out = String::new();
        for atom in &self.0 {
            match atom {
                Atom::Literal(text) => out.push_str(text),
                Atom::Symbol(id) => {
                    // What follows the separator only tells answers of the same question apart.
                    let key = symbols.get(*id).key.split('\u{1f}').next().unwrap_or_default();
                    if key.starts_with('$') {
                        out.push_str(key);
                    } else {
                        out.push_str("${");
                        out.push_str(key);
                        out.push('}');
                    }
                }
            }
        }
        out
    }

    /// Words as one line, with a blank between them.
    #[must_use]
    pub fn joined<'t>(words: impl IntoIterator<Item = &'t Text>) -> Text {
        let mut line = Text::default();
        for (i, word) in words.into_iter().enumerate() {
            if i > 0 {
                line.push(Atom::Literal(" ".into()));
            }
            line.extend(word);
        }
        line
    }

    /// Splits at every byte of literal text that `separator` accepts; empty parts are dropped.
    #[must_use]
    pub fn split(&self, separator: impl Fn(char) -> bool) -> Vec<Text> {
        let mut parts = vec![Text::default()];
        for atom in &self.0 {
            match atom {
                Atom::Symbol(_) => parts.last_mut().into_iter().for_each(|p| p.push(atom.clone())),
                Atom::Literal(text) => {
                    for (i, piece) in text.split(&separator).enumerate() {
                        if i > 0 {
                            parts.push(Text::default());
                        }
                        parts.last_mut().into_iter().for_each(|p| p.push(Atom::Literal(piece.into())));
                    }
                }
            }
        }
        parts.retain(|p| !p.0.is_empty());
        parts
    }

    /// Without white space at both ends.
    #[must_use]
    pub fn trim(&self) -> Cow<'_, Text> {
        let is_plain = |atom: Option<&Atom>| match atom {
            Some(Atom::Literal(text)) => {
                !text.is_empty() && !text.starts_with(char::is_whitespace) && !text.ends_with(char::is_whitespace)
            }
            _ => true,
        };
        if is_plain(self.0.first()) && is_plain(self.0.last()) {
            return Cow::Borrowed(self);
        }
        let mut text = self.clone();
        if let Some(Atom::Literal(first)) = text.0.first_mut() {
            *first = first.trim_start().into();
        }
        if let Some(Atom::Literal(last)) = text.0.last_mut() {
            *last = last.trim_end().into();
        }
        text.0.retain(|a| !matches!(a, Atom::Literal(t) if t.is_empty()));
        Cow::Owned(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::custody::symbol::Kind;

    #[test]
    fn texts_merge_split_and_slice() {
        let mut symbols = Symbols::default();
        let id = symbols.named("github.sha", Kind::Unknown);
        let mut text = Text::literal("ghcr.io/acme/");
        text.extend(&Text::literal("app:"));
        text.push(Atom::Symbol(id));
        text.extend(&Text::literal("\nb:1"));
        assert_eq!(text.atoms().len(), 3);
        assert_eq!(text.display(&symbols), "ghcr.io/acme/app:${github.sha}\nb:1");
        let parts = text.split(|c| c == '\n');
        assert_eq!(parts.len(), 2);
        assert_eq!(parts[1].known(), Some("b:1"));
        let masked = text.masked();
        let at = masked.find('\u{FFFC}').unwrap();
        assert_eq!(text.slice_masked(at..at + 3).as_symbol(), Some(id));
        assert_eq!(text.slice_masked(13..16).known(), Some("app"));
    }
}
