//! The files of a pipeline by their names: who fetches, moves, takes and checks them.

use super::filepath::{base, file_key, is_inside, join, plain};
use super::graph::NodeId;
use super::guards::{Judge, subject, takes};
use super::model::{OptionValue, RawEvent, RawMove, UnreadList};
use super::names::{Names, Reading};
use super::refer::MARK;
use super::symbol::{Kind, Symbols};
use super::text::Text;
use super::value::Value;
use crate::facts::*;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Things by execution and by the name of a file without its folder.
pub(super) struct ByName<T>(HashMap<usize, HashMap<String, Vec<T>>>);

impl<T> Default for ByName<T> {
    fn default() -> Self {
        ByName(HashMap::new())
    }
}

impl<T> ByName<T> {
    /// What is known of files that are called as that path ends, to add to.
    pub(super) fn of(&mut self, execution: usize, path: &str) -> &mut Vec<T> {
        self.0.entry(execution).or_default().entry(base(path).to_owned()).or_default()
    }

    /// The same, in the order in which it was added.
    pub(super) fn at(&self, execution: usize, path: &str) -> &[T] {
        self.0.get(&execution).and_then(|here| here.get(base(path))).map_or(&[], Vec::as_slice)
    }

    fn names(&self, execution: usize) -> impl Iterator<Item = &str> {
        self.0.get(&execution).into_iter().flat_map(HashMap::keys).map(String::as_str)
    }
}

/// What a pipeline does with files.
#[derive(Default)]
pub(super) struct FileIndex {
    /// Events that take a file.
    pub(super) taken: ByName<usize>,
    /// Downloads.
    pub(super) fetched: ByName<usize>,
    /// When something is put at a path.
    arrivals: ByName<(String, NodeId)>,
    /// Comparisons of a checksum of the file with that path.
    pub(super) compared: ByName<(String, usize)>,
    /// Verifications by the name of the file alone: what another execution has fetched may be verified.
    pub(super) verified: HashMap<String, Vec<usize>>,
    /// The same by path.
    verified_paths: BTreeSet<(String, usize)>,
    /// Checks with lists of which it is not known what they name, by execution.
    pub(super) lists: HashMap<usize, Vec<Listing>>,
}

/// A check with a list of which it is not known what it names.
pub(super) struct Listing {
    pub(super) check: usize,
    pub(super) node: NodeId,
    ways: Vec<Way>,
}

/// One of the lists that it may be.
struct Way {
    path: String,
    /// What is looked for in it.
    sought: Option<String>,
    /// The fetched files that it is the list of by its name, if it is that of one.
    of: Vec<String>,
    /// Folders of the addresses that it may have been fetched from.
    from: Vec<String>,
}

/// Paths that one file is known by.
const MAX_PATHS: usize = 16;

/// Times that a path is moved from and that are followed.
const MAX_MOVES: usize = 4;

impl FileIndex {
    pub(super) fn of(judge: &Judge) -> Self {
        let mut files = FileIndex::default();
        let bases = |reading: &Reading| reading.keys.iter().map(|key| base(key).to_owned()).collect::<BTreeSet<_>>();
        for (index, event) in judge.events.iter().enumerate() {
            let execution = event.place.execution;
            let is_file = subject(event).is_some_and(|s| s.artifact == Artifact::File);
            let names = judge.names.subject(index).filter(|_| is_file).map(bases).unwrap_or_default();
            match event.kind {
                EventKind::Verify => {
                    let paths =
                        judge.names.subject(index).filter(|_| is_file).into_iter().flat_map(|reading| reading.keys.iter());
                    files.verified_paths.extend(paths.map(|path| (path.clone(), index)));
                    names.into_iter().for_each(|name| files.verified.entry(name).or_default().push(index));
                }
                EventKind::Compare => {
                    let compared = summed(judge, event);
                    compared.into_iter().for_each(|path| files.compared.of(execution, &path.clone()).push((path, index)));
                }
                kind if takes(kind) => names.iter().for_each(|name| files.taken.of(execution, name).push(index)),
                _ => {}
            }
            if event.kind == EventKind::Download {
                let names = judge.names.destination(index).map(bases).unwrap_or_default();
                names.iter().for_each(|name| files.fetched.of(execution, name).push(index));
                let paths = judge.names.destination(index).into_iter().flat_map(|reading| reading.keys.iter());
                paths.for_each(|path| files.arrivals.of(execution, path).push((path.clone(), event.node)));
            }
        }
        for of in judge.moved.all {
            for to in [of.to.clone(), format!("{}/{}", of.to, base(&of.from))] {
                files.arrivals.of(of.execution, &to.clone()).push((to, of.node));
            }
        }
        for (check, event) in judge.events.iter().enumerate() {
            let Some(unread) = event.list.as_ref().and_then(|list| list.unread.as_ref()) else { continue };
            let execution = event.place.execution;
            let ways = unread.iter().map(|list| files.way(list, execution, judge)).collect();
            files.lists.entry(execution).or_default().push(Listing { check, node: event.node, ways });
        }
        files
    }

    /// Verifications of what lies in a folder.
    pub(super) fn verified_in<'f>(&'f self, folder: &'f str) -> impl Iterator<Item = usize> + 'f {
        let behind = self.verified_paths.range((format!("{folder}/"), 0)..);
        behind.take_while(|(path, _)| is_inside(path, folder)).map(|(_, at)| *at)
    }

    /// Whether what lies at a path since a point is taken there and then replaced, so that what looks at the path at another point sees
    /// something else.
    pub(super) fn is_replaced(&self, path: &str, (since, until): (NodeId, NodeId), execution: usize, judge: &Judge) -> bool {
        let arrivals = self.arrivals.at(execution, path).iter().filter(|(to, _)| to == path).map(|(_, node)| *node);
        let Some(next) = arrivals.filter(|node| since < *node && *node < until).min() else { return false };
        let is_it = |at: &usize| judge.names.subject(*at).is_some_and(|s| s.keys.iter().any(|key| key == path));
        let taken = self.taken.at(execution, path).iter().filter(|at| is_it(at)).map(|at| judge.events[*at].node);
        taken.into_iter().any(|node| since < node && node < next)
    }

    /// What is known of a list by its path, and by what was looked for in it.
    fn way(&self, list: &UnreadList, execution: usize, judge: &Judge) -> Way {
        let name = base(&list.path);
        let of = name.rsplit_once('.').filter(|(_, kind)| says_list(kind)).map_or("", |(of, _)| of);
        let begins = |file: &&str| file.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']));
        let fetched = self.fetched.names(execution).filter(|file| !of.is_empty() && *file != name).filter(begins);
        let lists = self.fetched.at(execution, name).iter();
        Way {
            path: list.path.clone(),
            sought: list.sought.clone(),
            of: fetched.map(str::to_owned).collect(),
            from: lists.flat_map(|at| folders(*at, judge)).collect(),
        }
    }
}

impl Listing {
    /// Whether the list lies at that path.
    pub(super) fn lies_at(&self, path: &str) -> bool {
        self.ways.iter().any(|way| may_be_same(&way.path, path))
    }

    /// Whether it is the list of a file that was fetched from one of these folders: by its name, or as one for several that comes from there.
    pub(super) fn vouches_for(&self, file: &str, origins: &[String]) -> bool {
        self.ways.iter().any(|way| {
            let is_beside = way.of.is_empty() && way.from.iter().any(|folder| origins.contains(folder));
            is_beside || way.of.iter().any(|of| of == file)
        })
    }

    /// Whether the list may name a file: it is none of another one by what is looked for in it or by its own name, and does not come
    /// from where the file does.
    pub(super) fn may_name(&self, file: &str, origins: &[String]) -> bool {
        self.ways.iter().any(|way| {
            way.sought.as_ref().is_none_or(|text| text.contains(file) || file.contains(&**text))
                && (way.of.is_empty() || way.of.iter().any(|of| of == file))
                && !way.from.iter().any(|folder| origins.contains(folder))
        })
    }
}

/// What names of signatures, keys and certificates end with.
const PROOFS: &[&str] = &["asc", "sig", "sign", "minisig", "gpg", "pub", "pem", "crt", "cert", "bundle", "sigstore", "att"];

/// Whether it is called as what others are checked with: a list of checksums, a signature, a key.
pub(super) fn says_proof(name: &str) -> bool {
    let is_proof = |(_, kind): (&str, &str)| says_list(kind) || PROOFS.contains(&kind.to_ascii_lowercase().as_str());
    name.rsplit_once('.').is_some_and(is_proof) || says_list(name)
}

/// Whether it is called as lists of checksums are.
fn says_list(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["sum", "sha", "md5"].iter().any(|word| name.contains(word))
}

/// Paths of the files whose checksums a comparison is about.
fn summed(judge: &Judge, comparison: &RawEvent) -> BTreeSet<String> {
    let sides = [&comparison.source, &comparison.destination].into_iter().flatten();
    let symbols = sides.flat_map(|side| side.value.alternatives()).flat_map(Text::symbols).map(|id| judge.symbols.get(id));
    let of = symbols.filter(|symbol| symbol.kind == Kind::Checksum).filter_map(|symbol| symbol.subject.clone());
    let of = of.map(|file| judge.symbols.unfolded(Value::text(file)));
    let key = |file: &Text| super::refer::key(file, false);
    of.flat_map(|file| file.alternatives().iter().map(key).collect::<Vec<_>>()).collect()
}

/// Folders of the addresses of a download.
pub(super) fn folders(download: usize, judge: &Judge) -> Vec<String> {
    let parent = |key: &String| key.rsplit_once('/').map(|(folder, _)| folder.to_owned());
    judge.names.source(download).into_iter().flat_map(|reading| reading.keys.iter().filter_map(parent)).collect()
}

/// The paths at which a download is stored, each of one of the files that it may be. What is fetched by the name of a file keeps that, in
/// the folder that is given.
pub(super) fn stored(download: usize, event: &RawEvent, names: &Names, symbols: &Symbols) -> Vec<Vec<String>> {
    let keeps_name = is_by_name(event);
    let key = |folder: &Value| folder.single().map(|folder| file_key(folder, &event.place.folder, symbols));
    let folder =
        folder_option(&event.options).and_then(|folder| key(&folder.value)).filter(|key| keeps_name || !key.contains(MARK));
    let named = names.destination(download).filter(|_| !(keeps_name && folder.is_some()));
    let Some(named) = named.or_else(|| names.source(download).filter(|_| keeps_name)) else { return Vec::new() };
    let inside = |key: &String| match folder.as_deref()? {
        "" => Some(base(key).to_owned()),
        folder => Some(format!("{}/{}", folder.trim_end_matches('/'), base(key))),
    };
    named.keys.iter().map(|key| inside(key).into_iter().chain([key.clone()]).collect()).collect()
}

/// The folder that a command is told to put files into.
pub(super) fn given_folder(options: &BTreeMap<String, Vec<OptionValue>>) -> Option<&str> {
    folder_option(options)?.value.known()
}

fn folder_option(options: &BTreeMap<String, Vec<OptionValue>>) -> Option<&OptionValue> {
    ["folder", "output-directory"].iter().find_map(|role| options.get(*role)?.first())
}

/// The role in the data of tools of what is fetched by the name of a file alone (`gh release download --pattern`).
const BY_NAME: &str = "by-name";

/// Whether what an event fetches keeps its name.
pub(super) fn is_by_name(event: &RawEvent) -> bool {
    event.options.contains_key(BY_NAME)
}

/// Files that are put under another path.
pub(super) struct Moved<'a> {
    all: &'a [RawMove],
    /// Places in the list above, which stands in order.
    by_name: ByName<usize>,
}

impl<'a> Moved<'a> {
    pub(super) fn of(all: &'a [RawMove]) -> Self {
        let mut by_name = ByName::default();
        all.iter().enumerate().for_each(|(index, of)| by_name.of(of.execution, &of.from).push(index));
        Moved { all, by_name }
    }

    /// Moves of files that are called as a path ends, after a point.
    pub(super) fn after(&self, execution: usize, path: &str, node: NodeId) -> impl Iterator<Item = &'a RawMove> {
        let (all, named) = (self.all, self.by_name.at(execution, path));
        named[named.partition_point(|index| all[*index].node <= node)..].iter().map(|index| &all[*index])
    }

    /// The paths that a file has one after the other, each with since when: its own, and those to which it is moved or copied from there.
    pub(super) fn paths_of(&self, path: &str, execution: usize, from: NodeId) -> Vec<(String, NodeId)> {
        let mut paths = vec![(path.to_owned(), from)];
        let mut at = 0;
        while let Some((path, since)) = paths.get(at).cloned().filter(|_| paths.len() < MAX_PATHS) {
            for of in self.after(execution, &path, since).filter(|of| may_be_same(&of.from, &path)).take(MAX_MOVES) {
                for to in [of.to.clone(), format!("{}/{}", of.to, base(&of.from))] {
                    if paths.iter().all(|(known, _)| *known != to) {
                        paths.push((to, of.node));
                    }
                }
            }
            at += 1;
        }
        paths
    }
}

/// Whether two paths may be of one file: a name without a folder may be that of a file in any, since scripts change theirs, and so
/// may a folder that is not known, or the end of another path.
pub(super) fn may_be_same(a: &str, b: &str) -> bool {
    if base(a) != base(b) {
        return false;
    }
    let says_where = |path: &str| path.contains('/') && !path.contains(super::refer::MARK);
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
