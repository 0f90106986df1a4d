//! A YAML tree that knows where each of its bytes stands, shared by every format that is written in YAML.
//!
//! The tree is a flat arena on the events of `granit-parser`, which stays hidden behind it. Nothing is resolved to
//! booleans or numbers: `on` stays the text "on". Aliases share the node that they name; what they would expand to is
//! counted while parsing, so no walk over the tree can take more than [`MAX_EXPANDED`] nodes or overflow the stack.

mod build;
mod error;
mod offsets;
#[cfg(test)]
mod tests;

use crate::source::{Embedded, FileId, OffsetMap, Span};
use std::borrow::Cow;
use std::ops::Range;

/// The most nodes that all aliases of a file together may stand for.
pub const MAX_EXPANDED: u64 = 500_000;
/// The deepest tree that an alias may stand for.
pub const MAX_ALIAS_HEIGHT: u16 = 64;

/// Something that YAML does not allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YamlError {
    /// Where it was noticed.
    pub span: Span,
    /// What is wrong, in plain words.
    pub message: String,
    /// What usually repairs it.
    pub help: Option<String>,
    /// Whether the document in which it stands was given up.
    pub lost: bool,
}

/// A key that stands twice in one map; the last one counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DuplicateKey {
    /// The key.
    pub name: String,
    /// Place of the later one.
    pub span: Span,
    /// Place of the earlier one.
    pub first: Span,
}

/// All documents of one file.
#[derive(Debug)]
pub struct Yaml<'s> {
    file: FileId,
    source: &'s str,
    nodes: Vec<Node<'s>>,
    /// Children of lists (one after the other) and of maps (key, value, key, value ..).
    children: Vec<u32>,
    /// Tags by node, ascending.
    tags: Vec<(u32, Box<str>)>,
    roots: Vec<u32>,
    /// What was wrong. Documents that could be read are there all the same.
    pub errors: Vec<YamlError>,
    /// Keys given twice.
    pub duplicates: Vec<DuplicateKey>,
    /// Comments from `#` to the end of the line, if they were asked for.
    pub comments: Vec<Range<usize>>,
}

#[derive(Debug)]
struct Node<'s> {
    start: u32,
    end: u32,
    body: Body<'s>,
}

#[derive(Debug)]
enum Body<'s> {
    Scalar { text: Cow<'s, str>, style: Style, indent: Option<u32> },
    List { first: u32, len: u32 },
    Map { first: u32, len: u32, simple: bool },
    Alias(u32),
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// In `'`.
    Single,
    /// In `"`.
    Double,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing, `~` or `null` without quotes.
    Null,
    /// Any other text, number or boolean.
    Scalar,
    /// A sequence.
    List,
    /// A mapping.
    Map,
}

impl Kind {
    /// For sentences: "a list".
    #[must_use]
    pub fn described(self) -> &'static str {
        match self {
            Kind::Null => "nothing",
            Kind::Scalar => "a single value",
            Kind::List => "a list",
            Kind::Map => "a map",
        }
    }
}

impl<'s> Yaml<'s> {
    /// Reads all documents of a file.
    #[must_use]
    pub fn parse(file: FileId, source: &'s str) -> Self {
        build::build(file, source, false)
    }

    /// The same, with the places of comments. A little slower, so only for files in which comments matter.
    #[must_use]
    pub fn parse_with_comments(file: FileId, source: &'s str) -> Self {
        build::build(file, source, true)
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> FileId {
        self.file
    }

    /// The root nodes of the documents that could be read, in order.
    pub fn documents(&self) -> impl Iterator<Item = NodeRef<'_>> {
        self.roots.iter().map(|root| self.node(*root))
    }

    /// The first document that is not empty.
    #[must_use]
    pub fn first(&self) -> Option<NodeRef<'_>> {
        self.documents().find(|d| d.kind() != Kind::Null)
    }

    /// Every scalar that is written in the file, keys included, aliases not followed.
    pub fn scalars(&self) -> impl Iterator<Item = NodeRef<'_>> {
        let ids = self.nodes.iter().enumerate().filter(|(_, n)| matches!(n.body, Body::Scalar { .. }));
        ids.map(|(id, _)| self.node(build::index(id)))
    }

    fn node(&self, id: u32) -> NodeRef<'_> {
        let target = match self.nodes[id as usize].body {
            Body::Alias(target) => target,
            _ => id,
        };
        NodeRef { yaml: self, id: target, at: id }
    }
}

/// A node of the tree; an alias is the node that it names.
#[derive(Debug, Clone, Copy)]
pub struct NodeRef<'y> {
    yaml: &'y Yaml<'y>,
    id: u32,
    at: u32,
}

/// A key and its value.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'y> {
    /// The key.
    pub key: NodeRef<'y>,
    /// The value.
    pub value: NodeRef<'y>,
}

impl<'y> Entry<'y> {
    /// The key as text.
    #[must_use]
    pub fn name(&self) -> &'y str {
        self.key.text()
    }

    /// Key and value.
    #[must_use]
    pub fn span(&self) -> Span {
        self.key.place().to(self.value.place())
    }
}

impl<'y> NodeRef<'y> {
    fn raw(self) -> &'y Node<'y> {
        &self.yaml.nodes[self.id as usize]
    }

    /// What it is.
    #[must_use]
    pub fn kind(self) -> Kind {
        match &self.raw().body {
            Body::Scalar { text, style: Style::Plain, .. } if matches!(&**text, "" | "~" | "null" | "Null" | "NULL") => {
                Kind::Null
            }
            Body::Map { .. } => Kind::Map,
            Body::List { .. } => Kind::List,
            Body::Scalar { .. } | Body::Alias(_) => Kind::Scalar,
        }
    }

    /// Place of what it is (of the anchored node, for an alias). A block scalar's includes its header.
    #[must_use]
    pub fn span(self) -> Span {
        let node = self.raw();
        Span::new(self.yaml.file, node.start as usize..node.end as usize)
    }

    /// Place at which it is used (the `*name` itself, for an alias).
    #[must_use]
    pub fn place(self) -> Span {
        let node = &self.yaml.nodes[self.at as usize];
        Span::new(self.yaml.file, node.start as usize..node.end as usize)
    }

    /// Whether an alias stands here.
    #[must_use]
    pub fn is_alias(self) -> bool {
        self.id != self.at
    }

    /// The tag as written: `!reference`, `!!str`.
    #[must_use]
    pub fn tag(self) -> Option<&'y str> {
        let index = self.yaml.tags.binary_search_by_key(&self.id, |(id, _)| *id).ok()?;
        Some(&self.yaml.tags[index].1)
    }

    /// How a scalar is written.
    #[must_use]
    pub fn style(self) -> Option<Style> {
        match &self.raw().body {
            Body::Scalar { style, .. } => Some(*style),
            _ => None,
        }
    }

    /// The decoded text of a scalar; a list or map as it is written.
    #[must_use]
    pub fn text(self) -> &'y str {
        match &self.raw().body {
            Body::Scalar { text, .. } => text,
            _ => self.yaml.source.get(self.span().range()).unwrap_or(""),
        }
    }

    /// The decoded text of a scalar that is not null.
    #[must_use]
    pub fn as_str(self) -> Option<&'y str> {
        (self.kind() == Kind::Scalar).then(|| self.text())
    }

    /// A boolean as YAML 1.2 writes it: `true`, `True`, `TRUE` and the same of false, without quotes.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        match (self.style()?, self.text()) {
            (Style::Plain, "true" | "True" | "TRUE") => Some(true),
            (Style::Plain, "false" | "False" | "FALSE") => Some(false),
            _ => None,
        }
    }

    /// The decoded text of a scalar with its exact place; a list or map gives its source text.
    #[must_use]
    pub fn embedded(self) -> Embedded {
        Embedded::new(self.yaml.file, self.text(), self.offsets())
    }

    /// Leads from the bytes of [`text`](Self::text) to those of the file.
    #[must_use]
    pub fn offsets(self) -> OffsetMap {
        let node = self.raw();
        let range = node.start as usize..node.end as usize;
        match &node.body {
            Body::Scalar { text, style, indent } => {
                offsets::offsets(self.yaml.source, range, text, *style, indent.map(|i| i as usize))
            }
            _ => OffsetMap::verbatim(self.text().len(), range.start),
        }
    }

    fn child(self, index: u32) -> NodeRef<'y> {
        self.yaml.node(self.yaml.children[index as usize])
    }

    /// The items of a list; nothing for anything else.
    pub fn items(self) -> impl DoubleEndedIterator<Item = NodeRef<'y>> + use<'y> {
        let (first, len) = match self.raw().body {
            Body::List { first, len } => (first, len),
            _ => (0, 0),
        };
        (first..first + len).map(move |i| self.child(i))
    }

    /// The entries of a map exactly as written, with `<<` and keys given twice; nothing for anything else.
    pub fn own_entries(self) -> impl DoubleEndedIterator<Item = Entry<'y>> + use<'y> {
        let (first, len) = match self.raw().body {
            Body::Map { first, len, .. } => (first, len),
            _ => (0, 0),
        };
        (0..len).map(move |i| Entry { key: self.child(first + 2 * i), value: self.child(first + 2 * i + 1) })
    }

    /// The entries of a map: its own (of keys given twice the last), then those merged by `<<` that it does not have.
    #[must_use]
    pub fn entries(self) -> Vec<Entry<'y>> {
        if let Body::Map { simple: true, .. } = self.raw().body {
            return self.own_entries().collect();
        }
        let mut seen = std::collections::HashSet::new();
        let mut entries: Vec<_> = self.own_entries().rev().filter(|e| !is_merge(e) && seen.insert(e.name())).collect();
        entries.reverse();
        for source in self.merged() {
            entries.extend(source.entries().into_iter().filter(|e| seen.insert(e.name())));
        }
        entries
    }

    /// The maps that `<<` names, in order of precedence.
    fn merged(self) -> Vec<NodeRef<'y>> {
        let mut sources = Vec::new();
        for entry in self.own_entries().filter(is_merge) {
            match entry.value.kind() {
                Kind::List => sources.extend(entry.value.items()),
                _ => sources.push(entry.value),
            }
        }
        sources
    }

    /// The entry of a key, the map's own before merged ones.
    #[must_use]
    pub fn entry(self, name: &str) -> Option<Entry<'y>> {
        if let Some(found) = self.own_entries().rev().find(|e| e.name() == name && !is_merge(e)) {
            return Some(found);
        }
        match self.raw().body {
            Body::Map { simple: false, .. } => self.merged().into_iter().find_map(|m| m.entry(name)),
            _ => None,
        }
    }

    /// The value of a key.
    #[must_use]
    pub fn get(self, name: &str) -> Option<NodeRef<'y>> {
        self.entry(name).map(|e| e.value)
    }

    /// The value at the end of a chain of keys.
    #[must_use]
    pub fn at(self, path: &[&str]) -> Option<NodeRef<'y>> {
        path.iter().try_fold(self, |node, name| node.get(name))
    }

    /// Place of a key.
    #[must_use]
    pub fn key_span(self, name: &str) -> Option<Span> {
        self.entry(name).map(|e| e.key.place())
    }
}

/// YAML 1.1's merge key; quoted it is a key like any other.
fn is_merge(entry: &Entry<'_>) -> bool {
    entry.name() == "<<" && entry.key.style() == Some(Style::Plain)
}
