//! Tasks, pipelines and runs of Tekton.
#![no_main]

use swaplint_fuzz::{Pool, targets};

swaplint_fuzz::target!(Pool::Yaml, targets::tekton);
