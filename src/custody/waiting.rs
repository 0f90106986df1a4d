//! Downloads that are put to use only where their check succeeded, although the job goes on where it did not.

use super::filepath::{base, plain};
use super::guards::{Judge, subject, takes};
use super::model::{RawEvent, RawMove};
use super::value::{Kind, Text};
use crate::facts::{Artifact, EventKind};

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
        let conditions = fetched.place.conditions.to_vec();
        let failed = self.failed(check, &conditions);
        // What was taken before is taken unchecked, whatever is fetched to the same place and checked later.
        let is_later = takers.iter().all(|node| *node > events[check].node);
        !takers.is_empty()
            && is_later
            && !failed.cut_short
            && takers.iter().all(|node| !failed.past(*node) && !failed.around(*node))
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
