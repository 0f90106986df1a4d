//! The config file at work: what it teaches, and what it accepts.

use crate::support::{Ran, git, places, repository, root, swaplint, write};
use serde_json::{Value, json};
use std::fs;
use tempfile::TempDir;

const WORKFLOW: &str = ".github/workflows/x.yml";

fn workflow(steps: &str) -> String {
    let indented: String = steps.lines().map(|l| format!("      {l}\n")).collect();
    format!("on: push\njobs:\n  release:\n    runs-on: ubuntu-latest\n    steps:\n{indented}")
}

fn with(config: &str, files: &[(&str, &str)]) -> TempDir {
    let dir = repository(files);
    write(dir.path(), "swaplint.yml", config.as_bytes());
    dir
}

fn facts(dir: &TempDir, path: &str) -> Value {
    let ran = swaplint(dir.path(), &["facts", path]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    match ran.json() {
        Value::Array(all) => all.into_iter().next_back().expect("a pipeline"),
        one => one,
    }
}

/// Tool, resolved reference and number of guards of each event of a kind.
fn events(facts: &Value, kind: &str) -> Vec<(String, String, usize)> {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let event = |e: &Value| (text(&e["tool"]), text(&e["reference"]["resolved"]), e["guards"].as_array().map_or(0, Vec::len));
    facts["events"][kind].as_array().into_iter().flatten().map(event).collect()
}

fn check(dir: &TempDir, args: &[&str]) -> Ran {
    swaplint(dir.path(), &[&["check", "--format", "json"], args].concat())
}

fn rules(dir: &TempDir, args: &[&str]) -> Vec<String> {
    places(&check(dir, args).json()).into_iter().map(|(_, line, rule)| format!("{line} {rule}")).collect()
}

const DIGEST: &str = "sha256:4b7ce07002c69e8f3d704a9c5d6fd3053be500b7f1c69fc0d80990c2ad8dd412";

#[test]
fn a_configured_verifier_guards_like_a_built_in_one() {
    let image = format!("ghcr.io/acme/app@{DIGEST}");
    let steps = format!("- run: acme check --deep {image}\n- run: kubectl set image deployment/app app={image}\n");
    let deploys = |config: &str, steps: &str| {
        let dir = with(config, &[(WORKFLOW, &workflow(steps))]);
        events(&facts(&dir, WORKFLOW), "deploy")[0].2
    };
    let verifier = "tools:\n  - command: acme check\n    verifies: arg 1\n    switches: --deep\n";
    assert_eq!(deploys("", &steps), 0);
    assert_eq!(deploys(verifier, &steps), 1);
    assert_eq!(deploys(verifier, &steps.replace("--deep", "--deep=no")), 1);
    assert_eq!(deploys(verifier, &steps.replace("check --deep", "other")), 0, "another verb");
    assert_eq!(
        deploys(verifier, &steps.replace(&format!("{image}\n- run: kube"), &format!("{image} || true\n- run: kube"))),
        0,
        "its failure is discarded"
    );
    assert_eq!(
        deploys(&verifier.replace("arg 1", "{reference: arg 1, when: --deep}"), &steps.replace("--deep ", "")),
        0,
        "a condition"
    );
}

#[test]
fn actions_steps_and_tasks_are_taught() {
    let config = "tools:
  - action: acme/verify
    verifies: {reference: input image}
  - action: acme/flows/.github/workflows/deploy.yml
    deploys: input image
  - action: ./.github/actions/sign
    signs: image
  - step: acmePromote
    copies: {source: arg 1, destination: arg 2}
  - task: acme-verify
    verifies: param IMAGE
  - task: acme-deploy
    deploys: param IMAGE
  - task: acme-build
    pushes: {reference: param IMAGE, outputs: {IMAGE_DIGEST: digest}}
";
    let steps = "- uses: acme/verify@v1\n  with: {image: 'ghcr.io/acme/app:1'}\n- uses: ./.github/actions/sign\n  with: {image: 'ghcr.io/acme/app:1'}\n";
    let call = "  deploy:\n    needs: release\n    uses: acme/flows/.github/workflows/deploy.yml@v1\n    with: {image: 'ghcr.io/acme/app:1'}\n";
    let tekton = "apiVersion: tekton.dev/v1
kind: Pipeline
metadata: {name: p}
spec:
  tasks:
    - name: build
      taskRef: {name: acme-build}
      params: [{name: IMAGE, value: 'ghcr.io/acme/app:1'}]
    - name: verify
      taskRef: {resolver: git, params: [{name: url, value: 'https://example.com/tasks'}, {name: pathInRepo, value: tasks/acme-verify.yaml}]}
      params: [{name: IMAGE, value: 'ghcr.io/acme/app@$(tasks.build.results.IMAGE_DIGEST)'}]
    - name: deploy
      runAfter: [verify]
      taskRef: {name: acme-deploy}
      params: [{name: IMAGE, value: 'ghcr.io/acme/app@$(tasks.build.results.IMAGE_DIGEST)'}]
";
    let workflow = workflow(steps) + call;
    let jenkins = "node {\n  acmePromote('ghcr.io/acme/app:1', 'prod.example.com/app:1')\n}\n";
    let dir = with(config, &[(WORKFLOW, &workflow), ("ci/p.yml", tekton), ("Jenkinsfile", jenkins)]);
    let github = facts(&dir, WORKFLOW);
    let named = |tool: &str, reference: &str, guards| (tool.to_owned(), reference.to_owned(), guards);
    assert_eq!(events(&github, "verify"), [named("acme/verify", "ghcr.io/acme/app:1", 0)]);
    assert_eq!(events(&github, "sign")[0].0, "./.github/actions/sign");
    assert_eq!(events(&github, "deploy")[0].0, "acme/flows/.github/workflows/deploy.yml");
    let tekton = facts(&dir, "ci/p.yml");
    assert_eq!(events(&tekton, "push")[0].0, "acme-build");
    let deploy = &events(&tekton, "deploy")[0];
    assert_eq!((deploy.0.as_str(), deploy.2), ("acme-deploy", 1), "the digest is the same and verified before: {deploy:?}");
    let jenkins = facts(&dir, "Jenkinsfile");
    assert_eq!(jenkins["events"]["copy"][0]["destination"]["resolved"], "prod.example.com/app:1", "{jenkins:#}");
}

#[test]
fn what_is_built_in_can_be_extended() {
    let config = "tools:\n  - {command: cosign acme-check, verifies: arg 1}\n";
    let steps = "- run: |\n    cosign acme-check --key k ghcr.io/acme/app:1\n    cosign sign --key k ghcr.io/acme/app:1\n";
    let facts = facts(&with(config, &[(WORKFLOW, &workflow(steps))]), WORKFLOW);
    assert_eq!((events(&facts, "verify").len(), events(&facts, "sign").len()), (1, 1));
}

#[test]
fn wrong_tools_are_told_with_their_place() {
    let dir = with("tools:\n  - command: x\n    verifies: [arg 1, image]\n", &[(WORKFLOW, &workflow("- run: make\n"))]);
    let ran = check(&dir, &[]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.starts_with("swaplint: error: swaplint.yml:3:23: `image` is no place"), "{}", ran.err);
    write(dir.path(), "swaplint.yml", b"tool-files: [a.toml]\n");
    assert!(check(&dir, &[]).err.contains("swaplint.yml:1:14: a.toml: the file "), "{}", check(&dir, &[]).err);
    write(dir.path(), "a.toml", b"[[tool]]\nname = \"x\"\nverb = \"y\"\n");
    assert!(check(&dir, &[]).err.contains("a.toml: TOML parse error at line 3"), "{}", check(&dir, &[]).err);
}

#[test]
fn knowledge_counts() {
    let steps = "- uses: Acme/tool@v1\n- uses: other/tool@v1\n- run: cosign sign --key k registry.example.com/rel/app:1\n";
    let found = |config: &str, args: &[&str]| {
        rules(&with(config, &[(WORKFLOW, &workflow(steps))]), &[&["--select", "unpinned-definition,sign-by-tag"], args].concat())
    };
    assert_eq!(found("", &[]), ["6 unpinned-definition", "7 unpinned-definition", "8 sign-by-tag"]);
    let config = "references:\n  owners: [acme]\n  immutable: [\"registry.example.com/rel/*\"]\n";
    assert_eq!(found(config, &[]), ["7 unpinned-definition"]);
    assert_eq!(found(config, &["--persona", "pedantic"]), ["6 unpinned-definition", "7 unpinned-definition"]);
}

/// A repository's owner can change the pipeline itself: their tags are no window of their own.
#[test]
fn the_owner_of_the_clone_is_no_third_party() {
    let dir = repository(&[(WORKFLOW, &workflow("- uses: acme/build@v1\n- uses: other/build@v1\n"))]);
    let unpinned = |persona: &str| rules(&dir, &["--select", "unpinned-definition", "--persona", persona]);
    let (both, other) = (["6 unpinned-definition", "7 unpinned-definition"], ["7 unpinned-definition"]);
    assert_eq!(unpinned("regular"), both, "it is no clone");
    fs::remove_dir_all(dir.path().join(".git")).expect("the mark of a root");
    git(dir.path(), &["init", "--quiet"]);
    git(dir.path(), &["remote", "add", "origin", "git@github.com:Acme/shop.git"]);
    assert_eq!(unpinned("regular"), other);
    assert_eq!(unpinned("pedantic"), both);
    git(dir.path(), &["remote", "set-url", "origin", "https://gitlab.com/acme/shop"]);
    assert_eq!(unpinned("regular"), both, "who is `acme` on another forge?");
}

#[test]
fn trusted_identities_are_not_broad() {
    let steps = "- run: cosign verify --certificate-oidc-issuer https://token.actions.githubusercontent.com --certificate-identity-regexp '^https://github\\.com/acme/.*$' ghcr.io/acme/app:1\n";
    let found = |config: &str| rules(&with(config, &[(WORKFLOW, &workflow(steps))]), &["--select", "identity"]);
    let trusted = |more: &str| format!("identities:\n  trusted:\n    - identity: '^https://github\\.com/acme/.*$'\n{more}");
    assert_eq!(found(""), ["6 cosign-broad-identity"]);
    for right in ["", "      issuer: https://token.actions.githubusercontent.com\n", "      references: ['ghcr.io/acme/*']\n"] {
        assert!(found(&trusted(right)).is_empty(), "{right}");
    }
    for wrong in ["      issuer: https://gitlab.com\n", "      references: ['ghcr.io/other/*']\n"] {
        assert_eq!(found(&trusted(wrong)), ["6 cosign-broad-identity"], "{wrong}");
    }
}

#[test]
fn a_limit_is_a_limit() {
    let steps = format!("- run: |\n{}    cosign sign --key k ghcr.io/acme/app:1\n", "    true\n".repeat(50));
    let dir = with("limits: {commands: 10}\n", &[(WORKFLOW, &workflow(&steps))]);
    assert_eq!(events(&facts(&dir, WORKFLOW), "sign").len(), 0);
    assert!(rules(&dir, &["--persona", "auditor"]).iter().any(|r| r.ends_with("opaque-step")));
}

#[test]
fn policies_of_the_config_run_with_their_options() {
    let policy = "# METADATA\n# title: x\n# description: A sentence.\n# custom:\n#   severity: low\n#   events: [sign]\npackage ours.only_acme\n\nimport data.swaplint.lib.result\n
finding contains result.event(e, e.span, \"no\", \"\") if {\n\tsome e in input.events.sign\n\tnot startswith(e.reference.text, data.options[\"only-acme\"].prefix)\n}\n";
    let config = "policies: [ours]\nrules:\n  only-acme: {options: {prefix: ghcr.io/acme}}\n";
    let steps = "- run: cosign sign --key k ghcr.io/acme/app:1\n- run: cosign sign --key k ghcr.io/b/app:1\n";
    let dir = with(config, &[(WORKFLOW, &workflow(steps)), ("ours/a.rego", policy)]);
    assert_eq!(rules(&dir, &["--select", "only-acme"]), ["7 only-acme"]);
    assert!(swaplint(dir.path(), &["explain", "only-acme"]).out.contains("A sentence."));
}

#[test]
fn rules_have_the_options_that_they_declare() {
    let steps = "- uses: acme/deploy@main\n\
                 - run: curl -fsSL https://get.example.com/x.sh | sh\n\
                 - run: curl -fsSLk https://get.example.com/x.tgz | tar xz && ./x/install\n\
                 - run: curl -fsSLo y http://mirror.corp.example.org/x && chmod +x y && ./y\n";
    let own = "# METADATA\n# title: x\n# custom:\n#   options:\n#     most:\n#       default: 1\n#       description: How many.\npackage ours.own\n\nimport data.swaplint.lib.result\n
finding contains result.at(input.pipeline.span, sprintf(\"most %d\", [data.options.own.most]), \"\")\n";
    let config = |rule: &str, options: &str| format!("rules:\n  {rule}:\n    options: {options}\n");
    let dir = repository(&[(WORKFLOW, &workflow(steps)), ("ours/own.rego", own)]);
    let found = |config: &str, rule: &str, persona: &str| {
        write(dir.path(), "swaplint.yml", config.as_bytes());
        rules(&dir, &["--policy", "ours", "--select", rule, "--persona", persona])
    };
    for (rule, options, line, persona) in [
        ("unpinned-definition", "{trusted: [acme]}", 6, "pedantic"),
        ("pipe-to-shell", "{trusted-hosts: [example.com]}", 7, "auditor"),
        ("tls-verification-disabled", "{local-hosts: [get.example.com]}", 8, "auditor"),
        ("plain-http-download", "{local-hosts: [corp.example.org]}", 9, "auditor"),
    ] {
        let expected = vec![format!("{line} {rule}")];
        assert_eq!(found("", rule, "regular"), expected, "without options");
        assert_eq!(found(&config(rule, options), rule, "regular"), Vec::<String>::new(), "{rule}");
        assert_eq!(found(&config(rule, options), rule, persona), expected);
    }
    let trusting = config("unverified-download", "{trusted-hosts: [get.example.com]}");
    assert_eq!(found(&trusting, "unverified-download", "regular"), ["9 unverified-download"]);
    let message = |config: &str| {
        write(dir.path(), "swaplint.yml", config.as_bytes());
        check(&dir, &["--policy", "ours", "--select", "own"]).json()["findings"][0]["message"].as_str().map(str::to_owned)
    };
    assert_eq!(message("").as_deref(), Some("most 1"), "its default");
    assert_eq!(message(&config("own", "{most: 5}")).as_deref(), Some("most 5"));
    for (rule, options, expected) in [
        (
            "pipe-to-shell",
            "{trusted-host: [a]}",
            "3:15: `pipe-to-shell` has no option `trusted-host`, did you mean `trusted-hosts`?",
        ),
        ("pipe-to-shell", "{x: 1}", "3:15: `pipe-to-shell` has no option `x`; known here: trusted-hosts"),
        ("pipe-to-shell", "{trusted-hosts: a}", "3:30: expected a list of texts, found `\"a\"`"),
        ("sign-by-tag", "{a: 1}", "3:15: `sign-by-tag` has no option `a`: it has none"),
        ("signing", "{a: 1}", "2:3: `signing` is a family: options are for a single rule"),
        ("own", "{mosts: 1}", "3:15: `own` has no option `mosts`, did you mean `most`?"),
        ("own", "{most: many}", "3:21: expected a whole number, found `\"many\"`"),
    ] {
        write(dir.path(), "swaplint.yml", config(rule, options).as_bytes());
        let ran = check(&dir, &["--policy", "ours"]);
        assert_eq!((ran.code, ran.err), (2, format!("swaplint: error: swaplint.yml:{expected}\n")));
    }
    let page = swaplint(root(), &["explain", "pipe-to-shell"]).out;
    assert!(page.contains("- `trusted-hosts` (a list of texts, by default `[]`): Hosts"), "{page}");
}

#[test]
fn the_schema_accepts_what_the_parser_accepts() {
    let schema = swaplint(root(), &["schema", "config"]).json();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let accepts = |config: &Value| validator.is_valid(config);
    let page = fs::read_to_string(root().join("docs/configuration.md")).expect("readable");
    let suppressions = fs::read_to_string(root().join("docs/suppressions.md")).expect("readable");
    let mut seen = 0;
    for text in [page.as_str(), &suppressions] {
        for block in text.split("```yaml swaplint.yml\n").skip(1).filter_map(|b| b.split("```").next()) {
            let document: Value = serde_yaml::from_str(block).expect("YAML");
            let dir = with(block, &[(WORKFLOW, "")]);
            let parsed = !check(&dir, &["--select", "sign-by-tag"]).err.contains("unknown key");
            assert_eq!(accepts(&document), parsed, "{block}");
            seen += 1;
        }
    }
    assert!(seen > 8, "{seen}");
    assert!(accepts(&json!({"rules": {"a": "off", "b": false, "c": "low", "d": {"severity": "low"}}})));
    for wrong in [
        json!({"rule": {}}),
        json!({"rules": {"a": "maybe"}}),
        json!({"tools": [{"command": "a", "verifies": 5}]}),
        json!({"ignore": [{"until": "soon"}]}),
    ] {
        assert!(!accepts(&wrong), "{wrong}");
    }
    let undescribed: Vec<_> =
        schema["properties"].as_object().expect("keys").iter().filter(|(_, v)| v["description"].is_null()).collect();
    assert!(undescribed.is_empty(), "{undescribed:?}");
}

#[test]
fn init_writes_a_config_that_counts() {
    let dir =
        repository(&[(WORKFLOW, &workflow("- run: cosign sign --key k ghcr.io/acme/app:1 # swaplint: ignore[sign-by-tag]\n"))]);
    let ran = swaplint(dir.path(), &["init"]);
    assert_eq!((ran.code, ran.out.lines().next()), (0, Some("Wrote .github/swaplint.yml.")));
    assert!(ran.out.contains("entry: swaplint check"));
    assert_eq!(rules(&dir, &[]), ["6 sign-by-tag", "6 unexplained-ignore"], "it asks for reasons");
    assert_eq!(swaplint(dir.path(), &["init"]).code, 2, "nothing is overwritten");
    let dir = repository(&[]);
    assert_eq!(swaplint(dir.path(), &["init"]).out.lines().next(), Some("Wrote swaplint.yml."));
}

#[test]
fn comments_work_where_they_can_stand() {
    let why = "swaplint: ignore[sign-by-tag] why";
    let sign = "cosign sign --key k ghcr.io/acme/app:1";
    let jenkins = format!(
        "node {{\n  // {why}\n  sh '{sign}'\n  sh '{sign}' // {why}\n  sh '''\n    make\n    # {why}\n    {sign}\n  '''\n}}\n"
    );
    let tekton = format!(
        "apiVersion: tekton.dev/v1\nkind: Task\nmetadata: {{name: t}}\nspec:\n  steps:\n    # {why}\n    - name: a\n      image: x\n      script: |\n        make\n        {sign}\n"
    );
    let gitlab = format!("job:\n  script:\n    # {why}\n    - {sign}\n    - |\n      make\n      {sign} # {why}\n");
    let github = workflow(&format!("# {why}\n- name: a\n  run: |\n    make\n    {sign}\n- run: sh ci/sign.sh\n"));
    let script = format!("make\n# {why}\n{sign}\n");
    let files: [(&str, &str); 5] = [
        ("Jenkinsfile", &jenkins),
        ("ci/t.yml", &tekton),
        (".gitlab-ci.yml", &gitlab),
        (WORKFLOW, &github),
        ("ci/sign.sh", &script),
    ];
    let dir = repository(&files);
    let args = ["--select", "sign-by-tag,linter", "--ignore", "opaque-step"];
    assert_eq!(rules(&dir, &args), Vec::<String>::new());
    assert_eq!(rules(&dir, &[&args[..], &["--no-ignores"]].concat()).len(), 8);
}

#[test]
fn of_two_configs_the_second_is_told() {
    let sign = workflow("- run: cosign sign --key k ghcr.io/acme/app:1\n");
    let dir = repository(&[(WORKFLOW, &sign), (".github/swaplint.yml", "rules: {sign-by-tag: off}\n"), ("swaplint.toml", "[")]);
    let ran = check(&dir, &[]);
    assert!(
        ran.code == 0 && ran.err.contains("note: swaplint.toml is not read: .github/swaplint.yml comes first"),
        "{}",
        ran.err
    );
    assert!(!check(&dir, &["--no-config"]).err.contains("not read"));
    assert!(!check(&dir, &["--config", ".github/swaplint.yml"]).err.contains("not read"));
}

/// A command in every kind of file that is followed from a pipeline, accepted there; and misplaced comments, which are told.
#[test]
fn comments_work_in_what_is_followed() {
    let sign = "cosign sign --key k ghcr.io/acme/app:1";
    let why = "swaplint: ignore[sign-by-tag] why";
    let steps = format!(
        "- run: make sign\n- run: ci/sign.sh\n- run: docker build .\n\
         - shell: pwsh\n  run: |\n    # {why}\n    {sign}\n\
         - shell: python\n  run: |\n    import subprocess\n    # {why}\n    subprocess.run('{sign}', shell=True)\n    subprocess.run('{sign}', shell=True) # {why}\n\
         - uses: actions/github-script@ed597411d8f924073f98dfc5c65a23a2325f34cd\n  with:\n    script: |\n      // {why}\n      await exec.exec('{sign}')\n"
    );
    let files = |why: &str| {
        [
            (WORKFLOW, workflow(&steps)),
            ("Makefile", format!("sign:\n\t# {why}\n\t{sign}\n")),
            ("ci/sign.sh", format!("#!/bin/sh\n{sign} # {why}\n")),
            ("Dockerfile", format!("# {}\nFROM ghcr.io/acme/base:main\n", why.replace("sign-by-tag", "unpinned-base-image"))),
        ]
    };
    let args = ["--persona", "pedantic", "--select", "sign-by-tag,unpinned-base-image,linter", "--ignore", "opaque-step"];
    let listed = |files: &[(&str, String)], args: &[&str]| -> Vec<String> {
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let report = check(&repository(&files), args).json();
        places(&report).into_iter().map(|(path, line, rule)| format!("{path}:{line} {rule}")).collect()
    };
    assert_eq!(listed(&files(why), &args), Vec::<String>::new());
    assert!(listed(&files(why), &[&args[..], &["--no-ignores"]].concat()).len() >= 6);
    let auditor = args.map(|arg| if arg == "pedantic" { "auditor" } else { arg });
    assert_eq!(listed(&files(why), &auditor), Vec::<String>::new(), "nor at the calls that lead there");
    let at_call = [(WORKFLOW, workflow(&format!("- run: ci/sign.sh # {why}\n"))), ("ci/sign.sh", format!("#!/bin/sh\n{sign}\n"))];
    assert_eq!(listed(&at_call, &auditor), ["ci/sign.sh:2 sign-by-tag"], "others may call it too");
    let mut misplaced = files(why);
    misplaced[1].1 = format!("sign:\n\t# {why}\n\ttrue\n\t{sign}\n");
    misplaced[2].1 = format!("#!/bin/sh\n# {why}\ntrue\n{sign}\n");
    misplaced[3].1 = "# swaplint: ignore[unpinned-base-image] why\nARG A=1\nFROM ghcr.io/acme/base:main\n".to_owned();
    let expected = [
        "Dockerfile:1 unused-ignore",
        "Dockerfile:3 unpinned-base-image",
        "Makefile:2 unused-ignore",
        "Makefile:4 sign-by-tag",
        "ci/sign.sh:2 unused-ignore",
        "ci/sign.sh:4 sign-by-tag",
    ];
    assert_eq!(listed(&misplaced, &args), expected);
    let idle = [(WORKFLOW, workflow("- run: ci/sign.sh\n")), ("ci/sign.sh", format!("#!/bin/sh\n# {why}\ntrue\n"))];
    assert_eq!(listed(&idle, &args), ["ci/sign.sh:2 unused-ignore"], "a file without findings");
    assert_eq!(listed(&idle, &[&args[..], &[WORKFLOW]].concat()), Vec::<String>::new(), "others may follow it");
}

#[test]
fn a_comment_in_a_job_does_not_hide_what_is_about_the_job() {
    let steps = "- run: make\n# swaplint: ignore[build-sign-promote-same-job] not here\n- run: make test\n- run: |\n    docker build -t ghcr.io/acme/app:1 . && docker push ghcr.io/acme/app:1\n    cosign sign --key k ghcr.io/acme/app:1\n    crane copy ghcr.io/acme/app:1 prod.example.com/app:1\n";
    let dir = repository(&[(WORKFLOW, &workflow(steps))]);
    let args = ["--persona", "auditor", "--select", "build-sign-promote-same-job,unused-ignore"];
    let found = rules(&dir, &args);
    assert!(found.iter().any(|r| r.ends_with("build-sign-promote-same-job")), "{found:?}");
}

#[test]
fn days_come() {
    let steps = "- run: cosign sign --key k ghcr.io/acme/app:1 # swaplint: ignore[sign-by-tag] until=2027-01-31 later\n";
    let dir = repository(&[(WORKFLOW, &workflow(steps))]);
    assert!(rules(&dir, &["--today", "2027-01-31"]).is_empty());
    assert_eq!(rules(&dir, &["--today", "2027-02-01"]), ["6 expired-ignore", "6 sign-by-tag"]);
    assert_eq!(check(&dir, &["--today", "tomorrow"]).code, 2);
}

/// The fingerprints of `sign-by-tag`, in order.
fn fingerprints(steps: &str) -> Vec<String> {
    let report = check(&repository(&[(WORKFLOW, &workflow(steps))]), &["--select", "sign-by-tag"]).json();
    report["findings"].as_array().expect("a list").iter().map(|f| f["fingerprint"].as_str().expect("text").to_owned()).collect()
}

#[test]
fn fingerprints_stay_and_tell_apart() {
    let sign = "cosign sign --key k ghcr.io/acme/app:1";
    let once = fingerprints(&format!("- run: {sign}\n"));
    assert_eq!(once.len(), 1);
    assert_eq!(fingerprints(&format!("- run: make\n\n# words\n- run: {sign}\n")), once, "another step before it");
    assert_eq!(fingerprints(&format!("- run: |\n    make\n    {sign}\n")), once, "another line before it");
    let named = |step: &str| fingerprints(&format!("- name: {step}\n  run: make\n- run: {sign}\n"));
    assert_eq!((named("Build"), named("Make")), (once.clone(), once.clone()), "its neighbour is renamed");
    let twice = fingerprints(&format!("- run: |\n    {sign}\n    {sign}\n"));
    assert_eq!((twice.len(), &twice[0]), (2, &once[0]), "two equal ones are two");
    assert_ne!(twice[0], twice[1]);
    assert_ne!(fingerprints(&format!("- run: {}\n", sign.replace("app", "other"))), once);
}

#[test]
fn the_baseline_of_the_config_counts() {
    let sign = "- run: cosign sign --key k ghcr.io/acme/app:1\n";
    let dir = with("baseline: ci/known.json\n", &[(WORKFLOW, &workflow(sign)), ("ci/x", "")]);
    assert_eq!(check(&dir, &[]).code, 2, "a baseline that there is not");
    assert_eq!(swaplint(dir.path(), &["baseline", "update"]).code, 2);
    assert_eq!(swaplint(dir.path(), &["baseline", "create"]).code, 0);
    assert_eq!(swaplint(dir.path(), &["baseline", "create"]).code, 2, "it is there already");
    assert_eq!(swaplint(dir.path(), &["baseline", "create", "--force"]).code, 0);
    assert_eq!(check(&dir, &[]).code, 0);
    assert_eq!(check(&dir, &["--no-ignores"]).code, 1);
    let shown = check(&dir, &["--show-suppressed"]).json();
    assert_eq!(shown["findings"][0]["suppressed"]["kind"], "baseline");
    write(dir.path(), WORKFLOW, workflow(&format!("- run: make\n{sign}{sign}")).as_bytes());
    assert_eq!(rules(&dir, &[]), ["8 sign-by-tag"], "a second one is new");
    assert_eq!(swaplint(dir.path(), &["baseline", "update"]).code, 0);
    assert_eq!(rules(&dir, &[]).len(), 1, "update takes in nothing new");
    assert_eq!(swaplint(dir.path(), &["baseline", "update", "--accept-new"]).code, 0);
    assert!(rules(&dir, &[]).is_empty());
    assert_eq!(swaplint(dir.path(), &["baseline", "update", "--select", "copy"]).code, 0);
    assert!(rules(&dir, &[]).is_empty(), "what is not chosen is not fixed");
    assert_eq!(swaplint(dir.path(), &["baseline", "create", "--force", "--select", "copy"]).code, 0);
    assert_eq!(rules(&dir, &[]).len(), 2);
    write(dir.path(), "other.json", b"{\"schema\": \"swaplint.baseline.v1\", \"findings\": [{}]}");
    let ran = check(&dir, &["--baseline", "other.json"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("other.json: no baseline: missing field `path` at line 1"), "{}", ran.err);
}
