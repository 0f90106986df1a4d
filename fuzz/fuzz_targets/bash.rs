//! Scripts of bash and POSIX shells.
#![no_main]

use swaplint_fuzz::{Pool, targets};

swaplint_fuzz::target!(Pool::Scripts, targets::bash);
