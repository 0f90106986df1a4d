//! Which downloads are put to use.

use super::downloads::{LAYS_OUT, PUTS_TO_USE};
use super::file_index::{ByName, Moved, is_by_name, may_be_same, stored};
use super::filepath::{base, is_inside};
use super::model::RawEvent;
use super::names::Names;
use super::symbol::Symbols;
use crate::facts::*;
use crate::tools::Truth;
use crate::tools::glob::Glob;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Letters of a pattern by which it is told in a folder where other files lie.
const MIN_LETTERS: usize = 3;
/// Files put to use that are compared with one pattern.
const MAX_USES: usize = 1_000;

/// Whether nothing is seen to be done with what an event takes but to unpack it, where no programs lie (`tar -C /usr/local`, `tar -C ~/bin`);
/// whether what was in it is code is not known then.
fn only_lays_out(event: &Event) -> bool {
    let holds_programs = |folder: &String| {
        let folder = folder.trim_end_matches('/');
        let within = |of: &str| folder.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        within("/usr") || within("/opt") || matches!(base(folder), "bin" | "sbin")
    };
    event.options.contains_key(LAYS_OUT)
        && !event.options.contains_key(PUTS_TO_USE)
        && !event.options.get("folder").and_then(|given| given.first()).is_some_and(holds_programs)
}

/// Marks what is put to use after it was fetched.
pub(super) fn mark_used(
    events: &mut BTreeMap<EventKind, Vec<Event>>,
    raw: &[RawEvent],
    names: &Names,
    symbols: &Symbols,
    moved: &Moved,
    is_of_repository: &dyn Fn(&str) -> bool,
) {
    let Some(mut downloads) = events.remove(&EventKind::Download) else { return };
    let by_pattern = used_by_pattern(&downloads, events, raw, names, symbols, is_of_repository);
    // The paths that are put to use, those of them that are more than laid out, and those that may lie in a folder that was fetched.
    let (mut used, mut executed): (ByName<&str>, ByName<&str>) = Default::default();
    let mut inner: HashMap<usize, BTreeSet<&str>> = HashMap::new();
    for kind in [EventKind::Run, EventKind::Install, EventKind::Deploy] {
        for event in events.get(&kind).into_iter().flatten() {
            if let Some(file) = event.reference.as_ref().filter(|r| matches!(r.artifact, Artifact::File | Artifact::Url)) {
                inner.entry(event.execution_index).or_default().extend(file.path.as_deref().filter(|path| path.contains('/')));
                let maps = [Some(&mut used), Some(&mut executed).filter(|_| !only_lays_out(event))];
                for map in maps.into_iter().flatten() {
                    let paths = map.of(event.execution_index, &file.key);
                    if !paths.contains(&&*file.key) {
                        paths.push(&file.key);
                    }
                }
            }
        }
    }
    for event in &mut downloads {
        let execution = event.execution_index;
        let is_among = |of: &ByName<&str>, path: &str| of.at(execution, path).iter().any(|key| may_be_same(key, path));
        let Some(fetched) = raw.get(event.id as usize) else { continue };
        let stored: Vec<String> = stored(event.id as usize, fetched, names, symbols).into_iter().flatten().collect();
        let moved = stored.iter().flat_map(|path| moved.paths_of(path, execution, fetched.node));
        let paths: Vec<String> = moved.map(|(path, _)| path).collect();
        let is_in = |of: &ByName<&str>| {
            event.source.as_ref().is_some_and(|s| of.at(execution, &s.key).contains(&&*s.key))
                || paths.iter().any(|path| is_among(of, path))
        };
        let leads_in = |folder: &String| {
            // What begins like the folder stands behind it, what lies in it among that.
            let later = inner.get(&execution).into_iter().flat_map(|all| all.range(&**folder..));
            later.take_while(|path| path.starts_with(&**folder)).any(|path| is_inside(path, folder))
        };
        let is_entered = stored.iter().any(leads_in);
        let fits = by_pattern.get(&event.id).copied();
        let is_used = is_in(&used) || is_entered || fits.is_some();
        let is_executed = is_in(&executed) || is_entered || fits == Some(true);
        for reference in [&mut event.reference, &mut event.source].into_iter().flatten() {
            reference.is_used = is_used;
            reference.is_only_unpacked = is_used && !is_executed;
        }
    }
    events.insert(EventKind::Download, downloads);
}

/// What is fetched by a pattern of names, or with all that a release has, is put to use by the name that one of the files has: by the id
/// of the download, whether that is more than laid out. A file that is verified by its own name before is none that counts.
fn used_by_pattern(
    downloads: &[Event],
    events: &BTreeMap<EventKind, Vec<Event>>,
    raw: &[RawEvent],
    names: &Names,
    symbols: &Symbols,
    is_of_repository: &dyn Fn(&str) -> bool,
) -> HashMap<u32, bool> {
    let places = |event: &Event| raw.get(event.id as usize).map(|fetched| stored(event.id as usize, fetched, names, symbols));
    let patterns: Vec<(&Event, String, Glob)> = downloads
        .iter()
        .filter(|event| raw.get(event.id as usize).is_some_and(is_by_name))
        .filter_map(|event| {
            let path = places(event)?.into_iter().flatten().next()?;
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
            let name = if takes_all(event) { "*" } else { name };
            let letters = name.chars().filter(|letter| *letter != '*').count();
            let is_told = name.contains('*') && (!folder.is_empty() || letters >= MIN_LETTERS);
            is_told.then(|| (event, folder.to_owned(), Glob::new(name)))
        })
        .collect();
    let mut found: HashMap<u32, bool> = HashMap::new();
    if patterns.is_empty() {
        return found;
    }
    let known: HashSet<String> = downloads.iter().filter_map(places).flatten().flatten().collect();
    let uses = [EventKind::Run, EventKind::Install, EventKind::Deploy].into_iter().filter_map(|kind| events.get(&kind)).flatten();
    for user in uses.filter(|user| user.guards.is_empty()).take(MAX_USES) {
        let file = user.reference.as_ref().filter(|file| file.artifact == Artifact::File);
        let Some(path) = file.and_then(|file| file.path.as_deref()).filter(|path| !known.contains(*path)) else { continue };
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let fits = |(event, within, glob): &&(&Event, String, Glob)| {
            let is_later = event.execution_index == user.execution_index && event.id < user.id;
            is_later && within == folder && glob.matches(name) == Truth::Yes
        };
        // The last one before it.
        let Some((event, ..)) = patterns.iter().rev().find(fits).filter(|_| !is_of_repository(path)) else { continue };
        *found.entry(event.id).or_default() |= !only_lays_out(user);
    }
    found
}

/// Whether a download names a release and no file of it.
fn takes_all(event: &Event) -> bool {
    let tag = event.options.get("release-tag").and_then(|given| given.first());
    !event.options.contains_key("pattern") && event.source.as_ref().is_some_and(|source| Some(&source.resolved) == tag)
}
