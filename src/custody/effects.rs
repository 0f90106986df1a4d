//! What programs and actions do to artifacts: applies the tools' data to expanded words.

use super::command::Call;
use super::graph::NodeId;
use super::interpret::{Ctx, Env, Out, Variable, Walk};
use super::model::{OptionValue, RawEvent, RawWeakness, Subject};
use super::value::{Kind, Symbol, Text, Value};
use super::{dockerfile, manifest};
use crate::facts::{Artifact, EventKind, Origin};
use crate::source::Span;
use crate::tools::{self, Content, Match, Slice, SubjectForm, Yield};
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

type Places = Rc<Vec<(Range<usize>, Span)>>;

/// The words of a command (or inputs of an action) as the tools see them, with what they really hold.
pub(super) struct Words {
    pub(super) masked: Vec<String>,
    pub(super) values: Vec<Value>,
    places: Vec<Places>,
    whole: Vec<Span>,
}

impl Words {
    pub(super) fn new() -> Self {
        Words { masked: Vec::new(), values: Vec::new(), places: Vec::new(), whole: Vec::new() }
    }

    pub(super) fn push(&mut self, value: Value, places: Places, whole: Span) {
        self.masked.push(masked(&value));
        self.values.push(value);
        self.places.push(places);
        self.whole.push(whole);
    }

    pub(super) fn argv(&self) -> Vec<&str> {
        self.masked.iter().map(String::as_str).collect()
    }

    /// The value of a slice.
    fn value(&self, slice: &Slice) -> Value {
        let Some(value) = self.values.get(slice.arg) else { return Value::default() };
        let whole = slice.range == (0..self.masked[slice.arg].len());
        if whole {
            return value.clone();
        }
        let to_end = slice.range.end == self.masked[slice.arg].len();
        value.map(|text| {
            let end = if to_end { usize::MAX } else { slice.range.end };
            text.slice_masked(slice.range.start..end)
        })
    }

    /// Where the text of a slice was written, which may be the assignment of the variable that holds it.
    fn written(&self, slice: &Slice) -> Span {
        let Some(value) = self.values.get(slice.arg) else { return self.span(slice) };
        match (&value.places, value.origins.first()) {
            (Some(places), _) => narrow(places, &slice.range).unwrap_or_else(|| self.span(slice)),
            (None, Some(origin)) => origin.span,
            (None, None) => self.span(slice),
        }
    }

    fn span(&self, slice: &Slice) -> Span {
        let whole = self.whole.get(slice.arg).copied().unwrap_or_default();
        if self.values.get(slice.arg).is_some_and(|v| v.single().is_none()) {
            // Alternatives have different lengths: all that is sure is where the slice starts.
            let start = self.places.get(slice.arg).and_then(|places| narrow(places, &slice.range)).unwrap_or(whole);
            return if whole.contains(start) { Span { end: whole.end, ..start } } else { whole };
        }
        self.places.get(slice.arg).and_then(|places| narrow(places, &slice.range)).unwrap_or(whole)
    }
}

/// The place of a range of masked text.
pub(super) fn narrow(places: &[(Range<usize>, Span)], range: &Range<usize>) -> Option<Span> {
    let mut found: Option<Span> = None;
    for (decoded, span) in places {
        if decoded.end <= range.start || decoded.start >= range.end {
            continue;
        }
        let source = span.range();
        let exact = decoded.len() == source.len();
        let start = if exact { source.start + range.start.saturating_sub(decoded.start) } else { source.start };
        let end = if exact { source.end - decoded.end.saturating_sub(range.end) } else { source.end };
        let part = Span::new(span.file, start..end);
        found = Some(found.map_or(part, |f| f.to(part)));
    }
    found
}

/// A value as the tools see it: what differs between alternatives is unknown.
fn masked(value: &Value) -> String {
    if let Some(text) = value.single() {
        return text.masked();
    }
    let mut texts = value.alternatives().iter().map(Text::masked);
    let mut prefix = texts.next().unwrap_or_default();
    for text in texts {
        let common = prefix.char_indices().zip(text.chars()).take_while(|((_, a), b)| a == b).last();
        let end = common.map_or(0, |((i, c), _)| i + c.len_utf8());
        prefix.truncate(end);
    }
    prefix.push('\u{FFFC}');
    prefix
}

impl Walk<'_> {
    /// A command that is no builtin, function or script.
    pub(super) fn program(&mut self, call: &Call, skip: usize, entry: NodeId, env: &mut Env, ctx: &Ctx) -> Out {
        if let Some(expanded) = self.with_stdin_items(call, skip, env) {
            return self.call(&expanded, 0, entry, env, ctx);
        }
        let mut words = Words::new();
        for field in &call.fields[skip..] {
            let places = field.pieces.iter().map(|(range, at)| (range.clone(), ctx.span(at))).collect();
            words.push(field.value.clone(), Rc::new(places), ctx.span(&field.at));
        }
        self.environment_of(call);
        let name = words.masked.first().map(|w| w.rsplit('/').next().unwrap_or(w).to_owned()).unwrap_or_default();
        let (node, out) = self.outcome(entry, env, ctx);
        self.streams(&name, call, skip, node, env, ctx);
        self.runs_download(&name, call, skip, node, env, ctx);
        let place = At { node, origin: Origin::Command, branch: ctx.branch, span: call.span };
        let printed = self.apply_words(&words, &place, env);
        if env.stdout.is_some() {
            let printed = match printed {
                Some(value) => value,
                None => self.filtered(&name, call, skip, env),
            };
            self.print(&printed, env);
        }
        out
    }

    /// Recognises the words and applies what the data says; the value that is printed, if known.
    pub(super) fn apply_words(&mut self, words: &Words, at: &At, env: &mut Env) -> Option<Value> {
        let argv = words.argv();
        let toolbox = self.world.toolbox;
        let found = toolbox.recognise(&argv)?;
        let printed = self.apply(&found, words, &argv, at, env);
        if let Some(launch) = found.launch(&argv) {
            let image = launch.image.text(&argv).to_owned();
            let mut inner = Words::new();
            let first = launch.entrypoint.iter().cloned();
            let rest = (launch.arguments..argv.len()).map(|arg| Slice::whole(arg, argv[arg]));
            for slice in first.chain(rest) {
                inner.push(words.value(&slice), Rc::clone(&words.places[slice.arg]), words.span(&slice));
            }
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
        let mut options: BTreeMap<String, Vec<OptionValue>> = BTreeMap::new();
        for option in found.options(argv) {
            let value = match &option.value {
                tools::OptionValue::Written(slice) => words.value(slice),
                tools::OptionValue::True => Value::literal("true"),
                tools::OptionValue::Fixed(text) => Value::literal(text),
            };
            let span = option.place.as_ref().map_or(at.span, |p| words.span(p));
            options.entry(option.role.to_owned()).or_default().push(OptionValue { value, span });
        }
        let first = self.records.events.len();
        for event in found.events(argv) {
            let mut own = options.clone();
            for (role, text) in event.options {
                own.entry(role.clone()).or_default().push(OptionValue { value: Value::literal(text), span: at.span });
            }
            let references = event.reference.as_ref().map(|s| self.subjects(s, words, at.span, env));
            let sources = event.source.as_ref().map(|s| self.subjects(s, words, at.span, env));
            let destinations = event.destination.as_ref().map(|s| self.subjects(s, words, at.span, env));
            if event.kind == EventKind::Compare && !self.compares_content(&sources, &destinations, env) {
                continue;
            }
            let count = [&references, &sources, &destinations].iter().filter_map(|l| l.as_ref().map(Vec::len)).max().unwrap_or(1);
            if [&references, &sources].iter().any(|l| l.as_ref().is_some_and(Vec::is_empty)) {
                continue;
            }
            let pick = |list: &Option<Vec<Subject>>, i: usize| list.as_ref().and_then(|l| l.get(i).or(l.last())).cloned();
            let own = Rc::new(own);
            for i in 0..count {
                let (source, mut destination) = (pick(&sources, i), pick(&destinations, i));
                if let (EventKind::Copy, Some(source), Some(destination)) = (event.kind, &source, &mut destination) {
                    within_repository(source, destination);
                }
                self.records.event(RawEvent {
                    kind: event.kind,
                    tool: Rc::clone(&tool),
                    verb: found.verb.as_str().into(),
                    reference: pick(&references, i),
                    source,
                    destination,
                    options: Rc::clone(&own),
                    node: at.node,
                    fails_by_success: false,
                    origin: at.origin,
                    place: self.place.clone(),
                    branch: at.branch,
                    span: at.span,
                });
            }
        }
        let event = (first < self.records.events.len()).then_some(first);
        if self.records.events[first..].iter().any(|e| e.kind == EventKind::Build) {
            self.base_images(&options);
        }
        let mut weaknesses = found.weaknesses(argv);
        weaknesses.extend(self.weak_alternatives(words, argv));
        for weakness in weaknesses {
            let flag = argv.get(weakness.place.arg).copied().unwrap_or_default();
            let host = event.and_then(|e| self.host_of(e, flag)).or_else(|| argv.iter().find_map(|a| host(a)));
            let span = words.written(&weakness.place);
            let mut text = self.world.sources.text(span).to_owned();
            if text.chars().count() == 1 {
                // One letter of a bundle of switches.
                text.insert(0, '-');
            }
            let place = self.place.clone();
            let origins = words.values.get(weakness.place.arg).map(|v| v.origins.clone()).unwrap_or_default();
            self.records.weaknesses.push(RawWeakness {
                kind: weakness.kind.to_owned(),
                origins,
                text,
                tool: Rc::clone(&tool),
                host,
                event,
                span,
                place,
            });
        }
        for written in found.writes(argv) {
            let Some(path) = self.subjects(&written.file, words, at.span, env).into_iter().next() else { continue };
            let content = self.yielded(&written.content, found, words, at, env);
            self.store(&path.value, &content, false, at.span, env);
        }
        found.stdout(argv).map(|printed| self.yielded(&printed, found, words, at, env))
    }

    /// Whether files that are compared hold digests or checksums: `diff` of anything else checks no artifact.
    fn compares_content(&mut self, sources: &Option<Vec<Subject>>, destinations: &Option<Vec<Subject>>, env: &Env) -> bool {
        let subjects: Vec<Value> = [sources, destinations].into_iter().flatten().flatten().map(|s| s.value.clone()).collect();
        subjects.iter().any(|path| {
            let named = path
                .known()
                .is_some_and(|p| ["sha256", "sha512", "digest", "checksum"].iter().any(|w| p.to_ascii_lowercase().contains(w)));
            let content = self.content(path, env);
            named || self.is_content(&content)
        })
    }

    /// Weaknesses that some alternative of a value has: `--tls-verify=$VERIFY` where `VERIFY` may be `false`.
    fn weak_alternatives(&self, words: &Words, argv: &[&str]) -> Vec<tools::WeaknessUse> {
        let mut found = Vec::new();
        for (arg, value) in words.values.iter().enumerate().filter(|(_, v)| (2..=6).contains(&v.alternatives().len())) {
            for text in value.alternatives() {
                let masked = text.masked();
                let mut variant = argv.to_vec();
                variant[arg] = &masked;
                let Some(other) = self.world.toolbox.recognise(&variant) else { continue };
                found.extend(
                    other
                        .weaknesses(&variant)
                        .into_iter()
                        .filter(|w| w.place.arg == arg)
                        .map(|w| tools::WeaknessUse { place: Slice { arg, range: 0..words.masked[arg].len() }, ..w }),
                );
            }
        }
        found.dedup();
        found
    }

    /// The `FROM` images of the Dockerfile that a build names, or of the one in its context.
    fn base_images(&mut self, options: &BTreeMap<String, Vec<OptionValue>>) {
        let option = |role: &str| options.get(role).and_then(|v| v.first()).and_then(|v| v.value.known()).map(str::to_owned);
        let context = option("context").filter(|c| !c.contains("://")).unwrap_or_default();
        let context = context.trim_start_matches("./").trim_end_matches('/').trim_start_matches('.').to_owned();
        let within = if context.is_empty() { "Dockerfile".to_owned() } else { format!("{context}/Dockerfile") };
        let paths = option("file").map_or_else(|| vec![within], |f| vec![f.clone(), format!("{context}/{f}")]);
        let found = paths.iter().find_map(|p| self.world.files.read(p.trim_start_matches("./")));
        let Some((file, text)) = found else { return };
        if self.records.base_images.iter().any(|i| i.subject.span.file == file) {
            return;
        }
        for base in dockerfile::base_images(&text) {
            let mut value = Text::default();
            for (i, part) in base.image.split('\u{FFFC}').enumerate() {
                if i > 0 {
                    value.push(super::value::Atom::Symbol(self.symbols.named("build argument", Kind::Unknown)));
                }
                value.extend(&Text::literal(part));
            }
            let span = Span::new(file, base.range.clone());
            let text = text.get(base.range).unwrap_or("").to_owned();
            let subject =
                Subject { artifact: Artifact::Image, value: Value::text(value), text, span, is_local: false, is_default: false };
            self.records.base_images.push(super::model::RawImage { role: "base", subject, place: self.place.clone() });
        }
    }

    /// The host that a flag is about: `--dest-tls-verify` is about the destination.
    fn host_of(&self, event: usize, flag: &str) -> Option<String> {
        let event = &self.records.events[event];
        let far = event.destination.as_ref().filter(|_| flag.contains("dest"));
        let subject = far.or(event.reference.as_ref()).or(event.source.as_ref()).or(event.destination.as_ref())?;
        let text = subject.value.alternatives().first()?;
        match subject.artifact {
            Artifact::Image => super::refer::named(text, &self.symbols).registry,
            _ => host(&text.masked()),
        }
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
        let kind = kind_of(content.content);
        let span = about.first().map_or(at.span, |s| s.span);
        let subject = about.first().and_then(|s| s.value.single().cloned());
        let known =
            self.symbols.intern(Symbol { key, kind, lookup: content.lookup, subject, span: Some(span), node: Some(at.node) });
        if !content.fields.is_empty() {
            self.fields.entry(known).or_insert_with(|| content.fields.iter().map(|(k, c)| (k.clone(), kind_of(*c))).collect());
        }
        Value::symbol(known).from(at.span, if content.lookup { "looked up here" } else { "produced here" })
    }

    /// The artifacts that a subject of the data names.
    fn subjects(&mut self, subject: &tools::Subject, words: &Words, at: Span, env: &Env) -> Vec<Subject> {
        let plain = |value: Value, span: Span, text: String| Subject {
            artifact: subject.artifact,
            value,
            text,
            span,
            is_local: subject.local,
            is_default: false,
        };
        let written = |slice: &Slice| {
            let span = words.span(slice);
            plain(words.value(slice), span, self.world.sources.text(span).to_owned())
        };
        match &subject.form {
            SubjectForm::Written(slice) => vec![written(slice)],
            SubjectForm::Basename(slice) => {
                let mut named = written(slice);
                named.value = named.value.map(|t| t.split(|c| c == '/').pop().unwrap_or_default());
                vec![named]
            }
            SubjectForm::Fixed(text) => {
                vec![Subject { is_default: true, ..plain(Value::literal(text), at, (*text).to_owned()) }]
            }
            SubjectForm::Assembled(parts) => self.assembled(parts, words, subject),
            SubjectForm::ManifestStdin => env.stdin.as_ref().map(|v| self.manifest_images(v)).unwrap_or_default(),
            SubjectForm::Manifest(slice) => {
                let path = words.value(slice).display(&self.symbols);
                env.files.get(path.trim_start_matches("./")).map(|v| self.manifest_images(v)).unwrap_or_default()
            }
            SubjectForm::FixedManifest(path) => env.files.get(*path).map(|v| self.manifest_images(v)).unwrap_or_default(),
            SubjectForm::Listed(slice) => vec![written(slice)],
            SubjectForm::ListedStdin => env.stdin.as_ref().map(|v| listed(v, subject.artifact)).unwrap_or_default(),
            SubjectForm::Stdin => env.stdin.as_ref().and_then(|v| self.fetched(v)).into_iter().collect(),
            SubjectForm::Stdout => Vec::new(),
        }
    }

    /// `--set image.repository=..,image.tag=..` as one reference.
    fn assembled(&self, parts: &tools::Assembled, words: &Words, subject: &tools::Subject) -> Vec<Subject> {
        let value = |slice: &Option<Slice>| slice.as_ref().map(|s| words.value(s));
        let unknown = || Value::literal("chart-image");
        let mut all = match (value(&parts.registry), value(&parts.repository)) {
            (Some(registry), Some(repository)) => registry.then(&Value::literal("/")).then(&repository),
            (_, Some(repository)) => repository,
            _ => unknown(),
        };
        if let Some(tag) = value(&parts.tag).filter(|t| t.known() != Some("")) {
            all = all.then(&Value::literal(":")).then(&tag);
        }
        if let Some(digest) = value(&parts.digest).filter(|d| d.known() != Some("")) {
            all = all.then(&Value::literal("@")).then(&digest);
        }
        let slices = [&parts.registry, &parts.repository, &parts.tag, &parts.digest];
        let Some(span) = slices.iter().filter_map(|s| s.as_ref()).map(|s| words.span(s)).reduce(Span::to) else {
            return Vec::new();
        };
        let text = all.display(&self.symbols);
        vec![Subject { artifact: subject.artifact, value: all, text, span, is_local: subject.local, is_default: false }]
    }

    /// The images of a manifest that was written in the pipeline.
    fn manifest_images(&self, manifest: &Value) -> Vec<Subject> {
        let (Some(text), Some(places)) = (manifest.single(), &manifest.places) else { return Vec::new() };
        let masked = text.masked();
        let mut found = Vec::new();
        for range in manifest::images(&masked) {
            let Some(span) = narrow(places, &range) else { continue };
            let mut value = Value::text(text.slice_masked(range));
            value.origins.clone_from(&manifest.origins);
            let text = self.world.sources.text(span).to_owned();
            found.push(Subject { artifact: Artifact::Image, value, text, span, is_local: false, is_default: false });
        }
        found
    }

    /// `xargs cmd`: the command with what is piped in.
    fn with_stdin_items<'c>(&mut self, call: &Call<'c>, skip: usize, env: &mut Env) -> Option<Call<'c>> {
        if call.text(skip)?.rsplit('/').next() != Some("xargs") {
            return None;
        }
        let (mut at, mut replace) = (skip + 1, None);
        while let Some(word) = call.text(at).filter(|w| w.starts_with('-')) {
            at += 1;
            match word {
                "-I" | "-i" | "--replace" => {
                    replace = call.text(at).map(str::to_owned);
                    at += 1;
                }
                "-n" | "-P" | "-L" | "-d" | "-s" | "-a" | "--max-args" | "--max-procs" | "--delimiter" => at += 1,
                _ if word.starts_with("-I") => replace = Some(word[2..].to_owned()),
                _ => {}
            }
        }
        let input = env.stdin.take().unwrap_or_default();
        let mut items: Option<Value> = None;
        for part in input.alternatives().iter().flat_map(|t| t.split(|c| c.is_ascii_whitespace())) {
            let part = Value::text(part);
            items = Some(items.map_or_else(|| part.clone(), |all| all.or(&part)));
        }
        let mut items = items.unwrap_or_default();
        items.origins.clone_from(&input.origins);
        let mut fields: Vec<_> = call.fields.get(at..).filter(|f| !f.is_empty())?.to_vec();
        match replace {
            Some(marker) => {
                for field in &mut fields {
                    let Some(text) = field.value.known().filter(|t| t.contains(&marker)).map(str::to_owned) else { continue };
                    let mut value = Value::default();
                    for (i, part) in text.split(&marker).enumerate() {
                        if i > 0 {
                            value = value.then(&items);
                        }
                        value = value.then(&Value::literal(part));
                    }
                    field.value = value;
                    field.pieces = Rc::default();
                }
            }
            None => {
                let at = call.fields.last().map_or(0..0, |f| f.at.clone());
                fields.push(super::expand::Field { value: items, at, pieces: Rc::default(), variable: None });
            }
        }
        Some(Call { fields, at: call.at, span: call.span, environment: call.environment.clone() })
    }

    /// Settings made in front of a command.
    fn environment_of(&mut self, call: &Call) {
        for (name, value, span) in &call.environment {
            self.weak_environment(name, &Variable::Scalar(value.clone()), *span, true);
        }
    }

    /// Records a setting that weakens something.
    pub(super) fn weak_environment(&mut self, name: &str, value: &Variable, span: Span, applies: bool) {
        let Variable::Scalar(value) = value else { return };
        let Some(text) = value.single().map(Text::masked).filter(|_| applies) else { return };
        for spec in self.world.toolbox.environment(name, &text) {
            let Some(kind) = spec.weakness.clone() else { continue };
            let tool = spec.tool.as_deref().unwrap_or("").into();
            let written = self.world.sources.text(span).to_owned();
            let place = self.place.clone();
            self.records.weaknesses.push(RawWeakness {
                origins: value.origins.clone(),
                kind,
                text: written,
                tool,
                host: None,
                event: None,
                span,
                place,
            });
        }
    }

    /// `curl .. | bash` and its other forms: text from elsewhere that is executed as it arrives.
    pub(super) fn streams(&mut self, name: &str, call: &Call, skip: usize, node: NodeId, env: &Env, ctx: &Ctx) {
        if !INTERPRETERS.contains(&name) {
            return;
        }
        let arguments = &call.fields[skip + 1..];
        let evaluates = matches!(name, "eval" | "iex" | "Invoke-Expression");
        let mut fetched = None;
        let mut takes_stdin = true;
        for field in arguments {
            let text = field.value.known();
            if text.is_some_and(|t| t.starts_with('-') && t != "-c" && t != "-" && t != "-s") {
                continue;
            }
            let value = match text {
                Some(path) if path.starts_with("<(") => env.files.get(path).cloned(),
                _ => Some(field.value.clone()),
            };
            fetched = fetched.or_else(|| value.as_ref().and_then(|v| self.fetched(v)));
            takes_stdin &= matches!(text, Some("-" | "-s" | "/dev/stdin" | "--"));
            if !evaluates && fetched.is_some() {
                break;
            }
        }
        if takes_stdin || call.text(skip + 1) == Some("-s") {
            fetched = fetched.or_else(|| env.stdin.as_ref().and_then(|v| self.fetched(v)));
        }
        let Some(source) = fetched else { return };
        self.records.event(RawEvent {
            kind: EventKind::Stream,
            tool: name.into(),
            verb: "".into(),
            reference: Some(source),
            source: None,
            destination: None,
            options: Rc::default(),
            node,
            fails_by_success: false,
            origin: Origin::Command,
            place: self.place.clone(),
            branch: ctx.branch,
            span: call.span,
        });
    }

    /// A file that was downloaded and is now run, by itself or by an interpreter.
    fn runs_download(&mut self, name: &str, call: &Call, skip: usize, node: NodeId, env: &Env, ctx: &Ctx) {
        let index = if INTERPRETERS.contains(&name) {
            let operand = |i: &usize| call.text(*i).is_none_or(|t| !t.starts_with('-'));
            (skip + 1..call.fields.len()).find(operand)
        } else {
            Some(skip)
        };
        let Some(field) = index.and_then(|i| call.fields.get(i)) else { return };
        let Some(path) = field.value.known() else { return };
        let base = path.rsplit('/').next().unwrap_or(path);
        let holds = |p: &str| env.files.get(p).is_some_and(|v| self.fetched(v).is_some());
        if !(holds(path.trim_start_matches("./")) || path.starts_with('/') && holds(base)) {
            return;
        }
        let span = ctx.span(&field.at);
        let text = self.world.sources.text(span).to_owned();
        let reference =
            Subject { artifact: Artifact::File, value: Value::literal(path), text, span, is_local: false, is_default: false };
        self.records.event(RawEvent {
            kind: EventKind::Run,
            tool: name.into(),
            verb: "".into(),
            reference: Some(reference),
            source: None,
            destination: None,
            options: Rc::default(),
            node,
            fails_by_success: false,
            origin: Origin::Command,
            place: self.place.clone(),
            branch: ctx.branch,
            span: call.span,
        });
    }

    /// What was fetched, if the value is text from elsewhere.
    fn fetched(&self, value: &Value) -> Option<Subject> {
        let id = value.alternatives().iter().flat_map(Text::symbols).find(|id| self.symbols.get(*id).kind == Kind::Fetched)?;
        let symbol = self.symbols.get(id);
        let span = symbol.span?;
        let text = self.world.sources.text(span).to_owned();
        let value = Value::text(symbol.subject.clone().unwrap_or_default());
        Some(Subject { artifact: Artifact::Url, value, text, span, is_local: false, is_default: false })
    }
}

/// Programs that execute text.
const INTERPRETERS: &[&str] = &[
    "bash",
    "sh",
    "zsh",
    "dash",
    "ksh",
    "ash",
    "fish",
    "python",
    "python3",
    "python2",
    "perl",
    "ruby",
    "node",
    "php",
    "pwsh",
    "powershell",
    "eval",
    "source",
    ".",
    "iex",
    "Invoke-Expression",
];

/// A copy to a bare word (`crane tag repo@sha256:.. latest`) adds a tag in the source's repository.
fn within_repository(source: &Subject, destination: &mut Subject) {
    let bare = |t: &Text| !t.masked().contains(['/', ':', '@']) && t.literal_len() > 0;
    let (Some(from), true) = (source.value.alternatives().first(), destination.value.all(bare)) else { return };
    let masked = from.masked();
    let end = masked.find('@').unwrap_or(masked.len());
    let path = masked[..end].rfind('/').map_or(0, |slash| slash + 1);
    let end = masked[path..end].find(':').map_or(end, |colon| path + colon);
    let repository = Value::text(from.slice_masked(0..end));
    let origins = std::mem::take(&mut destination.value.origins);
    destination.value = repository.then(&Value::literal(":")).then(&destination.value);
    destination.value.origins = origins;
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
        Content::Checksum => Kind::Checksum,
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
    Some(host.to_owned()).filter(|h| !h.is_empty())
}

/// The files of checksum lines (`<sum>  <name>`).
fn listed(lines: &Value, artifact: Artifact) -> Vec<Subject> {
    let mut found = Vec::new();
    for line in lines.alternatives().iter().flat_map(|t| t.split(|c| c == '\n')) {
        let Some(name) = line.split(|c| c == ' ' || c == '*').pop() else { continue };
        let places = lines.places.as_ref().and_then(|p| p.first().map(|(_, s)| *s));
        let span = places.or_else(|| lines.origins.last().map(|o| o.span)).unwrap_or_default();
        found.push(Subject { artifact, value: Value::text(name), text: String::new(), span, is_local: false, is_default: false });
    }
    found
}
