use super::*;
use crate::finding::{Context, Related, Suppression, SuppressionKind};
use crate::source::{FileId, Span};

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
        evidence: BTreeMap::new(),
        related: Vec::new(),
        suppressed: None,
        always_shown: false,
        anchor: "cosign sign a:1".into(),
    }
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
    second.suppressed = Some(Suppression { kind: SuppressionKind::Inline, reason: "why not".into() });
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

fn rendered(world: &World, form: Form, show_suppressed: bool) -> String {
    let files = [FileEntry { path: "a.yml".into(), format: Some("tekton"), status: "checked" }];
    let report = Report {
        sources: &world.sources,
        findings: &world.findings,
        rules: &world.rules,
        files: &files,
        pipelines: 1,
        handoffs: &[],
        handoff_counts: HandoffCounts::default(),
        not_new: None,
        show_suppressed,
        color: false,
    };
    assert_eq!(report.summary(), "1 finding (1 high) in 1 file, 1 suppressed");
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
    let schema = include_str!("sarif-schema-2.1.0.json").replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}?$");
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
fn hostile_characters_keep_their_length() {
    let text = "a\u{1b}b\u{9b}c\u{202e}d\r\ne\rf";
    assert_eq!(neutral_in_place(text), "a?b¿c\u{fffd}d\r\ne?f");
    assert_eq!(neutral_in_place(text).len(), text.len());
    assert_eq!(FileId::default(), FileId(0));
}
