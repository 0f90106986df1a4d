//! What a recognised command or action does: events, options, and what comes out of it.

use super::assemble::assemble;
use super::schema::{Content, EventSpec, Guess, Many, Transport};
use super::select::{Condition, Form, Parts, Pick, Place, Route, Test, Wanted};
use super::{Match, Slice, Truth};
use crate::facts::{Artifact, EventKind};
use std::collections::BTreeMap;

/// One thing that is done to one artifact.
#[derive(Debug, Clone, PartialEq)]
pub struct EventUse<'t> {
    /// What is done.
    pub kind: EventKind,
    /// The kind of artifact.
    pub artifact: Artifact,
    /// What is signed, verified, deployed ..
    pub reference: Option<Subject<'t>>,
    /// Where from.
    pub source: Option<Subject<'t>>,
    /// Where to.
    pub destination: Option<Subject<'t>>,
    /// Whether it depends on a word that is not known (`push: ${{ .. }}`).
    pub uncertain: bool,
    /// Options of this event alone.
    pub options: &'t BTreeMap<String, String>,
}

/// How a command names an artifact.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject<'t> {
    /// The name.
    pub form: SubjectForm<'t>,
    /// The kind of artifact.
    pub artifact: Artifact,
    /// Whether it lies on this machine and not in a registry.
    pub local: bool,
}

/// Forms of names.
#[derive(Debug, Clone, PartialEq)]
pub enum SubjectForm<'t> {
    /// It stands there; transport prefixes are left out.
    Written(Slice),
    /// An address stands there, and where it names no scheme the tool guesses it.
    Guessed(Slice, &'t Guess),
    /// The last component of the path or URL that stands there (`curl -O`). Narrowed to that component where one can be seen.
    Basename(Slice),
    /// The folder that stands there, into which the artifact is put under its own name.
    Folder(Slice),
    /// The images that the manifest at this path deploys.
    Manifest(Slice),
    /// The images of the manifest on standard input.
    ManifestStdin,
    /// The files that the checksum file at this path lists.
    Listed(Slice),
    /// The files that the checksums on standard input list.
    ListedStdin,
    /// Parts of an image reference, given apart.
    Assembled(Assembled),
    /// A text of the data file.
    Fixed(&'t str),
    /// The images of the manifest at a path that the data file says.
    FixedManifest(&'t str),
    /// Standard input itself.
    Stdin,
    /// Standard output itself.
    Stdout,
}

/// Parts of an image reference. A missing repository is one that the chart or template has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assembled {
    /// What stands before the last component of the keys: `image` in `image.tag`.
    pub prefix: String,
    /// Registry.
    pub registry: Option<Slice>,
    /// Repository, possibly with the registry.
    pub repository: Option<Slice>,
    /// Tag.
    pub tag: Option<Slice>,
    /// Digest.
    pub digest: Option<Slice>,
}

/// One option, by role.
#[derive(Debug, Clone, PartialEq)]
pub struct OptionUse<'t> {
    /// What it means.
    pub role: &'t str,
    /// Its value.
    pub value: OptionValue<'t>,
    /// Where it stands, name included; `None` where the data says it.
    pub place: Option<Slice>,
}

/// Value of an option.
#[derive(Debug, Clone, PartialEq)]
pub enum OptionValue<'t> {
    /// It stands there.
    Written(Slice),
    /// A switch, or a value that means one.
    True,
    /// The data says it.
    Fixed(&'t str),
}

/// A setting that weakens something.
#[derive(Debug, Clone, PartialEq)]
pub struct WeaknessUse {
    /// Which, as in the facts.
    pub kind: &'static str,
    /// Where it stands.
    pub place: Slice,
}

/// What a command prints.
#[derive(Debug, Clone, PartialEq)]
pub struct Yield<'t> {
    /// Its type.
    pub content: Content,
    /// What it is about.
    pub of: Vec<Subject<'t>>,
    /// Whether a name is turned into content at that moment.
    pub lookup: bool,
    /// Whether this machine's engine answers.
    pub local: bool,
    /// Types of fields of JSON.
    pub fields: &'t BTreeMap<String, Content>,
    /// Whether it depends on a word that is not known.
    pub uncertain: bool,
}

/// A file that a command writes.
#[derive(Debug, Clone, PartialEq)]
pub struct Written<'t> {
    /// Its path.
    pub file: Subject<'t>,
    /// What is in it.
    pub content: Yield<'t>,
}

/// Roles that are weaknesses wherever they occur, and the kind that facts call them.
const WEAKENING: &[(&str, &str)] = &[
    ("insecure-tls", "tls-verification-disabled"),
    ("content-trust-disabled", "content-trust-disabled"),
    ("unauthenticated-packages", "package-authentication-disabled"),
    ("checksums-disabled", "checksum-database-disabled"),
    ("skips-verification", "verification-disabled"),
    ("insecure-policy", "signature-policy-disabled"),
];

impl<'t> Match<'t> {
    /// What it does, one event for each reference.
    #[must_use]
    pub fn events(&self, argv: &[&str]) -> Vec<EventUse<'t>> {
        self.body.events.iter().flat_map(|spec| self.event(spec, argv)).collect()
    }

    fn event(&self, spec: &'t EventSpec, argv: &[&str]) -> Vec<EventUse<'t>> {
        let truth = self.all(&spec.when, argv);
        if truth == Truth::No {
            return Vec::new();
        }
        let artifact = spec.artifact.unwrap_or(Artifact::Image);
        let base = EventUse {
            kind: spec.kind,
            artifact,
            reference: None,
            source: None,
            destination: None,
            uncertain: truth == Truth::Maybe,
            options: &spec.options,
        };
        let references = self.subjects(&spec.reference, artifact, argv);
        let sources = self.subjects(&spec.source, artifact, argv);
        let destinations = self.subjects(&spec.destination, artifact, argv);
        if !references.is_empty() {
            let with = |r: Subject<'t>| {
                let artifact = r.artifact;
                let destination = destinations.first().cloned();
                EventUse { reference: Some(r), source: sources.first().cloned(), destination, artifact, ..base.clone() }
            };
            return references.into_iter().map(with).collect();
        }
        let missing = (!spec.source.0.is_empty() && sources.is_empty()) || (sources.is_empty() && destinations.is_empty());
        if missing && !spec.optional {
            return Vec::new();
        }
        let zipped = !spec.cross && sources.len() == destinations.len();
        let pairs = pair(sources, destinations, zipped);
        let with = |(source, destination): (Option<Subject<'t>>, Option<Subject<'t>>)| {
            let artifact = source.as_ref().or(destination.as_ref()).map_or(artifact, |s| s.artifact);
            EventUse { source, destination, artifact, ..base.clone() }
        };
        pairs.into_iter().map(with).collect()
    }

    fn all(&self, conditions: &Many<Condition>, argv: &[&str]) -> Truth {
        let any = |c: &Condition| c.any.iter().map(|t| self.test(t, argv)).max().unwrap_or(Truth::Yes);
        conditions.0.iter().map(any).min().unwrap_or(Truth::Yes)
    }

    fn subjects(&self, picks: &'t Many<Pick>, artifact: Artifact, argv: &[&str]) -> Vec<Subject<'t>> {
        let mut all = Vec::new();
        let mut pairs = Vec::new();
        for pick in &picks.0 {
            for route in &pick.routes {
                let artifact = route.artifact.unwrap_or(artifact);
                let found = self.slices(route, argv);
                let before = (all.len(), pairs.len());
                match (&route.place, route.form) {
                    (Place::Stdin, form) => all.push(stream(form, artifact, route.local)),
                    (Place::Stdout, _) => all.push(Subject { form: SubjectForm::Stdout, artifact, local: route.local }),
                    (Place::Fixed(text), Form::Manifest) => {
                        all.push(Subject { form: SubjectForm::FixedManifest(text), artifact, local: route.local });
                    }
                    (Place::Fixed(text), _) => all.push(Subject { form: SubjectForm::Fixed(text), artifact, local: route.local }),
                    (_, Form::Pairs) => pairs.extend(found),
                    _ if route.parts != Parts::default() => {
                        all.extend(self.named_by_parts(&found, &route.parts, route.local, argv))
                    }
                    _ => all.extend(found.into_iter().map(|s| self.subject(s, route, artifact, argv))),
                }
                if before != (all.len(), pairs.len()) {
                    break;
                }
            }
        }
        all.extend(assemble(&pairs, argv));
        all
    }

    /// Images whose repository stands in `repositories` and whose tags, digest and registry stand elsewhere.
    fn named_by_parts(&self, repositories: &[Slice], parts: &Parts, local: bool, argv: &[&str]) -> Vec<Subject<'t>> {
        let values = |name: &Option<String>| -> Vec<Slice> {
            let found = name.iter().flat_map(|n| self.place(&Place::Flag(n.clone())));
            let split = |s: Slice| {
                let parts = s.text(argv).split([',', '\n', ' ']).scan(s.range.start, |at, part| {
                    let from = *at;
                    *at += part.len() + 1;
                    Some(Slice { arg: s.arg, range: from..from + part.len() })
                });
                parts.filter(|p| !p.range.is_empty()).collect::<Vec<_>>()
            };
            found.flat_map(split).collect()
        };
        let (registry, digest) = (values(&parts.registry).into_iter().next(), values(&parts.digest).into_iter().next());
        let mut tags: Vec<Option<Slice>> = values(&parts.tag).into_iter().map(Some).collect();
        if tags.is_empty() {
            tags.push(None);
        }
        let image = |repository: &Slice, tag: Option<Slice>| {
            let repository = Some(repository.clone());
            let form = Assembled { prefix: String::new(), registry: registry.clone(), repository, tag, digest: digest.clone() };
            Subject { form: SubjectForm::Assembled(form), artifact: Artifact::Image, local }
        };
        repositories.iter().flat_map(|r| tags.iter().map(move |t| (r, t.clone()))).map(|(r, t)| image(r, t)).collect()
    }

    fn subject(&self, slice: Slice, route: &Route, artifact: Artifact, argv: &[&str]) -> Subject<'t> {
        let text = slice.text(argv);
        let (mut artifact, mut local) = (artifact, route.local);
        let form = match route.form {
            Form::Basename => SubjectForm::Basename(basename(&slice, text)),
            Form::Folder => SubjectForm::Folder(slice),
            Form::Manifest if text == "-" => SubjectForm::ManifestStdin,
            Form::Manifest => SubjectForm::Manifest(slice),
            Form::Listed if text == "-" => SubjectForm::ListedStdin,
            Form::Listed => SubjectForm::Listed(slice),
            Form::Plain if text == "-" && artifact == Artifact::File => SubjectForm::Stdin,
            Form::Plain if artifact == Artifact::Url => {
                let guess = self.spec.and_then(|tool| tool.guesses.as_ref());
                let guess = guess.filter(|guess| guess.unless.0.iter().all(|test| self.test(test, argv) == Truth::No));
                guess.map_or_else(|| SubjectForm::Written(slice.clone()), |guess| SubjectForm::Guessed(slice.clone(), guess))
            }
            Form::Plain | Form::Pairs => {
                let transports = self.body.transports.filter(|_| artifact == Artifact::Image).into_iter().flatten();
                match transports.filter(|(p, _)| text.starts_with(p.as_str())).max_by_key(|(p, _)| p.len()) {
                    Some((prefix, transport)) => {
                        local |= *transport != Transport::Registry;
                        if *transport == Transport::File {
                            artifact = Artifact::File;
                        }
                        SubjectForm::Written(Slice { arg: slice.arg, range: slice.range.start + prefix.len()..slice.range.end })
                    }
                    None => SubjectForm::Written(slice),
                }
            }
        };
        Subject { form, artifact, local }
    }

    /// What its flags say, by role. A switch has the value [`OptionValue::True`].
    #[must_use]
    pub fn options(&self, argv: &[&str]) -> Vec<OptionUse<'t>> {
        let mut all = Vec::new();
        let [own, tools] = self.body.roles;
        for (role, tests) in own.into_iter().flatten() {
            tests.0.iter().for_each(|t| self.option(role, t, argv, &mut all));
        }
        for (role, tests) in tools.into_iter().flatten().filter(|(role, _)| !own.is_some_and(|o| o.contains_key(*role))) {
            tests.0.iter().for_each(|t| self.option(role, t, argv, &mut all));
        }
        let fixed = self.body.options.into_iter().flatten();
        all.extend(fixed.map(|(role, value)| OptionUse { role, value: OptionValue::Fixed(value), place: None }));
        all
    }

    fn option(&self, role: &'t str, test: &Test, argv: &[&str], all: &mut Vec<OptionUse<'t>>) {
        for slice in self.slices(&test.route, argv) {
            let text = slice.text(argv);
            let place = Some(self.place_of(&slice, argv));
            match &test.wanted {
                Wanted::Matches(glob) if glob.matches(text) == Truth::Yes => {
                    all.push(OptionUse { role, value: OptionValue::True, place });
                }
                Wanted::Present if self.is_switch(&test.route.place) && self.test(test, argv) != Truth::No => {
                    all.push(OptionUse { role, value: OptionValue::True, place });
                }
                Wanted::Present if !(self.is_switch(&test.route.place) || self.is_action() && text.trim().is_empty()) => {
                    all.push(OptionUse { role, value: OptionValue::Written(slice), place });
                }
                _ => {}
            }
        }
        let Place::Flag(name) = &test.route.place else { return };
        for (_, flag) in self.flags.iter().enumerate().filter(|(i, f)| f.value.is_none() && self.goes_by(*i, name)) {
            let holds = match &test.wanted {
                Wanted::Matches(glob) => glob.matches("true") == Truth::Yes,
                _ => true,
            };
            if holds {
                all.push(OptionUse { role, value: OptionValue::True, place: Some(flag.name.clone()) });
            }
        }
    }

    fn is_switch(&self, place: &Place) -> bool {
        let Place::Flag(name) = place else { return false };
        !self.is_action() && self.flags.iter().any(|f| f.is(name) && !f.takes_value())
    }

    /// The flag's name and value where they stand in one word, else the value.
    fn place_of(&self, value: &Slice, argv: &[&str]) -> Slice {
        let flag = self.flags.iter().find(|f| f.value.as_ref().is_some_and(|v| v.arg == value.arg) && f.name.arg == value.arg);
        match flag {
            Some(_) if !self.is_action() => Slice::whole(value.arg, argv.get(value.arg).copied().unwrap_or_default()),
            _ => value.clone(),
        }
    }

    /// Its settings that weaken transport or verification.
    #[must_use]
    pub fn weaknesses(&self, argv: &[&str]) -> Vec<WeaknessUse> {
        let weakness = |o: OptionUse<'t>| {
            let (_, kind) = WEAKENING.iter().find(|(role, _)| *role == o.role)?;
            Some(WeaknessUse { kind, place: o.place? })
        };
        self.options(argv).into_iter().filter_map(weakness).collect()
    }

    /// What it prints, as far as that is known.
    #[must_use]
    pub fn stdout(&self, argv: &[&str]) -> Option<Yield<'t>> {
        let (spec, truth) = self.body.stdout.iter().map(|y| (y, self.all(&y.when, argv))).find(|(_, t)| *t != Truth::No)?;
        let of = self.subjects(&spec.of, Artifact::Image, argv);
        let uncertain = truth == Truth::Maybe;
        Some(Yield { content: spec.content, of, lookup: spec.lookup, local: spec.local, fields: &spec.fields, uncertain })
    }

    /// Why it is not known what it does beside what its words say; `None` if that is all.
    #[must_use]
    pub fn unread(&self, argv: &[&str]) -> Option<&'t str> {
        let unread = self.command.map_or(&[][..], |c| &c.unread);
        unread.iter().find(|u| self.all(&u.when, argv) != Truth::No).map(|u| u.why.as_str())
    }

    /// The files that it writes, as far as that is known.
    #[must_use]
    pub fn writes(&self, argv: &[&str]) -> Vec<Written<'t>> {
        let mut all = Vec::new();
        for spec in self.body.writes {
            let truth = self.all(&spec.when, argv);
            if truth == Truth::No {
                continue;
            }
            let files = self.subjects(&spec.file, Artifact::File, argv);
            let of = self.subjects(&spec.of, Artifact::Image, argv);
            let into_one = matches!(files[..], [Subject { form: SubjectForm::Folder(_), .. }]);
            let files = if into_one { files.iter().cycle().take(of.len()).cloned().collect() } else { files };
            let each = spec.content == Content::Artifact && files.len() == of.len();
            for (i, file) in files.into_iter().enumerate() {
                let of = if each { of.get(i).cloned().into_iter().collect() } else { of.clone() };
                let uncertain = truth == Truth::Maybe;
                let content =
                    Yield { content: spec.content, of, lookup: spec.lookup, local: false, fields: &spec.fields, uncertain };
                all.push(Written { file, content });
            }
        }
        all
    }

    /// What a pick of an action's output is about.
    #[must_use]
    pub fn about(&self, of: &'t Many<Pick>, argv: &[&str]) -> Vec<Subject<'t>> {
        self.subjects(of, Artifact::Image, argv)
    }
}

type Ends<'t> = (Option<Subject<'t>>, Option<Subject<'t>>);

fn pair<'t>(sources: Vec<Subject<'t>>, destinations: Vec<Subject<'t>>, zipped: bool) -> Vec<Ends<'t>> {
    if sources.is_empty() && destinations.is_empty() {
        return vec![(None, None)];
    }
    if sources.is_empty() {
        return destinations.into_iter().map(|d| (None, Some(d))).collect();
    }
    if destinations.is_empty() {
        return sources.into_iter().map(|s| (Some(s), None)).collect();
    }
    if zipped {
        return sources.into_iter().zip(destinations).map(|(s, d)| (Some(s), Some(d))).collect();
    }
    sources.iter().flat_map(|s| destinations.iter().map(|d| (Some(s.clone()), Some(d.clone())))).collect()
}

fn stream<'t>(form: Form, artifact: Artifact, local: bool) -> Subject<'t> {
    let form = match form {
        Form::Manifest => SubjectForm::ManifestStdin,
        Form::Listed => SubjectForm::ListedStdin,
        _ => SubjectForm::Stdin,
    };
    Subject { form, artifact, local }
}

fn basename(slice: &Slice, text: &str) -> Slice {
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let start = text[..end].rfind('/').map_or(0, |i| i + 1);
    Slice { arg: slice.arg, range: slice.range.start + start..slice.range.start + end }
}
