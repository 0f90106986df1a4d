//! Results that Tekton Chains signs: their names declare what they hold.
//!
//! Source: "Type hinting" in the documentation of Chains (<https://tekton.dev/docs/chains/slsa-provenance/>).

use super::substitution::{self, Names};
use crate::formats::yaml::{Kind, NodeRef};
use crate::pipeline::{Binding, Execution, Expr, Hole, KnownKind, Port, Text};
use crate::source::Embedded;
use std::sync::Arc;

/// What a result of this name holds, if that is declared by it. That of an object is `result.key`.
pub(super) fn kind(result: &str) -> Option<KnownKind> {
    if let Some((object, key)) = result.rsplit_once('.') {
        let artifact = ["ARTIFACT_INPUTS", "ARTIFACT_OUTPUTS"].iter().any(|suffix| object.ends_with(suffix));
        return (artifact && key == "digest").then_some(KnownKind::Digest);
    }
    match result {
        "IMAGES" => Some(KnownKind::Reference),
        _ if result.ends_with("IMAGE_DIGEST") || result.ends_with("ARTIFACT_DIGEST") => Some(KnownKind::Digest),
        _ => None,
    }
}

/// A result that the steps of a task write, as far as is known.
pub(super) fn declared(result: &str, value: Expr) -> Expr {
    match kind(result) {
        Some(kind) => Expr::Declared { kind, value: Box::new(value) },
        None => value,
    }
}

/// Gives executions that refer to a task the results that the pipeline takes from them and whose names say what they hold. They
/// count where the task itself is not seen.
pub(super) fn of_references(pipeline: NodeRef<'_>, names: &Names, executions: &mut [Execution]) {
    let mut waiting = vec![pipeline];
    while let Some(node) = waiting.pop() {
        match node.kind() {
            Kind::Map => waiting.extend(node.entries().iter().map(|e| e.value)),
            Kind::List => waiting.extend(node.items()),
            _ if !node.is_alias() && node.text().contains("$(") => taken(node.embedded(), names, executions),
            _ => {}
        }
    }
}

fn taken(source: Embedded, names: &Names, executions: &mut [Execution]) {
    let text = substitution::text(source, names);
    for hole in &text.holes {
        let Expr::Port(Port::Execution { execution, output }) = &*hole.expr else { continue };
        let Some(kind) = kind(output) else { continue };
        let task = executions.iter_mut().find(|e| e.id == *execution && e.call.is_some());
        let Some(task) = task.filter(|t| t.outputs.iter().all(|o| o.name != *output)) else { continue };
        let source = text.source.slice(hole.range.clone());
        let expr = Arc::new(Expr::Known { kind, name: format!("outputs.{output}") });
        let value = Text { holes: vec![Hole { range: 0..source.text.len(), expr }], source };
        task.outputs.push(Binding { name: output.clone(), name_span: value.span(), value });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_declare() {
        for (name, wanted) in [
            ("IMAGE_DIGEST", Some(KnownKind::Digest)),
            ("app-IMAGE_DIGEST", Some(KnownKind::Digest)),
            ("maven_ARTIFACT_DIGEST", Some(KnownKind::Digest)),
            ("IMAGES", Some(KnownKind::Reference)),
            ("jar-ARTIFACT_OUTPUTS.digest", Some(KnownKind::Digest)),
            ("jar-ARTIFACT_OUTPUTS.uri", None),
            ("IMAGE_URL", None),
            ("digest", None),
            ("x.digest", None),
        ] {
            assert_eq!(kind(name), wanted, "{name}");
        }
    }
}
