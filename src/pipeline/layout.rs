//! What an in-toto layout demands of the supply chain.

use crate::source::Span;

/// An in-toto layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Its steps, and after them its inspections.
    pub steps: Vec<LayoutStep>,
    /// Ids of the keys that it knows.
    pub keys: Vec<String>,
    /// When it expires, as written.
    pub expires: Option<String>,
    /// Where it says that it is one.
    pub span: Span,
}

/// A step or inspection of an in-toto layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayoutStep {
    /// The name.
    pub name: String,
    /// Place of the name.
    pub span: Span,
    /// Whether the one who verifies runs it.
    pub is_inspection: bool,
    /// How many functionaries must agree.
    pub threshold: Option<i64>,
    /// Where that is written.
    pub threshold_span: Option<Span>,
    /// Ids of the keys of its functionaries, with their places.
    pub keys: Vec<(String, Span)>,
    /// Whether functionaries are named by their certificates.
    pub has_certificates: bool,
    /// Rules for the files before it, in order.
    pub materials: Vec<ArtifactRule>,
    /// Rules for the files after it, in order.
    pub products: Vec<ArtifactRule>,
}

/// A rule for files of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactRule {
    /// `MATCH`, `CREATE`, `DELETE`, `MODIFY`, `ALLOW`, `DISALLOW`, `REQUIRE`.
    pub kind: String,
    /// A glob of paths.
    pub pattern: String,
    /// Folder before the paths here.
    pub prefix: String,
    /// Folder before the paths in the step that is matched.
    pub other_prefix: String,
    /// Whether products are matched (else materials).
    pub with_products: bool,
    /// The step that is matched.
    pub from: Option<String>,
    /// Its place.
    pub span: Span,
}
