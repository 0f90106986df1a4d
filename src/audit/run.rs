//! All steps on one machine.

use super::fetch::{self, bring};
use super::merge;
use super::plan::{Entry, Plan};
use super::progress::Progress;
use super::record::{Record, Repo, Status};
use super::report;
use super::shards::{self, Sink, atomically};
use super::worker::{Setup, Worker, this_program};
use super::{AuditError, Io, Judge, MakeJudge, cache};
use crate::cli::RunArgs;
use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Repositories that are fetched at the same time.
const FETCHED: usize = 8;
/// The plan in the folder of the result.
pub(super) const PLAN: &str = "plan.ndjson";

/// `swaplint audit run`
pub(super) fn run(args: &RunArgs, make: MakeJudge<'_>, io: &mut Io<'_>) -> Result<u8, AuditError> {
    if let Some(base) = &args.verdict.since {
        merge::summary(base)?;
        let place = |folder: &Path| std::fs::canonicalize(folder).ok();
        if place(base) == place(&args.out) {
            let message =
                format!("{}: this audit would replace the one that it compares with: give another --out", base.display());
            return Err(AuditError::Usage(message));
        }
    }
    let folder = args.out.join("shards");
    std::fs::create_dir_all(&folder).map_err(AuditError::at(&folder))?;
    let lost = lost(&args.out);
    let mut plan = planned(args, io)?;
    let id = plan.id();
    let mut judge_args = args.judge.clone();
    judge_args.choice.today = Some(plan.header.today);
    let judge = make(&judge_args)?;
    fetched(&mut plan, args, &*judge, io)?;
    let jobs = args.judge.choice.jobs.map_or_else(cores, std::num::NonZeroUsize::get);
    let setup = Setup {
        program: args.worker.clone().unwrap_or_else(this_program),
        cache: args.judge.cache.clone().or_else(|| Some(cache::folder()?.join("audit.sqlite"))),
        memory: Some(args.memory),
        timeout: Duration::from_secs(args.timeout.get() as u64),
        digests: judge.digests().clone(),
        judge: judge_args,
    };
    let names: Vec<String> = plan.shards().map(|shard| shards::name(shard, judge.digests())).collect();
    let is_again = |shard: &[Entry]| shard.iter().any(|e| lost.contains(&e.repository));
    let kept: Vec<String> = plan.shards().zip(&names).filter(|(s, _)| !is_again(s)).map(|(_, n)| n.clone()).collect();
    shards::clean(&folder, &kept);
    let cached = map(&plan, &names, &folder, &setup, jobs, args)?;
    let files: Vec<_> = names.iter().map(|name| folder.join(name)).collect();
    let merged = merge::merge(&plan, &id, &files, &args.out, judge.rules(), false)?;
    if cached > 0 {
        let as_before =
            if cached == 1 { "1 repository is as it was".to_owned() } else { format!("{cached} repositories are as they were") };
        io.say(&as_before);
    }
    report::conclude(&merged, &args.out, &args.verdict, io)
}

/// The repositories that an audit which came to its end could not audit: another one tries again.
fn lost(out: &Path) -> HashSet<String> {
    let mut lost = HashSet::new();
    if out.join(merge::SUMMARY).is_file() {
        let _ = merge::read(out, &mut |record| match record {
            Record::Repo(repo) if !repo.is_covered() => drop(lost.insert(repo.of.repository)),
            _ => {}
        });
    }
    lost
}

/// The plan: a new one, or that of an audit that did not come to its end.
fn planned(args: &RunArgs, io: &mut Io<'_>) -> Result<Plan, AuditError> {
    let path = args.out.join(PLAN);
    let is_unfinished = path.is_file() && !args.out.join(merge::SUMMARY).is_file();
    if is_unfinished && let Ok(plan) = Plan::open(&path, &mut std::io::empty()) {
        let is_same = plan.header.sources == args.sources.sources
            && plan.header.shard_size == args.sources.shard_size.get()
            && args.judge.choice.today.is_none_or(|today| today == plan.header.today);
        if is_same && !plan.header.sources.iter().any(|source| source == "-") {
            io.say(&format!("going on with the plan of {}", plan.header.today));
            return Ok(plan);
        }
    }
    let plan = Plan::make(&args.sources, args.judge.choice.today, io)?;
    let _ = std::fs::remove_file(args.out.join(merge::SUMMARY));
    atomically(&path, |file| plan.write(file).map_err(AuditError::at(&path)))?;
    Ok(plan)
}

/// Brings what is not on this machine.
fn fetched(plan: &mut Plan, args: &RunArgs, judge: &dyn Judge, io: &mut Io<'_>) -> Result<(), AuditError> {
    let is_elsewhere = |e: &&mut Entry| e.git_dir.is_none() && e.status.is_none();
    let wanted: Vec<&mut Entry> = plan.entries.iter_mut().filter(is_elsewhere).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let store = fetch::store(args.store.store.as_deref())?;
    let timeout = Duration::from_secs(args.timeout.get() as u64);
    let progress = Progress::start(args.progress, "fetch", wanted.len() as u64);
    let queue = Mutex::new(wanted.into_iter());
    std::thread::scope(|scope| {
        for _ in 0..FETCHED {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some(entry) = next else { break };
                    bring(entry, &store, &|path| judge.recognises(path), timeout);
                    let status = entry.status.unwrap_or_default();
                    progress.add(&Repo { status, ..Repo::default() }, cache::Served::New);
                }
            });
        }
    });
    drop(progress);
    for entry in plan.entries.iter().filter(|e| e.status == Some(Status::Throttled)) {
        io.say(&format!("note: {}: {}", entry.repository, entry.reason.as_deref().unwrap_or_default()));
    }
    Ok(())
}

/// Analyses the shards that are not there. Gives the number of repositories whose verdict was at hand.
fn map(plan: &Plan, names: &[String], folder: &Path, setup: &Setup, jobs: usize, args: &RunArgs) -> Result<u64, AuditError> {
    let shards: Vec<&[Entry]> = plan.shards().collect();
    let is_missing = |shard: &usize| !folder.join(&names[*shard]).is_file();
    let missing: Vec<usize> = (0..shards.len()).filter(is_missing).collect();
    let tasks: Vec<(usize, usize)> = missing.iter().flat_map(|s| (0..shards[*s].len()).map(|at| (*s, at))).collect();
    let sink = Sink::new((0..shards.len()).map(|s| (folder.join(&names[s]), shards[s].len())).collect());
    let progress = Progress::start(args.progress, "map", tasks.len() as u64);
    let (next, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let failure: Mutex<Option<AuditError>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(tasks.len()) {
            scope.spawn(|| {
                let mut worker = None;
                while !is_over.load(Ordering::Relaxed) {
                    if sink.is_full() {
                        std::thread::sleep(Duration::from_millis(20));
                        continue;
                    }
                    let Some((shard, at)) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                    let entry = &shards[*shard][*at];
                    let analysed = whole(&mut worker, setup, entry);
                    progress.add(&analysed.repo, analysed.served);
                    if let Err(e) = sink.put(*shard, *at, &analysed.lines) {
                        failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(e);
                        is_over.store(true, Ordering::Relaxed);
                    }
                }
                worker.map(Worker::end);
            });
        }
    });
    let cached = progress.cached();
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(failure) => Err(failure),
        None => Ok(cached),
    }
}

/// Analyses a repository; of one that was fetched, brings what turns out to be wanted.
fn whole(worker: &mut Option<Worker>, setup: &Setup, entry: &Entry) -> super::worker::Analysed {
    let mut analysed = Worker::analyse(worker, setup, entry);
    let mut is_first = true;
    let _ = fetch::complete(entry, setup.timeout, &mut || {
        if !std::mem::take(&mut is_first) {
            analysed = Worker::analyse(worker, setup, entry);
        }
        analysed.missing.clone()
    });
    analysed
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
}
