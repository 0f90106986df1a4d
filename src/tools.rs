//! What commands and actions do to artifacts, as data: one file a tool in `src/tools/data`, extended by the user's own.
//!
//! [`Toolbox::recognise`] takes the words of a command apart, [`Match`] says what they do. All answers are [`Slice`]s of the
//! words that were given; what these words mean, and where they stand in a file, is the caller's business.
//! The files' format is [`schema`]; `docs/add-a-tool.md` explains it.

mod apply;
mod argv;
mod assemble;
pub mod glob;
mod load;
mod matcher;
pub mod schema;
pub mod select;
mod settings;
mod slices;
mod strings;
#[cfg(test)]
mod tests;

pub use apply::{Assembled, EventUse, OptionUse, OptionValue, Subject, SubjectForm, WeaknessUse, Written, Yield};
pub use argv::FlagUse;
pub use glob::{Truth, UNKNOWN};
pub use load::{ToolError, Toolbox, document};
pub use matcher::{Launch, Match};
pub use schema::{
    ActionSpec, CheckoutSpec, CommandSpec, Content, Document, EventSpec, Guess, Many, OutputSpec, Tool, UnreadSpec, Words,
    YieldSpec,
};
pub use settings::EnvironmentSpec;

use std::ops::Range;

/// A part of one word of a command, or of one input of an action.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Slice {
    /// Index of the word (of the input).
    pub arg: usize,
    /// Bytes of it.
    pub range: Range<usize>,
}

impl Slice {
    /// The whole of a word.
    #[must_use]
    pub fn whole(arg: usize, text: &str) -> Self {
        Slice { arg, range: 0..text.len() }
    }

    /// Its text; empty if these are not the words it was made from.
    #[must_use]
    pub fn text<'a>(&self, argv: &[&'a str]) -> &'a str {
        argv.get(self.arg).and_then(|a| a.get(self.range.clone())).unwrap_or_default()
    }
}
