//! Names that somebody chose to speak to whoever reads the report.

use super::*;

/// What a job, a step, an image or a file may be called. Each ends in a mark that is looked for.
const NAMES: &[&str] = &[
    "x\n::add-mask::MARK",
    "x\r\n::stop-commands::MARK",
    "::set-output name=a::MARK",
    "##[add-mask]MARK",
    "##vso[task.setvariable variable=a]MARK",
    "a%0A::error::MARK",
    "a,title=b::MARK",
    "x|y|MARK",
    "`x` <b>`MARK",
    "\\`|MARK",
    "[x](javascript:alert(1))MARK",
    "![x](https://evil.example.com)MARK",
    "@everyone MARK",
    "<script>alert(1)</script>MARK",
    "x]]><MARK/>",
    "\"><evil a='MARK",
    "&lt;MARK&#10;",
    "a\0MARK",
    "a\u{1b}]0;MARK\u{7}",
    "a\u{1b}[2J\u{9b}31mMARK",
    "a\u{202e}\u{2066}\u{200f}MARK",
    "\u{ffff}\u{fffe}MARK",
    "a\u{ad}\u{2060}\u{206e}\u{feff}\u{e0041}\u{e007f}MARK",
    "=cmd|' /C calc'!A0 MARK",
    "../../../etc/passwd?a#b%2e MARK",
    "javascript:alert(1)//MARK",
    "| a |\n|---|\n| <img src=x onerror=alert(1)>MARK |",
    "--> <!-- MARK",
    "section_start:1:MARK\r\u{1b}[0K",
];

/// A finding that is full of a name, in a file of that name.
fn named(name: &str) -> World {
    let mut world = world();
    let text = format!("run: {name} a:1\n");
    let file = world.sources.add(format!("{name}.yml"), text.as_str());
    let at = text.find("a:1").expect("there");
    let mut found = finding("sign-by-tag", Span::new(file, at..at + 3));
    found.message = format!("`{name}` is signed");
    found.help = format!("sign `{name}@sha256:..`");
    found.context = Context { execution: Some(name.to_owned()), step: Some(name.to_owned()) };
    found.evidence.insert(name.to_owned(), name);
    found.related.push(Related { span: Span::new(file, 0..3), message: format!("pushed here, in `{name}`") });
    let mut accepted = found.clone();
    accepted.suppressed = Some(Suppression { kind: SuppressionKind::Inline, reason: name.to_owned(), until: None });
    world.findings = fingerprinted(&world.sources, vec![found, accepted], &|p| p);
    world
}

const FORMS: &[Form] =
    &[Form::Human, Form::Concise, Form::Json, Form::Ndjson, Form::Sarif, Form::Github, Form::Gitlab, Form::Junit, Form::Markdown];

fn each(mut check: impl FnMut(&str, Form, &str)) {
    for name in NAMES {
        let world = named(name);
        for form in FORMS {
            for width in [None, Some(60)] {
                let place = world.findings.first().map(|r| r.finding.span);
                let end = HandoffEnd { pipeline: String::from(*name), step: String::from(*name), ..end(EventKind::Push, name) };
                let told = handoff(name, Window::Open, WindowReason::Repointable, Some(end.clone()), end);
                let handoffs = [Told { producer: place, consumer: place, ..told }];
                let mut out = Vec::new();
                let report = Report { width, ..report(&world, &[], &handoffs, true) };
                report.write(*form, &mut out).expect("written");
                check(name, *form, &String::from_utf8(out).expect("text"));
            }
        }
    }
}

#[test]
fn no_form_speaks_to_terminals() {
    each(|name, form, text| {
        let spoken: Vec<char> = text
            .chars()
            .filter(|c| {
                (c.is_control() && *c != '\n')
                    || ('\u{200e}'..='\u{206f}').contains(c)
                    || ('\u{e0000}'..='\u{e007f}').contains(c)
                    || *c == '\u{ad}'
            })
            .collect();
        assert!(spoken.iter().all(|c| "…—‘’“”".contains(*c)), "{form:?} {name:?}: {spoken:?}\n{text}");
        assert!(text.contains("MARK"), "{form:?} {name:?}: the name is still told\n{text}");
    });
}

#[test]
fn no_form_commands_a_runner() {
    each(|name, form, text| {
        for line in text.lines() {
            assert!(!line.contains("##[") && !line.contains("##vso["), "{form:?} {name:?}: {line}");
            let ours = form == Form::Github
                && line.starts_with("::error file=")
                && line.contains(",title=swaplint/sign-by-tag::")
                && line.matches("title=").count() == line.matches("title=swaplint").count() + line.matches("title=b").count();
            assert!(ours || !line.trim_start().starts_with("::"), "{form:?} {name:?}: {line}");
        }
        if form == Form::Github {
            assert_eq!(text.lines().count(), 1, "{name:?}: {text}");
            let properties = text.trim_start_matches(':').split("::").next().expect("there");
            assert_eq!(properties.matches(',').count(), 4, "{name:?}: {text}");
        }
    });
}

#[test]
fn json_tells_names_as_they_are() {
    for name in NAMES {
        let world = named(name);
        for (form, pointer) in [
            (Form::Json, "/findings/0/context/execution"),
            (Form::Ndjson, "/context/execution"),
            (Form::Sarif, "/runs/0/results/0/locations/0/logicalLocations/0/name"),
        ] {
            let mut out = Vec::new();
            report(&world, &[], &[], false).write(form, &mut out).expect("written");
            let value: serde_json::Value = serde_json::from_slice(&out).expect("json");
            assert_eq!(value.pointer(pointer).and_then(|v| v.as_str()), Some(*name), "{form:?}");
        }
    }
}

#[test]
fn markup_stays_text() {
    each(|name, form, text| match form {
        Form::Junit => {
            let tags = ["testsuites", "testsuite", "testcase", "failure", "skipped", "?xml"];
            for (at, _) in text.match_indices('<') {
                let rest = text[at + 1..].trim_start_matches('/');
                assert!(tags.iter().any(|t| rest.starts_with(t)), "{name:?}: {rest}");
            }
            assert!(!text.contains("]]>") && !text.contains(['\u{fffe}', '\u{ffff}']), "{name:?}: {text}");
        }
        Form::Markdown => {
            let tags = ["<br>", "<code>", "</code>", "<!-- -->"];
            for (at, _) in text.match_indices('<') {
                assert!(tags.iter().any(|t| text[at..].starts_with(t)), "{name:?}: {}", &text[at..]);
            }
            for row in text.lines().filter(|l| l.starts_with('|')) {
                let columns = row.matches('|').count() - 1;
                assert!(columns == 4 || columns == 6, "{name:?}: {row}");
                let quotes = row.matches('`').count();
                assert!(quotes.is_multiple_of(2), "{name:?}: {row}");
            }
            assert!(!text.contains("](javascript") && !text.contains("](https://evil"), "{name:?}: {text}");
        }
        _ => {}
    });
}
