//! Exactly what policies see of one pipeline. Field names are the public API of custom policies.
//!
//! A *span* is the index of a place in the document's table of places; a policy hands it back unchanged.
//! An absent field is undefined in Rego, so optional facts are left out rather than null.

mod admission;
mod definition;
mod event;
mod handoff;
mod identity;
mod layout;
mod reference;

pub use admission::{
    AdmissionCheckFacts, AdmissionFacts, AdmissionIdentityFacts, AnswerFacts, AuthorityFacts, ImagePattern, SwitchedOff,
};
pub use definition::{DefinitionFacts, ImageUse, Pin};
pub use event::{Candidate, Effect, EffectCause, Event, EventKind, Idle, IdleCause, Missing, NotGuarding, Origin, Shell};
pub use handoff::{Across, Carrier, Handoff, HandoffEnd, Window, WindowReason};
pub use identity::{Admitted, AdmittedClass, Identity};
pub use layout::{ArtifactRuleFacts, LayoutFacts, LayoutStepFacts, UnknownKey};
pub use reference::{
    Artifact, DigestFacts, DigestKind, Fallback, Handed, HandedBy, ImageName, Mutability, Provenance, Reference, TagKind,
};

use crate::finding::Severity;
use crate::pipeline::Format;
use crate::source::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the document.
pub const SCHEMA: &str = "swaplint.facts.v1";

/// Index into [`Facts::spans`].
pub type SpanId = u32;

/// All facts of one pipeline.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Facts {
    /// Always `swaplint.facts.v1`.
    #[serde(skip_deserializing, default = "current_schema")]
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

fn current_schema() -> &'static str {
    SCHEMA
}

/// The pipeline itself.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct StepFacts {
    /// Name, id or position, as in [`Event::step`].
    pub name: String,
    /// Whether everything that it does is known. A program or action that no data knows may do anything.
    pub is_seen: bool,
    /// Whether it tests something of whatever kind (`[ .. ]`, `grep`), and so may fail by that.
    pub tests: bool,
    /// Outputs of the execution whose files it names, to write or to read them (Tekton's `$(results.NAME.path)`).
    pub outputs: Vec<String>,
    /// Whether its failure is tolerated in any case.
    pub is_tolerated: bool,
    /// Its definition.
    pub span: SpanId,
}

/// A setting that weakens something.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
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

/// Something that was not followed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct OpaqueFacts {
    /// Why, as a clause.
    pub why: String,
    /// Whether nothing of the pipeline that stands behind it is judged.
    pub ends: bool,
    /// Id of the execution.
    pub execution: String,
    /// Step.
    pub step: String,
    /// Its place.
    pub span: SpanId,
}
