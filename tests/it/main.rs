//! Integration tests, one binary: linking is what takes time.

mod audit;
mod bounds;
mod cli;
mod config;
mod corpus;
mod docs;
mod effects;
mod fuzzed;
mod handoffs;
mod hostile;
mod pages;
mod policies;
mod properties;
mod pull_requests;
mod rooms;
mod scale;
mod schema;
mod semantics;
mod shipped;
mod spans;
mod support;
mod terminal;
