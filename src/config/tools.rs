//! `tools`: what an organisation's own programs, actions, library steps and tasks do, in fewer words than a data file needs.
//!
//! An entry is turned into the very types of `src/tools/data`, so whatever it says counts as if it were built in.

use super::Located;
use crate::facts::{Artifact, EventKind};
use crate::tools::select::{Condition, Pick, Place, Wanted};
use crate::tools::{ActionSpec, CommandSpec, Content, Document, EventSpec, Many, OutputSpec, Tool, Words, YieldSpec};
use schemars::JsonSchema;
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

/// What is wrong, and where in the config file.
type Wrong = (Range<usize>, String);

/// What one program, action, library step or task does to artifacts.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(rename = "Tool")]
pub struct ToolEntry {
    /// A program by its name, then the verb if the entry is about one: `acme release verify`.
    pub command: Option<Located<String>>,
    /// Images (without tag) that run the program, for containers that give it arguments alone.
    pub images: Words,
    /// An action or reusable workflow without its version: `owner/name`, `owner/name/path`, `./path`.
    pub action: Option<Located<String>>,
    /// A step of a Jenkins shared library or plugin: `acmePromote`.
    pub step: Option<Located<String>>,
    /// A Tekton task or step action by its name.
    pub task: Option<Located<String>>,
    /// Flags of the program that take a value, beside those named below; names of one flag are joined by `|`: `--out|-o`.
    pub values: Words,
    /// Flags that take none.
    pub switches: Words,
    /// Fails on a bad signature, attestation or checksum of this.
    #[schemars(with = "Option<Form>")]
    pub verifies: Option<Effect>,
    /// Fails if these two are not the same content (`source`, `destination`).
    #[schemars(with = "Option<Form>")]
    pub compares: Option<Effect>,
    /// Asks the registry which digest a tag has at that moment; prints it, or puts it out.
    #[schemars(with = "Option<Form>")]
    pub resolves: Option<Effect>,
    /// Signs it.
    #[schemars(with = "Option<Form>")]
    pub signs: Option<Effect>,
    /// Attaches an attestation.
    #[schemars(with = "Option<Form>")]
    pub attests: Option<Effect>,
    /// Builds an image.
    #[schemars(with = "Option<Form>")]
    pub builds: Option<Effect>,
    /// Pushes an image.
    #[schemars(with = "Option<Form>")]
    pub pushes: Option<Effect>,
    /// Pulls an image.
    #[schemars(with = "Option<Form>")]
    pub pulls: Option<Effect>,
    /// Runs an image, or executes a file.
    #[schemars(with = "Option<Form>")]
    pub runs: Option<Effect>,
    /// Puts it to use in an environment.
    #[schemars(with = "Option<Form>")]
    pub deploys: Option<Effect>,
    /// Copies from `source` to `destination`.
    #[schemars(with = "Option<Form>")]
    pub copies: Option<Effect>,
    /// Fetches a file: from the URL `source`, to the file `destination`.
    #[schemars(with = "Option<Form>")]
    pub downloads: Option<Effect>,
}

/// One thing that is done: to what, when, and what comes out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Effect {
    table: Table,
    span: Range<usize>,
}

/// How an effect may be written.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "for the schema alone")]
enum Form {
    /// Where the artifact's name stands.
    Place(String),
    /// Several such places.
    Places(Vec<String>),
    /// All of it.
    Table(Table),
}

/// All that can be said about an effect.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(rename = "Effect")]
struct Table {
    /// Where the artifact's name stands: `arg 1`, `last arg`, `args`, `--flag`, `input NAME`, `param NAME`.
    #[schemars(with = "Words")]
    reference: Places,
    /// Where the name of what it is taken from stands.
    #[schemars(with = "Words")]
    source: Places,
    /// Where the name of what it becomes stands.
    #[schemars(with = "Words")]
    destination: Places,
    /// The kind of artifact; an image, if left out.
    artifact: Option<Artifact>,
    /// Conditions that must all hold: `--flag`, `not --flag`, `mode=strict`.
    #[schemars(with = "Words")]
    when: Places,
    /// What a program prints about it.
    prints: Option<Content>,
    /// Outputs (results) of an action or task that are about it, with their types.
    outputs: BTreeMap<String, Content>,
}

/// One text or several, each with its place.
#[derive(Debug, Clone, Default, PartialEq)]
struct Places(Vec<Located<String>>);

impl Places {
    /// A single text stands where the value that it is stands.
    fn at(mut self, span: &Range<usize>) -> Self {
        self.0.iter_mut().filter(|p| p.span.is_empty()).for_each(|p| p.span = span.clone());
        self
    }
}

impl<'de> Deserialize<'de> for Places {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Inner(Places);
        impl<'de> Deserialize<'de> for Inner {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(Texts).map(Inner)
            }
        }
        let Located { value: Inner(places), span } = Located::deserialize(deserializer)?;
        Ok(places.at(&span))
    }
}

struct Texts;

impl<'de> Visitor<'de> for Texts {
    type Value = Places;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a list of texts")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Places, E> {
        Ok(Places(vec![Located { value: text.to_owned(), span: 0..0 }]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Places, A::Error> {
        let mut places = Vec::new();
        while let Some(place) = seq.next_element()? {
            places.push(place);
        }
        Ok(Places(places))
    }
}

impl<'de> Deserialize<'de> for Effect {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Inner(Table);
        impl<'de> Deserialize<'de> for Inner {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(Either).map(Inner)
            }
        }
        let Located { value: Inner(table), span } = Located::deserialize(deserializer)?;
        let reference = table.reference.at(&span);
        Ok(Effect { table: Table { reference, ..table }, span })
    }
}

/// Places alone, or the whole table.
struct Either;

impl<'de> Visitor<'de> for Either {
    type Value = Table;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a place such as `arg 1` or `--image`, a list of places, or a table with `reference`, `source`, `destination`",
        )
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Table, E> {
        Ok(Table { reference: Texts.visit_str(text)?, ..Table::default() })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Table, A::Error> {
        Ok(Table { reference: Texts.visit_seq(seq)?, ..Table::default() })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Table, A::Error> {
        Table::deserialize(de::value::MapAccessDeserializer::new(map))
    }
}

/// What an entry is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    Command,
    Action,
    Step,
    Task,
}

/// Turns entries into a data document.
///
/// # Errors
/// The first that makes no sense, with its place.
pub(super) fn document(entries: &[Located<ToolEntry>], is_known: &dyn Fn(&str) -> bool) -> Result<Document, Wrong> {
    let mut document = Document::default();
    for entry in entries {
        let (about, name) = entry.about(&entry.span)?;
        match about {
            About::Command => {
                let tool = entry.tool(name, is_known)?;
                // Entries about several verbs of one program are one tool.
                match document.tool.iter_mut().find(|t| t.name == tool.name) {
                    Some(known) => {
                        known.command.extend(tool.command);
                        known.images.0.extend(tool.images.0);
                    }
                    None => document.tool.push(tool),
                }
            }
            about => document.action.push(entry.action(about, name)?),
        }
    }
    Ok(document)
}

impl ToolEntry {
    fn about(&self, span: &Range<usize>) -> Result<(About, &Located<String>), Wrong> {
        let named = [
            (About::Command, &self.command),
            (About::Action, &self.action),
            (About::Step, &self.step),
            (About::Task, &self.task),
        ];
        let mut given = named.into_iter().filter_map(|(about, name)| Some((about, name.as_ref()?)));
        let wrong = || (span.clone(), "a tool is one of `command`, `action`, `step` and `task`".to_owned());
        let (about, name) = given.next().ok_or_else(wrong)?;
        if given.next().is_some() {
            return Err(wrong());
        }
        if name.trim().is_empty() {
            return Err((name.span.clone(), "the name is empty".to_owned()));
        }
        if self.effects().next().is_none() {
            return Err((span.clone(), "it says nothing: add `verifies`, `copies`, `deploys` or another effect".to_owned()));
        }
        let flags = !self.values.0.is_empty() || !self.switches.0.is_empty() || !self.images.0.is_empty();
        if about != About::Command && flags {
            return Err((span.clone(), "`values`, `switches` and `images` are for a `command`".to_owned()));
        }
        Ok((about, name))
    }

    fn effects(&self) -> impl Iterator<Item = (EventKind, &Effect)> {
        let all = [
            (EventKind::Verify, &self.verifies),
            (EventKind::Compare, &self.compares),
            (EventKind::Resolve, &self.resolves),
            (EventKind::Sign, &self.signs),
            (EventKind::Attest, &self.attests),
            (EventKind::Build, &self.builds),
            (EventKind::Push, &self.pushes),
            (EventKind::Pull, &self.pulls),
            (EventKind::Run, &self.runs),
            (EventKind::Deploy, &self.deploys),
            (EventKind::Copy, &self.copies),
            (EventKind::Download, &self.downloads),
        ];
        all.into_iter().filter_map(|(kind, effect)| Some((kind, effect.as_ref()?)))
    }

    fn tool(&self, name: &Located<String>, is_known: &dyn Fn(&str) -> bool) -> Result<Tool, Wrong> {
        let mut words = name.split_whitespace();
        let program = words.next().unwrap_or_default().to_owned();
        let verb = words.collect::<Vec<_>>().join(" ");
        let verb = if verb.is_empty() { Vec::new() } else { vec![verb.parse().map_err(|e| (name.span.clone(), e))?] };
        let mut command = CommandSpec {
            verb: Many(verb),
            values: self.values.clone(),
            switches: self.switches.clone(),
            ..CommandSpec::default()
        };
        for (kind, effect) in self.effects() {
            let event = effect.event(kind, About::Command)?;
            let about = if event.destination.0.is_empty() { &event.reference } else { &event.destination };
            let printed = effect.table.prints.or_else(|| (kind == EventKind::Resolve).then_some(Content::Digest));
            command.stdout.extend(printed.map(|content| YieldSpec {
                content,
                of: about.clone(),
                lookup: kind == EventKind::Resolve,
                local: false,
                fields: BTreeMap::new(),
                when: event.when.clone(),
            }));
            if let Some((output, _)) = effect.table.outputs.first_key_value() {
                return Err((effect.span.clone(), format!("a command has no output `{output}`: say what it `prints`")));
            }
            command.events.push(event);
        }
        list_flags(&mut command);
        let inherits = is_known(&program).then(|| program.clone());
        Ok(Tool { name: program, inherits, images: self.images.clone(), command: vec![command], ..Tool::default() })
    }

    fn action(&self, about: About, name: &Located<String>) -> Result<ActionSpec, Wrong> {
        let wrong = |message: &str| (name.span.clone(), message.to_owned());
        let mut path = None;
        let source = match about {
            About::Step => vec![format!("jenkins-step:{}", name.value)],
            About::Task => ["task", "clustertask", "stepaction"].map(|kind| format!("{kind}:{}", name.value)).to_vec(),
            _ if name.contains('@') => return Err(wrong("leave the version out: it is about all of them")),
            _ if name.starts_with("./") => vec![name.value.trim_end_matches('/').to_owned()],
            _ => match name.splitn(3, '/').collect::<Vec<_>>()[..] {
                [owner, repository] => vec![format!("{owner}/{repository}")],
                [owner, repository, rest] => {
                    path = Some(crate::tools::glob::Glob::new(rest));
                    vec![format!("{owner}/{repository}")]
                }
                _ => return Err(wrong("an action is `owner/name`, `owner/name/path` or `./path`")),
            },
        };
        let mut spec = ActionSpec { source: Words(source), name: Some(name.value.clone()), path, ..ActionSpec::default() };
        for (kind, effect) in self.effects() {
            let event = effect.event(kind, about)?;
            if effect.table.prints.is_some() {
                return Err((effect.span.clone(), "`prints` is for a `command`: say what its `outputs` are".to_owned()));
            }
            let about = if event.destination.0.is_empty() { &event.reference } else { &event.destination };
            for (output, content) in &effect.table.outputs {
                let lookup = kind == EventKind::Resolve;
                let typed = OutputSpec { content: *content, of: about.clone(), lookup, fields: BTreeMap::new() };
                spec.outputs.insert(output.clone(), typed);
            }
            spec.events.push(event);
        }
        Ok(spec)
    }
}

impl Effect {
    fn event(&self, kind: EventKind, about: About) -> Result<EventSpec, Wrong> {
        let table = &self.table;
        let (two, from) = (matches!(kind, EventKind::Copy | EventKind::Compare), kind == EventKind::Download);
        let picks = |places: &Places| places.0.iter().map(|p| pick(p, about)).collect::<Result<_, _>>().map(Many);
        let (mut reference, mut source, destination) =
            (picks(&table.reference)?, picks(&table.source)?, picks(&table.destination)?);
        let wrong = |message: &str| Err((self.span.clone(), message.to_owned()));
        if two && (source.0.is_empty() || destination.0.is_empty()) {
            return wrong("it takes two: say `source` and `destination`");
        }
        if from && source.0.is_empty() {
            source = std::mem::take(&mut reference);
        }
        if reference.0.is_empty() && source.0.is_empty() {
            return wrong("it does not say to what: say `reference`");
        }
        if !two && !from && reference.0.is_empty() {
            return wrong("`reference` is missing");
        }
        let when = table.when.0.iter().map(|c| c.parse::<Condition>().map_err(|e| (c.span.clone(), e)));
        let when = Many(when.collect::<Result<Vec<_>, _>>()?);
        let artifact = table.artifact.or_else(|| from.then_some(Artifact::Url));
        let options = BTreeMap::new();
        Ok(EventSpec { kind, artifact, reference, source, destination, when, optional: false, cross: false, options })
    }
}

/// `arg 1` and kin are what data files write `@0`; the rest is the same language.
fn pick(place: &Located<String>, about: About) -> Result<Pick, Wrong> {
    let wrong = |message: String| (place.span.clone(), message);
    let mut routes = Vec::new();
    for route in place.split(" | ") {
        let words: Vec<&str> = route.split_whitespace().collect();
        let numbered = |number: &str| match number.parse::<usize>() {
            Ok(n) if n > 0 => Ok(n - 1),
            _ => Err(wrong(format!("`arg {number}`: arguments are counted from 1"))),
        };
        let (first, rest) = match words[..] {
            ["arg", number, ref rest @ ..] if about == About::Step => (numbered(number)?.to_string(), rest),
            ["arg", number, ref rest @ ..] if about == About::Command => (format!("@{}", numbered(number)?), rest),
            ["last", "arg", ref rest @ ..] if about == About::Command => ("@-1".to_owned(), rest),
            ["args", ref rest @ ..] if about == About::Command => ("@0..".to_owned(), rest),
            ["arg" | "last", _, ..] | ["args", ..] => {
                return Err(wrong("it has no such arguments: name the input or parameter, `input NAME`".to_owned()));
            }
            ["input" | "param" | "flag", name, ref rest @ ..] => (name.to_owned(), rest),
            [word, ..] if about == About::Command && !word.starts_with(['-', '@', '\'']) && word != "stdin" => {
                return Err(wrong(format!(
                    "`{word}` is no place: write `arg 1`, `last arg`, `args`, `stdin` or a flag, `--{word}`"
                )));
            }
            [first, ref rest @ ..] => (first.to_owned(), rest),
            [] => return Err(wrong("the place is empty".to_owned())),
        };
        routes.push(std::iter::once(first.as_str()).chain(rest.iter().copied()).collect::<Vec<_>>().join(" "));
    }
    routes.join(" | ").parse().map_err(wrong)
}

/// Flags that an entry names need not be listed: one whose value is used takes a value.
fn list_flags(command: &mut CommandSpec) {
    let listed = command.values.0.iter().chain(&command.switches.0).flat_map(|names| names.split('|'));
    let listed: Vec<String> = listed.map(str::to_owned).collect();
    let (mut values, mut switches) = (Vec::new(), Vec::new());
    for event in &command.events {
        for pick in [&event.reference, &event.source, &event.destination].into_iter().flat_map(|m| &m.0) {
            for route in &pick.routes {
                let parts = [&route.parts.registry, &route.parts.tag, &route.parts.digest];
                values.extend(parts.into_iter().flatten().cloned());
                if let Place::Flag(name) = &route.place {
                    values.push(name.clone());
                }
            }
        }
        for test in event.when.0.iter().flat_map(|c| &c.any) {
            if let Place::Flag(name) = &test.route.place {
                if test.wanted == Wanted::Present { &mut switches } else { &mut values }.push(name.clone());
            }
        }
    }
    values.retain(|name| !listed.contains(name));
    switches.retain(|name| !listed.contains(name) && !values.contains(name));
    command.values.0.extend(values);
    command.switches.0.extend(switches);
}
