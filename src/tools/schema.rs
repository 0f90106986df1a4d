//! What stands in a data file. `docs/add-a-tool.md` shows how to write one; [`super::select`] has the two small languages.

pub use super::strings::{Many, Words};

use super::glob::Glob;
use super::select::{Condition, Pick, Test};
use super::settings::{EnvironmentSpec, SettingSpec};
use crate::facts::{Artifact, EventKind};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::str::FromStr;
use std::sync::Arc;

/// One data file: tools, actions, environment variables and settings.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Document {
    /// Command line tools.
    pub tool: Vec<Tool>,
    /// Actions and reusable workflows.
    pub action: Vec<ActionSpec>,
    /// Environment variables that change what tools do.
    pub environment: Vec<EnvironmentSpec>,
    /// Settings that weaken tools, in the files that they read.
    pub setting: Vec<SettingSpec>,
}

/// A command line tool.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tool {
    /// The name that reports show.
    pub name: String,
    /// A tool whose flags, roles, commands and transports this one also has; its own come first.
    #[serde(default)]
    pub inherits: Option<String>,
    /// Base names of its binaries; the name, if left out. Versions, platforms and `.exe` are taken off before comparing.
    #[serde(default)]
    pub binaries: Words,
    /// Binaries that stand for the tool with a verb: `docker-compose = "compose"`.
    #[serde(default)]
    pub prefixes: BTreeMap<String, String>,
    /// Container images (without tag) that run it. An image whose last component is one of the binaries does, too.
    #[serde(default)]
    pub images: Words,
    /// What stands before a name in the variable that says which server the name is: `MC_HOST_` for `mc cp prod/bucket/x .`.
    #[serde(default)]
    pub servers: Option<String>,
    /// The variable that says to which registry and folder it pushes, where its words do not: `KO_DOCKER_REPO`.
    #[serde(default)]
    pub repository: Option<String>,
    /// Python modules: `python -m sigstore`.
    #[serde(default)]
    pub modules: Words,
    /// Packages by which `npx`, `go run`, `pipx run` and kin start it; the binaries' names go without saying.
    #[serde(default)]
    pub packages: Words,
    /// `-flag value` is one long flag, as in Go's `flag`; otherwise it is a bundle of short ones unless it is listed.
    #[serde(default)]
    pub single_dash: bool,
    /// The first word may be a bundle of short flags without a dash, as of `tar`.
    #[serde(default)]
    pub bundle_first: bool,
    /// What a long flag that is not listed does with the next word.
    #[serde(default)]
    pub unknown_flags_take_value: bool,
    /// Flags with a value, for all commands. Names of one flag are joined by `|`: `--file|-f`.
    #[serde(default)]
    pub values: Words,
    /// Flags without one (`--flag=false` is understood).
    #[serde(default)]
    pub switches: Words,
    /// Flags that take all words up to the next flag.
    #[serde(default)]
    pub multi: Words,
    /// What flags mean, by role.
    #[serde(default)]
    pub roles: Roles,
    /// Prefixes of image references (`docker://`) and what they say.
    #[serde(default)]
    pub transports: BTreeMap<String, Transport>,
    /// What it takes an address for that names no scheme; left out if it takes none.
    #[serde(default)]
    pub guesses: Option<Guess>,
    /// Its commands.
    #[serde(default)]
    pub command: Vec<CommandSpec>,
    /// The flags by name.
    #[serde(skip)]
    pub flags: FlagTable,
}

/// Role to the places that play it. A flag's value is the option's; with `=glob` the option is `true` if the value matches.
pub type Roles = BTreeMap<String, Many<Test>>;

/// The scheme of an address that names none.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Guess {
    /// By how the host begins; `""` is any host, and the longest counts.
    pub schemes: BTreeMap<String, String>,
    /// Nothing is known where one of these holds: a flag says the scheme.
    #[serde(default)]
    pub unless: Many<Test>,
}

/// What the prefix of an image reference says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    /// A registry: what follows is a reference.
    Registry,
    /// The engine or store of this machine.
    Local,
    /// A file or folder.
    File,
}

/// A command of a tool.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct CommandSpec {
    /// Verbs: words, each with alternatives (`|`) and aliases (`/`): `"image copy/cp"`, `"run|create"`. Reports show an alternative as
    /// it is written, an alias by the name before it. Without any: the tool as it is. The longest that fits counts.
    pub verb: Many<Verb>,
    /// Flags with a value, beside the tool's.
    pub values: Words,
    /// Flags without one, beside the tool's.
    pub switches: Words,
    /// Flags that take all words up to the next flag, beside the tool's.
    pub multi: Words,
    /// What flags mean here, beside the tool's roles.
    pub roles: Roles,
    /// Options that it always has.
    pub options: BTreeMap<String, String>,
    /// After so many positionals everything is positional (`docker run IMAGE ..`).
    pub rest_after: Option<usize>,
    /// What its positionals start.
    pub launches: Option<LaunchKind>,
    /// What it does to artifacts.
    pub events: Vec<EventSpec>,
    /// What it prints; the first whose conditions hold.
    pub stdout: Vec<YieldSpec>,
    /// Files that it writes.
    pub writes: Vec<WriteSpec>,
    /// That it runs or applies something which nobody here reads; the first whose conditions hold.
    pub unread: Vec<UnreadSpec>,
    /// The flags by name.
    #[serde(skip)]
    pub flags: FlagTable,
}

/// What a command hands over to that is not read: the scripts of a package, a chart, a module.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct UnreadSpec {
    /// What auditors are told: `the chart that it installs is not read`.
    pub why: String,
    /// Conditions that must all hold.
    #[serde(default)]
    pub when: Many<Condition>,
}

/// What the positionals of a command start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LaunchKind {
    /// `docker run IMAGE ARGS`: an image with arguments.
    Image,
    /// `docker exec NAME COMMAND ARGS`: a command in a container that runs already.
    Container,
    /// `sudo COMMAND ARGS`: another command.
    Command,
    /// `npx PACKAGE ARGS`, `go run PATH@VERSION ARGS`: a tool by its package.
    Package,
}

/// One thing that a command or action does.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct EventSpec {
    /// What.
    pub kind: EventKind,
    /// To what kind of artifact, where the pick does not say; an image, if left out.
    #[serde(default)]
    pub artifact: Option<Artifact>,
    /// What is signed, verified, deployed ..
    #[serde(default)]
    pub reference: Many<Pick>,
    /// Where from.
    #[serde(default)]
    pub source: Many<Pick>,
    /// Where to.
    #[serde(default)]
    pub destination: Many<Pick>,
    /// Conditions that must all hold.
    #[serde(default)]
    pub when: Many<Condition>,
    /// It happens even if no reference is found.
    #[serde(default)]
    pub optional: bool,
    /// Several sources each go to every destination, rather than first to first, second to second.
    #[serde(default)]
    pub cross: bool,
    /// Options of this event alone.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
}

/// What a command prints or writes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct YieldSpec {
    /// Its type.
    pub content: Content,
    /// What it is about.
    #[serde(default)]
    pub of: Many<Pick>,
    /// It turns a name into content at that moment.
    #[serde(default)]
    pub lookup: bool,
    /// The answer comes from this machine's engine, so it is about what was pulled, built or pushed here.
    #[serde(default)]
    pub local: bool,
    /// Types of fields of JSON, by path as `jq` has it without the first dot.
    #[serde(default)]
    pub fields: BTreeMap<String, Content>,
    /// Conditions that must all hold.
    #[serde(default)]
    pub when: Many<Condition>,
}

/// A file that a command writes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct WriteSpec {
    /// Its path.
    pub file: Many<Pick>,
    /// What is in it.
    pub content: Content,
    /// What it is about.
    #[serde(default)]
    pub of: Many<Pick>,
    /// It turns a name into content at that moment.
    #[serde(default)]
    pub lookup: bool,
    /// Types of fields of JSON.
    #[serde(default)]
    pub fields: BTreeMap<String, Content>,
    /// Conditions that must all hold.
    #[serde(default)]
    pub when: Many<Condition>,
}

/// Types of what comes out of commands and actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// `sha256:..` of a manifest
    Digest,
    /// Id of an image's configuration: not a manifest digest
    ImageId,
    /// `name@sha256:..`
    Reference,
    /// A name with a tag, or a tag
    Tag,
    /// Several tags, one a line
    Tags,
    /// Checksums of files
    Checksum,
    /// Checksums of files by a broken hash function
    WeakChecksum,
    /// A signature, certificate or bundle
    Signature,
    /// An attestation or its statement
    Attestation,
    /// What a signature is about
    Payload,
    /// A manifest, byte for byte: its hash is the digest
    Manifest,
    /// JSON whose `fields` are typed
    Json,
    /// The artifact itself
    Artifact,
    /// Text in which a digest occurs
    Log,
    /// A public key
    Key,
    /// A path of a file
    Path,
    /// Anything else
    Text,
}

/// An action or reusable workflow.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ActionSpec {
    /// `owner/name`, one or more of them. What has a name alone is `kind:name`: `task:verify`, `jenkins-step:promote`; an action of
    /// the repository itself is `./path`.
    pub source: Words,
    /// The name that reports show; the first source, if left out.
    #[serde(default)]
    pub name: Option<String>,
    /// Path inside of the repository (a glob), for workflows and actions that lie in a folder. Of entries that fit the last counts.
    #[serde(default)]
    pub path: Option<Glob>,
    /// What inputs mean, by role.
    #[serde(default)]
    pub roles: Roles,
    /// Options that it always has.
    #[serde(default)]
    pub options: BTreeMap<String, String>,
    /// What it does to artifacts.
    #[serde(default)]
    pub events: Vec<EventSpec>,
    /// Types of its outputs.
    #[serde(default)]
    pub outputs: BTreeMap<String, OutputSpec>,
    /// Names of its other outputs. With it all outputs are known: any other name gives an empty text.
    #[serde(default)]
    pub other_outputs: Option<Words>,
    /// Files that it writes.
    #[serde(default)]
    pub writes: Vec<WriteSpec>,
    /// Its owner requires that it is used by a semver tag instead of a commit.
    #[serde(default)]
    pub requires_semver: bool,
    /// What it is given goes to something that is not seen: another job.
    #[serde(default)]
    pub passes_on: bool,
    /// Inputs that hold a shell script that runs here.
    #[serde(default)]
    pub scripts: Words,
    /// Inputs that hold a JavaScript program that runs here.
    #[serde(default)]
    pub javascript: Words,
    /// Inputs that hold a script that runs on another machine.
    #[serde(default)]
    pub remote_scripts: Words,
    /// It puts files of a repository where later steps find them.
    #[serde(default)]
    pub checkout: Option<CheckoutSpec>,
    /// The tool that it installs.
    #[serde(default)]
    pub installs: Option<String>,
    /// The input that says which version of it.
    #[serde(default)]
    pub version_input: Option<String>,
}

/// A checkout, by the inputs that say what and where.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CheckoutSpec {
    /// The input with the folder; the one where steps start, if that is not given.
    pub folder: String,
    /// The input with the repository; the pipeline's own, if that is not given.
    pub repository: String,
    /// Names of values that stand for the pipeline's own repository.
    #[serde(default)]
    pub own: Words,
}

/// Type of an action's output.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OutputSpec {
    /// Its type.
    pub content: Content,
    /// What it is about.
    #[serde(default)]
    pub of: Many<Pick>,
    /// It is looked up from a name.
    #[serde(default)]
    pub lookup: bool,
    /// Types of fields of JSON.
    #[serde(default)]
    pub fields: BTreeMap<String, Content>,
}

/// A verb: words with alternatives, each with aliases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verb {
    /// Alternatives of each word; the first of each is the name, the rest are aliases.
    pub words: Vec<Vec<Vec<String>>>,
}

impl Verb {
    /// The name of the word at `index` if it may be written so.
    #[must_use]
    pub fn name_of(&self, index: usize, written: &str) -> Option<&str> {
        let alternatives = self.words.get(index)?;
        alternatives.iter().find(|names| names.iter().any(|n| n == written)).and_then(|names| names.first()).map(String::as_str)
    }
}

impl FromStr for Verb {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = |alternative: &str| alternative.split('/').map(str::to_owned).collect();
        let words = text.split_whitespace().map(|w| w.split('|').map(names).collect()).collect();
        Ok(Verb { words })
    }
}

/// Flags by each of their names.
pub type FlagTable = HashMap<Arc<str>, FlagSpec>;

/// A flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlagSpec {
    /// All names, the public one first.
    pub names: Arc<[Arc<str>]>,
    /// What follows it.
    pub arity: Arity,
}

/// What follows a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arity {
    /// Nothing, or `=value`.
    Switch,
    /// One value.
    Value,
    /// All words up to the next flag.
    Multi,
}
