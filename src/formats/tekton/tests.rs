//! Whole files, and where their parts stand.

use super::*;
use crate::formats::{Loaded, load as load_file, recognise};
use crate::pipeline::*;
use crate::source::Span;

struct Read {
    text: &'static str,
    loaded: Loaded,
}

impl Read {
    fn of(text: &'static str) -> Self {
        let path = ".tekton/a.yaml";
        assert_eq!(recognise(path, Some(text)), Some(Format::Tekton));
        Read { text, loaded: load_file(Format::Tekton, FileId(0), path, text) }
    }

    fn at(&self, span: Span) -> &str {
        &self.text[span.range()]
    }

    /// A text, its place checked: what it says, and what is filled in.
    fn text(&self, text: &Text) -> String {
        let holes = text.holes.iter().map(|h| {
            let written = &text.raw()[h.range.clone()];
            assert_eq!(self.at(text.source.span(h.range.clone())), written);
            let shown = format!("{:?}", h.expr);
            shown.strip_prefix("Port(").and_then(|s| s.strip_suffix(')')).map_or(shown.clone(), str::to_owned)
        });
        format!("{}<{}>", text.raw(), holes.collect::<Vec<_>>().join(" "))
    }

    fn bindings(&self, bindings: &[Binding]) -> Vec<String> {
        bindings.iter().map(|b| format!("{}={}", b.name, self.text(&b.value))).collect()
    }

    fn needs(&self, execution: &Execution) -> Vec<String> {
        execution.needs.iter().map(|n| format!("{} at {}", n.execution, self.at(n.span))).collect()
    }
}

const TASK: &str = r#"---
apiVersion: v1
kind: Secret
---
apiVersion: tekton.dev/v1
kind: Task
metadata: {name: sign}
spec:
  params:
    - name: image
    - {name: tags, type: array, default: [a, "b$(params.image)"]}
    - {name: opts, type: object, default: {key: v}}
  results:
    - name: digest
    - {name: from-step, value: $(steps.push.results.d)}
  stepTemplate:
    image: base:1
    env: [{name: A, value: x}]
  sidecars: [{name: s, image: docker:dind}]
  steps:
    - name: push
      image: kaniko
      onError: continue
      args: [--digest-file=$(results.digest.path), "$(params.tags[*])", $(A), $(B), $(workspaces.src.path)]
      when: [{input: $(params.image), operator: notin, values: [a, b]}]
    - name: sign
      env:
        - {name: A, value: y}
        - {name: KEY, valueFrom: {secretKeyRef: {name: cosign, key: private}}}
      args: [first, "$(params.tags[*])", last]
      script: |
        #!/usr/bin/env bash
        cosign sign "$(params.image)@$(cat $(results.digest.path))"
    - command: ["sh", "-ec"]
      args: ["cosign verify $(params.opts.key)", zero, one]
    - name: other
      ref: {resolver: git, params: [{name: url, value: https://x/y}, {name: revision, value: main}, {name: pathInRepo, value: a.yaml}]}
      params: [{name: p, value: "1"}]
"#;

#[test]
fn a_task_is_a_pipeline_with_one_execution() {
    let read = Read::of(TASK);
    assert_eq!(read.loaded.problems, []);
    let [task] = &read.loaded.pipelines[..] else { panic!("one task") };
    assert_eq!(
        (task.name.as_deref(), task.triggers[0].name.as_str(), read.at(task.triggers[0].span)),
        (Some("sign"), "task_call", "Task")
    );
    let inputs: Vec<String> = task
        .inputs
        .iter()
        .map(|i| format!("{} {}", i.name, i.default.as_ref().map_or(i.required.to_string(), |t| t.raw().to_owned())))
        .collect();
    assert_eq!(
        inputs,
        [
            "image true",
            "tags false",
            "tags[*] a b$(params.image)",
            "tags[0] a",
            "tags[1] b$(params.image)",
            "opts false",
            "opts.key v"
        ]
    );
    let joined = task.inputs[2].default.as_ref().expect("default");
    assert_eq!(read.text(joined), "a b$(params.image)<Input(\"image\")>");
    assert_eq!(read.bindings(&task.outputs)[0], "digest=digest<Execution { execution: \"task\", output: \"digest\" }>");
    let execution = &task.executions[0];
    assert_eq!(
        read.bindings(&execution.outputs),
        ["digest=digest<Written(\"digest\")>", "from-step=$(steps.push.results.d)<Step { step: \"push\", output: \"d\" }>"]
    );
    assert_eq!(execution.services.iter().map(Text::raw).collect::<Vec<_>>(), ["docker:dind"]);
}

#[test]
fn steps_say_what_runs_how() {
    let read = Read::of(TASK);
    let steps = &read.loaded.pipelines[0].executions[0].steps;
    let Action::Container { image, argv } = &steps[0].action else { panic!("a container") };
    assert_eq!(image.raw(), "kaniko");
    assert_eq!(
        argv.iter().map(|t| read.text(t)).collect::<Vec<_>>(),
        [
            "--digest-file=$(results.digest.path)<OutputPath(\"digest\")>",
            "$(params.tags[*])<Input(\"tags[*]\")>",
            "$(A)<Env(\"A\")>",
            "$(B)<>",
            "$(workspaces.src.path)<Ambient(\"workspaces.src.path\")>",
        ]
    );
    assert_eq!(steps[0].tolerance.as_ref().map(|t| (read.at(t.span), t.certain)), Some(("onError: continue", true)));
    let condition = steps[0].condition.as_ref().expect("a condition");
    assert!(
        matches!(&condition.expr, Expr::Binary { op: Op::And, left, .. } if matches!(**left, Expr::Binary { op: Op::Ne, .. }))
    );
    let Action::Script(script) = &steps[1].action else { panic!("a script") };
    assert_eq!((script.dialect.clone(), script.options.errexit), (Dialect::Bash, false));
    assert_eq!(script.text.holes.len(), 2, "`$(cat ..)` is a command");
    assert_eq!(read.text(&script.text).split('<').nth(1), Some("Input(\"image\") OutputPath(\"digest\")>"));
    assert_eq!(steps[1].image.as_ref().map(Text::raw), Some("base:1"));
    assert_eq!(
        read.bindings(&steps[1].env),
        [
            "A=x<>",
            "A=y<>",
            "KEY=private<Secret(\"cosign/private\")>",
            "1=first<>",
            "2[*]=$(params.tags[*])<Input(\"tags[*]\")>",
            "3=last<>"
        ],
        "the template first; a list is told by its name"
    );
    let Action::Script(script) = &steps[2].action else { panic!("a script") };
    assert_eq!((script.dialect.clone(), script.options.errexit, script.options.pipefail), (Dialect::Posix, true, false));
    assert_eq!(read.text(&script.text), "cosign verify $(params.opts.key)<Input(\"opts.key\")>");
    assert_eq!(read.bindings(&steps[2].env), ["A=x<>", "1=one<>"]);
    let Action::Use(call) = &steps[3].action else { panic!("a use") };
    let target =
        DefinitionTarget::Remote { source: "https://x/y".into(), path: Some("a.yaml".into()), reference: Some("main".into()) };
    assert_eq!((&call.definition.target, read.at(call.definition.text.span())), (&target, "https://x/y"));
}

const RUN: &str = r#"
apiVersion: tekton.dev/v1beta1
kind: PipelineRun
metadata:
  name: release
  annotations:
    pipelinesascode.tekton.dev/on-event: "[push]"
    pipelinesascode.tekton.dev/task: "[git-clone:0.9, ./t.yaml]"
spec:
  params: [{name: rev, value: "{{ revision }}"}]
  pipelineSpec:
    params: [{name: rev, default: x}, {name: repo, default: r}]
    results: [{name: d, value: $(tasks.build.results.digest)}]
    tasks:
      - name: build
        taskRef: {name: buildah, bundle: "quay.io/t/buildah:0.1@sha256:00"}
      - name: check
        params: [{name: image, value: "$(params.repo)@$(tasks.build.results.digest)"}]
        matrix: {params: [{name: os, value: [a, b]}, {name: ver, value: "$(tasks.list.results.all[*])"}]}
        onError: continue
        taskSpec:
          params: [{name: image}, {name: mode, default: fast}]
          results: [{name: ok}]
          steps:
            - image: cosign
              args: [verify, $(params.image), $(params.mode), $(params.repo), $(params.os)]
      - {name: list, taskRef: {name: list}, runAfter: [build, nowhere]}
      - name: deploy
        when: [{input: $(tasks.check.results.ok), operator: in, values: ["true"]}]
        taskRef: {apiVersion: example.com/v1, kind: Own, name: x}
    finally:
      - {name: notify, taskRef: {name: n}}
      - name: undo
        when: [{input: $(tasks.status), operator: in, values: [Failed]}]
        taskRef: {name: n}
      - name: publish
        when: [{input: $(tasks.check.status), operator: in, values: [Succeeded]}]
        taskRef: {name: n}
"#;

#[test]
fn a_pipeline_has_edges_by_results_and_order() {
    let read = Read::of(RUN);
    let problems: Vec<_> = read.loaded.problems.iter().map(|p| (read.at(p.span), p.message.as_str())).collect();
    assert_eq!(problems, [("nowhere", "`nowhere` is no task of this pipeline")]);
    let run = &read.loaded.pipelines[0];
    assert_eq!(run.triggers.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["push"]);
    let inputs: Vec<String> =
        run.inputs.iter().map(|i| format!("{}={}", i.name, read.text(i.default.as_ref().expect("value")))).collect();
    assert_eq!(inputs, ["rev={{ revision }}<Ambient(\"pipelines-as-code.revision\")>", "repo=r<>"]);
    let ids: Vec<&str> = run.executions.iter().map(|e| e.id.as_str()).collect();
    assert_eq!(ids, ["annotations", "build", "check", "list", "deploy", "notify", "undo", "publish"]);
    let [_, build, check, list, deploy, notify, undo, publish] = &run.executions[..] else { panic!("eight") };
    assert_eq!(read.needs(check), ["list at $(tasks.list.results.all[*])", "build at $(tasks.build.results.digest)"]);
    assert_eq!(read.needs(list), ["build at build", "nowhere at nowhere"]);
    assert_eq!(deploy.needs[0].execution, "check");
    assert_eq!((notify.needs.len(), read.at(notify.needs[0].span)), (4, "finally"));
    let after = |e: &Execution| e.condition.as_ref().map(|c| c.after_failure);
    assert_eq!(
        [notify, undo, publish].map(after),
        [Some(AfterFailure::Also), Some(AfterFailure::Only), Some(AfterFailure::Also)]
    );
    let Some(Expr::Binary { right, .. }) = publish.condition.as_ref().map(|c| &c.expr) else { panic!("a comparison") };
    assert_eq!(**right, Expr::Literal("success".into()));
    let target = |e: &Execution| e.call.as_ref().map(|c| c.definition.target.clone());
    assert_eq!(
        target(build),
        Some(DefinitionTarget::Remote {
            source: "quay.io/t/buildah".into(),
            path: Some("buildah".into()),
            reference: Some("sha256:00".into())
        })
    );
    assert_eq!(target(list), Some(DefinitionTarget::Named { kind: "task".into(), name: "list".into() }));
    assert_eq!(target(deploy), Some(DefinitionTarget::Unknown));
}

#[test]
fn an_embedded_task_sees_what_it_is_given() {
    let read = Read::of(RUN);
    let check = &read.loaded.pipelines[0].executions[2];
    assert_eq!(check.matrix.iter().map(|a| (a.name.as_str(), a.values.len())).collect::<Vec<_>>(), [("os", 2)]);
    assert!(check.tolerance.is_some());
    let Action::Container { argv, .. } = &check.steps[0].action else { panic!("a container") };
    let exprs: Vec<Expr> = argv.iter().flat_map(|t| &t.holes).map(|h| Expr::clone(&h.expr)).collect();
    let port = |p| Expr::Port(p);
    let digest = port(Port::Execution { execution: "build".into(), output: "digest".into() });
    assert_eq!(
        exprs,
        [
            Expr::Call {
                function: "format".into(),
                args: vec![Expr::Literal("{0}@{1}".into()), port(Port::Input("repo".into())), digest]
            },
            Expr::Literal("fast".into()),
            port(Port::Input("repo".into())),
            port(Port::Matrix("os".into())),
        ]
    );
}

#[test]
fn runs_refer_and_templates_hold_runs() {
    let read = Read::of(
        "apiVersion: tekton.dev/v1\nkind: TaskRun\nmetadata: {generateName: x-}\nspec: {taskRef: {name: t}, params: [{name: l, value: [a, b]}]}\n\
         ---\napiVersion: triggers.tekton.dev/v1beta1\nkind: TriggerTemplate\nspec:\n  params: [{name: sha}]\n  resourcetemplates:\n  \
         - {apiVersion: tekton.dev/v1, kind: PipelineRun, spec: {pipelineRef: {resolver: bundles, params: [{name: bundle, value: $(tt.params.sha)}]}}}\n",
    );
    assert_eq!(read.loaded.problems, []);
    let [task, pipeline] = &read.loaded.pipelines[..] else { panic!("two runs") };
    let call = task.executions[0].call.as_ref().expect("a call");
    assert_eq!(read.bindings(&call.inputs), ["l[*]=a b<>", "l[0]=a<>", "l[1]=b<>"]);
    assert_eq!(pipeline.inputs[0].name, "tt.sha");
    let target = pipeline.executions[0].call.as_ref().map(|c| &c.definition.target);
    let Some(DefinitionTarget::Filled(template)) = target else { panic!("a reference with a parameter") };
    let Template::Image { image, path: None } = &**template else { panic!("a bundle that the template's parameter names") };
    assert_eq!(read.text(image), "$(tt.params.sha)<Input(\"tt.sha\")>");
}

#[test]
fn parameters_do_not_lead_back_to_themselves() {
    let read = Read::of(
        "apiVersion: tekton.dev/v1\nkind: PipelineRun\nspec:\n  params: [{name: a, value: $(params.a)}, {name: b, value: $(params.c)}, {name: c, value: $(params.b)}, {name: d, value: $(params.b)}]\n  pipelineSpec: {tasks: []}\n",
    );
    let given: Vec<bool> = read.loaded.pipelines[0].inputs.iter().map(|i| i.default.is_some()).collect();
    assert_eq!(given, [false, false, false, true]);
}

#[test]
fn a_step_action_is_called_by_name() {
    let read = Read::of(
        "apiVersion: tekton.dev/v1beta1\nkind: StepAction\nmetadata: {name: clone}\nspec:\n  params: [{name: url}]\n  results: [{name: commit}]\n  \
         image: git\n  script: git clone $(params.url) > $(step.results.commit.path)\n",
    );
    let action = &read.loaded.pipelines[0];
    assert_eq!(action.triggers[0].name, "stepaction_call");
    assert_eq!(read.bindings(&action.outputs), ["commit=commit<Step { step: \"stepaction\", output: \"commit\" }>"]);
    let Action::Script(script) = &action.executions[0].steps[0].action else { panic!("a script") };
    assert!(script.options.errexit && !script.options.pipefail);
    assert_eq!(script.text.holes.len(), 2);
}

#[test]
fn what_is_not_tekton_is_left_alone() {
    assert_eq!(recognise("deploy/a.yaml", Some("apiVersion: apps/v1\nkind: Deployment\n")), None);
    assert_eq!(recognise("deploy/a.yaml", Some("# see https://tekton.dev/docs\napiVersion: v1\n")), None);
    assert_eq!(recognise("deploy/a.yaml", None), Some(Format::Tekton), "a candidate");
    let problems = |text| load(FileId(0), "a.yaml", text).problems.len();
    assert_eq!(problems("apiVersion: tekton.dev/v1\nkind: [\n"), 1);
    let template = load(FileId(0), "a.yaml", "apiVersion: tekton.dev/v1\nkind: Task\n{{- if x }}\nspec: [\n");
    assert!(!template.problems.is_empty() && template.problems.iter().all(|p| p.if_named), "a template");
    assert_eq!(problems("apiVersion: tekton.dev/v1\nkind: Task\nspec: {steps: {a: b}}\n"), 1);
    assert_eq!(problems("apiVersion: tekton.dev/v1\nkind: Task\nspec: {steps: [{image: a, image: b}]}\n"), 1);
    assert_eq!(problems("apiVersion: tekton.dev/v1\nkind: Task\nspec: {}\n"), 0, "half a resource, for Kustomize");
}

#[test]
fn a_pipeline_may_be_a_task_of_another() {
    let read = Read::of(
        "apiVersion: tekton.dev/v1\nkind: Pipeline\nmetadata: {name: p}\nspec:\n  params: [{name: image}]\n  tasks:\n  - {name: first, taskRef: {name: t}}\n  - name: all\n    runAfter: [first]\n    onError: continue\n    params: [{name: name, value: \"$(params.image)\"}]\n    pipelineSpec:\n      params: [{name: name}]\n      results: [{name: d, value: $(tasks.build.results.digest)}]\n      tasks:\n      - {name: build, taskSpec: {results: [{name: digest}], steps: [{image: a, script: \"push $(params.name)\"}]}}\n      - {name: sign, taskSpec: {params: [{name: x}], steps: [{image: a, script: \"sign $(params.x)\"}]}, params: [{name: x, value: $(tasks.build.results.digest)}]}\n  - {name: last, taskRef: {name: t}, params: [{name: d, value: $(tasks.all.results.d)}]}\n",
    );
    assert_eq!(read.loaded.problems, []);
    assert_eq!(read.loaded.pipelines[0].opaque, []);
    let shown = |e: &Execution| {
        let needs: Vec<&str> = e.needs.iter().map(|n| n.execution.as_str()).collect();
        format!("{} < {}{}", e.id, needs.join(", "), if e.tolerance.is_some() { " !" } else { "" })
    };
    let executions = &read.loaded.pipelines[0].executions;
    assert_eq!(
        executions.iter().map(shown).collect::<Vec<_>>(),
        [
            "first < ",
            "all / build < first !",
            "all / sign < all / build, first !",
            "all < first, all / build, all / sign !",
            "last < all"
        ]
    );
    let script = |e: &Execution| match &e.steps[0].action {
        Action::Script(script) => read.text(&script.text),
        other => panic!("{other:?}"),
    };
    assert_eq!(script(&executions[1]), "push $(params.name)<Input(\"image\")>");
    assert_eq!(script(&executions[2]), "sign $(params.x)<Execution { execution: \"all / build\", output: \"digest\" }>");
    assert_eq!(
        read.bindings(&executions[3].outputs),
        ["d=$(tasks.build.results.digest)<Execution { execution: \"all / build\", output: \"digest\" }>"]
    );
}

#[test]
fn scripts_beside_the_steps_stop_nothing() {
    let read = Read::of(
        "apiVersion: tekton.dev/v1\nkind: Task\nspec:\n  sidecars: [{name: s, image: docker:dind}, {name: watch, image: w, script: \"cosign verify x\"}]\n  steps: [{image: a, script: b}]\n",
    );
    let [task] = &read.loaded.pipelines[..] else { panic!("a task") };
    let [beside, step] = &task.executions[0].steps[..] else { panic!("two") };
    assert_eq!(beside.tolerance.as_ref().map(|t| read.at(t.span)), Some("watch"));
    assert!(matches!(&beside.action, Action::Script(s) if s.text.raw() == "cosign verify x") && beside.image.is_none());
    assert!(step.tolerance.is_none());
    assert_eq!(task.executions[0].services.len(), 2);
}

#[test]
fn every_resolver_says_what_is_fetched() {
    let reference = |fields: &str| {
        let text = format!("apiVersion: tekton.dev/v1\nkind: TaskRun\nspec: {{taskRef: {{{fields}}}}}\n");
        let loaded = load(FileId(0), "a.yaml", &text);
        loaded.pipelines[0].executions[0].call.as_ref().map(|c| c.definition.target.clone())
    };
    let remote = |source: &str, path: Option<&str>, version: Option<&str>| {
        Some(DefinitionTarget::Remote { source: source.into(), path: path.map(Into::into), reference: version.map(Into::into) })
    };
    for (fields, wanted) in [
        (
            "resolver: hub, params: [{name: name, value: t}, {name: version, value: '0.1'}]",
            remote("hub", Some("tekton/t"), Some("0.1")),
        ),
        (
            "resolver: http, params: [{name: url, value: 'https://raw.githubusercontent.com/o/r/main/t.yaml'}]",
            remote("https://raw.githubusercontent.com/o/r/main/t.yaml", None, Some("main")),
        ),
        (
            "resolver: http, params: [{name: url, value: 'https://e.example/t.yaml'}]",
            remote("https://e.example/t.yaml", None, None),
        ),
        (
            "resolver: cluster, params: [{name: kind, value: task}, {name: name, value: t}, {name: namespace, value: n}]",
            Some(DefinitionTarget::Named { kind: "task".into(), name: "t".into() }),
        ),
        ("resolver: own, params: [{name: name, value: t}]", Some(DefinitionTarget::Unknown)),
    ] {
        assert_eq!(reference(fields), wanted, "{fields}");
    }
}

#[test]
fn somebody_elses_run_is_called_and_not_known() {
    let read = Read::of(
        "apiVersion: tekton.dev/v1beta1\nkind: CustomRun\nmetadata: {name: r}\nspec: {retries: 2, customRef: {apiVersion: e.example/v1, kind: Approval, name: a}, params: [{name: p, value: v}]}\n",
    );
    let [run] = &read.loaded.pipelines[..] else { panic!("a run") };
    let call = run.executions[0].call.as_ref().expect("a call");
    assert_eq!((&call.definition.target, read.at(call.definition.text.span())), (&DefinitionTarget::Unknown, "a"));
    assert_eq!(read.bindings(&call.inputs), ["p=v<>"]);
}
