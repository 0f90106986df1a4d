//! in-toto layouts: who may do which step of a supply chain, and which files go from one step to the next.
//!
//! Sources: the in-toto specification, sections 4.3 (layouts) and 4.3.3 (artifact rules); `in_toto/verifylib.py` for what a rule does to
//! the artifacts that are left; the DSSE envelope (`payload`, base64). Layouts that a program makes are not read.

use super::yaml::{Kind, NodeRef, Yaml};
use super::{Loaded, Problem};
use crate::pipeline::{ArtifactRule, Format, Layout, LayoutStep, Pipeline};
use crate::source::{FileId, Span};
use data_encoding::BASE64_NOPAD;

/// A file that says of itself that it is a layout. By the name alone: one that could be.
pub(super) fn is_layout(path: &str, text: Option<&str>) -> bool {
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    let structured = [".json", ".yaml", ".yml"].iter().any(|end| name.ends_with(end));
    let named = ["layout", "in-toto", "in_toto", "intoto"].iter().any(|word| lower.contains(word));
    let may = name.ends_with(".layout") || structured && named;
    may && text.is_none_or(says_layout)
}

fn says_layout(text: &str) -> bool {
    let plain = |line: &str| {
        let line: String = line.chars().filter(|c| !c.is_whitespace() && !matches!(c, '"' | '\'' | ',' | '{')).collect();
        line.contains("_type:layout") && !line.contains("_type:layouts")
    };
    text.lines().any(plain) || text.contains("application/vnd.in-toto+json") && text.contains("\"payload\"")
}

/// Loads a layout, bare, in the older envelope (`signed`), or in a DSSE envelope.
pub(super) fn load(file: FileId, path: &str, text: &str) -> Loaded {
    let yaml = Yaml::parse(file, text);
    let problem = |e: &super::yaml::YamlError| Problem {
        span: e.span,
        message: e.message.clone(),
        help: e.help.clone(),
        fatal: e.lost,
        if_named: false,
    };
    let mut loaded = Loaded { problems: yaml.errors.iter().map(problem).collect(), ..Loaded::default() };
    let Some(root) = yaml.first().filter(|root| root.kind() == Kind::Map) else { return loaded };
    let layout = match root.get("payload") {
        Some(payload) => payload.as_str().and_then(decoded).and_then(|inner| {
            let inner_yaml = Yaml::parse(file, &inner);
            // What is encoded has no lines to point at.
            inner_yaml.first().and_then(|inner| Reader { place: Some(payload.place()) }.layout(inner))
        }),
        None => Reader { place: None }.layout(root.get("signed").unwrap_or(root)),
    };
    let name = path.rsplit('/').next().unwrap_or(path).to_owned();
    loaded.pipelines.extend(layout.map(|layout| pipeline(name, root.span(), layout)));
    loaded
}

/// The text of a DSSE envelope, whose base64 is standard or URL-safe, with or without padding; `None` if it is none, or no UTF-8.
fn decoded(text: &str) -> Option<String> {
    let standard = |letter: u8| match letter {
        b'-' => b'+',
        b'_' => b'/',
        other => other,
    };
    let letters: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace() && *b != b'=').map(standard).collect();
    String::from_utf8(BASE64_NOPAD.decode(&letters).ok()?).ok()
}

fn pipeline(name: String, span: Span, layout: Layout) -> Pipeline {
    Pipeline { name: Some(name), layout: Some(layout), ..Pipeline::new(Format::InTotoLayout, span) }
}

struct Reader {
    /// Where everything stands that has no place of its own.
    place: Option<Span>,
}

impl Reader {
    fn at(&self, node: NodeRef<'_>) -> Span {
        self.place.unwrap_or_else(|| node.place())
    }

    fn layout(&self, root: NodeRef<'_>) -> Option<Layout> {
        if root.get("_type").map(NodeRef::text) != Some("layout") {
            return None;
        }
        let keys = root.get("keys").map(NodeRef::entries).unwrap_or_default();
        let mut steps: Vec<LayoutStep> = list(root, "steps").into_iter().map(|n| self.step(n, false)).collect();
        steps.extend(list(root, "inspect").into_iter().map(|n| self.step(n, true)));
        Some(Layout {
            steps,
            keys: keys.iter().map(|entry| entry.name().to_owned()).collect(),
            expires: root.get("expires").and_then(NodeRef::as_str).map(str::to_owned).filter(|e| !e.is_empty()),
            span: root.entry("_type").map_or_else(|| self.at(root), |entry| self.place.unwrap_or_else(|| entry.span())),
        })
    }

    fn step(&self, node: NodeRef<'_>, is_inspection: bool) -> LayoutStep {
        let name = node.get("name").or_else(|| node.get("_name"));
        let threshold = node.get("threshold");
        LayoutStep {
            name: name.map(|n| n.text().to_owned()).unwrap_or_default(),
            span: name.map_or_else(|| self.at(node), |n| self.at(n)),
            is_inspection,
            threshold: threshold.and_then(|n| n.text().parse().ok()),
            threshold_span: threshold.map(|n| self.at(n)),
            keys: list(node, "pubkeys").into_iter().map(|n| (n.text().to_owned(), self.at(n))).collect(),
            has_certificates: !list(node, "cert_constraints").is_empty() || !list(node, "certificate_constraints").is_empty(),
            materials: self.rules(node, "expected_materials"),
            products: self.rules(node, "expected_products"),
        }
    }

    fn rules(&self, node: NodeRef<'_>, key: &str) -> Vec<ArtifactRule> {
        list(node, key).into_iter().filter_map(|rule| self.rule(rule)).collect()
    }

    /// `MATCH pattern [IN prefix] WITH (MATERIALS|PRODUCTS) [IN prefix] FROM step`, `CREATE pattern` and kin.
    fn rule(&self, node: NodeRef<'_>) -> Option<ArtifactRule> {
        let words: Vec<&str> = node.items().map(NodeRef::text).collect();
        let [kind, pattern, rest @ ..] = words.as_slice() else { return None };
        let mut rule = ArtifactRule {
            kind: kind.to_ascii_uppercase(),
            pattern: (*pattern).to_owned(),
            prefix: String::new(),
            other_prefix: String::new(),
            with_products: true,
            from: None,
            span: self.at(node),
        };
        let mut with = false;
        for pair in rest.chunks(2) {
            let [word, value] = pair else { continue };
            match word.to_ascii_uppercase().as_str() {
                "IN" if with => rule.other_prefix = (*value).to_owned(),
                "IN" => rule.prefix = (*value).to_owned(),
                "WITH" => {
                    with = true;
                    rule.with_products = !value.eq_ignore_ascii_case("MATERIALS");
                }
                "FROM" => rule.from = Some((*value).to_owned()),
                _ => {}
            }
        }
        Some(rule)
    }
}

fn list<'y>(node: NodeRef<'y>, key: &str) -> Vec<NodeRef<'y>> {
    node.get(key).filter(|n| n.kind() == Kind::List).map(|n| n.items().collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: &str = r#"{"_type": "layout", "expires": "", "keys": {"a": {}},
        "steps": [{"name": "build", "threshold": 0, "pubkeys": ["a", "b"],
          "expected_materials": [["MATCH", "src/*", "IN", "in", "WITH", "MATERIALS", "IN", "out", "FROM", "fetch"], ["DISALLOW", "*"]],
          "expected_products": []}],
        "inspect": [{"name": "look", "run": ["true"], "expected_materials": [["ALLOW", "*"]]}]}"#;

    fn layout(text: &str) -> Layout {
        load(FileId(0), "root.layout", text).pipelines.remove(0).layout.expect("a layout")
    }

    #[test]
    fn steps_rules_and_keys() {
        let layout = layout(BARE);
        assert_eq!((layout.keys.as_slice(), layout.expires.as_deref()), ([String::from("a")].as_slice(), None));
        let [build, look] = layout.steps.as_slice() else { panic!("two") };
        assert_eq!((build.name.as_str(), build.threshold, build.keys.len(), look.is_inspection), ("build", Some(0), 2, true));
        let rule = &build.materials[0];
        assert_eq!((rule.kind.as_str(), rule.prefix.as_str(), rule.other_prefix.as_str()), ("MATCH", "in", "out"));
        assert_eq!((rule.from.as_deref(), rule.with_products), (Some("fetch"), false));
    }

    #[test]
    fn envelopes() {
        assert_eq!(layout(&format!("{{\"signatures\": [], \"signed\": {BARE}}}")).steps.len(), 2);
        let payload = "eyJfdHlwZSI6ICJsYXlvdXQiLCAic3RlcHMiOiBbeyJuYW1lIjogImEifV19";
        let dsse = format!("{{\"payloadType\": \"application/vnd.in-toto+json\", \"payload\": \"{payload}\"}}");
        let found = layout(&dsse);
        assert_eq!(found.steps[0].name, "a");
        assert_eq!(found.steps[0].span.range().len(), payload.len() + 2, "the payload with its quotes is the place");
        assert!(is_layout("root.layout", Some(&dsse)));
    }

    #[test]
    fn envelopes_are_decoded() {
        for (encoded, plain) in
            [("", Some("")), ("YQ==", Some("a")), ("YWI", Some("ab")), ("w6Q_", Some("ä?")), ("!", None), ("_w", None)]
        {
            assert_eq!(decoded(encoded).as_deref(), plain, "{encoded}");
        }
    }

    #[test]
    fn content_decides() {
        assert!(is_layout("a/root.layout", None) && is_layout("in-toto/demo.json", Some(BARE)));
        assert!(is_layout("layout.yaml", Some("signed:\n  _type: layout\n")));
        assert!(!is_layout("package.json", None) && !is_layout("src/layout.json", Some("{\"_type\": \"grid\"}")));
        assert!(load(FileId(0), "a.layout", "{\"_type\": \"link\"}").pipelines.is_empty());
    }
}
