use super::*;

fn check_scalars(source: &str) -> usize {
    let yaml = Yaml::parse(FileId(0), source);
    let mut count = 0;
    for node in yaml.scalars() {
        count += 1;
        let text = node.text();
        let map = node.offsets();
        assert_eq!(map.decoded_len(), text.len(), "{text:?} in {source:?}");
        for i in 0..text.len() {
            let range = map.source(i..i + 1);
            assert!(range.end <= source.len() && range.start >= node.span().range().start, "{text:?} in {source:?}");
            if range.len() == 1 {
                let (found, wanted) = (source.as_bytes()[range.start], text.as_bytes()[i]);
                let gap = matches!(wanted, b' ' | b'\n') && found.is_ascii_whitespace();
                assert!(found == wanted || gap || found == b'\\', "byte {i} of {text:?} in {source:?}");
            }
        }
        // What is no white space never maps as a whole scalar: that would be the fallback.
        let fallback = text.len() > 1 && map.source(0..1) == map.source(text.len() - 1..text.len());
        assert!(!fallback || text.trim().is_empty() || text.chars().count() == 1, "not understood: {text:?} in {source:?}");
    }
    count
}

fn one(source: &str) -> (String, Vec<(String, String)>) {
    let yaml = Yaml::parse(FileId(0), source);
    assert_eq!(yaml.errors, [], "{source}");
    let node = yaml.first().and_then(|r| r.get("a")).expect("key a");
    let embedded = node.embedded();
    let lines = embedded.text.split_inclusive('\n').scan(0, |at, line| {
        let span = embedded.span(*at..*at + line.len());
        *at += line.len();
        Some((line.to_owned(), source[span.range()].to_owned()))
    });
    (embedded.text.to_string(), lines.collect())
}

#[test]
fn every_style_maps_to_its_bytes() {
    let corpus = [
        "a: plain\n",
        "a: plain over\n   two  \n\n   lines\n",
        "a: 'it''s\n\n  x  '\n",
        "a: \"x\\ty \\\n   z\\u00e9\\x41\\_\\N\\U0001F600\\uD83D\\uDE00  \n   w\\\n\n  q\"\n",
        "a: |\n  one\n   two\n\n  three\nb: x\n",
        "a: |-\n\n\n  one\n  \n",
        "a: |+\n  one\n\n\nb: 1\n",
        "a: |2\n   one\n  two\n",
        "a: |+\n\n\nb: c\n",
        "a: |\nb: c\n",
        "a: |\n  no end",
        "a: >\n  one\n  two\n\n  three\n    more\n    more\n  last\n\nb: c\n",
        "a: >-\n\n  one\n\n\n  two\n",
        "a: >2-\n    x\n  y\n",
        "a: >+\n  x\n\n\n\nb: c",
        "a: >\n  x\n   \n  y\n",
        "a: >\n\n\nb: c\n",
        "- >1\n \n  x\n y\n",
        "--- >\nx\ny\n",
        "--- |\nx\n...\n",
        "|\nx\n",
        "\u{feff}a: 'x'\nb: |\n  y\n",
        "a: |\r\n  one\r\n  two\r\nb: >\r\n  x\r\n  y\r\n\r\n  z\r\nc: \"p\r\n  q\"\r\nd: r\r\n  s\r\n",
        "a: ! \"x\"\nb: !t |\n  y\nc: &q >\n  z\nd: *q\n",
        "a: # note | here >\n  |\n  x\n",
        "a: |\t\n  x\t\n  \ty\n",
        "{a: b c, d: 'e', \"f\": [g, ], h}\n",
        "? |\n  key\n: >\n  value\n",
        "a: é'ü\nb: 'é''ü'\nc: \"é\\\"ü\"\nd: |\n  é\n   ü\n",
        "a: \" x \"\nb: ' '\nc: \"\"\nd: ''\ne:\nf: ~\n- \n",
    ];
    assert!(corpus.iter().map(|s| check_scalars(s)).sum::<usize>() > 90);
}

#[test]
fn a_script_line_points_at_its_own_line() {
    let (text, lines) = one("a: |\n  set -e\n    x\n\n  y\n");
    assert_eq!(text, "set -e\n  x\n\ny\n");
    assert_eq!(lines[1], ("  x\n".into(), "  x\n".into()));
    assert_eq!(lines[3], ("y\n".into(), "y\n".into()));
    let (text, lines) = one("a: >\n  x\n\n  é y\n  z\n");
    assert_eq!((text.as_str(), lines[1].1.as_str()), ("x\né y z\n", "é y\n  z\n"));
}

#[test]
fn spans_cover_what_people_mean() {
    let source = "a: |\n  x\n\n\nb:\n  - 1\n  - {c: d}   # note\n\nc: [1,\n  2]\nd:\n  e: f\n\n# end\n";
    let yaml = Yaml::parse(FileId(0), source);
    let root = yaml.first().expect("a document");
    let text = |name: &str| &source[root.get(name).expect("key").span().range()];
    assert_eq!(text("a"), "|\n  x");
    assert_eq!(text("b"), "- 1\n  - {c: d}");
    assert_eq!(text("c"), "[1,\n  2]");
    assert_eq!(text("d"), "e: f");
    assert_eq!(&source[root.key_span("d").expect("key").range()], "d");
    assert_eq!(&source[root.span().range()], source.strip_suffix("\n\n# end\n").expect("comment"));
}

#[test]
fn a_value_that_is_not_there_stands_behind_its_key() {
    let source = "a: # nothing\n\nb:\n  c:\n\nd:\n- \n- x\ne: {f: , g}\n";
    let yaml = Yaml::parse(FileId(0), source);
    assert_eq!(yaml.errors, []);
    let root = yaml.first().expect("a document");
    let at = |path: &[&str]| root.at(path).map(|n| (n.kind(), n.span().range()));
    assert_eq!(at(&["a"]), Some((Kind::Null, 2..2)));
    assert_eq!(at(&["b", "c"]), Some((Kind::Null, source.find("c:").map(|i| i + 2..i + 2).expect("c"))));
    assert_eq!(
        root.get("d").and_then(|d| d.items().next()).map(|n| n.span().start),
        source.find("- ").and_then(|i| u32::try_from(i + 1).ok())
    );
    assert_eq!(root.at(&["e", "g"]).map(NodeRef::kind), Some(Kind::Null));
}

#[test]
fn keys_stay_text() {
    let yaml = Yaml::parse(FileId(0), "on: push\nyes: no\n1: x\ntrue: y\n? [p]\n: z\n~: n\n");
    let root = yaml.first().expect("a document");
    let names: Vec<_> = root.entries().iter().map(Entry::name).collect();
    assert_eq!(names, ["on", "yes", "1", "true", "[p]", "~"]);
    assert_eq!(root.get("yes").and_then(NodeRef::as_str), Some("no"));
    assert_eq!(root.get("yes").and_then(NodeRef::as_bool), None);
}

#[test]
fn keys_given_twice_are_told_and_the_last_counts() {
    let source = "a: 1\nb: 2\na: 3\n";
    let yaml = Yaml::parse(FileId(0), source);
    let root = yaml.first().expect("a document");
    assert_eq!(root.get("a").and_then(NodeRef::as_str), Some("3"));
    assert_eq!(root.entries().iter().map(Entry::name).collect::<Vec<_>>(), ["b", "a"]);
    let [twice] = &yaml.duplicates[..] else { panic!("one") };
    assert_eq!((twice.name.as_str(), twice.span.start, twice.first.start), ("a", 10, 0));
    let many: String = (0..40).map(|i| format!("k{}: {i}\n", i % 30)).collect();
    assert_eq!(Yaml::parse(FileId(0), &many).duplicates.len(), 10);
}

#[test]
fn merge_keys_give_way_to_own_keys_and_to_earlier_maps() {
    let source = "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  <<: [*x, *y]\n  a: 0\n";
    let yaml = Yaml::parse(FileId(0), source);
    let z = yaml.first().and_then(|r| r.get("z")).expect("z");
    let entries: Vec<_> = z.entries().iter().map(|e| (e.name(), e.value.text())).collect();
    assert_eq!(entries, [("a", "0"), ("b", "1"), ("c", "2")]);
    assert_eq!(z.get("c").and_then(NodeRef::as_str), Some("2"));
    assert_eq!(z.get("<<").map(NodeRef::text), None);
}

#[test]
fn aliases_are_shared_and_bombs_are_refused() {
    let yaml = Yaml::parse(FileId(0), "a: &a {x: 1}\nb: *a\n");
    let b = yaml.first().and_then(|r| r.get("b")).expect("b");
    assert_eq!((b.is_alias(), b.place().start, b.span().start), (true, 16, 6));
    let mut bomb = String::from("a0: &a0 [x, x]\n");
    for i in 1..60 {
        bomb.push_str(&format!("a{i}: &a{i} [*a{0}, *a{0}, *a{0}]\n", i - 1));
    }
    let yaml = Yaml::parse(FileId(0), &bomb);
    assert!(yaml.errors.iter().all(|e| !e.lost && e.message.contains("multiply")), "{:?}", yaml.errors);
    fn walk(node: NodeRef<'_>) -> usize {
        1 + node.items().map(walk).sum::<usize>() + node.own_entries().map(|e| walk(e.value)).sum::<usize>()
    }
    assert!(walk(yaml.first().expect("a document")) < 600_000);
    let knot = Yaml::parse(FileId(0), "a: &a\n  b: *a\nc: *d\ne: 1\n");
    assert_eq!(knot.errors.len(), 2);
    assert_eq!(knot.first().and_then(|r| r.get("e")).and_then(NodeRef::as_str), Some("1"));
}

#[test]
fn tags_and_comments_are_kept() {
    let source = "# top\na: !reference [b, c] # why\nd: !!str 1\n";
    let yaml = Yaml::parse_with_comments(FileId(0), source);
    let root = yaml.first().expect("a document");
    assert_eq!(root.get("a").and_then(NodeRef::tag), Some("!reference"));
    assert_eq!(root.get("d").and_then(NodeRef::tag), Some("!!str"));
    assert_eq!(yaml.comments.iter().map(|r| &source[r.clone()]).collect::<Vec<_>>(), ["# top", "# why"]);
    let many = "# c\n".repeat(500) + "a: 1\n";
    assert_eq!(Yaml::parse_with_comments(FileId(0), &many).comments.len(), 500);
}

#[test]
fn a_broken_document_does_not_take_the_others_along() {
    let source = "a: 1\n---\nb: [1\n---\nc: 'x\n---\nd: 4\n";
    let yaml = Yaml::parse(FileId(0), source);
    assert_eq!(yaml.documents().filter_map(|d| d.entries().first().map(Entry::name)).collect::<Vec<_>>(), ["a", "d"]);
    assert_eq!(yaml.errors.len(), 2, "{:?}", yaml.errors);
    assert!(yaml.errors.iter().all(|e| e.lost));
    assert!(yaml.errors[0].message.contains("never closed"), "{:?}", yaml.errors);
    let tab = Yaml::parse(FileId(0), "a:\n\tb: 1\n");
    assert!(tab.errors[0].message.contains("tab"), "{:?}", tab.errors);
}

#[test]
fn depth_is_limited_and_nothing_is_nothing() {
    for deep in ["[".repeat(100_000), "- ".repeat(100_000), "{a: ".repeat(50_000)] {
        assert!(!Yaml::parse(FileId(0), &deep).errors.is_empty());
    }
    for empty in ["", "# only a comment\n", "---\n", "\u{feff}"] {
        let yaml = Yaml::parse(FileId(0), empty);
        assert!(yaml.first().is_none() && yaml.errors.is_empty(), "{empty:?} {:?}", yaml.errors);
    }
}
