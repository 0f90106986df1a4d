//! `jobs:`, the executions of a workflow.

use super::condition::{condition, tolerance};
use super::matrix::matrix;
use super::reader::Reader;
use super::shell::ShellDefaults;
use super::step::{Place, steps};
use super::system::{System, system};
use super::uses::definition;
use crate::formats::Problem;
use crate::formats::yaml::{Entry, Kind, NodeRef};
use crate::pipeline::{Axis, Call, DefinitionKind, Execution, Need, Permissions, Text};

/// What a workflow says for all of its jobs.
#[derive(Debug, Default)]
pub(super) struct Common {
    /// `permissions`
    pub(super) permissions: Option<Permissions>,
    /// `defaults.run.shell`
    pub(super) shell: Option<Text>,
    /// `defaults.run.working-directory`
    pub(super) directory: Option<Text>,
}

/// Reads one job.
pub(super) fn job(reader: &mut Reader<'_>, entry: Entry<'_>, common: &Common) -> Option<Execution> {
    let node = entry.value;
    if node.kind() != Kind::Map {
        reader.wrong(node, format!("the job `{}` must be a map, found {}", entry.name(), node.kind().described()));
        return None;
    }
    let mut job = Execution::empty(entry.name(), entry.key.place(), entry.key.place().to(node.span()));
    job.name = node.get("name").and_then(|n| reader.text(n, "name")).map(|t| t.raw().to_owned());
    job.needs = node.get("needs").map(|n| needs(reader, n)).unwrap_or_default();
    job.condition = node.entry("if").and_then(|e| condition(reader, e));
    job.tolerance = node.entry("continue-on-error").and_then(|e| tolerance(reader, e));
    job.matrix = node.get("strategy").map(|n| strategy(reader, n)).unwrap_or_default();
    job.image = node.get("container").and_then(|n| image(reader, n, "container"));
    job.services = node.get("services").map(|n| services(reader, n)).unwrap_or_default();
    job.env = node.get("env").map(|n| reader.bindings(n, "env")).unwrap_or_default();
    job.outputs = node.get("outputs").map(|n| reader.bindings(n, "outputs")).unwrap_or_default();
    job.permissions = node.get("permissions").and_then(|n| permissions(reader, n)).or_else(|| common.permissions.clone());
    job.environment = node.get("environment").and_then(|n| environment(reader, n));
    match (node.get("uses"), node.get("steps")) {
        (Some(uses), _) => job.call = call(reader, node, uses),
        (None, Some(list)) => {
            let named = node.at(&["defaults", "run", "shell"]).and_then(|n| reader.text(n, "shell"));
            let system = node.get("runs-on").map_or(System::Posix, |n| system(reader, n, &job.matrix));
            let container = job.image.is_some() || node.get("container").is_some_and(|n| n.kind() == Kind::Scalar);
            let folder = node.at(&["defaults", "run", "working-directory"]).and_then(|n| reader.text(n, "working-directory"));
            let directory = folder.or_else(|| common.directory.clone());
            let defaults = ShellDefaults { named: named.or_else(|| common.shell.clone()), directory, system, container };
            job.steps = steps(reader, list, &Place::Job(Box::new(defaults)));
        }
        (None, None) => {
            let problem = Problem::new(job.id_span, format!("the job `{}` has neither `steps` nor `uses`", job.id));
            reader.problems.push(problem);
        }
    }
    Some(job)
}

fn needs(reader: &mut Reader<'_>, node: NodeRef<'_>) -> Vec<Need> {
    let items = match node.kind() {
        Kind::Scalar => vec![node],
        _ => reader.list(node, "needs"),
    };
    let need = |n: NodeRef<'_>| reader.word(n, "needs").map(|execution| Need { execution, span: n.span(), optional: false });
    items.into_iter().filter_map(need).collect()
}

fn strategy(reader: &mut Reader<'_>, node: NodeRef<'_>) -> Vec<Axis> {
    if !reader.shape(node, "strategy", Kind::Map) {
        return Vec::new();
    }
    node.get("matrix").map(|n| matrix(reader, n)).unwrap_or_default()
}

/// `container:` or a service: a name, or a map with `image`.
fn image(reader: &mut Reader<'_>, node: NodeRef<'_>, name: &str) -> Option<Text> {
    match node.kind() {
        Kind::Null => None,
        Kind::Scalar => reader.text(node, name).filter(|t| !t.raw().is_empty()),
        Kind::Map => node.get("image").and_then(|n| reader.text(n, "image")).filter(|t| !t.raw().is_empty()),
        Kind::List => {
            reader.mismatch(node, name, "an image or a map", Kind::List);
            None
        }
    }
}

fn services(reader: &mut Reader<'_>, node: NodeRef<'_>) -> Vec<Text> {
    let entries = reader.map(node, "services");
    entries.into_iter().filter_map(|e| image(reader, e.value, e.name())).collect()
}

fn environment(reader: &mut Reader<'_>, node: NodeRef<'_>) -> Option<Text> {
    match node.kind() {
        Kind::Map => node.get("name").and_then(|n| reader.text(n, "name")),
        Kind::Null => None,
        _ => reader.text(node, "environment"),
    }
}

/// `permissions:` of a workflow or job.
pub(super) fn permissions(reader: &mut Reader<'_>, node: NodeRef<'_>) -> Option<Permissions> {
    let span = node.place();
    let all = |level: &str| vec![("*".to_owned(), level.to_owned())];
    let scopes = match (node.kind(), node.text()) {
        (Kind::Map, _) => {
            let scope = |e: Entry<'_>| reader.word(e.value, e.name()).map(|level| (e.name().to_owned(), level));
            node.entries().into_iter().filter_map(scope).collect()
        }
        (Kind::Scalar, "read-all") => all("read"),
        (Kind::Scalar, "write-all") => all("write"),
        (Kind::Null, _) => return None,
        (other, _) => {
            reader.mismatch(node, "permissions", "a map, `read-all` or `write-all`", other);
            return None;
        }
    };
    Some(Permissions { scopes, span })
}

/// A job that is a call of a reusable workflow.
fn call(reader: &mut Reader<'_>, node: NodeRef<'_>, uses: NodeRef<'_>) -> Option<Call> {
    let inputs = node.get("with").map(|n| reader.bindings(n, "with")).unwrap_or_default();
    let secrets = node.get("secrets");
    let inherits_secrets = secrets.filter(|n| n.as_str() == Some("inherit")).map(|n| n.span());
    let secrets = secrets.filter(|_| inherits_secrets.is_none()).map(|n| reader.bindings(n, "secrets")).unwrap_or_default();
    let definition = definition(reader, uses, DefinitionKind::ReusableWorkflow)?;
    Some(Call { definition, inputs, inherits_secrets, secrets })
}
