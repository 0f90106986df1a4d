//! Exactly what policies see of one pipeline. Field names are the public API of custom policies.
//!
//! A *span* is the index of a place in the document's table of places; a policy hands it back unchanged.
//! An absent field is undefined in Rego, so optional facts are left out rather than null.

mod admission;

pub use admission::{
    AdmissionCheckFacts, AdmissionFacts, AdmissionIdentityFacts, AnswerFacts, AuthorityFacts, ImagePattern, SwitchedOff,
};

use crate::finding::Severity;
use crate::pipeline::{DefinitionKind, Format};
use crate::source::Span;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Version of the document.
pub const SCHEMA: &str = "swaplint.facts.v1";

/// Index into [`Facts::spans`].
pub type SpanId = u32;

/// All facts of one pipeline.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Facts {
    /// Always `swaplint.facts.v1`.
    pub schema: &'static str,
    /// The pipeline itself.
    pub pipeline: PipelineFacts,
    /// Its executions (jobs, tasks, stages), those of called pipelines of the same repository included.
    pub executions: Vec<ExecutionFacts>,
    /// What its commands, actions and fields do to artifacts, by kind. A kind that does not occur is absent.
    pub events: BTreeMap<EventKind, Vec<Event>>,
    /// References to pipeline code.
    pub definitions: Vec<DefinitionFacts>,
    /// Images that executions, services and steps run in.
    pub images: Vec<ImageUse>,
    /// `FROM` lines of Dockerfiles that the pipeline builds.
    pub base_images: Vec<ImageUse>,
    /// Settings that weaken transport or verification, wherever they are made.
    pub weaknesses: Vec<Weakness>,
    /// Verifications that are written down and do not run, or do not always run.
    pub idle: Vec<Idle>,
    /// Digests and checksums that executions compute or receive, each where it is first at hand.
    pub digests: Vec<DigestFacts>,
    /// Images that are given, as a value, to something that is not seen.
    pub handed: Vec<Handed>,
    /// In-toto layouts.
    pub layouts: Vec<LayoutFacts>,
    /// Admission policies.
    pub admissions: Vec<AdmissionFacts>,
    /// What could not be followed.
    pub opaque: Vec<OpaqueFacts>,
    /// Artifacts that an execution of this pipeline takes, from where they were left, and whether somebody could swap them there.
    pub handoffs: Vec<Handoff>,
    /// The places; not part of the document itself.
    #[serde(skip)]
    pub spans: Vec<Span>,
}

impl Facts {
    /// Gives back the room that lists have for more.
    pub fn shrink(&mut self) {
        self.events.values_mut().for_each(Vec::shrink_to_fit);
        self.executions.iter_mut().for_each(|e| e.steps.shrink_to_fit());
        self.definitions.shrink_to_fit();
        self.opaque.shrink_to_fit();
        self.spans.shrink_to_fit();
    }
}

/// The pipeline itself.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PipelineFacts {
    /// Path of its file, relative to the repository.
    pub path: String,
    /// Its format.
    pub format: Format,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What starts it: `push`, `pull_request`, `workflow_call` ..
    pub triggers: Vec<String>,
    /// Whether it, or another pipeline of the repository, signs or attests images.
    pub repository_signs: bool,
    /// Whether it, or another pipeline of the repository, verifies images, or has the cluster refuse those that are not signed.
    pub repository_verifies: bool,
    /// Whether the path looks like tests, fixtures or examples.
    pub is_example: bool,
    /// The whole definition.
    pub span: SpanId,
}

/// A job, task or stage.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExecutionFacts {
    /// Its id; of a called pipeline `caller / called`.
    pub id: String,
    /// Ids of the executions that must have succeeded (or ended) before it starts.
    pub needs: Vec<String>,
    /// Its condition as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// `scope: level` of its token, as written; absent where the file does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permissions: Option<BTreeMap<String, String>>,
    /// Where that is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permissions_span: Option<SpanId>,
    /// Names of the secrets that it uses, `GITHUB_TOKEN` left out; `*` where it hands on all that there are.
    pub secrets: Vec<String>,
    /// Those that are set for all of its steps, with the place where that is done.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub shared_secrets: BTreeMap<String, SpanId>,
    /// Where it hands all secrets to the pipeline that stands in its place (`secrets: inherit`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inherits_secrets: Option<SpanId>,
    /// Whether it runs in a protected environment.
    pub has_environment: bool,
    /// Whether its steps stand in a definition that is not seen.
    pub is_elsewhere: bool,
    /// Whether it signs or attests.
    pub signs: bool,
    /// Whether it deploys.
    pub deploys: bool,
    /// Whether it pushes, copies or publishes.
    pub publishes: bool,
    /// Its steps, those of called pipelines of the same repository left out.
    pub steps: Vec<StepFacts>,
    /// Whether it holds write credentials: signs, deploys, publishes, uses secrets, or its token may write packages, contents or ids.
    pub privileged: bool,
    /// Where its id stands.
    pub span: SpanId,
}

/// A step of an execution.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StepFacts {
    /// Name, id or position, as in [`Event::step`].
    pub name: String,
    /// Whether everything that it does is known. A program or action that no data knows may do anything.
    pub is_seen: bool,
    /// Whether it tests something of whatever kind (`[ .. ]`, `grep`), and so may fail by that.
    pub tests: bool,
    /// Its definition.
    pub span: SpanId,
}

/// A verification or comparison that is written down and does not run, or does not always run.
#[derive(Debug, Clone, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
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

/// A digest or checksum that is at hand in an execution.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DigestFacts {
    /// `digest` of an image, or `checksum` of a file.
    pub kind: DigestKind,
    /// What it is of, after resolution.
    pub of: String,
    /// Registry of the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry: Option<String>,
    /// Repository of the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Whether it was looked up from a tag.
    pub is_lookup: bool,
    /// Whether its form is checked somewhere.
    pub is_checked: bool,
    /// Where it leaves the execution: in an output, a file, or a parameter of something that is not seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handed_on: Option<SpanId>,
    /// Whether another execution computed it.
    pub is_received: bool,
    /// Id of the first event that comes after it was computed; events of the same execution with this id or a later one could use it.
    pub before: u32,
    /// Id of the execution.
    pub execution: String,
    /// Index of that execution.
    pub execution_index: usize,
    /// Step.
    pub step: String,
    /// Where it is read, assigned or written.
    pub span: SpanId,
}

/// What a digest is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DigestKind {
    /// An image.
    Digest,
    /// A file.
    Checksum,
}

/// An image that is given, as a value, to something that is not seen. What is done with it there is not known.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Handed {
    /// The image.
    pub reference: Reference,
    /// What carries it.
    pub by: HandedBy,
    /// Who takes it: a command, a job, a task; empty for outputs and files.
    pub to: String,
    /// The parameter, variable, output or file, the option of an argument; empty for other arguments.
    pub name: String,
    /// Where the taker is named, if that is a place of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_span: Option<SpanId>,
    /// What the taker does by its own name (`sign`, `copy`, `deploy`), if that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub does: Option<EventKind>,
    /// Whether it is, by its name or position, where something is put, not what is taken.
    pub is_destination: bool,
    /// Id of the execution.
    pub execution: String,
    /// Index of that execution.
    pub execution_index: usize,
    /// Step.
    pub step: String,
    /// Where it is given, or written.
    pub span: SpanId,
}

/// What carries a value out of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HandedBy {
    /// An argument of a program that no data knows
    Argument,
    /// A parameter of a definition or job that is not seen
    Parameter,
    /// A variable of a pipeline that is started elsewhere
    Variable,
    /// An output of the execution
    Output,
    /// A file that is left for others
    File,
}

/// A value that is empty, because what should define it does not.
#[derive(Debug, Clone, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Serialize, JsonSchema)]
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

/// Where an event comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Candidate {
    /// The verification event.
    pub event: u32,
    /// Why it does not guard.
    pub why: NotGuarding,
    /// Where that is caused.
    pub span: SpanId,
}

/// Why a verification does not guard a use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, Serialize, JsonSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EffectCause {
    /// `|| true`, `|| echo ..`
    Or,
    /// Left of `&&`, not last
    And,
    /// A condition that goes on in either case
    Condition,
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
    /// `continue-on-error` and kin of the step
    StepTolerance,
    /// the same of the execution
    ExecutionTolerance,
    /// The result is stored and never looked at
    StatusDropped,
    /// `-` in front of a recipe's line, `make -i`, `.IGNORE`
    MakeIgnores,
}

/// How an artifact is named.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Reference {
    /// As written.
    pub text: String,
    /// After resolution; what is not known stands as `${name}`.
    pub resolved: String,
    /// Equal keys name the same artifact, unknown values included.
    pub key: String,
    /// What kind of artifact.
    pub artifact: Artifact,
    /// Host and port, `docker.io` where none is written. Images only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry: Option<String>,
    /// Repository path without the registry. Images only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The tag, if one is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// The digest, or the value that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// What else it stands for: further values of a matrix, a loop, a choice. Images only.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub others: Vec<ImageName>,
    /// Whether the name can be repointed.
    pub mutability: Mutability,
    /// How specific the tag is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag_kind: Option<TagKind>,
    /// Whether it lies on this machine, in a throw-away registry (`localhost`, `ttl.sh`), or is deployed only to a cluster that the
    /// same execution made for itself (`kind create cluster`).
    pub is_local: bool,
    /// Whether the digest was looked up from a tag (true) or handed over by what produced the artifact (false).
    pub digest_is_lookup: bool,
    /// Whether the digest was cut out of text for people, with a pattern that fits other text as well.
    pub digest_is_scraped: bool,
    /// Whether the form of the digest is checked somewhere.
    pub digest_is_checked: bool,
    /// Whether nobody wrote it: it is what the tool or action takes by default.
    pub is_default: bool,
    /// Whether this repository's pipelines push it.
    pub pushed_here: bool,
    /// URL scheme, for downloads: `https`, `http`, `s3` ..
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// URL host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Whether the downloaded file is then executed, installed, unpacked or deployed in the same execution. Downloads only.
    pub is_used: bool,
    /// What is taken where the digest is missing (`${DIGEST:-latest}`). Images only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Fallback>,
    /// Its place.
    pub span: SpanId,
    /// Where the value was made, in order, nearest last: assignments, outputs.
    pub provenance: Vec<Provenance>,
}

/// One name of an image, after resolution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ImageName {
    /// Host and port, `docker.io` where none is written.
    pub registry: String,
    /// Repository path without the registry.
    pub repository: String,
    /// The tag, if one is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
}

/// What stands in for a digest.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Fallback {
    /// The reference without the digest.
    pub text: String,
    /// Where it is written.
    pub span: SpanId,
}

/// A place where a value was made.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Provenance {
    /// Its place.
    pub span: SpanId,
    /// "assigned here", "output of step build".
    pub what: String,
}

/// Kinds of artifacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Artifact {
    /// Container image or other OCI artifact
    Image,
    /// A local file
    File,
    /// Something behind a URL
    Url,
    /// A package of a package registry
    Package,
    /// An artifact of the CI's own store
    Stored,
}

/// Whether a name can be repointed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mutability {
    /// Content-addressed.
    Digest,
    /// A tag.
    Tag,
    /// No tag: `latest`.
    Implicit,
    /// A tag that the registry refuses to overwrite, by the user's word.
    ImmutableByPolicy,
    /// Built in this very execution and never taken from a registry.
    Local,
    /// Not known.
    Unknown,
}

/// How specific a tag is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TagKind {
    /// `latest`, `stable`, `main` ..
    Moving,
    /// `1`, `1.2`
    PartialVersion,
    /// `1.2.3`, with or without suffix
    FullVersion,
    /// A commit or build number
    Build,
    /// Anything else, or not known
    Other,
}

/// An identity expression.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Identity {
    /// The option's role: `identity`, `identity-regexp`, `issuer-regexp` ..
    pub role: String,
    /// The expression after resolution.
    pub expression: String,
    /// Whether the whole expression is known.
    pub known: bool,
    /// Regular expression: whether it must match from start to end.
    pub anchored: bool,
    /// Whether the user vouches for it (`identities.trusted` of the configuration).
    pub is_trusted: bool,
    /// Identities that it lets in although they are somebody else's.
    pub admits: Vec<Admitted>,
    /// Its place.
    pub span: SpanId,
}

/// An identity that an expression lets in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Admitted {
    /// Whose it is.
    pub class: AdmittedClass,
    /// The identity.
    pub identity: String,
}

/// Whose identity is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AdmittedClass {
    /// Anybody at all
    Anyone,
    /// Another organisation
    OtherOrganisation,
    /// Another repository of the same organisation
    OtherRepository,
    /// Another workflow of the same repository
    OtherWorkflow,
    /// Another branch, or a pull request
    OtherRef,
    /// A look-alike host, because a dot is not escaped
    LookalikeHost,
    /// The expected identity inside a longer text, because the expression is not anchored
    Embedded,
}

/// A reference to pipeline code.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DefinitionFacts {
    /// As written.
    pub text: String,
    /// What it names.
    pub kind: DefinitionKind,
    /// `owner/name`, image or URL without version.
    pub source: String,
    /// Path inside of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The version as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// What kind of version that is.
    pub pin: Pin,
    /// Whether it belongs to the forge itself (`actions/*`, `github/*`).
    pub forge_owned: bool,
    /// Whether it belongs to the repository's owner, by its remote `origin`, or to another one of the user's own (`references.owners` of the
    /// configuration).
    pub first_party: bool,
    /// Whether its owner requires a semver tag instead of a hash (slsa-github-generator).
    pub requires_semver: bool,
    /// Id of the execution that uses it.
    pub execution: String,
    /// Index of that execution.
    pub execution_index: usize,
    /// Step, empty for whole executions.
    pub step: String,
    /// Place of the reference.
    pub span: SpanId,
}

/// What kind of version a reference to pipeline code has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pin {
    /// A full commit id.
    Commit,
    /// An image digest.
    Digest,
    /// `v1.2.3`
    Semver,
    /// `v1`, `v1.2`, or another tag-like version
    Tag,
    /// A branch, or anything that does not look like a version
    Branch,
    /// None
    None,
    /// Not readable
    Unknown,
}

/// An image that something runs in or builds on.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ImageUse {
    /// What for: `job`, `service`, `step`, `sidecar`, `agent`, `base`.
    pub role: String,
    /// The image.
    pub reference: Reference,
    /// Id of the execution.
    pub execution: String,
    /// Index of that execution.
    pub execution_index: usize,
}

/// A setting that weakens something.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Weakness {
    /// Which: `tls-verification-disabled`, `content-trust-disabled` ..
    pub kind: String,
    /// As written: `-k`, `GIT_SSL_NO_VERIFY=1`.
    pub text: String,
    /// The tool, if one is set.
    pub tool: String,
    /// The host it applies to, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Whether it only concerns this machine (`localhost`, kind clusters).
    pub is_local: bool,
    /// Whether it is there only where somebody outside asks for it (`[ -n "$INSECURE" ] && opts=-k`).
    pub is_asked_for: bool,
    /// What the weakened command does to artifacts, if it is an event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<u32>,
    /// Where the value of the setting was made, nearest last.
    pub provenance: Vec<Provenance>,
    /// A severity that the tool's data gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Id of the execution.
    pub execution: String,
    /// Index of that execution.
    pub execution_index: usize,
    /// Step.
    pub step: String,
    /// Place of the setting.
    pub span: SpanId,
}

/// An in-toto layout.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LayoutFacts {
    /// Its steps, in order.
    pub steps: Vec<LayoutStepFacts>,
    /// Its inspections, in order.
    pub inspections: Vec<LayoutStepFacts>,
    /// When it expires, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// Where it says that it is one.
    pub span: SpanId,
}

/// A step or inspection of an in-toto layout.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LayoutStepFacts {
    /// The name.
    pub name: String,
    /// How many functionaries must agree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<i64>,
    /// Where that is written, or else the name.
    pub threshold_span: SpanId,
    /// Ids of the keys of its functionaries.
    pub keys: Vec<String>,
    /// Those of them that the layout does not know.
    pub unknown_keys: Vec<UnknownKey>,
    /// Whether functionaries are named by their certificates.
    pub has_certificates: bool,
    /// Rules for the files before it, in order.
    pub materials: Vec<ArtifactRuleFacts>,
    /// Rules for the files after it, in order.
    pub products: Vec<ArtifactRuleFacts>,
    /// Whether files that no rule names may be among its materials. Without a `DISALLOW *` at the end in-toto lets them pass.
    pub takes_anything: bool,
    /// Place of the name.
    pub span: SpanId,
}

/// A key that a layout's step names and the layout does not know.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UnknownKey {
    /// Its id.
    pub id: String,
    /// Its place.
    pub span: SpanId,
}

/// A rule of a layout for files.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ArtifactRuleFacts {
    /// `MATCH`, `CREATE`, `DELETE`, `MODIFY`, `ALLOW`, `DISALLOW`, `REQUIRE`.
    pub kind: String,
    /// A glob of paths.
    pub pattern: String,
    /// The step that is matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// `MATCH`: whether there is such a step.
    pub from_exists: bool,
    /// `MATCH`: whether the rules of that step let it have such files.
    pub can_match: bool,
    /// Its place.
    pub span: SpanId,
}

/// Something that was not followed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OpaqueFacts {
    /// Why, as a clause.
    pub why: String,
    /// Id of the execution.
    pub execution: String,
    /// Step.
    pub step: String,
    /// Its place.
    pub span: SpanId,
}

/// An artifact on its way from the event that left it somewhere to one that takes it there.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Handoff {
    /// What is handed over, after resolution.
    pub artifact: String,
    /// What kind of artifact.
    pub kind: Artifact,
    /// Where it lies in between.
    pub carrier: Carrier,
    /// How far it travels.
    pub across: Across,
    /// Who left it there; absent where no pipeline of the repository is known to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub producer: Option<HandoffEnd>,
    /// Whether both ends name it alike; else a tag that only a run knows may make it another version.
    pub same_name: bool,
    /// Who takes it.
    pub consumer: HandoffEnd,
    /// Whether somebody who can write to the carrier, and to nothing else, can change what the consumer gets.
    pub window: Window,
    /// Why the window is open, closed or unknown.
    pub reason: WindowReason,
    /// Ids of the verifications that close it.
    pub guards: Vec<u32>,
}

/// One end of a handoff.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct HandoffEnd {
    /// Id of the event in this document; absent where it belongs to another pipeline, or is the image that an execution runs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<u32>,
    /// What is done.
    pub does: EventKind,
    /// The tool or action.
    pub tool: String,
    /// Path of the pipeline's file.
    pub pipeline: String,
    /// Id of the execution.
    pub execution: String,
    /// Step.
    pub step: String,
    /// Its place.
    pub span: SpanId,
}

/// Where an artifact lies between two hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Carrier {
    /// A registry, under a name that can be repointed
    RegistryTag,
    /// A registry; what is handed over is the digest
    Digest,
    /// The artifact store of the CI system
    ArtifactStore,
    /// A Jenkins stash
    Stash,
    /// A workspace or volume that executions share
    Workspace,
    /// A bucket
    ObjectStore,
    /// The files of a release
    Release,
    /// A web server
    Url,
    /// A package registry
    PackageRegistry,
}

/// How far an artifact travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Across {
    /// Within one execution, by way of the carrier
    Steps,
    /// Between executions of one run
    Executions,
    /// Between pipelines, or runs, of the repository
    Pipelines,
    /// From outside of the repository's pipelines
    Outside,
}

/// Whether the artifact can be swapped on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Window {
    /// It cannot.
    Closed,
    /// It can.
    Open,
    /// The analysis cannot see.
    Unknown,
}

/// Why a window is open, closed or unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WindowReason {
    /// Closed: the name is the content.
    ContentAddressed,
    /// Closed: an effective verification of that content stands before the use.
    Verified,
    /// Closed: the registry refuses to overwrite the tag, by the user's word.
    ImmutableByPolicy,
    /// Open: the name can be repointed.
    Repointable,
    /// Open: the digest was looked up again from a name that can be repointed.
    LookedUpAgain,
    /// Open: the file is used as it comes.
    Unchecked,
    /// Unknown: the name cannot be read.
    UnreadableName,
}
