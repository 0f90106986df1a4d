//! Config files in YAML and TOML.
#![no_main]

use swaplint_fuzz::{Pool, targets};

swaplint_fuzz::target!(Pool::Configs, targets::config);
