//! The config file at work: what it teaches, and what it accepts.

mod accepted;

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
