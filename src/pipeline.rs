//! The common model that every format loads into: Pipeline > Execution > Step, with ports and edges between them.
//!
//! Nothing here knows a CI system. A format says *which* shell runs a script with which options, *which* names lead to
//! which values and *what* must have happened before an execution starts; what that means for artifacts is judged later,
//! once for all formats.

mod admission;
mod definition;
mod layout;
mod step;
mod text;

pub use admission::{
    Admission, AdmissionAction, AdmissionCheck, AdmissionEngine, AdmissionIdentity, Answer, Authority, AuthorityKind, Comparison,
    Matcher,
};
pub use definition::{Call, Definition, DefinitionKind, DefinitionTarget, Template};
pub use layout::{ArtifactRule, Layout, LayoutStep};
pub use step::{Action, Block, Caught, Dialect, Script, ShellOptions, Step, exit_code_file, several_arguments};
pub use text::{Expr, Hole, KnownKind, Op, Port, Text};

use crate::source::{FileId, Span};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The format of a pipeline file, by its public name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// `.github/workflows/*.yml`
    GithubWorkflow,
    /// `action.yml`
    GithubAction,
    /// Tekton resources
    Tekton,
    /// `Jenkinsfile`
    Jenkinsfile,
    /// `vars/*.groovy`, `src/**/*.groovy` of a shared library
    JenkinsLibrary,
    /// `.gitlab-ci.yml` and its includes
    GitlabCi,
    /// `.goreleaser.yaml`
    Goreleaser,
    /// An in-toto layout
    InTotoLayout,
    /// A policy of Kyverno or of Sigstore's policy-controller that verifies images
    AdmissionPolicy,
    /// A script that a pipeline runs
    ShellScript,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 10] = [
        Format::GithubWorkflow,
        Format::GithubAction,
        Format::Tekton,
        Format::Jenkinsfile,
        Format::JenkinsLibrary,
        Format::GitlabCi,
        Format::Goreleaser,
        Format::InTotoLayout,
        Format::AdmissionPolicy,
        Format::ShellScript,
    ];

    /// The public name, as in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Format::GithubWorkflow => "github-workflow",
            Format::GithubAction => "github-action",
            Format::Tekton => "tekton",
            Format::Jenkinsfile => "jenkinsfile",
            Format::JenkinsLibrary => "jenkins-library",
            Format::GitlabCi => "gitlab-ci",
            Format::Goreleaser => "goreleaser",
            Format::InTotoLayout => "in-toto-layout",
            Format::AdmissionPolicy => "admission-policy",
            Format::ShellScript => "shell-script",
        }
    }
}

/// A named value with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Binding {
    /// The name.
    pub name: String,
    /// Place of the name.
    pub name_span: Span,
    /// The value.
    pub value: Text,
}

/// A parameter that a pipeline, action or task takes.
///
/// The parts of a list `x` are parameters of their own, `x[0]`, `x[1]` .. and, joined by blanks, `x[*]`; those of a map `m`
/// are `m.key`.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// The name.
    pub name: String,
    /// Place of the name.
    pub span: Span,
    /// Value when the caller gives none.
    pub default: Option<Text>,
    /// Whether callers must give one.
    pub required: bool,
}

/// What an environment variable that the CI system sets stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Ambient {
    /// The same value as an expression (`GITHUB_SHA` is `github.sha`).
    Value(Expr),
    /// A file: each `name=value` (or `name<<EOF`) written there becomes an output of the step.
    OutputsFile,
    /// A file: each `name=value` becomes an environment variable of later steps.
    EnvFile,
    /// A file: each line becomes a folder in which later steps look for programs.
    PathFile,
    /// A file whose content is only shown to people.
    SummaryFile,
}

/// One pipeline definition: a file, or one document of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    /// The file.
    pub file: FileId,
    /// Its format.
    pub format: Format,
    /// Its name, by which others of the repository may refer to it (Tekton) or people know it.
    pub name: Option<String>,
    /// The whole definition.
    pub span: Span,
    /// What starts it.
    pub triggers: Vec<Trigger>,
    /// Parameters.
    pub inputs: Vec<Input>,
    /// Outputs, in terms of its executions' (or, in an action, its steps') outputs.
    pub outputs: Vec<Binding>,
    /// Environment of every execution.
    pub env: Vec<Binding>,
    /// Environment variables that the CI system sets itself.
    pub ambient: Arc<Vec<(String, Ambient)>>,
    /// The executions in the order in which they stand.
    pub executions: Vec<Execution>,
    /// What an in-toto layout demands of the supply chain.
    pub layout: Option<Layout>,
    /// What a cluster demands of images.
    pub admission: Option<Admission>,
    /// Things that the loader could not follow.
    pub opaque: Vec<Opaque>,
}

impl Pipeline {
    /// A definition of which only the place is known.
    #[must_use]
    pub fn new(format: Format, span: Span) -> Self {
        Pipeline {
            file: span.file,
            format,
            name: None,
            span,
            triggers: Vec::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            env: Vec::new(),
            ambient: Arc::default(),
            executions: Vec::new(),
            layout: None,
            admission: None,
            opaque: Vec::new(),
        }
    }

    /// The executions that a call leads to and, where it names one of several methods of a library, that method.
    ///
    /// The methods are the outputs; their executions are called as they are, or `method / stage`. A file that is called by its own name
    /// runs its method `call`, or else what belongs to no method, as one does that is loaded by its path.
    #[must_use]
    pub fn entered_by(&self, call: &Call) -> (Option<&str>, Vec<&Execution>) {
        if call.definition.kind != DefinitionKind::Library {
            return (None, self.executions.first().into_iter().collect());
        }
        let written = call.definition.text.raw();
        let itself = match &call.definition.target {
            DefinitionTarget::Local(path) => {
                path.rsplit('/').next().and_then(|file| file.strip_suffix(".groovy")) == Some(written)
            }
            _ => false,
        };
        let method = |name: &str| self.outputs.iter().map(|o| o.name.as_str()).find(|known| *known == name);
        let part = if itself { method("call").or_else(|| method(written)) } else { method(written) };
        let is_path = written.contains(['/', '.']);
        if part.is_none() && !itself && !is_path {
            return (None, Vec::new());
        }
        let belongs = |e: &&Execution| match part {
            Some(part) => e.is_part(part),
            None => !self.outputs.iter().any(|o| e.is_part(&o.name)),
        };
        (part, self.executions.iter().filter(belongs).collect())
    }
}

/// What starts a pipeline, by a neutral name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// `push`, `pull_request`, `pull_request_target`, `workflow_run`, `workflow_call`, `workflow_dispatch`, `release`, `schedule`, `manual` ..
    ///
    /// A definition that others use by its name has one that ends with `_call`: `task_call`, `stepaction_call`,
    /// `pipeline_call` (Tekton). What stands before it is the kind of [`DefinitionTarget::Named`].
    pub name: String,
    /// Its place.
    pub span: Span,
}

/// Something that was not followed, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Opaque {
    /// Its place.
    pub span: Span,
    /// Why, as a clause: "the script is built at run time".
    pub why: String,
}

/// A job (GitHub, GitLab), a task (Tekton), a stage or node block (Jenkins): what runs on one machine, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Execution {
    /// Its id within the pipeline.
    pub id: String,
    /// Its name for people.
    pub name: Option<String>,
    /// Place of the id.
    pub id_span: Span,
    /// The whole definition.
    pub span: Span,
    /// What must have ended before it starts.
    pub needs: Vec<Need>,
    /// When it runs.
    pub condition: Option<Condition>,
    /// Whether its failure leaves the pipeline unharmed.
    pub tolerance: Option<Tolerance>,
    /// What takes its failure after it has kept the executions beside it from running (`catchError` around stages).
    pub caught: Option<Caught>,
    /// The values it is multiplied over.
    pub matrix: Vec<Axis>,
    /// The image that its steps run in.
    pub image: Option<Text>,
    /// Images that run beside its steps.
    pub services: Vec<Text>,
    /// Files of the repository that say which images it runs in (a pod's manifest).
    pub manifests: Vec<Text>,
    /// The Dockerfile of the repository that makes the image in which it runs.
    pub dockerfile: Option<Text>,
    /// Environment.
    pub env: Vec<Binding>,
    /// Outputs in terms of its steps' outputs.
    pub outputs: Vec<Binding>,
    /// What its token may do; `None` where the file does not say.
    pub permissions: Option<Permissions>,
    /// Executions with the same machine run one after the other on it, and share its files and local images; `None`: a machine of
    /// its own.
    pub machine: Option<String>,
    /// Folders whose files outlive it.
    pub carriers: Vec<Carrier>,
    /// The protected environment that it runs in.
    pub environment: Option<Text>,
    /// Whose variables it gets that others left in files for later ones.
    pub left: Left,
    /// Steps, in order.
    pub steps: Vec<Step>,
    /// A pipeline that stands in its place (reusable workflow, Tekton pipeline or task reference).
    pub call: Option<Call>,
    /// Whether the called pipeline runs beside what comes after: nobody waits for its end.
    pub detached: bool,
    /// Whether the variables of this execution are variables of the called pipeline, and win over those of its own.
    pub passes_env: bool,
    /// Whether it is there only for who calls it by its name, since what it does is part of another execution of the file already.
    pub on_demand: bool,
}

impl Execution {
    /// Whether it belongs to the method of that name.
    fn is_part(&self, method: &str) -> bool {
        let Some(rest) = self.id.strip_prefix(method) else { return false };
        let number = |rest: &str| rest.strip_prefix(' ').is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
        rest.is_empty() || rest.starts_with(" / ") || number(rest)
    }

    /// An execution of which only the name is known.
    #[must_use]
    pub fn empty(id: impl Into<String>, id_span: Span, span: Span) -> Self {
        Execution {
            id: id.into(),
            name: None,
            id_span,
            span,
            needs: Vec::new(),
            condition: None,
            tolerance: None,
            caught: None,
            matrix: Vec::new(),
            image: None,
            services: Vec::new(),
            manifests: Vec::new(),
            dockerfile: None,
            env: Vec::new(),
            outputs: Vec::new(),
            permissions: None,
            machine: None,
            carriers: Vec::new(),
            environment: None,
            left: Left::default(),
            steps: Vec::new(),
            call: None,
            detached: false,
            passes_env: false,
            on_demand: false,
        }
    }
}

/// Where the variables come from that an execution finds in files of others (GitLab's dotenv reports).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Left {
    /// Ids of the executions; `None`: all that ended before it.
    pub only: Option<Vec<String>>,
    /// Whether executions of other pipelines leave it some too.
    pub elsewhere: bool,
}

/// A folder that executions leave files in for later ones (a Tekton workspace).
#[derive(Debug, Clone, PartialEq)]
pub struct Carrier {
    /// Its name in this pipeline, by which executions share it.
    pub name: String,
    /// Its name in the pipeline that the execution calls.
    pub inside: String,
    /// The paths under which scripts of the execution see it. The empty path: what they name without any.
    pub paths: Vec<Text>,
}

/// An edge from an earlier execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Id of the earlier execution.
    pub execution: String,
    /// Where the edge is written.
    pub span: Span,
    /// Whether it also starts where the earlier one does not run at all; otherwise it then does not run either.
    pub optional: bool,
}

/// When something runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The expression.
    pub expr: Expr,
    /// Its place.
    pub span: Span,
    /// Whether it also runs after a failure of what stands before it.
    pub after_failure: AfterFailure,
}

/// What a condition says about earlier failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterFailure {
    /// Runs only if everything before succeeded (the default).
    No,
    /// Runs whether or not something failed (`always()`, `!cancelled()`, `finally`).
    Also,
    /// Runs only if something failed (`failure()`).
    Only,
}

/// That a failure does not count, and where that is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tolerance {
    /// Where it is said.
    pub span: Span,
    /// How it is said, as people know it: `continue-on-error: true`.
    pub how: String,
    /// False where it depends on a value that is not known.
    pub certain: bool,
}

/// One key of a matrix with the values it takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// The key; nested keys of `include` maps are joined with a dot.
    pub name: String,
    /// The values.
    pub values: Vec<Text>,
}

/// What the execution's own token may do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Permissions {
    /// `scope: level`, as written; `*` is all scopes.
    pub scopes: Vec<(String, String)>,
    /// Where they are written.
    pub span: Span,
}
