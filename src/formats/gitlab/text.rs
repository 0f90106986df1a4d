//! Texts with `$VARIABLE` and `$[[ inputs.x ]]` in them.
//!
//! Sources: "Where variables can be used" and "CI/CD inputs" in GitLab's documentation. In fields GitLab (or the runner) expands variables
//! before anything else sees them; in scripts they are the shell's, and only `$[[ .. ]]` is filled in.

use super::ambient;
use crate::pipeline::{Expr, Hole, Port, Text};
use crate::source::{Embedded, OffsetMap, Span};
use std::collections::HashSet;
use std::sync::Arc;

/// Names of variables that the file defines, which win over GitLab's own.
pub(super) type Defined<'y> = HashSet<&'y str>;

/// The text of a field.
pub(super) fn field(source: Embedded, defined: &Defined<'_>) -> Text {
    with_holes(source, |rest| input(rest).or_else(|| variable(rest, defined)))
}

/// The text of a script.
pub(super) fn script(source: Embedded) -> Text {
    with_holes(source, input)
}

fn with_holes(source: Embedded, find: impl Fn(&str) -> Option<(usize, Option<Expr>)>) -> Text {
    let (mut holes, mut at) = (Vec::new(), 0);
    while let Some(start) = source.text[at..].find('$').map(|i| at + i) {
        at = start + 1;
        if let Some((length, expr)) = find(&source.text[start..]) {
            at = start + length;
            holes.extend(expr.map(|expr| Hole { range: start..at, expr: Arc::new(expr) }));
        }
    }
    Text { source, holes }
}

/// `$[[ inputs.name | function ]]`
fn input(rest: &str) -> Option<(usize, Option<Expr>)> {
    let inner = rest.strip_prefix("$[[")?;
    let length = inner.find("]]")?;
    let written = inner[..length].trim();
    let name = written.strip_prefix("inputs.").map(|n| n.split('|').next().unwrap_or(n).trim());
    let expr = match name {
        Some(name) => Expr::Port(Port::Input(name.to_owned())),
        None => match written.strip_prefix("matrix.") {
            Some(name) => Expr::Port(Port::Matrix(name.to_owned())),
            None => Expr::Ambient(written.to_owned()),
        },
    };
    Some((length + 5, Some(expr)))
}

/// `$NAME`, `${NAME}`; `$$` is a dollar sign.
fn variable(rest: &str, defined: &Defined<'_>) -> Option<(usize, Option<Expr>)> {
    let after = rest.strip_prefix('$')?;
    if after.starts_with('$') {
        return Some((2, None));
    }
    let (open, body) = match after.strip_prefix('{') {
        Some(body) => (1, body),
        None => (0, after),
    };
    let length = body.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(body.len());
    let name = &body[..length];
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || open == 1 && !body[length..].starts_with('}') {
        return None;
    }
    let expr = ambient::value(name).filter(|_| !defined.contains(name)).unwrap_or_else(|| Expr::Port(Port::Env(name.to_owned())));
    Some((1 + 2 * open + length, Some(expr)))
}

/// A text that is wholly filled in.
pub(super) fn filled(source: Embedded, expr: Expr) -> Text {
    let hole = Hole { range: 0..source.text.len(), expr: Arc::new(expr) };
    Text { source, holes: vec![hole] }
}

/// Text that GitLab writes itself, because of what stands at `place`.
pub(super) fn placed(place: Span, written: &str) -> Text {
    let mut map = OffsetMap::default();
    map.push(written.len(), place.range());
    Text::plain(Embedded::new(place.file, written, map))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn holes(text: &Text) -> Vec<String> {
        text.holes.iter().map(|h| format!("{} {:?}", &text.raw()[h.range.clone()], h.expr)).collect()
    }

    #[test]
    fn variables_of_fields() {
        let raw = "$CI_REGISTRY_IMAGE/${X}:$CI_COMMIT_SHA-$OWN $$NO $1 ${A:-b} $CI_MINE é$CI_JOB_TOKEN";
        let text = field(Embedded::verbatim(FileId(0), raw, 0), &["CI_COMMIT_SHA"].into());
        assert_eq!(
            holes(&text),
            [
                "$CI_REGISTRY_IMAGE Ambient(\"CI_REGISTRY_IMAGE\")",
                "${X} Port(Env(\"X\"))",
                "$CI_COMMIT_SHA Port(Env(\"CI_COMMIT_SHA\"))",
                "$OWN Port(Env(\"OWN\"))",
                "$CI_MINE Port(Env(\"CI_MINE\"))",
                "$CI_JOB_TOKEN Port(Secret(\"CI_JOB_TOKEN\"))",
            ]
        );
    }

    #[test]
    fn scripts_have_inputs_alone() {
        let text = script(Embedded::verbatim(FileId(0), "echo $X $[[ inputs.tag | expand_vars ]] $[[ component.sha ]] $[[ x", 0));
        assert_eq!(
            holes(&text),
            ["$[[ inputs.tag | expand_vars ]] Port(Input(\"tag\"))", "$[[ component.sha ]] Ambient(\"component.sha\")"]
        );
    }
}
