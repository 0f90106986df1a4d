//! Formats: which file is a pipeline, and how it loads into the common model.
//!
//! A format is a file (and folder) beside this one and one line in [`FORMATS`]. Loading never fails as a whole unless the file
//! cannot be read at all: what is wrong becomes a [`Problem`] with its place, the rest is loaded.

pub mod admission;
pub mod github;
pub mod gitlab;
pub mod goreleaser;
pub mod in_toto;
pub mod jenkins;
pub mod tekton;
pub mod yaml;

use crate::pipeline::{Format, Pipeline};
use crate::source::{FileId, Span};

/// What came out of one file.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// Its pipelines, in order.
    pub pipelines: Vec<Pipeline>,
    /// What could not be read as it should.
    pub problems: Vec<Problem>,
}

/// Something in a file that its CI system does not accept either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub span: Span,
    /// What is wrong, as a sentence in the words of the format.
    pub message: String,
    /// What usually repairs it.
    pub help: Option<String>,
    /// Whether the pipeline (or one of the file's) could not be loaded because of it.
    pub fatal: bool,
    /// Whether it counts in a file alone that the user named: elsewhere the file is no pipeline (a template of one).
    pub if_named: bool,
}

impl Problem {
    /// A problem that leaves the rest of the file readable.
    #[must_use]
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Problem { span, message: message.into(), help: None, fatal: false, if_named: false }
    }

    /// The same problem with advice.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same problem, as one that leaves nothing to check.
    #[must_use]
    pub fn fatal(mut self) -> Self {
        self.fatal = true;
        self
    }
}

/// One registered format.
struct Registered {
    format: Format,
    /// Whether a file with this path (and text, if it was read already) is of the format.
    recognise: fn(&str, Option<&str>) -> bool,
    load: fn(FileId, &str, &str) -> Loaded,
}

/// Every format, the more particular first: the first that recognises a file gets it.
const FORMATS: &[Registered] = &[
    Registered { format: Format::GithubWorkflow, recognise: github::is_workflow, load: github::load_workflow },
    Registered { format: Format::GithubAction, recognise: github::is_action, load: github::load_action },
    Registered { format: Format::GitlabCi, recognise: gitlab::is_config, load: gitlab::load },
    Registered { format: Format::Goreleaser, recognise: goreleaser::is_config, load: goreleaser::load },
    Registered { format: Format::Jenkinsfile, recognise: jenkins::is_jenkinsfile, load: jenkins::load_jenkinsfile },
    Registered { format: Format::JenkinsLibrary, recognise: jenkins::is_library, load: jenkins::load_library },
    Registered { format: Format::InTotoLayout, recognise: in_toto::is_layout, load: in_toto::load },
    Registered { format: Format::Tekton, recognise: tekton::is_resource, load: tekton::load },
    Registered { format: Format::AdmissionPolicy, recognise: admission::is_policy, load: admission::load },
];

/// The format of a file, by its path relative to the repository (`/` between the parts) and, where a path does not
/// decide, by its text.
#[must_use]
pub fn recognise(path: &str, text: Option<&str>) -> Option<Format> {
    FORMATS.iter().find(|f| (f.recognise)(path, text)).map(|f| f.format)
}

/// Whether a file is a pipeline by its path alone; that a file is YAML or Groovy says nothing yet.
#[must_use]
pub fn claims(path: &str) -> bool {
    recognise(path, None).is_some_and(|format| match format {
        Format::Tekton | Format::InTotoLayout | Format::AdmissionPolicy => false,
        Format::Jenkinsfile => jenkins::is_named(path),
        Format::GitlabCi => gitlab::is_named(path),
        _ => true,
    })
}

/// The format of a file that somebody names, where neither its path nor its text would do if it was only found: by its text, taken as
/// the more willingly.
#[must_use]
pub fn recognise_asked(path: &str, text: &str) -> Option<Format> {
    gitlab::is_config_named_by_user(path, text).then_some(Format::GitlabCi)
}

/// Loads a file. A format that nobody registered gives nothing.
#[must_use]
pub fn load(format: Format, file: FileId, path: &str, text: &str) -> Loaded {
    FORMATS.iter().find(|f| f.format == format).map_or_else(Loaded::default, |f| (f.load)(file, path, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_decide_for_github() {
        assert_eq!(recognise(".github/workflows/ci.yml", None), Some(Format::GithubWorkflow));
        assert_eq!(recognise("sub/.github/workflows/ci.yaml", None), Some(Format::GithubWorkflow));
        assert_eq!(recognise(".github/workflows/sub/ci.yml", None), None, "GitHub does not look into folders");
        assert_eq!(recognise(".github/workflows/ci.json", None), None);
        assert_eq!(recognise("action.yml", None), Some(Format::GithubAction));
        assert_eq!(recognise("a/b/action.yaml", None), Some(Format::GithubAction));
        assert_eq!(recognise("reaction.yml", Some("")), None);
        assert_eq!(recognise(".github/workflows/action.yml", None), Some(Format::GithubWorkflow));
    }

    #[test]
    fn an_unregistered_format_loads_nothing() {
        assert!(load(Format::ShellScript, FileId(0), "a.sh", "x").pipelines.is_empty());
    }
}
