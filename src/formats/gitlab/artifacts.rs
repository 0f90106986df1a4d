//! Files that a job leaves in the store of the CI system, and those that a job takes from it.
//!
//! Sources: `artifacts`, `dependencies`, `needs:artifacts`, `needs:project`, `needs:pipeline:job` in GitLab's CI/CD YAML syntax reference.

use super::config::{Config, Inherited};
use super::job::step;
use super::text::{self, Defined};
use super::value::{Field, Value};
use crate::pipeline::{Action, Binding, Call, Definition, DefinitionKind, DefinitionTarget, Step, Text};
use crate::source::Span;

/// What a job says of the artifacts of others.
#[derive(Debug, Default)]
pub(super) struct Wanted<'y> {
    /// `dependencies`: nothing but those.
    pub(super) only: Option<Vec<(&'y str, Span)>>,
    /// Steps that take what other pipelines left.
    pub(super) elsewhere: Vec<Step>,
}

/// Steps that leave what `artifacts:paths` names; one for each path.
pub(super) fn left<'y>(config: &Config<'y>, job: &Field<'y>, inherited: &Inherited<'_, 'y>, own: &Defined<'y>) -> Vec<Step> {
    let Some(artifacts) = inherited.get("artifacts") else { return Vec::new() };
    let paths = artifacts.get("paths").map(Value::flat).unwrap_or_default();
    let leave = |path: Value<'y>| {
        let span = path.node.place();
        let name = given("name", text::placed(span, job.name()));
        Some(provided("leave", span, vec![name, given("path", config.text(&path, own)?)]))
    };
    paths.into_iter().filter_map(leave).collect()
}

/// Whether a job leaves files.
pub(super) fn leaves(steps: &[Step]) -> bool {
    steps.iter().any(|s| s.name.as_deref() == Some("leave"))
}

/// A step that takes what a job of this pipeline left, as asked for at `span`.
pub(super) fn taken(job: &str, span: Span) -> Step {
    provided("take", span, vec![given("name", text::placed(span, job))])
}

/// A step that has what jobs left without having asked for it.
pub(super) fn inherited<'j>(jobs: impl Iterator<Item = &'j str>, span: Span) -> Step {
    provided("inherit", span, jobs.map(|job| given("name", text::placed(span, job))).collect())
}

/// An entry of `needs` that is about another pipeline: `project`, or `pipeline` with a `job`.
pub(super) fn elsewhere<'y>(config: &Config<'y>, item: &Value<'y>) -> Option<Step> {
    if item.get("artifacts").and_then(Value::as_bool) == Some(false) {
        return None;
    }
    let place = item.node.place();
    let field = |key: &str| item.get(key).and_then(|v| config.text(v, &Defined::new()));
    let mut inputs = vec![given("name", field("job")?)];
    inputs.extend(field("project").map(|t| given("project", t)));
    inputs.extend(field("ref").map(|t| given("ref", t)));
    inputs.extend(field("pipeline").map(|t| given("pipeline", t)));
    Some(provided("take", place, inputs))
}

fn given(name: &str, value: Text) -> Binding {
    Binding { name: name.to_owned(), name_span: value.span(), value }
}

/// A step that GitLab itself brings.
fn provided(name: &str, span: Span, inputs: Vec<Binding>) -> Step {
    let target = DefinitionTarget::Named { kind: "gitlab-step".to_owned(), name: name.to_owned() };
    let definition =
        Definition { text: text::placed(span, name), kind: DefinitionKind::Library, target, version: None, parameter: None };
    step(span, name, Action::Use(Call::new(definition, inputs)))
}
