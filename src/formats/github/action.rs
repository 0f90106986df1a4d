//! `action.yml`: composite, container and JavaScript actions.
//!
//! Source: "Metadata syntax reference" in GitHub's documentation.

use super::ambient::ambient;

use super::reader::Reader;
use super::step::{Place, steps};
use super::workflow::{inputs, outputs};
use crate::formats::Problem;
use crate::formats::yaml::{Entry, Kind, NodeRef};
use crate::pipeline::{Action, Execution, Format, Pipeline, Step, Text};

/// The id of an action's only execution.
const EXECUTION: &str = "action";

/// Reads the root of an `action.yml`. Files of that name that have no `runs` are something else, unless they stand where
/// actions stand.
pub(super) fn action(reader: &mut Reader<'_>, root: NodeRef<'_>, path: &str) -> Option<Pipeline> {
    let Some(runs) = root.entry("runs").filter(|_| root.kind() == Kind::Map) else {
        if path.contains(".github/actions/") {
            reader.problems.push(Problem::new(root.place(), "this action has no `runs`").fatal());
        }
        return None;
    };
    let mut pipeline = Pipeline {
        name: root.get("name").and_then(|n| reader.word(n, "name")),
        inputs: root.get("inputs").map(|n| inputs(reader, n)).unwrap_or_default(),
        outputs: root.get("outputs").map(|n| outputs(reader, n)).unwrap_or_default(),
        ambient: ambient(),
        ..Pipeline::new(Format::GithubAction, root.span())
    };
    if reader.shape(runs.value, "runs", Kind::Map) {
        pipeline.executions.push(execution(reader, runs));
    }
    Some(pipeline)
}

fn execution(reader: &mut Reader<'_>, runs: Entry<'_>) -> Execution {
    let node = runs.value;
    let mut execution = Execution::empty(EXECUTION, runs.key.place(), runs.key.place().to(node.span()));
    match node.get("using").and_then(NodeRef::as_str).map(str::to_ascii_lowercase).as_deref() {
        Some("composite") => match node.get("steps") {
            Some(list) => execution.steps = steps(reader, list, &Place::Composite),
            None => reader.wrong(node, "a composite action needs `steps`".to_owned()),
        },
        Some("docker") => {
            execution.env = node.get("env").map(|n| reader.bindings(n, "env")).unwrap_or_default();
            execution.steps = containers(reader, node);
        }
        Some(_) => {}
        None => reader.problems.push(Problem::new(runs.key.place(), "`runs` does not say what it is `using`")),
    }
    execution
}

/// A container action: its image, with `pre-entrypoint` before and `post-entrypoint` after.
fn containers(reader: &mut Reader<'_>, node: NodeRef<'_>) -> Vec<Step> {
    let Some(image) = node.get("image").and_then(|n| image(reader, n)) else {
        reader.wrong(node, "a container action needs an `image`".to_owned());
        return Vec::new();
    };
    let mut all = Vec::new();
    for key in ["pre-entrypoint", "entrypoint", "post-entrypoint"] {
        let entry = node.get(key).filter(|n| n.kind() != Kind::Null);
        let mut argv: Vec<Text> = entry.and_then(|n| reader.text(n, key)).into_iter().collect();
        if key == "entrypoint" {
            let args = node.get("args").map(|n| reader.list(n, "args")).unwrap_or_default();
            argv.extend(args.into_iter().filter_map(|n| reader.text(n, "args")));
        } else if argv.is_empty() {
            continue;
        }
        all.push(Step::new(entry.unwrap_or(node).span(), Action::Container { image: image.clone(), argv }));
    }
    all
}

/// `Dockerfile`, or an image without its `docker://`.
fn image(reader: &mut Reader<'_>, node: NodeRef<'_>) -> Option<Text> {
    let text = reader.text(node, "image")?;
    let scheme = if text.raw().starts_with("docker://") { "docker://".len() } else { 0 };
    Some(text.slice(scheme..text.raw().len()))
}
