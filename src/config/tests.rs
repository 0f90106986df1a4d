use super::*;

#[test]
fn yaml_and_toml_say_the_same() {
    let yaml = "rules:\n  sign-by-tag: off\n  copy:\n    severity: low\n  digest: high\nignore-paths: [test/**]\nreferences:\n  first-party: [\"ghcr.io/acme/*\"]\n\
                ignore:\n  - rules: [x]\n    until: 2026-01-31\n    reason: 5\n";
    let toml = "ignore-paths = [\"test/**\"]\n[rules]\nsign-by-tag = \"off\"\ncopy = { severity = \"low\" }\ndigest = \"high\"\n[references]\nfirst-party = [\"ghcr.io/acme/*\"]\n\
                [[ignore]]\nrules = [\"x\"]\nuntil = 2026-01-31\nreason = \"5\"\n";
    for (path, text) in [("swaplint.yml", yaml), ("swaplint.toml", toml)] {
        let config = Config::parse(path, text).expect(path);
        let setting = |rule, family| config.setting(rule, family).expect("said");
        assert!(!setting("sign-by-tag", "signing").enabled, "{path}");
        assert_eq!(setting("unchecked-copy", "copy").severity, Some(Severity::Low), "{path}");
        assert_eq!(setting("digest-unused", "digest").severity, Some(Severity::High), "{path}");
        assert_eq!(config.references.first_party, ["ghcr.io/acme/*"], "{path}");
        let is_checked = config.is_checked();
        assert!(!is_checked("test/a/b.yml") && is_checked("a.yml") && is_checked("../test/a.yml"), "{path}");
        let accepted = &config.ignore[0];
        assert_eq!((accepted.reason.as_str(), accepted.until), ("5", "2026-01-31".parse().ok()), "{path}");
        assert_eq!(&text[accepted.rules[0].span.clone()].trim_matches('"'), &"x", "{path}");
    }
    assert!(Config::parse("a.yml", "").expect("empty").rules.is_empty());
    assert!(Config::parse("a.yml", "rules:\nignore:\nreferences:\n").expect("keys without values").rules.is_empty());
}

#[test]
fn only_some_paths() {
    let config = Config::parse("a.yml", "paths: [.github/, /ci/*.yml]\nignore-paths: [\"*.old.yml\"]\n").expect("fine");
    let is_checked = config.is_checked();
    assert!(is_checked(".github/workflows/a.yml") && is_checked("ci/a.yml"));
    assert!(!is_checked("ci/a.old.yml") && !is_checked("other/a.yml") && !is_checked("sub/ci/a.yml"));
}

#[test]
fn mistakes_name_place_and_neighbour() {
    let cases = [
        ("a.yml", "rules: {}\nignore-path: []\n", "a.yml:2:1: unknown key `ignore-path`, did you mean `ignore-paths`?"),
        ("a.yml", "rules:\n  a:\n    sevrity: low\n", "a.yml:3:5: unknown key `sevrity`, did you mean `severity`?"),
        ("a.toml", "[rules.a]\nsevrity = \"low\"\n", "a.toml:2:1: unknown key `sevrity`, did you mean `severity`?"),
        ("a.toml", "x = \"ä\"\n", "a.toml:1:1: unknown key `x`; known here: rules,"),
        ("a.yml", "rules: {a: {severity: hgh}}\n", "a.yml:1:23: `hgh` is none of info, low, medium, high, did you mean `high`?"),
        ("a.yml", "rules:\n  a: maybe\n", "a.yml:2:6: expected `off`, a severity, or a table"),
        ("a.yml", "paths: x\n", "a.yml:1:8: expected a list, found `x`"),
        ("a.yml", "references: x\n", "a.yml:1:13: expected a table, found `x`"),
        ("a.yml", "rules: [a]\n", "a.yml:1:8: expected a table, found a list"),
        ("a.yml", "paths: [a, {}]\n", "a.yml:1:12: expected a text, found a table"),
        ("a.yml", "paths: [\"[z-a]\"]\n", "a.yml:1:9: `[z-a]`: "),
        ("a.yml", "rules: {a: off}\nrules: {}\n", "a.yml:2:1: the key `rules` stands here a second time"),
        ("a.yml", "rules: [\n", "a.yml:1:8: a `[` or `{` is never closed"),
        ("a.toml", "rules = [\n", "a.toml:1:"),
        ("a.yml", "a: b\n---\nc: d\n", "a.yml:3:1: a config file is one document"),
        ("a.yml", "ignore:\n  - reason: x\n", "a.yml:2:5: `rules` is missing"),
        ("a.yml", "require-reason: yes\n", "a.yml:1:17: expected `true` or `false`, found `yes`"),
        ("a.yml", "require-reason: true\nignore:\n  - rules: [a]\n", "a.yml:3:5: `reason` is missing"),
        ("a.yml", "ignore:\n  - rules: [a]\n    until: 2026-02-30\n", "a.yml:3:12: `2026-02-30` is no day: write YYYY-MM-DD"),
        ("a.yml", "identities:\n  trusted:\n    - issuer: x\n", "a.yml:3:7: `identity` is missing"),
        ("a.yml", "limits: {commands: -1}\n", "a.yml:1:20: expected a whole number, found `-1`"),
    ];
    for (path, text, expected) in cases {
        let error = Config::parse(path, text).map(|_| ()).expect_err(text).to_string();
        assert!(error.starts_with(expected), "{text}\n{error}");
    }
}

#[test]
fn mistakes_of_tools_name_their_place() {
    let cases = [
        ("- verifies: arg 1", "2:3: a tool is one of `command`, `action`, `step` and `task`"),
        ("- {command: a, task: b, verifies: x}", "2:3: a tool is one of"),
        ("- command: a", "2:3: it says nothing: add `verifies`"),
        ("- {command: a, verifeis: arg 1}", "2:16: unknown key `verifeis`, did you mean `verifies`?"),
        ("- {command: a, verifies: arg 0}", "2:26: `arg 0`: arguments are counted from 1"),
        ("- {command: a, verifies: [arg 1, arg x]}", "2:34: `arg x`: arguments are counted from 1"),
        (
            "- {command: a, verifies: image}",
            "2:26: `image` is no place: write `arg 1`, `last arg`, `args`, `stdin` or a flag, `--image`",
        ),
        ("- {command: a, verifies: {refrence: arg 1}}", "2:27: unknown key `refrence`, did you mean `reference`?"),
        ("- {command: a, verifies: {source: {reference: arg 1}}}", "2:35: expected a text or a list of texts, found a table"),
        ("- {command: a, verifies: 5}", "2:26: expected a place such as `arg 1`"),
        ("- {command: a, verifies: arg 1 aftr x}", "2:26: "),
        ("- {command: a, copies: arg 1}", "2:24: it takes two: say `source` and `destination`"),
        ("- {command: a, deploys: {source: arg 1}}", "2:25: `reference` is missing"),
        ("- {command: a, pushes: {reference: arg 1, outputs: {digest: digest}}}", "2:24: a command has no output `digest`"),
        ("- {action: acme/a@v1, verifies: image}", "2:12: leave the version out"),
        ("- {action: acme, verifies: image}", "2:12: an action is `owner/name`"),
        ("- {action: acme/a, verifies: arg 1}", "2:30: it has no such arguments"),
        ("- {action: acme/a, values: --x, verifies: a}", "2:3: `values`, `switches` and `images` are for a `command`"),
        ("- {task: a, pushes: {reference: a, outputs: {digest: digset}}}", "2:54: `digset` is none of digest"),
    ];
    for (entry, expected) in cases {
        let error = Config::parse("a.yml", &format!("tools:\n{entry}\n")).map(|_| ()).expect_err(entry).to_string();
        assert!(error.starts_with(&format!("a.yml:{expected}")), "{entry}\n{error}");
    }
}

#[test]
fn tools_become_data() {
    let text = "tools:\n\
                - {command: acme release verify, switches: --deep|-d, verifies: {reference: --image|x, when: --strict}}\n"
        .replace("--image|x", "--image");
    let text = format!(
        "{text}- {{command: acme release push, pushes: {{reference: [arg 1, '--tag list'], prints: digest}}}}\n- {{step: acmeSign, signs: 'arg 2 | input image'}}\n"
    );
    let document = Config::parse("a.yml", &text).expect("fine").tools(&|_| false).expect("fine");
    assert_eq!(document.tool.len(), 1, "one program");
    assert_eq!((document.tool[0].name.as_str(), document.tool[0].command.len()), ("acme", 2));
    let verify = &document.tool[0].command[0];
    assert_eq!(
        (&verify.values.0[..], &verify.switches.0[..]),
        (&["--image".to_owned()][..], &["--deep|-d".to_owned(), "--strict".to_owned()][..])
    );
    assert_eq!(document.tool[0].command[1].stdout.len(), 1);
    assert_eq!(document.action[0].source.0, ["jenkins-step:acmeSign"]);
    assert_eq!(document.action[0].events[0].reference.0[0], "1 | image".parse().expect("a pick"));
}

#[test]
fn the_starter_is_a_config() {
    let config = Config::parse("swaplint.yml", STARTER).expect("a config");
    assert!(config.require_reason && config.rules.is_empty());
    let lines = STARTER.lines().map(|line| match line.strip_prefix("#  ") {
        Some(example) => format!("  {example}"),
        None => line.trim_end_matches([' ', '{', '}', '[', ']']).to_owned(),
    });
    let config = Config::parse("swaplint.yml", &lines.collect::<Vec<_>>().join("\n")).expect("its examples are true");
    assert_eq!((config.rules.len(), config.tools.len(), config.ignore.len()), (2, 2, 1));
}
