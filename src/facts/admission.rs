//! What policies see of an admission policy.

use super::{Identity, SpanId};
use crate::pipeline::{AdmissionAction, AdmissionEngine, AuthorityKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An admission policy that verifies images, or the settings of a controller that does.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AdmissionFacts {
    /// Who enforces it.
    pub engine: AdmissionEngine,
    /// What it demands, in order.
    pub checks: Vec<AdmissionCheckFacts>,
    /// What happens in some namespaces instead.
    pub overrides: Vec<AnswerFacts>,
    /// Where it says that an error of the check lets the image in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fails_open: Option<SpanId>,
    /// What happens to images that no policy is about, where that is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unmatched: Option<AnswerFacts>,
    /// Where it says what it is.
    pub span: SpanId,
}

/// One check of images.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AdmissionCheckFacts {
    /// Its name, if it has one of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What happens to an image that fails it.
    pub answer: AnswerFacts,
    /// Patterns of the images that it is about.
    pub images: Vec<ImagePattern>,
    /// Who must have signed or attested.
    pub authorities: Vec<AuthorityFacts>,
    /// Whether a program of its own judges besides (CUE, Rego).
    pub has_program: bool,
    /// Safeguards that it switches off: `mutateDigest`, `verifyDigest`, `required`.
    pub switched_off: Vec<SwitchedOff>,
}

/// What happens to an image.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AnswerFacts {
    /// What.
    pub action: AdmissionAction,
    /// Whether that is written, and not the default.
    pub is_written: bool,
    /// Where, or else the check.
    pub span: SpanId,
}

/// A pattern of images.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ImagePattern {
    /// As written, with the wildcards `*` and `**` or `?`.
    pub glob: String,
    /// Whether it is about every image.
    pub is_any: bool,
    /// Whether it is written as a regular expression would be, which it is not.
    pub is_like_regexp: bool,
    /// Its place.
    pub span: SpanId,
}

/// A safeguard that is switched off.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SwitchedOff {
    /// The field.
    pub name: String,
    /// Its place.
    pub span: SpanId,
}

/// Who may vouch for an image.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AuthorityFacts {
    /// How.
    pub kind: AuthorityKind,
    /// Keyless: the identities, one of which must have signed.
    pub identities: Vec<AdmissionIdentityFacts>,
    /// Keyless: whether the certificates come from an authority of the user's own.
    pub has_own_roots: bool,
    /// Keyless: whether more of the certificate is compared than its identity.
    pub has_extensions: bool,
    /// Whether it alone lets an image in.
    pub is_enough: bool,
    /// Its place.
    pub span: SpanId,
}

/// An identity that may sign.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AdmissionIdentityFacts {
    /// What its subject must be; with several, one of them.
    pub subjects: Vec<Identity>,
    /// What its issuer must be.
    pub issuers: Vec<Identity>,
    /// Its place.
    pub span: SpanId,
}
