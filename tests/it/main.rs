//! Integration tests, one binary: linking is what takes time.

mod cli;
mod corpus;
mod docs;
mod handoffs;
mod policies;
mod rooms;
mod scale;
mod schema;
mod support;
