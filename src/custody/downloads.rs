//! Downloads: what checks them before they are put to use, and whether they are.

use super::endings::may_reach;
use super::filepath::{base, join, plain};
use super::graph::NodeId;
use super::guards::{Judge, subject, takes};
use super::interpret::Walk;
use super::model::{RawEvent, RawMove};
use super::names::{Names, Reading};
use super::symbol::Kind;
use super::text::Text;
use super::unpacked::UNPACKERS;
use super::value::Value;
use crate::facts::*;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
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
    /// Checks with lists of which it is not known what they name, by execution.
    lists: HashMap<usize, Vec<Listing>>,
}

/// A check with a list of which it is not known what it names.
struct Listing {
    check: usize,
    node: NodeId,
    ways: Vec<Way>,
}

/// One of the lists that it may be.
struct Way {
    /// What is looked for in it.
    searched: Option<String>,
    /// The fetched files that it is the list of by its name, if it is that of one.
    of: Vec<String>,
    /// Folders of the addresses that it may have been fetched from.
    from: Vec<String>,
}

/// Paths that one file is known by.
const MAX_PATHS: usize = 16;

/// Times that a path is moved from and that are followed.
const MAX_MOVES: usize = 4;

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
        for (check, event) in judge.events.iter().enumerate() {
            let Some(unread) = event.list.as_ref().and_then(|list| list.unread.as_ref()) else { continue };
            let execution = event.place.execution;
            let ways = unread.iter().map(|text| files.way(text, execution, judge)).collect();
            files.lists.entry(execution).or_default().push(Listing { check, node: event.node, ways });
        }
        files
    }

    /// What is known of a list by its path, or by the commands that print it (`content of SUMS | grep tool.tgz`).
    fn way(&self, text: &str, execution: usize, judge: &Judge) -> Way {
        let (list, filters) = text.split_once(" | ").unwrap_or((text, ""));
        let name = base(list.trim_end_matches('}').trim_start_matches("${content of "));
        let of = name.rsplit_once('.').filter(|(_, kind)| says_list(kind)).map_or("", |(of, _)| of);
        let begins = |file: &str| file.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']));
        let fetched = self.fetched.keys().filter(|(at, file)| *at == execution && !of.is_empty() && file != name && begins(file));
        let lists = Self::at(&self.fetched, &(execution, name.to_owned())).iter();
        Way {
            searched: searched(filters),
            of: fetched.map(|(_, file)| file.clone()).collect(),
            from: lists.flat_map(|at| folders(*at, judge)).collect(),
        }
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

/// Folders of the addresses of a download.
fn folders(download: usize, judge: &Judge) -> Vec<String> {
    let parent = |key: &String| key.rsplit_once('/').map(|(folder, _)| folder.to_owned());
    judge.names.source(download).into_iter().flat_map(|reading| reading.keys.iter().filter_map(parent)).collect()
}

/// The paths at which a download is stored, each of one of the files that it may be. Programs that fetch by the name of a file keep it,
/// in the folder that they are given.
fn stored(download: usize, judge: &Judge) -> Vec<Vec<String>> {
    let event = &judge.events[download];
    let keeps_name = matches!(&*event.tool, "gh" | "glab");
    let folder = ["folder", "output-directory"].iter().find_map(|role| event.options.get(*role)?.first()?.value.known());
    let named = judge.names.destination(download).filter(|_| !(keeps_name && folder.is_some()));
    let Some(named) = named.or_else(|| judge.names.source(download).filter(|_| keeps_name)) else { return Vec::new() };
    let inside = |key: &String| folder.map(|folder| format!("{}/{}", folder.trim_end_matches('/'), base(key)));
    named.keys.iter().map(|key| inside(key).into_iter().chain([key.clone()]).collect()).collect()
}

/// The paths that a file has one after the other: its own, and those to which it is moved or copied from there.
fn paths_of(path: &str, execution: usize, from: NodeId, moves: &[RawMove], moved: &HashMap<Name, Vec<usize>>) -> Vec<String> {
    let mut paths = vec![(path.to_owned(), from)];
    let mut at = 0;
    while let Some((path, since)) = paths.get(at).cloned().filter(|_| paths.len() < MAX_PATHS) {
        let named = Files::at(moved, &(execution, base(&path).to_owned()));
        // They stand in order.
        let later = named[named.partition_point(|index| moves[*index].node <= since)..].iter().map(|index| &moves[*index]);
        for of in later.filter(|of| may_be_same(&of.from, &path)).take(MAX_MOVES) {
            for to in [of.to.clone(), format!("{}/{}", of.to, base(&of.from))] {
                if paths.iter().all(|(known, _)| *known != to) {
                    paths.push((to, of.node));
                }
            }
        }
        at += 1;
    }
    paths.into_iter().map(|(path, _)| path).collect()
}

/// Whether two paths may be of one file: a name without a folder may be that of a file in any, since scripts change theirs, and so
/// may a folder that is not known, or the end of another path.
fn may_be_same(a: &str, b: &str) -> bool {
    if base(a) != base(b) {
        return false;
    }
    let says_where = |path: &str| path.contains('/') && !path.contains(super::refer::UNKNOWN);
    let (a, b) = (plain(a), plain(b));
    if !says_where(a) || !says_where(b) || a == b {
        return true;
    }
    let (a, b) = (within(a), within(b));
    let ends = |long: &str, short: &str| long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
    ends(&a, &b) || ends(&b, &a)
}

/// A path without what leads nowhere, and without the way to its folder.
fn within(path: &str) -> Cow<'_, str> {
    if path.contains("//") || path.contains("./") {
        join("", path).trim_start_matches("../").to_owned().into()
    } else {
        path.into()
    }
}

/// Checks of a downloaded file after the download, for which whatever takes the file waits: verifications of it, also with a list of
/// checksums, and comparisons of its checksum. A list that was itself downloaded from there proves nothing against whoever can
/// replace the file. Of a file that may be one of several each has to be checked.
pub(super) fn checked_downloads(download: usize, judge: &mut Judge, walk: &Walk) -> Vec<u32> {
    let (events, names, moves) = (judge.events, judge.names, &walk.records.moves);
    let files = judge.files(moves);
    let (execution, node) = (events[download].place.execution, events[download].node);
    let stored: Vec<BTreeSet<String>> = (stored(download, judge).iter())
        .map(|paths| paths.iter().flat_map(|path| paths_of(path, execution, node, moves, &files.moved)).collect())
        .collect();
    let paths: BTreeSet<String> = stored.iter().flatten().cloned().collect();
    let origins = folders(download, judge);
    // By check, the files that it is of.
    let mut checks: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (file, paths) in stored.iter().enumerate() {
        for name in paths.iter().map(|path| base(path)).collect::<BTreeSet<_>>() {
            let is_it = |at: &usize| {
                names.reference(*at).is_some_and(|v| v.keys.iter().any(|key| paths.iter().any(|p| may_be_same(key, p))))
            };
            let verified = files.verified.get(name).into_iter().flatten().copied().filter(is_it);
            let compared = Files::at(&files.compared, &(execution, name.to_owned())).iter().copied();
            verified.chain(compared).for_each(|at| checks.entry(at).or_default().extend([file]));
            // Who has taken the file before is not stopped by a list of which nothing is known.
            let taken = Files::at(&files.taken, &(execution, name.to_owned()));
            let first =
                taken.get(taken.partition_point(|at| events[*at].node <= node)).map_or(NodeId::MAX, |at| events[*at].node);
            let lists = files.lists.get(&execution).map(Vec::as_slice).unwrap_or_default();
            let in_time = lists[lists.partition_point(|list| list.node <= node)..].iter().take_while(|list| list.node <= first);
            for list in in_time.filter(|list| list.may_name(name, &origins)) {
                checks.entry(list.check).or_default().insert(file);
            }
        }
    }
    let (mut found, mut checked) = (Vec::new(), BTreeSet::new());
    for (check, of) in checks {
        if judge.comes_after(download, check)
            && (judge.keeps_from(check, &paths, &events[download].place.conditions, &files)
                || judge.waits(download, check, &files, moves))
        {
            found.push(u32::try_from(check).unwrap_or(u32::MAX));
            checked.extend(of);
        }
    }
    if checked.len() == stored.len() { found } else { Vec::new() }
}

impl Listing {
    /// Whether the list may name a file: it is none of another one by what is looked for in it or by its own name, and does not come
    /// from where the file does.
    fn may_name(&self, file: &str, origins: &[String]) -> bool {
        self.ways.iter().any(|way| {
            way.searched.as_ref().is_none_or(|text| text.contains(file) || file.contains(&**text))
                && (way.of.is_empty() || way.of.iter().any(|of| of == file))
                && !way.from.iter().any(|folder| origins.contains(folder))
        })
    }
}

/// What filters look for in a list, if that is plain text and they do nothing else.
fn searched(filters: &str) -> Option<String> {
    let words = filters.strip_prefix("grep ").filter(|words| !words.contains(" | "))?;
    let (options, mut rest): (Vec<&str>, Vec<&str>) = words.split(' ').partition(|word| word.starts_with('-'));
    let pattern = rest.drain(..).next()?.trim_matches(['"', '\'', '^', '$', ' ']).replace('\\', "");
    let is_plain =
        !pattern.contains(['*', '[', '(', '|', '?', '+', '{', '$']) && !options.iter().any(|option| option.contains('v'));
    is_plain.then_some(pattern)
}

/// Whether it is called as lists of checksums are.
fn says_list(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["sum", "sha", "md5"].iter().any(|word| name.contains(word))
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
        let mut takers = HashSet::new();
        for path in paths {
            let of_it = |at: &&usize| names.subject(**at).is_some_and(|s| s.keys.iter().any(|taken| may_be_same(taken, path)));
            let all = Files::at(&files.taken, &(events[check].place.execution, base(path).to_owned()));
            takers.extend(all.iter().filter(later).filter(of_it).map(|at| events[*at].node));
        }
        let event = &events[check];
        if !may_reach(self.graph, event.node, event.fails_by_success, &takers) {
            return true;
        }
        let failed = self.failed(check, conditions);
        failed.cut_short || !takers.iter().any(|node| failed.past(*node))
    }

    /// Names of the files whose checksums a comparison is about.
    fn summed(&self, comparison: &RawEvent) -> BTreeSet<String> {
        let sides = [&comparison.source, &comparison.destination].into_iter().flatten();
        let symbols = sides.flat_map(|side| side.value.alternatives()).flat_map(Text::symbols).map(|id| self.symbols.get(id));
        let of = symbols.filter(|symbol| symbol.kind == Kind::Checksum).filter_map(|symbol| symbol.subject.clone());
        let of = of.map(|file| self.symbols.unfolded(Value::text(file)));
        let key = |file: &Text| base(&super::refer::key(file, false)).to_owned();
        of.flat_map(|file| file.alternatives().iter().map(key).collect::<Vec<_>>()).collect()
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
pub(super) fn mark_used(events: &mut BTreeMap<EventKind, Vec<Event>>, raw: &[RawEvent], names: &Names, moves: &[RawMove]) {
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
            || names.destination(event.id as usize).iter().flat_map(|reading| reading.keys.iter()).any(|stored| {
                let node = raw.get(event.id as usize).map_or(0, |raw| raw.node);
                let moved = paths_of(stored, execution, node, moves, &moved);
                keys(&used, stored).iter().any(|key| may_be_same(key, stored))
                    || moved.iter().skip(1).any(|path| keys(&executed, path).iter().any(|key| may_be_same(key, path)))
            });
        for reference in [&mut event.reference, &mut event.source].into_iter().flatten() {
            reference.is_used = is_used;
        }
    }
}
