//! What the commands, actions and fields of a pipeline do to artifacts, what their failure does, and what is written down and does not run.

use super::{Identity, Reference, SpanId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A verification or comparison that is written down and does not run, or does not always run.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Idle {
    /// Why.
    pub why: IdleCause,
    /// Its event; absent where it never runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<u32>,
    /// Verify or compare.
    pub kind: EventKind,
    /// The tool or action.
    pub tool: String,
    /// Its command.
    pub verb: String,
    /// What it would verify.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
    /// The condition as written; absent for comments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// The input that decides, where one alone does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// Whether it runs with the values that the inputs have by default.
    pub runs_by_default: bool,
    /// Whether a caller gives the input that decides.
    pub is_given: bool,
    /// Place of the condition; of a comment the same as `span`.
    pub cause: SpanId,
    /// Id of the execution.
    pub execution: String,
    /// Index of that execution.
    pub execution_index: usize,
    /// Step.
    pub step: String,
    /// The whole command.
    pub span: SpanId,
}

/// Why a verification does not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IdleCause {
    /// It is commented out.
    Comment,
    /// Its condition never holds: `if: false`, `when: never`.
    Never,
    /// Its condition does not hold with the values that inputs and variables have by default.
    Default,
    /// An input decides, and this caller gives a value by which it does not run.
    Caller,
    /// An input of a definition that others call decides.
    Input,
}

/// A value that is empty, because what should define it does not.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Missing {
    /// What is taken: `steps.push.outputs.digest`, `DIGEST`.
    pub name: String,
    /// Where it should come from, as a clause: "step `push` has no output `digest`".
    pub why: String,
    /// Whether it stands where the digest of an image does, or is the whole of what is named or compared.
    pub is_digest: bool,
    /// Where it should come from, if that is a place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<SpanId>,
    /// Where it is used.
    pub span: SpanId,
}

/// Kinds of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// An image or file is built.
    Build,
    /// An image is pushed to a registry.
    Push,
    /// A tag is turned into a digest at that moment.
    Resolve,
    /// An artifact is signed.
    Sign,
    /// An attestation or SBOM is attached to an artifact.
    Attest,
    /// A signature, attestation or checksum is verified.
    Verify,
    /// Two digests or values that carry digests are compared.
    Compare,
    /// An image is pulled.
    Pull,
    /// An image is run, or a file executed.
    Run,
    /// An artifact is put to use in an environment.
    Deploy,
    /// An artifact is copied between registries, repositories or tags.
    Copy,
    /// An image is given another name locally (`docker tag`).
    Tag,
    /// Pull, tag and push of one image as a promotion; stands beside the three.
    Retag,
    /// A file is put into an object store, artifact store or release.
    Upload,
    /// A file is fetched.
    Download,
    /// A package is published to a package registry.
    Publish,
    /// A package is installed by name.
    Install,
    /// Downloaded text is executed as it arrives (`curl .. | bash`).
    Stream,
    /// A registry, repository or cluster setting is changed.
    Configure,
    /// An artifact is scanned or certified by something that fails where it is not good enough.
    Scan,
    /// Another pipeline is started.
    Trigger,
}

/// One thing that a command, an action or a field does to one artifact.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    /// Unique in the document.
    pub id: u32,
    /// What is done.
    pub kind: EventKind,
    /// The tool or action: `cosign`, `docker/build-push-action`.
    pub tool: String,
    /// Its command: `verify`, `buildx imagetools create`; empty for actions.
    pub verb: String,
    /// What is signed, verified, deployed, pulled ..; for a copy the same as `source`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
    /// Copy, tag, retag, download: where from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Reference>,
    /// Copy, tag, retag, upload, download: where to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<Reference>,
    /// What flags and inputs say, by role (`key`, `identity`, `identity-regexp`, `issuer`, `source-uri`, `owner` ..; see `docs/add-a-tool.md`):
    /// resolved values, a switch has the value `true`.
    pub options: BTreeMap<String, Vec<String>>,
    /// Places of the options, by role: the first one.
    pub option_spans: BTreeMap<String, SpanId>,
    /// Identity expressions of a verification.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub identities: Vec<Identity>,
    /// What its failure does. Only for what others rely on; nobody cares whether a build, a pull or a `docker rm` may fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
    /// Whether it runs on every run of its execution; false inside `if`, or in a conditional step.
    pub conditional: bool,
    /// Pull and run: an earlier one of the same step takes the same reference, so this one finds it on the machine.
    pub is_repeated: bool,
    /// Downloads: id of the nearest earlier one of the execution that fetches the same (in another branch, or where it is missing).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeats: Option<u32>,
    /// Downloads: id of the next one to the same place, where the file is taken before that: what is checked behind it is another file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub until: Option<u32>,
    /// Verify and compare: it is *expected* to fail (a negative test).
    pub expected_to_fail: bool,
    /// Ids of the effective verifications and comparisons that guard this use.
    pub guards: Vec<u32>,
    /// Verifications that look as if they guarded it, and why they do not.
    pub candidates: Vec<Candidate>,
    /// Copies: comparisons that effectively check the destination's digest afterwards.
    pub checks: Vec<u32>,
    /// Values in its references that nothing defines, so that they are empty.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub missing: Vec<Missing>,
    /// Verify and compare: what the expected checksum or digest was fetched from, where it was fetched and not written to a file.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub expected: Vec<Reference>,
    /// Whether what it prints is taken: by a substitution, the next stage of a pipe, an output of its step.
    pub is_captured: bool,
    /// What is described: `command`, `action`, `container`, `field`.
    pub origin: Origin,
    /// The shell of the step that it stands in; left out for those of POSIX.
    #[serde(skip_serializing_if = "Shell::is_posix", default)]
    pub shell: Shell,
    /// Id of the execution.
    pub execution: String,
    /// Name, id or position of the step.
    pub step: String,
    /// The first line of the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step_span: Option<SpanId>,
    /// Index of the execution in `executions`.
    pub execution_index: usize,
    /// Commands that lead here from the pipeline (`make sign`, `./ci/sign.sh`), outermost first, where it stands in another file.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub calls: Vec<SpanId>,
    /// The whole command or `uses`.
    pub span: SpanId,
}

/// Kinds of shells, by what is typed in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Shell {
    /// `sh`, `bash` and kin, and where there is no shell.
    #[default]
    Posix,
    /// `pwsh`, `powershell`
    PowerShell,
    /// `cmd`
    Cmd,
}

impl Shell {
    /// Whether it is one of POSIX.
    #[must_use]
    pub fn is_posix(&self) -> bool {
        *self == Shell::Posix
    }
}

/// Where an event comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A command of a script.
    Command,
    /// An action, or another definition that is used.
    Action,
    /// A tool run as a container with arguments.
    Container,
    /// A field of the pipeline.
    Field,
}

/// A verification that does not guard, and why.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Candidate {
    /// The verification event.
    pub event: u32,
    /// Why it does not guard.
    pub why: NotGuarding,
    /// Where that is caused.
    pub span: SpanId,
}

/// Why a verification does not guard a use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NotGuarding {
    /// It verifies something else.
    OtherContent,
    /// Same name, but a mutable one, which is resolved again at the use.
    ByTag,
    /// It runs after the use.
    Later,
    /// It runs in parallel.
    Parallel,
    /// Its failure does not stop the use.
    Ignored,
    /// It can be skipped while the use still runs.
    Conditional,
}

/// What the failure of an event does.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Effect {
    /// Whether its failure stops its execution.
    pub stops: bool,
    /// What takes the failure away, if it does not stop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<EffectCause>,
    /// A clause for people: "`|| true` discards its failure".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Place of what takes it away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<SpanId>,
    /// Place of what would take it away if that did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind: Option<SpanId>,
    /// Whether it stands in another file than the command.
    pub elsewhere: bool,
    /// Ids of the events that take what this one should have provided, and that can run although it failed.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub goes_on: Vec<u32>,
    /// Ids of the events that run only after the failure: another try, another way to the same end.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub instead: Vec<u32>,
}

/// What can take a failure away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EffectCause {
    /// `|| true`, `|| echo ..`
    Or,
    /// Left of `&&`, not last
    And,
    /// A condition that goes on in either case
    Condition,
    /// Within a function that is called as a condition, or beside `&&` and `||`
    Called,
    /// `!`
    Negation,
    /// Not last in a pipe without pipefail
    Pipe,
    /// Inside `echo "$(..)"`, `local x=$(..)`, `<(..)`
    Substitution,
    /// `&`
    Background,
    /// errexit is off
    NoErrexit,
    /// A trap or handler ends with success
    Handler,
    /// A handler goes on, but marks the run as failed
    Reported,
    /// `finally`: what stands there runs all the same
    Finally,
    /// `continue-on-error` and kin of the step
    StepTolerance,
    /// the same of the execution
    ExecutionTolerance,
    /// A switch of the tool makes it succeed in any case
    ToolTolerance,
    /// The result is stored and never looked at
    StatusDropped,
    /// `-` in front of a recipe's line, `make -i`, `.IGNORE`
    MakeIgnores,
}
