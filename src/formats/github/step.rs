//! `steps:` of a job or of a composite action.

use super::condition::{condition, tolerance};
use super::reader::Reader;
use super::shell::{self, ShellDefaults};
use super::uses::definition;
use crate::formats::yaml::{Entry, Kind, NodeRef};
use crate::pipeline::{Action, Call, DefinitionKind, Script, Step, Text};

/// Where steps stand.
pub(super) enum Place {
    /// In a job, whose surroundings give a shell to steps that name none.
    Job(Box<ShellDefaults>),
    /// In a composite action, where each `run` must name its shell.
    Composite,
}

/// Reads a list of steps.
pub(super) fn steps(reader: &mut Reader<'_>, node: NodeRef<'_>, place: &Place) -> Vec<Step> {
    let items = reader.list(node, "steps");
    match place {
        Place::Job(_) => super::beside::steps(reader, items, place),
        Place::Composite => items.into_iter().filter_map(|item| step(reader, item, place)).collect(),
    }
}

/// Reads a step that runs something.
pub(super) fn step(reader: &mut Reader<'_>, node: NodeRef<'_>, place: &Place) -> Option<Step> {
    if node.kind() != Kind::Map {
        reader.wrong(node, format!("each of `steps` must be a map, found {}", node.kind().described()));
        return None;
    }
    let action = match (node.entry("run"), node.entry("uses")) {
        (Some(run), None) => script(reader, node, run, place),
        (None, Some(uses)) => call(reader, node, uses),
        (Some(_), Some(uses)) => {
            reader.problems.push(crate::formats::Problem::new(uses.span(), "a step has either `run` or `uses`, not both"));
            Action::None
        }
        (None, None) => {
            reader.wrong(node, "a step needs `run` or `uses`".to_owned());
            Action::None
        }
    };
    Some(framed(reader, node, place, action))
}

/// A step with this action, and with all that is said around it.
pub(super) fn framed(reader: &mut Reader<'_>, node: NodeRef<'_>, place: &Place, action: Action) -> Step {
    Step {
        id: node.get("id").and_then(|n| reader.word(n, "id")),
        name: node.get("name").and_then(|n| reader.text(n, "name")).map(|t| t.raw().to_owned()),
        span: node.span(),
        condition: node.entry("if").and_then(|e| condition(reader, e)),
        tolerance: node.entry("continue-on-error").and_then(|e| tolerance(reader, e)),
        env: node.get("env").map(|n| reader.bindings(n, "env")).unwrap_or_default(),
        image: None,
        directory: directory(reader, node, place),
        beside: None,
        action,
    }
}

fn directory(reader: &mut Reader<'_>, node: NodeRef<'_>, place: &Place) -> Option<Text> {
    let own = node.get("working-directory").and_then(|n| reader.text(n, "working-directory"));
    own.or_else(|| match place {
        Place::Job(defaults) => defaults.directory.clone(),
        Place::Composite => None,
    })
}

fn script(reader: &mut Reader<'_>, node: NodeRef<'_>, run: Entry<'_>, place: &Place) -> Action {
    let shell: Option<Text> = node.get("shell").filter(|n| n.kind() != Kind::Null).and_then(|n| reader.text(n, "shell"));
    let text = reader.text(run.value, "run");
    let written = text.as_ref().map_or("", Text::raw);
    let (dialect, options) = match place {
        Place::Job(defaults) => shell::resolve(shell.as_ref(), defaults, written),
        Place::Composite => {
            if shell.is_none() {
                let problem = crate::formats::Problem::new(run.key.place(), "a `run` step of a composite action needs a `shell`");
                reader.problems.push(problem.help("add `shell: bash`"));
            }
            shell::resolve(shell.as_ref(), &ShellDefaults::default(), written)
        }
    };
    match text {
        Some(text) => Action::Script(Script { text, dialect, options }),
        None => Action::None,
    }
}

fn call(reader: &mut Reader<'_>, node: NodeRef<'_>, uses: Entry<'_>) -> Action {
    let inputs = node.get("with").map(|n| reader.bindings(n, "with")).unwrap_or_default();
    match definition(reader, uses.value, DefinitionKind::Action) {
        Some(definition) => Action::Use(Call::new(definition, inputs)),
        None => Action::None,
    }
}
