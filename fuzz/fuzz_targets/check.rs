//! All of `check` on one file, with a report of every form.
#![no_main]

use swaplint_fuzz::{Pool, targets};

swaplint_fuzz::target!(Pool::Yaml, targets::check);
