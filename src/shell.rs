//! Script text to commands with control flow. The only room that uses tree-sitter.
//!
//! [`parse`] never fails: what does not parse is left out, listed in [`Script::errors`], and the rest stands. All ranges
//! are bytes of the text that was given to [`parse`]; callers map them on with their offset map.

pub mod ir;

pub use ir::*;
