//! Archives from elsewhere whose programs are put to use: `unzip tool.zip; ./tool/install`, `tar xzf tool.tgz; mv tool /usr/local/bin`.

use super::command::Call;
use super::filepath::base;
use super::graph::NodeId;
use super::interpret::{Ctx, Env, Walk};
use super::model::{RawEvent, Subject};
use crate::facts::{Artifact, EventKind, Origin};
use std::rc::Rc;

/// An archive from elsewhere that a step has unpacked.
#[derive(Debug)]
pub(super) struct Unpacked {
    execution: usize,
    step: Rc<str>,
    archive: Subject,
}

/// Tools that only lay out what is in an archive.
const UNPACKERS: &[&str] = &["tar", "unzip", "7z", "Expand-Archive"];
/// Folders of programs that no step unpacks into unseen.
const SYSTEM: &[&str] = &["/bin/", "/sbin/", "/usr/"];

impl Walk<'_> {
    /// Remembers what the events from `first` on have unpacked.
    pub(super) fn remembers_unpacked(&mut self, first: usize, env: &Env) {
        let is_fetched = |archive: &Subject| match archive.artifact {
            Artifact::Url => true,
            _ => archive.value.single().is_some_and(|path| self.holds_fetched(path, env)),
        };
        let events =
            self.records.events[first..].iter().filter(|e| e.kind == EventKind::Install && UNPACKERS.contains(&&*e.tool));
        let archive = events.filter_map(|e| e.reference.as_ref()).find(|archive| is_fetched(archive)).cloned();
        if let Some(archive) = archive {
            let (execution, step) = (self.place.execution, Rc::clone(&self.place.step));
            self.unpacked = Some(Unpacked { execution, step, archive });
        }
    }

    /// A program by its path that is none of the repository, where nothing else that is not seen could have made it: it came out of what
    /// the step has unpacked.
    pub(super) fn runs_unpacked(&mut self, call: &Call, skip: usize, node: NodeId, env: &Env, ctx: &Ctx) {
        let Some(path) = self.unpacked.as_ref().and_then(|_| call.text(skip)) else { return };
        if !path.contains('/') || SYSTEM.iter().any(|folder| path.starts_with(folder)) {
            return;
        }
        let own = self.path_of(&call.fields[skip].value, &env.directory);
        if own.is_none_or(|path| self.world.files.read(&path).is_none()) {
            let tool = path.to_owned();
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
        self.records.event(RawEvent {
            kind,
            tool: tool.into(),
            verb: "".into(),
            reference: Some(archive),
            source: None,
            destination: None,
            options: Rc::default(),
            node,
            fails_by_success: false,
            origin: Origin::Command,
            captured: false,
            place: self.place.clone(),
            branch: ctx.branch,
            span: call.span,
        });
    }
}
