//! What jobs, included files and pipelines are handed: files, inputs, variables.

use super::*;

#[test]
fn files_go_through_the_store() {
    let read = Read::of(
        r#"
stages: [build, use]
default: {artifacts: {paths: [logs/]}}
build: {stage: build, script: x, artifacts: {paths: [dist/, "$OUT"]}}
notes: {stage: build, script: x}
none: {stage: build, script: x, artifacts: null}
asked: {stage: use, script: y, needs: [build, {job: notes, artifacts: false}]}
listed: {stage: use, script: y, dependencies: [notes, none]}
nothing: {stage: use, script: y, dependencies: []}
unasked: {stage: use, script: y}
other: {stage: use, script: y, needs: [{project: g/p, ref: main, job: build}, {pipeline: $PARENT, job: notes}]}
"#,
    );
    let steps = |id: &str| -> Vec<String> {
        let described = |step: &Step| {
            let Action::Use(call) = &step.action else { return step.name.clone().unwrap_or_default() };
            let inputs: Vec<String> = call.inputs.iter().map(|b| format!("{}={}", b.name, b.value.raw())).collect();
            format!("{} {} <{}>", step.name.as_deref().unwrap_or_default(), inputs.join(" "), read.at(step.span))
        };
        read.job(id).steps.iter().filter(|s| s.name.as_deref() != Some("script")).map(described).collect()
    };
    read.pipeline();
    assert_eq!(steps("build"), ["leave name=build path=dist/ <dist/>", "leave name=build path=$OUT <\"$OUT\">"]);
    assert_eq!(steps("none"), [""; 0]);
    assert_eq!(steps("asked"), ["take name=build <build>", "leave name=asked path=logs/ <logs/>"]);
    assert_eq!(steps("listed")[0], "take name=notes <notes>");
    assert_eq!(steps("nothing").len(), 1);
    assert_eq!(steps("unasked")[0], "inherit name=build name=notes <use>");
    assert_eq!(
        steps("other")[..2],
        [
            "take name=build project=g/p ref=main <{project: g/p, ref: main, job: build}>",
            "take name=notes pipeline=$PARENT <{pipeline: $PARENT, job: notes}>",
        ]
    );
}

#[test]
fn children_hooks_and_steps() {
    let read = Read::of(
        r#"
default: {hooks: {pre_get_sources_script: [early]}}
child: {trigger: {include: [a.yml, {local: /b.yml}, {template: T.yml}], forward: {yaml_variables: false}}}
made: {trigger: {include: [{artifact: x.yml, job: gen}]}}
steps: {run: [{name: one, script: echo}, {name: two, step: gitlab.com/g/s@v1, inputs: {a: b}}, {name: three, exec: {command: [ls]}}]}
job: {script: x, retry: 2, interruptible: true, timeout: 1h, coverage: /x/, resource_group: r, release: {tag_name: v1}}
"#,
    );
    let pipeline = read.pipeline();
    let call = read.job("child").call.as_ref().expect("a call");
    assert_eq!(call.definition.target, DefinitionTarget::Merged(vec!["a.yml".into(), "b.yml".into()]));
    assert!(read.job("child").detached && !read.job("child").passes_env);
    assert_eq!(read.job("child").steps.len(), 1, "what is not of this repository is used");
    assert_eq!(pipeline.opaque.len(), 1);
    let names = |id: &str| read.job(id).steps.iter().filter_map(|s| s.name.clone()).collect::<Vec<_>>();
    assert_eq!(names("steps"), ["pre_get_sources_script", "one", "two", "three"]);
    assert_eq!(read.lines("steps", 0), ["early"]);
    assert!(matches!(&read.job("steps").steps[2].action, Action::Use(call) if call.inputs.len() == 1));
    assert!(read.job("job").tolerance.is_none() && read.job("job").condition.is_none());
}

#[test]
fn an_included_file_has_its_inputs() {
    let value = |text: &'static str| Text::plain(crate::source::Embedded::verbatim(FileId(0), text, 0));
    let given = [Binding { name: "image".into(), name_span: Span::default(), value: value("mine") }];
    let read = Read::given(
        &[
            (".gitlab-ci.yml", "stages: [late]\ninclude: [{local: a.yml, inputs: {image: mine}}]\n"),
            (
                "a.yml",
                "spec: {inputs: {image: {}, tag: {default: v1}, stage: {default: late}}}\n---\nj: {stage: \"$[[ inputs.stage ]]\",                  image: \"$[[ inputs.image ]]:$[[ inputs.tag ]]\", script: [\"echo $[[ inputs.tag ]]\"]}\n",
            ),
        ],
        &given,
    );
    read.pipeline();
    assert_eq!(read.job("j").image.as_ref().map(exprs), Some("Literal(\"mine\") Literal(\"v1\")".into()));
    assert_eq!(exprs(&read.script("j", 0).text), "Literal(\"v1\")");
}

#[test]
fn a_workflow_may_set_variables() {
    let read = Read::of("variables: {T: x, I: \"a:$T\"}\nworkflow: {rules: [{if: $A, variables: {T: y}}]}\nj: {script: x}\n");
    let names: Vec<&str> = read.pipeline().env.iter().map(|b| b.name.as_str()).collect();
    assert_eq!(names, ["T", "I", "T", "I"], "what is made of it is made again");
}

#[test]
fn inputs_stand_in_a_header() {
    let read = Read::of(
        "spec:\n  inputs:\n    tag: {default: latest}\n    env:\n---\nj: {image: \"x:$[[ inputs.tag ]]\", script: ['echo $[[ inputs.env ]]']}\n",
    );
    let inputs = &read.pipeline().inputs;
    assert_eq!(inputs.iter().map(|i| (i.name.as_str(), i.required)).collect::<Vec<_>>(), [("tag", false), ("env", true)]);
    assert_eq!(read.job("j").image.as_ref().map(exprs), Some("Port(Input(\"tag\"))".into()));
    assert_eq!(exprs(&read.script("j", 0).text), "Port(Input(\"env\"))");
}

#[test]
fn every_job_carries_its_variables_where_one_wants_none() {
    let read = Read::of("variables: {A: a, B: b}\nx: {inherit: {variables: [B]}, script: x}\ny: {script: y}\n");
    assert_eq!((read.pipeline().env.len(), read.env("x").len(), read.env("y").len()), (0, 1, 2));
}

#[test]
fn paths_decide() {
    for path in [".gitlab-ci.yml", "a/b.gitlab-ci.yml", ".gitlab/ci/x.yml", "sub/.gitlab-ci/y.yaml"] {
        assert_eq!(recognise(path, Some("")), Some(Format::GitlabCi), "{path}");
    }
    assert_eq!(recognise(".gitlab/issue.yml", Some("")), None);
    assert_eq!(load(FileId(0), ".gitlab-ci.yml", "a: [\n").problems.len(), 1);
    assert!(load(FileId(0), ".gitlab-ci.yml", "").pipelines.is_empty());
}

#[test]
fn a_file_with_several_sets_of_inputs_is_several_parts() {
    let template = "spec: {inputs: {env: {}}}\n---\n\"deploy-$[[ inputs.env ]]\": {needs: [\"test-$[[ inputs.env ]]\"], image: \"x:$[[ inputs.env ]]\", script: [\"echo $[[ inputs.env ]]\"]}\n\"test-$[[ inputs.env ]]\": {script: [a]}\n";
    let root = ".common: {script: [b]}\nlast: {needs: [deploy-b], script: [c]}\n";
    let given = |env: &str| {
        let value = Text::plain(crate::source::Embedded::verbatim(FileId(0), env, 0));
        vec![Binding { name: "env".into(), name_span: Span::new(FileId(0), 0..1), value }]
    };
    let (a, b) = (given("a"), given("b"));
    let part = |file, path, text, inputs| Part { file: FileId(file), path, text, inputs };
    let parts = [part(0, ".gitlab-ci.yml", root, &[][..]), part(1, "d.yml", template, &a), part(1, "d.yml", template, &b)];
    let loaded = load_merged(&parts);
    assert_eq!(loaded.problems, []);
    let shown = |e: &Execution| {
        let Action::Script(script) = &e.steps[0].action else { panic!("a script") };
        let holes = e.image.iter().chain([&script.text]).flat_map(|t| &t.holes).map(|h| format!("{:?}", h.expr));
        let needs = e.needs.iter().map(|n| n.execution.as_str());
        format!("{} < {} {}", e.id, needs.collect::<Vec<_>>().join(" "), holes.collect::<Vec<_>>().join(" "))
    };
    assert_eq!(
        loaded.pipelines[0].executions.iter().map(shown).collect::<Vec<_>>(),
        [
            "deploy-a < test-a Literal(\"a\") Literal(\"a\")",
            "test-a <  ",
            "deploy-b < test-b Literal(\"b\") Literal(\"b\")",
            "test-b <  ",
            "last < deploy-b ",
        ]
    );
}

#[test]
fn a_line_that_is_a_map_is_no_line() {
    let read = Read::of(
        "default: {after_script: [{a: b}]}\n.t:\n  script:\n    - echo \"x: y\"\nj:\n  extends: .t\nk:\n  script:\n    - [a, !reference [.t, script]]\n    - |\n      echo \"x: y\"\n",
    );
    let messages: Vec<(&str, &str)> = read.problems();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert_eq!(messages[0].1, "a line of `after_script` must be a text, found a map");
    assert_eq!(messages[1], ("echo \"x: y\"", "a line of `script` must be a text, found a map"));
}

#[test]
fn variables_of_files_go_with_the_artifacts() {
    let read = Read::of(
        "a: {script: [x]}\nb: {script: [x]}\nc: {stage: deploy, script: [x]}\nd: {stage: deploy, script: [x], dependencies: [a]}\ne: {script: [x], needs: [{job: a, artifacts: false}, b]}\nf: {script: [x], needs: [{pipeline: $PARENT, job: z}]}\n",
    );
    let left = |id: &str| (read.job(id).left.only.clone(), read.job(id).left.elsewhere);
    let names = |names: &[&str]| Some(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
    assert_eq!(left("c"), (None, false));
    assert_eq!(left("d"), (names(&["a"]), false));
    assert_eq!(left("e"), (names(&["b"]), false));
    assert_eq!(left("f"), (names(&[]), true));
}
