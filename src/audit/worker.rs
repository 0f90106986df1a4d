//! Processes that analyse repositories for us, so that one that dies takes nothing with it: each is asked for one repository at a
//! time, and killed if it takes too long.

use super::cache::Served;
use super::map::{DONE, Done, failed};
use super::plan::{Entry, Plan};
use super::record::{Digests, Repo, Status};
use crate::cli::{ChoiceArgs, JudgeArgs};
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Then a worker is replaced: what its memory has become is not known.
const REPOSITORIES: usize = 250;
/// How much of what a worker says on stderr is kept.
const SAID: usize = 4096;

/// How long the rest of that is waited for, in hundredths of a second.
const PATIENCE: usize = 50;

/// Says whether the allocator commits what it reserves.
#[cfg(target_os = "linux")]
const EAGER: &str = "MIMALLOC_ARENA_EAGER_COMMIT";

/// How workers are started.
pub(super) struct Setup {
    pub(super) program: PathBuf,
    pub(super) judge: JudgeArgs,
    pub(super) cache: Option<PathBuf>,
    /// Mebibytes.
    pub(super) memory: Option<u64>,
    /// For one repository.
    pub(super) timeout: Duration,
    pub(super) digests: Digests,
}

/// What became of a repository.
pub(super) struct Analysed {
    /// Lines of records.
    pub(super) lines: Vec<u8>,
    pub(super) repo: Repo,
    pub(super) served: Served,
    pub(super) missing: Vec<String>,
}

/// A running worker.
pub(super) struct Worker {
    child: Child,
    stdin: ChildStdin,
    answers: Receiver<(Vec<u8>, Done)>,
    /// The end of what it says on stderr.
    said: Arc<Mutex<Vec<u8>>>,
    listener: JoinHandle<()>,
    asked: usize,
}

/// Why there is no answer.
enum NoAnswer {
    Died,
    TooLate,
}

impl Setup {
    /// Workers that only find out what is read.
    pub(super) fn plain(plan: &Plan, timeout: Duration) -> Setup {
        let choice = ChoiceArgs { today: Some(plan.header.today), no_config: true, ..ChoiceArgs::default() };
        Setup {
            program: this_program(),
            judge: JudgeArgs { choice, repository_config: false, no_ignores: false, no_cache: true, cache: None },
            cache: None,
            memory: None,
            timeout,
            digests: Digests::default(),
        }
    }

    fn start(&self) -> Result<Worker, String> {
        let mut flags: Vec<OsString> = ["audit", "map", "--frames"].map(OsString::from).to_vec();
        flags.extend(self.judge.to_flags());
        if let Some(cache) = self.cache.as_ref().filter(|_| !self.judge.no_cache) {
            flags.extend(["--cache".into(), cache.into()]);
        }
        if let Some(memory) = self.memory {
            flags.extend(["--memory".into(), memory.to_string().into()]);
        }
        let mut command = Command::new(&self.program);
        command.args(flags).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(|e| format!("{}: {e}", self.program.display()))?;
        let (Some(stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take()) else {
            return Err("the worker has no streams".to_owned());
        };
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            let mut lines = Vec::new();
            let mut stdout = BufReader::new(stdout);
            loop {
                let start = lines.len();
                if !stdout.read_until(b'\n', &mut lines).is_ok_and(|n| n > 0) {
                    return;
                }
                let Some(done) = lines[start..].strip_prefix(DONE.as_bytes()) else { continue };
                let done = done.strip_suffix(b"}\n").and_then(|done| serde_json::from_slice(done).ok());
                lines.truncate(start);
                let Some(done) = done else { return };
                if sender.send((std::mem::take(&mut lines), done)).is_err() {
                    return;
                }
            }
        });
        let said: Arc<Mutex<Vec<u8>>> = Arc::default();
        let saying = Arc::clone(&said);
        let listener = std::thread::spawn(move || {
            let (mut stderr, mut buffer) = (stderr, [0; 1024]);
            while let Ok(n @ 1..) = stderr.read(&mut buffer) {
                let mut said = saying.lock().unwrap_or_else(PoisonError::into_inner);
                said.extend_from_slice(&buffer[..n]);
                if said.len() > 2 * SAID {
                    let cut = said.len() - SAID;
                    said.drain(..cut);
                }
            }
        });
        Ok(Worker { child, stdin, answers, said, listener, asked: 0 })
    }
}

impl Worker {
    fn ask(&mut self, entry: &Entry, timeout: Duration) -> Result<(Vec<u8>, Done), NoAnswer> {
        self.asked += 1;
        let line = serde_json::to_string(entry).unwrap_or_default();
        // A worker that is gone does not answer either.
        let _ = writeln!(self.stdin, "{line}").and_then(|()| self.stdin.flush());
        self.answers.recv_timeout(timeout).map_err(|e| match e {
            RecvTimeoutError::Timeout => NoAnswer::TooLate,
            RecvTimeoutError::Disconnected => NoAnswer::Died,
        })
    }

    /// Ends it; gives why it ended, if it did so by itself.
    pub(super) fn end(self) -> String {
        let Worker { mut child, stdin, said, listener, answers, .. } = self;
        drop(stdin);
        let by_itself = child.try_wait().ok().flatten();
        kill(&mut child);
        let status = by_itself.or_else(|| child.wait().ok());
        drop(answers);
        // Others may still hold its stderr open: they are not waited for.
        for _ in 0..PATIENCE {
            if listener.is_finished() {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let said = String::from_utf8_lossy(&said.lock().unwrap_or_else(PoisonError::into_inner)).into_owned();
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        if said.contains("memory allocation of") {
            return "it needs more memory than it may take".to_owned();
        }
        let status = status.map(told).unwrap_or_default();
        if last.is_empty() { status } else { format!("{status}: {last}") }
    }

    /// Analyses a repository. A worker that dies of it has told nothing about the ones before; one that had been asked for
    /// others before is replaced, and the repository gets a second chance alone.
    pub(super) fn analyse(worker: &mut Option<Worker>, setup: &Setup, entry: &Entry) -> Analysed {
        let gone = |status, reason: String| {
            let repo = failed(entry, &setup.digests, status, Some(reason));
            let record = super::Record::Repo(Box::new(repo.clone()));
            let mut lines = serde_json::to_vec(&record).unwrap_or_default();
            lines.push(b'\n');
            Analysed { lines, repo, served: Served::New, missing: Vec::new() }
        };
        loop {
            if worker.as_ref().is_some_and(|w| w.asked >= REPOSITORIES) {
                worker.take().map(Worker::end);
            }
            let mut one = match worker.take().map_or_else(|| setup.start(), Ok) {
                Ok(one) => one,
                Err(why) => return gone(Status::Crashed, why),
            };
            match one.ask(entry, setup.timeout) {
                Ok((lines, done)) => {
                    *worker = Some(one);
                    return Analysed { lines, repo: done.repo, served: done.served, missing: done.missing };
                }
                Err(NoAnswer::TooLate) => {
                    one.end();
                    return gone(Status::Timeout, format!("the analysis took more than {} s", setup.timeout.as_secs()));
                }
                Err(NoAnswer::Died) => {
                    let was_alone = one.asked == 1;
                    // It is about to end, or its streams would not be closed.
                    let _ = wait(&mut one.child, Duration::from_secs(2));
                    let why = one.end();
                    if was_alone {
                        return gone(Status::Crashed, format!("the analysis died: {why}"));
                    }
                }
            }
        }
    }

    /// The files that the analysis of a repository wanted, and that are not in the clone.
    pub(super) fn missing(worker: &mut Option<Worker>, setup: &Setup, entry: &Entry) -> Vec<String> {
        Worker::analyse(worker, setup, entry).missing
    }
}

/// Ends a process, on Linux with all that it started.
fn kill(child: &mut Child) {
    #[cfg(target_os = "linux")]
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
}

/// How a process ended, in words that are the same on every machine.
fn told(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("killed by signal {signal}");
    }
    status.code().map_or_else(|| status.to_string(), |code| format!("exit code {code}"))
}

fn wait(child: &mut Child, at_most: Duration) -> Option<()> {
    let started = std::time::Instant::now();
    while started.elapsed() < at_most {
        if child.try_wait().ok()?.is_some() {
            return Some(());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    None
}

/// The program that is running.
pub(super) fn this_program() -> PathBuf {
    std::env::current_exe().unwrap_or_else(|_| PathBuf::from("swaplint"))
}

/// Bounds the memory of this process, and lets it end with the one that started it.
pub(super) fn confine(mebibytes: Option<u64>) {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Resource, Rlimit, Signal, set_parent_process_death_signal, setrlimit};
        if let Some(mebibytes) = mebibytes {
            // The allocator takes a gibibyte in advance, unless it is told not to before the program starts.
            if std::env::var_os(EAGER).is_none() {
                use std::os::unix::process::CommandExt;
                let _ = Command::new(this_program()).args(std::env::args_os().skip(1)).env(EAGER, "0").exec();
            }
            let limit = Some(mebibytes.saturating_mul(1 << 20));
            // Mapped files (packs of git) do not count.
            let _ = setrlimit(Resource::Data, Rlimit { current: limit, maximum: limit });
            let _ = set_parent_process_death_signal(Some(Signal::KILL));
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = mebibytes;
}
