//! In-toto layouts: whether what one step demands is what another one can give.
//!
//! Source: the in-toto specification, 4.3.3: rules are tried in order, each takes the files that it fits out of the queue, `DISALLOW` fails
//! on what is left of its pattern, and what is left at the end passes.

use super::collect::Places;
use crate::facts::{ArtifactRuleFacts, LayoutFacts, LayoutStepFacts, UnknownKey};
use crate::pipeline::{ArtifactRule, Layout, LayoutStep};

/// The facts of a layout.
pub(super) fn facts(layout: &Layout, places: &mut Places) -> LayoutFacts {
    let mut of = |inspections: bool| {
        let own = layout.steps.iter().filter(|s| s.is_inspection == inspections);
        own.map(|s| step(s, layout, places)).collect::<Vec<_>>()
    };
    let (steps, inspections) = (of(false), of(true));
    LayoutFacts { steps, inspections, expires: layout.expires.clone(), span: places.id(layout.span) }
}

fn step(step: &LayoutStep, layout: &Layout, places: &mut Places) -> LayoutStepFacts {
    let span = places.id(step.span);
    let unknown = step.keys.iter().filter(|(id, _)| !layout.keys.contains(id));
    let unknown_keys = unknown.map(|(id, span)| UnknownKey { id: id.clone(), span: places.id(*span) }).collect();
    let mut rules = |rules: &[ArtifactRule]| rules.iter().map(|r| rule(r, layout, places)).collect::<Vec<_>>();
    let (materials, products) = (rules(&step.materials), rules(&step.products));
    LayoutStepFacts {
        name: step.name.clone(),
        threshold: step.threshold,
        threshold_span: step.threshold_span.map_or(span, |s| places.id(s)),
        keys: step.keys.iter().map(|(id, _)| id.clone()).collect(),
        unknown_keys,
        has_certificates: step.has_certificates,
        materials,
        products,
        takes_anything: is_open(&step.materials),
        span,
    }
}

fn rule(rule: &ArtifactRule, layout: &Layout, places: &mut Places) -> ArtifactRuleFacts {
    let from = rule.from.as_deref().and_then(|name| layout.steps.iter().find(|s| s.name == name && !s.is_inspection));
    let can_match = from.is_some_and(|from| {
        let rules = if rule.with_products { &from.products } else { &from.materials };
        can_hold(rules, &joined(&rule.other_prefix, &rule.pattern))
    });
    ArtifactRuleFacts {
        kind: rule.kind.clone(),
        pattern: rule.pattern.clone(),
        from: rule.from.clone(),
        from_exists: from.is_some(),
        can_match,
        span: places.id(rule.span),
    }
}

fn joined(prefix: &str, pattern: &str) -> String {
    if prefix.is_empty() { pattern.to_owned() } else { format!("{}/{pattern}", prefix.trim_end_matches('/')) }
}

/// Whether files that no rule names pass.
fn is_open(rules: &[ArtifactRule]) -> bool {
    let allows = |r: &ArtifactRule| r.kind == "ALLOW" && r.pattern == "*";
    let closes = |r: &ArtifactRule| r.kind == "DISALLOW" && r.pattern == "*";
    rules.iter().find(|r| allows(r) || closes(r)).is_none_or(allows)
}

/// Whether rules let a step have files of a pattern.
fn can_hold(rules: &[ArtifactRule], pattern: &str) -> bool {
    for rule in rules {
        let own = joined(&rule.prefix, &rule.pattern);
        match rule.kind.as_str() {
            "DISALLOW" if covers(&own, pattern) => return false,
            "DISALLOW" | "DELETE" => {}
            _ if overlap(own.as_bytes(), pattern.as_bytes()) => return true,
            _ => {}
        }
    }
    true
}

/// Whether every path of `inner` surely is one of `outer`.
fn covers(outer: &str, inner: &str) -> bool {
    outer == "*" || outer == inner || !inner.contains(['*', '?', '[']) && overlap(outer.as_bytes(), inner.as_bytes())
}

/// Whether some path fits both globs (`*`, `?`; a `[..]` may be any letter). `*` also fits `/`, as in Python's `fnmatch`.
fn overlap(a: &[u8], b: &[u8]) -> bool {
    let mut reach = vec![false; b.len() + 1];
    reach[0] = true;
    spread(&mut reach, b);
    let mut at = 0;
    while at < a.len() {
        let (letter, len) = letter(&a[at..]);
        let mut next = vec![false; b.len() + 1];
        if letter == Letter::Any {
            let first = reach.iter().position(|r| *r);
            first.into_iter().for_each(|first| next[first..].iter_mut().for_each(|n| *n = true));
        } else {
            let mut i = 0;
            while i < b.len() {
                let (other, width) = self::letter(&b[i..]);
                if reach[i] {
                    match other {
                        Letter::Any => next[i] = true,
                        other if fits(letter, other) => next[i + width] = true,
                        _ => {}
                    }
                }
                i += width;
            }
        }
        spread(&mut next, b);
        reach = next;
        at += len;
    }
    reach[b.len()]
}

/// A `*` in `b` may stand for nothing.
fn spread(reach: &mut [bool], b: &[u8]) {
    for i in 0..b.len() {
        if reach[i] && b[i] == b'*' {
            reach[i + 1] = true;
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Letter {
    /// `*`
    Any,
    /// `?`, `[..]`
    One,
    Exactly(u8),
}

fn letter(glob: &[u8]) -> (Letter, usize) {
    match glob[0] {
        b'*' => (Letter::Any, 1),
        b'?' => (Letter::One, 1),
        b'[' => glob.iter().position(|b| *b == b']').map_or((Letter::Exactly(b'['), 1), |end| (Letter::One, end + 1)),
        byte => (Letter::Exactly(byte), 1),
    }
}

fn fits(a: Letter, b: Letter) -> bool {
    a == Letter::One || b == Letter::One || a == b
}

#[cfg(test)]
mod tests {
    use super::{covers, overlap};

    #[test]
    fn globs_that_share_a_path() {
        for (a, b, expected) in [
            ("*", "", true),
            ("*", "x/y", true),
            ("a/*", "a/b.c", true),
            ("a/*", "*.c", true),
            ("a/*", "b/*", false),
            ("foo.tar.gz", "foo.*", true),
            ("foo.tar", "foo.tgz", false),
            ("?oo", "f*", true),
            ("[ab]x", "cx", true),
            ("", "a", false),
            ("a*b*c", "abc", true),
            ("a*d", "abc", false),
        ] {
            assert_eq!(overlap(a.as_bytes(), b.as_bytes()), expected, "{a} {b}");
            assert_eq!(overlap(b.as_bytes(), a.as_bytes()), expected, "{b} {a}");
        }
        assert!(covers("*", "a*") && covers("a*", "abc") && !covers("a*", "*"));
    }
}
