//! Jenkins: `Jenkinsfile`, declarative or scripted, and shared libraries.
//!
//! [`lexer`] and [`quoted`] read tokens, [`brackets`] matches them, [`parser`], [`statement`], [`declaration`] and [`expression`] make a tree ([`ast`])
//! of the Groovy subset that pipelines use. [`load`] turns the tree into a pipeline: [`walk`] and [`eval`] follow it in the order in
//! which it runs, [`call`] says what a call is, the others each know one part of Jenkins.

mod agent;
mod assign;
mod ast;
mod brackets;
mod call;
mod declaration;
mod declarative;
mod docker;
mod eval;
mod expression;
mod flow;
mod handoff;
mod interpreter;
mod lexer;
mod load;
mod loader;
mod names;
#[cfg(test)]
mod oracle;
mod parser;
mod quoted;
mod rope;
mod stages;
mod statement;
mod status;
mod steps;
#[cfg(test)]
mod tests;
mod token;
mod value;
mod walk;

use crate::formats::Loaded;
use crate::pipeline::Format;
use crate::source::FileId;

/// Folders whose Groovy files may be pipelines.
const FOLDERS: &[&str] = &["vars", "jenkins", ".ci", ".jenkins", "pipelines", "src"];
/// Steps of which a pipeline has at least one.
const STEPS: &[&str] = &["sh", "bat", "node", "pipeline", "stage", "powershell", "pwsh"];

/// Extensions of files about pipelines.
const NO_PIPELINES: &[&str] =
    &["md", "txt", "rst", "html", "png", "svg", "yml", "yaml", "json", "j2", "erb", "tpl", "sh", "py", "java", "adoc"];

/// `Jenkinsfile`, `Jenkinsfile.release`, `release.Jenkinsfile`, `release.jenkins`, and Groovy files of a folder for pipelines.
pub(super) fn is_jenkinsfile(path: &str, text: Option<&str>) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit('.').next().unwrap_or(name);
    if let Some(rest) = name.strip_prefix("Jenkinsfile") {
        return rest.is_empty() || (rest.starts_with(['.', '-', '_']) && !NO_PIPELINES.contains(&extension));
    }
    if name.contains('.') && matches!(extension, "Jenkinsfile" | "jenkinsfile" | "jenkins") {
        return true;
    }
    extension == "groovy" && !in_folder(path, "vars") && !in_folder(path, "src") && is_groovy_pipeline(path, text)
}

/// `vars/x.groovy`, `src/**/X.groovy` of a shared library.
pub(super) fn is_library(path: &str, text: Option<&str>) -> bool {
    path.ends_with(".groovy") && (in_folder(path, "vars") || in_folder(path, "src")) && is_groovy_pipeline(path, text)
}

fn in_folder(path: &str, folder: &str) -> bool {
    path.rsplit('/').skip(1).any(|part| part == folder)
}

/// Whether a Groovy file is a pipeline: without its text its folder decides.
fn is_groovy_pipeline(path: &str, text: Option<&str>) -> bool {
    let tests = ["test", "tests"].iter().any(|folder| in_folder(path, folder));
    !tests && FOLDERS.iter().any(|folder| in_folder(path, folder)) && text.is_none_or(has_steps)
}

/// Whether a text calls a step of pipelines.
fn has_steps(text: &str) -> bool {
    STEPS.iter().any(|step| {
        text.match_indices(step).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + step.len()..].trim_start_matches([' ', '\t']);
            let named = before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-' || c == '$');
            // `sh label: 'x', script: ..` and `sh command` are steps as well; other words are too common in prose.
            let shell = matches!(*step, "sh" | "bat" | "pwsh" | "powershell");
            let word = shell
                && before.is_none_or(|c| c == '\n' || c == ' ' || c == '{')
                && after.starts_with(|c: char| c.is_ascii_alphabetic());
            !named && (after.starts_with(['(', '\'', '"', '{']) || word && !after.starts_with("is ") && !after.starts_with("in "))
        })
    })
}

/// Loads a `Jenkinsfile`.
pub(super) fn load_jenkinsfile(file: FileId, path: &str, text: &str) -> Loaded {
    load::load(Format::Jenkinsfile, file, path, text)
}

/// Loads a file of a shared library.
pub(super) fn load_library(file: FileId, path: &str, text: &str) -> Loaded {
    load::load(Format::JenkinsLibrary, file, path, text)
}
