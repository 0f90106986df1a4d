//! Programs in JavaScript and Python, of which the commands are read.
#![no_main]

use swaplint_fuzz::{Pool, targets};

swaplint_fuzz::target!(Pool::Scripts, targets::program);
