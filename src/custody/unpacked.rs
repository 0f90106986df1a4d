//! Archives from elsewhere whose programs are put to use: `unzip tool.zip; ./tool/install`, `tar xzf tool.tgz; mv tool /usr/local/bin`.

use super::command::Call;
use super::env::Env;
use super::filepath::base;
use super::graph::NodeId;
use super::interpret::{Ctx, Walk};
use super::model::{RawEvent, Subject};
use super::moved::relative;
use crate::facts::{Artifact, EventKind};
use std::rc::Rc;

/// An archive from elsewhere that a step has unpacked.
#[derive(Debug)]
pub(super) struct Unpacked {
    execution: usize,
    step: Rc<str>,
    archive: Subject,
    /// Where to, if the command says so.
    folder: Option<String>,
}

/// Tools that only lay out what is in an archive.
pub(super) const UNPACKERS: &[&str] = &["tar", "unzip", "7z", "Expand-Archive"];
/// Folders of programs that no step unpacks into unseen.
const SYSTEM: &[&str] = &["/bin/", "/sbin/", "/usr/"];

impl Walk<'_> {
    /// Remembers what the events from `first` on have unpacked.
    pub(super) fn remembers_unpacked(&mut self, first: usize, env: &Env) {
        let is_fetched = |archive: &Subject| match archive.artifact {
            Artifact::Url => true,
            _ => archive.value.single().is_some_and(|path| self.holds_fetched(path, env)),
        };
        let unpacks = |e: &&RawEvent| e.kind == EventKind::Install && UNPACKERS.contains(&&*e.tool);
        let mut events = self.records.events[first..].iter().filter(unpacks);
        let found = events.find_map(|e| Some((e, e.reference.as_ref().filter(|archive| is_fetched(archive))?)));
        if let Some((event, archive)) = found {
            let (execution, step, archive) = (self.place.execution, Rc::clone(&self.place.step), archive.clone());
            let folder = event.options.get("folder").and_then(|given| given.first());
            let folder = folder.map(|given| given.value.display(&self.symbols));
            self.unpacked = Some(Unpacked { execution, step, archive, folder });
        }
    }

    /// A program by its path that is none of the repository, where nothing that is not seen could have made it (`is_sure`), or that lies
    /// where the step has unpacked something: it came out of that. So with `chmod +x`.
    pub(super) fn runs_unpacked(&mut self, call: &Call, skip: usize, is_sure: bool, node: NodeId, env: &Env, ctx: &Ctx) {
        let Some(unpacked) = &self.unpacked else { return };
        let is_made = call.text(skip) == Some("chmod") && call.text(skip + 1).is_some_and(|mode| mode.contains(['x', '7', '5']));
        let Some(field) = call.fields.get(if is_made { call.fields.len() - 1 } else { skip }) else { return };
        let path = field.value.display(&self.symbols);
        let lies_there = unpacked.folder.as_ref().is_some_and(|folder| folder.len() > 1 && path.starts_with(&**folder));
        if !is_made && !path.contains('/') || !is_sure && !lies_there || SYSTEM.iter().any(|folder| path.starts_with(folder)) {
            return;
        }
        let own = self.path_of(&field.value, &env.directory);
        if own.is_none_or(|path| self.world.files.read(&path).is_none()) && !env.files.contains_key(relative(&path)) {
            let tool = if is_made { "chmod".to_owned() } else { path };
            self.uses_unpacked(EventKind::Run, &tool, call, node, ctx);
        }
    }

    /// Files of which nothing is known go where programs lie.
    pub(super) fn installs_unpacked(&mut self, name: &str, to: &str, call: &Call, node: NodeId, ctx: &Ctx) {
        let (folder, file) = to.trim_end_matches('/').rsplit_once('/').unwrap_or(("", to));
        if [base(folder), file].iter().any(|part| part.ends_with("bin")) {
            self.uses_unpacked(EventKind::Install, name, call, node, ctx);
        }
    }

    fn uses_unpacked(&mut self, kind: EventKind, tool: &str, call: &Call, node: NodeId, ctx: &Ctx) {
        let is_here = |of: &Unpacked| of.execution == self.place.execution && of.step == self.place.step;
        let Some(Unpacked { archive, .. }) = self.unpacked.take_if(|of| is_here(of)) else { return };
        self.executed(kind, tool, archive, node, call, ctx);
    }
}
