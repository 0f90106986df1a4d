//! From paths to facts: what is read, what each file is, and what the repository makes of them together.

use super::RunError;
use super::analysis::{self, Repository};
use super::tree::{self, Unit};
use super::waiting::Asleep;
use crate::cli::Input;
use crate::config::Config;
use crate::discover::{self, Candidate, DiscoverError, Discovered, Folder, Git};
use crate::facts::Facts;
use crate::finding::Finding;
use crate::formats;
use crate::handoffs;
use crate::pipeline::Format;
use crate::policy::Policies;
use crate::report::FileEntry;
use crate::source::{FileId, Sources, Span};
use crate::tools::Toolbox;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// A file, or a part of it, that is not what it claims to be.
#[derive(Debug, Clone)]
pub(super) struct Unparsable {
    /// Where.
    pub(super) span: Span,
    /// What is wrong, as a sentence.
    pub(super) message: String,
}

/// Pipelines that are judged before what came of them is handed on: enough for all threads, and few beside all of a repository.
const AT_ONCE: usize = 512;

/// What the second beat gives.
#[derive(Debug, Default)]
pub(super) struct Joined {
    /// The facts of each pipeline that is judged.
    pub(super) asleep: Vec<Asleep>,
    /// What the pipelines mean to each other; the shares of those that are judged stand first, in the same order.
    pub(super) repository: handoffs::Repository,
    /// The formats of the files.
    pub(super) formats: BTreeMap<FileId, Format>,
    /// Places of the steps of what was asked for, those in blocks included.
    pub(super) steps: Vec<Span>,
    /// Pipelines that were looked at only because what was asked for is called by them; nothing is reported there.
    pub(super) context: BTreeSet<FileId>,
    /// What could not be read after all.
    pub(super) unparsable: Vec<Unparsable>,
}

impl Joined {
    /// Does something with the facts of each pipeline, in parallel, and hands on what came of it, in order.
    pub(super) fn each<T: Send>(&mut self, judge: impl Fn(Facts) -> T + Sync, mut take: impl FnMut(Result<T, Unparsable>)) {
        let repository = &self.repository;
        let one = |(index, facts): (usize, Asleep)| {
            let file = facts.file;
            let judged = catch_unwind(AssertUnwindSafe(|| {
                let mut facts = facts.wake()?;
                repository.complete(&mut facts, index);
                Some(judge(facts))
            }));
            judged.ok().flatten().ok_or_else(|| panicked(file))
        };
        let mut asleep = std::mem::take(&mut self.asleep).into_iter().enumerate();
        loop {
            let some: Vec<_> = asleep.by_ref().take(AT_ONCE).collect();
            if some.is_empty() {
                return;
            }
            some.into_par_iter().map(one).collect::<Vec<_>>().into_iter().for_each(&mut take);
        }
    }
}

/// Files and their texts, or why there is none.
pub(super) type Texts = Vec<(Candidate, Option<Result<Arc<str>, String>>)>;

/// The candidates; the text is already there if it came from stdin.
pub(super) fn inputs(input: &Input, stdin: &mut dyn Read) -> Result<(Discovered, Texts), RunError> {
    match input {
        Input::Paths(paths) => {
            let mut found = discover::discover(paths, &tree::named)?;
            if paths.iter().any(|path| path.is_dir())
                && let Ok(git) = Git::open(found.root())
            {
                found = discover::with_tracked(found, &git.tracked(), &tree::named);
            }
            let texts = unread(&found);
            Ok((found, texts))
        }
        Input::Stdin(path) => {
            let mut bytes = Vec::new();
            let limited = stdin.take(discover::MAX_FILE + 1).read_to_end(&mut bytes);
            let text = limited.map_err(|e| e.to_string()).and_then(|_| discover::text_of(bytes));
            let here = std::env::current_dir().map_err(DiscoverError::WorkingDirectory)?;
            let file = here.join(path);
            let root = discover::root_of(&file, &here);
            let shown = file.strip_prefix(&root).unwrap_or(path).to_string_lossy().replace('\\', "/");
            let candidate = Candidate { path: shown.clone(), file, explicit: true, recognised: true };
            Ok((Discovered::new(Arc::new(Folder::new(root)), vec![shown]), vec![(candidate, Some(text))]))
        }
    }
}

/// The candidates, to be read.
pub(super) fn unread(found: &Discovered) -> Texts {
    found.candidates.iter().map(|c| (c.clone(), None)).collect()
}

/// What the analysis made of the files.
pub(super) struct Examined {
    pub(super) sources: Sources,
    pub(super) joined: Joined,
    pub(super) entries: Vec<FileEntry>,
    /// About files that are not what they claim to be.
    pub(super) findings: Vec<Finding>,
}

/// Both beats.
pub(super) fn examine(found: &Discovered, texts: Texts, config: &Config, toolbox: &Toolbox, policies: &Policies) -> Examined {
    let is_checked = config.is_checked();
    let knowledge = analysis::knowledge(config, &*found.origin);
    let texts: Vec<_> = texts.into_iter().filter(|(c, _)| is_checked(&c.path)).collect();
    let read = |(c, text): (Candidate, Option<Result<Arc<str>, String>>)| {
        let text = text.unwrap_or_else(|| found.origin.text(&c));
        (c.recognised && (c.explicit || formats::claims(&c.path)) || text.is_ok()).then_some((c.path, c.explicit, text))
    };
    let texts: Vec<_> = texts.into_par_iter().filter_map(read).collect();
    let sources = Sources::new();
    let (mut files, mut unparsable) = (Vec::new(), Vec::new());
    let unreadable = found
        .unreadable
        .iter()
        .filter(|(p, _)| is_checked(p) && formats::claims(p))
        .map(|(p, why)| (p.clone(), false, Err(why.clone())));
    for (path, explicit, text) in texts.into_iter().chain(unreadable) {
        match text {
            Ok(text) => files.push((sources.add(path, text), explicit)),
            Err(why) => {
                let span = Span::new(sources.add(path, ""), 0..0);
                unparsable.push(Unparsable { span, message: format!("the file {why}") });
            }
        }
    }
    let repository = Repository::new(found, &sources, toolbox, &knowledge);
    let load = |(file, explicit): &(FileId, bool)| load(&repository, *file, *explicit);
    let loaded: Vec<_> = files.par_iter().map(load).collect();
    let (mut units, mut checked) = (Vec::new(), Vec::new());
    for ((file, _), loaded) in files.into_iter().zip(loaded) {
        match loaded {
            Ok(Some(unit)) => {
                units.push(unit);
                checked.push(file);
            }
            Ok(None) => {}
            Err(problem) => unparsable.push(problem),
        }
    }
    let joined = catch_unwind(AssertUnwindSafe(|| analysis::join(&repository, &is_checked, units)));
    let mut joined =
        joined.unwrap_or_else(|_| Joined { unparsable: checked.iter().map(|f| panicked(*f)).collect(), ..Joined::default() });
    unparsable.append(&mut joined.unparsable);
    let entries = entries(&sources, &checked, &unparsable, &joined.formats);
    let findings = unparsable.into_iter().map(|u| unparsable_finding(policies, u)).collect();
    Examined { sources, joined, entries, findings }
}

/// First beat on one file; a panic is a finding there.
fn load(repository: &Repository, file: FileId, explicit: bool) -> Result<Option<Unit>, Unparsable> {
    catch_unwind(AssertUnwindSafe(|| repository.load(file, explicit))).map_err(|_| panicked(file))
}

pub(super) fn panicked(file: FileId) -> Unparsable {
    let message = "swaplint panicked and did not check this file: that is our bug, please report it".to_owned();
    Unparsable { span: Span::new(file, 0..0), message }
}

pub(super) fn unparsable_finding(policies: &Policies, problem: Unparsable) -> Finding {
    let help = "repair it, or name it under `ignore-paths` if it is no pipeline".to_owned();
    Finding { always_shown: true, ..policies.own_finding("unparsable-pipeline", problem.message, help, problem.span) }
}

fn entries(
    sources: &Sources,
    checked: &[FileId],
    unparsable: &[Unparsable],
    formats: &BTreeMap<FileId, Format>,
) -> Vec<FileEntry> {
    let mut status: BTreeMap<&str, (FileId, &'static str)> = BTreeMap::new();
    let checked = checked.iter().chain(formats.keys()).map(|file| (*file, "checked"));
    for (file, word) in checked.chain(unparsable.iter().map(|u| (u.span.file, "unparsable"))) {
        status.insert(&sources.get(file).path, (file, word));
    }
    let entry = |(path, (file, status)): (&str, (FileId, &'static str))| FileEntry {
        path: path.to_owned(),
        format: formats.get(&file).map(|f| f.name()),
        status,
    };
    status.into_iter().map(entry).collect()
}
