//! What the fuzz targets share: text to begin with ([`Pool`]), changes that keep its structure ([`mutate()`]), what is run ([`targets`]).

mod mutate;
mod pool;
#[path = "../../tests/it/spans.rs"]
mod spans;
pub mod targets;

pub use mutate::mutate;
pub use pool::Pool;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::time::{Duration, Instant};

/// What no input may take, by the processor's time of this thread.
const SLOW: Duration = Duration::from_millis(100);

/// Runs a target on an input as text. What takes longer than [`SLOW`] is kept below `slow`, so that one slow input does not end a run.
pub fn timed(target: &str, data: &[u8], run: fn(&str)) {
    let text = String::from_utf8_lossy(data);
    let (start, before) = (Instant::now(), worked());
    run(&text);
    if start.elapsed() > SLOW {
        let took = worked().saturating_sub(before);
        if took > SLOW {
            keep(target, data, took);
        }
    }
}

fn keep(target: &str, data: &[u8], took: Duration) {
    let mut hasher = DefaultHasher::new();
    data.hash(&mut hasher);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("slow").join(Path::new(target).file_stem().unwrap_or_default());
    let file = folder.join(format!("{:05}ms-{:016x}", took.as_millis(), hasher.finish()));
    let _ = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(file, data));
}

/// For how long this thread has had a processor so far; nothing where that is not told (then nothing is slow).
fn worked() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(told.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or_default())
}

/// A fuzz target: where its texts come from, and what is run on them.
#[macro_export]
macro_rules! target {
    ($pool:expr, $run:path) => {
        libfuzzer_sys::fuzz_target!(|data: &[u8]| { $crate::timed(file!(), data, $run) });
        libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            $crate::mutate($pool, data, size, max_size, seed)
        });
    };
}
