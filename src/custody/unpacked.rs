//! Archives from elsewhere whose programs are put to use: `unzip tool.zip; ./tool/install`, `tar xzf tool.tgz; mv tool /usr/local/bin`.

use super::command::Call;
use super::downloads::{LAYS_OUT, PUTS_TO_USE};
use super::env::Env;
use super::fetched::INTERPRETERS;
use super::filepath::{base, file_key, is_inside};
use super::interpret::Walk;
use super::interpreters::script;
use super::model::{OptionValue, RawEvent, Subject};
use super::moved::MOVERS;
use super::refer::MARK;
use super::text::Text;
use super::value::Value;
use crate::facts::{Artifact, EventKind};
use std::rc::Rc;

/// An archive from elsewhere that a step has unpacked.
#[derive(Debug)]
pub(super) struct Unpacked {
    execution: usize,
    step: Rc<str>,
    /// Index of the event that unpacks it.
    event: usize,
    /// Where it lies: where the command says so, and where something of it was put since.
    places: Vec<String>,
    /// The key of the folder in which the command stood.
    into: String,
    /// Whether something that may make programs has run since.
    is_followed: bool,
}

/// Places that are remembered of one archive.
const MAX_PLACES: usize = 16;

impl Walk<'_> {
    /// Remembers what the events from `first` on have unpacked.
    pub(super) fn remembers_unpacked(&mut self, first: usize, name: &str, env: &Env) {
        let events = &self.records.events[first..];
        let only_fetches = !events.is_empty() && events.iter().all(|event| event.kind == EventKind::Download);
        let makes_files = !only_fetches && !super::filter::is_harmless(name);
        if makes_files || MOVERS.contains(&name) || name == "git" {
            self.records.arrivals.entry(self.place.execution).or_default().makes_files();
        }
        let is_fetched = |archive: &Subject| match archive.artifact {
            Artifact::Url => true,
            _ => self.fetched_among(&archive.value, env).is_some(),
        };
        let unpacks = |e: &&RawEvent| e.kind == EventKind::Install && e.options.contains_key(LAYS_OUT);
        let events = &self.records.events[first..];
        let found = events.iter().position(|e| unpacks(&e) && e.reference.as_ref().is_some_and(is_fetched));
        if let Some((at, event)) = found.map(|at| (first + at, &events[at])) {
            let (execution, step) = (self.place.execution, Rc::clone(&self.place.step));
            let folder = event.options.get("folder").and_then(|given| given.first());
            let folder =
                folder.map(|given| here(&given.value.display(&self.symbols))).filter(|folder| !matches!(&**folder, "" | "."));
            let into = env.folder.key.to_string();
            let places = folder.into_iter().collect();
            self.unpacked = Some(Unpacked { execution, step, event: at, places, into, is_followed: false });
            return;
        }
        if let Some(unpacked) = &mut self.unpacked {
            unpacked.is_followed |= makes_files;
        }
    }

    /// Whether a path may lead into what was unpacked: it lies there, or there is nothing else that it could be (`is_sure`).
    fn may_be_unpacked(&self, path: &Value, is_sure: bool, env: &Env) -> bool {
        let Some(unpacked) = &self.unpacked else { return false };
        let shown = here(&path.display(&self.symbols));
        let own = self.path_of(path, &env.folder.directory);
        let within =
            |path: &String, place: &str| path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let lies_in = |place: &String| [Some(&shown), own.as_ref()].into_iter().flatten().any(|path| within(path, place));
        let lies_there = unpacked.places.iter().any(lies_in);
        // Where a script goes in the meantime is not known if that is not.
        let says_where = unpacked.places.iter().any(|place| !place.contains('$'));
        let key = path.single().map(|path| file_key(path, &env.folder.key, &self.symbols)).unwrap_or_default();
        let is_known = |key: &str| !key.is_empty() && !key.contains(MARK);
        let is_elsewhere = is_known(&unpacked.into) && is_known(&key) && !is_inside(&key, &unpacked.into);
        let may_be_of_it = is_sure && !unpacked.is_followed && !says_where && !is_elsewhere;
        let may = lies_there || may_be_of_it && !shown.starts_with(['/', '$', '~']);
        may && own.is_none_or(|path| self.world.files.read(&path).is_none())
            && path.single().is_none_or(|path| env.held(path, &self.symbols).is_none())
    }

    /// A program by its path that is none of the repository, where nothing that is not seen could have made it (`is_sure`), or that lies
    /// where the step has unpacked something: it came out of that. So with `chmod +x`, and with scripts.
    pub(super) fn runs_unpacked(&mut self, call: &Call, skip: usize, is_sure: bool, env: &Env) {
        if self.unpacked.is_none() {
            return;
        }
        let is_made = call.text(skip) == Some("chmod") && call.text(skip + 1).is_some_and(|mode| mode.contains(['x', '7', '5']));
        let interpreter = call.text(skip).map(base).filter(|name| INTERPRETERS.contains(name));
        let at = match (is_made, interpreter) {
            (true, _) => Some(call.fields.len() - 1),
            (_, Some(name)) => script(name, call, skip),
            _ => Some(skip),
        };
        let Some(field) = at.and_then(|at| call.fields.get(at)) else { return };
        let path = field.value.display(&self.symbols);
        if (is_made || path.contains('/')) && self.may_be_unpacked(&field.value, is_sure, env) {
            self.uses_unpacked();
        }
    }

    /// Files of which nothing is known go elsewhere: they are put to use where that is where programs lie.
    pub(super) fn moves_unpacked(&mut self, from: &[Value], to: &str, env: &Env) {
        if !from.iter().any(|path| self.may_be_unpacked(path, true, env)) {
            return;
        }
        let (folder, file) = to.trim_end_matches('/').rsplit_once('/').unwrap_or(("", to));
        if [base(folder), file].iter().any(|part| part.ends_with("bin")) {
            self.uses_unpacked();
        } else if let Some(unpacked) = self.unpacked.as_mut().filter(|of| of.places.len() < MAX_PLACES) {
            unpacked.places.push(here(to));
        }
    }

    /// Folders in which the shell, or a later step, looks for programs: one in which the archive lies puts it to use.
    pub(super) fn looks_into_unpacked(&mut self, folders: &Value, env: &Env) {
        let parts = folders.alternatives().iter().flat_map(|text| text.split(|c| matches!(c, ':' | '\n')));
        let leads_there = |part: Text| part.known() != Some("") && self.may_be_unpacked(&Value::text(part), true, env);
        if self.unpacked.is_some() && parts.into_iter().any(leads_there) {
            self.uses_unpacked();
        }
    }

    /// What unpacked it is what let it in: nothing of it runs that was not unpacked.
    fn uses_unpacked(&mut self) {
        let is_here = |of: &Unpacked| of.execution == self.place.execution && of.step == self.place.step;
        let unpacked = self.unpacked.take_if(|of| is_here(of));
        if let Some(event) = unpacked.and_then(|of| self.records.events.get_mut(of.event)) {
            let span = event.span;
            let set = || vec![OptionValue { value: Value::literal("true"), span }];
            Rc::make_mut(&mut event.options).entry(PUTS_TO_USE.to_owned()).or_insert_with(set);
        }
    }
}

/// A path as seen from the folder in which the script runs.
fn here(path: &str) -> String {
    path.trim_start_matches("${PWD}/").trim_start_matches("./").trim_end_matches('/').to_owned()
}
