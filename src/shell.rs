//! Script text to commands with control flow. The only room that uses tree-sitter.
//!
//! [`parse`] never fails: what does not parse is left out, listed in [`Script::errors`], and the rest stands. All ranges
//! are bytes of the text that was given to [`parse`]; callers map them on with their offset map.
//!
//! How a script becomes [`Script`]: [`guard`] makes a text that is safe to parse (same length, holes and odd bytes
//! replaced, hopeless lines blanked) and parses it under a deadline; `bash` and `powershell` walk the tree and read the
//! words from the original; `cmd` needs no tree. [`wrappers`], [`nested`] and [`inline`] look at finished commands:
//! what really runs, and which further script is in it. [`read`] is [`parse`] for whoever reads many.

mod arithmetic;
mod bash;
mod cmd;
mod cmd_word;
mod compound;
mod expansion;
mod guard;
mod heredoc;
pub mod inline;
pub mod ir;
pub mod nested;
mod powershell;
mod powershell_control;
mod powershell_ease;
mod powershell_word;
mod recent;
mod recover;
mod simple;
#[cfg(test)]
mod tests;
mod word;
pub mod wrappers;

pub use ir::*;
pub use powershell::FETCHES;
pub use recent::{forget, read};

use crate::pipeline::Dialect;
use std::ops::Range;

/// The commands of a script.
///
/// `holes` are the sorted, non-overlapping byte ranges of `text` that the CI system fills in; a word part over the n-th
/// of them is [`PartKind::Hole`]`(n)`. Languages that are not understood give an empty script.
#[must_use]
pub fn parse(text: &str, holes: &[Range<usize>], dialect: &Dialect) -> Script {
    if text.len() > guard::MAX_BYTES {
        let what = String::from("a script may have 1 MiB");
        return Script { limit: Some(Limit { at: 0..text.len(), what }), ..Script::default() };
    }
    let holes = guard::usable_holes(text, holes);
    match dialect {
        Dialect::Bash | Dialect::Posix => bash::parse(text, &holes),
        Dialect::PowerShell => powershell::parse(text, &holes),
        Dialect::Cmd => cmd::parse(text, &holes),
        Dialect::Other(_) => Script::default(),
    }
}
