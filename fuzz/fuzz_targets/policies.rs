//! Formats that are no pipelines: admission policies, releases of GoReleaser, layouts of in-toto.
#![no_main]

use swaplint_fuzz::{Pool, targets};

swaplint_fuzz::target!(Pool::Yaml, targets::policies);
