//! Texts with `${name}` and `{{ .. }}` in them.

use crate::pipeline::{Expr, Hole, KnownKind, Port, Text};
use crate::source::Embedded;
use std::ops::Range;
use std::sync::Arc;

/// A text with its holes; `artifact` says what `${artifact}` is.
pub(super) fn text(source: Embedded, artifact: KnownKind) -> Text {
    let raw = Arc::clone(&source.text);
    let (mut holes, mut at) = (Vec::new(), 0);
    while let Some((range, expr)) = next(&raw, at, artifact) {
        at = range.end;
        holes.push(Hole { range, expr: Arc::new(expr) });
    }
    Text { source, holes }
}

/// The next construct at or after `from`.
fn next(raw: &str, from: usize, artifact: KnownKind) -> Option<(Range<usize>, Expr)> {
    let mut from = from;
    loop {
        let start = from + raw[from..].find(['$', '{'])?;
        if let Some(inner) = raw[start..].strip_prefix("{{") {
            let length = inner.find("}}")?;
            return Some((start..start + length + 4, template(&inner[..length])));
        }
        if let Some((length, name)) = variable(&raw[start..]) {
            return Some((start..start + length, known(name, artifact)));
        }
        from = start + 1;
    }
}

/// `${name}` or `$name` at the start, as Go's `os.Expand` reads it.
fn variable(text: &str) -> Option<(usize, &str)> {
    let rest = text.strip_prefix('$')?;
    if let Some(braced) = rest.strip_prefix('{') {
        let length = braced.find('}').filter(|l| *l > 0)?;
        return Some((length + 3, &braced[..length]));
    }
    let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
    (length > 0).then(|| (length + 1, &rest[..length]))
}

fn known(name: &str, artifact: KnownKind) -> Expr {
    let kind = match name {
        "artifact" => artifact,
        "digest" => KnownKind::Digest,
        "signature" | "certificate" => KnownKind::File,
        "artifactName" | "artifactID" => return Expr::Opaque(name.to_owned()),
        _ => return Expr::Port(Port::Env(name.to_owned())),
    };
    Expr::Known { kind, name: name.to_owned() }
}

/// `{{ .Env.NAME }}` is a variable; any other template is known only as text.
fn template(inner: &str) -> Expr {
    let inner = inner.trim_matches('-').trim();
    let name = inner.strip_prefix(".Env.").filter(|n| n.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
    match name {
        Some(name) => Expr::Port(Port::Env(name.to_owned())),
        None => Expr::Opaque(inner.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    #[test]
    fn what_is_no_construct_stays() {
        let holes = |raw: &str| {
            let text = text(Embedded::verbatim(FileId(0), raw, 0), KnownKind::Tag);
            text.holes.iter().map(|h| raw[h.range.clone()].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(holes("a $ b {c} ${} {{ open"), [""; 0]);
        assert_eq!(holes("${X}$Y-{{ .Tag }}é{{.Env.Z}}"), ["${X}", "$Y", "{{ .Tag }}", "{{.Env.Z}}"]);
    }
}
