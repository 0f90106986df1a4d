//! Whole files, and where their parts stand.

mod handed;

use super::*;
use crate::formats::recognise;
use crate::pipeline::*;

struct Read {
    files: Vec<&'static str>,
    loaded: Loaded,
}

impl Read {
    fn of(text: &'static str) -> Self {
        Read::merged(&[(".gitlab-ci.yml", text)])
    }

    fn merged(files: &[(&'static str, &'static str)]) -> Self {
        Read::given(files, &[])
    }

    /// Files of which the second is given inputs.
    fn given(files: &[(&'static str, &'static str)], inputs: &[Binding]) -> Self {
        let part = |(i, (path, text))| Part { file: FileId(i), path, text, inputs: if i == 1 { inputs } else { &[] } };
        let parts: Vec<Part<'_>> = (0..).zip(files.iter().copied()).map(part).collect();
        Read { files: files.iter().map(|f| f.1).collect(), loaded: load_merged(&parts) }
    }

    fn at(&self, span: Span) -> &str {
        &self.files[span.file.0 as usize][span.range()]
    }

    fn pipeline(&self) -> &Pipeline {
        assert_eq!(self.problems(), []);
        &self.loaded.pipelines[0]
    }

    fn problems(&self) -> Vec<(&str, &str)> {
        self.loaded.problems.iter().map(|p| (self.at(p.span), p.message.as_str())).collect()
    }

    fn job(&self, id: &str) -> &Execution {
        self.loaded.pipelines[0].executions.iter().find(|e| e.id == id).expect(id)
    }

    fn script(&self, id: &str, step: usize) -> &Script {
        let Action::Script(script) = &self.job(id).steps[step].action else { panic!("a script") };
        script
    }

    /// The lines of a script, with where each stands if that is not where it is written.
    fn lines(&self, id: &str, step: usize) -> Vec<String> {
        let source = &self.script(id, step).text.source;
        let mut at = 0;
        let line = |line: &str| {
            let place = self.at(source.span(at..at + line.len()));
            at += line.len() + 1;
            if place == line { line.to_owned() } else { format!("{line} <{place}>") }
        };
        source.text.split('\n').map(line).collect()
    }

    fn needs(&self, id: &str) -> Vec<&str> {
        self.job(id).needs.iter().map(|n| n.execution.as_str()).collect()
    }

    fn env(&self, id: &str) -> Vec<String> {
        self.job(id).env.iter().map(|b| format!("{}={} {}", b.name, b.value.raw(), exprs(&b.value))).collect()
    }
}

fn exprs(text: &Text) -> String {
    text.holes.iter().map(|h| format!("{:?}", h.expr)).collect::<Vec<_>>().join(" ")
}

const BASIC: &str = r#"
stages: [build, sign, deploy]
default:
  image: alpine:3
  before_script: [apk add cosign]
variables:
  IMAGE: $REG/app:$CI_COMMIT_SHA
  REG: {value: $CI_REGISTRY, description: where}
build:
  stage: build
  image: {name: "docker:$VERSION", entrypoint: [""]}
  services: [docker:dind, {name: redis}]
  script:
    - docker build -t $IMAGE .
    - |
      docker push "$IMAGE"
      echo "DIGEST=x" >> build.env
  after_script: echo done
  artifacts: {reports: {dotenv: build.env}}
check: {stage: build, when: manual, script: "true", allow_failure: true}
sign:
  stage: sign
  id_tokens: {SIGSTORE_ID_TOKEN: {aud: sigstore}}
  variables: {REG: other}
  script: [cosign sign $IMAGE]
  tags: [saas-windows]
deploy:
  stage: deploy
  needs: [build, {job: sign, optional: true}]
  environment: {name: prod, url: x}
  before_script: []
  script: deploy
  allow_failure: {exit_codes: [3]}
  parallel: {matrix: [{ZONE: [a, b], X: y}, {ZONE: c}]}
release:
  stage: deploy
  inherit: {default: false}
  script: echo
  release: {tag_name: $CI_COMMIT_TAG, description: d, assets: {links: [{name: n, url: "https://x/$CI_COMMIT_TAG"}]}}
"#;

#[test]
fn scripts_are_one_shell() {
    let read = Read::of(BASIC);
    read.pipeline();
    assert_eq!(
        read.lines("build", 0),
        ["apk add cosign", "docker build -t $IMAGE .", "docker push \"$IMAGE\"", "echo \"DIGEST=x\" >> build.env", ""]
    );
    let script = read.script("build", 0);
    assert_eq!(script.options, ShellOptions { errexit: true, pipefail: true, failure_counts: true });
    assert_eq!((read.lines("build", 1), read.script("build", 1).options.failure_counts), (vec!["echo done".to_owned()], false));
    let after = &read.job("build").steps[1];
    assert!(after.tolerance.is_some() && after.condition.as_ref().is_some_and(|c| c.after_failure == AfterFailure::Also));
    assert_eq!(read.lines("deploy", 0), ["deploy"], "an empty list takes the default away");
    assert_eq!(read.lines("release", 0), ["echo"]);
    assert_eq!(read.script("sign", 0).dialect, Dialect::PowerShell);
    let Action::Command { argv } = &read.job("release").steps[1].action else { panic!("a command") };
    let words: Vec<&str> = argv.iter().map(Text::raw).collect();
    assert_eq!(
        words.join(" "),
        "release-cli create --description d --tag-name $CI_COMMIT_TAG --assets-link https://x/$CI_COMMIT_TAG"
    );
    assert_eq!(read.at(argv[5].span()), "$CI_COMMIT_TAG");
}

#[test]
fn a_job_has_its_surroundings() {
    let read = Read::of(BASIC);
    let globals: Vec<&str> = read.pipeline().env.iter().map(|b| b.name.as_str()).collect();
    assert_eq!(globals, ["REG", "IMAGE"], "each after those that it is made of");
    assert_eq!(exprs(&read.pipeline().env[1].value), "Port(Env(\"REG\")) Ambient(\"CI_COMMIT_SHA\")");
    let build = read.job("build");
    assert_eq!(build.image.as_ref().map(|t| (t.raw(), exprs(t))), Some(("docker:$VERSION", "Port(Env(\"VERSION\"))".into())));
    assert_eq!(build.services.iter().map(Text::raw).collect::<Vec<_>>(), ["docker:dind", "redis"]);
    assert_eq!(read.job("sign").image.as_ref().map(Text::raw), Some("alpine:3"));
    assert!(read.job("release").image.is_none());
    assert_eq!(
        read.env("sign"),
        [
            "REG=other ",
            "IMAGE=$REG/app:$CI_COMMIT_SHA Port(Env(\"REG\")) Ambient(\"CI_COMMIT_SHA\")",
            "SIGSTORE_ID_TOKEN=SIGSTORE_ID_TOKEN Ambient(\"id_tokens.SIGSTORE_ID_TOKEN\")",
        ],
        "what is made of a variable that the job changes is another there"
    );
    assert_eq!(read.job("sign").permissions.as_ref().map(|p| p.scopes.len()), Some(1));
    let reports: Vec<_> = dotenv_reports(build).map(|(path, b)| (path, read.at(b.value.span()), exprs(&b.value))).collect();
    assert_eq!(reports, [("build.env", "build.env", "Port(Written(\"build.env\"))".to_owned())]);
    let deploy = read.job("deploy");
    assert_eq!(deploy.environment.as_ref().map(Text::raw), Some("prod"));
    assert_eq!(deploy.matrix.iter().map(|a| (a.name.as_str(), a.values.len())).collect::<Vec<_>>(), [("ZONE", 3), ("X", 1)]);
    assert_eq!(read.env("deploy")[0], "ZONE=ZONE Port(Matrix(\"ZONE\"))");
    assert_eq!(deploy.tolerance.as_ref().map(|t| (t.how.as_str(), t.certain)), Some(("allow_failure: exit_codes: [3]", false)));
}

#[test]
fn stages_and_needs_are_edges() {
    let read = Read::of(BASIC);
    assert_eq!(read.needs("build"), [""; 0]);
    assert_eq!(read.needs("sign"), ["build"], "nobody waits for a manual job that may fail");
    assert_eq!(read.needs("deploy"), ["build", "sign"]);
    assert_eq!(read.needs("release"), ["sign"], "those before go without saying");
    assert_eq!(read.at(read.job("release").needs[0].span), "deploy");
    assert!(read.job("check").tolerance.is_none());
    let read = Read::of(
        "stages: [a]\nx: {stage: a, needs: [y, 'm: [1]'], script: x}\nm: {stage: a, script: x, parallel: 2}\nz: {stage: b, script: z}\n",
    );
    assert_eq!(read.problems(), [("y", "`y` is needed and is no job"), ("b", "`b` is none of the `stages`")]);
    assert_eq!(read.needs("x"), ["y", "m"]);
}

const EXTENDS: &str = r#"
.vars: &vars {A: "1", B: "2"}
.base:
  variables: {<<: *vars, C: "3"}
  script: [base]
  rules: [{if: $X, when: manual}]
.more:
  extends: .base
  variables: {B: more}
  before_script: [!reference [.lib, login], [nested, [deep]]]
.lib:
  login: [docker login]
  rules: [{if: $CI_COMMIT_TAG}]
job:
  extends: [.more]
  variables: {D: "4"}
  rules: [!reference [.lib, rules], {when: never}]
  script:
    - !reference [.lib, login]
    - run
hidden-null:
  extends: .more
  before_script: null
"#;

#[test]
fn extends_and_references() {
    let read = Read::of(EXTENDS);
    read.pipeline();
    assert_eq!(read.lines("job", 0), ["docker login", "nested", "deep", "docker login", "run"]);
    assert_eq!(read.env("job"), ["C=3 ", "A=1 ", "B=more ", "D=4 "]);
    let condition = read.job("job").condition.as_ref().expect("a condition");
    assert_eq!(condition.expr, Expr::Opaque("$CI_COMMIT_TAG; when: never".into()));
    assert_eq!(read.lines("hidden-null", 0), ["base"]);
    let condition = read.job("hidden-null").condition.as_ref().expect("a condition");
    assert_eq!(
        (&condition.expr, read.at(condition.span)),
        (&Expr::Opaque("$X (when: manual)".into()), "rules: [{if: $X, when: manual}]")
    );
    let read = Read::of(
        "a: {extends: .a}\n.a: {extends: .b}\n.b: {extends: .a, script: x}\nc: {extends: .none, script: [!reference [.x, y], z]}\nd: []\ne: {image: x}\n",
    );
    assert_eq!(
        read.problems(),
        [
            (".a", "`.a` is extended in a circle, or too deeply"),
            (".none", "`.none` is extended and not defined"),
            ("[.x, y]", "[.x, y] leads nowhere"),
            ("d", "the job `d` must be a map, found a list"),
            ("e", "the job `e` has neither `script` nor `trigger`"),
        ]
    );
}

#[test]
fn included_files_lie_under_the_root() {
    let read = Read::merged(&[
        (
            ".gitlab-ci.yml",
            "include: [{local: /ci/a.yml}]\njob:\n  extends: .t\n  variables: {A: root}\n  script: [!reference [.t, script], own]\nother: {extends: .t}\n",
        ),
        ("ci/a.yml", "default: {before_script: [first]}\n.t:\n  variables: {A: a, B: b}\n  script: [theirs]\n"),
    ]);
    let pipeline = read.pipeline();
    assert_eq!((pipeline.file, pipeline.executions.len()), (FileId(0), 3));
    assert_eq!(read.lines("job", 0), ["first", "theirs", "own"], "each line stands in its own file");
    let script = &read.script("job", 0).text.source;
    assert_eq!((script.span(0..5).file, script.span(13..16).file), (FileId(1), FileId(0)));
    assert_eq!(read.lines("other", 0), ["first", "theirs"], "all of it in one file");
    assert_eq!(read.env("job"), ["A=root ", "B=b "]);
    assert_eq!(read.at(read.job("job").env[1].value.span()), "b");
}

#[test]
fn includes_and_triggers_are_definitions() {
    let read = Read::of(
        "include:\n  - a.yml\n  - https://x/y.yml\n  - remote: https://x/v1.2.3/y.yml\n  - {project: g/p, ref: v1, file: [/a.yml, b.yml]}\n  - {template: T.yml}\n  - {component: $CI_SERVER_FQDN/g/c/n@1.0, inputs: {k: v}}\n  \
         - {local: b.yml, rules: [{if: $A}]}\nchild: {trigger: {include: child.yml, strategy: depend}}\nthere: {trigger: {project: g/q, branch: main}}\n\
         made: {trigger: {include: [{artifact: x.yml, job: gen}]}}\n",
    );
    let targets: Vec<String> = read
        .job("include")
        .steps
        .iter()
        .map(|s| match &s.action {
            Action::Use(call) => match &call.definition.target {
                DefinitionTarget::Local(path) => format!("{path} {}", s.condition.is_some()),
                DefinitionTarget::Remote { source, path, reference } => {
                    format!(
                        "{source} {} {} {}",
                        path.as_deref().unwrap_or("-"),
                        reference.as_deref().unwrap_or("-"),
                        call.inputs.len()
                    )
                }
                other => format!("{other:?}"),
            },
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(
        targets,
        [
            "a.yml false",
            "https://x/y.yml - - 0",
            "https://x/v1.2.3/y.yml - v1.2.3 0",
            "g/p a.yml v1 0",
            "g/p b.yml v1 0",
            "gitlab-templates T.yml - 0",
            "$CI_SERVER_FQDN/g/c n 1.0 1",
            "b.yml true",
        ]
    );
    let target = |id: &str| read.job(id).call.as_ref().map(|c| c.definition.target.clone());
    assert_eq!(target("child"), Some(DefinitionTarget::Merged(vec!["child.yml".into()])));
    assert_eq!((read.job("child").detached, read.job("there").detached), (false, true));
    assert!(read.job("child").passes_env && read.job("there").tolerance.is_none());
    assert!(matches!(target("there"), Some(DefinitionTarget::Remote { reference: Some(r), .. }) if r == "main"));
    assert_eq!(target("made"), Some(DefinitionTarget::Unknown));
}

#[test]
fn occasions() {
    use AfterFailure::{Also, No, Only};
    let of = |job: &str| {
        let text: &'static str = format!("j: {{script: x, {job}}}\n").leak();
        let read = Read::of(text);
        let e = read.job("j");
        let condition = e.condition.as_ref().map(|c| (c.expr.clone(), c.after_failure));
        (condition, e.tolerance.as_ref().map(|t| t.certain))
    };
    let opaque = |text: &str| Expr::Opaque(text.into());
    assert_eq!(of("when: on_success"), (None, None));
    assert_eq!(of("when: always"), (Some((Expr::Bool(true), Also)), None));
    assert_eq!(of("rules: [{when: on_failure}]"), (Some((Expr::Bool(true), Only)), None));
    assert_eq!(of("when: manual, allow_failure: true"), (Some((opaque("when: manual"), No)), None));
    assert_eq!(of("when: never"), (Some((Expr::Bool(false), No)), None));
    assert_eq!(
        of("only: [tags], except: {variables: [$A]}"),
        (Some((opaque("only: [tags], except: variables: [$A]"), No)), None)
    );
    assert_eq!(of("rules: [{if: $A, allow_failure: true}, {if: $B}]"), (Some((opaque("$A; $B"), No)), Some(false)));
    assert_eq!(of("allow_failure: true"), (None, Some(true)));
    assert_eq!(of("rules: [{if: $A, when: never}, {when: on_success}], allow_failure: true").1, Some(true));
}

#[test]
fn a_rule_may_set_a_variable() {
    let read = Read::of("variables: {T: x}\nj: {script: x, rules: [{if: $A, variables: {T: a}}, {variables: {U: u}}]}\n");
    let env = &read.job("j").env;
    assert_eq!((env.len(), env[0].name.as_str(), env[1].value.literal()), (2, "T", Some("u")));
    assert_eq!(read.at(env[0].value.span()), "a");
    assert!(
        matches!(&*env[0].value.holes[0].expr, Expr::Binary { op: Op::Or, right, .. } if **right == Expr::Port(Port::Env("T".into())))
    );
}

#[test]
fn a_need_is_firm_where_the_other_job_is_there() {
    let read = Read::of(
        r#"
stages: [one, two]
x: {stage: one, script: x, rules: [{if: $A}]}
never: {stage: one, script: x, rules: [{if: $B, when: never}, {if: $A}]}
always: {stage: one, script: x, rules: [{if: $B}, {when: on_success}]}
any: {stage: two, script: y}
same: {stage: two, script: y, rules: [{if: $A, when: manual}]}
narrower: {stage: two, script: y, rules: [{if: $A && $C}]}
wider: {stage: two, script: y, rules: [{if: $A}, {if: $C}]}
both: {stage: two, script: y, rules: [{if: $B, when: never}, {if: $A}]}
asked: {stage: two, script: y, needs: [x, {job: never, optional: true}]}
"#,
    );
    read.pipeline();
    let optional =
        |id: &str| -> Vec<&str> { read.job(id).needs.iter().filter(|n| n.optional).map(|n| n.execution.as_str()).collect() };
    assert_eq!(optional("any"), ["x", "never"]);
    assert_eq!(optional("same"), ["never"]);
    assert_eq!(optional("narrower"), ["never"]);
    assert_eq!(optional("wider"), ["x", "never"]);
    assert_eq!(optional("both"), [""; 0]);
    assert_eq!(optional("asked"), ["never"]);
}
