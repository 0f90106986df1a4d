//! What a cluster demands of the images that it admits, whichever controller asks for it.

use crate::source::Span;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// An admission policy that verifies images, or the settings of a controller that does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// Who enforces it.
    pub engine: AdmissionEngine,
    /// What it demands, in order.
    pub checks: Vec<AdmissionCheck>,
    /// What happens in some namespaces instead.
    pub overrides: Vec<Answer>,
    /// Where it says that an error of the check lets the image in.
    pub fails_open: Option<Span>,
    /// What happens to images that no policy is about, where that is said.
    pub unmatched: Option<Answer>,
    /// Where it says what it is.
    pub span: Span,
}

/// Who enforces an admission policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AdmissionEngine {
    /// Kyverno
    Kyverno,
    /// Sigstore's policy-controller
    PolicyController,
}

/// One check of images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdmissionCheck {
    /// Its name, if it has one of its own.
    pub name: Option<String>,
    /// What happens to an image that fails it.
    pub answer: Answer,
    /// Patterns of the images that it is about.
    pub images: Vec<(String, Span)>,
    /// Who must have signed or attested.
    pub authorities: Vec<Authority>,
    /// Whether a program of its own judges besides (CUE, Rego).
    pub has_program: bool,
    /// Safeguards that it switches off, by the field that does it.
    pub switched_off: Vec<(String, Span)>,
}

/// What happens to an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// What.
    pub action: AdmissionAction,
    /// Whether that is written, and not the default.
    pub is_written: bool,
    /// Where, or else the check.
    pub span: Span,
}

/// What happens to an image that fails a check, or that none is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AdmissionAction {
    /// It is refused.
    Enforce,
    /// It is admitted and reported.
    Audit,
    /// It is admitted with a warning.
    Warn,
    /// It is admitted.
    Allow,
    /// It cannot be read.
    Unknown,
}

/// Who may vouch for an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// How.
    pub kind: AuthorityKind,
    /// Keyless: the identities, one of which must have signed.
    pub identities: Vec<AdmissionIdentity>,
    /// Keyless: whether the certificates come from an authority of the user's own.
    pub has_own_roots: bool,
    /// Keyless: whether more of the certificate is compared than its identity.
    pub has_extensions: bool,
    /// Whether it alone lets an image in.
    pub is_enough: bool,
    /// Its place.
    pub span: Span,
}

/// How an authority vouches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AuthorityKind {
    /// A key
    Key,
    /// An identity in a short-lived certificate
    Keyless,
    /// A certificate that is given
    Certificate,
    /// Nobody: every image passes
    Pass,
    /// Nobody: no image passes
    Fail,
    /// Something else
    Other,
}

/// An identity that may sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdmissionIdentity {
    /// What its parts are compared with.
    pub matchers: Vec<Matcher>,
    /// Its place.
    pub span: Span,
}

/// An expression for a subject or an issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matcher {
    /// Whether it is for the issuer, else for the subject.
    pub is_issuer: bool,
    /// How it is compared.
    pub how: Comparison,
    /// As written.
    pub text: String,
    /// Parts of the text that something else fills in.
    pub holes: Vec<Range<usize>>,
    /// Its place.
    pub span: Span,
}

/// How an expression is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// For equality
    Exact,
    /// With the wildcards `*` and `?`, from start to end
    Glob,
    /// As a regular expression of Go, anywhere
    Regexp,
}
