use super::baseline::Entry;
use super::*;
use crate::finding::{Confidence, Context, Evidence, Persona, Severity};

fn finding(rule: &str, message: String, span: Span) -> Finding {
    Finding {
        rule: rule.into(),
        family: "signing".into(),
        severity: Severity::Low,
        confidence: Confidence::High,
        persona: Persona::Regular,
        message,
        help: String::new(),
        span,
        context: Context { execution: Some("release".into()), step: None },
        evidence: {
            let mut evidence = Evidence::default();
            evidence.insert("reference", "ghcr.io/acme/app:1");
            evidence
        },
        related: Vec::new(),
        happens_at: None,
        suppressed: None,
        always_shown: false,
        anchor: String::new(),
    }
}

/// What ignores make of findings.
#[derive(Default)]
struct Case<'a> {
    /// `sign-by-tag` is found at each `X`.
    text: &'a str,
    config: &'a str,
    /// Lines of steps: first and last.
    steps: &'a [(u32, u32)],
    part: bool,
}

impl Case<'_> {
    /// The reasons for which findings are suppressed, and the added messages.
    fn applied(&self) -> (Vec<Option<String>>, Vec<String>) {
        let sources = Sources::new();
        let file = sources.add("ci/a.yml", self.text);
        let config = Config::parse("swaplint.yml", self.config).expect("a config");
        let config_file = sources.add("swaplint.yml", self.config);
        let places: Vec<_> = self.text.match_indices('X').map(|(at, _)| Span::new(file, at..at + 1)).collect();
        let mut findings: Vec<_> = places.iter().map(|s| finding("sign-by-tag", String::new(), *s)).collect();
        let range = |(first, last): &(u32, u32)| {
            let line = |n| sources.get(file).line_range(n).expect("a line");
            Span::new(file, line(*first).start..line(*last).end)
        };
        let steps: Vec<Span> = self.steps.iter().map(range).collect();
        let known = Known {
            sources: &sources,
            rules: vec![("sign-by-tag", "signing"), ("copy-by-tag", "copy"), ("not-run", "copy")],
            ran: &|rule| rule != "not-run",
            own: &|rule, message, _, span| finding(rule, message, span),
            checked: BTreeSet::from([file]),
            whole: !self.part,
            steps: &steps,
            today: "2026-11-20".parse().expect("a day"),
            config: &config,
            config_file,
            trust: None,
        };
        apply(&mut findings, &known);
        let added = findings.split_off(places.len()).into_iter();
        let reasons = findings.into_iter().map(|f| f.suppressed.map(|s| s.reason)).collect();
        let line = |f: &Finding| sources.positions(f.span).0.line;
        (reasons, added.map(|f| format!("{}: {}: {}", line(&f), f.rule, f.message)).collect())
    }
}

fn comments(text: &str) -> (Vec<Option<String>>, Vec<String>) {
    Case { text, ..Case::default() }.applied()
}

fn given(reason: &str) -> Option<String> {
    Some(reason.to_owned())
}

#[test]
fn comments_apply_to_their_line_or_the_next_code() {
    let (reasons, added) = comments(
        "a: X # swaplint: ignore[sign-by-tag] same line\n# swaplint: ignore[signing] above\n\n# more\nb: X\n\
         c: X // swaplint:ignore[ copy-by-tag , sign-by-tag ] two\nd: X\n",
    );
    assert_eq!(reasons, [given("same line"), given("above"), given("two"), None]);
    assert_eq!(added, ["6: unused-ignore: `copy-by-tag` reports nothing at line 6, to which this ignore applies"]);
}

#[test]
fn a_comment_at_the_first_line_of_a_step_covers_the_step() {
    let text = "steps:\n  # swaplint: ignore[sign-by-tag] all of it\n  - name: a\n    run: |\n      X\n      X\n  - name: b\n    run: X\n";
    let steps = [(3, 6), (7, 8)];
    let (reasons, added) = Case { text, steps: &steps, ..Case::default() }.applied();
    assert_eq!((reasons, added), (vec![given("all of it"), given("all of it"), None], vec![]));
    let text = text
        .replace("  # swaplint: ignore[sign-by-tag] all of it\n", "\n")
        .replace("- name: b", "- name: b # swaplint: ignore[signing] b");
    let (reasons, _) = Case { text: &text, steps: &steps, ..Case::default() }.applied();
    assert_eq!(reasons, [None, None, given("b")]);
}

#[test]
fn a_command_of_several_lines_is_one() {
    let (reasons, _) = comments("# swaplint: ignore[signing] above\ncosign sign \\\n  --yes \\\n  X\nX\n");
    assert_eq!(reasons, [given("above"), None]);
}

#[test]
fn misplaced_comments_say_where_they_belong() {
    let (_, added) = comments("# swaplint: ignore[sign-by-tag] here\na: b\nc: d\ne: X\n");
    assert_eq!(
        added,
        ["1: unused-ignore: `sign-by-tag` reports nothing at line 2, to which this ignore applies, but does at line 4"]
    );
}

#[test]
fn unknown_and_bare_ignores_are_reported() {
    let (_, added) =
        comments("# swaplint: ignore[sing-by-tag]\n# swaplint: ignore all\na: b # swaplint: ignore[not-run] later\n");
    assert_eq!(
        added,
        [
            "1: unknown-ignore: there is no rule or family `sing-by-tag`, did you mean `sign-by-tag`?",
            "2: unknown-ignore: the ignore names no rule"
        ]
    );
    let (reasons, added) =
        comments("# Swaplint: Ignore [sign-by-tag] why\nX\n# swaplint: disable[sign-by-tag] no\n# swaplint: see below\nX\n");
    assert_eq!(reasons, [given("why"), None]);
    assert_eq!(added, ["3: unknown-ignore: `disable` is nothing that a comment can ask for"]);
    let (_, added) = comments("url: http://x#swaplint: ignore[sign-by-tag]\n");
    assert!(added.is_empty(), "no comment");
}

#[test]
fn ignores_end() {
    let day = |day: &str| comments(&format!("a: X # swaplint: ignore[sign-by-tag] until={day} for a while\n"));
    assert_eq!(day("2026-11-20"), (vec![given("for a while")], vec![]), "its last day");
    let ended = "1: expired-ignore: the ignore of `sign-by-tag` ended on 2026-11-19: what it accepted is reported again";
    assert_eq!(day("2026-11-19"), (vec![None], vec![ended.to_owned()]));
    assert_eq!(day("soon"), (vec![None], vec!["1: unknown-ignore: `soon` is no day: write YYYY-MM-DD".to_owned()]));
    let (_, added) = comments("a: b # swaplint: ignore[sign-by-tag] gone until=2020-01-01\n");
    assert_eq!(
        added,
        ["1: expired-ignore: the ignore of `sign-by-tag` ended on 2020-01-01: nothing is left that it would accept"]
    );
}

#[test]
fn reasons_may_be_required() {
    let text = "a: X # swaplint: ignore[sign-by-tag] until=2027-01-01\nb: X # swaplint: ignore[sign-by-tag] why\n";
    let (reasons, added) = Case { text, config: "require-reason: true\n", ..Case::default() }.applied();
    assert_eq!(reasons, [None, given("why")]);
    assert_eq!(added, ["1: unexplained-ignore: the ignore gives no reason, so it does not count"]);
}

#[test]
fn the_config_accepts_by_rule_path_execution_and_reference() {
    let listed = |entry: &str, part| {
        let config = format!("ignore:\n  - rules: [signing]\n    reason: r\n{entry}");
        Case { text: "a: X\n", config: &config, part, ..Case::default() }.applied()
    };
    for entry in [
        "",
        "    paths: [ci/]\n",
        "    executions: [rel*]\n",
        "    references: [\"ghcr.io/acme/*\"]\n",
        "    references: [X]\n",
        "    until: 2026-11-20\n",
    ] {
        assert_eq!(listed(entry, false), (vec![given("r")], vec![]), "{entry}");
    }
    for entry in [
        "    paths: [other/]\n",
        "    executions: [re]\n",
        "    references: [\"ghcr.io/b/*\"]\n",
        "    paths: [ci/]\n    executions: [x]\n",
    ] {
        let unused = "2: unused-ignore: nothing that `signing` reports fits this entry";
        assert_eq!(listed(entry, false), (vec![None], vec![unused.to_owned()]), "{entry}");
        assert_eq!(listed(entry, true), (vec![None], vec![]), "the finding may stand where nobody looked: {entry}");
    }
    let ended = "2: expired-ignore: the ignore of `signing` ended on 2026-11-19: what it accepted is reported again";
    assert_eq!(listed("    until: 2026-11-19\n", true), (vec![None], vec![ended.to_owned()]));
}

fn entry(path: &str, fingerprint: &str) -> Entry {
    let (rule, message) = ("sign-by-tag".to_owned(), "it \"signs\"\nby tag".to_owned());
    Entry { path: path.to_owned(), rule, message, reason: None, fingerprint: fingerprint.to_owned() }
}

/// What becomes of a baseline; new entries are taken in or not.
fn updated(old: &Baseline, found: Vec<Entry>, with_new: bool) -> Baseline {
    let any = finding("sign-by-tag", String::new(), Span::default());
    old.updated(found.into_iter().map(|e| (e, &any)), |_| with_new)
}

#[test]
fn a_baseline_is_sorted_one_line_each_and_read_again() {
    let baseline = updated(&Baseline::default(), vec![entry("b", "2"), entry("a", "3"), entry("a", "1")], true);
    let text = baseline.text();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 5);
    assert!(
        lines[1].starts_with("{\"path\":\"a\"") && lines[1].ends_with("\"1\"},") && lines[3].starts_with("{\"path\":\"b\""),
        "{text}"
    );
    let again = Baseline::parse(&text).expect("a baseline");
    assert_eq!(again.text(), text);
    assert_eq!(Baseline::parse(&Baseline::default().text()).expect("an empty one"), Baseline::default());
    for wrong in [
        "",
        "{}",
        "[]",
        "{\"schema\": \"other\", \"findings\": []}",
        "{\"schema\": \"swaplint.baseline.v1\", \"findings\": [{\"path\": \"a\"}]}",
    ] {
        assert!(Baseline::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_baseline_accepts_what_it_holds_and_loses_what_is_fixed() {
    let sources = Sources::new();
    let span = Span::new(sources.add("a", "x"), 0..1);
    let mut findings: Vec<_> = ["1", "2"].map(|f| (f, finding("sign-by-tag", String::new(), span))).into();
    let mut old = updated(&Baseline::default(), vec![entry("a", "1"), entry("a", "9")], true);
    old.findings[0].reason = given("known since 2020");
    assert_eq!(old.apply(findings.iter_mut().map(|(f, finding)| (*f, finding))), 1, "one is fixed");
    let reasons: Vec<_> = findings.iter().map(|(_, f)| f.suppressed.as_ref().map(|s| s.reason.clone())).collect();
    assert_eq!(reasons, [given("known since 2020"), None]);
    let now = || vec![Entry { message: "other words".into(), ..entry("a", "1") }, entry("a", "2")];
    let after = updated(&old, now(), false);
    assert_eq!(after.findings.len(), 1, "new ones stay out");
    assert_eq!((after.findings[0].message.as_str(), &after.findings[0].reason), ("other words", &given("known since 2020")));
    assert_eq!(updated(&old, now(), true).findings.len(), 2);
}
