//! Uses of pipeline code that is defined elsewhere, and where they lead.

use super::{Binding, Text};
use crate::source::Span;
use serde::{Deserialize, Serialize};

/// A use of something defined elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// What is used.
    pub definition: Definition,
    /// Values given to its inputs.
    pub inputs: Vec<Binding>,
    /// Where it is said that all secrets of the caller are passed on (`secrets: inherit`).
    pub inherits_secrets: Option<Span>,
    /// Secrets passed by name.
    pub secrets: Vec<Binding>,
}

impl Call {
    /// A use with these inputs, and without secrets.
    #[must_use]
    pub fn new(definition: Definition, inputs: Vec<Binding>) -> Self {
        Call { definition, inputs, inherits_secrets: None, secrets: Vec::new() }
    }
}

/// A reference to pipeline code.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// The reference as written.
    pub text: Text,
    /// What kind of thing it names.
    pub kind: DefinitionKind,
    /// Where it leads.
    pub target: DefinitionTarget,
    /// Where its version stands, if that is not in `text`.
    pub version: Option<Span>,
    /// The parameter that says the version, as soon as it is known to be its default.
    pub parameter: Option<String>,
}

/// Kinds of pipeline code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DefinitionKind {
    /// `uses:` of a step
    Action,
    /// `uses:` of a job
    ReusableWorkflow,
    /// Tekton task or pipeline reference
    Task,
    /// Jenkins shared library
    Library,
    /// GitLab `include`
    Include,
    /// A pipeline of another project that is started there (GitLab `trigger`)
    Pipeline,
}

/// Where a reference to pipeline code leads.
#[derive(Debug, Clone, PartialEq)]
pub enum DefinitionTarget {
    /// A path in this repository, normalised, relative to its root.
    Local(String),
    /// A pipeline that files of this repository make together (a GitLab child pipeline), by their paths.
    Merged(Vec<String>),
    /// A definition of this repository by name (Tekton), with its kind in lower case.
    Named {
        /// `task`, `pipeline`, `stepaction` ..; `jenkins-step`, `gitlab-step` for what the CI system itself brings.
        kind: String,
        /// `metadata.name`.
        name: String,
    },
    /// Something outside.
    Remote {
        /// `owner/name` of the repository, an image or a URL, without path and ref.
        source: String,
        /// Path inside of it, if any.
        path: Option<String>,
        /// The version, as written after the `@` or `:`; `None` where none is given.
        reference: Option<String>,
    },
    /// An image that is run as an action (`docker://..`).
    Image(String),
    /// One of the others, as soon as the CI system has filled in a part of it.
    Filled(Box<Template>),
    /// Not readable without running the pipeline.
    Unknown,
}

/// A reference of which the CI system fills in some part before it follows it.
#[derive(Debug, Clone, PartialEq)]
pub enum Template {
    /// The parts of [`DefinitionTarget::Remote`], each by itself.
    Place {
        /// Parts of the source, to be joined by `/`.
        source: Vec<Text>,
        /// Parts of the path inside of it, to be joined by `/`.
        path: Vec<Text>,
        /// The version.
        reference: Option<Text>,
    },
    /// An image that holds definitions.
    Image {
        /// `name:tag@digest`
        image: Text,
        /// Name of the definition inside of it.
        path: Option<Text>,
    },
    /// A definition of this repository by name.
    Named {
        /// Its kind in lower case.
        kind: String,
        /// Its name.
        name: Text,
    },
}

impl Template {
    /// Where it leads, if that is written there.
    #[must_use]
    pub fn target(self) -> DefinitionTarget {
        let is_literal = match &self {
            Template::Place { source, path, reference } => source.iter().chain(path).chain(reference).all(|t| t.holes.is_empty()),
            Template::Image { image, path } => std::iter::once(image).chain(path).all(|t| t.holes.is_empty()),
            Template::Named { name, .. } => name.holes.is_empty(),
        };
        if is_literal { self.fill(|t| t.literal().map(str::to_owned)) } else { DefinitionTarget::Filled(Box::new(self)) }
    }

    /// Its version, if that is a text by itself.
    #[must_use]
    pub fn version(&self) -> Option<&Text> {
        match self {
            Template::Place { reference, .. } => reference.as_ref(),
            Template::Image { .. } | Template::Named { .. } => None,
        }
    }

    /// Where it leads, by the values of its texts. Paths and versions without a value stay as written; without a source or
    /// name nothing is known.
    #[must_use]
    pub fn fill(&self, mut value: impl FnMut(&Text) -> Option<String>) -> DefinitionTarget {
        let mut or_raw = |text: &Text| value(text).unwrap_or_else(|| text.raw().to_owned());
        match self {
            Template::Place { source, path, reference } => {
                let path: Vec<String> = path.iter().map(&mut or_raw).collect();
                let reference = reference.as_ref().map(&mut or_raw);
                let Some(source) = source.iter().map(value).collect::<Option<Vec<String>>>() else {
                    return DefinitionTarget::Unknown;
                };
                let path = Some(path.join("/")).filter(|p| !p.is_empty());
                DefinitionTarget::Remote { source: source.join("/"), path, reference }
            }
            Template::Image { image, path } => {
                let path = path.as_ref().map(&mut or_raw);
                let Some(written) = value(image) else { return DefinitionTarget::Unknown };
                let (source, reference) = split_image(&written);
                DefinitionTarget::Remote { source: source.to_owned(), path, reference: reference.map(str::to_owned) }
            }
            Template::Named { kind, name } => match value(name) {
                Some(name) => DefinitionTarget::Named { kind: kind.clone(), name },
                None => DefinitionTarget::Unknown,
            },
        }
    }
}

/// The name of an image, and its digest or else its tag.
fn split_image(written: &str) -> (&str, Option<&str>) {
    let (rest, digest) = written.split_once('@').map_or((written, None), |(rest, digest)| (rest, Some(digest)));
    let slash = rest.rfind('/').map_or(0, |i| i + 1);
    match rest[slash..].find(':') {
        Some(colon) => (&rest[..slash + colon], digest.or(Some(&rest[slash + colon + 1..]))),
        None => (rest, digest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_that_hold_definitions() {
        assert_eq!(split_image("quay.io:443/a/b:0.1@sha256:00"), ("quay.io:443/a/b", Some("sha256:00")));
        assert_eq!(split_image("quay.io/a/b:0.1"), ("quay.io/a/b", Some("0.1")));
        assert_eq!(split_image("quay.io:443/a/b"), ("quay.io:443/a/b", None));
    }
}
