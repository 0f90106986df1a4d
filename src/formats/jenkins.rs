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

pub(super) use load::{load_jenkinsfile, load_library};
pub(super) use recognise::{is_jenkinsfile, is_library, is_named};
