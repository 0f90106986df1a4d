//! Makefiles and Dockerfiles.
#![no_main]

use swaplint_fuzz::{Pool, targets};

swaplint_fuzz::target!(Pool::Makefiles, targets::makefile);
