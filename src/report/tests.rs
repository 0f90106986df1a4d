use super::*;

mod hostile;
use crate::facts::{Across, Artifact, Carrier, EventKind, Handoff, HandoffEnd, Window, WindowReason};
use crate::finding::{Context, Evidence, Related, Suppression, SuppressionKind};
use crate::source::Span;

fn finding(rule: &str, span: Span) -> Finding {
    Finding {
        rule: rule.into(),
        family: "signing".into(),
        severity: Severity::High,
        confidence: Confidence::High,
        persona: Persona::Regular,
        message: "signs `a\u{1b}[31m:1` by tag".into(),
        help: "sign the digest".into(),
        span,
        context: Context { execution: Some("job".into()), step: None },
        evidence: Evidence::default(),
        related: Vec::new(),
        happens_at: None,
        suppressed: None,
        always_shown: false,
        anchor: "cosign sign a:1".into(),
    }
}

fn fingerprinted<'p>(sources: &'p Sources, mut findings: Vec<Finding>, path: &dyn Fn(&'p str) -> &'p str) -> Vec<Reported> {
    let fingerprints = fingerprints(sources, &mut findings, path);
    findings.into_iter().zip(fingerprints).map(|(finding, fingerprint)| Reported { finding, fingerprint }).collect()
}

struct World {
    sources: Sources,
    findings: Vec<Reported>,
    rules: Vec<Rule>,
}

/// `a:1` in line 2 of `b c.yml`, pushed in line 1 of another file; a second one suppressed.
fn world() -> World {
    let sources = Sources::new();
    let main = sources.add("b c.yml", "é: 1\nrun: cosign sign é a:1 \u{1b}[2J\n");
    let other = sources.add("a.yml", "run: docker push a:1\n");
    let start = sources.get(main).text.find("a:1").expect("there");
    let span = Span::new(main, start..start + 3);
    let mut first = finding("sign-by-tag", span);
    first.related.push(Related { span: Span::new(other, 17..20), message: "pushed here".into() });
    first.related.push(Related { span: Span::new(main, 0..2), message: "named here".into() });
    let mut second = finding("sign-by-tag", span);
    second.suppressed = Some(Suppression { kind: SuppressionKind::Inline, reason: "why not".into(), until: None });
    let findings = fingerprinted(&sources, vec![first, second], &|path| path);
    let rule = Rule {
        id: "sign-by-tag".into(),
        family: "signing".into(),
        title: "An image is signed by tag".into(),
        description: "A tag moves. And more.".into(),
        severity: Severity::High,
        confidence: Confidence::High,
        persona: Persona::Regular,
        doc: "# sign-by-tag".into(),
        url: Some("https://example.com/sign-by-tag".into()),
    };
    World { sources, findings, rules: vec![rule] }
}

fn report<'a>(world: &'a World, files: &'a [FileEntry], handoffs: &'a [Told], show_suppressed: bool) -> Report<'a> {
    Report {
        sources: &world.sources,
        findings: &world.findings,
        rules: &world.rules,
        files,
        pipelines: 1,
        handoffs,
        handoff_counts: HandoffCounts { open: handoffs.len() / 2, closed: handoffs.len() / 2, unknown: 0 },
        not_new: None,
        show_suppressed,
        color: false,
        width: None,
    }
}

fn end(does: EventKind, execution: &str) -> HandoffEnd {
    let pipeline = "a.yml".to_owned();
    HandoffEnd { event: None, does, tool: "docker".into(), pipeline, execution: execution.into(), step: String::new(), span: 0 }
}

/// An image that goes by its tag.
fn handoff(artifact: &str, window: Window, reason: WindowReason, producer: Option<HandoffEnd>, consumer: HandoffEnd) -> Told {
    let (kind, carrier, across) = (Artifact::Image, Carrier::RegistryTag, Across::Executions);
    let (artifact, same_name, guards) = (artifact.to_owned(), true, Vec::new());
    let handoff = Handoff { artifact, kind, carrier, across, producer, same_name, consumer, window, reason, guards };
    Told { handoff, producer: None, consumer: None, guards: Vec::new() }
}

fn rendered(world: &World, form: Form, show_suppressed: bool) -> String {
    let files = [FileEntry { path: "a.yml".into(), format: Some("tekton"), status: "checked" }];
    let at = |path, start| world.sources.find(path).map(|file| Span::new(file, start..start + 1));
    let told = |artifact: &str, window, reason, producer: Option<HandoffEnd>| Told {
        producer: producer.as_ref().and_then(|_| at("a.yml", 0)),
        consumer: at("b c.yml", 20),
        ..handoff(artifact, window, reason, producer, end(EventKind::Run, "other"))
    };
    let handoffs = [
        told("b@sha256:1", Window::Closed, WindowReason::ContentAddressed, None),
        told("a:1", Window::Open, WindowReason::Repointable, Some(end(EventKind::Push, "job"))),
    ];
    let report = report(world, &files, &handoffs, show_suppressed);
    assert!(report.summary().starts_with("1 finding (1 high) in 1 file, 1 suppressed"), "{}", report.summary());
    let mut out = Vec::new();
    report.write(form, &mut out).expect("written");
    String::from_utf8(out).expect("text")
}

#[test]
fn concise_counts_characters_and_is_safe() {
    let text = rendered(&world(), Form::Concise, false);
    assert_eq!(text, "b c.yml:2:20: high sign-by-tag signs `a\\u{1b}[31m:1` by tag\n");
    assert!(rendered(&world(), Form::Concise, true).ends_with("(suppressed: why not)\n"));
}

#[test]
fn human_shows_the_story_and_no_escapes() {
    let text = rendered(&world(), Form::Human, false);
    assert!(!text.contains('\u{1b}'), "{text}");
    for part in [
        "high[sign-by-tag]",
        "b c.yml:2:20",
        "1: pushed here",
        "2: named here",
        "3: here",
        "a.yml:1:18",
        "why:  A tag moves.\n",
        "help: sign the digest",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
}

#[test]
fn json_is_the_contract() {
    let text = rendered(&world(), Form::Json, false);
    let value: serde_json::Value = serde_json::from_str(&text).expect("json");
    assert_eq!(value["schema"], "swaplint.report.v1");
    assert_eq!(value["summary"]["findings"]["high"], 1);
    assert_eq!(value["summary"]["suppressed"], 1);
    let finding = &value["findings"][0];
    assert_eq!(finding["span"]["start"], serde_json::json!({"line": 2, "column": 20, "offset": 26}));
    assert_eq!(finding["span"]["end"], serde_json::json!({"line": 2, "column": 23, "offset": 29}));
    assert_eq!(finding["context"], serde_json::json!({"execution": "job", "step": null}));
    assert_eq!(finding["related"][0]["path"], "a.yml");
    assert_eq!(finding["fingerprint"].as_str().map(str::len), Some(64));
    assert!(finding["suppressed"].is_null());
    let lines = rendered(&world(), Form::Ndjson, true);
    assert_eq!(lines.lines().count(), 2);
    assert!(lines.contains(r#""suppressed":{"kind":"inline","reason":"why not"}"#));
}

#[test]
fn sarif_has_what_code_scanning_needs() {
    let value: serde_json::Value = serde_json::from_str(&rendered(&world(), Form::Sarif, false)).expect("json");
    // The official pattern of `language` is no valid regular expression: a stray `]`.
    let schema = include_str!("../../tests/schemas/sarif-schema-2.1.0.json").replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}?$");
    let schema = serde_json::from_str(&schema).expect("schema");
    let validator = jsonschema::validator_for(&schema).expect("schema");
    let problems: Vec<_> = validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(problems.is_empty(), "{problems:#?}");
    let run = &value["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"][0]["properties"]["security-severity"], "8.0");
    let result = &run["results"][0];
    assert_eq!(result["ruleId"], "swaplint/sign-by-tag");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"], serde_json::json!({"uri": "b%20c.yml", "uriBaseId": "%SRCROOT%"}));
    assert_eq!(place["region"]["startColumn"], 20);
    assert_eq!(result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().map(Vec::len), Some(3));
    assert_eq!(run["results"][1]["suppressions"][0]["kind"], "inSource", "suppressed ones are always in SARIF");
}

#[test]
fn annotations_are_workflow_commands() {
    let text = rendered(&world(), Form::Github, true);
    let expected = "::error file=b c.yml,line=2,endLine=2,col=20,title=swaplint/sign-by-tag::signs `a\\u{1b}[31m:1` by tag\
        %0A1: pushed here (a.yml:1)%0A2: named here (b c.yml:1)%0Ahelp: sign the digest\n";
    assert_eq!(text, expected, "suppressed ones are no annotations");
}

#[test]
fn gitlab_compares_by_fingerprint() {
    let world = world();
    let value: serde_json::Value = serde_json::from_str(&rendered(&world, Form::Gitlab, true)).expect("json");
    assert_eq!(value.as_array().map(Vec::len), Some(1), "suppressed ones do not count");
    assert_eq!(value[0]["check_name"], "sign-by-tag");
    assert_eq!(value[0]["severity"], "critical");
    assert_eq!(value[0]["fingerprint"], world.findings[0].fingerprint.as_str());
    assert_eq!(value[0]["location"], serde_json::json!({"path": "b c.yml", "lines": {"begin": 2, "end": 2}}));
}

#[test]
fn junit_has_a_suite_a_file() {
    let text = rendered(&world(), Form::Junit, true);
    for part in [
        r#"<testsuites name="swaplint" tests="3" failures="1" errors="0" time="0">"#,
        r#"<testsuite name="a.yml" tests="1" failures="0" errors="0" skipped="0" time="0">"#,
        r#"<testcase classname="a.yml" name="no findings" time="0"/>"#,
        r#"<testsuite name="b c.yml" tests="2" failures="1" errors="0" skipped="1" time="0">"#,
        r#"<testcase classname="b c.yml" name="sign-by-tag at 2:20" time="0">"#,
        r#"<failure type="sign-by-tag" message="signs `a\u{1b}[31m:1` by tag">"#,
        "\n1: pushed here (a.yml:1)\n",
        r#"<skipped message="why not"/>"#,
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
}

#[test]
fn markdown_has_tables() {
    let text = rendered(&world(), Form::Markdown, true);
    for part in [
        "1 finding (1 high) in 1 file, 1 suppressed",
        "### High (1)",
        "| `b c.yml:2` | [sign-by-tag](https://example.com/sign-by-tag) | signs <code>a&#92;u{1b}&#91;31m:1</code> by tag<br>1: pushed here (a.yml:1)<br>",
        "| sign the digest |",
        "### Suppressed (1)",
        "### Handoffs (1 open, 0 unknown, 1 closed)",
        "| **open** | `a:1` | registry tag | push in `job`, `a.yml:1` | run in `other`, `b c.yml:2` | repointable |",
        "| closed | `b@sha256:1` | registry tag | nobody known here |",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    let windows: Vec<_> = text.lines().filter(|l| l.contains("| `a:1`") || l.contains("| `b@")).collect();
    assert!(windows[0].starts_with("| **open**"), "open windows stand first");
    assert!(!rendered(&world(), Form::Markdown, false).contains("Suppressed"));
}

#[test]
fn a_job_summary_has_a_limit() {
    let mut world = world();
    let first = world.findings[0].clone();
    world.findings = (0..2000).map(|_| first.clone()).collect();
    let files = [];
    let text = report(&world, &files, &[], false).job_summary(100_000);
    assert!(text.len() <= 100_000);
    assert!(text.contains("rows left out: there is no room."), "{}", &text[text.len() - 200..]);
}

#[test]
fn lines_fit_the_width() {
    let mut world = world();
    let text = format!("on: push # {}\n{} a:1 {}\n", "x ".repeat(80), "y ".repeat(80), "z ".repeat(80));
    let file = world.sources.add("c.yml", text.as_str());
    let at = text.find("a:1").expect("there");
    let mut long = finding("sign-by-tag", Span::new(file, at..at + 3));
    long.message =
        "a long message ".repeat(10) + "about `a/path/that/is/never/broken/even/if/it/is/very/long/and/then/some/more`";
    long.help = "do something else ".repeat(10);
    long.related.push(Related { span: Span::new(file, 0..2), message: "a long label ".repeat(8) });
    world.findings = fingerprinted(&world.sources, vec![long], &|p| p);
    let mut out = Vec::new();
    let report = Report { width: Some(80), ..report(&world, &[], &[], false) };
    report.write(Form::Human, &mut out).expect("written");
    let text = String::from_utf8(out).expect("text");
    let too_long: Vec<_> = text.lines().filter(|l| l.chars().count() > 80).collect();
    assert!(too_long.iter().all(|l| l.contains("/never/broken/")), "{too_long:#?}\n{text}");
    assert!(text.contains("help: do something else") && text.contains("\n        do something else"), "{text}");
    assert!(text.contains("c.yml:2:162"), "{text}");
}

#[test]
fn fingerprints_follow_the_finding_and_not_the_line() {
    let sources = Sources::new();
    let file = sources.add("a.yml", "x\ny\nz\n");
    let at = |byte| finding("r", Span::new(file, byte..byte + 1));
    let before = fingerprinted(&sources, vec![at(0), at(2)], &|path| path);
    let after = fingerprinted(&sources, vec![at(4), at(2)], &|path| path);
    assert_eq!(before[0].fingerprint, after[0].fingerprint);
    assert_ne!(before[0].fingerprint, before[1].fingerprint, "equal ones are numbered");
}

#[test]
fn fingerprints_do_not_count_steps_and_take_names_apart() {
    let sources = Sources::new();
    let file = sources.add("a.yml", "x\ny\nz\n");
    let prints = |steps: &[&str]| -> Vec<String> {
        let at = |(byte, step): (usize, &&str)| {
            let mut found = finding("r", Span::new(file, byte..byte + 1));
            found.anchor = format!("command {byte}");
            found.context.step = Some((*step).to_owned());
            found
        };
        let found = steps.iter().enumerate().map(at).collect();
        fingerprinted(&sources, found, &|p| p).into_iter().map(|r| r.fingerprint).collect()
    };
    assert_eq!(prints(&["step 1", "Deploy"]), prints(&["step 7", "Deploy"]), "a step was put before one without a name");
    let (before, after) = (prints(&["Build", "Deploy"]), prints(&["Build", "Promote"]));
    assert_eq!(before[0], after[0], "another step was renamed");
    assert_ne!(before[1], after[1]);
}

#[test]
fn equal_findings_of_a_step_stay_apart() {
    let sources = Sources::new();
    let file = sources.add("a.yml", "cosign sign a:1\ncosign sign a:1\n");
    let at = |byte| finding("r", Span::new(file, byte..byte + 1));
    let both = fingerprinted(&sources, vec![at(0), at(16)], &|p| p);
    assert_ne!(both[0].fingerprint, both[1].fingerprint);
    let alone = fingerprinted(&sources, vec![at(16)], &|p| p);
    assert_eq!(alone[0].fingerprint, both[0].fingerprint, "one of two went away: one is left, and it is not new");
}
