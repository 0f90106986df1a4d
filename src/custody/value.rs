//! Abstract strings: what is known of a value, and the identity of what is not.
//!
//! A [`Value`] is a small set of alternatives, each a list of literal text and *symbols*. A symbol stands for text that is
//! not known; it has an identity, so that two uses of one output are seen to be the same artifact, and a type given by
//! what produced it, never by a name.

use crate::source::Span;
use sha2::{Digest, Sha256};
use smallvec::SmallVec;
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Deref;
use std::rc::Rc;

/// More alternatives than this are one unknown value.
const MAX_ALTERNATIVES: usize = 24;
/// Longer alternatives (in bytes of literal text) are one unknown value.
const MAX_TEXT: usize = 16 * 1024;
/// What a symbol counts towards that, in bytes.
const SYMBOL_SIZE: usize = 64;
/// No more origins are kept for a value.
const MAX_ORIGINS: usize = 6;

/// Index into [`Symbols`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SymbolId(pub u32);

/// What kind of text a symbol stands for, by its producer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `sha256:..` of a manifest
    Digest,
    /// `repository@sha256:..`
    DigestReference,
    /// A reference without a digest, or a tag
    Tag,
    /// The id of an image's configuration; no manifest digest
    ImageId,
    /// The checksum of a file
    Checksum,
    /// Structured text that carries digests (`--metadata-file`, an inspected manifest)
    Metadata,
    /// Exit status of a command: the graph node is in [`Symbol::node`]
    Status,
    /// The file that collects a step's outputs
    OutputsFile,
    /// The file that collects environment variables for later steps
    EnvFile,
    /// The file whose content is only shown
    SummaryFile,
    /// The file that becomes the named output
    OutputPath,
    /// Text fetched from elsewhere
    Fetched,
    /// Nothing defines it, so that it is empty
    Missing,
    /// A secret
    Secret,
    /// `owner/name` of this repository
    Repository,
    /// Owner of this repository
    Owner,
    /// Anything else
    Unknown,
}

/// An unknown text with an identity.
#[derive(Debug, Clone)]
pub struct Symbol {
    /// The identity; equal keys are equal texts. Also what people see, as `${key}`.
    pub key: String,
    /// What it stands for.
    pub kind: Kind,
    /// A digest that was looked up from a tag at that moment, not handed over by what produced the artifact.
    pub lookup: bool,
    /// What it is a digest, tag or checksum of.
    pub subject: Option<Text>,
    /// Where it was produced.
    pub span: Option<Span>,
    /// The graph node of the command that produced it; of a status, the command's.
    pub node: Option<u32>,
    /// Whether the CI system gives it a text in every run, so that it is never unset.
    pub is_set: bool,
}

/// What is known of the form of a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum DigestForm {
    /// Its producer vouches for it, or nothing is known.
    #[default]
    Unsaid,
    /// It was cut out of text with a pattern that fits other text as well.
    Scraped,
    /// Somewhere its form is checked.
    Checked,
}

/// All symbols of one analysis, interned by key.
#[derive(Debug, Default)]
pub struct Symbols {
    entries: Vec<Symbol>,
    by_key: HashMap<String, SymbolId>,
    forms: HashMap<SymbolId, DigestForm>,
}

impl Symbols {
    /// The symbol with that key, made if it is new. An existing symbol keeps its kind unless that was [`Kind::Unknown`].
    pub fn intern(&mut self, mut symbol: Symbol) -> SymbolId {
        if symbol.key.len() > MAX_KEY {
            symbol.key = shortened(&symbol.key);
        }
        if let Some(id) = self.by_key.get(&symbol.key) {
            let known = &mut self.entries[id.0 as usize];
            if known.kind == Kind::Unknown && symbol.kind != Kind::Unknown {
                *known = symbol;
            }
            return *id;
        }
        let id = SymbolId(u32::try_from(self.entries.len()).unwrap_or(u32::MAX));
        self.by_key.insert(symbol.key.clone(), id);
        self.entries.push(symbol);
        id
    }

    /// A symbol of a kind, by key alone.
    pub fn named(&mut self, key: impl Into<String> + AsRef<str>, kind: Kind) -> SymbolId {
        if let Some(id) = self.by_key.get(key.as_ref())
            && (kind == Kind::Unknown || self.entries[id.0 as usize].kind != Kind::Unknown)
        {
            return *id;
        }
        self.intern(Symbol { key: key.into(), kind, lookup: false, subject: None, span: None, node: None, is_set: false })
    }

    /// Says that a symbol always has a text.
    pub fn say_set(&mut self, id: SymbolId) {
        self.entries[id.0 as usize].is_set = true;
    }

    /// Says what is known of the form of a digest; a check outweighs all else.
    pub fn say_form(&mut self, id: SymbolId, form: DigestForm) {
        let known = self.forms.entry(id).or_default();
        *known = (*known).max(form);
    }

    /// What is known of the form of a digest.
    #[must_use]
    pub fn form(&self, id: SymbolId) -> DigestForm {
        self.forms.get(&id).copied().unwrap_or_default()
    }

    /// The symbol.
    #[must_use]
    pub fn get(&self, id: SymbolId) -> &Symbol {
        &self.entries[id.0 as usize]
    }
}

/// Bytes of a symbol's key. What is computed from a computed value has that one's key in its own, and so on.
const MAX_KEY: usize = 2048;

/// The beginning of a long key, and what tells it from others that begin so.
fn shortened(key: &str) -> String {
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(key)[..8]);
    let end = (0..=MAX_KEY / 2).rev().find(|end| key.is_char_boundary(*end)).unwrap_or_default();
    format!("{}…\u{1f}{digest}", &key[..end])
}

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

/// Where a value was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The place.
    pub span: Span,
    /// "assigned here", "output `digest` of step `build`"
    pub what: Rc<str>,
}

/// What is said of an argument of a function or script.
pub(super) const HANDED: &str = "handed over here";

/// What is said of the variable of a loop.
pub(super) const LOOPED: &str = "loops over this list";

/// What is said of an assignment that is made only where somebody outside asks for it.
pub(super) const ASKED_FOR: &str = "assigned here, where it is asked for";

/// Where a value was made, nearest last. Copies share one list, since values are copied far more often than made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origins(Option<Rc<Vec<Origin>>>);

impl Origins {
    fn add(&mut self, origin: Origin) {
        if self.len() < MAX_ORIGINS {
            Rc::make_mut(self.0.get_or_insert_default()).push(origin);
        }
    }

    /// Adds the last step of the way, which says more than those in the middle.
    fn end_with(&mut self, origin: Origin) {
        let all = Rc::make_mut(self.0.get_or_insert_default());
        all.truncate(MAX_ORIGINS - 1);
        all.push(origin);
    }

    /// Adds each that it does not have yet, as long as there is room.
    fn unite(&mut self, other: &Origins) {
        let is_new = |(i, origin): (usize, &Origin)| !other[..i].contains(origin);
        match (&self.0, &other.0) {
            (Some(ours), Some(theirs)) if Rc::ptr_eq(ours, theirs) => {}
            (None, _) if other.iter().enumerate().all(is_new) => self.clone_from(other),
            _ => {
                for origin in other {
                    if !self.contains(origin) {
                        self.add(origin.clone());
                    }
                }
            }
        }
    }

    /// Adds those that it does not have now, as long as there is room.
    fn append(&mut self, other: &Origins) {
        if self.is_empty() {
            return self.clone_from(other);
        }
        let own = self.len();
        for origin in other {
            if !self[..own].contains(origin) {
                self.add(origin.clone());
            }
        }
    }
}

impl Deref for Origins {
    type Target = [Origin];

    fn deref(&self) -> &[Origin] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }
}

impl<'a> IntoIterator for &'a Origins {
    type Item = &'a Origin;
    type IntoIter = std::slice::Iter<'a, Origin>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

type Alternatives = SmallVec<[Text; 1]>;

/// Sorted, without doubles.
fn distinct(mut all: Alternatives) -> Alternatives {
    if all.len() > 1 {
        all.sort();
        all.dedup();
    }
    all
}

/// What a value can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// The alternatives, sorted, without doubles; never none.
    alternatives: Alternatives,
    /// Where it was made, nearest last.
    pub origins: Origins,
    /// Where the parts of its masked text stand, for text that was written in one place and not changed since.
    pub places: Option<Rc<Vec<(std::ops::Range<usize>, Span)>>>,
}

impl Default for Value {
    fn default() -> Self {
        Value::text(Text::default())
    }
}

impl Value {
    /// Known text.
    #[must_use]
    pub fn literal(text: &str) -> Self {
        Value::text(Text::literal(text))
    }

    /// One abstract text.
    #[must_use]
    pub fn text(text: Text) -> Self {
        Value { alternatives: SmallVec::from_buf([text]), origins: Origins::default(), places: None }
    }

    /// One symbol.
    #[must_use]
    pub fn symbol(id: SymbolId) -> Self {
        Value::text(Text::symbol(id))
    }

    /// The alternatives; at least one.
    #[must_use]
    pub fn alternatives(&self) -> &[Text] {
        &self.alternatives
    }

    /// The only alternative.
    #[must_use]
    pub fn single(&self) -> Option<&Text> {
        match self.alternatives() {
            [one] => Some(one),
            _ => None,
        }
    }

    /// The text, if it is known and one.
    #[must_use]
    pub fn known(&self) -> Option<&str> {
        self.single().and_then(Text::known)
    }

    /// The same value, with one more origin.
    #[must_use]
    pub fn from(mut self, span: Span, what: &str) -> Self {
        if self.origins.last().is_none_or(|o| o.span != span) {
            self.origins.end_with(Origin { span, what: what.into() });
        }
        self
    }

    /// Either of both.
    #[must_use]
    pub fn or(&self, other: &Value) -> Value {
        let alternatives = distinct(self.alternatives().iter().chain(other.alternatives()).cloned().collect());
        let mut origins = self.origins.clone();
        origins.unite(&other.origins);
        Value { alternatives, origins, places: None }
    }

    /// Any of several; `None` of none.
    #[must_use]
    pub fn one_of(values: impl IntoIterator<Item = Value>) -> Option<Value> {
        let mut values = values.into_iter();
        let Value { mut alternatives, mut origins, .. } = values.next()?;
        let mut several = false;
        for value in values {
            alternatives.extend(value.alternatives);
            origins.unite(&value.origins);
            several = true;
        }
        // Sorted once: a list may have thousands.
        Some(Value { alternatives: if several { distinct(alternatives) } else { alternatives }, origins, places: None })
    }

    /// One after the other: every combination, as long as there are few.
    #[must_use]
    pub fn then(&self, other: &Value) -> Value {
        if self.known() == Some("") && self.origins.is_empty() {
            return other.clone();
        }
        let mut origins = self.origins.clone();
        origins.append(&other.origins);
        let mut all = Alternatives::new();
        // What does not fit is dropped here and makes the result too large to be kept.
        let room = (4 * MAX_ALTERNATIVES / self.alternatives.len().max(1)).max(1);
        for left in self.alternatives().iter().take(4 * MAX_ALTERNATIVES) {
            for right in other.alternatives().iter().take(room) {
                let mut text = left.clone();
                text.extend(right);
                all.push(text);
            }
        }
        Value { alternatives: distinct(all), origins, places: None }
    }

    /// The same, written at these places.
    #[must_use]
    pub fn at(mut self, places: Option<Rc<Vec<(std::ops::Range<usize>, Span)>>>) -> Value {
        self.places = places;
        self
    }

    /// Applies a function to every alternative.
    #[must_use]
    pub fn map(&self, mut f: impl FnMut(&Text) -> Text) -> Value {
        let alternatives = distinct(self.alternatives().iter().map(&mut f).collect());
        Value { alternatives, origins: self.origins.clone(), places: None }
    }

    /// Whether it has become too large to carry on; callers replace it by a symbol.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        let size = |t: &Text| t.literal_len() + SYMBOL_SIZE * t.0.len();
        self.alternatives.len() > MAX_ALTERNATIVES || self.alternatives.iter().map(size).sum::<usize>() > MAX_TEXT
    }

    /// Whether every alternative satisfies `f`.
    pub fn all(&self, f: impl Fn(&Text) -> bool) -> bool {
        self.alternatives().iter().all(f)
    }

    /// Whether some alternative satisfies `f`.
    pub fn any(&self, f: impl Fn(&Text) -> bool) -> bool {
        self.alternatives().iter().any(f)
    }

    /// The value for people: alternatives joined by ` | `.
    #[must_use]
    pub fn display(&self, symbols: &Symbols) -> String {
        let shown: Vec<String> = self.alternatives().iter().map(|t| t.display(symbols)).collect();
        shown.join(" | ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_keys_are_cut_and_stay_apart() {
        let mut symbols = Symbols::default();
        let long = |end: &str| format!("{}é{end}", "x".repeat(MAX_KEY));
        let [a, b, again] = ["a", "b", "a"].map(|end| symbols.named(long(end), Kind::Unknown));
        assert!(a != b && a == again);
        assert!(symbols.get(a).key.len() < MAX_KEY, "{}", symbols.get(a).key);
    }

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

    #[test]
    fn values_combine_and_keep_identity() {
        let mut symbols = Symbols::default();
        let a = symbols.named("x", Kind::Digest);
        assert_eq!(a, symbols.named("x", Kind::Unknown));
        assert_eq!(symbols.get(a).kind, Kind::Digest);
        let v = Value::literal("a").or(&Value::literal("b")).then(&Value::symbol(a));
        assert_eq!(v.alternatives().len(), 2);
        assert_eq!(v.display(&symbols), "a${x} | b${x}");
        assert_eq!(v.or(&v), v);
    }
}
