//! Integration tests, one binary: linking is what takes time.

mod cli;
mod corpus;
mod docs;
mod effects;
mod policies;
mod rooms;
mod schema;
mod support;
