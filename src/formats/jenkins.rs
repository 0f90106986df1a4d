//! Jenkins: `Jenkinsfile`, declarative or scripted, and shared libraries.
//!
//! [`lexer`] and [`quoted`] read tokens, [`brackets`] matches them, [`parser`], [`statement`], [`declaration`] and [`expression`] make a tree ([`ast`])
//! of the Groovy subset that pipelines use. [`load`] turns the tree into a pipeline: [`walk`] and [`eval`] follow it in the order in
//! which it runs, [`call`] says what a call is, the others each know one part of Jenkins. [`recognise`] says which files are pipelines.

mod agent;
mod assign;
mod ast;
mod brackets;
mod call;
mod declaration;
mod declarative;
mod docker;
mod eval;
mod expression;
mod flow;
mod handoff;
mod interpreter;
mod lexer;
mod load;
mod loader;
mod names;
#[cfg(test)]
mod oracle;
mod parser;
mod quoted;
mod recognise;
mod rope;
mod stages;
mod statement;
mod status;
mod steps;
#[cfg(test)]
mod tests;
mod token;
mod value;
mod walk;

use crate::formats::Loaded;
use crate::pipeline::Format;
use crate::source::FileId;

/// Whether a file is a pipeline of its own, by its path and, where that does not decide, by its text.
pub(super) fn is_jenkinsfile(path: &str, text: Option<&str>) -> bool {
    recognise::is_jenkinsfile(path, text)
}

/// Whether a file is one of a shared library.
pub(super) fn is_library(path: &str, text: Option<&str>) -> bool {
    recognise::is_library(path, text)
}

/// Whether the path of a file is that of a pipeline, whatever its text says.
pub(super) fn is_named(path: &str) -> bool {
    recognise::is_named(path)
}

/// Loads a `Jenkinsfile`.
pub(super) fn load_jenkinsfile(file: FileId, path: &str, text: &str) -> Loaded {
    load::load(Format::Jenkinsfile, file, path, text)
}

/// Loads a file of a shared library.
pub(super) fn load_library(file: FileId, path: &str, text: &str) -> Loaded {
    load::load(Format::JenkinsLibrary, file, path, text)
}
