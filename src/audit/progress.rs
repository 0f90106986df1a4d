//! How far an audit is: a bar on a terminal, lines elsewhere.

use super::cache::Served;
use super::record::Repo;
use crate::cli::ProgressForm;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const EVERY_LINE: Duration = Duration::from_secs(30);
const EVERY_JSON: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    done: u64,
    files: u64,
    errors: u64,
    cached: u64,
}

/// Shows how far one step is, until it is dropped.
pub(super) struct Progress {
    counts: Arc<Mutex<Counts>>,
    bar: Option<ProgressBar>,
    ticking: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// `step`: what is done, in a word; `total`: for how many repositories.
    pub(super) fn start(form: ProgressForm, step: &'static str, total: u64) -> Progress {
        let counts: Arc<Mutex<Counts>> = Arc::default();
        let is_terminal = std::io::stderr().is_terminal();
        let progress = |bar, ticking| Progress { counts: Arc::clone(&counts), bar, ticking };
        let (every, is_json) = match form {
            ProgressForm::None => return progress(None, None),
            ProgressForm::Auto if is_terminal => {
                let template = "{prefix:6} {wide_bar} {pos}/{len} repositories, {msg}, {eta} left";
                let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
                let bar = ProgressBar::new(total).with_style(style).with_prefix(step);
                bar.enable_steady_tick(Duration::from_millis(200));
                return progress(Some(bar), None);
            }
            ProgressForm::Auto | ProgressForm::Lines => (EVERY_LINE, false),
            ProgressForm::Json => (EVERY_JSON, true),
        };
        let (stop, stopped) = channel::<()>();
        let started = Instant::now();
        let seen = Arc::clone(&counts);
        let ticking = std::thread::spawn(move || {
            loop {
                let is_last = stopped.recv_timeout(every) != Err(RecvTimeoutError::Timeout);
                let now = *seen.lock().unwrap_or_else(PoisonError::into_inner);
                if !is_last || is_json {
                    let line = line(step, now, total, started.elapsed(), is_json);
                    let _ = writeln!(std::io::stderr(), "{line}");
                }
                if is_last {
                    return;
                }
            }
        });
        progress(None, Some((stop, ticking)))
    }

    /// One repository more.
    pub(super) fn add(&self, repo: &Repo, served: Served) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.done += 1;
        counts.files += repo.files;
        counts.errors += u64::from(!repo.is_covered());
        counts.cached += u64::from(served != Served::New);
        if let Some(bar) = &self.bar {
            bar.set_message(format!("{} files, {} errors, {} cached", counts.files, counts.errors, counts.cached));
            bar.set_position(counts.done);
        }
    }

    /// Repositories whose verdict was at hand.
    pub(super) fn cached(&self) -> u64 {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).cached
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        if let Some((stop, ticking)) = self.ticking.take() {
            drop(stop);
            let _ = ticking.join();
        }
    }
}

fn line(step: &str, counts: Counts, total: u64, elapsed: Duration, is_json: bool) -> String {
    let Counts { done, files, errors, cached } = counts;
    let left = (done > 0).then(|| elapsed.as_secs() * total.saturating_sub(done) / done);
    if is_json {
        let value = serde_json::json!({"progress": {"step": step, "repositories": done, "total": total, "files": files,
            "errors": errors, "cached": cached, "seconds_left": left}});
        return value.to_string();
    }
    let left = left.map(|s| format!(", {s} s left")).unwrap_or_default();
    format!("{step}: {done} of {total} repositories, {files} files, {errors} errors, {cached} cached{left}")
}
