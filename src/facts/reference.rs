//! How artifacts are named, and the digests and references that are at hand or given away.

use super::{EventKind, SpanId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A digest or checksum that is at hand in an execution.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DigestKind {
    /// An image.
    Digest,
    /// A file.
    Checksum,
}

/// An image that is given, as a value, to something that is not seen. What is done with it there is not known.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
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

/// How an artifact is named.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Reference {
    /// As written.
    pub text: String,
    /// After resolution; what is not known stands as `${name}`.
    pub resolved: String,
    /// Path of a file, if that is known: as seen from the repository's folder, or absolute outside of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
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
    /// Where an argument that is the whole of it (`$1`, `"$@"` of a function or script) was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handed: Option<SpanId>,
    /// Whether it is a checksum of a broken hash function.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub is_weak: bool,
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
    /// Whether nothing else is seen to be done with it than to unpack it. Downloads only.
    pub is_only_unpacked: bool,
    /// What is taken where the digest is missing (`${DIGEST:-latest}`). Images only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Fallback>,
    /// Its place.
    pub span: SpanId,
    /// Where the value was made, in order, nearest last: assignments, outputs.
    pub provenance: Vec<Provenance>,
}

/// One name of an image, after resolution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Fallback {
    /// The reference without the digest.
    pub text: String,
    /// Where it is written.
    pub span: SpanId,
}

/// A place where a value was made.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Provenance {
    /// Its place.
    pub span: SpanId,
    /// "assigned here", "output of step build".
    pub what: String,
}

/// Kinds of artifacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
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
