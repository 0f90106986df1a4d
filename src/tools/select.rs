//! The two small languages of the data files: *picks* say where a reference stands, *conditions* say when something holds.
//!
//! A pick: a place, then words that narrow it; ` | ` between alternatives, of which the first that yields anything counts.
//!
//! | Place | |
//! |---|---|
//! | `@0`, `@-1` | a positional, counted from the end if negative |
//! | `@1..`, `@0..-1` | several positionals, the end left out |
//! | `--flag`, `-f`, `input` | the values of a flag, or of an action's input |
//! | `stdin`, `stdout` | what is piped in or out |
//! | `'text'` | a text of the data file itself |
//!
//! | Word | |
//! |---|---|
//! | `after X` / `past X` | what follows the first `X`; without an `X`: nothing / everything |
//! | `before X` | what precedes the first `X`, or everything |
//! | `key K` | the value of `K=` in a comma-separated list |
//! | `json K` | every string value of `"K":` in JSON |
//! | `without .a\|.b` | one of these endings taken off; nothing if there is none |
//! | `matching G`, `except G` | only texts that match, or do not |
//! | `literal` | only texts that are no pattern of names (`*.tgz`) |
//! | `list` | split at commas and line ends |
//! | `basename` | the last component of a path or URL |
//! | `folder` | the folder into which it is put under its own name |
//! | `manifest` | the path of a manifest whose images are meant; `-` is standard input |
//! | `listed` | a checksum file whose files are meant; `-` is standard input |
//! | `tagged F`, `digested F`, `at F` | the tag, digest or registry stands in flag (input) `F` |
//! | `pairs` | `image.repository=..,image.tag=..` put together |
//! | `image`, `file`, `url`, `package`, `stored` | the kind of artifact |
//! | `local` | on this machine, not in a registry |
//!
//! A condition: `--flag`, `not --flag`, `--flag=glob`, `@0=glob|glob`, `@count=2`, `@count>1`; ` or ` between alternatives.
//! Where a text is not known the answer is *maybe*, and so is the event; after `surely`, maybe counts as no.

use super::glob::Glob;
use crate::facts::Artifact;
use std::str::FromStr;

/// Where a reference stands in a command or action.
#[derive(Debug, Clone, PartialEq)]
pub struct Pick {
    /// Alternatives, in order.
    pub routes: Vec<Route>,
}

/// One alternative of a [`Pick`].
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Where.
    pub place: Place,
    /// What part of it.
    pub steps: Vec<Step>,
    /// How the text names the artifact.
    pub form: Form,
    /// The kind of artifact, if it is not the event's.
    pub artifact: Option<Artifact>,
    /// Whether it lies on this machine.
    pub local: bool,
    /// Flags or inputs that hold the other parts of the image's name.
    pub parts: Parts,
}

/// Flags or inputs that hold parts of an image's name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts {
    /// Its registry.
    pub registry: Option<String>,
    /// Its tags.
    pub tag: Option<String>,
    /// Its digest.
    pub digest: Option<String>,
}

/// A place in a command or action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Positionals from (and, if `to` is given, up to, exclusive); negative counts from the end.
    Positionals {
        /// The first.
        from: i32,
        /// One after the last.
        to: Option<i32>,
        /// Only the first.
        one: bool,
    },
    /// Values of a flag or input, by any of its names.
    Flag(String),
    /// Standard input.
    Stdin,
    /// Standard output.
    Stdout,
    /// A text of the data file.
    Fixed(String),
    /// The number of positionals (conditions only).
    Count,
}

/// A narrowing of a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// What follows the first occurrence; nothing without one.
    After(String),
    /// What follows the first occurrence; everything without one.
    Past(String),
    /// What precedes the first occurrence.
    Before(String),
    /// The value of a key in a comma-separated list.
    Key(String),
    /// String values of a key in JSON.
    Json(String),
    /// Without one of these endings.
    Without(Vec<String>),
    /// Only if it matches (or does not).
    Only(Glob, bool),
    /// Only if it is no pattern of names.
    Literal,
    /// Items of a list.
    List,
}

/// How a text names an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// It is the reference.
    Plain,
    /// Its last component is.
    Basename,
    /// It is the folder into which the artifact is put under its own name.
    Folder,
    /// The images of the manifest at this path are meant.
    Manifest,
    /// The files listed in the checksum file at this path are meant.
    Listed,
    /// `prefix.repository=..` and kin.
    Pairs,
}

impl FromStr for Pick {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let routes = text.split(" | ").map(route).collect::<Result<Vec<_>, _>>()?;
        Ok(Pick { routes })
    }
}

fn route(text: &str) -> Result<Route, String> {
    let mut words = text.split_whitespace();
    let place = place(words.next().ok_or("a pick is empty")?)?;
    let mut route = Route { place, steps: Vec::new(), form: Form::Plain, artifact: None, local: false, parts: Parts::default() };
    while let Some(word) = words.next() {
        let mut operand = || words.next().map(str::to_owned).ok_or_else(|| format!("`{word}` in `{text}` needs an operand"));
        match word {
            "after" => route.steps.push(Step::After(operand()?)),
            "past" => route.steps.push(Step::Past(operand()?)),
            "before" => route.steps.push(Step::Before(operand()?)),
            "key" => route.steps.push(Step::Key(operand()?)),
            "json" => route.steps.push(Step::Json(operand()?)),
            "without" => route.steps.push(Step::Without(operand()?.split('|').map(str::to_owned).collect())),
            "matching" => route.steps.push(Step::Only(Glob::new(&operand()?), true)),
            "except" => route.steps.push(Step::Only(Glob::new(&operand()?), false)),
            "tagged" => route.parts.tag = Some(operand()?),
            "digested" => route.parts.digest = Some(operand()?),
            "at" => route.parts.registry = Some(operand()?),
            "literal" => route.steps.push(Step::Literal),
            "list" => route.steps.push(Step::List),
            "basename" => route.form = Form::Basename,
            "folder" => route.form = Form::Folder,
            "manifest" => route.form = Form::Manifest,
            "listed" => route.form = Form::Listed,
            "pairs" => route.form = Form::Pairs,
            "image" => route.artifact = Some(Artifact::Image),
            "file" => route.artifact = Some(Artifact::File),
            "url" => route.artifact = Some(Artifact::Url),
            "package" => route.artifact = Some(Artifact::Package),
            "stored" => route.artifact = Some(Artifact::Stored),
            "local" => route.local = true,
            _ => return Err(format!("`{word}` in `{text}` is not a word of picks")),
        }
    }
    Ok(route)
}

fn place(word: &str) -> Result<Place, String> {
    if let Some(text) = word.strip_prefix('\'').and_then(|w| w.strip_suffix('\'')) {
        return Ok(Place::Fixed(text.to_owned()));
    }
    let Some(index) = word.strip_prefix('@') else {
        return Ok(match word {
            "stdin" => Place::Stdin,
            "stdout" => Place::Stdout,
            name => Place::Flag(name.to_owned()),
        });
    };
    if index == "count" {
        return Ok(Place::Count);
    }
    let number = |n: &str| n.parse::<i32>().map_err(|_| format!("`{word}` is not a position: write @0, @-1, @1.. or @0..-1"));
    match index.split_once("..") {
        None => Ok(Place::Positionals { from: number(index)?, to: None, one: true }),
        Some((from, "")) => Ok(Place::Positionals { from: number(from)?, to: None, one: false }),
        Some((from, to)) => Ok(Place::Positionals { from: number(from)?, to: Some(number(to)?), one: false }),
    }
}

/// When something holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// Alternatives.
    pub any: Vec<Test>,
}

/// One test of a [`Condition`], or an entry of a role.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// Whether it must not hold.
    pub negated: bool,
    /// Whether *maybe* counts as no (before negation).
    pub surely: bool,
    /// What is looked at.
    pub route: Route,
    /// What it must be; without one it must be there and not be `false`.
    pub wanted: Wanted,
}

/// What a [`Test`] asks of a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// That it is there.
    Present,
    /// That it matches.
    Matches(Glob),
    /// That there are more than so many positionals.
    MoreThan(usize),
}

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let any = text.split(" or ").map(Test::from_str).collect::<Result<Vec<_>, _>>()?;
        Ok(Condition { any })
    }
}

impl FromStr for Test {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (negated, text) = text.strip_prefix("not ").map_or((false, text), |rest| (true, rest.trim()));
        let (surely, text) = text.strip_prefix("surely ").map_or((false, text), |rest| (true, rest.trim()));
        if let Some(count) = text.strip_prefix("@count>") {
            let count = count.parse().map_err(|_| format!("`{text}` needs a number"))?;
            return Ok(Test { negated, surely, route: route("@count")?, wanted: Wanted::MoreThan(count) });
        }
        // `past =` has its own `=`: the glob's stands without a space before it.
        match text.char_indices().find(|(i, c)| *c == '=' && !text[..*i].ends_with(' ')) {
            Some((at, _)) => {
                let wanted = Wanted::Matches(Glob::new(&text[at + 1..]));
                Ok(Test { negated, surely, route: route(&text[..at])?, wanted })
            }
            None => Ok(Test { negated, surely, route: route(text)?, wanted: Wanted::Present }),
        }
    }
}
