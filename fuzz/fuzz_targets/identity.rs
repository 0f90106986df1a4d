//! Expressions for the identities of signers.
#![no_main]

use swaplint_fuzz::{Pool, targets};

swaplint_fuzz::target!(Pool::Scalars, targets::identity);
