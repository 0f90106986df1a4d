//! Expressions of GitHub, GitLab and Tekton, where they stand.
#![no_main]

use swaplint_fuzz::{Pool, targets};

swaplint_fuzz::target!(Pool::Scalars, targets::expression);
