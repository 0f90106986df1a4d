//! Whether two names are the same artifact.

use super::guards::{Judge, subject};
use super::model::Subject;
use super::refer::{self, Named};
use super::text::Text;
use crate::facts::Artifact;

/// Whether two names are the same artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Same {
    /// The same immutable content.
    Content,
    /// The same name, which can be repointed.
    Name,
    /// The same repository, other content.
    Repository,
    /// Nothing in common.
    No,
}

impl Judge<'_> {
    /// How what a verification looks at relates to what a use takes.
    pub(super) fn same(&self, verification: usize, use_: usize) -> Same {
        let (events, names) = (self.events, self.names);
        let (Some(v), Some(u)) = (subject(&events[verification]), subject(&events[use_])) else { return Same::No };
        let (Some(verified), Some(used)) = (names.subject(verification), names.subject(use_)) else { return Same::No };
        if v.artifact != u.artifact {
            return Same::No;
        }
        let image = v.artifact == Artifact::Image;
        let equal = verified.keys == used.keys;
        if !image {
            // Executions share no disk.
            let equal = equal && events[verification].place.execution == events[use_].place.execution;
            return if equal && v.artifact == Artifact::File { Same::Content } else { Same::No };
        }
        let (vn, un) = (&verified.named, &used.named);
        let are_digests = |names: &[Named]| names.iter().all(|n| n.digest.is_some());
        let both = are_digests(vn) && are_digests(un);
        if both && vn.len() == un.len() && vn.iter().zip(&**un).all(|(a, b)| self.is_one_digest(a, b)) {
            return Same::Content;
        }
        if equal {
            return Same::Name;
        }
        if both {
            let shared = vn.iter().any(|v| un.iter().any(|u| v.is_beside(u)));
            return if shared { Same::Repository } else { Same::No };
        }
        // A digest that was looked up from the very name that is used.
        let looked_up = v.value.alternatives().iter().flat_map(Text::symbols).any(|id| {
            let symbol = self.symbols.get(id);
            symbol.lookup && symbol.subject.as_ref().is_some_and(|s| u.value.alternatives().contains(s))
        });
        if looked_up {
            return Same::Name;
        }
        match (vn.first(), un.first()) {
            (Some(a), Some(b)) if a.is_beside(b) && a.tag == b.tag => Same::Name,
            (Some(a), Some(b)) if a.is_beside(b) => Same::Repository,
            _ => Same::No,
        }
    }

    /// The same digest, be it `repo@sha256:x` written out and the value that holds `repo@sha256:x` as a whole. Who asks a registry twice
    /// may get two answers.
    fn is_one_digest(&self, a: &Named, b: &Named) -> bool {
        let plain = |t: &Text| {
            let shown = t.display(self.symbols);
            let shown = shown.rsplit('@').next().unwrap_or(&shown).trim_end_matches(".digest}").trim_end_matches('}').to_owned();
            (shown, t.symbols().find(|id| self.symbols.get(*id).lookup))
        };
        a.digest == b.digest || a.digest.as_ref().map(plain) == b.digest.as_ref().map(plain)
    }

    /// Whether a comparison checks the destination of a copy against a digest from before it.
    pub(super) fn checks(&mut self, comparison: usize, copy: usize) -> bool {
        let events = self.events;
        let (k, c) = (&events[comparison], &events[copy]);
        let (Some(left), Some(right), Some(destination)) = (&k.source, &k.destination, &c.destination) else { return false };
        if !self.comes_after(copy, comparison) || !self.effect(comparison).stops {
            return false;
        }
        let of_destination = |s: &Subject| {
            s.value.alternatives().iter().flat_map(Text::symbols).any(|id| {
                let symbol = self.symbols.get(id);
                symbol.node.is_none_or(|n| n > c.node)
                    && symbol.lookup
                    && symbol
                        .subject
                        .as_ref()
                        .is_some_and(|of| destination.value.alternatives().iter().any(|d| self.same_repository(of, d)))
            })
        };
        let from_before = |s: &Subject| {
            s.value.alternatives().iter().all(|text| {
                text.symbols().all(|id| {
                    let symbol = self.symbols.get(id);
                    !symbol.lookup || symbol.node.is_some_and(|n| n < c.node)
                })
            })
        };
        of_destination(left) && from_before(right) || of_destination(right) && from_before(left)
    }

    fn same_repository(&self, a: &Text, b: &Text) -> bool {
        refer::named(a, self.symbols).is_beside(&refer::named(b, self.symbols))
    }
}
