//! Nothing: the benchmarks are `stages.rs`.
