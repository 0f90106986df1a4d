//! GitHub Actions: workflows and actions.
//!
//! [`reader`] reads nodes and keeps what is wrong with them; [`lexer`], [`expression`] and [`text`] understand `${{ .. }}`; the
//! others each read one part of the files.

mod action;
mod ambient;
mod beside;
mod condition;
mod expression;
mod job;
mod lexer;
mod matrix;
mod reader;
mod shell;
mod step;
mod system;
#[cfg(test)]
mod tests;
mod text;
mod uses;
mod workflow;

use crate::formats::yaml::{Kind, NodeRef, Yaml};
use crate::formats::{Loaded, Problem};
use crate::pipeline::Pipeline;
use crate::source::FileId;
use reader::Reader;

/// GitHub reads the files of this folder alone, not of folders in it. The folder may stand anywhere: below the root it belongs
/// to a repository within the repository.
pub(super) fn is_workflow(path: &str, _text: Option<&str>) -> bool {
    let Some((folder, name)) = path.rsplit_once('/') else { return false };
    let is_yaml = name.ends_with(".yml") || name.ends_with(".yaml");
    is_yaml && (folder == ".github/workflows" || folder.ends_with("/.github/workflows"))
}

/// An action is named by its folder, so the file's name is fixed.
pub(super) fn is_action(path: &str, _text: Option<&str>) -> bool {
    matches!(path.rsplit('/').next(), Some("action.yml" | "action.yaml"))
}

/// Loads a workflow.
pub(super) fn load_workflow(file: FileId, _path: &str, text: &str) -> Loaded {
    load(file, text, true, workflow::workflow)
}

/// Loads an action.
pub(super) fn load_action(file: FileId, path: &str, text: &str) -> Loaded {
    load(file, text, path.contains(".github/actions/"), |reader, root| action::action(reader, root, path))
}

/// Reads the one document of a file. `strict`: what YAML says counts even where nothing was loaded.
fn load(file: FileId, text: &str, strict: bool, read: impl FnOnce(&mut Reader<'_>, NodeRef<'_>) -> Option<Pipeline>) -> Loaded {
    let yaml = Yaml::parse(file, text);
    let mut reader = Reader::default();
    reader.yaml_problems(&yaml);
    let mut documents = yaml.documents().filter(|d| d.kind() != Kind::Null);
    let mut pipelines: Vec<Pipeline> = documents.next().and_then(|root| read(&mut reader, root)).into_iter().collect();
    if let (Some(second), Some(_)) = (documents.next(), pipelines.first()) {
        reader.problems.push(Problem::new(second.place(), "GitHub reads one document a file; this second one is not looked at"));
    }
    if let Some(pipeline) = pipelines.first_mut() {
        pipeline.opaque = std::mem::take(&mut reader.opaque);
    }
    let mut problems = reader.problems;
    if pipelines.is_empty() && !strict && yaml.errors.is_empty() {
        problems.clear();
    }
    problems.sort_by_key(|p| (p.span.start, p.span.end));
    problems.dedup();
    Loaded { pipelines, problems }
}
