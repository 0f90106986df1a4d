//! Scripts of Windows' `cmd`.
#![no_main]

use swaplint_fuzz::{Pool, targets};

swaplint_fuzz::target!(Pool::Scripts, targets::batch);
