//! Which tool and command the words of a command are.

use super::argv::{self, FlagUse, Grammar, Parsed, names, package_name};
use super::load::Toolbox;
use super::schema::{ActionSpec, CommandSpec, EventSpec, LaunchKind, Roles, Tool, Transport, Verb, WriteSpec, YieldSpec};
use super::select::Place;
use super::{Slice, UNKNOWN};
use crate::facts::Artifact;
use std::collections::BTreeMap;

/// A command (or a use of an action) that the data knows, with its words taken apart.
#[derive(Debug, Clone)]
pub struct Match<'t> {
    /// The tool's name; of actions `owner/name`.
    pub tool: &'t str,
    /// The tool; `None` for actions.
    pub spec: Option<&'t Tool>,
    /// The command; `None` if the tool is known but not this command of it, and for actions.
    pub command: Option<&'t CommandSpec>,
    /// The command's name, `buildx imagetools create`; empty for tools without verbs and for actions.
    pub verb: String,
    /// Its flags in order; of an action its inputs.
    pub flags: Vec<FlagUse<'t>>,
    /// Its positionals in order, verbs left out.
    pub positionals: Vec<Slice>,
    pub(super) inputs: Vec<String>,
    pub(super) body: Body<'t>,
}

/// What the data says about a command or action.
#[derive(Debug, Clone, Default)]
pub(super) struct Body<'t> {
    pub(super) events: &'t [EventSpec],
    pub(super) stdout: &'t [YieldSpec],
    pub(super) writes: &'t [WriteSpec],
    pub(super) roles: [Option<&'t Roles>; 2],
    pub(super) options: Option<&'t BTreeMap<String, String>>,
    pub(super) transports: Option<&'t BTreeMap<String, Transport>>,
}

/// What a command starts inside of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// The image; `None` of a container that runs already, or is described elsewhere.
    pub image: Option<Slice>,
    /// An entry point given by a flag.
    pub entrypoint: Option<Slice>,
    /// Index of the word where its arguments start; may be the number of words.
    pub arguments: usize,
}

/// How deep wrappers may be nested (`sudo env timeout 5 npx cosign ..`).
const DEPTH: usize = 6;

impl Toolbox {
    /// The tool and command that these words are; `argv[0]` is the command word.
    ///
    /// Unknown parts of a word stand as one [`UNKNOWN`] each. Wrappers that the data knows (`sudo`, `timeout`, `npx`, `go run`,
    /// `python -m`) are seen through: slices still count from the first word given.
    #[must_use]
    pub fn recognise<'t>(&'t self, argv: &[&str]) -> Option<Match<'t>> {
        self.at(argv, 0, DEPTH)
    }

    /// The same for words that an image is run with; the binary's name may stand first or be left out.
    #[must_use]
    pub fn recognise_image<'t>(&'t self, image: &str, argv: &[&str]) -> Option<Match<'t>> {
        let by_image = self.by_image(image).map(|tool| tool.take_apart(argv, 0, &[]));
        // `install` is a command, but in an image of helm it is a verb.
        if by_image.as_ref().is_some_and(|m| !m.verb.is_empty()) {
            return by_image;
        }
        let by_word = self.recognise(argv);
        if by_word.is_some() || argv.first().is_some_and(|first| is_shell(first)) {
            return by_word;
        }
        by_image
    }

    fn at<'t>(&'t self, argv: &[&str], start: usize, depth: usize) -> Option<Match<'t>> {
        let word = argv.get(start)?;
        if let Some(found) = self.python(argv, start, depth) {
            return Some(found);
        }
        let (tool, prefix) = names(word).find_map(|n| self.by_binary(n))?;
        let found = tool.take_apart(argv, start + 1, prefix);
        let Some(launches) = found.command.and_then(|c| c.launches) else { return Some(found) };
        if depth == 0 {
            return Some(found);
        }
        let mut firsts = found.positionals.iter().map(|p| p.arg);
        let inner = match launches {
            LaunchKind::Image | LaunchKind::Container => None,
            // `timeout 5m x`, `env A=1 B=2 x`: the command is the first word that is one.
            LaunchKind::Command => firsts.take(5).find_map(|at| self.at(argv, at, depth - 1)),
            LaunchKind::Package => firsts.next().and_then(|at| {
                let (path, name) = package_name(argv.get(at)?);
                let tool = self.by_package(path).or_else(|| self.by_binary(name).map(|(tool, _)| tool))?;
                Some(tool.take_apart(argv, at + 1, &[]))
            }),
        };
        Some(inner.unwrap_or(found))
    }

    /// `python -m module ..`
    fn python<'t>(&'t self, argv: &[&str], start: usize, depth: usize) -> Option<Match<'t>> {
        let name = names(argv.get(start)?).last()?;
        if depth == 0 || !matches!(name, "python" | "py" | "pypy") {
            return None;
        }
        let at = start + 1 + argv.get(start + 1..)?.iter().position(|w| *w == "-m" || !w.starts_with('-'))?;
        if *argv.get(at)? != "-m" {
            return None;
        }
        let module = argv.get(at + 1)?;
        let tool = self.by_module(module)?;
        Some(tool.take_apart(argv, at + 2, &[]))
    }
}

impl Tool {
    fn take_apart<'t>(&'t self, argv: &[&str], start: usize, prefix: &'t [String]) -> Match<'t> {
        let mut grammar = Grammar {
            tables: [None, Some(&self.flags)],
            single_dash: self.single_dash,
            bundle_first: self.bundle_first,
            unknown_takes_value: self.unknown_flags_take_value,
            rest_after: None,
            commands: None,
        };
        let found = self.command.iter().any(|c| !c.verb.0.is_empty()).then(|| {
            grammar.commands = Some((&self.command, prefix));
            let words = argv::parse(argv, start, &[], &grammar);
            grammar.commands = None;
            self.find_command(argv, &words, prefix)
        });
        let found = found.flatten().or_else(|| Some((self.bare()?, String::new(), Vec::new())));
        let (command, verb, skip) = found.map_or_else(Default::default, |(c, v, s)| (Some(c), v, s));
        grammar.tables[0] = command.map(|c| &c.flags);
        grammar.rest_after = command.and_then(|c| c.rest_after);
        let parsed = argv::parse(argv, start, &skip, &grammar);
        let body = Body {
            events: command.map_or(&[], |c| &c.events),
            stdout: command.map_or(&[], |c| &c.stdout),
            writes: command.map_or(&[], |c| &c.writes),
            roles: [command.map(|c| &c.roles), Some(&self.roles)],
            options: command.map(|c| &c.options),
            transports: Some(&self.transports),
        };
        let Parsed { flags, positionals } = parsed;
        Match { tool: &self.name, spec: Some(self), command, verb, flags, positionals, inputs: Vec::new(), body }
    }

    fn bare(&self) -> Option<&CommandSpec> {
        self.command.iter().find(|c| c.verb.0.is_empty())
    }

    /// The command with the longest verb that the positionals start with, its name, and the words that make it up.
    fn find_command<'t>(
        &'t self,
        argv: &[&str],
        words: &Parsed<'_>,
        prefix: &[String],
    ) -> Option<(&'t CommandSpec, String, Vec<usize>)> {
        let unknown = words.positionals.iter().take_while(|p| is_unknown(p.text(argv))).count();
        let written = words.positionals.iter().skip(unknown).map(|p| (p.text(argv), Some(p.arg)));
        let given: Vec<(&str, Option<usize>)> = prefix.iter().map(|w| (w.as_str(), None)).chain(written).collect();
        let mut best: Option<(&CommandSpec, &Verb)> = None;
        for command in &self.command {
            for verb in &command.verb.0 {
                let fits =
                    verb.words.len() <= given.len() && (0..verb.words.len()).all(|i| verb.name_of(i, given[i].0).is_some());
                if fits && best.is_none_or(|(_, b)| b.words.len() < verb.words.len()) {
                    best = Some((command, verb));
                }
            }
        }
        let (command, verb) = best?;
        let used = given.get(..verb.words.len())?;
        let name = used.iter().enumerate().filter_map(|(i, (w, _))| verb.name_of(i, w)).collect::<Vec<_>>().join(" ");
        // Unknown words before the verb are flags.
        let flags = words.positionals.iter().take(unknown).map(|p| p.arg);
        Some((command, name, flags.chain(used.iter().filter_map(|(_, at)| *at)).collect()))
    }
}

fn is_unknown(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c == UNKNOWN)
}

fn is_shell(word: &str) -> bool {
    matches!(word.rsplit('/').next(), Some("sh" | "bash" | "ash" | "dash" | "zsh" | "busybox" | "env" | "entrypoint.sh"))
}

impl<'t> Match<'t> {
    /// Index of a word that is no operand after all, if there are more operands than the command takes: one of those that
    /// `elastic` says may be no word at all, or `vanishes` says are none in some case that the script names (`${X:-}`).
    #[must_use]
    pub fn spare_operand(
        &self,
        argv: &[&str],
        elastic: impl Fn(usize) -> bool,
        vanishes: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let is_elastic = |p: &&Slice| p.range == (0..argv[p.arg].len()) && elastic(p.arg);
        // What an unknown flag takes is not known either.
        if self.flags.iter().any(|f| f.spec.is_none() && f.value.is_none()) {
            return None;
        }
        let spare = self.positionals.iter().find(is_elastic)?;
        let others = || self.positionals.iter().filter(|p| !is_elastic(p)).map(|p| p.text(argv));
        let enough = match self.command {
            Some(command) if command.launches == Some(LaunchKind::Image) => {
                let next = self.positionals.get(1).map(|p| p.text(argv));
                spare == &self.positionals[0] && next.is_some_and(is_reference)
            }
            _ => match operands(self.body.events) {
                Some(count) => self.positionals.len() > count && (count > 1 || self.takes_images() && others().any(is_reference)),
                None if self.takes_images() => vanishes(spare.arg) && others().any(is_reference),
                None => self.body.events.iter().any(|e| e.artifact == Some(Artifact::Url)) && others().any(|t| t.contains("://")),
            },
        };
        enough.then_some(spare.arg)
    }

    fn takes_images(&self) -> bool {
        self.body.events.iter().all(|e| e.artifact.is_none_or(|a| a == Artifact::Image))
    }

    /// The image that it runs with arguments, if it does.
    #[must_use]
    pub fn launch(&self, argv: &[&str]) -> Option<Launch> {
        let launches = self.command?.launches?;
        if !matches!(launches, LaunchKind::Image | LaunchKind::Container) {
            return None;
        }
        let first = self.positionals.first()?;
        let image = (launches == LaunchKind::Image).then(|| first.clone());
        let entrypoint = self.flags.iter().find(|f| f.is("--entrypoint")).and_then(|f| f.value.clone());
        let arguments = self.positionals.get(1).map_or(argv.len(), |p| p.arg);
        Some(Launch { image, entrypoint, arguments })
    }
}

/// Whether a word looks like an image with a tag or digest.
fn is_reference(word: &str) -> bool {
    !word.starts_with(['/', '.', '-']) && word.contains([':', '@'])
}

/// How many operands events take, if they say so.
fn operands(events: &[EventSpec]) -> Option<usize> {
    let picks = events.iter().flat_map(|e| [&e.reference, &e.source, &e.destination]).flat_map(|many| &many.0);
    let mut count = None;
    for place in picks.flat_map(|p| &p.routes).map(|r| &r.place) {
        match place {
            Place::Positionals { from, to: None, one: true } => count = count.max(Some(usize::try_from(*from).ok()? + 1)),
            Place::Positionals { .. } => return None,
            _ => {}
        }
    }
    count
}

impl FlagUse<'_> {
    /// Whether it is this flag, by any of its names.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.spec.is_some_and(|s| s.names.iter().any(|n| **n == *name))
    }
}

impl ActionSpec {
    /// What a use with these inputs (name, value) does. A slice's `arg` is the index of the input.
    #[must_use]
    pub fn apply<'t>(&'t self, inputs: &[(&str, &str)]) -> Match<'t> {
        let flags = inputs
            .iter()
            .enumerate()
            .map(|(arg, (_, value))| FlagUse {
                spec: None,
                name: Slice { arg, range: 0..0 },
                value: Some(Slice::whole(arg, value)),
            })
            .collect();
        let body = Body {
            events: &self.events,
            stdout: &[],
            writes: &self.writes,
            roles: [Some(&self.roles), None],
            options: Some(&self.options),
            transports: None,
        };
        let tool = self.name.as_ref().or(self.source.0.first()).map_or("", String::as_str);
        let inputs = inputs.iter().map(|(name, _)| (*name).to_owned()).collect();
        Match { tool, spec: None, command: None, verb: String::new(), flags, positionals: Vec::new(), inputs, body }
    }
}
