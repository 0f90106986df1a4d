//! Files of shared libraries.
#![no_main]

use swaplint_fuzz::{Pool, targets};

swaplint_fuzz::target!(Pool::Groovy, targets::groovy);
