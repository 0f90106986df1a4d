//! What holds for texts of any kind: places lead back to what was written, and findings are about the pipeline, not about how it is
//! laid out.

use crate::spans;
use crate::support::{copied, files, folders, root, swaplint, write};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use swaplint::formats;
use swaplint::formats::yaml::Yaml;
use swaplint::pipeline::{Action, Dialect, Format};
use swaplint::shell;
use swaplint::source::{Embedded, FileId};

const FILE: FileId = FileId(0);

/// Letters that are written as they are in every style.
fn is_verbatim(c: char) -> bool {
    c.is_alphanumeric() || "_-./:@+".contains(c)
}

/// Every letter that is written as it is must lead to itself in the file; gives how many there are.
fn leads_back(embedded: &Embedded, file: &str) -> usize {
    let verbatim = embedded.text.char_indices().filter(|(_, c)| is_verbatim(*c));
    verbatim
        .map(|(at, c)| {
            let place = embedded.span(at..at + c.len_utf8());
            let written = &file[place.range()];
            // An escape is as long as it is written.
            assert!(written == c.to_string() || written.starts_with('\\'), "{c:?} at {at} leads to {written:?} in {file:?}");
        })
        .count()
}

/// How a text is written as a scalar of YAML.
#[derive(Debug, Clone, Copy)]
enum Written {
    Single,
    Double,
    Literal,
    Folded,
}

/// Lines of letters, some indented further, some empty; the first has a letter first.
fn lines() -> impl Strategy<Value = Vec<String>> {
    let line = prop_oneof![4 => "[a-zé]{1,4}( [a-z\"'#$\\\\{}é😀]{1,5}){0,3}", 1 => "", 1 => " {1,3}[a-z]{1,5}"];
    ("[a-zé]{1,6}", prop::collection::vec(line, 0..6)).prop_map(|(first, mut rest)| {
        rest.insert(0, first);
        rest
    })
}

fn written(how: Written, lines: &[String], indent: usize, chomping: &str, indicator: bool) -> String {
    let block = |sign: char| {
        let digit = if indicator { indent.to_string() } else { String::new() };
        let mut text = format!("{sign}{digit}{chomping}\n");
        for line in lines {
            let _ = if line.is_empty() { writeln!(text) } else { writeln!(text, "{}{line}", " ".repeat(indent)) };
        }
        text
    };
    match how {
        Written::Single => format!("'{}'\n", lines.join("\n      ").replace('\'', "''")),
        Written::Double => {
            let mut text = String::from("\"");
            for c in lines.join("\n").chars() {
                match c {
                    '\n' => text.push_str("\\n\\\n      "),
                    '"' | '\\' => text.extend(['\\', c]),
                    'é' => text.push_str("\\u00e9"),
                    ' ' => text.push_str("\\x20"),
                    _ => text.push(c),
                }
            }
            text + "\"\n"
        }
        Written::Literal => block('|'),
        Written::Folded => block('>'),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// In double quotes and literal blocks the text is known exactly; in all, each letter leads to itself, in order.
    #[test]
    fn scalars_lead_back(
        how in prop_oneof![Just(Written::Single), Just(Written::Double), Just(Written::Literal), Just(Written::Folded)],
        lines in lines(), indent in 2_usize..6, chomping in prop_oneof![Just(""), Just("-"), Just("+")], indicator: bool, crlf: bool,
    ) {
        let mut file = format!("a: 1\nb: {}c: é\n", written(how, &lines, indent, chomping, indicator));
        if crlf {
            file = file.replace('\n', "\r\n");
        }
        let yaml = Yaml::parse(FILE, &file);
        prop_assert!(yaml.errors.is_empty(), "{:?}\n{file}", yaml.errors);
        spans::of_yaml(&yaml, &file);
        let root = yaml.first().expect("a map");
        let b = root.get("b").expect("there").embedded();
        let letters = leads_back(&b, &file);
        let all: usize = lines.iter().map(|line| line.chars().filter(|c| is_verbatim(*c)).count()).sum();
        prop_assert_eq!(letters, all, "{}", file);
        let content = lines.join("\n");
        match how {
            Written::Double => prop_assert_eq!(&*b.text, content.as_str()),
            Written::Literal => prop_assert_eq!(b.text.trim_end_matches('\n'), content.trim_end_matches('\n')),
            Written::Single | Written::Folded => {}
        }
        prop_assert_eq!(root.get("c").map(|c| &file[c.span().range()]), Some("é"));
    }

    /// Plain scalars, over several lines.
    #[test]
    fn plain_scalars_lead_back(words in prop::collection::vec("[a-zé]{1,6}", 1..8), breaks in prop::collection::vec(0_usize..3, 8), crlf: bool) {
        let mut file = String::from("b: ");
        for (word, lines) in words.iter().zip(&breaks) {
            file += word;
            file += ["  ", "\n   ", "\n\n  "][*lines];
        }
        file += "\nc: 1\n";
        if crlf {
            file = file.replace('\n', "\r\n");
        }
        let yaml = Yaml::parse(FILE, &file);
        let b = yaml.first().expect("a map").get("b").expect("there").embedded();
        prop_assert_eq!(leads_back(&b, &file), words.iter().map(|word| word.chars().count()).sum::<usize>());
        prop_assert_eq!(b.text.split_whitespace().collect::<Vec<_>>(), words);
    }

    /// Strings of Groovy, in a step: each letter leads to itself.
    #[test]
    fn strings_of_groovy_lead_back(kind in 0_usize..6, parts in prop::collection::vec((0_usize..5, "[a-zé]{1,5}"), 1..7)) {
        let (open, close) = [("'", "'"), ("\"", "\""), ("'''", "'''"), ("\"\"\"", "\"\"\""), ("/", "/"), ("$/", "/$")][kind];
        // A pattern in `/` may have lines where nothing can be divided alone.
        let long = kind >= 2 && kind != 4;
        let mut inner = String::new();
        let mut decoded = String::new();
        for (between, word) in &parts {
            let (written, means) = match between {
                0 => (" ", " "),
                1 if long => ("\n", "\n"),
                2 if kind < 4 => ("\\n", "\n"),
                3 if kind < 4 => ("\\u00e9", "é"),
                4 if kind < 4 => ("\\\\", "\\"),
                _ => ("-", "-"),
            };
            inner += written;
            inner += word;
            decoded += means;
            decoded += word;
        }
        let file = format!("node {{\n  sh(script: {open}x{inner}{close})\n}}\n");
        let loaded = formats::load(Format::Jenkinsfile, FILE, "Jenkinsfile", &file);
        spans::of_loaded(&loaded, &file);
        let steps = loaded.pipelines.iter().flat_map(|p| &p.executions).flat_map(|e| &e.steps);
        let script = steps.filter_map(|step| match &step.action { Action::Script(script) => Some(script), _ => None }).next();
        let script = script.expect("a script");
        prop_assert_eq!(script.text.raw(), format!("x{decoded}"), "{}", file);
        leads_back(&script.text.source, &file);
    }

    /// A script that is put together of anything: what is given stands in it.
    #[test]
    fn places_of_scripts_are_in_them(parts in prop::collection::vec(prop_oneof![
        Just("a"), Just(" "), Just("\n"), Just("$("), Just(")"), Just("\""), Just("'"), Just("`"), Just("é"), Just("|"), Just("&&"), Just(";"),
        Just("{ "), Just("; }"), Just("if "), Just("; then "), Just("; fi"), Just("<<E\n"), Just("\nE\n"), Just("$x"), Just("${x:-"), Just("}"),
        Just("x=("), Just("[[ "), Just(" ]]"), Just("\\"), Just("\r\n"), Just("\r"), Just("#"), Just("for i in "), Just("; do "), Just("; done"), Just("%"),
        Just("@'\n"), Just("\n'@"), Just("^"), Just(">"), Just("2>&1"), Just("\0"),
    ], 0..40), dialect in prop_oneof![Just(Dialect::Bash), Just(Dialect::Posix), Just(Dialect::PowerShell), Just(Dialect::Cmd)]) {
        let text = parts.concat();
        spans::of_script(&shell::parse(&text, &[], &dialect), &text);
    }
}

/// What the fuzzer found: places that split a character.
#[test]
fn places_are_between_characters() {
    for text in [" \\\ré", "x\\\ré y", "\\\r\u{10ffff}"] {
        for dialect in [Dialect::Bash, Dialect::Posix] {
            spans::of_script(&shell::parse(text, &[], &dialect), text);
        }
    }
    for text in ["s=load'\n\u{10ffff}s{", "def go = build\nnode { é.go('x') }\nü{ go { } }"] {
        spans::of_loaded(&formats::load(Format::JenkinsLibrary, FILE, "vars/a.groovy", text), text);
    }
}

/// Every file of the corpus: places stand in their file, parts in their whole.
#[test]
fn places_of_the_corpus_are_in_their_files() {
    let corpus = root().join("corpus");
    let mut loaded = 0;
    for path in files(&corpus) {
        let Ok(text) = fs::read_to_string(corpus.join(&path)) else { continue };
        let inside = path.splitn(3, '/').last().unwrap_or(&path);
        let Some(format) = formats::recognise(inside, Some(&text)) else { continue };
        spans::of_loaded(&formats::load(format, FILE, inside, &text), &text);
        if inside.ends_with(".yml") || inside.ends_with(".yaml") {
            spans::of_yaml(&Yaml::parse(FILE, &text), &text);
        }
        loaded += 1;
    }
    assert!(loaded > 300, "{loaded}");
}

/// Rule and line of each finding; the line as `moved` says.
fn findings(folder: &Path, line: &dyn Fn(&str, u64) -> u64) -> Vec<(String, String, u64)> {
    let report = swaplint(folder, &["check", "--format", "json", "--no-config", "--no-ignores", "--persona", "auditor"]).json();
    let found = report["findings"].as_array().expect("a list").iter().map(|f: &Value| {
        let text = |key: &str| f[key].as_str().expect("a text").to_owned();
        (text("rule"), text("path"), line(&text("path"), f["span"]["start"]["line"].as_u64().expect("a line")))
    });
    let mut found: Vec<_> = found.collect();
    found.sort();
    found
}

/// Whether a line is the beginning of a step, or of a key of a map, outside of texts over several lines.
fn structural(lines: &[&str]) -> Vec<bool> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut inside: Option<usize> = None;
    lines
        .iter()
        .map(|line| {
            if inside.is_some_and(|outer| line.trim().is_empty() || indent(line) > outer) {
                return false;
            }
            inside = None;
            let code = line.split(" #").next().unwrap_or_default().trim_end();
            let opens = code.trim_end_matches(['-', '+', '1', '2', '3', '4']);
            if opens.ends_with('|') || opens.ends_with('>') {
                inside = Some(indent(line));
            }
            let trimmed = line.trim_start();
            !trimmed.is_empty()
                && !trimmed.starts_with('#')
                && (code.ends_with(':') || code.contains(": ") || trimmed.starts_with("- "))
        })
        .collect()
}

/// A text with comments and empty lines before its structural lines, and where each line went.
fn loosened(text: &str) -> (String, BTreeMap<u64, u64>) {
    let lines: Vec<&str> = text.lines().collect();
    let (mut out, mut origin) = (String::new(), BTreeMap::new());
    // What is not closed in its line, and what is folded without a sign, is left as it is.
    let apart = structural(&lines);
    let mut number = 0;
    for (index, line) in lines.iter().enumerate() {
        if apart[index] && index % 3 != 1 {
            out += &format!("\n{}# a comment: of [nothing]\n", " ".repeat(line.len() - line.trim_start().len()));
            number += 2;
        }
        number += 1;
        origin.insert(number, index as u64 + 1);
        out += line;
        out.push('\n');
    }
    (out, origin)
}

/// Comments and empty lines change nothing but line numbers. A sample of the corpus; YAML alone.
#[test]
fn comments_and_blank_lines_change_nothing() {
    let (mut cases, mut changed) = (0, Vec::new());
    for case in sample(9) {
        let (dir, plain) = (copied(&case), copied(&case));
        let mut origins: BTreeMap<String, BTreeMap<u64, u64>> = BTreeMap::new();
        for path in files(&case).into_iter().filter(|path| path.ends_with(".yml") || path.ends_with(".yaml")) {
            let Ok(text) = fs::read_to_string(case.join(&path)) else { continue };
            // A comment that stands before another one may turn that one's meaning.
            let text: String =
                text.lines().map(|line| format!("{}\n", line.split("# expect").next().unwrap_or_default().trim_end())).collect();
            write(plain.path(), &path, text.as_bytes());
            let (loose, origin) = loosened(&text);
            write(dir.path(), &path, loose.as_bytes());
            origins.insert(path, origin);
        }
        let back = |path: &str, line: u64| origins.get(path).map_or(line, |origin| origin.get(&line).copied().unwrap_or(0));
        let (before, after) = (findings(plain.path(), &|_, line| line), findings(dir.path(), &back));
        if before != after {
            changed.push(format!("{}\n before {before:?}\n after {after:?}", case.display()));
        }
        cases += 1;
    }
    assert!(cases >= 20 && changed.is_empty(), "{cases} cases\n{}", changed.join("\n"));
}

/// Cases of the corpus, each so many-th.
fn sample(each: usize) -> Vec<std::path::PathBuf> {
    let all = folders(&root().join("corpus")).into_iter().flat_map(|rule| folders(&rule));
    all.enumerate().filter(|(index, _)| index % each == 0).map(|(_, case)| case).collect()
}

const STEPS: &str = "on: push
permissions: {contents: read}
jobs:
  release:
    runs-on: ubuntu-24.04
    env: {IMAGE: ghcr.io/acme/app:main}
    steps:
      - name: Sign
        env: {A: b}
        run: cosign sign --yes $IMAGE
      - id: copy
        shell: bash
        run: crane copy $IMAGE prod.example.com/acme/app:main
";

/// The order of keys, and the names of steps, say nothing.
#[test]
fn order_of_keys_and_names_of_steps_say_nothing() {
    let found = |text: &str| -> Vec<String> {
        let dir = crate::support::repository(&[(".github/workflows/x.yml", text)]);
        findings(dir.path(), &|_, _| 0).into_iter().map(|(rule, ..)| rule).collect()
    };
    let before = found(STEPS);
    assert!(before.contains(&"sign-by-tag".to_owned()) && before.contains(&"copy-by-tag".to_owned()), "{before:?}");
    let (head, jobs) = STEPS.split_once("jobs:\n").expect("there");
    for other in [
        format!("jobs:\n{jobs}{head}"),
        STEPS.replace("name: Sign", "name: Verify and deploy the release"),
        STEPS.replace("      - name: Sign\n        env", "      - env"),
        STEPS.replace(
            "      - id: copy\n        shell: bash\n        run: crane copy $IMAGE prod.example.com/acme/app:main\n",
            "      - run: crane copy $IMAGE prod.example.com/acme/app:main\n        shell: bash\n        id: other\n",
        ),
        STEPS.replace(
            "  release:\n    runs-on: ubuntu-24.04\n    env: {IMAGE: ghcr.io/acme/app:main}\n",
            "  ship:\n    env:\n      IMAGE: 'ghcr.io/acme/app:main'\n    runs-on: ubuntu-24.04\n",
        ),
    ] {
        assert_eq!(found(&other), before, "{other}");
    }
}
