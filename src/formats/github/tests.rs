//! Whole files, and where their parts stand.

use super::*;
use crate::formats::{load as load_file, recognise};
use crate::pipeline::*;
use crate::source::Span;

struct Read {
    text: &'static str,
    loaded: Loaded,
}

impl Read {
    fn of(path: &str, text: &'static str) -> Self {
        let format = recognise(path, Some(text)).expect(path);
        Read { text, loaded: load_file(format, FileId(0), path, text) }
    }

    fn workflow(text: &'static str) -> Self {
        Read::of(".github/workflows/ci.yml", text)
    }

    fn pipeline(&self) -> &Pipeline {
        assert_eq!(self.loaded.problems, []);
        &self.loaded.pipelines[0]
    }

    fn job(&self, id: &str) -> &Execution {
        self.pipeline().executions.iter().find(|e| e.id == id).expect(id)
    }

    fn at(&self, span: Span) -> &str {
        &self.text[span.range()]
    }

    fn problems(&self) -> Vec<(&str, &str)> {
        self.loaded.problems.iter().map(|p| (self.at(p.span), p.message.as_str())).collect()
    }
}

const WORKFLOW: &str = r#"
name: release
on:
  push:
    tags: ['v*']
  workflow_call:
    inputs:
      image: {type: string, required: true}
      tag:
        default: latest
    outputs:
      digest:
        value: ${{ jobs.build.outputs.digest }}
permissions: read-all
env:
  REGISTRY: ghcr.io
defaults:
  run:
    shell: bash
jobs:
  build:
    runs-on: ubuntu-latest
    permissions:
      packages: write
    outputs:
      digest: ${{ steps.push.outputs.digest }}
    services:
      db: postgres:16
      cache:
        image: redis
    steps:
      - uses: actions/checkout@v4
      - id: push
        name: Push it
        uses: docker/build-push-action@v6
        with:
          push: true
          tags: "${{ env.REGISTRY }}/app:${{ github.sha }}"
      - run: |
          cosign verify \
            "$IMAGE@${{ steps.push.outputs.digest }}"
        env:
          IMAGE: ghcr.io/app
        continue-on-error: true
      - run: exit 1
        shell: sh
        if: always() && steps.push.outcome == 'success'
        continue-on-error: ${{ inputs.tag == 'x' }}
  deploy:
    needs: [build]
    if: ${{ failure() }}
    environment: {name: production, url: x}
    uses: ./.github/workflows/../workflows/deploy.yml
    with: {digest: "${{ needs.build.outputs.digest }}"}
    secrets: inherit
"#;

#[test]
fn a_workflow_becomes_a_pipeline() {
    let read = Read::workflow(WORKFLOW);
    let pipeline = read.pipeline();
    assert_eq!(pipeline.name.as_deref(), Some("release"));
    assert_eq!(
        pipeline.triggers.iter().map(|t| (t.name.as_str(), read.at(t.span))).collect::<Vec<_>>(),
        [("push", "push"), ("workflow_call", "workflow_call")]
    );
    assert_eq!(
        pipeline.inputs.iter().map(|i| (i.name.as_str(), i.required, i.default.as_ref().map(Text::raw))).collect::<Vec<_>>(),
        [("image", true, None), ("tag", false, Some("latest"))]
    );
    assert_eq!(read.at(pipeline.outputs[0].value.span()), "${{ jobs.build.outputs.digest }}");
    assert_eq!(read.at(pipeline.env[0].name_span), "REGISTRY");
    let build = read.job("build");
    assert_eq!(build.permissions.as_ref().map(|p| p.scopes.clone()), Some(vec![("packages".into(), "write".into())]));
    assert_eq!(build.services.iter().map(Text::raw).collect::<Vec<_>>(), ["postgres:16", "redis"]);
    assert_eq!(read.at(build.id_span), "build");
    let deploy = read.job("deploy");
    assert_eq!(
        deploy.permissions.as_ref().map(|p| (p.scopes.clone(), read.at(p.span))),
        Some((vec![("*".into(), "read".into())], "read-all"))
    );
    assert_eq!(deploy.needs.iter().map(|n| (n.execution.as_str(), read.at(n.span))).collect::<Vec<_>>(), [("build", "build")]);
    assert_eq!(deploy.condition.as_ref().map(|c| c.after_failure), Some(AfterFailure::Only));
    assert_eq!(deploy.environment.as_ref().map(Text::raw), Some("production"));
    let call = deploy.call.as_ref().expect("a call");
    assert_eq!(call.definition.target, DefinitionTarget::Local(".github/workflows/deploy.yml".into()));
    assert!(call.inherits_secrets.is_some() && call.inputs.len() == 1);
}

#[test]
fn steps_keep_their_places() {
    let read = Read::workflow(WORKFLOW);
    let steps = &read.job("build").steps;
    let Action::Use(call) = &steps[1].action else { panic!("a use") };
    assert_eq!(
        call.inputs[1].value.holes.iter().map(|h| read.at(call.inputs[1].value.source.span(h.range.clone()))).collect::<Vec<_>>(),
        ["${{ env.REGISTRY }}", "${{ github.sha }}"]
    );
    assert!(read.at(steps[1].span).starts_with("id: push") && read.at(steps[1].span).ends_with("github.sha }}\""));
    let Action::Script(script) = &steps[2].action else { panic!("a script") };
    let hole = &script.text.holes[0];
    assert_eq!(read.at(script.text.source.span(hole.range.clone())), "${{ steps.push.outputs.digest }}");
    assert_eq!(*hole.expr, Expr::Port(Port::Step { step: "push".into(), output: "digest".into() }));
    assert_eq!((script.dialect.clone(), script.options.errexit, script.options.pipefail), (Dialect::Bash, true, true));
    let tolerance = steps[2].tolerance.as_ref().expect("tolerance");
    assert_eq!(
        (read.at(tolerance.span), tolerance.how.as_str(), tolerance.certain),
        ("continue-on-error: true", "continue-on-error: true", true)
    );
    let Action::Script(script) = &steps[3].action else { panic!("a script") };
    assert_eq!((script.dialect.clone(), script.options.pipefail), (Dialect::Posix, false));
    assert_eq!(steps[3].tolerance.as_ref().map(|t| t.certain), Some(false));
    let condition = steps[3].condition.as_ref().expect("a condition");
    assert_eq!(
        (condition.after_failure, read.at(condition.span)),
        (AfterFailure::Also, "always() && steps.push.outcome == 'success'")
    );
}

#[test]
fn a_matrix_lists_what_is_known() {
    let read = Read::workflow(
        r#"
on: push
jobs:
  a:
    runs-on: ${{ matrix.os }}
    strategy:
      matrix:
        os: [windows-latest, windows-2022, ubuntu-latest]
        arch: ${{ fromJSON('["amd64", "arm64"]') }}
        app:
          - name: x
            image: {repo: r1}
          - name: y
        list: [[a], [b]]
        run-time: ${{ fromJSON(inputs.x) }}
        exclude:
          - os: ubuntu-latest
          - {os: windows-2022, arch: arm64}
        include:
          - {os: windows-2019, extra: 1}
    steps:
      - run: echo
  b:
    runs-on: ubuntu-latest
    strategy:
      matrix: ${{ fromJSON('{"include":[{"tag":"v1"},{"tag":"v2"}]}') }}
    steps: [{run: echo}]
  c:
    runs-on: [self-hosted, Windows]
    strategy:
      matrix: ${{ fromJSON(needs.a.outputs.m) }}
    container: alpine
    steps: [{run: echo}]
"#,
    );
    let axes = |id: &str| -> Vec<(String, Vec<String>)> {
        read.job(id)
            .matrix
            .iter()
            .map(|a| (a.name.clone(), a.values.iter().map(|v| read.at(v.span()).to_owned()).collect()))
            .collect()
    };
    let axis = |name: &str, values: &[&str]| (name.to_owned(), values.iter().map(|v| (*v).to_owned()).collect::<Vec<_>>());
    assert_eq!(
        axes("a"),
        [
            axis("os", &["windows-latest", "windows-2022", "windows-2019"]),
            axis("arch", &["amd64", "arm64"]),
            axis("app.name", &["x", "y"]),
            axis("app.image.repo", &["r1"]),
            axis("extra", &["1"]),
        ]
    );
    assert_eq!(axes("b"), [axis("tag", &["v1", "v2"])]);
    assert_eq!(axes("c"), []);
    let dialect = |id: &str| match &read.job(id).steps[0].action {
        Action::Script(script) => script.dialect.clone(),
        _ => Dialect::Other(String::new()),
    };
    assert_eq!([dialect("a"), dialect("b"), dialect("c")], [Dialect::PowerShell, Dialect::Bash, Dialect::Posix]);
    assert_eq!(read.pipeline().opaque.len(), 2);
}

#[test]
fn wrong_shapes_are_told_and_the_rest_is_kept() {
    let read = Read::workflow(
        "on: push\njobs:\n  a:\n    env: [x]\n    steps:\n      run: x\n  b: oops\n  c:\n    runs-on: x\n    steps:\n      - name: n\n      - foo\n      - run: echo ${{ a b }}\n      - uses: a/b\n      - run: {x: y}\n    needs: {a: b}\n    permissions: all\n    continue-on-error: perhaps\n    if: [x]\n  d: {runs-on: x}\n",
    );
    let mut problems = read.problems();
    problems.sort_unstable();
    let mut wanted = [
        ("[x]", "`env` must be a map, found a list"),
        ("run: x", "`steps` must be a list, found a map"),
        ("oops", "the job `b` must be a map, found a single value"),
        ("name: n", "a step needs `run` or `uses`"),
        ("foo", "each of `steps` must be a map, found a single value"),
        ("b", "this expression cannot be read: this does not fit here"),
        ("a/b", "`uses: a/b` names no version: GitHub wants `owner/name@ref`"),
        ("{x: y}", "`run` must be a single value, found a map"),
        ("{a: b}", "`needs` must be a list, found a map"),
        ("all", "`permissions` must be a map, `read-all` or `write-all`, found a single value"),
        ("perhaps", "`continue-on-error` must be `true`, `false` or an expression"),
        ("[x]", "`if` must be an expression, found a list"),
        ("d", "the job `d` has neither `steps` nor `uses`"),
    ];
    wanted.sort_unstable();
    assert_eq!(problems, wanted);
    assert!(read.loaded.problems.iter().all(|p| !p.fatal));
    assert_eq!(read.loaded.pipelines[0].executions.len(), 3);
    assert_eq!(read.loaded.pipelines[0].executions[1].steps.len(), 4);
}

#[test]
fn files_that_are_no_workflows() {
    for empty in ["", "# nothing\n", "---\n"] {
        let read = Read::workflow(empty);
        assert!(read.loaded.pipelines.is_empty() && read.loaded.problems.is_empty());
    }
    let read = Read::workflow("name: x\non: push\n");
    assert_eq!(read.problems(), [("name", "this file has no `jobs`, so it is no workflow")]);
    assert!(read.loaded.problems[0].fatal);
    assert!(Read::workflow("- a\n").loaded.problems[0].fatal);
    let read = Read::workflow("on: push\njobs:\n  a: [\n");
    assert!(read.loaded.problems[0].fatal && read.loaded.pipelines.is_empty());
    let read = Read::workflow("on: push\non: pull_request\njobs: {a: {steps: []}}\n");
    assert_eq!(read.problems(), [("on", "the key `on` is given twice in one map")]);
    assert!(Read::of("action.yml", "- hosts: all\n").loaded.problems.is_empty());
    assert!(Read::of(".github/actions/x/action.yml", "name: x\n").loaded.problems[0].fatal);
}

#[test]
fn a_condition_with_text_around_its_expression_is_always_true() {
    let read = Read::workflow(
        "on: push\njobs:\n  a:\n    if: ${{ github.x }} == 'y'\n    steps: []\n  b:\n    if: false\n    steps: []\n",
    );
    let condition = |id: &str| read.job(id).condition.clone().expect("a condition").expr;
    let args = vec![Expr::Literal("{0} == 'y'".into()), Expr::Ambient("github.x".into())];
    assert_eq!(condition("a"), Expr::Call { function: "format".into(), args });
    assert_eq!(condition("b"), Expr::Bool(false));
}

#[test]
fn actions_of_all_three_kinds() {
    let read = Read::of(
        "a/action.yml",
        "name: x\ninputs:\n  image:\n    default: app\noutputs:\n  d:\n    value: ${{ steps.s.outputs.d }}\nruns:\n  using: composite\n  steps:\n    - id: s\n      run: echo \"d=$X\" >> $GITHUB_OUTPUT\n      shell: bash\n      env: {X: \"${{ inputs.image }}\"}\n",
    );
    let pipeline = read.pipeline();
    assert_eq!(
        (pipeline.executions[0].id.as_str(), pipeline.inputs[0].name.as_str(), pipeline.outputs[0].name.as_str()),
        ("action", "image", "d")
    );
    assert_eq!(pipeline.executions[0].steps.len(), 1);
    let read = Read::of(
        "action.yaml",
        "runs:\n  using: docker\n  image: docker://alpine:3\n  entrypoint: /x\n  args: [a, '${{ inputs.y }}']\n  post-entrypoint: /z\n",
    );
    let steps = &read.pipeline().executions[0].steps;
    let Action::Container { image, argv } = &steps[0].action else { panic!("a container") };
    assert_eq!(
        (read.at(image.span()), argv.iter().map(Text::raw).collect::<Vec<_>>()),
        ("alpine:3", vec!["/x", "a", "${{ inputs.y }}"])
    );
    assert_eq!(steps.len(), 2);
    let read = Read::of("action.yml", "runs: {using: node20, main: index.js}\noutputs: {a: {description: b}}\n");
    assert!(read.pipeline().executions[0].steps.is_empty() && read.pipeline().outputs.is_empty());
    let read = Read::of("action.yml", "runs:\n  using: composite\n  steps:\n    - run: x\n");
    assert_eq!(read.problems(), [("run", "a `run` step of a composite action needs a `shell`")]);
}

#[test]
fn no_file_makes_it_panic() {
    let pieces = [
        "jobs:", "\n", "  a:", " ", "steps:", "- ", "run: |", "${{ ", "}}", "'", "\"", "&a ", "*a", "[", "{", ",", "on", ": ",
        "é", "\t", "<<: ", "matrix:", "uses: ", "if: ",
    ];
    let mut seed = 7u64;
    for _ in 0..3_000 {
        let mut text = String::from("on: push\njobs:\n  a:\n    ");
        for _ in 0..20 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(seed >> 33) as usize % pieces.len()]);
        }
        let _ = load_file(Format::GithubWorkflow, FileId(0), ".github/workflows/a.yml", &text);
        let _ = load_file(Format::GithubAction, FileId(0), "action.yml", &text);
    }
}
