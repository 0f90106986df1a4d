//! On which system a job's steps run, by the labels of `runs-on`: it decides which shell runs a step that names none.

use super::reader::Reader;
use crate::formats::yaml::{Kind, NodeRef};
use crate::pipeline::{Axis, Expr, Op, Port, Text};

/// What `runs-on` says of the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum System {
    /// Linux or macOS, or what runs a job by default.
    #[default]
    Posix,
    /// Windows: a label says so, or each that it may be.
    Windows,
    /// Nothing says it: a runner of one's own, a value from elsewhere, a matrix over several systems.
    Unsaid,
}

/// The system that `runs-on` names.
pub(super) fn system(reader: &mut Reader<'_>, node: NodeRef<'_>, matrix: &[Axis]) -> System {
    let labels = match node.kind() {
        Kind::List => node.items().collect(),
        Kind::Map => match node.get("labels") {
            Some(labels) if labels.kind() == Kind::List => labels.items().collect(),
            labels => labels.into_iter().collect(),
        },
        _ => vec![node],
    };
    // A runner has every label of the list, so one that says it is enough.
    let mut posix = false;
    for label in labels {
        match reader.text(label, "runs-on").map(|text| named(&text, matrix)) {
            Some(System::Windows) => return System::Windows,
            Some(System::Posix) => posix = true,
            Some(System::Unsaid) | None => {}
        }
    }
    if posix { System::Posix } else { System::Unsaid }
}

/// What one label says: by what it spells out, or by each value that it may have.
fn named(text: &Text, matrix: &[Axis]) -> System {
    let spelt = literal_parts(text).map(of_label).find(|system| *system != System::Unsaid);
    let by_hole = || text.holes.iter().map(|hole| of_expression(&hole.expr, matrix)).find(|system| *system != System::Unsaid);
    spelt.or_else(by_hole).unwrap_or(System::Unsaid)
}

/// The parts between the holes.
fn literal_parts(text: &Text) -> impl Iterator<Item = &str> {
    let starts = std::iter::once(0).chain(text.holes.iter().map(|h| h.range.end));
    let ends = text.holes.iter().map(|h| h.range.start).chain(std::iter::once(text.raw().len()));
    starts.zip(ends).map(|(start, end)| &text.raw()[start..end])
}

fn of_label(label: &str) -> System {
    let label = label.to_ascii_lowercase();
    let names = |systems: &[&str]| systems.iter().any(|system| label.contains(system));
    match () {
        () if names(&["windows"]) => System::Windows,
        () if names(&["ubuntu", "linux", "macos"]) => System::Posix,
        () => System::Unsaid,
    }
}

/// What all that an expression may give says alike: `inputs.arm && 'windows-11-arm' || 'windows-2025'`.
fn of_expression(expr: &Expr, matrix: &[Axis]) -> System {
    match expr {
        Expr::Literal(label) => of_label(label),
        Expr::Binary { op: Op::Or, left, right } => alike([of_expression(left, matrix), of_expression(right, matrix)]),
        Expr::Binary { op: Op::And, right, .. } => of_expression(right, matrix),
        Expr::Call { function, args } if function == "format" => {
            let said = args.iter().map(|part| of_expression(part, matrix)).find(|system| *system != System::Unsaid);
            said.unwrap_or(System::Unsaid)
        }
        Expr::Port(Port::Matrix(key)) => {
            let values = matrix.iter().find(|axis| axis.name == *key).map_or(&[][..], |axis| &axis.values);
            alike(values.iter().map(|value| named(value, &[])))
        }
        _ => System::Unsaid,
    }
}

fn alike(systems: impl IntoIterator<Item = System>) -> System {
    let mut systems = systems.into_iter();
    let first = systems.next().unwrap_or(System::Unsaid);
    if systems.all(|system| system == first) { first } else { System::Unsaid }
}
