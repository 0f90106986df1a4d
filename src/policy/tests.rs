use super::*;
use crate::facts::{Artifact, Effect, Event, ExecutionFacts, Mutability, Origin, PipelineFacts, Reference, SCHEMA, Shell};
use crate::pipeline::Format;

const TEXT: &str = "jobs:\n  job: cosign sign ghcr.io/acme/app:main\n";

fn reference(text: &str, span: u32) -> Reference {
    Reference {
        text: text.into(),
        resolved: text.into(),
        key: text.into(),
        artifact: Artifact::Image,
        registry: Some("ghcr.io".into()),
        repository: Some("acme/app".into()),
        tag: Some("main".into()),
        digest: None,
        others: Vec::new(),
        mutability: Mutability::Tag,
        tag_kind: None,
        is_local: false,
        digest_is_lookup: false,
        pushed_here: true,
        scheme: None,
        host: None,
        is_used: false,
        is_only_unpacked: false,
        path: None,
        digest_is_scraped: false,
        digest_is_checked: false,
        is_weak: false,
        handed: None,
        is_default: false,
        fallback: None,
        span,
        provenance: Vec::new(),
    }
}

/// The facts of [`TEXT`]: one signature by tag.
fn world() -> (Sources, Facts) {
    let sources = Sources::new();
    let file = sources.add(".github/workflows/ci.yml", TEXT);
    let start = TEXT.find("ghcr").expect("there");
    let command = TEXT.find("cosign").expect("there");
    let end = TEXT.len() - 1;
    let event = Event {
        calls: Vec::new(),
        id: 7,
        kind: EventKind::Sign,
        tool: "cosign".into(),
        verb: "sign".into(),
        reference: Some(reference("ghcr.io/acme/app:main", 2)),
        source: None,
        destination: None,
        options: BTreeMap::new(),
        option_spans: BTreeMap::new(),
        identities: Vec::new(),
        effect: Some(Effect {
            stops: true,
            cause: None,
            why: None,
            span: None,
            behind: None,
            elsewhere: false,
            goes_on: Vec::new(),
            instead: Vec::new(),
        }),
        is_captured: false,
        conditional: false,
        is_repeated: false,
        repeats: None,
        until: None,
        expected_to_fail: false,
        guards: Vec::new(),
        candidates: Vec::new(),
        checks: Vec::new(),
        missing: Vec::new(),
        expected: Vec::new(),
        origin: Origin::Command,
        shell: Shell::Posix,
        execution: "job".into(),
        step: "1".into(),
        step_span: None,
        execution_index: 0,
        span: 1,
    };
    let execution = ExecutionFacts {
        id: "job".into(),
        needs: Vec::new(),
        condition: None,
        permissions: None,
        permissions_span: None,
        secrets: Vec::new(),
        shared_secrets: std::collections::BTreeMap::new(),
        inherits_secrets: None,
        has_environment: false,
        steps: Vec::new(),
        is_elsewhere: false,
        signs: true,
        deploys: false,
        publishes: false,
        privileged: true,
        span: 0,
    };
    let pipeline = PipelineFacts {
        path: ".github/workflows/ci.yml".into(),
        format: Format::GithubWorkflow,
        name: None,
        triggers: vec!["push".into()],
        repository_signs: true,
        repository_verifies: false,
        is_example: false,
        span: 0,
    };
    let facts = Facts {
        schema: SCHEMA,
        pipeline,
        executions: vec![execution],
        events: [(EventKind::Sign, vec![event])].into(),
        definitions: Vec::new(),
        images: Vec::new(),
        base_images: Vec::new(),
        weaknesses: Vec::new(),
        idle: Vec::new(),
        digests: Vec::new(),
        handed: Vec::new(),
        layouts: Vec::new(),
        admissions: Vec::new(),
        opaque: Vec::new(),
        handoffs: Vec::new(),
        spans: vec![Span::new(file, 0..TEXT.len()), Span::new(file, command..end), Span::new(file, start..end)],
    };
    (sources, facts)
}

fn custom(body: &str) -> Policies {
    let dir = tempfile::tempdir().expect("dir");
    let text = format!("# METADATA\n# title: T\n# custom:\n#   severity: low\npackage acme.my_rule\n\n{body}\n");
    std::fs::write(dir.path().join("my.rego"), text).expect("written");
    Policies::none().and_then(|p| p.with_dir(dir.path())).expect("loads")
}

#[test]
fn a_built_in_rule_becomes_a_finding() {
    let (sources, facts) = world();
    let found = Policies::builtin().expect("loads").evaluate(&facts, &sources);
    let finding = found.iter().find(|f| *f.rule == *"sign-by-tag").expect("reported");
    assert_eq!((finding.severity, finding.family.as_ref()), (Severity::High, "signing"));
    assert_eq!(sources.text(finding.span), "ghcr.io/acme/app:main");
    assert_eq!(finding.context, Context { execution: Some("job".into()), step: Some("1".into()) });
    assert_eq!(finding.evidence.get("reference").and_then(|v| v.as_str()), Some("ghcr.io/acme/app:main"));
    assert_eq!(finding.anchor, "cosign sign ghcr.io/acme/app:main\nghcr.io/acme/app:main");
}

#[test]
fn machine_and_interpreter_agree() {
    let (_, facts) = world();
    let bundle = bundle::builtin().expect("loads");
    let entries: Vec<_> = bundle.rules.iter().filter_map(|r| r.entry.clone()).collect();
    let data = options_data(bundle.rules.iter(), &Options::new());
    let input = value::to_value(&facts).expect("input");
    let fast = engine::machine(&data);
    let slow = engine::interpreter(&bundle.modules, &entries, std::slice::from_ref(&data)).expect("loads");
    let names: Vec<&str> = entries.iter().map(String::as_str).collect();
    for ((entry, a), b) in entries.iter().zip(fast.eval(&input, &names)).zip(slow.eval(&input, &names)) {
        assert!(a.is_ok(), "{entry}: {a:?}");
        assert_eq!(a, b, "{entry}");
    }
    let again = fast.eval(&value::to_value(&BTreeMap::<String, u8>::new()).expect("input"), &names);
    assert!(
        again.iter().flatten().all(|v| v.as_set().is_ok_and(|s| s.is_empty())),
        "nothing of the input before is left: {again:?}"
    );
}

/// The machine has its own ways with `else` branches that loop: both must say the same of everything in the corpus.
#[test]
fn machine_and_interpreter_agree_on_the_corpus() {
    let bundle = bundle::builtin().expect("loads");
    let rules: Vec<_> = bundle.rules.iter().filter(|r| r.entry.is_some()).collect();
    let entries: Vec<_> = rules.iter().filter_map(|r| r.entry.clone()).collect();
    let data = options_data(bundle.rules.iter(), &Options::new());
    let fast = engine::machine(&data);
    let slow = engine::interpreter(&bundle.modules, &entries, std::slice::from_ref(&data)).expect("loads");
    let names: Vec<&str> = entries.iter().map(String::as_str).collect();
    let (mut files, mut differing) = (0, Vec::new());
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for path in ignore::WalkBuilder::new(corpus).hidden(false).build().flatten().map(ignore::DirEntry::into_path) {
        let shown = path.to_string_lossy().into_owned();
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let Some(format) = crate::formats::recognise(&shown, Some(&text)) else { continue };
        let sources = Sources::new();
        let file = sources.add(shown.clone(), text.as_str());
        let world = crate::custody::World {
            sources: &sources,
            files: &Nothing,
            toolbox: crate::tools::Toolbox::embedded(),
            knowledge: &crate::custody::Knowledge::default(),
        };
        for pipeline in crate::formats::load(format, file, &shown, &text).pipelines {
            files += 1;
            let facts = crate::custody::analyse(&pipeline, &world);
            let input = value::to_value(&facts).expect("input");
            let both = fast.eval(&input, &names).into_iter().zip(slow.eval(&input, &names));
            for (rule, (a, b)) in rules.iter().zip(both) {
                // A rule that would not be asked must have nothing to say.
                let is_silent = a.as_ref().is_ok_and(|v| v.as_set().is_ok_and(|s| s.is_empty()));
                if a != b {
                    differing.push(format!("{shown}: {}: {a:?} and {b:?}", rule.info.id));
                } else if !is_silent && !rule.applies(&facts) && rule.info.formats.is_empty() {
                    differing
                        .push(format!("{shown}: {} has something to say, but its `events` and `lists` are empty", rule.info.id));
                }
            }
        }
    }
    assert!(files > 200, "{files}");
    assert!(differing.is_empty(), "{differing:#?}");
}

/// A repository without files.
struct Nothing;

impl crate::custody::Files for Nothing {
    fn read(&self, _: &str) -> Option<(crate::source::FileId, std::sync::Arc<str>)> {
        None
    }

    fn pipeline(&self, _: &str) -> Option<std::sync::Arc<crate::pipeline::Pipeline>> {
        None
    }

    fn named(&self, _: &str, _: &str, _: crate::source::FileId) -> Option<std::sync::Arc<crate::pipeline::Pipeline>> {
        None
    }
}

#[test]
fn a_custom_rule_uses_the_library_and_its_own_id() {
    let (sources, facts) = world();
    let policies = custom(
        "import data.swaplint.lib.result\nfinding contains result.event(e, e.span, \"no\", \"do\") if some e in input.events.sign",
    );
    let found = policies.evaluate(&facts, &sources);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].rule.as_ref(), found[0].family.as_ref(), found[0].severity), ("my-rule", "custom", Severity::Low));
}

#[test]
fn bad_results_are_policy_errors_and_good_ones_stay() {
    let (sources, facts) = world();
    let bad = [
        (r#"{"span": 1, "mesage": "x"}"#, "unknown key `mesage`, did you mean `message`?"),
        (r#"{"span": 99, "message": "x"}"#, "`span` is 99, which is no place"),
        (r#"{"span": 1, "message": "x", "event": 1}"#, "`event` is 1, which is no event"),
        (r#"{"span": 1, "message": "x", "severity": "huge"}"#, "`huge` is none of"),
        (r#"{"span": 1, "message": "x", "related": [{"span": 1}]}"#, "`related`"),
        (r#""text""#, "a result is text, not an object"),
    ];
    for (result, expected) in bad {
        let body =
            format!("finding contains {result} if true\n\nfinding contains {{\"span\": 1, \"message\": \"good\"}} if true");
        let found = custom(&body).evaluate(&facts, &sources);
        assert_eq!(found.iter().map(|f| f.rule.as_ref()).collect::<Vec<_>>(), ["policy-error", "my-rule"], "{result}");
        assert!(found[0].message.contains(expected), "{}", found[0].message);
        assert!(found[0].always_shown);
    }
    let found = custom("finding contains x if x := to_number(\"a\")").evaluate(&facts, &sources);
    assert_eq!(&*found[0].rule, "policy-error");
}

#[test]
fn policies_that_do_not_load_say_why() {
    let load = |text: &str| {
        let dir = tempfile::tempdir().expect("dir");
        std::fs::write(dir.path().join("a.rego"), text).expect("written");
        Policies::builtin().and_then(|p| p.with_dir(dir.path())).err().map(|e| e.to_string()).unwrap_or_default()
    };
    let good = "finding contains {\"span\": 0, \"message\": \"x\"} if true\n";
    assert!(load(&format!("package a\n\n{good}")).contains("a.rego:3: the rule has no `# METADATA`"));
    assert!(load("package a\n").contains("no rule found"));
    assert!(load(&format!("# METADATA\n# title: T\npackage sign_by_tag\n{good}")).contains("defined twice"));
    let message = load("# METADATA\n# title: T\npackage a\nfinding contains y if { y := x + 1 }\n");
    assert!(message.contains("a.rego:4"), "{message}");
    let (sources, facts) = world();
    let found = custom("finding contains y if { x := 1 }").evaluate(&facts, &sources);
    assert!(found[0].message.contains("var y is unsafe ("), "only found when the head is reached: {found:?}");
}

/// What could reach files, the environment, the network or the clock is not built in: such a policy does not load, or fails when it runs.
#[test]
fn policies_reach_nothing_outside() {
    let (sources, facts) = world();
    for call in [
        "http.send({\"method\": \"get\", \"url\": \"http://127.0.0.1/\"})",
        "opa.runtime()",
        "net.cidr_contains(\"127.0.0.0/8\", \"127.0.0.1\")",
        "net.lookup_ip_addr(\"localhost\")",
        "time.now_ns()",
        "time.clock(1)",
        "uuid.rfc4122(\"a\")",
        "io.jwt.decode(\"a.b.c\")",
        "crypto.x509.parse_certificates(\"a\")",
        "providers.aws.sign_req({}, {}, 1)",
        "rego.parse_module(\"a\", \"package a\")",
        "test.sleep(\"1s\")",
        "azure.policy.fn.uri(\"a\", \"b\")",
    ] {
        let dir = tempfile::tempdir().expect("dir");
        let head = "# METADATA\n# title: T\npackage mine.reaches\n\n";
        let text = format!("{head}finding contains {{\"span\": 0, \"message\": sprintf(\"%v\", [x])}} if x := {call}\n");
        std::fs::write(dir.path().join("a.rego"), text).expect("written");
        if let Ok(policies) = Policies::builtin().and_then(|p| p.with_dir(dir.path())) {
            let found = policies.evaluate(&facts, &sources);
            let rules: Vec<&str> = found.iter().map(|f| f.rule.as_ref()).filter(|rule| *rule != "sign-by-tag").collect();
            assert_eq!(rules, ["policy-error"], "{call}: {found:?}");
        }
    }
}
