//! What an in-toto layout demands.

use super::SpanId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An in-toto layout.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct UnknownKey {
    /// Its id.
    pub id: String,
    /// Its place.
    pub span: SpanId,
}

/// A rule of a layout for files.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
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
