//! Workflows and actions of GitHub.
#![no_main]

use swaplint_fuzz::{Pool, targets};

swaplint_fuzz::target!(Pool::Yaml, targets::github);
