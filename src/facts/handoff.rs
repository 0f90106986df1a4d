//! Artifacts on their way from one hand to another.

use super::{Artifact, EventKind, SpanId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An artifact on its way from the event that left it somewhere to one that takes it there.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
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
