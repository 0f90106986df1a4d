//! Brings repositories to this machine by the system's `git`, and of each only what the analysis reads: one commit without its
//! files, then the wanted files in one batch. The only step that uses the network.

use super::plan::{Entry, Plan};
use super::record::Status;
use super::worker::{Setup, Worker};
use super::{AuditError, Io, MakeJudge, hex};
use crate::cli::FetchArgs;
use crate::discover::{Commit, Git};
use crate::remote::Remote;
use gix::ObjectId;
use sha2::{Digest, Sha256};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Schemes that are handed to `git`; others can start programs.
const SCHEMES: [&str; 5] = ["https", "http", "ssh", "git", "file"];
/// How long a server may think about its heads.
const ASK: Duration = Duration::from_secs(60);
/// What a server that has had enough of us says.
const ENOUGH: [&str; 4] = ["429", "rate limit", "too many requests", "throttl"];
/// Then we come back after so many seconds.
const PAUSES: [u64; 2] = [3, 15];
/// What a pipeline runs is seen once the pipeline is there, what that runs after it ..
const ROUNDS: usize = 6;

/// Why a repository could not be had.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) status: Status,
    pub(super) reason: String,
}

/// Whether a text is meant to be the URL of a repository.
pub(super) fn is_url(text: &str) -> bool {
    Remote::parse(text).is_some()
}

/// Reads a URL that is to be fetched. One that could start a program, or holds a password, is refused.
pub(super) fn fetchable(url: &str) -> Result<Remote, String> {
    let remote = Remote::parse(url).filter(|r| SCHEMES.contains(&r.scheme.as_str()) && !url.starts_with('-'));
    let remote = remote.ok_or_else(|| format!("only {} are fetched", SCHEMES.join(", ")))?;
    if remote.user.contains(':') || !remote.user.is_empty() && remote.scheme.starts_with("http") {
        return Err(
            "the URL holds credentials, which would be written down: `git`'s credential helpers have a place for them".to_owned()
        );
    }
    if remote.path.is_empty() { Err("it names no repository".to_owned()) } else { Ok(remote) }
}

/// The commit of `HEAD` on a server; `None` where there is none yet.
pub(super) fn head(url: &str) -> Result<Option<String>, Failure> {
    let text = git(None, &["ls-remote", "--quiet", "--", url, "HEAD"], "", ASK)?;
    Ok(text.split_whitespace().next().map(str::to_owned))
}

/// Runs `git`, patiently where the server has had enough; gives what it prints.
fn git(dir: Option<&Path>, args: &[&str], input: &str, timeout: Duration) -> Result<String, Failure> {
    let mut pauses = PAUSES.iter();
    loop {
        let failure = match once(dir, args, input, timeout) {
            Ok(text) => return Ok(text),
            Err(failure) => failure,
        };
        match pauses.next() {
            Some(seconds) if failure.status == Status::Throttled => std::thread::sleep(Duration::from_secs(*seconds)),
            _ => return Err(failure),
        }
    }
}

fn once(dir: Option<&Path>, args: &[&str], input: &str, timeout: Duration) -> Result<String, Failure> {
    let unreadable = |reason: String| Failure { status: Status::Unreadable, reason };
    let mut command = Command::new("git");
    if let Some(dir) = dir {
        command.arg("-C").arg(dir);
    }
    command.args(["-c", "credential.interactive=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false"]).args(args);
    command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_NO_LAZY_FETCH", "1").env("LC_ALL", "C");
    command.env("GIT_ALLOW_PROTOCOL", SCHEMES.join(":")).env_remove("GIT_DIR").env_remove("GIT_WORK_TREE");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|e| unreadable(format!("`git` does not start: {e}")))?;
    let drain = |pipe: Option<Box<dyn Read + Send>>| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            pipe.map(|mut pipe| pipe.read_to_end(&mut bytes));
            String::from_utf8_lossy(&bytes).into_owned()
        })
    };
    let out = drain(child.stdout.take().map(|p| Box::new(p) as Box<dyn Read + Send>));
    let err = drain(child.stderr.take().map(|p| Box::new(p) as Box<dyn Read + Send>));
    if let Some(mut stdin) = child.stdin.take() {
        let _ = stdin.write_all(input.as_bytes());
    }
    let started = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if started.elapsed() < timeout => std::thread::sleep(Duration::from_millis(10)),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(Failure {
                    status: Status::Timeout,
                    reason: format!("`git {}` took more than {} s", args[0], timeout.as_secs()),
                });
            }
            Err(e) => return Err(unreadable(e.to_string())),
        }
    };
    let (out, err) = (out.join().unwrap_or_default(), err.join().unwrap_or_default());
    if status.success() {
        return Ok(out);
    }
    let said = err.to_ascii_lowercase();
    let status = if ENOUGH.iter().any(|word| said.contains(word)) { Status::Throttled } else { Status::Unreadable };
    let lines = || err.lines().map(str::trim).filter(|line| !line.is_empty());
    let told =
        lines().find(|line| ["fatal:", "error:"].iter().any(|word| line.starts_with(word))).or_else(|| lines().next_back());
    let command = args.iter().find(|arg| ["clone", "fetch", "ls-remote"].contains(arg)).unwrap_or(&"");
    Err(Failure { status, reason: format!("`git {command}`: {}", told.unwrap_or("no reason given")) })
}

/// Where a repository is kept.
fn folder(store: &Path, entry: &Entry, url: &str) -> PathBuf {
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/') { c } else { '_' };
    let name: String = entry.repository.chars().map(safe).collect();
    let name = name.split('/').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
    store.join(format!("{name}-{}.git", &hex(&Sha256::digest(url))[..8]))
}

/// Brings the commit of an entry, and the files that a walk takes; says in the entry where it lies, or why not.
pub(super) fn bring(entry: &mut Entry, store: &Path, recognises: &dyn Fn(&Path) -> bool, timeout: Duration) {
    let (None, None, Some(url), Some(head)) = (entry.status, &entry.git_dir, entry.url.clone(), entry.head.clone()) else {
        return;
    };
    let dir = folder(store, entry, &url);
    let fetched = commit(&dir, &url, &head, timeout).and_then(|commit| {
        let wanted = commit.listing(recognises).0.into_iter().map(|(_, id)| id);
        objects(&dir, &commit, wanted.collect(), timeout)
    });
    match fetched {
        Ok(()) => entry.git_dir = Some(dir.to_string_lossy().into_owned()),
        Err(failure) => entry.fail(failure.status, failure.reason),
    }
}

/// Brings files of an entry that turned out to be wanted. `false` where there is nothing to bring.
pub(super) fn bring_files(entry: &Entry, paths: &[String], timeout: Duration) -> Result<bool, Failure> {
    let (Some(dir), Some(_), Some(head)) = (&entry.git_dir, &entry.url, &entry.head) else { return Ok(false) };
    let unreadable = |reason: String| Failure { status: Status::Unreadable, reason };
    let commit = there(Path::new(dir), head).map_err(unreadable)?;
    let wanted: Vec<ObjectId> = paths.iter().filter_map(|path| commit.id_of(path).ok()).filter(|id| !commit.holds(*id)).collect();
    let is_any = !wanted.is_empty();
    objects(Path::new(dir), &commit, wanted, timeout)?;
    Ok(is_any)
}

/// A commit that is on this machine.
fn there(dir: &Path, head: &str) -> Result<Commit, String> {
    let git = Git::open(dir).map_err(|e| e.to_string())?;
    let id = git.resolve(head).map_err(|e| e.to_string())?;
    git.files(id).map_err(|e| e.to_string())
}

/// Brings a commit with its folders, if it is not there.
fn commit(dir: &Path, url: &str, head: &str, timeout: Duration) -> Result<Commit, Failure> {
    if let Ok(commit) = there(dir, head) {
        return Ok(commit);
    }
    let unreadable = |reason: String| Failure { status: Status::Unreadable, reason };
    if Git::open(dir).is_err() {
        let part = dir.with_extension("part");
        let _ = std::fs::remove_dir_all(&part);
        let _ = std::fs::remove_dir_all(dir);
        std::fs::create_dir_all(dir.parent().unwrap_or(dir)).map_err(|e| unreadable(e.to_string()))?;
        let shown = part.to_string_lossy();
        let args =
            ["clone", "--quiet", "--bare", "--depth=1", "--filter=blob:none", "--no-tags", "--single-branch", "--", url, &shown];
        git(None, &args, "", timeout)?;
        std::fs::rename(&part, dir).map_err(|e| unreadable(e.to_string()))?;
    }
    if let Ok(commit) = there(dir, head) {
        return Ok(commit);
    }
    git(Some(dir), &["fetch", "--quiet", "--depth=1", "--filter=blob:none", "--no-tags", "origin", head], "", timeout)?;
    there(dir, head).map_err(unreadable)
}

/// Brings objects that are not there, in one batch.
fn objects(dir: &Path, commit: &Commit, mut ids: Vec<ObjectId>, timeout: Duration) -> Result<(), Failure> {
    ids.retain(|id| !commit.holds(*id));
    ids.sort();
    ids.dedup();
    if ids.is_empty() {
        return Ok(());
    }
    let list: String = ids.iter().map(|id| format!("{id}\n")).collect();
    let args = ["-c", "fetch.negotiationAlgorithm=noop", "fetch", "--quiet", "--no-tags", "--no-write-fetch-head"];
    let args: Vec<&str> =
        args.into_iter().chain(["--recurse-submodules=no", "--filter=blob:none", "--stdin", "origin"]).collect();
    git(Some(dir), &args, &list, timeout).map(drop)
}

/// Where repositories are kept, if nobody says otherwise.
pub(super) fn store(chosen: Option<&Path>) -> Result<PathBuf, AuditError> {
    let found = chosen.map(Path::to_owned).or_else(|| Some(super::cache::folder()?.join("mirrors")));
    let found = found.ok_or_else(|| AuditError::Usage("no place for repositories: name one with --store".to_owned()))?;
    std::path::absolute(&found).map_err(AuditError::at(&found))
}

/// Brings files that the analysis missed, until it misses none.
pub(super) fn complete(entry: &Entry, timeout: Duration, analyse: &mut dyn FnMut() -> Vec<String>) -> Result<(), Failure> {
    for _ in 0..ROUNDS {
        let missing = analyse();
        if missing.is_empty() || !bring_files(entry, &missing, timeout)? {
            break;
        }
    }
    Ok(())
}

/// `swaplint audit fetch`
pub(super) fn command(args: &FetchArgs, judge: MakeJudge<'_>, io: &mut Io<'_>) -> Result<u8, AuditError> {
    let mut plan = Plan::open(&args.plan, io.input)?;
    let store = store(args.store.store.as_deref())?;
    let timeout = Duration::from_secs(args.timeout.get() as u64);
    let setup = Setup::plain(&plan, timeout);
    let judge = judge(&setup.judge)?;
    let queue = Mutex::new(plan.entries.iter_mut());
    std::thread::scope(|scope| {
        for _ in 0..args.jobs.get() {
            scope.spawn(|| {
                let mut worker = None;
                loop {
                    let next = queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
                    let Some(entry) = next else { break };
                    bring(entry, &store, &|path| judge.recognises(path), timeout);
                    if entry.url.is_none() || entry.git_dir.is_none() {
                        continue;
                    }
                    let done = complete(entry, timeout, &mut || Worker::missing(&mut worker, &setup, entry));
                    if let Err(failure) = done {
                        entry.fail(failure.status, failure.reason);
                    }
                }
            });
        }
    });
    plan.write(io.out).map_err(|e| AuditError::File("stdout".to_owned(), e))?;
    let failed: Vec<_> = plan.entries.iter().filter(|e| e.reason.is_some()).collect();
    for entry in &failed {
        io.say(&format!("{}: {}", entry.repository, entry.reason.as_deref().unwrap_or_default()));
    }
    io.say(&format!("{} repositories, {} not to be had", plan.entries.len(), failed.len()));
    Ok(0)
}
