//! The tree with places, and the offset maps of its scalars.
#![no_main]

use swaplint_fuzz::{Pool, targets};

swaplint_fuzz::target!(Pool::Yaml, targets::yaml);
