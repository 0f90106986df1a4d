//! Abstract strings: what is known of a value, and the identity of what is not.
//!
//! A [`Value`] is a small set of alternatives, each a list of literal text and *symbols*. A symbol stands for text that is
//! not known; it has an identity, so that two uses of one output are seen to be the same artifact, and a type given by
//! what produced it, never by a name.

use super::symbol::{SymbolId, Symbols};
use super::text::Text;
use crate::source::Span;
use smallvec::SmallVec;
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
pub(super) const ASKED_FOR: &str = "assigned here, only if whoever starts this asks for it";

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
    /// Where it has several alternatives since a part of it has: the one text, with a symbol that stands for that part.
    pub folded: Option<Rc<Text>>,
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
        Value { alternatives: SmallVec::from_buf([text]), origins: Origins::default(), places: None, folded: None }
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

    /// The one text that it is written as, in which parts that may be one of several have a symbol.
    #[must_use]
    pub fn written(&self) -> Option<&Text> {
        self.folded.as_deref().or_else(|| self.single())
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
        Value { alternatives, origins, places: None, folded: None }
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
        Some(Value {
            alternatives: if several { distinct(alternatives) } else { alternatives },
            origins,
            places: None,
            folded: None,
        })
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
        Value { alternatives: distinct(all), origins, places: None, folded: None }
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
        Value { alternatives, origins: self.origins.clone(), places: None, folded: None }
    }

    /// Whether it has become too large to carry on; callers replace it by a symbol.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        let size = |t: &Text| t.literal_len() + SYMBOL_SIZE * t.atoms().len();
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
    use crate::custody::symbol::Kind;

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
