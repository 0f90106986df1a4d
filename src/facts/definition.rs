//! Pipeline code and images that a pipeline runs with.

use super::{Reference, SpanId};
use crate::pipeline::DefinitionKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A reference to pipeline code.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
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
    /// The parameter of the pipeline whose default that is: whoever starts it may give another version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
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
    /// Place of the reference, or of its version where that stands elsewhere.
    pub span: SpanId,
}

/// What kind of version a reference to pipeline code has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
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
