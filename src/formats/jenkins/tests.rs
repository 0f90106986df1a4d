//! Whole files in compact form.

mod texts;

use super::recognise::has_steps;
use super::{is_jenkinsfile, is_library, is_named, load_jenkinsfile, load_library};
use crate::pipeline::{Action, AfterFailure, Binding, Block, DefinitionTarget, Expr, Op, Pipeline, Port, Step, Text};
use crate::source::FileId;

fn load(text: &str) -> Pipeline {
    let loaded = load_jenkinsfile(FileId(0), "Jenkinsfile", text);
    assert_eq!(loaded.problems, [], "{text}");
    loaded.pipelines.into_iter().next().expect("a pipeline")
}

fn expr(e: &Expr) -> String {
    match e {
        Expr::Declared { value, .. } | Expr::Words(value) => expr(value),
        Expr::Known { name, .. } => name.clone(),
        Expr::Any(all) => format!("[{}]", all.iter().map(expr).collect::<Vec<_>>().join("|")),
        Expr::Literal(text) => format!("'{text}'"),
        Expr::Bool(value) => value.to_string(),
        Expr::Null => "null".into(),
        Expr::Port(Port::Step { step, output }) => format!("{step}.{output}"),
        Expr::Port(Port::Execution { execution, output }) => format!("{execution}/{output}"),
        Expr::Port(Port::Input(name)) => format!("input {name}"),
        Expr::Port(Port::Env(name)) => format!("env {name}"),
        Expr::Port(Port::Secret(name)) => format!("secret {name}"),
        Expr::Port(Port::Matrix(name)) => format!("matrix {name}"),
        Expr::Port(other) => format!("{other:?}"),
        Expr::Ambient(name) => name.clone(),
        Expr::Call { function, args } => format!("{function}({})", args.iter().map(expr).collect::<Vec<_>>().join(", ")),
        Expr::Not(inner) => format!("!{}", expr(inner)),
        Expr::Binary { op, left, right } => {
            let op = match op {
                Op::And => "&&",
                Op::Or => "||",
                Op::Eq => "==",
                Op::Ne => "!=",
                Op::Order => "<",
            };
            format!("({} {op} {})", expr(left), expr(right))
        }
        Expr::Opaque(text) => format!("?{text}"),
    }
}

/// The text with `<..>` for what is filled in.
fn shown(text: &Text) -> String {
    let mut shown = text.raw().to_owned();
    for hole in text.holes.iter().rev() {
        shown.replace_range(hole.range.clone(), &format!("<{}>", expr(&hole.expr)));
    }
    shown
}

fn bindings(list: &[Binding]) -> String {
    list.iter().map(|b| format!(" {}={}", b.name, shown(&b.value))).collect()
}

fn block(steps: &[Step]) -> String {
    format!("{{{}}}", steps.iter().map(step).collect::<Vec<_>>().join("; "))
}

fn step(s: &Step) -> String {
    let action = match &s.action {
        Action::Script(script) => format!("{:?} {:?}", script.dialect, shown(&script.text)),
        Action::Command { argv } => argv.iter().map(shown).collect::<Vec<_>>().join(" "),
        Action::Use(call) => {
            let target = match &call.definition.target {
                DefinitionTarget::Local(path) => path.clone(),
                DefinitionTarget::Named { name, .. } => name.clone(),
                DefinitionTarget::Remote { source, reference, .. } => format!("{source}@{reference:?}"),
                other => format!("{other:?}"),
            };
            format!("use {target}{}", bindings(&call.inputs))
        }
        Action::Block(Block::Sequence(steps)) => block(steps),
        Action::Block(Block::Try { body, handler, last, .. }) => {
            let handler = handler.as_ref().map_or("passes".into(), |h| block(h));
            format!("try {} catch {handler} finally {}", block(body), block(last))
        }
        Action::Block(Block::Branch(arms)) => {
            arms.iter().map(|(c, steps)| format!("if {} {}", expr(&c.expr), block(steps))).collect::<Vec<_>>().join(" ")
        }
        other => format!("{other:?}"),
    };
    let id = s.id.as_ref().map_or(String::new(), |id| format!("{id}: "));
    let tolerance = s.tolerance.as_ref().map_or(String::new(), |t| format!(" [{}]", t.how));
    let condition = s.condition.as_ref().map_or(String::new(), |c| format!(" [{:?}]", c.after_failure));
    let image = s.image.as_ref().map_or(String::new(), |i| format!(" in {}", shown(i)));
    let env = if s.env.is_empty() { String::new() } else { format!(" with{}", bindings(&s.env)) };
    format!("{id}{action}{image}{env}{tolerance}{condition}")
}

/// A line an execution, a line a step.
fn dump(pipeline: &Pipeline) -> Vec<String> {
    let mut lines = Vec::new();
    for execution in &pipeline.executions {
        let needs: Vec<&str> = execution.needs.iter().map(|n| n.execution.as_str()).collect();
        let image = execution.image.as_ref().map_or(String::new(), |i| format!(" in {}", shown(i)));
        let condition = execution.condition.as_ref().map_or(String::new(), |c| match c.after_failure {
            AfterFailure::No => format!(" when {}", expr(&c.expr)),
            other => format!(" when {} [{other:?}]", expr(&c.expr)),
        });
        lines.push(format!("{} < {}{image}{condition}", execution.id, needs.join(", ")));
        lines.extend(execution.steps.iter().map(|s| format!("  {}", step(s))));
    }
    lines
}

fn check(text: &str, wanted: &[&str]) {
    assert_eq!(dump(&load(text)), wanted, "{text}");
}

#[test]
fn paths_and_steps_decide() {
    for path in ["Jenkinsfile", "ci/Jenkinsfile.release", "a/build.Jenkinsfile", "x.jenkinsfile", "x.jenkins", "jenkins/a.groovy"]
    {
        assert!(is_jenkinsfile(path, None), "{path}");
    }
    for path in ["Jenkinsfile.md", "JenkinsfileRunner", "src/a.groovy", "build.gradle", "lib/test/a.groovy"] {
        assert!(!is_jenkinsfile(path, None), "{path}");
    }
    assert!(is_library("vars/a.groovy", Some("def call() { sh 'x' }")));
    assert!(!is_library("vars/a.groovy", Some("def call() { push('x') }")));
    assert!(is_library("src/org/acme/A.groovy", Some("def go() { sh 'x' }")));
    for path in ["src/main/groovy/acme/A.groovy", "tools/src/integTest/groovy/A.groovy"] {
        assert!(!is_library(path, Some("def go() { sh 'x' }")), "{path}: built by Gradle");
    }
    assert!(has_steps("node {") && !has_steps("my_sh 'x'") && !has_steps("finish 'x'"));
}

#[test]
fn groovy_anywhere_is_a_pipeline_by_its_text() {
    for path in ["jenkinsfile", "ci/JenkinsFile", "x.JENKINSFILE"] {
        assert!(is_named(path) && is_jenkinsfile(path, Some("")), "{path}");
    }
    for path in ["deploy.groovy", "ci/x.groovy", "Jenkins/x.groovy", "jenkinsfile-release", "jenkinsfile.d"] {
        assert!(!is_named(path) && is_jenkinsfile(path, None), "{path}");
        for text in [
            "#!groovy\n@Library('a') _\n\npipeline { agent any }",
            "@Library('a') _ pipeline {\n}",
            "def x = 'a'\nnode(\"${x}\") {\n sh 'a' }",
            "node('a') { sh 'b' }",
            "timestamps {\n  timeout(time: 5) {\n    node {",
        ] {
            assert!(is_jenkinsfile(path, Some(text)), "{path}: {text}");
        }
        for text in [
            "pipelineJob('a') { definition { cps { script('''\npipeline {\n}\n''') } } }",
            "/*\npipeline {\n}\n*/\n// node {\nprintln 'a'",
            "def call() {\n  node {\n sh 'a' }\n}",
            "node(name: 'a')\nprintln(node)",
            "builder.node { child() }\npipeline = [a: 1]",
            "",
        ] {
            assert!(!is_jenkinsfile(path, Some(text)), "{path}: {text}");
        }
    }
    assert!(!is_jenkinsfile("a/fixtures/x.groovy", Some("pipeline { }")));
    let late = format!("//{}\npipeline {{ }}", "é".repeat(200_000));
    assert!(!is_jenkinsfile("x.groovy", Some(&late)), "not at its beginning");
}

#[test]
fn stages_in_order_parallel_and_matrix() {
    check(
        "pipeline {\n agent { docker 'maven:3' }\n stages {\n stage('A') { steps { sh 'a' } }\n stage('B') { parallel {\n\
         stage('B1') { when { branch 'main' }\n steps { sh 'b1' } }\n stage('B2') { agent any\n steps { bat 'b2' } } } }\n\
         stage('C') { matrix { axes { axis { name 'OS'\n values 'l', 'w' } }\n stages { stage('C1') { steps { sh \"c $OS\" } } } } } }\n\
         post { failure { sh 'p' } } }",
        &[
            "A <  in maven:3",
            "  Posix \"a\"",
            "B1 < A in maven:3 when ?branch 'main'",
            "  Posix \"b1\"",
            "B2 < A in maven:3",
            "  Cmd \"b2\"",
            "C1 < B1, B2 in maven:3",
            "  Posix \"c <matrix OS>\"",
            "post: failure < C1 in maven:3 when failure() [Only]",
            "  Posix \"p\"",
        ],
    );
}

#[test]
fn scripted_stages_and_what_stands_around_them() {
    check(
        "node { sh 'first'\n stage('A') { sh 'a' }\n sh 'between'\n def b = [:]\n for (x in ['p', 'q']) { b[x] = { sh \"x $x\" } }\n\
         parallel b\n parallel one: { sh '1' }, two: { stage('T') { sh '2' } }\n stage('A') { sh 'again' } }",
        &[
            "node < ",
            "  Posix \"first\"",
            "A < node",
            "  Posix \"a\"",
            "node 2 < A",
            "  Posix \"between\"",
            "x < node 2",
            "  Posix \"x <?x>\"",
            "one < x",
            "  Posix \"1\"",
            "T < x",
            "  Posix \"2\"",
            "A 2 < one, T",
            "  Posix \"again\"",
        ],
    );
}

#[test]
fn failures_that_count_and_failures_that_do_not() {
    check(
        "node {\n catchError { sh 'a' }\n try { sh 'b' } catch (e) { echo 'x' }\n try { sh 'c' } catch (e) { throw e } finally { sh 'd' }\n\
         sh script: 'e', returnStatus: true\n if (sh(script: 'f', returnStatus: true) != 0) { error 'no' } }",
        &[
            "node < ",
            "  try {Posix \"a\"} catch {} finally {}",
            "  try {Posix \"b\"} catch {} finally {}",
            "  try {Posix \"c\"} catch passes finally {Posix \"d\"}",
            "  Posix \"e\" [returnStatus: true]",
            "  sh-1: Posix \"f\" [returnStatus: true]",
            "  if (sh-1.status != '0') {Posix \"exit 1\"}",
        ],
    );
}

#[test]
fn a_status_counts_where_it_is_not_seen_what_it_decides() {
    let rows = [
        ("def r = S", false),
        ("def r = S\n echo \"$r\"\n if (r > 0) { echo 'no' } else { unstable 'x' }", false),
        ("def r\n r = S\n assert r == 0", false),
        ("if (S) { error 'no' }", false),
        ("check()", false),
        ("if (check() != 0) { throw new Exception('no') }", false),
        ("def r = S\n if (r != 0) { return }", true),
        ("def r = S\n if (r == 0) { sh 'x' }", true),
        ("def r = S\n if (r != 0) { currentBuild.result = 'FAILURE' }", true),
        ("def r = S\n if (r != 0) { fail() }", true),
        ("def r\n if (a) { r = S }\n if (r) { error 'no' }", true),
        ("def r = S\n sh \"exit $r\"", true),
        ("waitUntil { S == 0 }", true),
        ("notify(S)", true),
        ("stage('b') { def r = S\n env.R = r }", true),
    ];
    for (body, counts) in rows {
        let body = body.replace('S', "sh(returnStatus: true, script: 'v')");
        let text = format!("node {{ {body} }}\ndef check() {{ return sh(returnStatus: true, script: 'v') }}");
        let shown = dump(&load(&text)).join("\n");
        assert_eq!(!shown.contains("\"v\" [returnStatus"), counts, "{text}\n{shown}");
    }
}

#[test]
fn a_failure_in_a_try_around_stages_skips_the_rest_of_it_only() {
    check(
        "node { try { stage('A') { sh 'a' }\n stage('B') { sh 'b' } } catch (e) { sh 'c' } finally { sh 'd' }\n stage('E') { sh 'e' } }",
        &[
            "A < ",
            "  Posix \"a\"",
            "B < A",
            "  Posix \"b\"",
            "catch < B when failure() [Only]",
            "  Posix \"c\"",
            "finally < B when always() [Also]",
            "  Posix \"d\"",
            "E < B, finally when always() [Also]",
            "  Posix \"e\"",
        ],
    );
}

#[test]
fn values_go_through_variables_results_and_the_environment() {
    check(
        "def image = 'acme/x'\nnode { stage('A') { def d = sh(returnStdout: true, script: \"crane digest ${image}\").trim()\n\
         env.TAG = params.V\n DIGEST = d\n sh \"use $image@${d} \\$HOME ${env.Y}\" }\n\
         stage('B') { withEnv(['K=v']) { sh \"x ${DIGEST}\" }\n\
         withCredentials([string(credentialsId: 'c', variable: 'T')]) { sh 'y' } } }",
        &[
            "A < ",
            "  sh-1: Posix \"crane digest <'acme/x'>\"",
            "  Posix \"use <'acme/x'>@<sh-1.stdout> $HOME <env Y>\" with TAG=<input V>",
            "B < A",
            "  {Posix \"x <A/sh-1>\" with TAG=<input V> K=v}",
            "  {Posix \"y\" with TAG=<input V> T=<secret c>}",
        ],
    );
}

#[test]
fn behind_a_branch_a_name_has_any_of_its_values() {
    check(
        "def t = 'a'\nnode { if (x) { t = 'b'\n sh \"in $t\" }\n sh \"out $t\" }",
        &["node < ", "  if env x {Posix \"in <'b'>\"}", "  Posix \"out <['b'|'a']>\""],
    );
}

#[test]
fn docker_steps_are_the_commands_of_the_plugin() {
    check(
        "def app\nnode { app = docker.build(\"a/b:${env.N}\", '-f D .')\n docker.withRegistry('https://r.io/', 'c') { app.push('v1')\n\
         docker.image('q').pull() }\n docker.image('i:1').inside('-u 0') { sh 'in' }\n docker.image('s').withRun('-p 1') { sh 'w' } }",
        &[
            "node < ",
            "  docker build -t a/b:<env N> -f D .",
            "  {docker tag a/b:<env N> r.io/a/b:v1; docker push r.io/a/b:v1; docker pull r.io/q}",
            "  {Posix \"in\" in i:1}",
            "  docker run -d -p 1 s",
            "  {Posix \"w\"}",
        ],
    );
}

#[test]
fn handoffs_libraries_and_calls_of_the_repository() {
    check(
        "@Library(['a@v1', 'b']) _\nnode { stash name: 's', includes: 'x'\n unstash 's'\n archiveArtifacts 'o/**'\n\
         build job: 'j', parameters: [string(name: 'I', value: \"$X\")], propagate: false\n publish(image: 'i', 3)\n tools.go 'z'\n\
         def u = load 'ci/u.groovy'\n u.run() }",
        &[
            "libraries < ",
            "  use a@Some(\"v1\")",
            "  use b@None",
            "node < ",
            "  use vars/stash.groovy name=s includes=x",
            "  use vars/unstash.groovy 0=s",
            "  use vars/archiveArtifacts.groovy 0=o/**",
            "  use build job=j I=<env X> propagate=<false> [propagate: false]",
            "  use vars/publish.groovy image=i 1=<'3'>",
            "  use vars/tools.groovy 0=z",
            "  use ci/u.groovy",
            "  use ci/u.groovy",
        ],
    );
}

#[test]
fn pods_keep_the_places_of_their_images() {
    let text = "pipeline { agent { kubernetes { yaml '''\nspec:\n  containers:\n  - name: k\n    image: acme/k:1\n  - {name: h, image: \"h@sha256:1\"}\n\
                '''\n defaultContainer 'k' } }\n stages { stage('A') { steps { container('h') { sh 'x' } } } } }";
    let pipeline = load(text);
    assert_eq!(dump(&pipeline), ["A <  in acme/k:1", "  {Posix \"x\" in h@sha256:1}"]);
    let execution = &pipeline.executions[0];
    let image = execution.image.as_ref().expect("image");
    assert_eq!(&text[image.span().range()], "acme/k:1");
    assert_eq!(&text[execution.services[0].span().range()], "h@sha256:1");
}

#[test]
fn parameters_environment_and_post_of_a_stage() {
    let text = "pipeline { parameters { string(name: 'V', defaultValue: '1')\n choice(name: 'C', choices: ['x', 'y']) }\n\
                environment { A = \"${params.V}\"\n S = credentials('id') }\n\
                stages { stage('D') { environment { B = 'b' }\n input { message 'go?' }\n steps { sh 'd' }\n post { always { sh 'z' } } } } }";
    let pipeline = load(text);
    let defaults: Vec<_> = pipeline.inputs.iter().map(|i| (i.name.as_str(), i.default.as_ref().map(shown))).collect();
    assert_eq!(defaults, [("V", Some("1".into())), ("C", Some("x".into()))]);
    assert_eq!(bindings(&pipeline.env), " A=<input V> S=<secret id>");
    assert_eq!(bindings(&pipeline.executions[0].env), " B=b");
    assert_eq!(pipeline.executions[0].environment.as_ref().map(Text::raw), Some("input"));
    assert_eq!(dump(&pipeline), ["D < ", "  Posix \"d\"", "  Posix \"z\" [Also]"]);
}

#[test]
fn a_library_is_an_execution_a_method() {
    let text = "def call(Map args = [:], String tag) { sh \"push ${args.image}:$tag ${args.get('more')}\"\n sign(args.image) }\n\
                def sign(x) { sh \"sign $x\" }\ndef other(body) { def c = [:]\n body.delegate = c\n body()\n sh \"o ${c.name}\" }";
    let loaded = load_library(FileId(0), "vars/a.groovy", text);
    let pipeline = &loaded.pipelines[0];
    assert_eq!(
        dump(pipeline),
        [
            "call < ",
            "  Posix \"push <input image>:<input 1> <input more>\"",
            "  Posix \"sign <input image>\"",
            "other < ",
            "  Posix \"o <input name>\"",
            "sign < ",
            "  Posix \"sign <input 0>\"",
        ]
    );
    let on_demand = pipeline.executions.iter().filter(|e| e.on_demand).map(|e| e.id.as_str());
    assert_eq!(on_demand.collect::<Vec<_>>(), ["sign"], "what `call` runs already is there for others alone");
    let names: Vec<&str> = pipeline.inputs.iter().map(|i| i.name.as_str()).collect();
    assert_eq!(names, ["1", "image", "more", "0", "name"]);
}
