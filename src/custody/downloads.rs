//! Downloads: what checks them before they are put to use, and whether they are.

use super::filepath::{base, plain};
use super::guards::{Judge, subject, takes};
use super::interpret::Walk;
use super::model::{RawEvent, RawMove};
use super::names::Reading;
use super::symbol::Kind;
use super::text::Text;
use crate::facts::*;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Verifications of a downloaded file after the download, and comparisons of its checksum, whose failure stops the execution or
/// whatever takes the file. A list of checksums that was itself downloaded proves nothing against
/// whoever can replace the file.
pub(super) fn checked_downloads(download: usize, judge: &mut Judge, walk: &Walk) -> Vec<u32> {
    let (events, names) = (judge.events, judge.names);
    let files = |reading: &'_ Reading| reading.keys.iter().map(|key| base(key).to_owned()).collect::<Vec<_>>();
    let Some(file) = names.destination(download).map(files) else { return Vec::new() };
    let all = || (0..events.len()).filter(|at| events[*at].kind == EventKind::Verify);
    let verified = all().filter(|at| events[*at].reference.as_ref().is_some_and(|r| r.artifact == Artifact::File));
    let verified: Vec<_> = verified.filter_map(|at| Some((at, names.reference(at).map(files)?))).collect();
    let mut found = compared_downloads(download, &file, judge, walk);
    if verified.is_empty() {
        return found;
    }
    let downloads = (0..events.len()).filter(|at| events[*at].kind == EventKind::Download);
    let fetched: HashSet<Vec<String>> = downloads.filter_map(|at| names.destination(at).map(files)).collect();
    for (other, verified) in verified {
        let mut names = verified.iter().map(|name| name.to_ascii_lowercase());
        let is_list = names.any(|v| v.contains("sum") || v.contains(".sha") || v.ends_with(".txt"));
        let covers = verified == file || is_list && !fetched.contains(&verified);
        if covers
            && judge.comes_after(download, other)
            && (judge.effect(other).stops || judge.waits(download, other, &walk.records.moves))
        {
            found.push(u32::try_from(other).unwrap_or(u32::MAX));
        }
    }
    found
}

/// Comparisons of a checksum of a downloaded file that stop the execution, or for which whatever takes the file waits.
fn compared_downloads(download: usize, file: &[String], judge: &mut Judge, walk: &Walk) -> Vec<u32> {
    let [file] = file else { return Vec::new() };
    let events = judge.events;
    let here = |e: &RawEvent| e.kind == EventKind::Compare && e.place.execution == events[download].place.execution;
    let compared = (0..events.len()).filter(|at| here(&events[*at]) && judge.compares_checksum_of(*at, file));
    let compared: Vec<usize> = compared.collect();
    let mut found = Vec::new();
    for other in compared {
        let is_late = judge.comes_after(download, other);
        if is_late && (judge.effect(other).stops || judge.waits(download, other, &walk.records.moves)) {
            found.push(u32::try_from(other).unwrap_or(u32::MAX));
        }
    }
    found
}

impl Judge<'_> {
    /// Whether all that is seen to take a download waits for its check: `fetch && check && install file /usr/bin/file`. What runs
    /// by another path later on is what lies there, not the download.
    pub(super) fn waits(&mut self, download: usize, check: usize, moves: &[RawMove]) -> bool {
        let (events, names) = (self.events, self.names);
        let fetched = &events[download];
        let Some([path]) = names.destination(download).map(|reading| &*reading.keys) else { return false };
        // From there it runs by its name alone.
        if path.rsplit_once('/').is_some_and(|(folder, _)| folder.ends_with("bin")) {
            return false;
        }
        let is_here = |execution: usize, node: u32| execution == fetched.place.execution && node > fetched.node;
        let of_it = |of: &&RawMove| is_here(of.execution, of.node) && base(&of.from) == base(path);
        let moved: Vec<&RawMove> = moves.iter().filter(of_it).collect();
        let mut takers: Vec<u32> = moved.iter().map(|of| of.node).collect();
        for (index, event) in events.iter().enumerate() {
            let is_file = subject(event).is_some_and(|s| s.artifact == Artifact::File);
            let Some(taken) = names.subject(index).filter(|_| is_file && is_here(event.place.execution, event.node)) else {
                continue;
            };
            let takes_it =
                takes(event.kind) && event.kind != EventKind::Verify && taken.keys.iter().any(|key| base(key) == base(path));
            if takes_it && !taken.keys.iter().all(|key| moved.iter().any(|of| leads_to(of, event, key, path))) {
                takers.push(event.node);
            }
        }
        // What is taken behind another download to the same place is that, if this one was taken before.
        let again = |(at, e): (usize, &RawEvent)| {
            let is_one = e.kind == EventKind::Download && is_here(e.place.execution, e.node);
            let is_same = is_one && names.destination(at).is_some_and(|of| of.keys.iter().any(|key| base(key) == base(path)));
            is_same.then_some(e.node)
        };
        let next = events.iter().enumerate().filter_map(again).min().unwrap_or(u32::MAX);
        if takers.iter().any(|node| *node < next) {
            takers.retain(|node| *node < next);
        }
        let conditions = fetched.place.conditions.to_vec();
        let failed = self.failed(check, &conditions);
        // What was taken before is taken unchecked, whatever is fetched to the same place and checked later.
        let is_later = takers.iter().all(|node| *node > events[check].node);
        !takers.is_empty()
            && is_later
            && !failed.cut_short
            && takers.iter().all(|node| !failed.past(*node) && !failed.around(*node))
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

    /// Whether a comparison is of a checksum of the file.
    pub(super) fn compares_checksum_of(&self, comparison: usize, file: &str) -> bool {
        let raw = &self.events[comparison];
        let sides = [&raw.source, &raw.destination].into_iter().flatten();
        sides.flat_map(|side| side.value.alternatives()).flat_map(Text::symbols).any(|id| {
            let symbol = self.symbols.get(id);
            let names_it = |of: &Text| base(&super::refer::key(of, false)) == file;
            symbol.kind == Kind::Checksum && symbol.subject.as_ref().is_some_and(names_it)
        })
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
pub(super) fn mark_overwritten(events: &mut BTreeMap<EventKind, Vec<Event>>) {
    /// The job, and the name of a file without its folder.
    type Name = (usize, String);
    let file = |event: &Event, file: &Option<Reference>| -> Option<(Name, String)> {
        let key = file.as_ref().filter(|file| file.artifact == Artifact::File)?.key.clone();
        Some(((event.execution_index, base(&key).to_owned()), key))
    };
    // A name without a folder may be that of a file in any, since scripts change theirs.
    let is_same = |a: &str, b: &str| !a.contains('/') || !b.contains('/') || plain(a) == plain(b);
    let mut taken: HashMap<Name, Vec<(String, u32)>> = HashMap::new();
    for kind in [EventKind::Run, EventKind::Install, EventKind::Deploy, EventKind::Publish, EventKind::Upload] {
        for event in events.get(&kind).into_iter().flatten() {
            let found = file(event, &event.reference).or_else(|| file(event, &event.source));
            found.into_iter().for_each(|(name, key)| taken.entry(name).or_default().push((key, event.id)));
        }
    }
    let mut next: HashMap<Name, Vec<(String, u32, Option<u32>)>> = HashMap::new();
    for event in events.get_mut(&EventKind::Download).into_iter().flatten().rev() {
        let Some((name, path)) = file(event, &event.destination) else { continue };
        let taken = taken.get(&name).map(Vec::as_slice).unwrap_or_default();
        let places = next.entry(name).or_default();
        if let Some((_, later, until)) = places.iter().filter(|(key, ..)| is_same(key, &path)).min_by_key(|(_, id, _)| *id) {
            let is_taken = taken.iter().any(|(key, id)| event.id < *id && id < later && is_same(key, &path));
            event.until = if is_taken { Some(*later) } else { *until };
            let until = event.until.unwrap_or(u32::MAX);
            event.guards.retain(|guard| *guard < until);
        }
        places.retain(|(key, ..)| plain(key) != plain(&path));
        places.push((path, event.id, event.until));
    }
}

pub(super) fn mark_used(events: &mut BTreeMap<EventKind, Vec<Event>>) {
    let mut used: HashSet<(usize, String)> = HashSet::new();
    for kind in [EventKind::Run, EventKind::Install, EventKind::Deploy] {
        for event in events.get(&kind).into_iter().flatten() {
            if let Some(file) = event.reference.as_ref().filter(|r| matches!(r.artifact, Artifact::File | Artifact::Url)) {
                used.insert((event.execution_index, base(&file.key).to_owned()));
            }
        }
    }
    for event in events.get_mut(&EventKind::Download).into_iter().flatten() {
        let streamed = event.source.as_ref().is_some_and(|s| used.contains(&(event.execution_index, base(&s.key).to_owned())));
        let is_used = streamed
            || event.destination.as_ref().is_some_and(|d| used.contains(&(event.execution_index, base(&d.key).to_owned())));
        for reference in [&mut event.reference, &mut event.source].into_iter().flatten() {
            reference.is_used = is_used;
        }
    }
}
