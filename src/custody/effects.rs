//! What programs and actions do to artifacts: applies the tools' data to expanded words.

use super::cmdlets;
use super::command::Call;
use super::env::{Env, Variable};
use super::file_index::given_folder;
use super::filepath::{base, file_key};
use super::graph::NodeId;
use super::interpret::{Ctx, Out, Walk};
use super::model::{Fetched, OptionValue, RawEvent, Subject};
use super::servers::{name_servers, repository};
use super::symbol::{Kind, Symbol};
use super::text::Text;
use super::value::Value;
use super::words::Words;
use crate::facts::{Artifact, EventKind, Origin};
use crate::source::Span;
use crate::tools::{self, Content, Match, Slice, Yield};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The role of an option that says that the length of a checksum tells which it is.
const BY_LENGTH: &str = "checksum-by-length";
/// The role of an option that asks for a broken hash function.
const WEAK: &str = "weak-checksum";
/// The role of an option that describes a pod.
const POD: &str = "pod";

impl Walk<'_> {
    /// A command that is no builtin, function or script.
    pub(super) fn program(&mut self, call: &Call, skip: usize, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        let mut words = Words::new();
        for field in &call.fields[skip..] {
            let mut places: Vec<_> = field.pieces.iter().flat_map(|(range, at)| ctx.places(range, at)).collect();
            places.extend(field.printed.iter().cloned());
            words.push(field.value.clone(), Rc::new(places), ctx.span(&field.at));
            words.last_is_elastic(field.elastic);
        }
        let toolbox = self.world.toolbox;
        words.leave_out_spare(|argv| toolbox.recognise(argv));
        let mut found = toolbox.recognise(&words.argv());
        if found.as_ref().is_some_and(|found| name_servers(found, &mut words, call, env)) {
            found = toolbox.recognise(&words.argv());
        }
        words.repository = found.as_ref().and_then(|found| repository(found, call, env));
        self.environment_of(call);
        let is_seen = !self.unseen;
        let name = words.masked.first().map(|w| base(w).to_owned()).unwrap_or_default();
        if !(found.is_some() || super::filter::is_harmless(&name)) {
            self.unseen = true;
            self.unread(call, skip, env);
            self.hand_to_program(&words);
        }
        if let Some(why) = found.as_ref().and_then(|found| found.unread(&words.argv())) {
            // As with a program that nobody knows, its outputs and what it does with an image are not known.
            self.opaque(call.span, why);
            self.hand_to_program(&words);
        }
        let (node, mut out) = self.outcome(entry, env, ctx);
        if cmdlets::raises(&name, call, skip, env) {
            out.fail.take().into_iter().for_each(|fail| self.graph.ok(fail, ctx.exit_fail));
        }
        self.streams(&name, call, skip, node, env, ctx);
        self.runs_download(&name, call, skip, node, env, ctx);
        self.runs_unpacked(call, skip, is_seen, env);
        self.moves(&name, call, skip, node, env);
        self.copies_to(&name, call, skip, (node, call.span), env);
        self.matched(&name, call, skip, node, env, ctx);
        let place = At { node, origin: Origin::Command, branch: ctx.branch, span: call.span };
        let first = self.records.events.len();
        let printed = found.and_then(|found| self.apply_found(&found, &words, &place, env));
        self.remembers_unpacked(first, &name, env);
        if let (Some(ok), Some(fail)) = (out.ok, out.fail)
            && let Some(next) = self.told_to_succeed(first, (ok, fail))
        {
            (out.ok, out.fail) = (Some(next), None);
        }
        if env.stdout.is_some() {
            let printed = match printed {
                Some(value) => value,
                None => self.filtered(&name, call, skip, env, ctx),
            };
            self.print(&printed, env);
        }
        out
    }

    /// Recognises the words and applies what the data says; the value that is printed, if known.
    pub(super) fn apply_words(&mut self, words: &Words, at: &At, env: &mut Env) -> Option<Value> {
        let found = self.world.toolbox.recognise(&words.argv())?;
        self.apply_found(&found, words, at, env)
    }

    fn apply_found(&mut self, found: &Match, words: &Words, at: &At, env: &mut Env) -> Option<Value> {
        let (argv, toolbox) = (words.argv(), self.world.toolbox);
        let first = self.records.events.len();
        let printed = self.apply(found, words, &argv, at, env);
        for option in found.options(&argv) {
            if let (POD, tools::OptionValue::Written(pod)) = (option.role, &option.value) {
                self.pod(pod, first, words, at, env);
            }
        }
        if let Some(launch) = found.launch(&argv) {
            let image = launch.image.as_ref().map_or("", |image| image.text(&argv)).to_owned();
            let mut inner = Words::new();
            let first = launch.entrypoint.iter().cloned();
            let rest = (launch.arguments..argv.len()).map(|arg| Slice::whole(arg, argv[arg]));
            for slice in first.chain(rest) {
                inner.take(words, &slice);
            }
            inner.leave_out_spare(|argv| toolbox.recognise_image(&image, argv));
            let inner_argv = inner.argv();
            if let Some(found) = toolbox.recognise_image(&image, &inner_argv) {
                let at = At { origin: Origin::Container, ..at.clone() };
                return self.apply(&found, &inner, &inner_argv, &at, env).or(printed);
            }
        }
        printed
    }

    /// Records what a recognised command or action does.
    pub(super) fn apply(&mut self, found: &Match, words: &Words, argv: &[&str], at: &At, env: &mut Env) -> Option<Value> {
        let tool: Rc<str> = found.tool.into();
        let options = self.options(found, words, argv, at, env);
        let first = self.records.events.len();
        for event in found.events(argv) {
            let mut own = options.clone();
            for (role, text) in event.options {
                own.entry(role.clone()).or_default().push(OptionValue { value: Value::literal(text), span: at.span });
            }
            let references = event.reference.as_ref().map(|s| self.subjects(s, words, at.span, env));
            let mut sources = event.source.as_ref().map(|s| self.subjects(s, words, at.span, env));
            let mut destinations = event.destination.as_ref().map(|s| self.subjects(s, words, at.span, env));
            let list = event.reference.as_ref().filter(|_| event.kind == EventKind::Verify);
            let list = list.and_then(|list| self.list_of_checksums(list, words, env));
            // Who compares a file with a checksum of that very file finds nothing.
            if list.as_ref().and_then(|list| list.lines.as_ref()).is_some_and(|lines| self.is_computed_here(lines)) {
                continue;
            }
            let lines = list.as_ref().and_then(|list| list.lines.as_ref());
            if own.remove(BY_LENGTH).is_some() && lines.is_some_and(|lines| lines.any(super::subjects::holds_sha1)) {
                own.entry(WEAK.to_owned()).or_default().push(OptionValue { value: Value::literal("sha1"), span: at.span });
            }
            let list = list.map(Rc::new);
            let mut verb: Rc<str> = found.verb.as_str().into();
            if event.kind == EventKind::Compare {
                let stream = |side: &Option<tools::Subject>| Self::compared_stream(&side.as_ref()?.form, at.span, env);
                sources = stream(&event.source).or(sources);
                destinations = stream(&event.destination).or(destinations);
                let Some((sides, how)) = self.compared_files(&[sources, destinations], at.span, env) else { continue };
                [sources, destinations] = sides;
                verb = if how.is_empty() { verb } else { how.into() };
            }
            let count = [&references, &sources, &destinations].iter().filter_map(|l| l.as_ref().map(Vec::len)).max().unwrap_or(1);
            if [&references, &sources].iter().any(|l| l.as_ref().is_some_and(Vec::is_empty)) {
                if event.reference.as_ref().is_some_and(|s| self.is_unread_manifest(s, words, env)) {
                    self.noted(at.span, "the manifest that it applies is not read");
                }
                continue;
            }
            // What a command does to several artifacts counts as so many commands.
            self.budget = self.budget.saturating_sub(count.saturating_sub(1));
            let pick = |list: &Option<Vec<Subject>>, i: usize| list.as_ref().and_then(|l| l.get(i).or(l.last())).cloned();
            let own = Rc::new(own);
            let is = |list: &Option<Vec<Subject>>, artifact| list.iter().flatten().any(|s| s.artifact == artifact);
            let fetches = event.kind == EventKind::Download && is(&sources, Artifact::Url) && is(&destinations, Artifact::File);
            for i in 0..count {
                let (source, mut destination) = (pick(&sources, i), pick(&destinations, i));
                if let (EventKind::Copy, Some(source), Some(destination)) = (event.kind, &source, &mut destination) {
                    super::subjects::within_repository(source, destination);
                }
                if let (EventKind::Download, Some(source), Some(destination)) = (event.kind, &source, &mut destination) {
                    super::subjects::within_folder(source, destination);
                }
                if let Some(file) = destination.as_ref().filter(|_| fetches) {
                    let folder = given_folder(&own).filter(|folder| file.value.known() != Some(folder));
                    let inside = folder.map(|folder| inside(folder, &file.value));
                    for file in inside.into_iter().chain([file.value.clone()]) {
                        let key = |path| file_key(path, &env.folder.key, &self.symbols);
                        let keys = file.alternatives().iter().map(key).collect();
                        self.records.file_arrives(self.place.execution, Fetched { file, folder: env.folder.clone() }, keys);
                    }
                }
                self.records.event(RawEvent {
                    kind: event.kind,
                    tool: Rc::clone(&tool),
                    verb: Rc::clone(&verb),
                    reference: pick(&references, i),
                    source,
                    destination,
                    options: Rc::clone(&own),
                    list: list.clone(),
                    node: at.node,
                    fails_by_success: false,
                    origin: at.origin,
                    captured: env.stdout.is_some(),
                    place: self.place.clone(),
                    branch: at.branch,
                    span: at.span,
                });
            }
        }
        self.through_stores(first, env);
        let event = (first < self.records.events.len()).then_some(first);
        if self.records.events[first..].iter().any(|e| e.kind == EventKind::Build) {
            self.base_images(&options, at.span, env);
        }
        self.weakened(found, words, argv, &options, event);
        for written in found.writes(argv) {
            let Some(mut path) = self.subjects(&written.file, words, at.span, env).into_iter().next() else { continue };
            let of = written.content.of.first().map(|s| self.subjects(s, words, at.span, env)).unwrap_or_default();
            if let Some(source) = of.first() {
                super::subjects::within_folder(source, &mut path);
            }
            let content = self.yielded(&written.content, found, words, at, env);
            self.at_hand(&content, at.span);
            self.store(&path.value, &content, false, (at.node, at.span), env);
        }
        let printed = found.stdout(argv).map(|printed| self.yielded(&printed, found, words, at, env));
        if let Some(value) = printed.as_ref().filter(|v| self.kind_of(v) == Kind::Checksum) {
            self.at_hand(value, at.span);
        }
        printed
    }

    /// What the options of a command say, by their roles.
    fn options(&self, found: &Match, words: &Words, argv: &[&str], at: &At, env: &Env) -> BTreeMap<String, Vec<OptionValue>> {
        let mut options: BTreeMap<String, Vec<OptionValue>> = BTreeMap::new();
        for option in found.options(argv) {
            let value = match &option.value {
                tools::OptionValue::Written(slice) => words.value(slice),
                tools::OptionValue::True => Value::literal("true"),
                tools::OptionValue::Fixed(text) => Value::literal(text),
            };
            let span = option.place.as_ref().map_or(at.span, |p| words.span(p));
            // `--key env://NAME` is the key that the variable holds.
            let named = value.known().and_then(|text| text.strip_prefix("env://"));
            let held = match named.and_then(|name| env.variables.get(name)) {
                Some(Variable::Scalar(held)) if held.any(|t| self.is_secret(t)) => Some(held.clone()),
                _ => None,
            };
            let given = options.entry(option.role.to_owned()).or_default();
            given.push(OptionValue { value, span });
            given.extend(held.map(|value| OptionValue { value, span }));
        }
        let switched_on = |span: Span| OptionValue { value: Value::literal("true"), span };
        for (role, span) in self.weakening_switches(words, argv) {
            options.entry(role).or_insert_with(|| vec![switched_on(span)]);
        }
        if words.spared {
            options.entry("hidden-options".to_owned()).or_default().push(switched_on(at.span));
        }
        options
    }

    fn is_secret(&self, text: &Text) -> bool {
        text.symbols().any(|id| self.symbols.get(id).kind == Kind::Secret)
    }

    /// What is printed, written or put out.
    pub(super) fn yielded(&mut self, content: &Yield, found: &Match, words: &Words, at: &At, env: &mut Env) -> Value {
        let about: Vec<Subject> = content.of.iter().flat_map(|s| self.subjects(s, words, at.span, env)).collect();
        let shown: Vec<String> = about.iter().map(|s| s.value.display(&self.symbols)).collect();
        let mut key = [found.tool, found.verb.as_str()].iter().filter(|w| !w.is_empty()).copied().collect::<Vec<_>>().join(" ");
        if !shown.is_empty() {
            key = format!("{key} {}", shown.join(" "));
        }
        if content.lookup {
            // The same question asked again may get another answer.
            key = format!("{key}\u{1f}{}", at.node);
        }
        let is_weak = content.content == Content::WeakChecksum;
        if is_weak {
            // The same program computes both kinds.
            key.push_str("\u{1f}weak");
        }
        let kind = kind_of(content.content);
        let span = about.first().map_or(at.span, |s| s.span);
        // Of a file that comes from one of several URLs the first stands for all; of an image only one that is sure is the one.
        let symbols = &mut self.symbols;
        let subject = about.first().and_then(|s| match s.artifact {
            Artifact::Url => s.value.alternatives().first().cloned(),
            Artifact::File => Some(symbols.folded(&s.value)),
            _ => s.value.single().cloned(),
        });
        let known = self.symbols.intern(Symbol {
            key,
            kind,
            lookup: content.lookup,
            subject,
            span: Some(span),
            node: Some(at.node),
            is_set: false,
            is_weak,
        });
        if !content.fields.is_empty() {
            self.fields.entry(known).or_insert_with(|| content.fields.iter().map(|(k, c)| (k.clone(), kind_of(*c))).collect());
        }
        Value::symbol(known).from(at.span, if content.lookup { "looked up here" } else { "produced here" })
    }
}

/// Where an application stands.
#[derive(Clone)]
pub(super) struct At {
    pub(super) node: NodeId,
    pub(super) origin: Origin,
    pub(super) branch: bool,
    pub(super) span: Span,
}

/// The abstract kind of a type of the data.
pub(super) fn kind_of(content: Content) -> Kind {
    match content {
        Content::Digest => Kind::Digest,
        Content::ImageId => Kind::ImageId,
        Content::Reference => Kind::DigestReference,
        Content::Tag | Content::Tags => Kind::Tag,
        Content::Checksum | Content::WeakChecksum => Kind::Checksum,
        Content::Json | Content::Manifest | Content::Payload | Content::Log => Kind::Metadata,
        Content::Artifact => Kind::Fetched,
        Content::Signature | Content::Attestation | Content::Key | Content::Path | Content::Text => Kind::Unknown,
    }
}

/// The host of a URL.
pub(super) fn host(text: &str) -> Option<String> {
    let rest = text.split_once("://")?.1;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    Some(host.to_owned()).filter(|h| !h.is_empty() && !h.contains(['"', '\'', '{', '}', ' ']))
}

/// A file by its name, in a folder.
fn inside(folder: &str, file: &Value) -> Value {
    let folder = Value::literal(&format!("{}/", folder.trim_end_matches('/')));
    folder.then(&file.map(|path| path.split(|c| c == '/').pop().unwrap_or_default()))
}
