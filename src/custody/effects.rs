//! What programs and actions do to artifacts: applies the tools' data to expanded words.

use super::cmdlets;
use super::command::Call;
use super::filepath::base;
use super::graph::NodeId;
use super::interpret::{Ctx, Env, Out, Variable, Walk};
use super::model::{OptionValue, RawEvent, RawWeakness, Subject};
use super::servers::name_servers;
use super::value::{self, ASKED_FOR, Kind, Symbol, Text, Value};
use crate::facts::{Artifact, EventKind, Origin};
use crate::source::Span;
use crate::tools::{self, Content, Match, Slice, Yield};
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

/// The role of an option that describes a pod.
const POD: &str = "pod";

/// How the tools' data names steps of Jenkins.
const STEP: &str = "jenkins-step:";

/// Letters of the name of an argument and of what stands before its value.
const MAX_NAMED: u32 = 40;

type Places = Rc<Vec<(Range<usize>, Span)>>;

/// The words of a command (or inputs of an action) as the tools see them, with what they really hold.
pub(super) struct Words {
    pub(super) masked: Vec<String>,
    pub(super) values: Vec<Value>,
    places: Vec<Places>,
    whole: Vec<Span>,
    /// Which of them may be no word at all, or several.
    elastic: Vec<bool>,
    /// Whether some were left out that may hold options.
    spared: bool,
}

impl Words {
    pub(super) fn new() -> Self {
        Words {
            masked: Vec::new(),
            values: Vec::new(),
            places: Vec::new(),
            whole: Vec::new(),
            elastic: Vec::new(),
            spared: false,
        }
    }

    pub(super) fn push(&mut self, value: Value, places: Places, whole: Span) {
        self.masked.push(masked(&value));
        self.values.push(value);
        self.places.push(places);
        self.whole.push(whole);
        self.elastic.push(false);
    }

    /// Says of the last word that it may be none. One that is some flag or nothing (`$retry` with `--retry 3` or empty) is no operand.
    fn last_is_elastic(&mut self, elastic: bool) {
        if let Some(last) = self.elastic.last_mut() {
            *last = elastic;
        }
        let is_flag = |t: &Text| t.known().is_some_and(|k| k.is_empty() || k.starts_with('-'));
        if let (true, Some(value), Some(masked)) = (elastic, self.values.last(), self.masked.last_mut())
            && value.alternatives().len() > 1
            && value.all(is_flag)
        {
            "-\u{FFFC}".clone_into(masked);
        }
    }

    /// Puts another value in the place of a word. Where it stands stays the same.
    pub(super) fn replace(&mut self, arg: usize, value: Value) {
        self.masked[arg] = masked(&value);
        self.values[arg] = value;
        self.places[arg] = Rc::default();
    }

    /// Leaves out words that are most likely flags or nothing: expansions in no quotes that are not known, where without them
    /// there are as many operands as the command takes.
    fn leave_out_spare<'t>(&mut self, recognise: impl Fn(&[&str]) -> Option<Match<'t>>) {
        while self.elastic.iter().skip(1).any(|e| *e) {
            let argv = self.argv();
            let vanishes = |arg: usize| self.values[arg].any(|t| t.known() == Some(""));
            let spare = recognise(&argv).and_then(|found| found.spare_operand(&argv, |arg| self.elastic[arg], vanishes));
            let Some(spare) = spare else {
                break;
            };
            self.masked.remove(spare);
            self.values.remove(spare);
            self.places.remove(spare);
            self.whole.remove(spare);
            self.elastic.remove(spare);
            self.spared = true;
        }
    }

    /// Adds a part of other words.
    pub(super) fn take(&mut self, other: &Words, slice: &Slice) {
        let whole = slice.range == (0..other.masked[slice.arg].len());
        let places = if whole { Rc::clone(&other.places[slice.arg]) } else { Rc::default() };
        self.push(other.value(slice), places, other.span(slice));
        self.last_is_elastic(whole && other.elastic[slice.arg]);
    }

    pub(super) fn argv(&self) -> Vec<&str> {
        self.masked.iter().map(String::as_str).collect()
    }

    /// The value of a slice.
    pub(super) fn value(&self, slice: &Slice) -> Value {
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

    /// Whether a word is written nowhere in its command.
    pub(super) fn is_given(&self, slice: &Slice) -> bool {
        self.places.get(slice.arg).is_some_and(|places| places.is_empty())
    }

    /// The place of a whole word.
    pub(super) fn whole_span(&self, index: usize) -> Span {
        self.whole.get(index).copied().unwrap_or_default()
    }

    pub(super) fn span(&self, slice: &Slice) -> Span {
        let whole = self.whole_span(slice.arg);
        let places = self.places.get(slice.arg).map(|places| places.as_slice()).unwrap_or_default();
        let Some(found) = narrow(places, &slice.range).filter(|found| whole.contains(*found)) else {
            return narrow(places, &slice.range).unwrap_or(whole);
        };
        if found.start == whole.start && slice.range == (0..self.masked[slice.arg].len()) {
            // The whole word, with the quotes in it: `--flag="value"`.
            return whole;
        }
        if self.values.get(slice.arg).is_some_and(|v| v.single().is_none()) {
            // Alternatives have different lengths: all that is sure is where the slice starts. It ends without the quote that closes the word.
            let end = places.last().filter(|(_, last)| whole.contains(*last)).map_or(whole.end, |(_, last)| last.end);
            return Span { end: end.max(found.end), ..found };
        }
        found
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
        self.environment_of(call);
        let name = words.masked.first().map(|w| base(w).to_owned()).unwrap_or_default();
        if !(found.is_some() || super::filter::is_harmless(&name)) {
            self.unseen = true;
            self.unread(call, skip);
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
        self.moves(&name, call, skip, node, env);
        self.matched(&name, call, skip, node, env, ctx);
        let place = At { node, origin: Origin::Command, branch: ctx.branch, span: call.span };
        let printed = found.and_then(|found| self.apply_found(&found, &words, &place, env));
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
            let sources = event.source.as_ref().map(|s| self.subjects(s, words, at.span, env));
            let destinations = event.destination.as_ref().map(|s| self.subjects(s, words, at.span, env));
            let lines = event.reference.as_ref().filter(|_| event.kind == EventKind::Verify);
            if let Some(lines) = lines.and_then(|list| self.checksum_lines(list, words, env)) {
                own.entry("expected".to_owned()).or_default().push(OptionValue { value: lines.clone(), span: at.span });
            }
            if event.kind == EventKind::Compare && !self.compares_content(&sources, &destinations, env) {
                continue;
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
            for i in 0..count {
                let (source, mut destination) = (pick(&sources, i), pick(&destinations, i));
                if let (EventKind::Copy, Some(source), Some(destination)) = (event.kind, &source, &mut destination) {
                    super::subjects::within_repository(source, destination);
                }
                if let (EventKind::Download, Some(source), Some(destination)) = (event.kind, &source, &mut destination) {
                    super::subjects::within_folder(source, destination);
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
            self.store(&path.value, &content, false, at.span, env);
        }
        let printed = found.stdout(argv).map(|printed| self.yielded(&printed, found, words, at, env));
        if let Some(value) = printed.as_ref().filter(|v| self.kind_of(v) == Kind::Checksum) {
            self.at_hand(value, at.span);
        }
        printed
    }

    /// Records what weakens a command.
    fn weakened(
        &mut self,
        found: &Match,
        words: &Words,
        argv: &[&str],
        options: &BTreeMap<String, Vec<OptionValue>>,
        event: Option<usize>,
    ) {
        let mut weaknesses: Vec<_> = found.weaknesses(argv).into_iter().map(|w| (w, None)).collect();
        weaknesses.extend(self.weak_alternatives(words, argv));
        for (weakness, made) in weaknesses {
            let flag = argv.get(weakness.place.arg).copied().unwrap_or_default();
            let host = match options.get("server").and_then(|o| o.first()) {
                Some(server) => account_host(&server.value),
                None => event.and_then(|e| self.host_of(e, flag)).or_else(|| argv.iter().find_map(|a| host(a))),
            };
            let mut span = made.as_ref().map_or_else(|| words.written(&weakness.place), |made| made.span);
            if span.range().len() == 1
                && self.world.sources.text(Span { start: span.start.saturating_sub(1), ..span }).starts_with('-')
            {
                // A switch with its dash, unless it stands further back in a bundle.
                span.start -= 1;
            }
            let mut text = self.world.sources.text(span).to_owned();
            if text.chars().count() == 1 {
                // One letter of a bundle of switches.
                text.insert(0, '-');
            } else if let Some(pair) = self.named_argument(span).filter(|_| found.tool.starts_with(STEP)) {
                span = pair;
                self.world.sources.text(span).clone_into(&mut text);
            } else if matches!(text.as_str(), "false" | "true" | "no" | "off") {
                // `git config http.sslVerify false`
                text = [found.tool, found.verb.as_str(), &text].join(" ");
            }
            let place = self.place.clone();
            let origins = words.values.get(weakness.place.arg).map(|v| v.origins.clone()).unwrap_or_default();
            let asked_for = match &made {
                Some(made) => &*made.what == ASKED_FOR,
                None => origins.iter().any(|o| &*o.what == ASKED_FOR),
            };
            self.records.weaknesses.push(RawWeakness {
                kind: weakness.kind.to_owned(),
                is_asked_for: self.is_asked_for || asked_for,
                origins,
                text,
                tool: found.tool.into(),
                host,
                event,
                span,
                place,
            });
        }
    }

    /// `name: value` in a call, of which the value is at hand.
    fn named_argument(&self, value: Span) -> Option<Span> {
        let before = (1..=MAX_NAMED).map_while(|back| {
            let start = value.start.checked_sub(back)?;
            Some((start, self.world.sources.text(Span { start, end: start + 1, ..value })))
        });
        let mut before = before.skip_while(|(_, letter)| *letter == " ");
        let (_, colon) = before.next()?;
        let is_part = |letter: &str| letter.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let (start, _) = before.take_while(|(_, letter)| is_part(letter)).last().filter(|_| colon == ":")?;
        Some(Span { start, ..value })
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
        if words.spared {
            let value = OptionValue { value: Value::literal("true"), span: at.span };
            options.entry("hidden-options".to_owned()).or_default().push(value);
        }
        options
    }

    fn is_secret(&self, text: &Text) -> bool {
        text.symbols().any(|id| self.symbols.get(id).kind == Kind::Secret)
    }

    /// Weaknesses that some alternative of a value has: `--tls-verify=$VERIFY` where `VERIFY` may be `false`.
    /// With where that one was made, if that is told.
    fn weak_alternatives(&self, words: &Words, argv: &[&str]) -> Vec<(tools::WeaknessUse, Option<value::Origin>)> {
        let mut found = Vec::new();
        for (arg, value) in words.values.iter().enumerate().filter(|(_, v)| (2..=6).contains(&v.alternatives().len())) {
            for text in value.alternatives() {
                let masked = text.masked();
                // In no quotes it may be several words.
                let several: Vec<&str> =
                    if words.elastic[arg] { masked.split_ascii_whitespace().collect() } else { vec![&masked] };
                let own = arg..arg + several.len();
                let mut variant = argv.to_vec();
                variant.splice(arg..=arg, several);
                let Some(other) = self.world.toolbox.recognise(&variant) else { continue };
                found.extend(
                    other
                        .weaknesses(&variant)
                        .into_iter()
                        .filter(|w| own.contains(&w.place.arg))
                        .map(|w| tools::WeaknessUse { place: Slice { arg, range: 0..words.masked[arg].len() }, ..w })
                        .map(|w| (w, self.made_at(value, &masked))),
                );
            }
        }
        found.dedup();
        found
    }

    /// Where a value got this text, as far as that is written there.
    fn made_at(&self, value: &Value, text: &str) -> Option<value::Origin> {
        value.origins.iter().find(|o| self.world.sources.text(o.span).contains(text)).cloned()
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
        // Of a file that comes from one of several URLs the first stands for all; of an image only one that is sure is the one.
        let subject = about.first().and_then(|s| match s.artifact {
            Artifact::Url => s.value.alternatives().first().cloned(),
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
        });
        if !content.fields.is_empty() {
            self.fields.entry(known).or_insert_with(|| content.fields.iter().map(|(k, c)| (k.clone(), kind_of(*c))).collect());
        }
        Value::symbol(known).from(at.span, if content.lookup { "looked up here" } else { "produced here" })
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
                is_asked_for: self.is_asked_for,
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
    Some(host.to_owned()).filter(|h| !h.is_empty() && !h.contains(['"', '\'', '{', '}', ' ']))
}

/// The host of `user@host`, if it is known.
fn account_host(account: &Value) -> Option<String> {
    let host = account.known()?.rsplit('@').next()?;
    Some(host.to_owned()).filter(|h| !h.is_empty())
}
