//! Values that are put together part by part.

use super::env::bounded;
use super::symbol::Symbols;
use super::text::Text;
use super::value::Value;
use std::ops::Range;
use std::rc::Rc;

/// A value to which parts are added. Where a part may be one of several, so may the whole; what it looks like all the same is kept as
/// [`Value::folded`].
#[derive(Default)]
pub(super) struct Joined {
    value: Value,
    folded: Text,
    /// Bytes of the masked text.
    len: usize,
}

impl Joined {
    /// Adds a part, and says where it stands in the masked text.
    pub(super) fn add(&mut self, part: &Value, symbols: &mut Symbols) -> Range<usize> {
        let folded = symbols.folded(part);
        let at = self.len..self.len + folded.masked().len();
        self.len = at.end;
        self.folded = std::mem::take(&mut self.folded).then(&folded);
        self.value = bounded(self.value.then(part), symbols, "text");
        at
    }

    /// The whole.
    pub(super) fn value(self) -> Value {
        let Joined { mut value, folded, .. } = self;
        // One symbol for all of it says no more than the value does.
        let says_more = value.single().is_none_or(|one| *one != folded) && folded.as_symbol().is_none();
        value.folded = says_more.then(|| Rc::new(folded));
        value
    }
}
