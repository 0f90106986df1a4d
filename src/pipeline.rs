//! The common model that every format loads into: Pipeline > Execution > Step, with ports and edges between them.
//!
//! Nothing here knows a CI system. A format says *which* shell runs a script with which options, *which* names lead to
//! which values and *what* must have happened before an execution starts; what that means for artifacts is judged later,
//! once for all formats.

mod admission;

pub use admission::{
    Admission, AdmissionAction, AdmissionCheck, AdmissionEngine, AdmissionIdentity, Answer, Authority, AuthorityKind, Comparison,
    Matcher,
};

use crate::source::{Embedded, FileId, Span};
use serde::Serialize;
use std::ops::Range;
use std::sync::Arc;

/// The format of a pipeline file, by its public name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
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

/// Text of a pipeline in which parts are filled in by the CI system before anything else sees it.
///
/// In `source.text` each filled-in part still stands as written (`${{ github.sha }}`, `$(params.x)`); `holes` says where.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// The decoded text and its place.
    pub source: Embedded,
    /// The filled-in parts, in order, not overlapping.
    pub holes: Vec<Hole>,
}

impl Text {
    /// A text without holes.
    #[must_use]
    pub fn plain(source: Embedded) -> Self {
        Text { source, holes: Vec::new() }
    }

    /// The text, if nothing is filled in.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        self.holes.is_empty().then_some(&*self.source.text)
    }

    /// The text as written.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.source.text
    }

    /// Its place in the file.
    #[must_use]
    pub fn span(&self) -> Span {
        self.source.whole()
    }

    /// The part at decoded bytes `range`, with the holes that lie wholly in it.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Text {
        let holes = self
            .holes
            .iter()
            .filter(|h| range.start <= h.range.start && h.range.end <= range.end)
            .map(|h| Hole { range: h.range.start - range.start..h.range.end - range.start, expr: Arc::clone(&h.expr) })
            .collect();
        Text { source: self.source.slice(range), holes }
    }
}

/// A part of a [`Text`] that the CI system fills in.
#[derive(Debug, Clone, PartialEq)]
pub struct Hole {
    /// Decoded bytes of the whole construct, delimiters included.
    pub range: Range<usize>,
    /// What is filled in.
    pub expr: Arc<Expr>,
}

/// An expression of a CI system, format-neutral.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A string, or a number or boolean as text.
    Literal(String),
    /// A boolean.
    Bool(bool),
    /// The null value; an empty string where text is needed.
    Null,
    /// A value that another part of the pipeline provides.
    Port(Port),
    /// A value of the run's surroundings known only by name (`github.sha`). Two uses of one name are the same value.
    Ambient(String),
    /// A call by its lower-case neutral name (`format`, `join`, `always`, `success`, `failure`, `cancelled`, `contains`, `greater` ..).
    Call {
        /// Lower-case function name.
        function: String,
        /// Arguments.
        args: Vec<Expr>,
    },
    /// `!x`
    Not(Box<Expr>),
    /// `left op right`
    Binary {
        /// The operator.
        op: Op,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// One of these: every value of a loop, both outcomes of a choice.
    Any(Vec<Expr>),
    /// A value that the format fills in itself, of which the kind is known (GoReleaser's `${digest}`).
    Known {
        /// What it is.
        kind: KnownKind,
        /// Its name. Two uses of one name in an execution are the same value.
        name: String,
    },
    /// A value whose producer declares what kind it is of; that counts where nothing else is known of it.
    Declared {
        /// What it is.
        kind: KnownKind,
        /// The value.
        value: Box<Expr>,
    },
    /// Words joined by blanks: as an argument of a program, each of them is one of its own.
    Words(Box<Expr>),
    /// An expression that is understood only as text; equal texts are the same value.
    Opaque(String),
}

impl Expr {
    /// Whether it stands for several words.
    #[must_use]
    pub fn is_words(&self) -> bool {
        match self {
            Expr::Words(_) => true,
            Expr::Port(Port::Input(name) | Port::Execution { output: name, .. }) => name.ends_with("[*]"),
            _ => false,
        }
    }
}

/// What an [`Expr::Known`] value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KnownKind {
    /// An image by its tag.
    Tag,
    /// The digest of an image that was just pushed.
    Digest,
    /// An image by its digest, `name@digest`.
    Reference,
    /// The path of a file that this run made.
    File,
}

/// Binary operators of [`Expr`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// `&&`
    And,
    /// `||`
    Or,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`, `<=`, `>`, `>=`
    Order,
}

/// A named place that a value comes out of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Port {
    /// An output of an earlier step of the same execution. Output `status` of a step whose failure is tolerated: `0`, or not.
    Step {
        /// Step id.
        step: String,
        /// Output or result name.
        output: String,
    },
    /// `outcome` or `conclusion` of a step.
    StepStatus {
        /// Step id.
        step: String,
        /// Whether a failure that the step tolerates counts as success (`conclusion`, not `outcome`).
        tolerated: bool,
    },
    /// An output of another execution.
    Execution {
        /// Execution id.
        execution: String,
        /// Output or result name.
        output: String,
    },
    /// The status of another execution (`needs.x.result`, `$(tasks.x.status)`).
    ExecutionStatus {
        /// Execution id.
        execution: String,
    },
    /// A parameter of the pipeline, action or task.
    Input(String),
    /// An environment variable, as the CI system (not the shell) sees it.
    Env(String),
    /// A key of the execution's matrix.
    Matrix(String),
    /// A secret.
    Secret(String),
    /// A configuration variable that lives outside of the repository.
    Variable(String),
    /// The path of a file that becomes output `name` of this execution or step (Tekton `$(results.x.path)`).
    OutputPath(String),
    /// What this execution wrote to the output (Tekton result) or file (GitLab dotenv report) of this name.
    Written(String),
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
}

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

impl Pipeline {
    /// The executions that a call leads to and, where it names one of several methods of a library, that method.
    ///
    /// The methods are the outputs; their executions are called as they are, or `method / stage`. What belongs to none of them runs
    /// when the file itself is called for.
    #[must_use]
    pub fn entered_by(&self, call: &Call) -> (Option<&str>, Vec<&Execution>) {
        if call.definition.kind != DefinitionKind::Library {
            return (None, self.executions.first().into_iter().collect());
        }
        let known = |name: &&str| self.outputs.iter().any(|o| o.name == **name);
        let part = [call.definition.text.raw(), "call"].into_iter().find(known);
        let part = part.and_then(|name| self.outputs.iter().map(|o| o.name.as_str()).find(|n| *n == name));
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
    /// What it does.
    pub action: Action,
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

/// A reference to pipeline code.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// The reference as written.
    pub text: Text,
    /// What kind of thing it names.
    pub kind: DefinitionKind,
    /// Where it leads.
    pub target: DefinitionTarget,
}

/// Kinds of pipeline code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
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
