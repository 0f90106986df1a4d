//! swaplint finds substitution windows in pipeline definitions.
//!
//! Read the rooms in this order; it is also how data flows:
//!
//! - ground: [`source`] (files, spans, embedded text), [`pipeline`] (the common model), [`finding`]
//! - the line: [`discover`] → [`formats`] → [`shell`] → [`tools`] → [`custody`] → [`facts`] → [`policy`] → [`suppress`] → [`report`]
//! - many repositories: [`audit`]
//! - [`run`] tells the story in order and is the only place where the rooms meet; [`cli`] and [`config`] say what it should do.

pub mod audit;
pub mod cli;
pub mod config;
pub mod custody;
pub mod date;
pub mod discover;
pub mod facts;
pub mod finding;
pub mod formats;
pub mod handoffs;
pub mod make;
pub mod pipeline;
pub mod policy;
pub mod remote;
pub mod report;
pub mod run;
pub mod shell;
pub mod snippet;
pub mod source;
pub mod suggest;
pub mod suppress;
pub mod tools;
