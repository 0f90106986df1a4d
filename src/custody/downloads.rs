//! Downloads: what checks them before they are put to use, and whether they are.

use super::endings::may_reach;
use super::file_index::{ByName, FileIndex, folders, may_be_same, says_proof, stored};
use super::filepath::base;
use super::graph::NodeId;
use super::guards::{Judge, is_use, subject};
use super::model::{RawEvent, RawMove};
use crate::facts::*;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;

/// The role in the data of tools of what is only laid out (`tar`), where an installation means that.
pub(super) const LAYS_OUT: &str = "lays-out";

/// The role of a command that lays out something of which a program is put to use later.
pub(super) const PUTS_TO_USE: &str = "puts-to-use";

/// Checks of a downloaded file after the download, for which whatever takes the file waits: verifications of it, also with a list of
/// checksums, and comparisons of its checksum. A list that was itself downloaded from there proves nothing against whoever can
/// replace the file. Of a file that may be one of several each has to be checked.
pub(super) fn checked_downloads(download: usize, judge: &mut Judge) -> Vec<u32> {
    let (events, names) = (judge.events, judge.names);
    let files = judge.files();
    let (execution, node) = (events[download].place.execution, events[download].node);
    let stored: Vec<BTreeMap<String, NodeId>> = (stored(download, &events[download], names, judge.symbols).iter())
        .map(|paths| paths.iter().flat_map(|path| judge.moved.paths_of(path, execution, node)).collect())
        .collect();
    let paths: BTreeSet<String> = stored.iter().flat_map(BTreeMap::keys).cloned().collect();
    let origins = folders(download, judge);
    // By check, the files that it is of.
    let mut checks: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (file, paths) in stored.iter().enumerate() {
        // Of a path at which the file lies when the check looks there.
        let is_at = |path: &str, check: usize| {
            let (there, until) = (events[check].place.execution, events[check].node);
            let lies = |(own, since): (&String, &NodeId)| {
                may_be_same(path, own) && (there != execution || !files.is_replaced(own, (*since, until), execution, judge))
            };
            paths.iter().any(lies)
        };
        for name in paths.keys().map(|path| base(path)).collect::<BTreeSet<_>>() {
            let is_it = |at: &usize| names.reference(*at).is_some_and(|v| v.keys.iter().any(|key| is_at(key, *at)));
            let verified = files.verified.get(name).into_iter().flatten().copied().filter(is_it);
            let is_of_it = |(path, at): &&(String, usize)| is_at(path, *at);
            let compared = files.compared.at(execution, name).iter().filter(is_of_it).map(|(_, at)| *at);
            verified.chain(compared).for_each(|at| checks.entry(at).or_default().extend([file]));
            // Who has taken the file before is not stopped by a list of which nothing is known.
            let taken = files.taken.at(execution, name);
            let first =
                taken.get(taken.partition_point(|at| events[*at].node <= node)).map_or(NodeId::MAX, |at| events[*at].node);
            let lists = files.lists.get(&execution).map(Vec::as_slice).unwrap_or_default();
            let in_time = lists[lists.partition_point(|list| list.node <= node)..].iter().take_while(|list| list.node <= first);
            for list in in_time.filter(|list| list.may_name(name, &origins)) {
                checks.entry(list.check).or_default().insert(file);
            }
        }
        // Of a folder what lies in it is verified.
        for check in paths.keys().flat_map(|folder| files.verified_in(folder)) {
            checks.entry(check).or_default().insert(file);
        }
    }
    let (mut found, mut checked) = (Vec::new(), BTreeSet::new());
    for (check, of) in checks {
        if judge.comes_after(download, check)
            && (judge.keeps_from(download, check, &paths, &files) || judge.waits(download, check, &files))
        {
            found.push(u32::try_from(check).unwrap_or(u32::MAX));
            checked.extend(of);
        }
    }
    // What the others are checked with is told by itself where it proves nothing.
    let proves = |paths: &BTreeMap<String, NodeId>| paths.keys().any(|path| says_proof(base(path)));
    checked.extend((0..stored.len()).filter(|file| proves(&stored[*file])));
    if checked.len() == stored.len() { found } else { Vec::new() }
}

impl<'a> Judge<'a> {
    fn files(&mut self) -> Rc<FileIndex> {
        if self.files.is_none() {
            self.files = Some(Rc::new(FileIndex::of(self)));
        }
        self.files.clone().unwrap_or_default()
    }

    /// Events of an execution that take a file with one of the paths, after a point.
    fn takers<'p>(
        &self,
        execution: usize,
        paths: &'p BTreeSet<String>,
        after: NodeId,
        files: &'p FileIndex,
    ) -> Vec<&'a RawEvent> {
        let (events, names) = (self.events, self.names);
        let of_path = |path: &'p String| {
            let of_it = move |at: &&usize| names.subject(**at).is_some_and(|s| s.keys.iter().any(|key| may_be_same(key, path)));
            let all = files.taken.at(execution, path);
            all[all.partition_point(|at| events[*at].node <= after)..].iter().filter(of_it).map(move |at| &events[*at])
        };
        paths.iter().flat_map(of_path).collect()
    }

    /// Whether the check's failure keeps everybody from the file: it stops the execution, and nothing takes the file all the same. Who
    /// has put the file to use before the job of the check has it is not kept from it.
    fn keeps_from(&mut self, download: usize, check: usize, paths: &BTreeSet<String>, files: &FileIndex) -> bool {
        if !self.effect(check).stops {
            return false;
        }
        let (fetched, event) = (&self.events[download], &self.events[check]);
        let (own, other) = (fetched.place.execution, event.place.execution);
        if own != other && self.takers(own, paths, fetched.node, files).iter().any(|taker| is_use(taker.kind)) {
            return false;
        }
        let takers: HashSet<NodeId> = self.takers(other, paths, event.node, files).iter().map(|taker| taker.node).collect();
        if !may_reach(self.graph, event.node, event.fails_by_success, &takers) {
            return true;
        }
        let failed = self.failed(check, download);
        !takers.iter().any(|node| failed.past(*node))
    }

    /// Whether all that is seen to take a download waits for its check: `fetch && check && install file /usr/bin/file`. What runs
    /// by another path later on is what lies there, not the download.
    fn waits(&mut self, download: usize, check: usize, files: &FileIndex) -> bool {
        let mut takers = Vec::new();
        for file in self.vouched_for(download, check, files).into_iter().chain([download]) {
            let Some(nodes) = self.seen_to_take(file, files) else { return false };
            takers.extend(nodes);
        }
        // What was taken before is taken unchecked, whatever is fetched to the same place and checked later.
        if takers.is_empty() || takers.iter().any(|node| *node <= self.events[check].node) {
            return false;
        }
        let failed = self.failed(check, download);
        takers.iter().all(|node| !failed.past(*node) && !failed.around(*node))
    }

    /// Other downloads of the execution, if this one is a list of checksums with which they are checked: who takes them relies on it.
    fn vouched_for(&self, download: usize, check: usize, files: &FileIndex) -> Vec<usize> {
        let (events, names) = (self.events, self.names);
        let fetched = &events[download];
        let Some([path]) = names.destination(download).map(|reading| &*reading.keys) else { return Vec::new() };
        let lists = files.lists.get(&fetched.place.execution).into_iter().flatten();
        let Some(list) = lists.into_iter().find(|list| list.check == check && list.lies_at(path)) else { return Vec::new() };
        let is_beside = |at: &usize| {
            let is_here = *at != download && events[*at].kind == EventKind::Download;
            let reading = names.destination(*at).filter(|_| is_here && events[*at].place.execution == fetched.place.execution);
            reading.is_some_and(|of| of.keys.iter().any(|key| list.vouches_for(base(key), &folders(*at, self))))
        };
        (0..check.min(events.len())).filter(is_beside).collect()
    }

    /// Where a download is seen to be taken; none where that cannot be told.
    fn seen_to_take(&self, download: usize, files: &FileIndex) -> Option<Vec<NodeId>> {
        let (events, names) = (self.events, self.names);
        let fetched = &events[download];
        let Some([path]) = names.destination(download).map(|reading| &*reading.keys) else { return None };
        // From there it runs by its name alone.
        if path.rsplit_once('/').is_some_and(|(folder, _)| folder.ends_with("bin")) {
            return None;
        }
        let execution = fetched.place.execution;
        let is_later = |node: u32| node > fetched.node;
        let moved: Vec<&RawMove> = self.moved.after(execution, path, fetched.node).collect();
        let mut takers: Vec<u32> = moved.iter().map(|of| of.node).collect();
        for index in files.taken.at(execution, path) {
            let event = &events[*index];
            let Some(taken) = names.subject(*index).filter(|_| is_later(event.node)) else { continue };
            if !taken.keys.iter().all(|key| moved.iter().any(|of| leads_to(of, event, key, path))) {
                takers.push(event.node);
            }
        }
        // What is taken behind another download to the same place is that, if this one was taken before.
        let nodes = files.fetched.at(execution, path).iter().map(|at| events[*at].node);
        let next = nodes.filter(|node| is_later(*node)).min().unwrap_or(u32::MAX);
        if takers.iter().any(|node| *node < next) {
            takers.retain(|node| *node < next);
        }
        Some(takers)
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
            (is_it && names.destination(at).is_some_and(|of| of.keys == *file)).then_some((at, e.node))
        };
        let mut nodes: Vec<(usize, u32)> = events.iter().enumerate().filter_map(fetched).collect();
        // What another branch puts there is told by itself.
        nodes.retain(|(at, _)| self.comes_after(*at, verification));
        let nodes: Vec<u32> = nodes.into_iter().map(|(_, node)| node).collect();
        !nodes.is_empty() && nodes.into_iter().all(|node| !self.passes_from(node, verification, u.node, &u.place.conditions))
    }
}

/// Whether what an event takes under a name lies there because it was moved there, and not where it was fetched to.
fn leads_to(of: &RawMove, event: &RawEvent, name: &str, fetched: &str) -> bool {
    // A program without a folder is looked for in those of `PATH`, and not where the script stands.
    if subject(event).is_some_and(|file| file.value.any(|path| path.masked().contains('/'))) {
        return name != fetched && (of.to == name || format!("{}/{}", of.to, base(&of.from)) == name);
    }
    let is_program = event.kind == EventKind::Run && &*event.tool == name;
    is_program && (base(&of.to) == name || base(&of.from) == name)
}

/// Takes from downloads what is checked where something else lies at their place.
pub(super) fn mark_overwritten(events: &mut BTreeMap<EventKind, Vec<Event>>, raw: &[RawEvent], moves: &[RawMove]) {
    fn path(file: &Option<Reference>) -> Option<&str> {
        file.as_ref().filter(|file| file.artifact == Artifact::File).map(|file| &*file.key)
    }
    use EventKind::{Attest, Deploy, Install, Publish, Run, Sign, Upload};
    let mut taken: ByName<(&str, u32)> = ByName::default();
    let mut downloads = events.remove(&EventKind::Download).unwrap_or_default();
    for kind in [Run, Install, Deploy, Publish, Upload, Sign, Attest] {
        for event in events.get(&kind).into_iter().flatten() {
            if let Some(path) = path(&event.reference).or_else(|| path(&event.source)) {
                taken.of(event.execution_index, path).push((path, event.id));
            }
        }
    }
    for of in moves {
        let next = raw.partition_point(|event| event.node < of.node);
        taken.of(of.execution, &of.from).push((&of.from, u32::try_from(next).unwrap_or(u32::MAX)));
    }
    // Behind each place the next download to it, and until when that one lies there.
    let mut next: ByName<(String, u32, Option<u32>)> = ByName::default();
    for event in downloads.iter_mut().rev() {
        let Some(path) = path(&event.destination).map(str::to_owned) else { continue };
        let places = next.of(event.execution_index, &path);
        if let Some((_, later, until)) = places.iter().filter(|(key, ..)| may_be_same(key, &path)).min_by_key(|(_, id, _)| *id) {
            let in_time = |id: u32| event.id < id && id <= *later;
            let taken = taken.at(event.execution_index, &path);
            let is_taken = taken.iter().any(|(key, id)| in_time(*id) && may_be_same(key, &path));
            event.until = if is_taken { Some(*later) } else { *until };
            let until = event.until.unwrap_or(u32::MAX);
            event.guards.retain(|guard| *guard < until);
        }
        places.retain(|(key, ..)| *key != path);
        places.push((path, event.id, event.until));
    }
    if !downloads.is_empty() {
        events.insert(EventKind::Download, downloads);
    }
}
