//! Downloads: what checks them before they are put to use, and whether they are.

use super::filepath::{base, join, plain};
use super::graph::NodeId;
use super::guards::{Judge, subject, takes};
use super::interpret::Walk;
use super::model::{RawEvent, RawMove};
use super::names::Reading;
use super::symbol::Kind;
use super::text::Text;
use super::unpacked::UNPACKERS;
use crate::facts::*;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// What a pipeline does with files, by execution and name without the folder.
#[derive(Default)]
pub(super) struct Files {
    taken: HashMap<Name, Vec<usize>>,
    moved: HashMap<Name, Vec<usize>>,
    fetched: HashMap<Name, Vec<usize>>,
    compared: HashMap<Name, Vec<usize>>,
    /// Verifications by the name of the file alone: what another execution has fetched may be verified.
    verified: HashMap<String, Vec<usize>>,
    /// Checks with lists of which it is not known what they name.
    lists: HashMap<usize, Vec<usize>>,
}

/// Paths that one file is known by.
const MAX_PATHS: usize = 16;

/// An execution, and the name of a file without its folder.
type Name = (usize, String);

impl Files {
    fn of(judge: &Judge, moves: &[RawMove]) -> Self {
        let mut files = Files::default();
        let bases = |reading: &Reading| reading.keys.iter().map(|key| base(key).to_owned()).collect::<BTreeSet<_>>();
        for (index, event) in judge.events.iter().enumerate() {
            let execution = event.place.execution;
            let is_file = subject(event).is_some_and(|s| s.artifact == Artifact::File);
            let names = judge.names.subject(index).filter(|_| is_file).map(bases).unwrap_or_default();
            match event.kind {
                EventKind::Verify => {
                    names.into_iter().for_each(|name| files.verified.entry(name).or_default().push(index));
                    if event.list.as_ref().is_some_and(|list| list.unread.is_some()) {
                        files.lists.entry(execution).or_default().push(index);
                    }
                }
                EventKind::Compare => {
                    let compared = judge.summed(event);
                    compared.into_iter().for_each(|name| files.compared.entry((execution, name)).or_default().push(index));
                }
                kind if takes(kind) => {
                    names.into_iter().for_each(|name| files.taken.entry((execution, name)).or_default().push(index));
                }
                _ => {}
            }
            if event.kind == EventKind::Download {
                let names = judge.names.destination(index).map(bases).unwrap_or_default();
                names.into_iter().for_each(|name| files.fetched.entry((execution, name)).or_default().push(index));
            }
        }
        files.moved = moved_by_name(moves);
        files
    }

    fn at<'f>(map: &'f HashMap<Name, Vec<usize>>, name: &Name) -> &'f [usize] {
        map.get(name).map_or(&[], Vec::as_slice)
    }
}

fn moved_by_name(moves: &[RawMove]) -> HashMap<Name, Vec<usize>> {
    let mut moved: HashMap<Name, Vec<usize>> = HashMap::new();
    for (index, of) in moves.iter().enumerate() {
        moved.entry((of.execution, base(&of.from).to_owned())).or_default().push(index);
    }
    moved
}

/// Where a download is stored: programs that fetch by the name of a file keep it.
fn stored<'j>(download: usize, judge: &Judge<'j>) -> Option<&'j Reading> {
    let keeps_name = || matches!(&*judge.events[download].tool, "gh" | "glab");
    judge.names.destination(download).or_else(|| judge.names.source(download).filter(|_| keeps_name()))
}

/// The paths that a file has one after the other: its own, and those to which it is moved or copied from there.
fn paths_of(path: &str, execution: usize, from: NodeId, moves: &[RawMove], moved: &HashMap<Name, Vec<usize>>) -> Vec<String> {
    let mut paths = vec![(path.to_owned(), from)];
    let mut at = 0;
    while let Some((path, since)) = paths.get(at).cloned().filter(|_| paths.len() < MAX_PATHS) {
        for of in Files::at(moved, &(execution, base(&path).to_owned())).iter().map(|index| &moves[*index]) {
            let is_next = of.node > since && may_be_same(&of.from, &path);
            let inside = format!("{}/{}", of.to, base(&of.from));
            paths.extend([of.to.clone(), inside].into_iter().filter(|_| is_next).map(|to| (to, of.node)));
        }
        at += 1;
    }
    paths.into_iter().map(|(path, _)| path).collect()
}

/// Whether two paths may be of one file: a name without a folder may be that of a file in any, since scripts change theirs, and so
/// may a folder that is not known.
fn may_be_same(a: &str, b: &str) -> bool {
    let says_where = |path: &str| path.contains('/') && !path.contains(super::refer::UNKNOWN);
    base(a) == base(b) && (!says_where(a) || !says_where(b) || a == b || join("", a) == join("", b))
}

/// Checks of a downloaded file after the download, for which whatever takes the file waits: verifications of it, also with a list of
/// checksums, and comparisons of its checksum. A list that was itself downloaded proves nothing against whoever can replace the file.
pub(super) fn checked_downloads(download: usize, judge: &mut Judge, walk: &Walk) -> Vec<u32> {
    let (events, names, moves) = (judge.events, judge.names, &walk.records.moves);
    let Some(file) = stored(download, judge) else { return Vec::new() };
    let files = judge.files(moves);
    let (execution, node) = (events[download].place.execution, events[download].node);
    let paths: BTreeSet<String> = match &*file.keys {
        [only] => paths_of(only, execution, node, moves, &files.moved).into_iter().collect(),
        several => several.iter().cloned().collect(),
    };
    let is_file = |at: &usize| {
        let Some(verified) = names.reference(*at) else { return false };
        let one_of_its = |key: &String| paths.iter().any(|path| may_be_same(key, path));
        verified.keys.iter().all(one_of_its) && (file.keys.len() == 1 || verified.keys.len() == file.keys.len())
    };
    let called: BTreeSet<&str> = paths.iter().map(|path| base(path)).collect();
    let verified = called.iter().filter_map(|name| files.verified.get(*name)).flatten().copied().filter(is_file);
    let listed = files.lists.get(&execution).into_iter().flatten().copied().filter(|at| files.may_list(*at, download, judge));
    let compared = called.iter().flat_map(|name| Files::at(&files.compared, &(execution, (*name).to_owned()))).copied();
    let checks: BTreeSet<usize> = verified.chain(listed).chain(compared).collect();
    let mut found = Vec::new();
    for check in checks {
        if judge.comes_after(download, check)
            && (judge.keeps_from(check, &paths, &events[download].place.conditions, &files)
                || judge.waits(download, check, &files, moves))
        {
            found.push(u32::try_from(check).unwrap_or(u32::MAX));
        }
    }
    found
}

impl Files {
    /// Whether a list of which nothing is known may name a download: it is none of another file by what is looked for in it or by its own
    /// name, and nobody has taken the file before.
    fn may_list(&self, check: usize, download: usize, judge: &Judge) -> bool {
        let events = judge.events;
        let execution = events[download].place.execution;
        let Some(list) = events[check].list.as_ref().and_then(|list| list.unread.as_deref()) else { return false };
        let Some(keys) = stored(download, judge).map(|reading| &reading.keys) else { return false };
        let is_fetched = |name: &str| !Self::at(&self.fetched, &(execution, name.to_owned())).is_empty();
        let name = base(list.trim_end_matches('}'));
        if is_fetched(name) && !says_list(name) {
            return false;
        }
        let searched = list.split(" | grep ").nth(1).and_then(|words| words.split(' ').find(|word| !word.starts_with('-')));
        let of_one = name.rsplit_once('.').filter(|(of, kind)| says_list(kind) && is_fetched(of)).map(|(of, _)| of);
        let nodes = events[download].node..events[check].node;
        keys.iter().map(|key| base(key)).all(|file| {
            let fits =
                searched.map(plain_pattern).is_none_or(|text| text.contains('$') || text.contains(file) || file.contains(&text));
            let is_taken = |at: &usize| nodes.contains(&events[*at].node);
            fits && of_one.is_none_or(|of| of == file)
                && !Self::at(&self.taken, &(execution, file.to_owned())).iter().any(is_taken)
        })
    }
}

/// Whether it is called as lists of checksums are.
fn says_list(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["sum", "sha", "md5"].iter().any(|word| name.contains(word))
}

/// What a pattern looks for, without what only says where.
fn plain_pattern(pattern: &str) -> String {
    pattern.trim_matches(['"', '\'', '^', '$', ' ', '*']).replace('\\', "")
}

impl Judge<'_> {
    fn files(&mut self, moves: &[RawMove]) -> Rc<Files> {
        if self.files.is_none() {
            self.files = Some(Rc::new(Files::of(self, moves)));
        }
        self.files.clone().unwrap_or_default()
    }

    /// Whether the check's failure keeps everybody from the file: it stops the execution, and nothing takes the file all the same.
    fn keeps_from(&mut self, check: usize, paths: &BTreeSet<String>, conditions: &[Rc<str>], files: &Files) -> bool {
        if !self.effect(check).stops {
            return false;
        }
        let (events, names) = (self.events, self.names);
        let later = |at: &&usize| events[**at].node > events[check].node;
        let mut takers = Vec::new();
        for path in paths {
            let of_it = |at: &&usize| names.subject(**at).is_some_and(|s| s.keys.iter().any(|taken| may_be_same(taken, path)));
            let all = Files::at(&files.taken, &(events[check].place.execution, base(path).to_owned()));
            takers.extend(all.iter().filter(later).filter(of_it).map(|at| events[*at].node));
        }
        if takers.is_empty() {
            return true;
        }
        let failed = self.failed(check, conditions);
        failed.cut_short || !takers.iter().any(|node| failed.past(*node))
    }

    /// Names of the files whose checksums a comparison is about.
    fn summed(&self, comparison: &RawEvent) -> BTreeSet<String> {
        let sides = [&comparison.source, &comparison.destination].into_iter().flatten();
        let symbols = sides.flat_map(|side| side.value.alternatives()).flat_map(Text::symbols).map(|id| self.symbols.get(id));
        let of = symbols.filter(|symbol| symbol.kind == Kind::Checksum).filter_map(|symbol| symbol.subject.as_ref());
        of.map(|file| base(&super::refer::key(file, false)).to_owned()).collect()
    }

    /// Whether all that is seen to take a download waits for its check: `fetch && check && install file /usr/bin/file`. What runs
    /// by another path later on is what lies there, not the download.
    fn waits(&mut self, download: usize, check: usize, files: &Files, moves: &[RawMove]) -> bool {
        let (events, names) = (self.events, self.names);
        let fetched = &events[download];
        let Some([path]) = names.destination(download).map(|reading| &*reading.keys) else { return false };
        // From there it runs by its name alone.
        if path.rsplit_once('/').is_some_and(|(folder, _)| folder.ends_with("bin")) {
            return false;
        }
        let name = (fetched.place.execution, base(path).to_owned());
        let is_later = |node: u32| node > fetched.node;
        let moved: Vec<&RawMove> =
            Files::at(&files.moved, &name).iter().map(|at| &moves[*at]).filter(|of| is_later(of.node)).collect();
        let mut takers: Vec<u32> = moved.iter().map(|of| of.node).collect();
        for index in Files::at(&files.taken, &name) {
            let event = &events[*index];
            let Some(taken) = names.subject(*index).filter(|_| is_later(event.node)) else { continue };
            if !taken.keys.iter().all(|key| moved.iter().any(|of| leads_to(of, event, key, path))) {
                takers.push(event.node);
            }
        }
        // What is taken behind another download to the same place is that, if this one was taken before.
        let nodes = Files::at(&files.fetched, &name).iter().map(|at| events[*at].node);
        let next = nodes.filter(|node| is_later(*node)).min().unwrap_or(u32::MAX);
        if takers.iter().any(|node| *node < next) {
            takers.retain(|node| *node < next);
        }
        // What was taken before is taken unchecked, whatever is fetched to the same place and checked later.
        if takers.is_empty() || takers.iter().any(|node| *node <= events[check].node) {
            return false;
        }
        let conditions = fetched.place.conditions.to_vec();
        let failed = self.failed(check, &conditions);
        !failed.cut_short && takers.iter().all(|node| !failed.past(*node) && !failed.around(*node))
    }

    /// Whether a verification that can be skipped protects a use of what was fetched all the same: it is skipped only where nothing was
    /// (`if [ ! -f file ]; then fetch; check; fi; use`).
    pub(super) fn checks_what_is_fetched(&mut self, verification: usize, use_: usize) -> bool {
        let (events, names) = (self.events, self.names);
        let (v, u) = (&events[verification], &events[use_]);
        let Some(file) = names.subject(verification).map(|reading| &reading.keys) else { return false };
        let execution = v.place.execution;
        let fetched = |(at, e): (usize, &RawEvent)| {
            let is_it = e.kind == EventKind::Download && e.place.execution == execution;
            (is_it && names.destination(at).is_some_and(|of| of.keys == *file)).then_some(e.node)
        };
        let nodes: Vec<u32> = events.iter().enumerate().filter_map(fetched).collect();
        !nodes.is_empty() && nodes.into_iter().all(|node| !self.passes_from(node, verification, u.node, &u.place.conditions))
    }
}

/// Whether what an event takes under a name lies there because it was moved there, and not where it was fetched to.
fn leads_to(of: &RawMove, event: &RawEvent, name: &str, fetched: &str) -> bool {
    if name.contains('/') {
        let name = plain(name);
        return name != plain(fetched) && (plain(&of.to) == name || format!("{}/{}", plain(&of.to), base(&of.from)) == name);
    }
    // A program is looked for in the folders of `PATH`, and not where the script stands.
    let is_program = event.kind == EventKind::Run && &*event.tool == name;
    is_program && (base(&of.to) == name || base(&of.from) == name)
}

/// Takes from downloads what is checked where something else lies at their place.
pub(super) fn mark_overwritten(events: &mut BTreeMap<EventKind, Vec<Event>>, raw: &[RawEvent], moves: &[RawMove]) {
    let file = |event: &Event, file: &Option<Reference>| -> Option<(Name, String)> {
        let key = file.as_ref().filter(|file| file.artifact == Artifact::File)?.key.clone();
        Some(((event.execution_index, base(&key).to_owned()), key))
    };
    let mut taken: HashMap<Name, Vec<(String, u32)>> = HashMap::new();
    use EventKind::{Attest, Deploy, Install, Publish, Run, Sign, Upload};
    for kind in [Run, Install, Deploy, Publish, Upload, Sign, Attest] {
        for event in events.get(&kind).into_iter().flatten() {
            let found = file(event, &event.reference).or_else(|| file(event, &event.source));
            found.into_iter().for_each(|(name, key)| taken.entry(name).or_default().push((key, event.id)));
        }
    }
    for of in moves {
        let next = raw.partition_point(|event| event.node < of.node);
        let name = (of.execution, base(&of.from).to_owned());
        taken.entry(name).or_default().push((of.from.clone(), u32::try_from(next).unwrap_or(u32::MAX)));
    }
    let mut next: HashMap<Name, Vec<(String, u32, Option<u32>)>> = HashMap::new();
    for event in events.get_mut(&EventKind::Download).into_iter().flatten().rev() {
        let Some((name, path)) = file(event, &event.destination) else { continue };
        let taken = taken.get(&name).map(Vec::as_slice).unwrap_or_default();
        let places = next.entry(name).or_default();
        if let Some((_, later, until)) = places.iter().filter(|(key, ..)| may_be_same(key, &path)).min_by_key(|(_, id, _)| *id) {
            let is_taken = taken.iter().any(|(key, id)| event.id < *id && id <= later && may_be_same(key, &path));
            event.until = if is_taken { Some(*later) } else { *until };
            let until = event.until.unwrap_or(u32::MAX);
            event.guards.retain(|guard| *guard < until);
        }
        places.retain(|(key, ..)| plain(key) != plain(&path));
        places.push((path, event.id, event.until));
    }
}

/// Marks what is put to use after it was fetched.
pub(super) fn mark_used(events: &mut BTreeMap<EventKind, Vec<Event>>, raw: &[RawEvent], moves: &[RawMove]) {
    let moved = moved_by_name(moves);
    let (mut used, mut executed): (HashMap<Name, Vec<String>>, HashMap<Name, Vec<String>>) = Default::default();
    for kind in [EventKind::Run, EventKind::Install, EventKind::Deploy] {
        for event in events.get(&kind).into_iter().flatten() {
            if let Some(file) = event.reference.as_ref().filter(|r| matches!(r.artifact, Artifact::File | Artifact::Url)) {
                let only_laid_out = UNPACKERS.contains(&&*event.tool);
                for map in [Some(&mut used), Some(&mut executed).filter(|_| !only_laid_out)].into_iter().flatten() {
                    let keys = map.entry((event.execution_index, base(&file.key).to_owned())).or_default();
                    if !keys.contains(&file.key) {
                        keys.push(file.key.clone());
                    }
                }
            }
        }
    }
    for event in events.get_mut(&EventKind::Download).into_iter().flatten() {
        let execution = event.execution_index;
        let keys = |of: &HashMap<Name, Vec<String>>, path: &str| {
            of.get(&(execution, base(path).to_owned())).cloned().unwrap_or_default()
        };
        let streamed = event.source.as_ref().is_some_and(|s| !keys(&used, &s.key).is_empty());
        let is_used = streamed
            || event.destination.as_ref().is_some_and(|d| {
                let node = raw.get(event.id as usize).map_or(0, |raw| raw.node);
                let moved = paths_of(&d.key, execution, node, moves, &moved);
                keys(&used, &d.key).iter().any(|key| may_be_same(key, &d.key))
                    || moved.iter().skip(1).any(|path| keys(&executed, path).iter().any(|key| may_be_same(key, path)))
            });
        for reference in [&mut event.reference, &mut event.source].into_iter().flatten() {
            reference.is_used = is_used;
        }
    }
}
