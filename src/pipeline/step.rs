//! Steps of an execution: scripts, calls, blocks.

use super::{Binding, Call, Condition, Text, Tolerance};
use crate::source::Span;

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Id by which others refer to its outputs.
    pub id: Option<String>,
    /// Name for people.
    pub name: Option<String>,
    /// The whole definition.
    pub span: Span,
    /// When it runs.
    pub condition: Option<Condition>,
    /// Whether its failure is tolerated.
    pub tolerance: Option<Tolerance>,
    /// Environment.
    pub env: Vec<Binding>,
    /// The image that this step alone runs in (Tekton).
    pub image: Option<Text>,
    /// The folder that it runs in, where that is not the repository's (`working-directory`).
    pub directory: Option<Text>,
    /// Where what follows runs without waiting for its end: the name by which [`Action::Wait`] waits for it.
    pub beside: Option<String>,
    /// What it does.
    pub action: Action,
}

impl Step {
    /// A step of which only the place and the action are known.
    #[must_use]
    pub fn new(span: Span, action: Action) -> Self {
        Step {
            id: None,
            name: None,
            span,
            condition: None,
            tolerance: None,
            env: Vec::new(),
            image: None,
            directory: None,
            beside: None,
            action,
        }
    }
}

/// The name under which a step's environment has several arguments of its script, the first of which has this number. One argument has
/// its number alone.
#[must_use]
pub fn several_arguments(first: usize) -> String {
    format!("{first}[*]")
}

/// The file in which Tekton leaves the exit code of a step for later ones ("Access the exit code of a step" in its documentation).
#[must_use]
pub fn exit_code_file(step: &str) -> String {
    format!("/tekton/steps/step-{step}/exitCode")
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Runs a script.
    Script(Script),
    /// Uses a definition from elsewhere (an action, a library step) with inputs.
    Use(Call),
    /// Runs an image with arguments; without arguments the image's own entry point.
    Container {
        /// The image.
        image: Text,
        /// Entry point and arguments.
        argv: Vec<Text>,
    },
    /// A command given as words, not through a shell (Jenkins `docker.image(..).push()`).
    Command {
        /// The program and its arguments.
        argv: Vec<Text>,
    },
    /// Steps within the step.
    Block(Block),
    /// Waits for the end of steps that run beside others, by their names; fails if one of them has failed.
    Wait(Vec<String>),
    /// Nothing that could be read.
    None,
}

/// Steps that share a way of handling failure.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// One after the other.
    Sequence(Vec<Step>),
    /// A failure in `body` runs `handler`, and counts only if the handler fails again; `last` runs in any case.
    Try {
        /// What is tried.
        body: Vec<Step>,
        /// What runs on failure; `None`: the failure passes through.
        handler: Option<Vec<Step>>,
        /// What runs at the end in any case.
        last: Vec<Step>,
        /// Where the failure is taken.
        caught: Caught,
    },
    /// One of the arms runs, or none.
    Branch(Vec<(Condition, Vec<Step>)>),
}

/// Where a failure is taken, and whether somebody learns of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caught {
    /// Its place.
    pub span: Span,
    /// Whether the run is marked as failed all the same.
    pub reported: bool,
}

/// A script and what runs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    /// The text.
    pub text: Text,
    /// The language.
    pub dialect: Dialect,
    /// How the interpreter is started.
    pub options: ShellOptions,
}

/// Languages of scripts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `sh`
    Posix,
    /// `bash` and near kin
    Bash,
    /// `pwsh`, `powershell`
    PowerShell,
    /// `cmd`, `bat`
    Cmd,
    /// Any other interpreter, by name.
    Other(String),
}

/// Options that an interpreter starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ShellOptions {
    /// A failing command ends the script (`set -e`).
    pub errexit: bool,
    /// A pipeline fails if any of its commands does.
    pub pipefail: bool,
    /// Whether the script's failure counts at all (false: GitLab `after_script`).
    pub failure_counts: bool,
}
