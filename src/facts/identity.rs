//! Whose signatures a verification accepts.

use super::SpanId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An identity expression.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Admitted {
    /// Whose it is.
    pub class: AdmittedClass,
    /// The identity.
    pub identity: String,
}

/// Whose identity is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
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
