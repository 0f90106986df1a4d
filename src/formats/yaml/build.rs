//! From parser events to the arena.

use super::{Body, DuplicateKey, MAX_ALIAS_HEIGHT, MAX_EXPANDED, Node, Style, Yaml, YamlError, error};
use crate::source::{FileId, Span};
use granit_parser::{Event, Parser, ScalarStyle, StructureStyle, Tag};
use std::borrow::Cow;
use std::collections::HashMap;

/// After that many broken documents the rest of a file is not worth reading.
const MAX_ERRORS: usize = 50;

/// A list or map whose end was not seen yet.
struct Open {
    node: u32,
    /// Where its children start among the pending ones.
    first: usize,
    is_map: bool,
    anchor: usize,
    weight: Weight,
}

/// What a subtree comes to with its aliases expanded.
#[derive(Clone, Copy)]
struct Weight {
    nodes: u64,
    height: u16,
}

const LEAF: Weight = Weight { nodes: 1, height: 1 };

struct Builder<'s> {
    yaml: Yaml<'s>,
    open: Vec<Open>,
    pending: Vec<u32>,
    root: Option<u32>,
    anchors: HashMap<usize, (u32, Weight)>,
    expanded: u64,
    /// End of the last token that stands in the tree; headers of block scalars are looked for behind it.
    last_end: usize,
}

/// An arena index. Files of 4 GiB are never loaded, and a node takes a byte at least.
pub(super) fn index(i: usize) -> u32 {
    u32::try_from(i).unwrap_or(u32::MAX)
}

pub(super) fn build(file: FileId, source: &str, comments: bool) -> Yaml<'_> {
    let options = granit_parser::options! {
        emit_unresolved_aliases: true,
        emit_comments: comments,
        max_buffered_comment_events: usize::MAX,
    };
    let yaml = Yaml {
        file,
        source,
        nodes: Vec::new(),
        children: Vec::new(),
        tags: Vec::new(),
        roots: Vec::new(),
        errors: Vec::new(),
        duplicates: Vec::new(),
        comments: Vec::new(),
    };
    let mut builder =
        Builder { yaml, open: Vec::new(), pending: Vec::new(), root: None, anchors: HashMap::new(), expanded: 0, last_end: 0 };
    let mut parser = Parser::new_from_str_with_options(source, options);
    loop {
        match parser.next_event() {
            Some(Ok((Event::StreamEnd, _))) | None => break,
            Some(Ok((event, span))) => builder.event(event, &span),
            Some(Err(scan)) => {
                let at = scan.marker().byte_offset().unwrap_or(source.len());
                builder.yaml.errors.push(error::explain(file, source, at, scan.kind()));
                builder.abandon();
                if builder.yaml.errors.len() > MAX_ERRORS || !matches!(parser.proceed_next_document(), Ok(true)) {
                    break;
                }
            }
        }
    }
    builder.yaml
}

impl<'s> Builder<'s> {
    fn event(&mut self, event: Event<'s>, span: &granit_parser::Span) {
        let range = span.byte_range().unwrap_or(0..0);
        match event {
            // An implicit start has the place of what follows it.
            Event::DocumentStart(true, _) => self.last_end = range.end,
            Event::DocumentEnd => {
                if let Some(root) = self.root.take() {
                    self.yaml.roots.push(root);
                }
                self.abandon();
            }
            Event::Scalar(text, style, anchor, tag) => self.scalar(text, style, anchor, tag, span),
            Event::SequenceStart(style, anchor, tag) => self.start(false, style, anchor, tag, range),
            Event::MappingStart(style, anchor, tag) => self.start(true, style, anchor, tag, range),
            Event::SequenceEnd | Event::MappingEnd => self.end(range),
            Event::Alias(id) => self.alias(id, range),
            Event::UnresolvedAlias(name) => {
                let message = format!("`*{name}` refers to an anchor `&{name}` that does not stand before it");
                self.refuse(range, message, "define the anchor above its first use, or put the value in quotes if it is text");
            }
            Event::Comment(..) => self.yaml.comments.push(range),
            _ => {}
        }
    }

    /// Drops what is unfinished; the arena keeps its nodes, nothing leads to them.
    fn abandon(&mut self) {
        self.open.clear();
        self.pending.clear();
        self.anchors.clear();
        self.root = None;
    }

    fn push(&mut self, start: usize, end: usize, body: Body<'s>, tag: Option<Cow<'s, Tag>>) -> u32 {
        let id = index(self.yaml.nodes.len());
        self.yaml.nodes.push(Node { start: index(start), end: index(end.max(start)), body });
        if let Some(tag) = tag {
            self.yaml.tags.push((id, tag.original().into()));
        }
        id
    }

    /// Hangs a finished node under what is open.
    fn finish(&mut self, id: u32, weight: Weight, anchor: usize) {
        if anchor != 0 {
            self.anchors.insert(anchor, (id, weight));
        }
        match self.open.last_mut() {
            Some(parent) => {
                self.pending.push(id);
                parent.weight.nodes = parent.weight.nodes.saturating_add(weight.nodes);
                parent.weight.height = parent.weight.height.max(weight.height.saturating_add(1));
            }
            None => self.root = Some(id),
        }
    }

    fn scalar(
        &mut self,
        text: Cow<'s, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<Cow<'s, Tag>>,
        at: &granit_parser::Span,
    ) {
        let range = at.byte_range().unwrap_or(0..0);
        let (mut start, mut end) = (range.start, range.end);
        let mut text = text;
        let style = match style {
            ScalarStyle::SingleQuoted => Style::Single,
            ScalarStyle::DoubleQuoted => Style::Double,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
            _ => Style::Plain,
        };
        if matches!(style, Style::Literal | Style::Folded) {
            let sign = if style == Style::Literal { '|' } else { '>' };
            start = self.header(sign as u8, start);
            let written = self.yaml.source.get(start..).unwrap_or("");
            // A block without text ends, for the parser, where its header begins: the next one is looked for behind that.
            let least = usize::from(written.starts_with(sign));
            end = start + written.get(..end.saturating_sub(start)).unwrap_or("").trim_end().len().max(least);
        } else if style == Style::Plain && text == "~" && self.yaml.source.get(range) != Some("~") {
            // Nothing is written: the parser stands at the next token, which may be lines further on.
            text = Cow::Borrowed("");
            // A key that is not there stands not before its map, which begins with the colon.
            let map = self.open.last().filter(|open| open.is_map);
            let floor = map.map_or(0, |map| self.yaml.nodes[map.node as usize].start as usize);
            start = self.nothing(end).max(floor);
            end = start;
            if let Some(list) = self.open.last().filter(|open| !open.is_map) {
                // The parser may notice a list only behind its first item.
                let list = &mut self.yaml.nodes[list.node as usize];
                list.start = list.start.min(index(start));
            }
        }
        self.last_end = self.last_end.max(end);
        let indent = at.indent.filter(|_| style == Style::Folded).map(index);
        let id = self.push(start, end, Body::Scalar { text, style, indent }, tag);
        self.finish(id, LEAF, anchor);
    }

    /// The `|` or `>` behind the last token; tags, anchors and comments may stand between.
    fn header(&self, sign: u8, before: usize) -> usize {
        let bytes = self.yaml.source.as_bytes();
        // Behind the beginning of what holds it, also where a document before was left after a mistake.
        let floor = self.open.last().map_or(0, |open| self.yaml.nodes[open.node as usize].start as usize);
        let mut at = self.last_end.max(floor);
        while at < before {
            match bytes[at] {
                byte if byte == sign => return at,
                b'#' if at > 0 && bytes[at - 1].is_ascii_whitespace() => {
                    while at < before && !matches!(bytes[at], b'\n' | b'\r') {
                        at += 1;
                    }
                }
                _ => at += 1,
            }
        }
        before
    }

    /// The place of a value that is not there: behind the last thing that is written before `parser`, comments aside.
    fn nothing(&self, parser: usize) -> usize {
        let mut place = self.last_end;
        let mut at = self.last_end;
        for line in self.yaml.source.get(self.last_end..parser).unwrap_or("").split_inclusive('\n') {
            let code = line.find(" #").map_or(line, |comment| &line[..comment]).trim_end();
            if !code.is_empty() && !code.starts_with('#') {
                place = at + code.len();
            }
            at += line.len();
        }
        let rest = &self.yaml.source[place..];
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        if rest[blanks..].starts_with(':') { place + blanks + 1 } else { place }
    }

    fn start(
        &mut self,
        is_map: bool,
        style: StructureStyle,
        anchor: usize,
        tag: Option<Cow<'s, Tag>>,
        range: std::ops::Range<usize>,
    ) {
        if style == StructureStyle::Flow {
            self.last_end = self.last_end.max(range.end);
        }
        let node = self.push(range.start, range.end, Body::List { first: 0, len: 0 }, tag);
        self.open.push(Open { node, first: self.pending.len(), is_map, anchor, weight: LEAF });
    }

    fn end(&mut self, range: std::ops::Range<usize>) {
        let Some(open) = self.open.pop() else { return };
        let first = index(self.yaml.children.len());
        self.yaml.children.extend(self.pending.drain(open.first..));
        let count = index(self.yaml.children.len()) - first;
        // A block ends where its last child ends, not where the parser notices; a flow collection at its bracket.
        let last = self.yaml.children[first as usize..].last().map_or(0, |c| self.yaml.nodes[*c as usize].end);
        let end = if range.is_empty() { last } else { index(range.end) };
        self.last_end = self.last_end.max(end as usize);
        let body = if open.is_map {
            Body::Map { first, len: count / 2, simple: self.check_keys(first, count) }
        } else {
            Body::List { first, len: count }
        };
        let node = &mut self.yaml.nodes[open.node as usize];
        node.end = end.max(node.start);
        node.body = body;
        self.finish(open.node, open.weight, open.anchor);
    }

    /// Notes keys given twice; whether the map has neither those nor merge keys.
    fn check_keys(&mut self, first: u32, count: u32) -> bool {
        let Yaml { nodes, children, duplicates, file, .. } = &mut self.yaml;
        let mut simple = true;
        let keys = || children[first as usize..(first + count) as usize].iter().step_by(2).map(|id| &nodes[*id as usize]);
        let mut seen: HashMap<&str, &Node<'_>> = HashMap::new();
        let many = count > 24;
        for (i, key) in keys().enumerate() {
            let Body::Scalar { text, style, .. } = &key.body else { continue };
            if text == "<<" && *style == Style::Plain {
                simple = false;
                continue;
            }
            let same = |other: &&Node<'_>| matches!(&other.body, Body::Scalar { text: t, .. } if t == text);
            let earlier = if many { seen.insert(text, key) } else { keys().take(i).find(same) };
            if let Some(earlier) = earlier {
                simple = false;
                let span = |n: &Node<'_>| Span::new(*file, n.start as usize..n.end as usize);
                duplicates.push(DuplicateKey { name: text.to_string(), span: span(key), first: span(earlier) });
            }
        }
        simple
    }

    fn alias(&mut self, id: usize, range: std::ops::Range<usize>) {
        let name = self.yaml.source.get(range.clone()).unwrap_or("").to_owned();
        let Some((target, weight)) = self.anchors.get(&id).copied() else {
            return self.refuse(range, format!("`{name}` stands inside of the very value that it names"), "write the value out");
        };
        self.expanded = self.expanded.saturating_add(weight.nodes);
        if self.expanded > MAX_EXPANDED || weight.height > MAX_ALIAS_HEIGHT {
            let message = format!("`{name}` is not followed: the aliases of this file multiply its content beyond measure");
            return self.refuse(range, message, "write the values out, or split the file");
        }
        self.last_end = self.last_end.max(range.end);
        let node = self.push(range.start, range.end, Body::Alias(target), None);
        self.finish(node, weight, 0);
    }

    /// An alias that leads nowhere: an error, and an empty value in its place.
    fn refuse(&mut self, range: std::ops::Range<usize>, message: String, help: &str) {
        let span = Span::new(self.yaml.file, range.clone());
        self.yaml.errors.push(YamlError { span, message, help: Some(help.to_owned()), lost: false });
        self.last_end = self.last_end.max(range.end);
        let body = Body::Scalar { text: Cow::Borrowed(""), style: Style::Plain, indent: None };
        let node = self.push(range.start, range.end, body, None);
        self.finish(node, LEAF, 0);
    }
}
